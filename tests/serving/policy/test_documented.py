"""The page about the policy says what the code does: its tables are the code's, row by row."""

import re
from dataclasses import fields
from pathlib import Path

from model.contracts import Channel, MarketingPurpose
from serving.policy.limits import TIGHTER, Limits
from serving.policy.purposes import SERVICES, Mark, Service
from serving.policy.reasons import CATALOGUE
from serving.policy.waivers import WAIVED_FROM

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text("utf-8")
SIGNS = {Mark.ORDINARY: "", Mark.ESSENTIAL: "*", Mark.CRITICAL: "†"}


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table under a title, without its head."""
    section = PAGE.split(f"\n## {title}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def channels(service: Service) -> str:
    """Write a service's channels as the page does."""
    if service.until_due:
        return "those they asked for"
    if service.channels == frozenset(Channel):
        return "any"
    return ", ".join(channel for channel in Channel if channel in service.channels)


def test_the_nine_services_are_documented() -> None:
    """Each with its evidence, marks, channels and the rule that makes it service."""
    expected = [
        [
            f"`{purpose}`",
            " ".join(f"`{kind}`{SIGNS[mark]}" for kind, mark in service.evidence.items()),
            channels(service),
            service.source,
        ]
        for purpose, service in SERVICES.items()
    ]
    assert rows("The nine services") == expected


def test_the_marketing_words_are_documented() -> None:
    """By name, in the contract's order."""
    said = PAGE.split("Refused by name")[1].split("Any other word")[0]
    assert re.findall(r"`([a-z_]+)`", said) == list(map(str, MarketingPurpose))


def test_the_waiver_matrix_is_documented() -> None:
    """Every waived reason with the mark from which it is waived, and none besides."""
    actual = {code.strip("`"): Mark[mark.upper()] for code, mark in rows("What essential")}
    assert actual == dict(WAIVED_FROM)


def test_every_reason_is_documented() -> None:
    """In the catalogue's order, with outcome, rule, source, what would change it and who must act."""
    expected = [
        [f"`{entry.code}`", str(entry.outcome), entry.clause, entry.source, entry.in_general, entry.who]
        for entry in CATALOGUE
    ]
    assert rows("All reasons") == expected


def test_every_limit_is_documented_with_its_default_and_direction() -> None:
    """The page names each limit once, its default, and that it moves one way only."""
    words = {"at most": "lower", "at least": "higher", "more of": "longer"}
    table = {name: row for row in rows("Limits") for name in re.findall(r"`([a-z_0-9]+)`", row[0])}
    assert set(table) - {"limits"} == {field.name for field in fields(Limits)}
    for name, (cell, default, direction) in table.items():
        if name.startswith("quiet_"):
            assert direction == "longer"
            continue
        named = re.findall(r"`([a-z_0-9]+)`", cell)
        value = getattr(Limits(), name)
        said = default if isinstance(value, frozenset) else default.split(", ")[named.index(name)]
        assert said == (f"no {said.split()[-1]}" if isinstance(value, frozenset) else str(value))
        assert direction == words[TIGHTER[name]]

"""docs/replay_report.md: its keys are those of the report, all of them and no others."""

import re
from pathlib import Path
from typing import Any

import pytest

from serving.policy.tightening import Tightening
from tests.serving.replay.reports import NOW, report

PAGE = (Path(__file__).parents[3] / "docs" / "replay_report.md").read_text("utf-8")
TABLE = dict(re.findall(r"^\| (`[^|]+) \| (.*) \|$", PAGE, re.MULTILINE))
INTERVAL = {"estimate", "low", "high", "se"}
FREE = {"limits", "overruled", "templates", "left_out", "outside"}  # their keys are names of other things
WORDS = {"proposal", "exact", "customer", "message", "none", "nothing", "few", "good", "bad", "unclear"}
EVERYTHING: dict[str, Any] = {
    "templates": {"parcel": "changed"},
    "texts": {"parcel": ("Old words.", "New words.")},
    "tightened": Tightening(at=NOW, by="Bob", why="calm", limits="{}"),
}
VALUES = {"added", "removed", "unreadable", "otherwise", "never_asked"}


def keys(value: Any, inside: str = "") -> set[str]:
    """Return every key of a report, however deep; lists hold things of one kind."""
    if isinstance(value, list | tuple):
        return {key for each in value for key in keys(each, inside)}
    if not isinstance(value, dict) or inside in FREE:
        return set()
    return set(value) | {key for name, each in value.items() for key in keys(each, name)}


def told() -> set[str]:
    """Return every word of the table that is written as code."""
    return {word for row in TABLE.items() for cell in row for word in re.findall(r"`([a-z_0-9.]+)`", cell)}


def test_every_key_is_described_and_none_is_invented() -> None:
    """Of a report with every part."""
    found = report(asked=dict.fromkeys(("asked", "unscored", "uncertified", "undrawn"), 1), **EVERYTHING)
    there = keys(found) - INTERVAL
    named = {word for word in told() if "." not in word} - INTERVAL - WORDS - VALUES
    assert named == there


@pytest.mark.parametrize("key", [key for row in TABLE for key in re.findall(r"`([a-z_.]+)`", row)])
def test_its_rows_are_places_in_a_report(key: str) -> None:
    """From the top, step by step; of outcomes any one."""
    place: Any = report(**EVERYTHING)
    for name in key.split("."):
        place = place["benefit"] if name not in place and "benefit" in place else place
        place = place[name]
    assert place is not None

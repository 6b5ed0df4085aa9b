"""The page about wording says what the code does: its rules, its figures, and where it fails."""

import json
import re

import pytest

from model.wording import RAREST
from serving.cli.policy.learn import BLOCKED, table
from serving.policy.linear import SILENT
from serving.policy.wording import LEARNED, LONGEST_KEPT, MOST_KEPT, RULES, SURE, UNSURE, VETO, Wording
from tests.needs import ROOT
from tests.worded import judge

PAGE = (ROOT / "docs" / "wording.md").read_text("utf-8")
DICTIONARY = (ROOT / "data" / "README.md").read_text("utf-8")
BY_RULES = Wording(SILENT).judge


def section(title: str) -> str:
    """Return what stands under a title, up to the next one."""
    return re.split(r"\n#{2,3} ", PAGE.split(f"# {title}\n")[1])[0]


def rows() -> list[list[str]]:
    """Return the cells of the table of rules, without its head."""
    lines = [line for line in section("The rules").splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def examples(title: str) -> list[str]:
    """Return the texts of a list."""
    return re.findall(r"^- “(.+)”$", section(title), re.MULTILINE)


def test_every_rule_is_documented() -> None:
    """In the order of the code, with its code and who says so."""
    assert [row[:3] for row in rows()] == [[f"`{rule.id}`", f"`{rule.code}`", rule.source] for rule in RULES.values()]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_example(rule: str) -> None:
    """The phrase beside it, judged by the rules alone; that of the model by all."""
    said = next(row[3] for row in rows() if row[0] == f"`{rule}`").strip("“”")
    findings = (judge if rule == LEARNED.id else BY_RULES)(said).findings
    assert rule in {each.rule for each in findings}


def figures() -> dict[str, dict[str, float]]:
    """Return what was measured at the last learning, by part."""
    read = json.loads((ROOT / "data" / "wording" / "figures.json").read_text("utf-8"))
    return {name: part for name, part in read.items() if isinstance(part, dict)}


def extreme(rate: str, most: int, *, highest: bool) -> set[str]:
    """Return the kinds with the highest or lowest rates."""
    rates = {
        name: part[rate] for name, part in figures().items() if name.startswith("kind ") and part[rate] is not None
    }
    return {f"`{name.removeprefix('kind ')}`" for name in sorted(rates, key=rates.__getitem__, reverse=highest)[:most]}


def test_the_figures_are_those_of_the_last_learning() -> None:
    """The table is what `outreach policy learn` printed."""
    lines = [line for line in section("How it was measured").splitlines() if line.startswith("|")]
    assert "\n".join(lines) == table(figures())


def test_the_kinds_that_it_gets_wrong_most_are_named() -> None:
    """The three of marketing that are missed most, the two of service that are blocked most."""
    missed, blocked = re.findall(r"most: ([^.]+)\.", section("Where it fails"))
    expected = extreme("caught", 3, highest=False), extreme("blocked", 2, highest=True)
    assert (set(missed.split(", ")), set(blocked.split(", "))) == expected


def test_what_passes_though_it_sells_is_still_as_the_page_says() -> None:
    """Neither a rule nor the model finds anything; once one does, the page has better news to tell."""
    said = examples("Sells, and passes")
    assert (len(said) >= 5, [text for text in said if judge(text).codes]) == (True, [])


def test_what_is_refused_though_it_is_service_is_still_as_the_page_says() -> None:
    """By a rule or by the model; once it passes, the page has better news to tell."""
    said = examples("Service, and is refused")
    assert (len(said) >= 5, [text for text in said if not judge(text).codes]) == (True, [])


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    """The score of a veto and of texts that are hardly English, what is kept, and where the cut lies."""
    said = (
        f"a veto from {VETO} on",
        f"from {VETO} to below {SURE}",
        f"{UNSURE} and no finding",
        f"{MOST_KEPT:,} verdicts",
        f"{LONGEST_KEPT:,} characters",
        f"{BLOCKED:.1%} of the ordinary service texts",
        f"at least {RAREST} messages",
    )
    assert [each for each in said if each not in PAGE] == []


def test_the_dictionary_has_every_column_and_kind_of_the_sentences() -> None:
    """Those that a line has, and those that the figures are parted by."""
    part = DICTIONARY.split("## Wording\n")[1].split("\n## ")[0]
    file = next((ROOT / "data" / "wording").glob("*.jsonl"))
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    words = {*lines[0], "sells"}.union(*({row["kind"], row["style"], row["label"]} for row in lines))
    assert [word for word in sorted(words) if f"`{word}`" not in part] == []

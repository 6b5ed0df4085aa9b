"""`docs/decisions`: one number, one decision, and none left out, so that a number in the text leads to one page."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[1] / "docs" / "decisions"


def wrong(names: Iterable[str]) -> list[str]:
    """Return the numbers that two pages have, or none between the first and the last."""
    counted = Counter(int(name[:4]) for name in names if re.match(r"\d{4}-", name))
    return [f"{number:04}" for number in range(1, max(counted) + 1) if counted[number] != 1]


def test_one_number_is_one_decision() -> None:
    """Two branches that each took the next number are found here, and not by a reader."""
    assert wrong(path.name for path in PAGES.glob("*.md")) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["0001-a.md", "0002-b.md", "0002-c.md"], ["0002"]), (["0001-a.md", "0003-c.md", "README.md"], ["0002"])],
    ids=["twice", "missing"],
)
def test_the_check_can_fail(names: list[str], expected: list[str]) -> None:
    """A number that is there twice, and one that is not there."""
    assert wrong(names) == expected


def test_each_page_says_its_own_number_where_it_says_one() -> None:
    """A page that was given another number says that one."""
    said = {path.name: re.match(r"# (\d+)", path.read_text()) for path in PAGES.glob("[0-9]*.md")}
    assert [name for name, found in said.items() if found is not None and int(found[1]) != int(name[:4])] == []

"""The page about events says what the code does: its tables are the code's, row by row."""

from pathlib import Path

from serving.events.catalogue import TYPES, Kind
from serving.events.variables import VARIABLES
from serving.policy.purposes import EVENT_TYPES

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text("utf-8")


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table under a title, without its head."""
    section = PAGE.split(f"\n## {title}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_type_is_documented() -> None:
    """With the names in its data and their kinds."""
    expected = [
        [f"`{kind}`", entry.about, " ".join(f"`{name}` ({what.kind})" for name, what in entry.names.items())]
        for kind, entry in TYPES.items()
    ]
    assert rows("The events") == expected


def test_every_name_that_an_expression_may_read_is_documented() -> None:
    """With its kind and what it says; the event's own data and the present come last."""
    expected = [
        [f"`{root}.{name}`", str(what.kind), what.about]
        for root, names in VARIABLES.items()
        for name, what in names.items()
    ]
    assert rows("Triggers")[:-2] == expected


def test_every_type_of_the_contract_has_an_entry() -> None:
    """The contract's types, and the one by which a visitor becomes known."""
    assert set(TYPES) == EVENT_TYPES | {"customer.identified"}


def test_every_kind_is_used() -> None:
    """A kind that no name has would be words about nothing."""
    names = [*(entry.names for entry in TYPES.values()), *VARIABLES.values()]
    assert {what.kind for each in names for what in each.values()} | {Kind.NUMBER} == set(Kind)

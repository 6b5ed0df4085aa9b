"""The stricter of both limits: whatever was written, nothing is loosened."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Channel, Purpose
from serving.policy.limits import ADD, LESS, LONGEST, TIGHTER, WORDS, Limits, strictest, written

NUMBERS = [name for name, direction in TIGHTER.items() if direction != ADD]


def is_stricter(a: Limits, b: Limits) -> bool:
    """Whether `a` is as strict as `b`, or stricter, in every limit: said once more, field by field."""
    looser = []
    for name, direction in TIGHTER.items():
        mine, theirs = getattr(a, name), getattr(b, name)
        as_strict = mine >= theirs if direction == ADD else mine <= theirs if direction == LESS else mine >= theirs
        looser += [] if as_strict else [name]
    return not looser


def words(name: str) -> st.SearchStrategy[list[str]]:
    """Return lists of words that the limit knows, and of some that it does not."""
    return st.lists(st.sampled_from([*sorted(WORDS[name]), "everything", ""]), max_size=4)


anything = st.none() | st.booleans() | st.floats() | st.text(max_size=4) | st.just([1]) | st.just({"a": None})
clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 25), st.integers(0, 61))
values = st.integers(-1, LONGEST + 1) | clocks | anything
rows: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from([*TIGHTER, "contacts_1m", ""]), values | words("switched_off") | words("channels_off"), max_size=6
)
configured: st.SearchStrategy[Limits] = st.builds(
    lambda numbers, off: replace(Limits(**{name: numbers[name] for name in numbers}), channels_off=frozenset(off)),
    st.fixed_dictionaries({}, optional={name: st.integers(0, LONGEST) for name in NUMBERS}),
    st.lists(st.sampled_from([str(channel) for channel in Channel]), max_size=2),
)


@given(configured, rows)
def test_nothing_that_anybody_wrote_loosens_a_limit(limits: Limits, row: dict[str, Any]) -> None:
    """Whatever stands in a row, every limit is the configuration's or stricter (promise 4)."""
    stricter, _ = strictest(limits, row)
    actual = is_stricter(stricter, limits)
    assert actual is True


@given(configured, rows, rows)
def test_the_order_of_rows_changes_nothing(limits: Limits, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Two rows make the same limits in either order, and a row twice makes what it makes once."""
    one_way = strictest(strictest(strictest(limits, first)[0], second)[0], first)[0]
    actual = strictest(strictest(limits, second)[0], first)[0]
    assert actual == one_way


@given(rows)
def test_only_what_a_row_names_changes(row: dict[str, Any]) -> None:
    """A limit that the row does not name stays as it is."""
    stricter, _ = strictest(Limits(), row)
    actual = {
        each.name for each in fields(Limits) if getattr(stricter, each.name) != getattr(Limits(), each.name)
    } - row.keys()
    assert actual == set()


@pytest.mark.parametrize(
    ("row", "expected", "unreadable"),
    [
        ({"contacts_24h": 1}, {"contacts_24h": 1}, ()),
        ({"contacts_24h": 9}, {}, ()),
        ({"quiet_start": "20:00", "quiet_end": "09:30"}, {"quiet_start": 1200, "quiet_end": 570}, ()),
        ({"cooling_off_days": 30, "cooling_off": 30}, {"cooling_off_days": 30}, ("cooling_off",)),
        ({"contacts_24h": "none", "contacts_7d": 2}, {"contacts_7d": 2}, ("contacts_24h",)),
        ({"channels_off": ["sms", "fax"]}, {"channels_off": frozenset({"sms"})}, ("channels_off",)),
        ({"switched_off": ["onboarding"]}, {"switched_off": frozenset({Purpose.ONBOARDING})}, ()),
    ],
    ids=["tighter", "looser", "clocks", "unknown name", "no number", "unknown word", "a purpose"],
)
def test_what_can_be_read_counts(row: dict[str, Any], expected: dict[str, Any], unreadable: tuple[str, ...]) -> None:
    """What is tighter counts, what is looser does not, and what cannot be read is named."""
    actual = strictest(Limits(), row)
    assert actual == (replace(Limits(), **expected), unreadable)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("quiet_end", 485, "08:05"), ("contacts_7d", 5, "5"), ("channels_off", frozenset({"sms", "chat"}), "chat, sms")],
    ids=["a local time", "a number", "words"],
)
def test_a_limit_is_written_as_people_read_it(name: str, value: int | frozenset[str], expected: str) -> None:
    """Minutes are a local time, words a list."""
    actual = written(name, value)
    assert actual == expected

"""Which limits are in force: the stricter of configuration and record, whatever stands on record."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.policy.limits import Limits
from serving.policy.tightening import Tightening, in_force, limits_that_differ, tightening
from serving.policy_files.templates import load_policy
from tests.serving.policy.test_limits_strictest import configured, is_stricter, rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICY = load_policy()


@dataclass
class OnRecord:
    """Rows in the order in which they were recorded."""

    rows: list[str]

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return the newest ones, the newest first."""
        return [Tightening(at=NOON, by="Ann", why="w", limits=row) for row in reversed(self.rows)][:limit]


def limits(*recorded: Any, under: Limits | None = None) -> Limits:
    """Return what is in force after these rows; a text is a row as it stands, the rest is written as JSON."""
    policy = POLICY if under is None else replace(POLICY, limits=under, version="another")
    texts = [each if isinstance(each, str) else json.dumps(each) for each in recorded]
    return in_force(OnRecord(texts), policy).limits


damaged_rows = ['{"contacts_24h": 1', "", "null", "[]", '"x"', '{"contacts_24h":1,"contacts_24h":2}', "[" * 9999]
broken = st.sampled_from(damaged_rows)


@given(configured, st.lists(rows.map(json.dumps) | broken, max_size=4))
def test_no_record_loosens_the_configuration(under: Limits, recorded: list[str]) -> None:
    """Whatever was recorded, whole or damaged, every limit is the configuration's or stricter (promise 4)."""
    actual = is_stricter(limits(*recorded, under=under), under)
    assert actual is True


@given(st.lists(rows.map(json.dumps), max_size=3), rows.map(json.dumps), broken)
def test_what_cannot_be_read_never_loosens_what_was_in_force(before: list[str], row: str, damaged: str) -> None:
    """After a row that nobody can read, all that was in force before still is."""
    actual = is_stricter(limits(*before, row, damaged), limits(*before, row))
    assert actual is True


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([], {}),
        ([{"contacts_24h": 1}], {"contacts_24h": 1}),
        ([{"contacts_24h": 1}, {}], {}),
        ([{"contacts_24h": 1}, {"contacts_7d": 3}], {"contacts_7d": 3}),
        ([{"contacts_24h": 1}, {"contacts_24h": 99}], {}),
        ([{"contacts_24h": 1}, "damaged"], {"contacts_24h": 1}),
        ([{"contacts_24h": 1}, {"contacts_7d": 3, "new_in_3": 1}], {"contacts_24h": 1, "contacts_7d": 3}),
        ([{"contacts_24h": 0}, {}, "damaged", "again"], {}),
        (["damaged"], {}),
    ],
    ids=[
        "nothing recorded",
        "one row",
        "back to the configuration",
        "the newest counts",
        "a looser one is the configuration",
        "a damaged one leaves the one before",
        "a later version's leaves the one before, and adds what can be read",
        "before the damage it was the configuration",
        "nothing but damage",
    ],
)
def test_which_rows_count(recorded: list[Any], expected: dict[str, Any]) -> None:
    """The newest whole row, and all that can be read of those after it."""
    actual = limits(*recorded)
    assert actual == replace(Limits(), **expected)


def test_the_version_is_that_of_the_same_limits_in_the_configuration() -> None:
    """So a decision says by its `policy_version` under which limits it was made; without any it is the very policy."""
    tightened = in_force(OnRecord(['{"contacts_24h": 1}']), POLICY)
    untouched = in_force(OnRecord(['{"contacts_24h": 50}']), POLICY)
    actual = (tightened.version, untouched is POLICY, tightened.version != POLICY.version)
    assert actual == (load_policy(None, {"contacts_24h": 1}).version, True, True)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"contacts_24h": 3}, "would loosen"),
        ({"contacts_1m": 3}, "is not a limit"),
        ({"quiet_start": "07:00"}, "no minute of the day"),
        ({"contacts_24h": 1.5}, "is not a whole number"),
    ],
)
def test_what_would_loosen_is_not_recorded(asked: dict[str, Any], problem: str) -> None:
    """A person who asks for it is told, and nothing happens."""
    with pytest.raises(InvalidInput, match=problem):
        tightening(POLICY, asked, by="Ann", why="calm", at=NOON)


@pytest.mark.parametrize(
    ("by", "why"),
    [
        *[("", "calm"), ("Ann", "x" * 1001)],
        *[("Ann", said) for said in ("", "  ", "-", "\u200b", "\u202e", "\x00")],
    ],
)
def test_nobody_tightens_without_a_name_and_a_reason(by: str, why: str) -> None:
    """Who and why are part of the record."""
    with pytest.raises(InvalidInput, match=r"reason|why"):
        tightening(POLICY, {}, by=by, why=why, at=NOON)


def test_a_tightening_says_what_was_asked() -> None:
    """Back from its text, and what it changes is written as people read it."""
    asked = {"quiet_start": "20:30", "channels_off": ["sms"]}
    made = tightening(POLICY, asked, by="Ann", why=" calm ", at=NOON)
    changed = limits_that_differ(Limits(), limits(made.limits))
    actual = (made.named(), made.why, changed)
    assert actual == (asked, "calm", {"quiet_start": "20:30", "channels_off": "sms"})

"""Ids of decisions that follow from where they come from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from serving.fakes import FakeScorer
from serving.feeding.ids import DerivedIds
from serving.system import id_of

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ids(number: int = 1, body: bytes = b"{}", *, at: datetime = AT, **more: Any) -> list[str]:
    """Return the first three ids of a line."""
    made = DerivedIds(**{"policy_version": "p", "scorer": None} | more)
    made.begin(number, body)
    return [made(at) for _ in range(3)]


def test_the_same_line_has_the_same_ids() -> None:
    """They are ULIDs of their time, each its own."""
    found = ids()
    assert found == ids()
    actual = (len(set(found)), {name[:10] for name in found})
    assert actual == (3, {id_of(AT, 0)[:10]})


def test_everything_that_a_decision_follows_from_makes_another_id() -> None:
    """Line number, line, clock (to the microsecond), model and policy."""
    others = [
        ids(),
        ids(2),
        ids(body=b"[]"),
        ids(11, b"{}"),
        ids(1, b"1|2|{}"),
        ids(at=AT + timedelta(microseconds=1)),
        ids(policy_version="q"),
        ids(scorer=FakeScorer()),
        ids(scorer=FakeScorer(version="2")),
    ]
    made = [name for some in others for name in some]
    assert len(set(made)) == len(made)


def test_a_line_begins_anew() -> None:
    """What was decided within another line has no say."""
    made = DerivedIds(policy_version="p", scorer=None)
    made(AT)
    made.begin(1, b"{}")
    assert made(AT) == ids()[0]

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Context, Event, Session
from serving.stricter import COUNTS, HARMS, MOMENTS, stricter

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
THIS = "evidence"
EVENT = Event(source="carrier", id="ev-1", type="shipment.delayed", time=NOON, subject="u-1", data={"parcel": "A-7"})
SESSION = Session(id="s-1", user_id="u-1", started_at=NOON, last_event_at=NOON)
TIMES = st.integers(0, 3).map(lambda hours: NOON - timedelta(hours=hours))
EVENTS = st.builds(replace, st.just(EVENT), time=TIMES, subject=st.sampled_from(["u-1", "u-2", None]))
CONTEXTS = st.builds(
    Context,
    evidence=st.none() | EVENTS,
    consent=st.booleans(),
    **{name: st.booleans() for name in HARMS},
    **{name: st.integers(0, 3) for name in COUNTS},
    **{name: st.none() | TIMES for name in MOMENTS},
    timezone=st.sampled_from([None, "Europe/Paris", "Asia/Tokyo"]),
    session=st.sampled_from([None, SESSION, replace(SESSION, id="s-2")]),
    contacts=st.lists(TIMES, max_size=2, unique=True).map(lambda times: tuple(sorted(times, reverse=True))),
    requested_channels=st.frozensets(st.sampled_from(["chat", "email"])),
    earlier_request=st.booleans(),
    approval=st.sampled_from(["approved", "changed", "none"]),
    history=st.sampled_from([{}, {"contacts_7d": 1.0}, {"contacts_7d": 2.0}]),
    unknown=st.frozensets(st.sampled_from(["consent", "opted_out"])),
)


@given(CONTEXTS, CONTEXTS)
def test_the_order_of_the_accounts_does_not_matter(a: Context, b: Context) -> None:
    """Neither account is the master."""
    actual = stricter(a, b)

    assert actual == stricter(b, a)


@given(CONTEXTS)
def test_one_account_twice_is_that_account(a: Context) -> None:
    """Agreement changes nothing."""
    actual = stricter(a, a)

    assert actual == a


@given(CONTEXTS, CONTEXTS)
def test_no_harm_of_either_account_is_lost(a: Context, b: Context) -> None:
    """Every harm, count, time and unknown of each account is in the result, and no permission that one lacks."""
    both = stricter(a, b)

    for one in (a, b):
        assert all(getattr(both, name) or not getattr(one, name) for name in HARMS)
        assert all(getattr(both, name) >= getattr(one, name) for name in COUNTS)
        assert all(not getattr(one, name) or getattr(both, name) >= getattr(one, name) for name in MOMENTS)
        assert both.unknown >= one.unknown
        assert set(both.contacts) >= set(one.contacts)
        assert both.requested_channels <= one.requested_channels
        assert both.consent <= one.consent
        assert both.earlier_request <= one.earlier_request
        assert both.evidence is None or (one.evidence is not None and both.evidence.time <= one.evidence.time)


@pytest.mark.parametrize(
    ("a", "b", "field", "value", "unknown"),
    [
        ({"timezone": "Europe/Paris"}, {"timezone": "Asia/Tokyo"}, "timezone", None, True),
        ({"timezone": "Europe/Paris"}, {}, "timezone", "Europe/Paris", False),
        ({"session": SESSION}, {"session": replace(SESSION, id="s-2")}, "session", None, True),
        ({"approval": "approved"}, {"approval": "changed"}, "approval", "changed", False),
        ({THIS: EVENT}, {}, THIS, None, False),
        ({THIS: EVENT}, {THIS: replace(EVENT, subject="u-2")}, THIS, replace(EVENT, subject=None), True),
        ({"history": {"a": 1.0, "b": 2.0}}, {"history": {"b": 3.0, "c": 4.0}}, "history", {"a": 1.0, "c": 4.0}, False),
    ],
)  # fmt: skip
def test_accounts_that_differ(a: dict[str, Any], b: dict[str, Any], field: str, value: Any, *, unknown: bool) -> None:
    """What can be ordered takes the stricter value; what cannot becomes unknown."""
    both = stricter(Context(**a), Context(**b))

    actual = (getattr(both, field), field in both.unknown)

    assert actual == (value, unknown)


def test_a_history_that_one_account_lacks_is_the_others() -> None:
    """A file says nothing of it: the ledger's stays as it is, with what never happened, whichever comes first."""
    known = Context(history={"contacts_7d": 1.0, "days_since_complaint": float("nan")})
    actual = [stricter(*pair).history for pair in ((known, Context()), (Context(), known), (known, replace(known)))]

    assert all(history is known.history for history in actual)


def test_every_field_is_compared() -> None:
    """A field that is added to `Context` must be thought about here."""
    known = {*HARMS, *COUNTS, *MOMENTS, "evidence", "consent", "timezone", "contacts", "session"}
    known |= {"requested_channels", "earlier_request", "approval", "history", "unknown"}

    actual = {field.name for field in fields(Context)}

    assert actual == known

"""Bad values in every field of what `decide` is given: nothing raises, and nothing but what is listed here is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pytest

from model.contracts import Candidate, Context, Event, EvidenceRef, Message, Session
from serving.decide import decide
from serving.policy.zones import awake_from, local_second, zone
from tests.occasions import (
    ALL_MODEL,
    GOOD_SCORER,
    NOW,
    about,
    candidate,
    codes,
    context,
    decided,
    event,
    on_page,
    policy,
    session,
)
from tests.serving.bad_values import FAR_FUTURE, FAR_PAST, OBJECTS

Occasion = tuple[Candidate, Context]
PARTS: Mapping[str, type[Any]] = {
    "candidate": Candidate,
    "message": Message,
    "reference": EvidenceRef,
    "event": Event,
    "context": Context,
    "session": Session,
}
WITHIN = {"message": "message", "reference": "evidence", "event": "evidence", "session": "session"}


def told(kind: str, purpose: str, data: dict[str, Any], *, known: dict[str, Any], **more: Any) -> Occasion:
    """Return the occasion of an event that a shipped template tells, with all of its data that it needs."""
    found = event(kind, age=timedelta(minutes=1), data=data)
    one, context_ = about(found, purpose=purpose, **more)
    return one, replace(context_, **known)


REMINDER = {
    "what": "your passport",
    "due": "1 May",
    "remind_at": "2026-11-20T10:00:00Z",
    "due_at": "2026-11-21T10:00:00Z",
}
ITEM = {"item": "blue lamp", "place": "the counter"}
LATE = Message(text="Parcel A-7 comes on Friday.", next_step="Reply to change it.")
OCCASIONS: Mapping[str, Occasion] = {
    "a parcel": (candidate(evidence=EvidenceRef(type="shipment.delayed", id="ev-1", source="shop")), context()),
    "a free text": (candidate(message=LATE), context()),
    "help on a page": on_page(),
    "a reminder": told(
        "reminder.requested",
        "requested_reminder",
        REMINDER,
        known={"requested_channels": frozenset({"chat"})},
        message=Message(template="requested_reminder", facts={"what": "your passport", "due": "1 May"}),
    ),
    "an item": told(
        "item.available",
        "progress_update",
        ITEM,
        known={"earlier_request": True},
        message=Message(template="item_available", facts=ITEM),
    ),
    "a first visit": told(
        "session.started",
        "onboarding",
        {"session": "s-1"},
        known={"session": session(started_at=NOW - timedelta(minutes=1), page=None, page_since=None)},
        channel="widget",
        message=Message(template="first_visit"),
        session_id="s-1",
    ),
}
SAME = {  # what says the same as the good value, or nothing at all, wherever it stands
    "candidate.attributes": {"object"},
    "candidate.expires_at": {"null", "far future"},
    "message.template": {"null"},
    "message.facts": {"object"},
    "message.text": {"null"},
    "message.next_step": {"text", "long", "time as text"},  # of an approved text: other words have no approval
    "reference.source": {"null"},
    "event.data": {"object"},
    "context.superseded": {"false"},
    "context.already_told": {"false"},
    "context.last_inbound_at": {"null", "far past"},
    "context.consent": {"true"},
    "context.opted_out": {"false"},
    "context.timezone": {"null"},
    "context.contacts": {"empty", "false", "null", "zero"},  # no times: the counts count
    "context.contacts_60m": {"false", "zero"},
    "context.contacts_24h": {"false", "zero", "one", "true", "fraction"},  # 1 and 1.5 are less than 2
    "context.contacts_7d": {"false", "zero", "one", "true", "fraction"},
    "context.last_complaint_at": {"null", "far past"},
    "context.complaint_open": {"false"},
    "context.conversation_open": {"false"},
    "context.dismissed_at": {"null", "far past"},
    "context.returning": {"false"},
    "context.earlier_request": {"true"},
    "context.breaker_open": {"false"},
    "context.history": {"object"},
    "session.ended": {"false"},
    "session.page": {"null"},
    "session.page_since": {"null", "far past"},
    "session.started_at": {"far past"},
    "session.widget_messages": {"false", "zero"},
}
NOT_READ = {  # by occasion, what its decision does not depend on
    "a parcel": {"candidate.session_id", "context.session", "message.next_step"},
    "a free text": {"candidate.session_id", "context.session", "event.source"},
    "help on a page": {"message.next_step", "event.source", "session.started_at"},
    "a reminder": {
        *("candidate.session_id", "context.session", "message.next_step", "event.source"),
        *("context.consent", "context.complaint_open", "context.conversation_open"),  # essential
        *("context.last_complaint_at", "context.dismissed_at", "context.contacts_60m", "context.contacts_7d"),
        *("candidate.attributes", "context.history", "event.time"),
    },
    "an item": {"candidate.session_id", "context.session", "message.next_step", "event.source"},
    "a first visit": {"message.next_step", "event.source", "session.page", "session.page_since"},
}
OF_SOME = {  # read for some purposes or channels only
    "context.requested_channels": {"a reminder"},
    "context.earlier_request": {"an item"},
    "context.returning": {"a first visit"},
}
INSIDE = {  # their own session on a page: no consent, no clock and no cap of ours
    *("candidate.timezone", "context.timezone", "context.consent"),
    *("context.contacts_60m", "context.contacts_24h", "context.contacts_7d"),
}


ELSEWHERE = {  # `serving.claims` puts it into the context before anybody decides; what made a candidate decides nothing
    "candidate.claim",
    "candidate.matched",
}


def matters(occasion: str, place: str) -> bool:
    """Whether a decision on this occasion reads this field at all."""
    if place in ELSEWHERE:
        return False
    if occasion in {"help on a page", "a first visit"} and place in INSIDE:
        return False
    return occasion in OF_SOME.get(place, {occasion}) and place not in NOT_READ[occasion]


def put(base: Occasion, part: str, name: str, value: Any) -> Occasion | None:
    """Return the occasion with this value in this field; None where it has no such part."""
    one, known = base
    owner: Any = known if part in {"event", "session"} else one
    if part in {"candidate", "context"}:
        changed: Any = replace(one if part == "candidate" else known, **{name: value})
        return (changed, known) if part == "candidate" else (one, changed)
    inner = getattr(owner, WITHIN[part])
    if inner is None:
        return None
    whole = replace(owner, **{WITHIN[part]: replace(inner, **{name: value})})
    return (one, whole) if owner is known else (whole, known)


def cases(part: str) -> Iterator[tuple[str, str, dict[str, Occasion]]]:
    """Yield every occasion and field of one part, with what is decided for each kind of bad value."""
    for occasion, base in OCCASIONS.items():
        for item in fields(PARTS[part]):
            found = {kind: put(base, part, item.name, value) for kind, value in OBJECTS.items()}
            spoilt = {kind: one for kind, one in found.items() if one is not None}
            if spoilt:
                yield occasion, f"{part}.{item.name}", spoilt


def answers(rows: Sequence[Occasion]) -> list[tuple[str, ...]]:
    """Decide all in one call; return the codes of each."""
    found = decide(
        [one for one, _ in rows],
        [known for _, known in rows],
        ids=[f"d-{number}" for number in range(len(rows))],
        now=NOW,
        policy=policy(),
        scorer=replace(GOOD_SCORER, shares=ALL_MODEL.shares),
        exploration=ALL_MODEL,
    )
    return [codes(one) for one in found]


def test_there_are_thousands_of_cases() -> None:
    """The issue asks for two thousand; here alone are more, and a new field brings its own."""
    counted = sum(len(spoilt) for part in PARTS for _, _, spoilt in cases(part))

    assert counted >= 7000


@pytest.mark.parametrize("name", OCCASIONS)
def test_every_occasion_would_be_sent(name: str) -> None:
    """Otherwise a refusal of its spoilt copies would mean nothing."""
    assert codes(decided(*OCCASIONS[name])) == ()


@pytest.mark.parametrize("part", PARTS)
def test_no_bad_value_is_sent_and_none_raises(part: str) -> None:
    """Every field with every bad value: a refusal with its reasons, but for what the decision does not read."""
    sent = [
        f"{occasion}: {place} = {kind}"
        for occasion, place, spoilt in cases(part)
        for kind, said in zip(spoilt, answers(list(spoilt.values())), strict=True)
        if not said and kind not in SAME.get(place, set()) and matters(occasion, place)
    ]

    assert sent == []


@pytest.mark.parametrize("part", PARTS)
def test_alone_it_is_answered_alike(part: str) -> None:
    """What a bad row is told does not depend on the rows around it (one occasion stands for all)."""
    for occasion, _, spoilt in cases(part):
        if occasion == "help on a page":
            rows = list(spoilt.values())[::5]
            assert answers(rows) == [answers([row])[0] for row in rows]


def test_every_field_is_read_somewhere() -> None:
    """No field is left out on every occasion: a bad value in it refuses at least once."""
    silent = {
        f"{part}.{item.name}"
        for part in PARTS
        for item in fields(PARTS[part])
        if not any(matters(occasion, f"{part}.{item.name}") for occasion in OCCASIONS)
    }

    assert silent == ELSEWHERE


def test_what_counts_as_unknown_is_a_field() -> None:
    """A misspelt name in `unknown` would be read by nobody, and loosen without a word."""
    found = answers([(candidate(), context(unknown=frozenset({name}))) for name in ("consent", "consnet")])

    assert found == [("consent_missing",), ("filter_failed",)]


@pytest.mark.parametrize("text", ["Parcel A-7 comes on Friday.\ud800", "Parcel A-7 comes\0 on Friday."])
def test_what_nobody_could_store_is_not_said(text: str) -> None:
    """A text that is no Unicode, or that ends early for some readers, is no complete text."""
    answer = decided(candidate(message=replace(LATE, text=text)))

    assert "facts_missing" in codes(answer)


@pytest.mark.parametrize(
    ("remind_at", "due_at"),
    [
        ("2026-11-20T10:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T20:00:00Z", "9999-12-31T23:59:59Z"),
        ("9998-12-31T20:00:00Z", "9998-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
    ],
)
@pytest.mark.parametrize("where", ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_reminder_at_the_end_of_the_calendar_is_answered(remind_at: str, due_at: str, where: str) -> None:
    """No computation runs off the calendar: such a reminder is refused or waits, whatever the zone."""
    one, known = OCCASIONS["a reminder"]
    dated = event("reminder.requested", data=REMINDER | {"remind_at": remind_at, "due_at": due_at})

    answer = decided(replace(one, timezone=where), replace(known, evidence=dated))

    assert answer.decision.trigger is False


@pytest.mark.parametrize("at", [FAR_PAST, FAR_FUTURE])
@pytest.mark.parametrize("name", ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Monrovia"])
def test_local_clocks_go_on_beyond_the_calendar(at: Any, name: str) -> None:
    """The first and the last instant of the calendar have a local second, and a night that ends."""
    where = zone(name)
    assert where is not None

    awake = awake_from(at.timestamp(), [where], (21 * 60, 8 * 60))

    actual = (0 <= local_second(at.timestamp(), where) < 86_400, awake is not None)
    assert actual == (True, True)


@pytest.mark.parametrize("at", [np.inf, -np.inf, np.nan])
def test_no_clock_stands_at_no_instant(at: float) -> None:
    """From never on, nobody is awake."""
    where = zone("Europe/Paris")
    assert where is not None

    assert awake_from(at, [where], (21 * 60, 8 * 60)) is None


def test_a_bad_row_leaves_its_neighbours_alone() -> None:
    """Of three that are decided in one call, the one that cannot be read is refused."""
    good = candidate(), context()
    rows = [good, (candidate(), context(contacts=cast("Any", 7391))), good]

    assert answers(rows) == [(), ("filter_failed",), ()]

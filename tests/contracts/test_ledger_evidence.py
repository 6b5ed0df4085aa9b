from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from model.contracts import Candidate, Event, EvidenceRef, OutcomeKind
from model.errors import InvalidInput
from serving.policy.facts import fact_key
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, send

DELAY = event()


def pointing(kind: str, identity: str, source: str | None = None) -> Candidate:
    """Describe a candidate by what its evidence reference says."""
    reference = EvidenceRef(type=kind, id=identity, source=source)
    return Candidate(user_id="u", purpose="delivery_update", channel="chat", evidence=reference)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (("shipment.delayed", "ev-1"), "shop"),
        (("shipment.delayed", "ev-1", "shop"), "shop"),
        (("shipment.delayed", "ev-1", "elsewhere"), None),
        (("shipment.failed", "ev-1"), None),
        (("shipment.delayed", "ev-2"), None),
        (("shipment.delayed", "twice"), None),
        (("shipment.delayed", "twice", "carrier"), "carrier"),
    ],
)
def test_evidence_is_the_one_event_of_that_type_and_id(
    tx: Transaction, reference: tuple[str, ...], found: str | None
) -> None:
    """Without a source exactly one must match; with one, that one."""
    record(tx, DELAY, event(identity="twice"), event(identity="twice", source="carrier"))
    evidence = context(tx, pointing(*reference)).evidence
    actual = evidence.source if evidence else None
    assert actual == found


def test_evidence_reads_back_as_it_was_recorded(tx: Transaction) -> None:
    """Time, subject and nested data survive, to the microsecond."""
    told = event(
        time=ago(hours=1, microseconds=1), data={"parcel": "A-7", "legs": [{"km": 1.5, "by": None}], "ok": True}
    )
    record(tx, told)
    actual = context(tx, candidate(told)).evidence
    assert actual == told


def test_an_event_that_has_not_happened_yet_is_no_evidence(tx: Transaction) -> None:
    """The future never counts, until it is the present."""
    later = event(time=NOW + timedelta(hours=1))
    record(tx, later)
    actual = [context(tx, candidate(later), now=now).evidence is not None for now in (NOW, NOW + timedelta(hours=1))]
    assert actual == [False, True]


@pytest.mark.parametrize(("ahead", "counts"), [(1, True), (300, True), (301, False)])
def test_a_fast_clock_of_up_to_five_minutes_counts_from_when_it_was_recorded(
    tx: Transaction, ahead: int, *, counts: bool
) -> None:
    """What was recorded at noon cannot have happened after noon; in a context no time lies after `now`."""
    early = event(time=NOW + timedelta(seconds=ahead))
    record(tx, early)
    evidence = context(tx, candidate(early)).evidence
    actual = evidence.time if evidence else None
    assert actual == (NOW if counts else None)


def test_of_an_incident_a_customer_sees_only_themselves(tx: Transaction) -> None:
    """The list of the affected is answered for one customer, and never copied into a record."""
    outage = event("incident.update", subject=None, data={"incident": "i-1", "affected": ["u", "v", 3]})
    record(tx, outage)
    found = [context(tx, candidate(outage, user_id=user)).evidence for user in ("u", "v", "w", "3")]
    actual = [one.data["affected"] if one else None for one in found]
    assert actual == [["u"], ["v"], [], []]


def test_only_an_incident_lists_customers(tx: Transaction) -> None:
    """Elsewhere `affected` is a fact like any other."""
    parcels = event(data={"parcel": "A-7", "affected": ["A-8"]})
    record(tx, parcels)
    found = context(tx, candidate(parcels)).evidence
    actual = found.data["affected"] if found else None
    assert actual == ["A-8"]


NEWER = {
    "same parcel": (event("shipment.rescheduled", "new", time=ago(minutes=30)), True),
    "another type of the family": (event("shipment.delivered", "new", time=ago(minutes=30)), True),
    "an earlier one recorded late": (event("shipment.rescheduled", "new", time=ago(hours=2)), False),
    "the same instant, recorded later": (event("shipment.rescheduled", "new"), True),
    "another parcel": (event("shipment.rescheduled", "new", time=ago(minutes=30), data={"parcel": "B-8"}), False),
    "no parcel at all": (event("shipment.rescheduled", "new", time=ago(minutes=30), data={}), True),
    "another customer": (event("shipment.rescheduled", "new", time=ago(minutes=30), subject="v"), False),
    "another family": (event("appointment.changed", "new", time=ago(minutes=30)), True),
    "still to come": (event("shipment.rescheduled", "new", time=NOW + timedelta(hours=1)), False),
    "a clock a minute fast": (event("shipment.rescheduled", "new", time=NOW + timedelta(minutes=1)), True),
}


@pytest.mark.parametrize(("newer", "expected"), NEWER.values(), ids=NEWER)
def test_a_newer_event_on_the_same_thing_supersedes(tx: Transaction, newer: Event, *, expected: bool) -> None:
    """Same entity and customer; by event time, then by order of recording; nothing from the future."""
    record(tx, DELAY, newer)
    actual = context(tx, candidate(DELAY)).superseded
    assert actual is expected


def test_the_order_of_arrival_does_not_matter(tx: Transaction) -> None:
    """Three events on one parcel, in every order and each twice: the newest by its own time alone stands."""
    for number, order in enumerate(permutations((3, 2, 1))):
        data = {"parcel": f"P-{number}"}
        told = [event(identity=f"{number}/{hours}", time=ago(hours=hours), data=data) for hours in order]
        record(tx, *told, *told)
        actual = [one.id for one in told if not context(tx, candidate(one)).superseded]
        assert actual == [f"{number}/1"]


def test_an_account_event_is_never_superseded(tx: Transaction) -> None:
    """Each is a thing of its own: two sign-ins are two facts."""
    first = event("account.signed_in_new_device", "a", data={})
    record(tx, first, event("account.signed_in_new_device", "b", time=NOW, data={}))
    actual = context(tx, candidate(first)).superseded
    assert actual is False


@pytest.mark.parametrize("subject", [None, "u"])
def test_an_incident_moves_on_for_everyone_it_affected(tx: Transaction, subject: str | None) -> None:
    """The end of an incident supersedes its updates, told to everyone at once or to each."""
    data = {"incident": "i-1", "affected": ["u", "v"]}
    update = event("incident.update", "one", subject=None, data=data)
    ended = event("incident.resolved", "two", time=NOW, subject=subject, data={"incident": "i-1", "affected": ["v"]})
    record(tx, update, ended)
    actual = context(tx, candidate(update)).superseded
    assert actual is True


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"time": NOW}, True),
        ({"data": {"incident": "i-1", "action": "a restart", "affected": ["v"]}}, True),
        ({"data": {"incident": "i-1"}}, True),
        ({"kind": "incident.resolved"}, True),
    ],
)
def test_an_incident_that_comes_in_parts_is_one_piece_of_news(
    tx: Transaction, more: dict[str, Any], *, expected: bool
) -> None:
    """Two lists of one update leave each other alone; another time, word or type is newer than what was said before."""
    parts: dict[str, Any] = {"kind": "incident.update", "subject": None, "data": {"incident": "i-1", "affected": ["v"]}}
    update = event("incident.update", "one", subject=None, data={"incident": "i-1", "affected": ["u"]})
    record(tx, update, event(identity="two", **(parts | more)))

    actual = context(tx, candidate(update)).superseded

    assert actual == expected


def test_a_fact_is_told_by_a_send_of_any_event_that_states_it(tx: Transaction) -> None:
    """The same fact under another event id counts as told; another fact, customer or a released send does not."""
    again, other = event(identity="ev-2"), event(identity="ev-3", data={"parcel": "A-7", "new_eta": "Friday"})
    record(tx, DELAY, again, other)
    send(tx, "d-1", fact_key=fact_key("u", DELAY))
    told = [context(tx, candidate(one)).already_told for one in (DELAY, again, other)]
    elsewhere = context(tx, candidate(DELAY, user_id="v")).already_told
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    actual = (told, elsewhere, context(tx, candidate(DELAY)).already_told)
    assert actual == ([True, True, False], False, False)


def message(identity: str = "m", **given: object) -> Event:
    """Describe a message from customer `u`, half an hour ago."""
    return event("message.received", identity, **{"time": ago(minutes=30), **given})


INBOUND = {
    "text names it": (message(data={"text": "Where is a-7 now?"}), True),
    "a value is it": (message(data={"about": {"parcel": "A-7"}}), True),
    "about another": (message(data={"text": "Where is B-8?", "parcel": "B-8"}), False),
    "only its time is known": (message(data={}), True),
    "before the evidence": (message(time=ago(hours=2)), False),
    "at the evidence's instant": (message(time=ago(hours=1)), False),
    "another customer's": (message(subject="v"), False),
    "not yet written": (message(time=NOW + timedelta(hours=1)), False),
    "not a message": (event("message.dismissed", "m", time=ago(minutes=30)), False),
}


@pytest.mark.parametrize(("written", "expected"), INBOUND.values(), ids=INBOUND)
def test_a_customer_who_wrote_about_it_since_already_knows(tx: Transaction, written: Event, *, expected: bool) -> None:
    """A message after the evidence that names its entity, in its text or as a value."""
    record(tx, DELAY, written)
    actual = context(tx, candidate(DELAY)).last_inbound_at
    assert actual == (written.time if expected else None)


@pytest.mark.parametrize("ahead", [10, 5, -5])
def test_a_fast_clock_hides_no_message(tx: Transaction, ahead: int) -> None:
    """Evidence from a fast clock is dated when it was recorded: what was written after that lies after it."""
    fast = event(time=NOW + timedelta(seconds=8))
    record(tx, fast)
    later = NOW + timedelta(seconds=6)
    record(tx, message(time=later + timedelta(seconds=ahead)), at=later)
    found = context(tx, candidate(fast), now=later)
    actual = (
        found.evidence is not None and found.last_inbound_at is not None and found.last_inbound_at > found.evidence.time
    )
    assert actual is True


def test_the_latest_message_that_names_it_counts(tx: Transaction) -> None:
    """A newer message about something else hides nothing."""
    record(tx, DELAY, message("1", time=ago(minutes=40)), message("2"), message("3", time=NOW, data={"text": "hi"}))
    actual = context(tx, candidate(DELAY)).last_inbound_at
    assert actual == ago(minutes=30)


def test_evidence_without_an_entity_may_be_what_any_message_is_about(tx: Transaction) -> None:
    """Unknown means no: what cannot be told apart counts as known to the customer."""
    vague = event(data={})
    record(tx, vague, message(data={"text": "hello?"}))
    actual = context(tx, candidate(vague)).last_inbound_at
    assert actual == ago(minutes=30)


ITEM = {"item": "lamp"}
AVAILABLE = event("item.available", "back", data=ITEM)
REQUESTS = {
    "an order": (event("order.placed", "o", time=ago(days=3), data=ITEM), True),
    "an order that lists it": (event("order.placed", "o", time=ago(days=3), data={"lines": [{"sku": "lamp"}]}), True),
    "a request": (event("item.requested", "o", time=ago(days=3), data=ITEM), True),
    "a request since": (event("item.requested", "o", time=NOW, data=ITEM), False),
    "another's request": (event("item.requested", "o", time=ago(days=3), data=ITEM, subject="v"), False),
    "another thing": (event("item.requested", "o", time=ago(days=3), data={"item": "chair"}), False),
    "a look at its page": (event("page.viewed", "o", time=ago(days=3), data=ITEM), False),
    "an earlier notice": (event("item.available", "o", time=ago(days=3), data=ITEM), False),
}


@pytest.mark.parametrize(("earlier", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_only_their_own_request_or_order_asks_for_it(tx: Transaction, earlier: Event, *, expected: bool) -> None:
    """What they looked at, or were told of before, they did not ask for."""
    record(tx, AVAILABLE, earlier)
    actual = context(tx, candidate(AVAILABLE)).earlier_request
    assert actual is expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"channels": ["sms", "email", 3]}, {"sms", "email"}),
        ({"channel": "push"}, {"push"}),
        ({}, set()),
        ({"channels": 1}, set()),
        ({"channels": None, "channel": "push"}, {"push"}),
        ({"channels": [], "channel": "push"}, set()),
        ({"channels": None, "channel": None}, set()),
    ],
)
def test_a_reminder_goes_where_it_was_asked_for(tx: Transaction, data: dict[str, object], expected: set[str]) -> None:
    """The channels that the customer named, and no other."""
    asked = event("reminder.requested", data=data)
    record(tx, asked, event(identity="no reminder", data=data))
    others = context(tx, candidate(event(identity="no reminder"))).requested_channels
    actual = (context(tx, candidate(asked)).requested_channels, others)
    assert actual == (expected, frozenset())


@pytest.mark.parametrize(
    "name", ["", " ", '"', "\\", "\\u0041", "é", "\U0001f4e6", "a\nb", "[1]", "null", "x" * 9999, "\ud7ff"]
)
def test_any_text_can_be_the_name_of_someone_affected(tx: Transaction, name: str) -> None:
    """Exactly this customer is told, and nobody whose name looks alike."""
    outage = event("incident.update", subject=None, data={"incident": "i", "affected": ["a", name, name, 3, None]})
    record(tx, outage)
    found = [context(tx, candidate(outage, user_id=user)).evidence for user in (name, "A", name + "x", "3", "None")]
    actual = [one.data["affected"] if one else None for one in found]
    assert actual == [[name], [], [], [], []]


def test_a_name_is_never_cut(tx: Transaction) -> None:
    """What follows a NUL is part of the name: nobody else is taken for affected."""
    outage = event("incident.update", subject=None, data={"incident": "i", "affected": ["u\0nobody", "\0"]})
    record(tx, outage)
    found = [context(tx, candidate(outage, user_id=user)).evidence for user in ("u", "")]
    actual = [one.data["affected"] if one else None for one in found]
    assert actual == [[], []]


def test_a_name_that_is_no_unicode_is_refused(tx: Transaction) -> None:
    """A lone surrogate cannot be stored; nothing of the event is."""
    outage = event("incident.update", subject=None, data={"incident": "i", "affected": ["u", "\ud800"]})
    with pytest.raises(InvalidInput), tx.savepoint():
        record(tx, outage)
    actual = context(tx, candidate(outage)).evidence
    assert actual is None


@pytest.mark.parametrize("subject", ["u", "v"])
def test_the_subject_of_an_incident_may_be_listed_too(tx: Transaction, subject: str) -> None:
    """Listed is what counts, in whatever role the customer appears besides."""
    outage = event("incident.update", subject=subject, data={"incident": "i", "affected": ["u"]})
    record(tx, outage)
    found = context(tx, candidate(outage)).evidence
    actual = found.data["affected"] if found else None
    assert actual == ["u"]

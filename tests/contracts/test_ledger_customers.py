import math
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.contracts import Action, Context, Event, Message, OutcomeKind
from model.history import history_features
from serving.ledger.instants import micros
from serving.ports import Approval, Preferences, Transaction
from tests.contracts.ledgers import KINDS, NOW, ago, candidate, context, event, record, report, ruling, send

ONE_MICROSECOND = timedelta(microseconds=1)


def test_of_a_stranger_nothing_is_known(tx: Transaction) -> None:
    """The context of a customer about whom nothing is on record is the default one."""
    found = context(tx, candidate())
    actual = repr(found)
    assert actual == repr(Context(history=found.history))


def test_consent_is_per_channel_and_absent_is_no(tx: Transaction) -> None:
    """Only an exact yes for this very channel is consent."""
    tx.set_preferences("u", Preferences(consent={"sms": True, "email": False}), at=NOW)
    actual = [context(tx, candidate(channel=name)).consent for name in ("sms", "email", "push")]
    assert actual == [True, False, False]


def test_the_newest_preferences_count_by_their_own_time(tx: Transaction) -> None:
    """An older record that arrives late changes nothing; of one instant the later record counts."""
    for consent, zone, at in (
        (False, "Europe/Paris", NOW),
        (True, "Asia/Tokyo", ago(days=1)),
        (True, "Europe/Rome", NOW),
    ):
        tx.set_preferences("u", Preferences(timezone=zone, consent={"sms": consent}), at=at)
        last = context(tx, candidate(channel="sms"))
        actual = (last.consent, last.timezone)
        assert actual == ((True, "Europe/Rome") if zone == "Europe/Rome" else (False, "Europe/Paris"))


@pytest.mark.parametrize(
    ("about", "stopped"),
    [
        ({"decision_id": "by-sms"}, ["sms"]),
        ({"user_id": "u"}, ["sms", "email", "chat"]),
        ({"user_id": "u", "channel": "email"}, ["email"]),
        ({"user_id": "v"}, []),
    ],
)
def test_an_opt_out_stops_its_channel_or_every_one(tx: Transaction, about: dict[str, str], stopped: list[str]) -> None:
    """By decision: that decision's channel. By customer: every channel, unless one is given."""
    send(tx, "by-sms", to=candidate(channel="sms"))
    report(tx, OutcomeKind.OPTED_OUT, **about)
    actual = [name for name in ("sms", "email", "chat") if context(tx, candidate(channel=name)).opted_out]
    assert actual == stopped


@pytest.mark.parametrize("time", [ago(days=900), NOW, NOW + timedelta(minutes=4)])
def test_an_opt_out_counts_as_soon_as_it_is_recorded(tx: Transaction, time: datetime) -> None:
    """Neither its age nor a fast clock lets a message through."""
    report(tx, OutcomeKind.OPTED_OUT, time=time, user_id="u")
    actual = context(tx, candidate()).opted_out
    assert actual is True


@pytest.mark.parametrize(
    ("age", "counted"),
    [
        (timedelta(0), (1, 1, 1)),
        (timedelta(minutes=60) - ONE_MICROSECOND, (1, 1, 1)),
        (timedelta(minutes=60), (0, 1, 1)),
        (timedelta(hours=24) - ONE_MICROSECOND, (0, 1, 1)),
        (timedelta(hours=24), (0, 0, 1)),
        (timedelta(days=7) - ONE_MICROSECOND, (0, 0, 1)),
        (timedelta(days=7), (0, 0, 0)),
        (timedelta(seconds=-5), (1, 1, 1)),
    ],
)
def test_rolling_counts_end_exactly_with_their_window(
    tx: Transaction, age: timedelta, counted: tuple[int, int, int]
) -> None:
    """A send counts while `now − t < window`; a clock that was set back loses none."""
    send(tx, "d-1", at=NOW - age)
    found = context(tx, candidate())
    actual = (found.contacts_60m, found.contacts_24h, found.contacts_7d)
    assert actual == counted


def test_contacts_are_outbound_sends_newest_first(tx: Transaction) -> None:
    """Holds, denials, messages in the customer's own session and released sends count nothing."""
    for number, hours in enumerate((5, 1, 3, 200)):
        send(tx, f"d-{number}", at=ago(hours=hours))
    send(tx, "inside", at=ago(hours=2), outbound=False)
    send(tx, "lost", at=ago(hours=4))
    for action in (Action.HOLD, Action.DENY):
        tx.add_decision(candidate(), Context(), ruling(action.value, at=ago(hours=2), action=action))
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="lost")
    actual = context(tx, candidate()).contacts
    assert actual == (ago(hours=1), ago(hours=3), ago(hours=5))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (("complained",), True),
        (("complained", "complaint_closed"), False),
        (("complaint_closed", "complained"), True),
        (("complained", "complained", "complaint_closed"), False),
        (("complaint_closed",), False),
        ((), False),
    ],
)
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_complaint_is_open_until_it_is_closed(
    tx: Transaction, told: tuple[str, ...], *, expected: bool, shuffled: bool
) -> None:
    """By the times of what happened, in whatever order it is reported."""
    times = [ago(days=9 - day) for day in range(len(told))]
    reports = list(zip(told, times, strict=True))
    for kind, time in reversed(reports) if shuffled else reports:
        report(tx, OutcomeKind(kind), time=time, user_id="u")
    found = context(tx, candidate())
    last = max((time for kind, time in reports if kind == "complained"), default=None)
    actual = (found.complaint_open, found.last_complaint_at)
    assert actual == (expected, last)


def test_a_complaint_about_a_message_is_the_customers(tx: Transaction) -> None:
    """By decision or by customer, it opens the same complaint."""
    send(tx, "d-1")
    report(tx, OutcomeKind.COMPLAINED, decision_id="d-1")
    found = context(tx, candidate(channel="sms"))
    actual = (found.complaint_open, found.last_complaint_at)
    assert actual == (True, NOW)


def talk(*told: tuple[str, str | None]) -> list[Event]:
    """Describe conversation events, one minute apart, each with its conversation."""
    return [
        event(
            f"conversation.{kind}",
            f"t-{number}",
            time=ago(minutes=50 - number),
            data={"conversation": name} if name else {},
        )
        for number, (kind, name) in enumerate(told)
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("opened", "c-1")], True),
        ([("opened", "c-1"), ("closed", "c-1")], False),
        ([("opened", "c-1"), ("left_unresolved", "c-1")], False),
        ([("opened", "c-1"), ("closed", "c-1"), ("opened", "c-1")], True),
        ([("opened", "c-1"), ("closed", "c-2")], True),
        ([("opened", "c-1"), ("opened", "c-2"), ("closed", "c-2")], True),
        ([("opened", "c-1"), ("closed", None)], False),
        ([("opened", None), ("closed", None)], False),
        ([("closed", "c-1")], False),
    ],
)
def test_a_conversation_is_open_until_it_is_closed_or_left(
    tx: Transaction, told: list[tuple[str, str | None]], *, expected: bool
) -> None:
    """Each conversation for itself, by event time; an event that names none is about all of them."""
    record(tx, *reversed(talk(*told)))
    actual = context(tx, candidate()).conversation_open
    assert actual is expected


@pytest.mark.parametrize(
    ("data", "stopped"),
    [
        ({"decision_id": "d-1"}, ["delivery_update"]),
        ({"purpose": "onboarding"}, ["onboarding"]),
        ({"decision_id": "unknown", "purpose": "onboarding"}, ["onboarding"]),
        ({}, ["delivery_update", "onboarding"]),
    ],
)
def test_a_dismissal_is_of_one_purpose_unless_it_does_not_say(
    tx: Transaction, data: dict[str, str], stopped: list[str]
) -> None:
    """A widget's `message.dismissed` names its decision or purpose; one that names nothing is of everything."""
    send(tx, "d-1")
    record(tx, event("message.dismissed", data=data))
    asked = ("delivery_update", "onboarding")
    actual = [name for name in asked if context(tx, candidate(purpose=name)).dismissed_at == ago(hours=1)]
    assert actual == stopped


def test_a_dismissed_outcome_is_of_the_decisions_purpose(tx: Transaction) -> None:
    """The latest one counts, for its customer and purpose."""
    for number, days in enumerate((3, 1, 2)):
        send(tx, f"d-{number}", at=ago(days=days))
        report(tx, OutcomeKind.DISMISSED, time=ago(days=days), decision_id=f"d-{number}")
    asked = [candidate(), candidate(purpose="onboarding"), candidate(user_id="v")]
    actual = [context(tx, one).dismissed_at for one in asked]
    assert actual == [ago(days=1), None, None]


@pytest.mark.parametrize(
    ("digest", "expected"),
    [("sha256:shipped", "approved"), ("sha256:new", "approved"), ("sha256:edited", "changed"), (None, "none")],
)
def test_approval_is_of_a_digest(tx: Transaction, digest: str | None, expected: str) -> None:
    """The very words were approved, or other words under the same template id, or nothing was."""
    tx.approve(Approval(digest="sha256:new", what="template:parcel_delayed", by="ann", at=NOW))
    tx.approve(Approval(digest="sha256:new", what="text", by="bob", at=NOW))
    actual = context(tx, candidate(), digest=digest).approval
    assert actual == expected


@pytest.mark.parametrize("message", [Message(template="never_seen"), Message(text="free")])
def test_what_nobody_approved_is_not_approved(tx: Transaction, message: Message) -> None:
    """Another template, and a free text, have no approval of their own."""
    actual = context(tx, candidate(message=message), digest="sha256:x").approval
    assert actual == "none"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sends=st.lists(st.integers(0, 20_000), max_size=8, unique=True),
    followed=st.lists(
        st.tuples(st.sampled_from(["engaged", "complained", "opted_out"]), st.integers(0, 20_000)), max_size=8
    ),
)
def test_history_is_computed_from_what_is_on_record(
    tmp_path_factory: pytest.TempPathFactory, sends: list[int], followed: list[tuple[str, int]]
) -> None:
    """Online features equal `model.history` over all sends and outcomes ever; ages are in quarters of an hour."""
    ledger = KINDS["sqlite memory"](tmp_path_factory.getbasetemp())
    with ledger.transaction() as tx:
        for age in sends:
            send(tx, f"d-{age}", at=ago(minutes=15 * age), outbound=age % 2 == 0)
        for kind, age in followed:
            report(tx, OutcomeKind(kind), time=ago(minutes=15 * age), user_id="u")
        actual = context(tx, candidate()).history
    ledger.close()
    times = {
        kind: [micros(ago(minutes=15 * age)) for told, age in set(followed) if told == kind] for kind, _ in followed
    }
    expected = history_features(
        micros(NOW),
        contacts=[micros(ago(minutes=15 * age)) for age in sends],
        engagements=times.get("engaged", []),
        complaints=times.get("complained", []),
        opt_outs=times.get("opted_out", []),
        unit=10**6,
    )
    assert {name: repr(value) for name, value in actual.items()} == {
        name: repr(value) for name, value in expected.items()
    }
    assert math.isnan(actual["days_since_contact"]) is not any(age > 0 for age in sends)

"""From the events of a request to its decisions: recorded first, decided together, offered where nobody waits."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from model.contracts import JSON, Event, Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.deciding import Decider
from serving.loop.happening import AT_ONCE, Happened, Happenings
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, Preferences
from serving.schemas.answers import decision_bytes, offered_bytes
from serving.timetable import OfferState, Visitor
from serving.triggers.trigger import Matched, Tally, Trigger
from tests.occasions import mostly
from tests.serving.served import NOON, Watch

Condition = Callable[[Event, Visitor], bool]
PARCEL = {"parcel": "A-7", "new_eta": "Friday"}
OUTAGE: dict[str, Any] = {"incident": "I-3", "service": "Card payments", "action": "refunding"}


def always(_: Event, __: Visitor) -> bool:
    """Match."""
    return True


@dataclass
class Rules:
    """A matcher of plain functions; it remembers which events it was asked about."""

    rules: Sequence[tuple[Trigger, Condition]] = ()
    reads: bool = False
    asked: list[tuple[Event, Visitor]] = field(default_factory=list)

    def on(self, event_type: str) -> list[Trigger]:
        """Return the triggers on this type."""
        return [trigger for trigger, _ in self.rules if trigger.on == event_type]

    def asks(self, event_type: str) -> bool:  # noqa: ARG002  (the same for every type)
        """Return whether sessions and customers are read."""
        return self.reads

    def matches(self, event: Event, visitor: Visitor, *, now: datetime) -> list[Matched]:  # noqa: ARG002
        """Return what matches, with the event's own facts."""
        self.asked.append((event, visitor))
        named = [(one, when) for one, when in self.rules if one.on == event.type]
        return [Matched(trigger=one, facts=_facts(one, event.data)) for one, when in named if when(event, visitor)]

    def tallies(self) -> list[Tally]:
        """Return none."""
        return []


def _facts(trigger: Trigger, data: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: data[name] for name in trigger.facts if name in data}


def trigger(on: str, purpose: str, template: str, *facts: str, channel: str = "chat") -> Trigger:
    """Return a trigger that takes these facts from its event."""
    return Trigger(
        id=f"{template}_{on.partition('.')[2]}",
        on=on,
        purpose=purpose,
        template=template,
        channel=channel,
        place="triggers.yaml:1",
        facts={name: f"event.data.{name}" for name in facts},
    )


DELAYED = trigger("shipment.delayed", "delivery_update", "parcel_delayed", "parcel", "new_eta")
FAILED = trigger("shipment.failed", "delivery_update", "parcel_failed", "parcel", "reason")
OUT = trigger("incident.update", "remediation", "incident_update", "service", "action", channel="push")
TEXT = replace(OUT, id="incident_by_text", channel="sms")
HELP = trigger("page.dwelled", "in_session_help", "compare_plans", channel="widget")


@dataclass
class World:
    """A ledger in memory, a clock, and everything that turns events into decisions."""

    ledger: Ledger
    clock: Watch
    rules: Rules

    def __post_init__(self) -> None:
        numbers = count(1)
        decider = Decider(
            policy=load_policy(),
            models=InUse(scorer=FakeScorer(shares=mostly("model"))),
            shares=mostly("model"),
            clock=self.clock,
            new_id=lambda _: f"d-{next(numbers):05}",
            encode=decision_bytes,
        )
        self.happenings = Happenings(matcher=self.rules, decider=decider, clock=self.clock, offering=offered_bytes)

    def take(self, *events: Event) -> Happened:
        """Let these events come in one request."""
        with self.ledger.transaction() as transaction:
            return self.happenings.take(self.ledger, transaction, events)

    def wait(self, limit: int = 1000) -> int:
        """Decide what waits."""
        with self.ledger.transaction() as transaction:
            return self.happenings.decide_waiting(self.ledger, transaction, limit)

    def known(self, *users: str) -> None:
        """Let these customers have said yes, and where they live."""
        consent = dict.fromkeys(("chat", "push", "sms"), True)
        with self.ledger.transaction() as transaction:
            for user in users:
                told = Preferences(timezone="Europe/Paris", consent=consent)
                transaction.set_preferences(user, told, at=self.clock())


@pytest.fixture
def world() -> Iterator[World]:
    """A world in which two parcels' triggers, help on a page and incidents are ruled."""
    ledger = open_ledger("sqlite://", now=NOON, salt=b"a fixed salt for tests", shipped=shipped_digests())
    rules = Rules([(DELAYED, always), (FAILED, always), (OUT, always), (HELP, always)])
    made = World(ledger, Watch(), rules)
    made.known("u-1", "u-2")
    yield made
    ledger.close()


def event(
    kind: str = "shipment.delayed", number: int = 1, *, user: str | None = "u-1", ago: float = 60, **data: Any
) -> Event:
    """Return an event of so many seconds ago."""
    facts = data or (PARCEL | ({"reason": "nobody was there"} if kind == "shipment.failed" else {}))
    return Event(
        source="shop", id=f"ev-{number}", type=kind, time=NOON - timedelta(seconds=ago), subject=user, data=facts
    )


def said(happened: Happened) -> list[tuple[str, str, list[str]]]:
    """Return who was decided about, how, and why not."""
    return [
        (candidate.user_id, str(one.decision.action), [reason.code for reason in one.decision.reasons])
        for candidate, one in happened.decided
    ]


def test_an_event_without_a_trigger_is_only_recorded(world: World) -> None:
    """It may be evidence all the same."""
    happened = world.take(event("shipment.rescheduled"))

    assert (happened.fresh, happened.decided, world.rules.asked) == ([True], [], [])


def test_what_matches_is_decided_in_the_same_request(world: World) -> None:
    """With the event as its evidence, the trigger's template and facts, and the trigger's name on record."""
    (candidate, one), *others = world.take(event()).decided
    with world.ledger.transaction() as transaction:
        record = transaction.decision(one.decision.decision_id)
    message = one.decision.message

    assert (others, message and message.text, record and record["candidate"]["matched"]) == (
        [],
        "Your parcel A-7 now arrives on Friday. Reply to change the address.",
        candidate.matched,
    )


def test_a_second_report_decides_nothing(world: World) -> None:
    """Neither in the same request nor in a later one, whatever it says now."""
    first = world.take(event(), event())
    second = world.take(event(parcel="B-1", new_eta="Monday"))

    assert (first.fresh, len(first.decided), second.fresh, second.decided) == ([True, False], 1, [False], [])


def test_a_decision_knows_what_came_with_its_event(world: World) -> None:
    """The customer opened a conversation in the same request, after the parcel was reported: it is held."""
    happened = world.take(event(), event("conversation.opened", 2, conversation="C-1"))

    assert said(happened) == [("u-1", "hold", ["conversation_open"])]


def test_one_message_per_customer_and_request(world: World) -> None:
    """The parcel that failed goes before the one that is late; the other customer's is another matter."""
    happened = world.take(
        event(), event("shipment.failed", 2, parcel="B-1", reason="nobody"), event(number=3, user="u-2")
    )

    assert said(happened) == [("u-1", "deny", ["outranked"]), ("u-1", "send", []), ("u-2", "send", [])]


def test_every_loser_is_on_record(world: World) -> None:
    """A denial like any other, to be found by its reason."""
    world.take(event(), event("shipment.failed", 2, parcel="B-1", reason="nobody"))
    with world.ledger.transaction() as transaction:
        found = transaction.decisions(action="deny", user="u-1", since=None, after=None, limit=10, reason="outranked")

    assert [one["candidate"]["evidence"]["id"] for one in found] == ["ev-1"]


def test_two_requests_are_two_occasions(world: World) -> None:
    """What was outranked is not owed: the next request meets the customer as they are then."""
    world.take(event("shipment.failed", 1, parcel="B-1", reason="nobody"))
    happened = world.take(event(number=2))

    assert said(happened) == [("u-1", "hold", ["frequency_cap"])]


def test_an_event_about_nobody_is_nobodys_message(world: World) -> None:
    """Without a subject there is nobody to tell."""
    assert world.take(event(user=None)).decided == []


def test_help_goes_to_the_session_of_its_event(world: World) -> None:
    """The session is the event's; a page that opened a moment ago is too soon."""
    page: dict[str, Any] = {"session": "s-1", "page": "pricing"}
    opened = event("page.viewed", 1, ago=12, **page)
    ((candidate, one),) = world.take(opened, event("page.dwelled", 2, ago=0, **page, seconds=12)).decided

    assert (candidate.session_id, [reason.code for reason in one.decision.reasons]) == ("s-1", ["too_soon"])


@pytest.mark.parametrize("session", [None, 7, ["s-1"]])
def test_a_session_that_is_no_id_is_none(world: World, session: JSON) -> None:
    """Then the filter says so."""
    ((candidate, one),) = world.take(event("page.dwelled", session=session, page="pricing", seconds=40)).decided

    assert (candidate.session_id, "session_missing" in one.decision.agent_would_send.reasons) == (None, True)


def test_visitors_are_looked_up_only_where_a_trigger_reads_them(world: World) -> None:
    """Reading what nobody asks for would cost every event."""
    world.take(event())
    world.rules.reads = True
    world.take(
        event("page.viewed", 2, session="s-1", page="pricing"), event("page.dwelled", 3, session="s-1", page="pricing")
    )
    (_, without), (_, with_state) = world.rules.asked

    assert (without, with_state.session is not None and with_state.session["page"]) == (Visitor(), "pricing")


def test_an_incident_is_told_to_those_it_hit_and_to_nobody_else(world: World) -> None:
    """Each once, whoever else is listed; the record names none of the others."""
    happened = world.take(event("incident.update", user=None, **OUTAGE, affected=["u-1", "u-1", 7, "", "u-2"]))
    with world.ledger.transaction() as transaction:
        record = transaction.decision(happened.decided[0][1].decision.decision_id)

    assert (said(happened), record and record["context"]["evidence"]["data"]["affected"]) == (
        [("u-1", "send", []), ("u-2", "send", [])],
        ["u-1"],
    )


def test_the_subject_of_an_incident_is_hit_as_well(world: World) -> None:
    """One event each is the other way to list them."""
    happened = world.take(event("incident.update", user="u-2", **OUTAGE))

    assert said(happened) == [("u-2", "send", [])]


def many(number: int) -> list[str]:
    """Return so many customers."""
    return [f"c-{place:06}" for place in range(number)]


def test_many_customers_are_decided_in_turns(world: World) -> None:
    """The first hundred at once; the others wait, and each is decided once."""
    users = many(AT_ONCE + 30)
    world.known(*users)
    happened = world.take(event("incident.update", user=None, **OUTAGE, affected=users))
    turns = [world.wait(20), world.wait(20), world.wait(20)]
    with world.ledger.transaction() as transaction:
        decided = transaction.decisions(action=None, user=None, since=None, after=None, limit=1000)

    assert (len(happened.decided), happened.waiting, turns, sorted(one["candidate"]["user_id"] for one in decided)) == (
        AT_ONCE,
        30,
        [20, 10, 0],
        users,
    )


def test_a_request_has_one_budget_whatever_its_events_list(world: World) -> None:
    """Thirty events that list five each: a hundred of their customers are decided at once, in order; fifty wait."""
    users = many(150)
    world.known(*users)
    news = [
        event("incident.update", n, user=None, **OUTAGE | {"incident": f"I-{n}"}, affected=users[5 * n : 5 * n + 5])
        for n in range(30)
    ]
    happened = world.take(*news)

    assert ([user for user, *_ in said(happened)], happened.waiting) == (users[:AT_ONCE], 50)


def test_a_subject_is_decided_at_once_whoever_is_listed(world: World) -> None:
    """Neither does a subject take a place from those who are listed, nor do they take theirs."""
    users = many(AT_ONCE + 1)
    listed = event("incident.update", 1, user="u-1", **OUTAGE, affected=[*users, "u-1"])
    alone = event("incident.update", 2, user="u-2", **OUTAGE)
    happened = world.take(listed, alone)

    assert ([user for user, *_ in said(happened)], happened.waiting) == (["u-1", *users[:AT_ONCE], "u-2"], 1)


def test_who_waits_hears_one_message_of_an_event(world: World) -> None:
    """Two triggers match at their turn, as they would in a request: one goes on, the other is outranked."""
    users = many(AT_ONCE + 2)
    world.known(*users)
    world.rules.rules = [(OUT, always), (TEXT, always)]
    happened = world.take(event("incident.update", user=None, **OUTAGE, affected=users))
    world.wait()
    with world.ledger.transaction() as transaction:
        lost = transaction.decisions(action="deny", user=None, since=None, after=None, limit=1000, reason="outranked")
        offers = transaction.offers(state=OfferState.WAITING, after=0, limit=10)
    outranked = [(one["candidate"]["user_id"], one["candidate"]["matched"]) for one in lost]

    assert (happened.waiting, len(offers)) == (2, 2)
    assert sorted(outranked) == [(user, TEXT.id) for user in users]


def test_two_events_that_wait_for_one_customer_are_two_occasions(world: World) -> None:
    """Their turns come in one job; neither outranks the other."""
    for number in (1, 2):
        other = OUTAGE | {"incident": f"I-{number}"}
        world.take(event("incident.update", number, user=None, **other, affected=[*many(AT_ONCE), "u-1"]))
    world.wait()
    with world.ledger.transaction() as transaction:
        decided = transaction.decisions(action="send", user="u-1", since=None, after=None, limit=10)

    assert [one["candidate"]["evidence"]["id"] for one in decided] == ["ev-1", "ev-2"]


def test_what_is_sent_later_is_offered(world: World) -> None:
    """Nobody waits for an answer: the send is an offer, with whom it is for."""
    users = many(AT_ONCE + 2)
    world.known(*users)
    world.take(event("incident.update", user=None, **OUTAGE, affected=users))
    world.wait()
    with world.ledger.transaction() as transaction:
        offers = transaction.offers(state=OfferState.WAITING, after=0, limit=10)

    assert [json.loads(offer.body)["data"]["user"]["id"] for offer in offers] == users[-2:]


def test_the_breaker_stops_an_incident_that_lists_too_many(world: World) -> None:
    """Two hundred of a template that was never used: the others are held for a person, and none is lost."""
    users = many(260)
    world.known(*users)
    world.take(event("incident.update", user=None, **OUTAGE, affected=users))
    world.wait()
    with world.ledger.transaction() as transaction:
        decided = transaction.decisions(action=None, user=None, since=None, after=None, limit=1000)
    actions = [one["decided"]["decision"]["action"] for one in decided]

    assert (actions.count("send"), actions.count("hold"), len(actions)) == (200, 60, 260)


def test_a_match_whose_trigger_is_gone_is_dropped(world: World) -> None:
    """The rules changed before its turn came: nobody asks for that message any more."""
    world.take(event("incident.update", user=None, **OUTAGE, affected=many(AT_ONCE + 3)))
    world.rules.rules = []

    assert (world.wait(), world.wait()) == (3, 0)


def test_what_waits_is_matched_again_as_the_customer_is_then(world: World) -> None:
    """The condition is asked at their turn, not when they were listed."""
    world.take(event("incident.update", user=None, **OUTAGE, affected=many(AT_ONCE + 1)))
    world.rules.rules = [(OUT, lambda *_: False)]
    world.wait()
    with world.ledger.transaction() as transaction:
        decided = transaction.decisions(action=None, user=None, since=None, after=None, limit=1000)

    assert len(decided) == AT_ONCE


def test_a_visitor_who_turned_out_to_be_somebody_is_that_customer(world: World) -> None:
    """An event of the anonymous id is decided as the customer's own, in the request that says who it is, too."""
    known = event("customer.identified", 1, user="u-1", anonymous_id="a-9")
    happened = world.take(known, event(number=2, user="a-9"))

    assert said(happened) == [("u-1", "send", [])]


def test_traits_are_attributes_of_the_model(world: World) -> None:
    """What `identify` told is what the score may read."""
    known = event("customer.identified", 1, user="u-1", traits={"plan": "plus"})
    ((candidate, _),) = world.take(known, event(number=2)).decided

    assert dict(candidate.attributes) == {"plan": "plus"}


def test_shares_of_the_tests_are_nearly_all_model() -> None:
    """What is sent above is not left to chance."""
    assert mostly("model").model > Shares().model

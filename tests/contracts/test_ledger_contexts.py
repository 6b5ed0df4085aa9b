"""What is known of a candidate never depends on who else is asked about: a group reads what each alone would."""

import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from model.contracts import JSON, Action, Candidate, Context, Event, EvidenceRef, Message, OutcomeKind
from serving.policy.facts import fact_key
from serving.ports import Approval, Preferences, Transaction
from serving.record.record import to_json
from tests.contracts.identified import identified
from tests.contracts.ledgers import NOW, candidate, context, event, record, report, ruling

USERS = ("u", "v", "w", "anon", 'ü"')
KINDS = (
    *("shipment.delayed", "item.available", "item.requested", "order.placed", "order.cancelled", "reminder.requested"),
    *("conversation.opened", "conversation.closed", "message.received", "message.dismissed", "page.viewed"),
    *("session.started", "session.ended", "incident.update", "account.locked"),
)
MINUTES = (-5.0, 0.0, 1.0, 29.0, 31.0, 59.0, 61.0, 1500.0, 9000.0, 50_000.0, 130_000.0)
ABOUT = ("parcel", "item", "order", "conversation", "note")
SEEDS = range(8)  # thousands of them were read by two implementations when this one replaced the other


class Chance:
    """A random history of a few customers, told to one transaction."""

    def __init__(self, tx: Transaction, seed: int) -> None:
        self.tx, self.rng = tx, np.random.default_rng(seed)
        self.events: list[Event] = []
        self.decisions: list[str] = []

    def one(self, *of: str) -> str:
        """Pick one of these."""
        return of[int(self.rng.integers(len(of)))]

    def happen(self) -> None:
        """Let an event happen, of one customer or of nobody; now and then two turn out to be one."""
        kind = self.one(*KINDS)
        data: dict[str, JSON] = {self.one(*ABOUT): self.one("A", "B"), "session": self.one("s-1", "s-2")}
        data["text"] = self.one("where is A?", "hello")
        if kind == "incident.update":
            data["affected"] = [name for name in USERS if self.rng.random() < 0.5]
        subject = self.one(*USERS) if self.rng.random() < 0.9 else None
        at = NOW - timedelta(minutes=float(self.rng.choice(MINUTES)))
        self.events.append(event(kind, f"e-{len(self.events)}", time=at, subject=subject, data=data))
        record(self.tx, self.events[-1])
        if self.rng.random() < 0.1:
            bound = identified(f"i-{len(self.events)}", subject=self.one(*USERS), anonymous_id=self.one(*USERS))
            record(self.tx, bound)

    def ask(self) -> Candidate:
        """Ask about one customer, with evidence or without."""
        place = int(self.rng.integers(len(self.events) + 1))
        evidence = self.events[place] if place < len(self.events) else None
        return Candidate(
            user_id=self.one(*USERS),
            purpose=self.one("delivery_update", "reminder"),
            channel=self.one("chat", "email", "widget"),
            message=Message(template=self.one("t", "q")) if self.rng.random() < 0.7 else Message(text="hello"),
            evidence=None if evidence is None else EvidenceRef(type=evidence.type, id=evidence.id),
            session_id=None if self.rng.random() < 0.5 else self.one("s-1", "s-2", "s-9"),
        )

    def decide(self) -> None:
        """Decide about one customer, under a name that they had, and perhaps hear what came of it."""
        asked, identity = self.ask(), f"d-{len(self.decisions)}"
        known = context(self.tx, asked).evidence
        at = NOW - timedelta(minutes=float(self.rng.choice(MINUTES)))
        ruled = ruling(
            identity,
            at=at,
            action=Action(self.one("send", "send", "hold", "deny")),
            fact_key=None if known is None else fact_key(asked.user_id, known),
            outbound=bool(self.rng.random() < 0.8),
        )
        self.tx.add_decision(asked, Context(), ruled)
        self.decisions.append(identity)
        if self.rng.random() < 0.4:
            kind = OutcomeKind(self.one("engaged", "complained", "opted_out", "not_delivered", "dismissed"))
            report(self.tx, kind, time=at, decision_id=identity)

    def say(self) -> None:
        """Let a customer permit something and complain, and somebody approve a wording."""
        told = Preferences(timezone="Europe/Berlin", consent={self.one("chat", "email"): True})
        self.tx.set_preferences(self.one(*USERS), told, at=NOW)
        report(self.tx, OutcomeKind(self.one("complained", "complaint_closed", "opted_out")), user_id=self.one(*USERS))
        self.tx.approve(Approval(digest=self.one("a", "b"), what="template:t", by="p", at=NOW))

    def live(self) -> None:
        """Let some of all that happen."""
        steps: tuple[Callable[[], None], ...] = (self.happen, self.happen, self.decide, self.say)
        for _ in range(int(self.rng.integers(1, 25))):
            steps[int(self.rng.integers(len(steps)))]()


def written(known: Context) -> str:
    """Write a context such that NaN equals NaN."""
    return json.dumps(to_json(known), sort_keys=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_reads_what_each_alone_would(tx: Transaction, seed: int) -> None:
    """On random histories, the same customer twice and strangers among them, with one decision set aside."""
    chance = Chance(tx, seed)
    chance.live()
    asked = [chance.ask() for _ in range(12)]
    digests = [None if chance.rng.random() < 0.2 else chance.one("a", "b", "c") for _ in asked]
    without = chance.decisions[-1] if chance.decisions else None
    together = tx.contexts(asked, now=NOW, digests=digests, without=without)
    pairs = zip(asked, digests, strict=True)
    alone = [tx.contexts([one], now=NOW, digests=[digest], without=without)[0] for one, digest in pairs]
    assert list(map(written, together)) == list(map(written, alone))


def test_nobody_asked_about_is_nobody_known(tx: Transaction) -> None:
    """An empty group has no contexts and no customers."""
    actual = (tx.contexts([], now=NOW, digests=[]), tx.customers([]))
    assert actual == ([], {})


def test_ids_of_a_group_stand_for_their_customers(tx: Transaction) -> None:
    """All at once as each alone: bound ids, unbound ones, and the same one twice."""
    record(tx, identified(anonymous_id="anon"))
    actual = tx.customers(["anon", "u", "stranger", "anon"])
    assert actual == {"anon": "u", "u": "u", "stranger": "stranger"}


def test_one_fact_reported_twice_is_told_in_both_words(tx: Transaction) -> None:
    """Two events with one fact key in one group: a send about either counts for both."""
    record(tx, event(identity="one"), event(identity="two"))
    known = context(tx, candidate(event(identity="one"))).evidence
    assert known is not None
    tx.add_decision(candidate(), Context(), ruling("d", fact_key=fact_key("u", known)))
    asked = [candidate(event(identity=name)) for name in ("one", "two")]
    actual = [one.already_told for one in tx.contexts(asked, now=NOW, digests=[None, None])]
    assert actual == [True, True]


def test_one_purpose_of_one_customer_is_no_other_s(tx: Transaction) -> None:
    """A dismissal is the customer's who made it, and of the purpose that it names."""
    record(tx, event("message.dismissed", data={"purpose": "reminder"}))
    pairs = [("u", "reminder"), ("u", "delivery_update"), ("v", "reminder")]
    asked = [candidate(user_id=user, purpose=purpose) for user, purpose in pairs]
    known = tx.contexts(asked, now=NOW, digests=[None] * len(asked))
    actual = [one.dismissed_at is None for one in known]
    assert actual == [False, True, True]


def test_each_candidate_has_its_digest(tx: Transaction) -> None:
    """A group with fewer digests than candidates is a mistake."""
    with pytest.raises(ValueError, match="argument 2"):
        tx.contexts([candidate(), candidate(user_id="v")], now=NOW, digests=[None, None, None])
    actual = len(tx.contexts([candidate(), candidate()], now=NOW, digests=[None, None]))
    assert actual == 2

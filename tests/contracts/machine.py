"""Everything that can happen to a ledger, in any order, beside a plain list of everything that was said.

`LedgerMachine` has the rules and what must hold after each of them; `Beside` keeps the two ledgers in step.
"""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from model.contracts import Candidate, Event, EvidenceRef, Message, Outcome, OutcomeKind
from serving.loop.deciding import Repeatable
from serving.policy_files.templates import shipped_digests
from serving.ports import Approval, Preferences, Transaction
from tests.contracts.beside import KNOWN, MESSAGES, PURPOSE, Beside
from tests.contracts.counted import counted, defined, kept, tallies
from tests.contracts.ledgers import NOW

NAMES = ("u", "v", "a", "b")
CHANNELS = ("sms", "chat")
WAITS = (1, 20, 59, 60, 61, 90, 240, 720, 1440, 10080)  # minutes
BY_DECISION = ("delivered", "not_delivered", "engaged", "thanked", "dismissed", "complained", "opted_out")
BY_USER = ("engaged", "complaint_closed", "complained", "opted_out")
OFTEN = (*("not_delivered",) * 6, *("delivered",) * 3, *BY_DECISION)
RARELY = (*("engaged",) * 9, *("complaint_closed",) * 6, *BY_USER)
YES = dict.fromkeys(CHANNELS, True)
facts = st.sampled_from(("Friday", "Monday"))
names, channels, numbers = st.sampled_from(NAMES), st.sampled_from(CHANNELS), st.integers(0, 99)


class OnPurposeError(Exception):
    """What undoes a transaction, or a part of one."""


class LedgerMachine(Beside):
    """The rules."""

    @initialize()
    def approve(self) -> None:
        """Approve the shipped templates, and let everybody agree to everything."""
        with self.transaction() as tx:
            for digest, what in shipped_digests().items():
                tx.approve(Approval(digest=digest, what=what, by="ann", at=NOW))
        for name in NAMES:
            self.prefer(name, YES)

    @rule(minutes=st.sampled_from(WAITS))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    @rule(name=names, parcel=st.sampled_from("AB"), fact=facts, kind=numbers, ago=numbers)
    def happen(self, name: str, parcel: str, fact: str, kind: int, ago: int) -> None:
        """Record an event about somebody's parcel."""
        types = list(MESSAGES)
        type_ = types[kind % len(types)]
        event = Event(
            source="shop",
            id=f"ev-{len(self.plain.events)}",
            type=type_,
            time=self.now - timedelta(minutes=ago),
            subject=name,
            data={"parcel": parcel, MESSAGES[type_][1]: fact},
        )
        with self.transaction() as tx:
            assert tx.add_event(event, recorded_at=self.now)
        self.plain.events.append(event)

    @rule(name=names, parcel=st.sampled_from("ABCDE"), fact=facts, kind=numbers, channel=channels)
    def news(self, name: str, parcel: str, fact: str, kind: int, channel: str) -> None:
        """Something happens, and its customer is asked about."""
        self.happen(name, parcel, fact, kind, 0)
        self.decide([(None, channel, 0)], keyed=False)

    @precondition(lambda self: self.plain.events)
    @rule(asked=st.lists(st.tuples(st.none() | names, channels, numbers), min_size=1, max_size=3), keyed=st.booleans())
    def decide(self, asked: list[tuple[str | None, str, int]], *, keyed: bool) -> None:
        """Decide a group; where no name is given, about the customer of the event."""
        questions = [self.question("u", channel, number) for _, channel, number in asked]
        for place, (name, _, _) in enumerate(asked):
            about = self.about(questions[place])
            key = f"key-{self.made}-{place}" if keyed else None
            questions[place] = replace(
                questions[place],
                candidate=replace(questions[place].candidate, user_id=name or str(about.subject)),
                repeatable=None if key is None else Repeatable(key_id="k", name=key, body_sha256="b"),
            )
        with self.transaction() as tx:
            answers = [answer.body for answer in self.decider.answer(self.ledger, tx, questions)]
        for question, body in zip(questions, answers, strict=True):
            self._decided(question, json.loads(body))
            if question.repeatable is not None:
                self.keys[question.repeatable.name] = (question, body)

    @precondition(lambda self: self.keys)
    @rule(number=numbers)
    def ask_again(self, number: int) -> None:
        """The same key with the same body: the same bytes within a day, and no other decision."""
        name = list(self.keys)[number % len(self.keys)]
        question, body = self.keys.pop(name)
        made = self.made
        with self.transaction() as tx:
            remembered = tx.remembered("k", name, since=self.now - timedelta(hours=24)) is not None
            if remembered:
                (answer,) = self.decider.answer(self.ledger, tx, [question])
                assert (answer.body, answer.replayed, self.made) == (body, True, made)
        self.happened["asked again"] += 1
        assert remembered == (self.now - datetime.fromisoformat(json.loads(body)["decided_at"]) < timedelta(hours=24))

    @precondition(lambda self: self.ids)
    @rule(number=numbers)
    def confirm(self, number: int) -> None:
        """Confirm a decision; twice in a row says the same."""
        identity = self.ids[-1 - number % len(self.ids)]
        before = self.plain.messages.get(identity)
        with self.transaction() as tx:
            told = self.confirmer.confirm(self.ledger, tx, identity, asked=self.now)
            record = tx.decision(identity)
        assert told is not None
        assert record is not None
        assert (told.action == "cancel") or before is not None
        answer = json.loads(told.answer)
        if len(record["confirmations"]) > len(self.kept[identity]["confirmations"]):
            if answer["action"] == "send" and before is not None:
                user, channel = before.user, before.channel
                self._may_send(user, channel, before.about, essential=before.essential, without=identity)
                assert not self.plain.has_it(identity)
            self.happened[f"confirmed: {answer['action']}"] += 1
            self.plain.confirmed(identity, answer["action"], told.expires_at, self.now)
            self.kept[identity] = record
            with self.transaction() as tx:
                again = self.confirmer.confirm(self.ledger, tx, identity, asked=self.now)
            assert again is not None
            assert again.answer == told.answer

    @precondition(lambda self: self.ids)
    @rule(number=numbers, kind=st.sampled_from(OFTEN), ago=st.sampled_from((-3, 0, 0, 0, 1, 45)))
    def report(self, number: int, kind: str, ago: int) -> None:
        """Say what became of a decision; a sender's clock may be off."""
        identity = self.ids[-1 - number % len(self.ids)]
        self._reported(kind, self.now - timedelta(minutes=ago), decision=identity)

    @rule(name=names, kind=st.sampled_from(RARELY), ago=st.sampled_from((-3, 0, 0, 1, 45)))
    def hear(self, name: str, kind: str, ago: int) -> None:
        """Say what a customer did."""
        self._reported(kind, self.now - timedelta(minutes=ago), user=name)

    @rule(name=names, consent=st.just(YES) | st.just(YES) | st.dictionaries(channels, st.booleans()))
    def prefer(self, name: str, consent: dict[str, bool]) -> None:
        """A customer says what they agree to, all of it."""
        with self.transaction() as tx:
            tx.set_preferences(name, Preferences(timezone="UTC", consent=consent), at=self.now)
        self.plain.consents.append((name, consent))

    @rule(alias=names, user=names)
    def merge(self, alias: str, user: str) -> None:
        """Two customers turn out to be one."""
        if alias in self.plain.stands_for or self.plain.same(alias, user):
            return
        with self.transaction() as tx:
            tx.add_event(self._identification(alias, user), recorded_at=self.now)
        self.happened["merged"] += 1
        self.plain.stands_for[alias] = self.plain.who(user)

    @rule()
    def start_afresh(self) -> None:
        """Whatever tripped is released by a person."""
        with self.transaction() as tx:
            fallen = any(trip.released_at is None for trip in tx.trips())
            assert tx.release(at=self.now, by="ann", why="looked at") == fallen

    @rule(how=st.sampled_from(("dry run", "part", "whole")), name=names, channel=channels, number=numbers)
    def undo(self, how: str, name: str, channel: str, number: int) -> None:
        """Do all kinds of things, and undo them: nothing of it stays."""
        with suppress(OnPurposeError), self.transaction() as tx:
            if how == "whole":
                self._spoil(tx, name, channel, number)
                raise OnPurposeError
            with suppress(OnPurposeError), tx.savepoint(keep=how != "dry run"):
                self._spoil(tx, name, channel, number)
                if how == "part":
                    raise OnPurposeError

    def _spoil(self, tx: Transaction, name: str, channel: str, number: int) -> None:
        """Do what must be undone: a decision, a confirmation, an outcome, preferences, a merge."""
        made = self.made
        if self.plain.events:
            self.decider.answer(self.ledger, tx, [self.question(name, channel, number)])
        self.made = made
        if self.ids:
            identity = self.ids[number % len(self.ids)]
            self.confirmer.confirm(self.ledger, tx, identity, asked=self.now)
            kind = OutcomeKind(BY_DECISION[number % len(BY_DECISION)])
            tx.add_outcome(Outcome(kind=kind, time=self.now, decision_id=identity), recorded_at=self.now)
        tx.set_preferences(name, Preferences(consent={channel: number % 2 == 0}), at=self.now)
        alias = next(
            (one for one in NAMES if one not in self.plain.stands_for and not self.plain.same(one, name)), None
        )
        if alias is not None:
            tx.add_event(self._identification(alias, name), recorded_at=self.now)

    @precondition(lambda self: self.lasts)
    @rule()
    def reopen(self) -> None:
        """Close and open it again: everything is still there."""
        self.ledger.close()
        self.ledger = type(self).opening(Path(self.folder.name))

    @invariant()
    def knows_what_was_said(self) -> None:
        """Every customer's context, by any name, on each channel, about the newest event."""
        about = self.plain.events[-1] if self.plain.events else None
        pairs = [(name, channel) for name in NAMES for channel in CHANNELS]
        evidence = None if about is None else EvidenceRef(type=about.type, id=about.id, source=about.source)
        asked = [
            Candidate(user_id=name, purpose=PURPOSE, channel=channel, message=Message(text="t"), evidence=evidence)
            for name, channel in pairs
        ]
        with self.transaction() as tx:
            found = [tx.contexts([one], now=self.now, digests=[None])[0] for one in asked]
        actual = [{name: getattr(one, name) for name in KNOWN} for one in found]
        assert actual == [self.plain.context(name, channel, PURPOSE, about, self.now) for name, channel in pairs]

    @invariant()
    def tallies_what_it_recorded(self) -> None:
        """Counts kept per hour are those of the rows themselves, in any period."""
        with self.transaction() as tx:
            for start in (NOW - timedelta(days=1), NOW + timedelta(minutes=21)):
                assert tallies(tx, start, self.now) == counted(tx, start, self.now)
            assert kept(tx) == defined(tx)

    @invariant()
    def keeps_what_it_recorded(self) -> None:
        """Records never change, what follows is only added, and what counts is reserved."""
        with self.transaction() as tx:
            for identity, before in self.kept.items():
                record, known = tx.decision(identity), tx.confirmable(identity)
                assert record is not None
                assert known is not None
                same = {
                    name: record[name] == before[name] for name in before if name not in ("outcomes", "confirmations")
                }
                assert all(same.values()), same
                assert record["confirmations"] == before["confirmations"]
                assert len(record["outcomes"]) == sum(one.decision == identity for one in self.plain.outcomes)
                message = self.plain.messages.get(identity)
                counts, has_it = message is not None and message.counts, self.plain.has_it(identity)
                assert (known.reserved, known.reached) == (counts, has_it)
            listed = tx.decisions(action=None, user=None, since=None, after=None, limit=1000)
        assert [one["decision_id"] for one in listed] == self.ids

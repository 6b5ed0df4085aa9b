"""What the exactness scripts judge by: the caps, read a second time, from the records alone and as plainly as can be.

One act after the other, in the order in which they happened: a send counts from its time on, until it is released or
held past its end; each must find fewer than the cap within the window before it, and nobody who was told the same fact.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
CAPS = ((HOUR, 1), (DAY, 2), (WEEK, 5))
ESSENTIAL_CAPS = ((DAY, 10),)
SLACK, AHEAD = timedelta(seconds=1), timedelta(minutes=5)
Record = Mapping[str, Any]
NESTED = ("trigger", "message", "agent_would_send", "customer_would_thank", "reasons")  # of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as it counts; `until` None: for good; `again`: by a confirmation."""

    at: datetime
    outbound: bool
    essential: bool
    fact: str | None
    until: datetime | None = None
    again: bool = False

    def counts(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.until is None or self.until > now


@dataclass(slots=True)
class Verdict:
    """What was found: how much was looked at, and each violation in one line."""

    decisions: int = 0
    sends: int = 0
    confirmed: int = 0
    released: int = 0
    over: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


class Judge:
    """Takes acts in order and keeps what counts per customer."""

    def __init__(self) -> None:
        self.verdict = Verdict()
        self._counts: dict[str, dict[str, Sent]] = defaultdict(dict)
        self._reached: set[str] = set()
        self._released: dict[str, Sent] = {}

    def send(self, user: str, decision: str, sent: Sent) -> None:
        """A message may go out: were there fewer than the cap, and was its fact untold?"""
        theirs = self._counts[user]
        others = [one for name, one in theirs.items() if name != decision and one.counts(sent.at)]
        self.verdict.sends += 1
        for window, cap in ESSENTIAL_CAPS if sent.essential else CAPS:
            before = sum(one.outbound and sent.at - one.at < window for one in others)
            if sent.outbound and before >= cap:
                self.verdict.over.append(f"{user}: {decision} at {sent.at} is number {before + 1} within {window}")
        if sent.fact is not None and any(one.fact == sent.fact for one in others):
            self.verdict.twice.append(f"{user}: {decision} at {sent.at} tells {sent.fact[:40]} again")
        theirs[decision] = sent

    def hold(self, user: str, decision: str, until: datetime | None) -> None:
        """What was sent is held now: it counts until its end, unless the customer has it."""
        sent = self._counts[user].get(decision)
        if sent is not None and decision not in self._reached:
            self._counts[user][decision] = replace(sent, until=until)

    def cancel(self, user: str, decision: str) -> None:
        """It will not go out: it counts no more, unless the customer has it."""
        if decision in self._counts[user] and decision not in self._reached:
            self._release(user, decision)

    def failed(self, user: str, decision: str, *, time: datetime, recorded: datetime) -> None:
        """It did not arrive: it counts no more, unless the customer has it or it was tried again since."""
        sent, seen = self._counts[user].get(decision), min(time, recorded)
        if sent is None or decision in self._reached or sent.at > seen + AHEAD:
            return
        if not (sent.again and sent.at >= seen + SLACK):
            self._release(user, decision)

    def arrived(self, user: str, decision: str, sent: Sent) -> None:
        """The customer has it: it counts for good, from when it was sent, also where it had been released.

        What was never sent counts from when it arrived.
        """
        self._reached.add(decision)
        counted = self._counts[user].get(decision) or self._released.get(decision, sent)
        self._counts[user][decision] = replace(counted, until=None)

    def _release(self, user: str, decision: str) -> None:
        self._released[decision] = self._counts[user].pop(decision)
        self.verdict.released += 1


def judged(records: Iterable[Record]) -> Verdict:
    """Judge a whole ledger whose times say the order (`benchmarks.exact_clock`)."""
    judge = Judge()
    acts: list[tuple[datetime, int, Record, Record | None]] = []
    for number, record in enumerate(records):
        judge.verdict.decisions += 1
        acts.append((_time(record["decided"]["decision"]["decided_at"]), number, record, None))
        acts += [(_time(said["confirmed_at"]), number, record, said) for said in record["confirmations"]]
        acts += [(_time(said["recorded_at"]), number, record, said) for said in record["outcomes"]]
    for at, _, record, said in sorted(acts, key=lambda act: act[:2]):
        act(judge, record, said, at)
    return judge.verdict


def act(judge: Judge, record: Record, said: Record | None, at: datetime) -> None:
    """Tell the judge one thing that was recorded: the decision itself, a confirmation or an outcome of it."""
    user, decision, decided = record["candidate"]["user_id"], record["decision_id"], record["decided"]
    sent = Sent(at=at, outbound=decided["outbound"], essential=decided["essential"], fact=decided["fact_key"])
    if said is None:
        if decided["decision"]["action"] == "send":
            judge.send(user, decision, sent)
    elif "confirmed_at" in said:
        _confirmed(judge, user, decision, sent, said)
    elif said["kind"] == "not_delivered":
        judge.failed(user, decision, time=_time(said["time"]), recorded=at)
    else:
        first = _time(decided["decision"]["decided_at"])
        judge.arrived(user, decision, replace(sent, at=max(first, min(at, _time(said["time"])))))


def _confirmed(judge: Judge, user: str, decision: str, sent: Sent, said: Record) -> None:
    judge.verdict.confirmed += 1
    if said["action"] == "send":
        judge.send(user, decision, replace(sent, again=True))
    elif said["action"] == "hold":
        judge.hold(user, decision, None if said["expires_at"] is None else _time(said["expires_at"]))
    else:
        judge.cancel(user, decision)


def bears_out(record: Record | None, answer: Record) -> bool:
    """Return whether the record says what was answered, field by field."""
    if record is None:
        return False
    kept = record["decided"]["decision"]
    same = all(kept[name] == value for name, value in answer.items() if name not in ("recorded", *NESTED))
    text = None if answer["message"] is None else answer["message"]["text"]
    codes = [reason["code"] for reason in answer["reasons"]]
    kept_text = None if kept["message"] is None else kept["message"]["text"]
    return same and text == kept_text and codes == [reason["code"] for reason in kept["reasons"]]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

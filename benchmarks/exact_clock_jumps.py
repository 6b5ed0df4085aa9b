"""A clock that is set while the API runs: seconds, an hour, days, years, both ways. Does any of it loosen a limit?

    python -m benchmarks.exact_clock_jumps                       # 600 seeds
    python -m benchmarks.exact_clock_jumps --seeds 1 --seed 17
    python -m benchmarks.exact_clock_jumps --seeds 20 --naive    # the wall clock as it is: what would be seen

Virtual time and a wall clock that is set again and again; deciding, confirming, retention and the ledger are the real
ones. In an even seed the clock goes astray and comes back before anybody would believe it: everything is then judged by
the time that really passed, and the ledger must be as if nothing had been. In an odd one it stays where it was set: the
caps are judged by the times on record, the smallest also by the time that passed, and facts as always: once. Exits with
1 on any violation.
"""

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

from benchmarks.exact_judge import Judge, act
from benchmarks.exact_servers import opened
from benchmarks.exact_traffic import Traffic, welcome
from benchmarks.exact_world import policy
from model.contracts import Shares
from serving.clock.steady import MOST, SteadyClock
from serving.fakes import FakeScorer
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Answer, Decider, Question, Repeatable
from serving.loop.group_writing import Work
from serving.loop.loop import DecideLoop
from serving.loop.retaining import Retaining
from serving.models.in_use import InUse
from serving.ports import Ledger, Transaction
from serving.routes.bodies import AHEAD, read_as
from serving.schemas.answers import confirmation_bytes, decision_bytes
from serving.schemas.requests import DecisionBody
from serving.system import id_of

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
JUMPS = (1.0, 59 * MINUTE, HOUR, 2 * HOUR, 13 * HOUR, DAY, 7 * DAY, 31 * DAY, 366 * DAY, 3653 * DAY)
STEPS = (1.0, 20.0, 10 * MINUTE, 40 * MINUTE, HOUR, 5 * HOUR)
ASTRAY = 50.0  # seconds at most that a clock is away which comes back: less than anybody waits to believe it
JUMPS_AT, CONFIRMS, REPEATS = 0.3, 0.2, 0.3
KEPT = timedelta(days=30)
VIOLATIONS = ("over a cap", "facts told twice", "two answers to a key", "forgotten")


@dataclass(slots=True)
class Seen:
    """What was answered and what was wrong, and how much of everything there was."""

    counted: Counter[str] = field(default_factory=Counter)
    acts: list[tuple[float, dict[str, Any], dict[str, Any] | None]] = field(default_factory=list)
    answers: dict[str, tuple[float, Question, bytes]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


class Machine:
    """One process whose wall clock is set; `passed` are the seconds that really went by."""

    def __init__(self, seed: int, *, naive: bool) -> None:
        self.passed, self.set_by = 0.0, 0.0
        self.stays = seed % 2 == 1
        self.chance = np.random.default_rng(seed)
        self.traffic = Traffic(3, seed=seed)
        self.seen = Seen()
        self.ledger = opened("sqlite://", now=BEGAN, salt=b"clocks")
        welcome(self.ledger, 3, at=BEGAN - timedelta(days=1))
        self.clock = self.wall if naive else SteadyClock(self.wall, lambda: self.passed)
        numbers = count(1)
        given = {"policy": policy(), "models": InUse(scorer=FakeScorer()), "shares": Shares(), "clock": self.clock}
        new_id: Callable[[datetime], str] = lambda at: id_of(at, next(numbers))  # noqa: E731
        self.decider = Decider(**given, new_id=new_id, encode=decision_bytes)
        self.confirmer = Confirmer(**given, encode=confirmation_bytes)
        calm = {} if naive else {"calm": self.clock.calm}  # type: ignore[attr-defined]
        self.retaining = Retaining(self.clock, KEPT, **calm)
        self.loop: DecideLoop[Question, Answer] = DecideLoop(lambda: self.ledger, self.decider.answer)

    def wall(self) -> datetime:
        """Read the wall clock."""
        return self.real() + timedelta(seconds=self.set_by)

    def real(self) -> datetime:
        """Return what it really is."""
        return BEGAN + timedelta(seconds=self.passed)

    def run(self, steps: int) -> Seen:
        """Let time pass, set the clock, ask, and judge."""
        for _ in range(steps):
            self.passed += float(self.chance.choice(STEPS))
            if self.chance.random() < JUMPS_AT:
                self._jump()
            self._look_around()
        self.set_by = 0.0
        self.passed += 2 * MOST
        self._look_around()
        self._judge()
        self.ledger.close()
        return self.seen

    def _jump(self) -> None:
        """Set the clock; where it comes back, ask while it is away."""
        self.seen.counted["jumps"] += 1
        self.set_by += float(self.chance.choice(JUMPS)) * float(self.chance.choice((-1, 1)))
        if self.stays:
            self.set_by = max(-40 * DAY, self.set_by)
            return
        for _ in range(3):
            self.passed += float(self.chance.uniform(0.0, ASTRAY / 3))
            self._look_around()
        self.set_by = 0.0

    def _look_around(self) -> None:
        """Do what clients and the timekeeper do at one time: ask, repeat, confirm, forget."""
        for _ in range(2):
            self._ask()
        if self.seen.answers and self.chance.random() < REPEATS:
            self._repeat()
        if self.seen.answers and self.chance.random() < CONFIRMS:
            self._confirm()
        self._done(Work(None, job=self.retaining))  # type: ignore[arg-type]

    def _ask(self) -> None:
        """Ask a new question, whose sender's clock is right."""
        self.seen.counted["asked"] += 1
        key = f"key-{self.seen.counted['asked']}"
        body = read_as(DecisionBody, self.traffic.question(self.real()))
        inline = body.inline_event("inline")
        assert inline is not None
        question = Question(
            candidate=body.candidate("inline"),
            inline=inline,
            repeatable=Repeatable(key_id="k", name=key, body_sha256=key),
        )
        try:
            ahead = inline.time > self.clock() + AHEAD
        except Exception:  # noqa: BLE001  (a clock that is not believed: 503)
            self.seen.counted["answered 503"] += 1
            return
        if ahead:
            self.seen.counted["answered 422, the sender's clock is ahead"] += 1
            return
        answer = self._done(Work(None, question=question))  # type: ignore[arg-type]
        if answer is not None:
            self.seen.answers[key] = (self.passed, question, answer.body)
            self._note(json.loads(answer.body)["decision_id"], said=False)

    def _repeat(self) -> None:
        """Ask again under a key of the last day: the same bytes, or nothing now."""
        recent = [key for key, (at, *_) in self.seen.answers.items() if self.passed - at < DAY]
        if not recent:
            return
        key = recent[int(self.chance.integers(len(recent)))]
        _, question, body = self.seen.answers[key]
        answer = self._done(Work(None, question=question))  # type: ignore[arg-type]
        if answer is None:
            return
        self.seen.counted["repeated"] += 1
        if answer.body != body:
            self._differs(key, answer)

    def _differs(self, key: str, answer: Answer) -> None:
        """A key's memory of 24 hours may be over by a clock that stays where it was set; else it may not differ."""
        decision = json.loads(answer.body)["decision_id"]
        if all(record["decision_id"] != decision for _, record, _ in self.seen.acts):
            self._note(decision, said=False)
        if self.stays:
            self.seen.counted["keys that were over by a clock set forward"] += 1
        else:
            self._wrong("two answers to a key", key)

    def _confirm(self) -> None:
        """Confirm one of the last decisions."""
        keys = list(self.seen.answers)[-6:]
        decision = json.loads(self.seen.answers[keys[int(self.chance.integers(len(keys)))]][2])["decision_id"]
        known = self._confirmations(decision)
        said = self._done(Work(None, job=lambda ledger, tx: self._said(ledger, tx, decision)))  # type: ignore[arg-type]
        if said is not None and self._confirmations(decision) > known:
            self._note(decision, said=True)

    def _said(self, ledger: Ledger, transaction: Transaction, decision: str) -> Any:
        return self.confirmer.confirm(ledger, transaction, decision, asked=self.clock())

    def _confirmations(self, decision: str) -> int:
        with self.ledger.transaction() as transaction:
            record = transaction.decision(decision)
        return 0 if record is None else len(record["confirmations"])

    def _note(self, decision: str, *, said: bool) -> None:
        """Note what was committed just now, and when that really was."""
        with self.ledger.transaction() as transaction:
            record = transaction.decision(decision)
        if record is None:  # forgotten at once, by a clock that is years ahead
            self._wrong("forgotten", decision)
            return
        self.seen.acts.append((self.passed, record, record["confirmations"][-1] if said else None))

    def _done(self, work: Any) -> Any:
        """Have the loop do one piece; None where it is refused for now."""
        result = self.loop._group_writer.commit([work])[0]  # noqa: SLF001  (all of the loop but its thread)
        if isinstance(result, Exception):
            self.seen.counted["answered 503"] += 1
            return None
        return result

    def _judge(self) -> None:
        """Judge what was committed, in order, and what is still there of it."""
        for name, judge in self._judges():
            for passed, record, said in self.seen.acts:
                act(judge, record, said, _recorded(record, said) if name == "recorded" else _at(passed))
            self.seen.counted[f"sends by {name} time"] += judge.verdict.sends
            for line in judge.verdict.over:
                if name == "recorded" or not self.stays or line.endswith("within 1:00:00"):
                    self._wrong("over a cap", f"by {name} time: {line}")
            if name == "real":
                for line in judge.verdict.twice:
                    self._wrong("facts told twice", line)
        made = [record["decision_id"] for _, record, said in self.seen.acts if said is None]
        self.seen.counted["decisions"] += len(made)
        with self.ledger.transaction() as transaction:
            gone = [name for name in made if transaction.decision(name) is None]
        if not self.stays and gone:
            self._wrong("forgotten", f"{len(gone)} decisions of less than {KEPT}")

    def _judges(self) -> Iterator[tuple[str, Judge]]:
        yield "real", Judge()
        if self.stays:
            yield "recorded", Judge()

    def _wrong(self, what: str, line: str) -> None:
        self.seen.counted[what] += 1
        self.seen.lines.append(f"{what}: {line}")


def _at(passed: float) -> datetime:
    return BEGAN + timedelta(seconds=passed)


def _recorded(record: dict[str, Any], said: dict[str, Any] | None) -> datetime:
    text = record["decided"]["decision"]["decided_at"] if said is None else said["confirmed_at"]
    return datetime.fromisoformat(text)


def run(*, seed: int, seeds: int, steps: int, naive: bool) -> Counter[str]:
    """Run the seeds; return what happened."""
    total: Counter[str] = Counter(dict.fromkeys(VIOLATIONS, 0))
    for one in range(seed, seed + seeds):
        seen = Machine(one, naive=naive).run(steps)
        total.update(seen.counted)
        total["seeds"] += 1
        for line in seen.lines[:3]:
            print(f"seed {one}: {line}", file=sys.stderr)
    return total


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="a wall clock that is set, and what it may not loosen")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--seeds", type=int, default=600)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--naive", action="store_true", help="read the wall clock as it is")
    logging.disable()
    total = run(**vars(parser.parse_args(arguments)))
    for name, number in sorted(total.items()):
        print(f"{name:48} {number:>9,}")
    return int(any(total[name] for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())

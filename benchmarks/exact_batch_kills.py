"""`outreach batch` killed at random moments and started again: is every byte that of an undisturbed run?

    python -m benchmarks.exact_batch_kills              50 rounds: kill -9 for the whole group, or one process of it
    python -m benchmarks.exact_batch_kills --naive      what a kill leaves is spoilt: the check must see it

A round is a folder. The command is started in it and killed, again and again, until it ends by itself; then each of
its files is compared with that of a run that nobody disturbed. Where only one of its processes is killed, the command
must end by itself, with exit code 1 and one line.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from serving.batch.files import SUCCESS
from serving.batch.shards import note_of

AT = "2026-11-20T12:00:00Z"
SECONDS_TO_END = 120.0  # for a command of which one process was killed
TWICE = 0.3  # how often the second attempt is killed too
SHARES = 3  # of the customers with several rows
COMMAND = """import os
os.fsync = lambda _: None  # a kill is no power cut: what was written is there
if __name__ == "__main__":
    from serving.batch import run as batch
    from serving.cli import main
    batch.run_batch.__kwdefaults__.update(shard_rows={shard_rows}, partition_rows={partition_rows}, jobs=2)
    main()
"""
VIOLATIONS = ("files that differ", "ended without a line", "called finished too early", "processes left behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How many rounds, of how many rows, in shards of how many; `naive`: what a kill leaves is cut off."""

    rounds: int = 50
    rows: int = 400
    shard_rows: int = 20
    seed: int = 0
    naive: bool = False


@dataclass(slots=True)
class Command:
    """One attempt: a process that leads a group of its own."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, script: Path, candidates: Path, out: Path) -> "Command":
        """Start deciding, as a shell would."""
        arguments = [sys.executable, str(script), "batch", str(candidates), "--out", str(out), "--at", AT]
        pipe = subprocess.PIPE
        surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        surroundings["PYTHONPYCACHEPREFIX"] = str(script.parent / "compiled")  # compiled once for all rounds
        return cls(
            subprocess.Popen(
                arguments, stdout=subprocess.DEVNULL, stderr=pipe, start_new_session=True, env=surroundings
            )
        )

    def members(self) -> list[int]:
        """Return the other processes of its group."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(told[2]) == self.process.pid and int(path.parent.name) != self.process.pid and told[0] != "Z":
                found.append(int(path.parent.name))
        return found

    def workers(self) -> list[int]:
        """Return the processes that decide."""
        return [pid for pid in self.members() if b"spawn_main" in _command_line(pid)]

    def kill(self, pid: int | None) -> None:
        """Kill one process, or the whole group."""
        try:
            if pid is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # it has ended by itself
            pass

    def end(self) -> tuple[int, list[str]]:
        """Wait for the end; return the exit code, and what it said but for its progress."""
        _, said = self.process.communicate(timeout=SECONDS_TO_END)
        lines = said.decode().splitlines()
        return self.process.returncode, [line for line in lines if not line.startswith("{")]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass(slots=True)
class Rounds:
    """What happened in all rounds."""

    folder: Path
    asking: Asking
    script: Path = field(init=False)
    candidates: Path = field(init=False)
    seconds: float = field(init=False)
    whole: dict[str, bytes] = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.script, self.candidates = self.folder / "command.py", self.folder / "candidates.parquet"
        partition_rows = -(-self.asking.rows // SHARES)
        self.script.write_text(COMMAND.format(shard_rows=self.asking.shard_rows, partition_rows=partition_rows))
        write_candidates(self.candidates, self.asking.rows, self.asking.seed)
        began = time.monotonic()
        code, said = Command.start(self.script, self.candidates, self.folder / "whole").end()
        assert code == 0, said
        self.seconds = time.monotonic() - began
        self.whole = contents(self.folder / "whole")

    def run(self) -> Counter[str]:
        """Run the rounds; return the counts."""
        for number in range(self.asking.rounds):
            out = self.folder / f"round-{number}"
            self.round(out, np.random.default_rng([self.asking.seed, number]))
            found = contents(out)
            names = found.keys() | self.whole.keys()
            self.counts["files compared"] += len(names)
            self.counts["files that differ"] += sum(found.get(name) != self.whole.get(name) for name in names)
            self.counts["rounds"] += 1
        return self.counts

    def round(self, out: Path, chance: np.random.Generator) -> None:
        """Start and kill, once or twice, until it ends by itself."""
        for left in (2, 1, 0) if chance.random() < TWICE else (1, 0):
            command = Command.start(self.script, self.candidates, out)
            if left and self.asking.naive:
                _await_a_shard(command, out)
                self._kill(command, out, one=False, chance=chance)
            elif left:
                time.sleep(float(chance.uniform(0.4, 1.0)) * self.seconds)
                self._kill(command, out, one=chance.random() < 0.4, chance=chance)
            code, said = command.end()
            self._after(command, out, code, said)
            if code == 0:
                return

    def _kill(self, command: Command, out: Path, *, one: bool, chance: np.random.Generator) -> None:
        workers = command.workers() if one else []
        command.kill(workers[int(chance.integers(len(workers)))] if workers else None)
        self.counts["one process killed" if workers else "group killed"] += 1
        shards = sorted(out.glob("decisions-*.parquet"))
        self.counts["shards found after a kill"] += len(shards)
        if self.asking.naive:
            for shard in shards:
                _pretend(shard, out)

    def _after(self, command: Command, out: Path, code: int, said: list[str]) -> None:
        """Look at how an attempt ended: by itself, by the kill, or with one line that says what happened."""
        found = contents(out)
        finished = SUCCESS in found and not self.asking.naive
        self.counts["called finished too early"] += finished and not self.whole.items() <= found.items()
        self.counts["ended by itself" if code == 0 else "ended with a line" if code == 1 else "ended by the kill"] += 1
        self.counts["ended without a line"] += (code not in (0, -signal.SIGKILL)) and (code, len(said)) != (1, 1)
        until = time.monotonic() + 10.0
        while command.members() and time.monotonic() < until:
            time.sleep(0.05)
        self.counts["processes left behind"] += len(command.members())


def _await_a_shard(command: Command, out: Path) -> None:
    """Wait until a shard is there and known: what is spoilt of it then must be seen in the end."""
    while command.process.poll() is None and not any((out / ".run").glob("[0-9]*.json")):
        time.sleep(0.002)


def _pretend(shard: Path, out: Path) -> None:
    """Spoil a shard, and let what is known of it agree: as if nobody synced, renamed and hashed."""
    content = shard.read_bytes()[:-1] + b"!"
    shard.write_bytes(content)
    path = out / ".run" / f"{shard.name.split('-')[1]}.json"
    if path.exists():
        said = json.loads(path.read_bytes())["said"] | {"sha256": hashlib.sha256(content).hexdigest()}
        path.write_bytes(note_of(said))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; `_SUCCESS` is one of them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_candidates(path: Path, rows: int, seed: int) -> None:
    """Write candidates of whom every tenth customer stands in several rows, and every hundredth row is rejected."""
    chance = np.random.default_rng(seed)
    places = np.arange(rows)
    users = np.where(chance.random(rows) < 0.1, chance.integers(rows // 50 + 1, size=rows), rows + places)
    subjects = pa.array([f"u-{user}" for user in users.tolist()])
    parcels = pa.array([f"A-{parcel}" for parcel in chance.integers(10**6, size=rows).tolist()])
    same = {
        "user.timezone": "Europe/Paris",
        "purpose": "delivery_update",
        "evidence.type": "shipment.failed",
        "evidence.data.reason": "nobody at home",
        "message.template": "parcel_failed",
        "message.facts.reason": "nobody at home",
        "context.consent": True,
        "context.complaint_open": False,
        "context.conversation_open": False,
        "context.already_told": False,
        "context.evidence_superseded": False,
        "context.contacts_60m": 0,
        "context.contacts_7d": 0,
    }
    never = pa.nulls(rows, pa.timestamp("us", tz="UTC"))
    hour = pa.scalar(1_795_170_600_000_000, pa.timestamp("us", tz="UTC"))  # an hour and a half before the clock
    columns = {
        "candidate_id": [f"c-{place}" for place in places.tolist()],
        "user.id": subjects,
        "channel": np.where(places % 100 == 99, "pigeon", "push").tolist(),
        "evidence.subject": subjects,
        "evidence.id": [f"ev-{place}" for place in places.tolist()],
        "evidence.time": pa.repeat(hour, rows),
        "evidence.data.parcel": parcels,
        "message.facts.parcel": parcels,
        "context.opted_out": chance.random(rows) < 0.05,
        "context.contacts_24h": chance.integers(8, 11, size=rows),
        "context.last_complaint_at": never,
        "context.last_inbound_at": never,
        **{name: pa.repeat(value, rows) for name, value in same.items()},
    }
    pa.parquet.write_table(pa.table(columns), path, row_group_size=rows // 3 + 1)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="kill -9 while a file is decided, and what is there afterwards")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--shard-rows", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--naive", action="store_true", help="spoil what a kill leaves: the check must see it")
    with tempfile.TemporaryDirectory() as folder:
        rounds = Rounds(Path(folder), Asking(**vars(parser.parse_args(arguments))))
        found = rounds.run()
    print(f"{'seconds of an undisturbed run':44} {rounds.seconds:>9.1f}")
    for name, count in sorted(found.items()):
        print(f"{name:44} {count:>9,}")
    return int(any(found[name] for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())

"""What is left of a ledger whose log is cut off or garbled? A writer dies, its files are damaged, and they are read.

    python -m benchmarks.exact_damage                      # 2,000 damages
    python -m benchmarks.exact_damage --naive              # what a reader without checksums would take for recorded

A process writes decisions, one transaction each, says after each how long its log is, and is killed. Then, again and
again on a copy: the log is cut off, garbled, zeroed or lengthened somewhere, or is not there, or its index is garbage.
What is opened must hold the first so many decisions in the order in which they were acknowledged, each whole, and all
whose part of the log is before the damage; it must take another decision, and keep it. Exits with 1 on any violation.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.exact_kills import whole
from benchmarks.exact_servers import ROOT, opened
from model.errors import OutreachError
from tests.contracts.ledgers import NOW, candidate, event, send

WRITTEN: Final = 24
HEADER, FRAME_HEADER, PAGE = 32, 24, 4096
FRAME: Final = FRAME_HEADER + PAGE
IDS: Final = "SELECT decision_id FROM decisions ORDER BY seq"
Damage = Callable[[bytes, int, np.random.Generator], bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a writer that was killed, and how long the log was after each decision, in order."""

    folder: Path
    ends: dict[str, int]


def write(path: Path) -> None:
    """Write decisions, say after each how long the log is, and wait to be killed."""
    ledger = opened(f"sqlite:///{path}", now=NOW)
    print("begun", flush=True)
    for number in range(WRITTEN):
        with ledger.transaction() as tx:
            about = candidate(event(identity=f"ev-{number}"), user_id=f"u-{number}")
            send(tx, f"d-{number}", to=about, fact_key=f"f-{number}")
            tx.remember("k", f"n-{number}", "b", f'{{"decision_id":"d-{number}"}}'.encode(), at=NOW)
        print(f"d-{number}", log_of(path).stat().st_size, flush=True)
    sys.stdin.read()


def written(folder: Path) -> Written:
    """Have another process write, and kill it."""
    path = folder / "ledger.db"
    opened(f"sqlite:///{path}", now=NOW).close()
    command = [sys.executable, "-m", "benchmarks.exact_damage", "--write", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        lines = [process.stdout.readline().split() for _ in range(WRITTEN)]
        process.kill()
    return Written(folder, {name: int(end) for name, end in lines})


def log_of(path: Path) -> Path:
    """Return where the log of a ledger is."""
    return path.with_name(path.name + "-wal")


def cut_off(log: bytes, at: int, _: np.random.Generator) -> bytes:
    """End it there."""
    return log[:at]


def garbled(log: bytes, at: int, chance: np.random.Generator) -> bytes:
    """Write something else over a few bytes."""
    many = min(int(chance.integers(1, 64)), len(log) - at)
    other = (
        np.frombuffer(log[at : at + many], dtype=np.uint8) ^ chance.integers(1, 256, many).astype(np.uint8)
    ).tobytes()
    return log[:at] + other + log[at + many :]


def zeroed(log: bytes, at: int, _: np.random.Generator) -> bytes:
    """Leave its length and none of what follows, as a file system does after a power cut."""
    return log[:at] + bytes(len(log) - at)


def repeated(log: bytes, at: int, _: np.random.Generator) -> bytes:
    """Let an earlier frame stand in the place of this one."""
    start = HEADER + max(0, at - HEADER) // FRAME * FRAME
    return log[:start] + log[HEADER : HEADER + FRAME] + log[start + FRAME :]


def lengthened(log: bytes, _: int, chance: np.random.Generator) -> bytes:
    """Let something half-written follow its last whole transaction."""
    return log + chance.bytes(int(chance.integers(1, 3 * FRAME)))


def begun(log: bytes, at: int, _: np.random.Generator) -> bytes:
    """Let a transaction follow that was begun and never ended: frames of this log, some of them again."""
    start = HEADER + max(0, at - HEADER) // FRAME * FRAME
    return log + log[start : start + FRAME]


DAMAGES: Final[dict[str, Damage]] = {
    one.__name__: one for one in (cut_off, garbled, zeroed, repeated, lengthened, begun)
}
HARMLESS: Final = {lengthened.__name__, begun.__name__}


def places(length: int, chance: np.random.Generator) -> Iterator[int]:
    """Name places in a log for ever: in its header, at the ends of frames, in their headers, in their pages."""
    frames = (length - HEADER) // FRAME
    while True:
        yield int(chance.integers(0, HEADER))
        start = HEADER + int(chance.integers(0, frames)) * FRAME
        yield start
        yield start + int(chance.integers(1, FRAME_HEADER))
        yield start + int(chance.integers(FRAME_HEADER, FRAME))
        yield max(0, start - 1)


def damaged(writer: Written, many: int, *, seed: int) -> Counter[str]:
    """Damage copies and read them; return how many of each kind, and what was violated."""
    chance = np.random.default_rng(seed)
    log = log_of(writer.folder / "ledger.db").read_bytes()
    found: Counter[str] = Counter()
    kinds, where = list(DAMAGES), places(len(log), chance)
    for number in range(many):
        kind, at = kinds[number % len(kinds)], next(where)
        whole_until = len(log) if kind in HARMLESS else at
        index = chance.bytes(32768) if number % 3 == 0 else None
        found[kind] += 1
        found.update(tried(writer, DAMAGES[kind](log, at, chance), whole_until, index))
    found.update(without=1)
    found.update(tried(writer, None, 0, None))
    return found


def tried(writer: Written, log: bytes | None, whole_until: int, index: bytes | None) -> list[str]:
    """Open a copy with this log and this index; return what was violated."""
    with tempfile.TemporaryDirectory(dir=writer.folder) as folder:
        path = Path(folder) / "ledger.db"
        shutil.copy(writer.folder / "ledger.db", path)
        if log is not None:
            log_of(path).write_bytes(log)
        if index is not None:
            path.with_name(path.name + "-shm").write_bytes(index)
        try:
            return _read(path, writer, whole_until)
        except OutreachError as error:
            return [f"refused: {type(error).__name__}"]


def _read(path: Path, writer: Written, whole_until: int) -> list[str]:
    """Read what is left, and let it take one more."""
    ledger = opened(f"sqlite:///{path}", now=NOW)
    left = _ids(path)
    with ledger.transaction() as tx:
        send(tx, "d-new", to=candidate(event(identity="ev-new"), user_id="u-new"))
        tx.remember("k", "n-new", "b", b'{"decision_id":"d-new"}', at=NOW)
    ledger.close()
    sound = whole(path)
    return [
        *(["lost before the damage"] if sum(end <= whole_until for end in writer.ends.values()) > len(left) else []),
        *(["not the first of those acknowledged"] if left != list(writer.ends)[: len(left)] else []),
        *(["takes no more"] if _ids(path) != [*left, "d-new"] else []),
        *(name for name, count in sound.items() if count),
    ]


def _ids(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return [name for (name,) in file.execute(IDS)]


def naive(writer: Written) -> int:
    """Count the decisions of which a log that was cut off in the middle still shows a part, to who asks no checksum."""
    log = log_of(writer.folder / "ledger.db").read_bytes()
    cut = [end - FRAME // 2 for end in writer.ends.values()]
    return sum(f"d-{number}".encode() in log[:end] for number, end in enumerate(cut))


KINDS: Final = (*DAMAGES, "without")


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="logs that are cut off and garbled, and what is read of them")
    parser.add_argument("--damages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--naive", action="store_true", help="count halves that a reader without checksums believes")
    parser.add_argument("--write", metavar="PATH", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.write:
        write(Path(given.write))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        writer = written(Path(folder))
        if given.naive:
            halves = naive(writer)
            print(f"{'half-written decisions taken for whole':44} {halves:>9,}")
            return int(halves > 0)
        found = damaged(writer, given.damages, seed=given.seed)
    for name, count in sorted(found.items(), key=lambda pair: pair[0] not in KINDS):
        print(f"{name:44} {count:>9,}", "" if name in KINDS else "VIOLATED")
    violations = sum(count for name, count in found.items() if name not in KINDS)
    print(f"damages {found.total() - violations:,}, violations {violations:,}")
    return int(violations > 0)


if __name__ == "__main__":
    sys.exit(main())

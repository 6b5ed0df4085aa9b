"""Can an artefact break whoever loads it, or score otherwise than it says? Mutants of real ones, by the ten thousand.

    python -m benchmarks.exact_artefacts                      # 13,000 mutants, in child processes with limits
    python -m benchmarks.exact_artefacts --mutants 1300 --seed 7
    python -m benchmarks.exact_artefacts --naive --mutants 650          # a loader without checks: what this is for

Each mutant is refused with one line (`InvalidArtefact`), or accepted with the scores that a slow, plain reading of the
same files gives (`artefact_reading`), alone as in a batch, compiled as in numpy, and again the same for the same
manifest. Anything else is a violation: another error, a crash, a hang, memory beyond the limit. Exits with 1 on any.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.artefact_forging import made
from benchmarks.artefact_judge import MEMORY, Job, judge_all
from benchmarks.artefact_mutants import KINDS
from model.trees.kernel import NoKernelError, compiled, take

SECONDS = 30.0  # that one mutant may take on a busy machine, compiled walk and slow reading included
VIOLATIONS = ("other errors", "long messages", "other scores", "crashes", "hangs", "memory")


@dataclass(slots=True)
class Found:
    """What became of the mutants: counts by (kind, outcome), violations in words, scores by manifest."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    scores: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    largest: int = 0

    def add(self, number: int, told: Mapping[str, Any], seconds: float) -> None:
        """Count one mutant's outcome; the same manifest must have the same scores."""
        kind, outcome = told["kind"], told["outcome"]
        if outcome == "accepted" and self.scores.setdefault(told["sha256"], told["scores"]) != told["scores"]:
            outcome, told = "other scores", {**told, "why": "the same manifest scored otherwise before"}
        self.counts[kind, outcome] += 1
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, told.get("memory", 0))
        if outcome in VIOLATIONS:
            self.said.append(f"mutant {number} ({kind}): {outcome}: {told.get('why', '')[:300]}")

    @property
    def violations(self) -> int:
        """How many broke a promise."""
        return sum(self.counts[kind, outcome] for kind, outcome in self.counts if outcome in VIOLATIONS)


@dataclass(slots=True)
class Child:
    """One process that judges a range of mutants, and what it is at."""

    process: BaseProcess
    ends: Connection
    job: Job
    at: int
    since: float
    patience: float
    kind: str = "?"


def run(  # noqa: PLR0913  (all but the place are named)
    place: Path, *, mutants: int, seed: int, naive: bool = False, processes: int = 2, patience: float = SECONDS
) -> Found:
    """Judge so many mutants, each for at most `patience` seconds; `place` is an empty folder."""
    bases, found = made(place / "bases"), Found()
    take(_code)
    share = -(-mutants // processes)
    jobs = [Job(place / f"{k}", bases, seed, k * share, min(mutants, (k + 1) * share), naive) for k in range(processes)]
    children = [_started(job, job.start, patience) for job in jobs]
    while children:
        children = [after for child in children if (after := _heard(child, found)) is not None]
    return found


_made: list[bytes] = []


def _code() -> bytes:
    """Return the compiled walk, made once for all children; empty where there is no compiler."""
    if not _made:
        try:
            _made.append(compiled())
        except NoKernelError as error:
            print(f"numpy alone: {error}")
            _made.append(b"")
    return _made[0]


def _started(job: Job, start: int, patience: float) -> Child:
    """Start a child at a mutant; it says which one it begins, then what became of it."""
    _code()
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=judge_all, args=(job, start, theirs), daemon=True)
    process.start()
    theirs.close()
    return Child(process, ours, job, start, time.monotonic(), patience)


def _heard(child: Child, found: Found) -> Child | None:
    """Listen to a child for a moment; return it, the one that goes on after a crash or a hang, or None at the end."""
    try:
        if child.ends.poll(0.05):
            told = child.ends.recv()
            if told["outcome"] == "begun":
                child.at, child.kind, child.since = told["number"], told["kind"], time.monotonic()
            elif told["outcome"] == "done":
                child.process.join()
                return None
            else:
                found.add(child.at, told, time.monotonic() - child.since)
                if told["outcome"] == "memory":
                    child.process.join()
                    return _after(child)
            return child
        if time.monotonic() - child.since < child.patience:
            return child
        child.process.kill()
        child.process.join()
        found.add(child.at, {"kind": child.kind, "outcome": "hangs"}, child.patience)
    except EOFError:
        child.process.join()
        why = f"exit code {child.process.exitcode}"
        found.add(child.at, {"kind": child.kind, "outcome": "crashes", "why": why}, 0.0)
    return _after(child)


def _after(child: Child) -> Child | None:
    """Go on with the next mutant in another process."""
    return _started(child.job, child.at + 1, child.patience) if child.at + 1 < child.job.stop else None


def table(found: Found) -> str:
    """Return the counts by kind."""
    outcomes = ("refused", "accepted", *VIOLATIONS)
    lines = [f"{'mutants':22}" + "".join(f"{name:>15}" for name in outcomes)]
    lines += [f"{kind:22}" + "".join(f"{found.counts[kind, name]:15,}" for name in outcomes) for kind in KINDS]
    totals = [sum(found.counts[kind, name] for kind in KINDS) for name in outcomes]
    lines.append(f"{'all':22}" + "".join(f"{total:15,}" for total in totals))
    return "\n".join(lines)


def main() -> int:
    """Run what the command line asks for; 1 where a promise broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=13_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--naive", action="store_true", help="a loader without checks")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = run(Path(place), mutants=asked.mutants, seed=asked.seed, naive=asked.naive, processes=asked.processes)
    print(table(found))
    for line in found.said[:40]:
        print(line)
    print(
        f"{sum(found.counts.values()):,} mutants, {found.violations} violations; {len(found.scores):,} manifests were "
        f"accepted; "
        f"at most {found.largest / 2**20:.0f} MB more (limit {MEMORY / 2**20:.0f}), slowest {found.slowest:.1f} s"
    )
    return int(found.violations > 0)


if __name__ == "__main__":
    sys.exit(main())

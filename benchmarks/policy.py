"""How fast the policy is, beside rule engines on the same rules: python benchmarks/policy.py [--rounds N].

The same conditions and the same random rows go to GoRules' zen-engine, Cedar, three libraries of CEL and our filters;
their answers are compared code by code before anything is timed. Then every round times everybody once, in turn, and
the median over the rounds is printed. Protocol and reading: benchmarks/README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Self

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.environment import HERE, ROOT, python
from benchmarks.policy_objects import decide_some, occasions, policy_of
from benchmarks.policy_rules import (
    as_rows,
    cedar_policies,
    cel_list,
    conditions,
    limits,
    random_columns,
    zen_model,
)
from benchmarks.tables import table
from serving.policy.columns import ARRAYS, Columns
from serving.policy.engine import Ruling, rule
from serving.policy.rules import FILTERS

ROWS, MANY, MILLION = 2_000, 1_000, 1_000_000
SLOW = 100  # rows on which every engine is compared; the fast ones on all
ALONE = 200  # single calls of one measurement
PER_SECOND, ONE = 5_000_000, 200.0  # figures to reach: candidates a second, µs
LIMITS = limits()
Timer = Callable[[], float]  # → CPU seconds per row


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as scratch, Peers(Path(scratch) / "task.json") as peers:
        text = report(peers, rounds=options.rounds)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")


class Peers:
    """The other engines, in one process of their environment, asked line by line."""

    def __init__(self, task: Path) -> None:
        self.columns = random_columns(ROWS)
        rules = conditions()
        self.rows = as_rows(self.columns)
        said = {"zen": zen_model(rules), "cedar": cedar_policies(rules), "cel": cel_list(rules), "codes": list(rules)}
        task.write_text(json.dumps({**said, "rows": self.rows}))
        environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [str(python()), str(HERE / "policy_peers.py"), str(task)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._asks, self._answers = process, process.stdin, process.stdout
        self.versions: Mapping[str, str] = self._heard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._asks.close()
        self._process.wait(timeout=60)

    def ask(self, what: str, engine: str, many: int) -> Any:
        """Return what one question is answered with."""
        self._asks.write(f"{what} {engine} {many}\n")
        self._asks.flush()
        return self._heard()

    def _heard(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise SystemExit("the peers' process ended; its last words stand above")
        return json.loads(line)


def report(peers: Peers, *, rounds: int) -> str:
    """Compare the answers, time everybody in turns, and return the Markdown with its verdicts."""
    agreed = agreement(peers)
    timers = ours(peers.columns) | {
        (engine, many): timer(peers, engine, many) for engine in agreed for many in (1, *[MANY] * (engine == "cedarpy"))
    }
    seconds: dict[tuple[str, int], list[float]] = {key: [] for key in timers}
    for each in range(rounds):
        print(f"round {each + 1} of {rounds} …", file=sys.stderr, flush=True)
        for key, measure in timers.items():
            seconds[key].append(measure())
    found = {key: median(values) for key, values in seconds.items()}
    names = dict.fromkeys(name for name, _ in found)
    lines = [[name, peers.versions.get(name, "–"), *figures(found, name)] for name in names]
    header = ["engine", "version", "one, µs", f"{MANY:,} together, µs a row", "1 million, ns a row", "rows a second"]
    absent = [f"- left out: {name}: {why}" for name, why in peers.versions.items() if why.startswith("absent")]
    parts = [f"# The policy, side by side: medians of {rounds} rounds, CPU seconds of one thread", table(header, lines)]
    return "\n\n".join([*parts, "\n".join([*said(agreed), *absent]), memory(), "\n".join(verdicts(found))])


def timer(peers: Peers, engine: str, many: int) -> Timer:
    """Return what times a peer."""
    return lambda: float(peers.ask("time", engine, many))


def agreement(peers: Peers) -> dict[str, tuple[int, int]]:
    """Return per engine on how many rows it refuses with exactly our codes, and on how many it was asked."""
    ruling = rule(peers.columns, LIMITS, FILTERS)
    agreed = {}
    for engine, known in peers.versions.items():
        if not known.startswith("absent"):
            many = SLOW if engine == "cel-python" else ROWS
            answers = peers.ask("answers", engine, many)
            agreed[engine] = sum(set(codes) == set(ruling.codes(row)) for row, codes in enumerate(answers)), many
    return agreed


def ours(columns: Columns) -> dict[tuple[str, int], Timer]:
    """Return what times us: the filters on columns, the policy on objects, and the whole decision."""
    thousand = columns.take(slice(0, MANY))
    million = columns.take(np.arange(MILLION) % columns.rows)
    singles = [columns.take(slice(row, row + 1)) for row in range(ALONE)]
    pairs = occasions(MANY)
    alone = [([one], [known]) for one, known in zip(*pairs, strict=True)][:ALONE]
    return {
        ("filters on columns", 1): lambda: per_row(ruled, singles, 1),
        ("filters on columns", MANY): lambda: per_row(ruled, [thousand] * 20, MANY),
        ("filters on columns", MILLION): lambda: per_row(ruled, [million], MILLION),
        ("policy on objects", 1): lambda: per_row(lambda pair: policy_of(*pair), alone, 1),
        ("policy on objects", MANY): lambda: per_row(lambda pair: policy_of(*pair), [pairs], MANY),
        ("decide()", 1): lambda: per_row(lambda pair: decide_some(*pair), alone, 1),
        ("decide()", MANY): lambda: per_row(lambda pair: decide_some(*pair), [pairs], MANY),
    }


def ruled(columns: Columns) -> Ruling:
    """Ask every filter about these rows."""
    return rule(columns, LIMITS, FILTERS)


def per_row(call: Callable[[Any], object], calls: Sequence[Any], rows: int) -> float:
    """Return CPU seconds per row over these calls."""
    began = time.process_time()
    for each in calls:
        call(each)
    return (time.process_time() - began) / (len(calls) * rows)


def figures(found: Mapping[tuple[str, int], float], name: str) -> list[str]:
    """Return one engine's cells: a dash where it was not asked (an engine without batches takes one row at a time)."""
    one, many, million = (found.get((name, rows)) for rows in (1, MANY, MILLION))
    cells = [
        f"{seconds * scale:,.1f}" if seconds else "–" for seconds, scale in ((one, 1e6), (many, 1e6), (million, 1e9))
    ]
    best = min(each for each in (one, many, million) if each)
    return [*cells, f"{1 / best:,.0f}"]


def said(agreed: Mapping[str, tuple[int, int]]) -> list[str]:
    """Say on how many rows the answers are the same."""
    return [
        f"- {'same codes' if same == many else 'NOT the same codes'} as ours on {same:,} of {many:,} rows: {engine}"
        for engine, (same, many) in agreed.items()
    ]


def memory() -> str:
    """Say what a million rows take: the columns, and the ruling on them."""
    c = random_columns(ROWS)
    ruling = rule(c, LIMITS, FILTERS)
    columns = sum(getattr(c, name).nbytes for name in ARRAYS) / ROWS
    answers = sum(getattr(ruling, name).nbytes for name in ("verdicts", "failed", "denied", "held")) / ROWS
    rows = np.mean([len(json.dumps(row)) for row in as_rows(c)])
    return (
        f"A million rows: {columns * MILLION / 2**20:,.0f} MiB of columns and {answers * MILLION / 2**20:,.0f} MiB of "
        f"rulings; as the JSON that the others read {rows * MILLION / 2**20:,.0f} MiB."
    )


def verdicts(found: Mapping[tuple[str, int], float]) -> list[str]:
    """Say for each figure to reach whether it is met."""
    speed, one = 1 / found["filters on columns", MILLION], found["policy on objects", 1] * 1e6
    fast, soon = ("met" if reached else "NOT met" for reached in (speed >= PER_SECOND, one <= ONE))
    return [
        f"- {fast}: {speed:,.0f} candidates a second without wording (at least {PER_SECOND:,})",
        f"- {soon}: {one:,.0f} µs for one, from objects to reasons (at most {ONE:,.0f})",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])

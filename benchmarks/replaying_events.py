"""Whether a million events from a file give the decisions that the API gives: python benchmarks/replaying_events.py.

A file of made-up days (`benchmarks/event_days.py`) is fed into a ledger, timed. Its first events are also fed alone,
and posted to the API one request after the other with a timekeeper that ticks whenever something is due. Those two
ledgers are compared row by row, with ids as numbers, and the decisions of the short feed with the first of the long.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.event_days import policy_in, requests, write_lines
from benchmarks.tables import table
from serving.cli.progress import progress
from serving.feeding.fed import Fed
from serving.feeding.lines import lines_of
from tests.serving.feeding.both_ways import BODY_LIMIT, books, feed_of, held, lived, run

EVENTS, SAMPLE = 1_000_000, 20_000
PER_CUSTOMER = 50  # events, so that about two weeks pass


@dataclass(frozen=True)
class Timed:
    """What one way came to, and its seconds by the wall and by the processor."""

    fed: Fed
    wall: float
    processor: float


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for; return 1 where any decision differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="so many of the first are posted live as well")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        text, differing = report(Path(folder), events=options.events, sample=options.sample, seed=options.seed)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")
    return int(differing > 0)


def report(folder: Path, *, events: int, sample: int, seed: int = 0) -> tuple[str, int]:
    """Feed all, feed and post the first of them, compare; return the Markdown, and how many decisions differ."""
    policy = policy_in(folder / "policy")
    made = {"customers": max(200, events // PER_CUSTOMER), "seed": seed}
    print(f"making {events:,} events …", file=sys.stderr, flush=True)
    write_lines(folder / "all.jsonl", requests(events=events, **made))
    write_lines(folder / "first.jsonl", requests(events=sample, **made))
    long = timed_feed(folder / "all", policy)
    short = timed_feed(folder / "first", policy)
    print(f"posting {sample:,} events …", file=sys.stderr, flush=True)
    began = perf_counter()
    answers = lived(requests(events=sample, **made), folder / "live.db", policy)
    posted = perf_counter() - began
    differing = differing_rows(held(folder / "live.db"), held(folder / "first.db"))
    ahead = len((folder / "first.out").read_bytes().splitlines())
    differing["long feed"] = differing_lines(folder / "first.out", folder / "all.out")
    header = ["", "events", "decisions", "decided again", "seconds", "events a second", "the same by processor time"]
    rows = [row("fed from the file", long), row("fed, the first of them", short)]
    rows.append(
        ["posted live", f"{short.fed.events:,}", "", "", f"{posted:,.0f}", f"{short.fed.events / posted:,.0f}", ""]
    )
    total = sum(differing.values())
    parts = [
        f"# {events:,} events from a file, the first {sample:,} of them also live",
        table(header, rows),
        f"{len(answers):,} requests were posted. Rows that differ between the two ledgers, by table: "
        + ", ".join(f"{name} {count}" for name, count in sorted(differing.items()) if name != "long feed"),
        f"Of the {ahead:,} decisions of the short feed {differing['long feed']} differ from the first of the long one.",
        f"**{total} decisions and other rows differ; it should be 0.**",
    ]
    return "\n\n".join(parts), total


def timed_feed(stem: Path, policy: Path) -> Timed:
    """Feed `<stem>.jsonl` into `<stem>.db`, decisions to `<stem>.out`."""
    wall, processor = perf_counter(), process_time()
    with books(stem.with_suffix(".db")) as ledger, progress() as told:
        feed = feed_of(ledger, policy, out=stem.with_suffix(".out"))
        fed = run(
            feed,
            lines_of(stem.with_suffix(".jsonl"), longest=BODY_LIMIT),
            progress=lambda share, seen: told(f"feeding ({seen / (perf_counter() - wall):,.0f} events/s)", share),
        )
    return Timed(fed, perf_counter() - wall, process_time() - processor)


def row(name: str, timed: Timed) -> list[str]:
    """Return one line of the table."""
    fed, wall, processor = timed.fed, timed.wall, timed.processor
    counts = [fed.events, fed.decided.total(), fed.again.total(), wall, fed.events / wall, fed.events / processor]
    return [name, *(f"{count:,.0f}" for count in counts)]


def differing_rows(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, int]:
    """Return, for each table, how many of the rows of either are not in the other."""
    found = {name: (Counter(one.get(name, [])), Counter(other.get(name, []))) for name in {*one, *other}}
    return {name: max((left - right).total(), (right - left).total()) for name, (left, right) in found.items()}


def differing_lines(short: Path, long: Path) -> int:
    """Return how many lines of the one file are not at the same place of the other."""
    with short.open("rb") as first, long.open("rb") as second:
        return sum(line != second.readline() for line in first)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The run of `serving.py`: prepare everybody, ask everybody in every round, write the page.

The same 200 trees behind our API, complete and durable, and behind mlflow, BentoML, LitServe, MLServer and FastAPI.
Each round starts every one of them in turn on the same processor, waits for its first answer, asks it over 16
connections and over one, and stops it. Protocol and reading: benchmarks/README.md.
"""

import argparse
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environment import HERE
from benchmarks.serving_decide import in_process
from benchmarks.serving_entries import everybody
from benchmarks.serving_load import generator
from benchmarks.serving_model import learn, save
from benchmarks.serving_ours import actions
from benchmarks.serving_processes import on, processors
from benchmarks.serving_report import Found, report
from benchmarks.serving_rounds import Entry, Plan, line, one_round
from serving.system import now


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of a run over 16 connections; one gets half of them")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="parts of names: only these contestants")
    parser.add_argument("--generator", choices=("wrk", "asyncio"), help="[default: wrk where it is installed]")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; every server with it"))
    servers, asking = processors()
    by = generator(options.generator)
    alone = math.ceil(options.seconds / 2)
    plan = Plan(rounds=options.rounds, seconds=options.seconds, alone=alone, by=by, servers=frozenset(servers))
    with TemporaryDirectory(dir=HERE, prefix=".serving-") as scratch, on(asking):
        text = compare(Path(scratch), options.only, plan)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n")


def compare(scratch: Path, only: Sequence[str] | None, plan: Plan) -> str:
    """Prepare everybody, ask everybody in every round, return the table and the verdicts."""
    load_before = os.getloadavg()[0]
    model = learn()
    save(scratch, model, issued_at=now())
    with everybody(scratch, model, only, plan) as entries:
        for number in range(plan.rounds):
            for entry in entries:
                if entry.contestant is not None and entry.problem is None:
                    one_round(entry, entry.contestant, plan)
                    print(f"round {number + 1}/{plan.rounds}  {line(entry)}", file=sys.stderr, flush=True)
        found = Found(
            entries=entries,
            mixes={entry.name: actions(url) for entry in entries if (url := _ledger(entry)) is not None},
            decided=_decided(scratch, entries),
            load=(load_before, os.getloadavg()[0]),
            scratch=scratch,
        )
        return report(found, plan)


def _ledger(entry: Entry) -> str | None:
    return None if entry.contestant is None else entry.contestant.ours


def _decided(scratch: Path, entries: Sequence[Entry]) -> dict[int, float]:
    """Decide in this very process about customers whom no round reached; empty without a ledger of ours."""
    for entry in entries:
        url = _ledger(entry)
        if entry.contestant is not None and url is not None:
            return in_process(url, entry.contestant.bodies, scratch / "artefact", at=now())
    return {}

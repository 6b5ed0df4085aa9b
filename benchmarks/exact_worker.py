"""Server processes for the exactness scripts, forked from one that has everything but a ledger: quick to start.

    python -m benchmarks.exact_worker LEDGER [CLOCK | --naive]      then, a line each:  PORT  →  the process's id

Each serves the whole API as `outreach serve` does, with a scorer that likes everybody (so that discretionary messages
reach their caps) and, where CLOCK names a file, the clock that all of them share; `--naive`: nothing bounds what waits.
It ends with its input.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI

from benchmarks.exact_clock import SharedClock
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.loop import loop
from serving.server.server import run
from serving.settings import Settings

NAIVE = "--naive"


def main(ledger: str, clock: str | None = None) -> None:
    """Fork a server for every port that is read; nobody waits for those that were killed."""
    settings = Settings(ledger=ledger)
    if clock == NAIVE:
        clock = None
        loop.DecideLoop.__init__.__kwdefaults__.update(capacity=10**9, patience=10**9)
        settings = replace(settings, requests_per_second=10**6)
    shared = None if clock is None else SharedClock(Path(clock))
    app = create_app(settings, scorer=FakeScorer(), clock=shared, create=False)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _serve(app, replace(settings, port=int(line)), shared)
        print(child, flush=True)


def _serve(app: FastAPI, settings: Settings, clock: SharedClock | None) -> None:
    """Serve until a signal, and never come back."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)
    if clock is not None:
        clock.join()
    try:
        run(app, settings)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

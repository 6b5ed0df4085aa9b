"""One server process of `events.py`: a folder with a policy and a ledger, a scorer that likes everybody.

    python -m benchmarks.events_server FOLDER PORT

The scorer is asked about every candidate that the policy permits; a trained one takes longer over it.
"""

import sys
from pathlib import Path

from serving.app import create_app
from serving.fakes import FakeScorer
from serving.server.server import run
from serving.settings import Settings


def main(folder: str, port: str) -> None:
    """Serve until the signal to stop."""
    ledger = f"sqlite:///{Path(folder, 'ledger.db')}"
    settings = Settings(policy=Path(folder, "policy"), ledger=ledger, port=int(port), requests_per_second=1_000_000)
    run(create_app(settings, scorer=FakeScorer()), settings)


if __name__ == "__main__":
    main(*sys.argv[1:])

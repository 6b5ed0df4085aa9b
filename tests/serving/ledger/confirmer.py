"""A process of its own that confirms decisions and prints each answer once it is durable: `python -m … URL AT ID…`."""

import sys
from datetime import datetime

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.confirmer import Confirmer
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy
from serving.schemas.answers import confirmation_bytes


def main(url: str, at: str, *names: str) -> None:
    """Confirm each decision, one transaction each, by a clock that stands."""
    now = datetime.fromisoformat(at)
    ledger = open_ledger(url, now=now, salt=b"s", patience=60.0)
    confirmer = Confirmer(
        policy=load_policy(),
        models=InUse(scorer=FakeScorer(cutoff=0.004)),
        shares=Shares(),
        clock=lambda: now,
        encode=confirmation_bytes,
    )
    print("ready", flush=True)  # noqa: T201  (the parent reads it)
    for name in names:
        with ledger.transaction() as tx:
            confirmed = confirmer.confirm(ledger, tx, name, asked=now)
        print("nobody" if confirmed is None else confirmed.answer.decode(), flush=True)  # noqa: T201  (only now is it said)
    ledger.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

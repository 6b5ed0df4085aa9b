"""A process of its own that appends decisions and prints each id once it is durable: `python -m … URL NAME COUNT CAP`.

With a cap it reads before it writes, in one transaction: it sends only while the customer has fewer contacts. Each
send is drawn: under the watch of `tests.contracts.drawn`, or in the experiment that runs, while it takes any.
"""

import sys

from model.contracts import Action
from serving.ledger import open_ledger
from tests.contracts.drawn import WATCH, assigned, tried
from tests.contracts.ledgers import NOW, candidate, context, ruling


def main(url: str, name: str, count: int, cap: int) -> None:
    """Append `count` decisions, one transaction each."""
    ledger = open_ledger(url, now=NOW, salt=b"s", patience=60.0)
    print("ready", flush=True)  # noqa: T201  (the parent reads it)
    for number in range(count):
        identity = f"{name}-{number}"
        with ledger.transaction() as tx:
            tx.watch(WATCH)
            known, trial = context(tx, candidate()), tx.standing(NOW).experiment
            action = Action.SEND if known.contacts_7d < cap else Action.HOLD
            drawn = None if action is Action.HOLD else assigned() if trial is None else tried()
            tx.add_decision(candidate(), known, ruling(identity, action=action, fact_key=identity, assignment=drawn))
        print(identity, flush=True)  # noqa: T201  (only now is it acknowledged)
    ledger.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

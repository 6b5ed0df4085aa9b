"""How fast the past is decided again: python -m benchmarks.replay LEDGER.db [--model DIR] [--exact 20000].

LEDGER.db is made by `benchmarks.console_ledger`. Measured are decisions a second, reading included, of other limits, of
another text, of another model where one is given, and of exact replay; in one process and in one for each core. Beside
them stands what a decision takes of all processors (Linux), whatever other work the machine has. Copies
of a month have the draws of their originals, so that an exact replay finds them out: what differs is counted as well.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.spent import Spent, spent
from benchmarks.tables import table
from model.contracts import Shares
from serving.ledger.looking import looking
from serving.ledger.readings import extent
from serving.processes import cores
from serving.replay.exact_ledger import Exactly, exactly
from serving.replay.proposal_ledger import Trying, tried

TEXT = """templates:
  - id: parcel_delayed
    purpose: delivery_update
    text: "We are sorry: your parcel {parcel} arrives on {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
"""
LIMITS = "[limits]\ncontacts_7d = 1\n"
Ran = Callable[[int], Any]


def rates(ledger: Path, folder: Path, *, model: Path | None, exact: int) -> list[tuple[str, int, int, Spent]]:
    """Return what was measured: the kind, its processes, its decisions, and what it took."""
    url = f"sqlite:///{ledger}"
    with looking(url) as store:
        first, last = extent(store, since=None, until=None) or (1, 0)
    given: dict[str, Any] = {"ledger": url, "policy": None, "limits": {}, "shares": Shares()}
    (folder / "limits.toml").write_text(LIMITS)
    (folder / "text.yaml").write_text(TEXT)

    def trying(**other: Any) -> Ran:
        return lambda jobs: tried(Trying(**given, **other), first, last, jobs=jobs, told=lambda _: None)

    kinds: dict[str, tuple[Ran, int]] = {
        "other limits": (trying(other_policy=folder / "limits.toml"), last - first + 1),
        "another text": (trying(other_policy=folder / "text.yaml"), last - first + 1),
    }
    if model is not None:
        kinds["another model"] = trying(other_model=model), last - first + 1
    some = min(last, first + exact - 1)
    kinds["exact"] = (
        lambda jobs: exactly(Exactly(**given, model=None), first, some, jobs=jobs, told=lambda _: None),
        some - first + 1,
    )
    return [
        (name, jobs, decisions, spent(partial(ran, jobs)))
        for name, (ran, decisions) in kinds.items()
        for jobs in (1, cores())
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--exact", type=int, default=20_000, help="so many decisions of an exact replay")
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        found = rates(given.ledger.resolve(), Path(folder), model=given.model, exact=given.exact)
    rows = [
        [name, f"{jobs}", f"{n:,}", f"{wall:.1f}", f"{n / wall:,.0f}", f"{processor / n * 1e6:,.1f}"]
        for name, jobs, n, (wall, processor) in found
    ]
    print(table(["replay", "processes", "decisions", "seconds", "decisions/s", "µs of processor a decision"], rows))


if __name__ == "__main__":
    main()

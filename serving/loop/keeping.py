"""Keeping what was decided, as far as the breakers let it go: what is held back is for the caller to decide again.

What watches an assignment is made known before it, then the decisions are appended, in order and together.
"""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import Candidate, Context
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.policy.limits import Limits
from serving.ports import Decided, Scorer, Transaction
from serving.thanks import watch_of


def keep(
    transaction: Transaction,
    rows: Sequence[tuple[Candidate, Context, Decided]],
    *,
    scorer: Scorer | None,
    exploration: Exploration,
    limits: Limits,
) -> int:
    """Append decisions in order, with the `scorer`, `exploration` and `limits` that `decide()` was given.

    Returns how many. Fewer than there are means that the next one opened its breaker: it and what follows must be
    decided again with what is known now, for nothing of them is recorded.
    """
    kept = rows[: _let_go(transaction, rows, limits, exploration.present)]
    make_known(transaction, [decided for _, _, decided in kept], scorer=scorer, exploration=exploration)
    transaction.add_decisions(kept, present=exploration.present)
    return len(kept)


def make_known(
    transaction: Transaction, decided: Sequence[Decided], *, scorer: Scorer | None, exploration: Exploration
) -> None:
    """Make known what watches these assignments, before they are appended."""
    used = {one.assignment.watch for one in decided if one.assignment is not None}
    if used:
        for watch in _watches(scorer, exploration):
            if watch.key in used:
                transaction.watch(watch)


def _let_go(
    transaction: Transaction,
    rows: Sequence[tuple[Candidate, Context, Decided]],
    limits: Limits,
    present: datetime | None,
) -> int:
    """Return how many rows come before the first send that opens its breaker, by the real clock."""
    sends = [place for place, (_, _, decided) in enumerate(rows) if decided.decision.trigger]
    if not sends:
        return len(rows)
    passing = transaction.passing(
        [rows[place][0] for place in sends],
        now=present or rows[0][2].decision.decided_at,
        most=limits.breaker_volume,
        times=limits.breaker_times,
    )
    return sends[passing] if passing < len(sends) else len(rows)


def _watches(scorer: Scorer | None, exploration: Exploration) -> list[Watch]:
    """List what may watch these decisions: the certificate and the experiment."""
    certified, experiment = watch_of(scorer, exploration.shares), exploration.standing.experiment
    found = [] if certified is None else [certified]
    return found if experiment is None else [*found, experiment.watch]

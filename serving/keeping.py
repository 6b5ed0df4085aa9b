"""Keeping what was decided: what watches an assignment is made known before it, then each decision is appended."""

from collections.abc import Sequence

from model.contracts import Candidate, Context
from model.monitor import Watch
from serving.arms import Exploration
from serving.ports import Decided, Scorer, Transaction
from serving.thanks import watch_of


def keep(
    transaction: Transaction,
    rows: Sequence[tuple[Candidate, Context, Decided]],
    *,
    scorer: Scorer | None,
    exploration: Exploration,
) -> None:
    """Append decisions in order, with the `scorer` and `exploration` that `decide()` was given."""
    used = {decided.assignment.watch for _, _, decided in rows if decided.assignment is not None}
    if used:
        for watch in _watches(scorer, exploration):
            if watch.key in used:
                transaction.watch(watch)
    for row in rows:
        transaction.add_decision(*row)


def _watches(scorer: Scorer | None, exploration: Exploration) -> list[Watch]:
    """List what may watch these decisions: the certificate and the experiment."""
    certified, experiment = watch_of(scorer, exploration.shares), exploration.standing.experiment
    found = [] if certified is None else [certified]
    return found if experiment is None else [*found, experiment.watch]

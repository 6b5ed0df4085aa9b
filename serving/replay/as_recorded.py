"""A model that is not at hand, as its records have it: the same figures for the same features.

It says nothing new: a row that it was not asked about then it cannot score.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from model.contracts import JSON, Arm, Shares
from model.errors import InvalidInput
from model.monitor.detector import Watch
from serving.ports import Decided, Scorer, Scores
from serving.record.record import Recorded
from serving.standing import Standing
from serving.thanks import FIGURES, Figures, cutoff_of, watch_of

NOTHING: Figures = (math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRecorded:
    """What one version of a model said of rows of one instant, with what its certificate permitted there."""

    version: str
    feature_names: tuple[str, ...]
    cutoff: float | None
    scope: frozenset[tuple[str, str]]
    said: Mapping[str, Figures]
    watch: Watch | None

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Say again what was said of rows with these features; NaN where nothing was."""
        table = [self.said.get(_key(row), NOTHING) for row in rows]
        columns = np.array(table, dtype=np.float64).reshape(-1, len(FIGURES)).T
        return Scores(**dict(zip(FIGURES, columns, strict=True)))

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Whether such a message had a cut-off."""
        return (purpose, channel) in self.scope

    def holds_for(self, shares: Shares) -> bool:  # noqa: ARG002  (as above)
        """Whatever it permitted, it permitted under the shares of then."""
        return True


def as_recorded(rows: Iterable[Recorded], version: str, watches: Mapping[str, Watch], shares: Shares) -> AsRecorded:
    """Return the model of these rows: all of one instant, one version and one list of features."""
    asked = [one for one in rows if one.decided.decision.customer_would_thank.asked]
    names = next((tuple(one.decided.features) for one in asked), ())
    permitted = [one for one in asked if one.decided.decision.customer_would_thank.cutoff is not None]
    keys = (watched.watch for one in permitted if (watched := one.decided.assignment) is not None)
    watch = next((watches[key] for key in keys if key in watches), None)
    return AsRecorded(
        version=version,
        feature_names=names,
        cutoff=next((one.decided.decision.customer_would_thank.cutoff for one in permitted), None),
        scope=frozenset((one.candidate.purpose, one.candidate.channel) for one in permitted),
        said={_key(one.decided.features): _figures(one.decided) for one in asked},
        watch=watch or _any_watch(version, shares),
    )


def is_believed(one: Recorded, scorer: Scorer, standing: Standing, shares: Shares) -> bool:
    """Whether a record says otherwise than its model, of shares that are on no record, if a certificate held.

    A draw by certificate tells its shares; without one they may have been others than those at hand.
    """
    was, drawn = one.decided.decision, one.decided.assignment
    by_certificate = drawn is not None and drawn.arm is not Arm.EXPERIMENT
    if by_certificate or standing.stopped or not was.customer_would_thank.asked:
        return False
    scope = one.candidate.purpose, one.candidate.channel
    holds = watch_of(scorer, shares) is not None and cutoff_of(scorer, *scope, (was.decided_at,)) is not None
    return holds is (was.customer_would_thank.cutoff is None)


def _any_watch(version: str, shares: Shares) -> Watch | None:
    """Return a watch for rows that were permitted and could not be scored: none of them was drawn."""
    try:
        return Watch(
            key=version,
            complaint_at_most=0.005,
            opt_out_at_most=0.005,
            control_rate=0.005,
            contact_above=shares.above,
            contact_below=shares.below,
        )
    except InvalidInput:
        return None


def _figures(was: Decided) -> Figures:
    thank = was.decision.customer_would_thank
    benefit, complaint, opt_out, net = (getattr(thank, name) for name in FIGURES)
    return NOTHING if None in {benefit, complaint, opt_out, net} else (benefit, complaint, opt_out, net)


def _key(features: Mapping[str, JSON]) -> str:
    """Return features as one text: names are those of the model, so values alone tell rows apart."""
    return repr(list(features.values()))

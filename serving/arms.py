"""The arms (METHOD section 2): chance that only withholds or sends what every filter permits, with exact propensities.

The draw is a hash of the ledger's secret salt and the occasion: a retry or a hold of the same fact gets the same one,
and so does a later experiment.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from model.contracts import EXACT, Arm, Shares
from model.errors import InvalidInput
from serving.standing import Assignment, Experiment, Standing

LAYER = "arm"
EXPERIMENT_LAYER = "experiment"  # of every experiment: the same fact keeps its draw between them
MODEL, POLICY_ONLY, HOLDOUT, EXPERIMENT = Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The shares of the arms, the ledger's secret salt, and whether anything discretionary may go out now.

    `present` is the real clock where decisions are dated by another one: a certificate must hold by both, and breakers
    go by it. None: they are one.

    Raises:
        InvalidInput: an empty salt.
    """

    shares: Shares = field(default_factory=Shares)
    salt: bytes = field(repr=False)
    standing: Standing = field(default_factory=Standing)
    present: datetime | None = None

    def __post_init__(self) -> None:
        if not self.salt:
            raise InvalidInput("the salt of the arms is empty; it is made with the ledger, pass `ledger.salt`")


def uniform(salt: bytes, layer: str, cluster: str, fact_key: str) -> float:
    """Return a number in [0, 1) for one occasion: the first 53 bits of SHA-256(salt | layer | cluster | fact key).

    Lengths stand before salt and cluster, so that no two occasions share a hash.
    """
    occasion = f"|{layer}|{len(cluster)}|{cluster}|{fact_key}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(len(salt).to_bytes(8, "big") + salt + occasion).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def arm(u: float, shares: Shares) -> Arm:
    """Return the arm of a draw: `model` first, then `policy_only`, the rest is held out."""
    if u < shares.model:
        return MODEL
    return POLICY_ONLY if u < shares.model + shares.policy_only else HOLDOUT


def logging_propensity(*, sent: bool, above: bool, shares: Shares) -> float:
    """Return the probability of the logged action given the score's side of the cut-off, marginal over the arms.

    Example:
        >>> logging_propensity(sent=False, above=True, shares=Shares())
        0.05
    """
    return logged(shares.above if above else shares.below, sent=sent)


@lru_cache(maxsize=256)
def logged(contact_probability: float, *, sent: bool) -> float:
    """Return the probability of the logged action: e where it was sent, 1 − e where it was withheld."""
    return round(contact_probability if sent else 1 - contact_probability, EXACT)


class Draws:
    """The draws of one call, row by row: the contacts that the running experiment may still make are counted down."""

    def __init__(self, exploration: Exploration, now: datetime) -> None:
        standing = exploration.standing
        self._salt, self._shares = exploration.salt, exploration.shares
        clocks = (now,) if exploration.present is None else (now, exploration.present)
        self._experiment = None if standing.stopped else _running(standing.experiment, clocks)
        self._left = 0 if self._experiment is None else self._experiment.remaining
        self._made: dict[tuple[Arm, bool, str], Assignment] = {}  # a handful of values for many rows

    def by_arm(self, user_id: str, fact_key: str, *, above: bool, watch: str) -> Assignment:
        """Draw an occasion that the certificate `watch` covers; `above` is its score's side of the cut-off."""
        which = arm(uniform(self._salt, LAYER, user_id, fact_key), self._shares), above, watch
        made = self._made.get(which)
        if made is None:
            made = self._made[which] = by_certificate(*which, shares=self._shares)
        return made

    def by_experiment(self, user_id: str, fact_key: str) -> Assignment | None:
        """Draw an occasion that no certificate covers; None where no experiment takes it."""
        experiment = self._experiment
        if experiment is None or self._left <= 0:
            return None
        contacted = uniform(self._salt, EXPERIMENT_LAYER, user_id, fact_key) < experiment.share
        self._left -= contacted
        return Assignment(
            arm=EXPERIMENT,
            contacted=contacted,
            contact_probability=experiment.share,
            above=None,
            watch=experiment.id,
        )

    def over(self, before: Assignment | None) -> bool:
        """Whether this draw is that of an experiment which may not make the contact any more, though it counted it."""
        if before is None or before.arm is not EXPERIMENT:
            return False
        return self._experiment is None or self._experiment.id != before.watch


def by_certificate(drawn: Arm, above: bool, watch: str, *, shares: Shares) -> Assignment:  # noqa: FBT001  (a side)
    """Return what an arm does on one side of the cut-off; P(contacted) is marginal over the arms."""
    return Assignment(
        arm=drawn,
        contacted=drawn is POLICY_ONLY or (above and drawn is MODEL),
        contact_probability=shares.above if above else shares.below,
        above=above,
        watch=watch,
    )


def drawn_before(before: Assignment, *, above: bool | None, over: bool) -> Assignment | None:
    """Return what a recorded draw does now, with its own e; None where nothing permits it any more.

    `above` is the score's side of the cut-off now, None where no certificate covers it; `over` is what `Draws.over`
    says: an experiment makes the contacts that it counted while it may. Whom chance withheld it from stays so.
    """
    if before.arm is EXPERIMENT:
        return None if over else before
    if above is None or not before.contacted:
        return None if above is None else before
    return replace(before, above=above, contacted=above or before.arm is POLICY_ONLY)


def _running(experiment: Experiment | None, clocks: Sequence[datetime]) -> Experiment | None:
    """Return the experiment within its bounds in time: a clock that jumped out of them contacts nobody."""
    if experiment is None or not all(experiment.started_at <= clock < experiment.until for clock in clocks):
        return None
    return experiment

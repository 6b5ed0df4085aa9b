"""Arms drawn per occasion or fixed per customer (METHOD section 2): with the draw that serving makes.

Customers have some occasions in a row. Whoever was just contacted is not eligible for the next one (cooling-off), and
a first contact does more harm than a later one, so contact history enters both eligibility and harm. With a draw per
occasion P(contacted | history) is .95 at or above the cut-off and .02 below. With an arm fixed per customer the
history reveals the arm: whoever was never contacted is mostly held out for good, and the harm of contacting them is
never seen. The truth R = E[Σ s τ]/E[Σ s] is summed exactly over histories.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.certifying.harm import Design, Evidence
from model.certifying.trials import Ground, Question, Rule, try_rules
from model.contracts import Arm, Shares
from model.learning.coded import as_coded
from model.split import Half, rank_in_cluster
from serving.arms import LAYER, arm, logging_propensity, uniform

Floats = NDArray[np.float64]

ABOVE = 0.7  # share of customers with a score at or above the cut-off, 0
OCCASIONS = 6
LATER = 0.1  # harm of a later contact, as a share of the first one's


@dataclass(frozen=True, kw_only=True)
class History:
    """A world with contact history: harm of a first contact, complaints without contact, and how arms are drawn."""

    first_harm: float = 0.3
    base: float = 0.1
    fixed: bool = False
    shares: Shares = field(default_factory=Shares)

    def truth(self) -> float:
        """Return R of the rule at cut-off 0, of either harm."""
        harm = exposure = 0.0
        for above, weight in ((True, ABOVE), (False, 1.0 - ABOVE)):
            s = self.shares.above if above else self.shares.below
            for p, share in self._contacts(above=above):
                first, all_rows = _expected_rows(p)
                harm += weight * share * s * self.first_harm * (first + LATER * (all_rows - first))
                exposure += weight * share * s * all_rows
        return harm / exposure

    def _contacts(self, *, above: bool) -> list[tuple[float, float]]:
        """Return (P(contacted) at each eligible occasion, share of customers)."""
        s = self.shares.above if above else self.shares.below
        return [(1.0, s), (0.0, 1.0 - s)] if self.fixed else [(s, 1.0)]

    def half(self, rng: np.random.Generator, customers: int, salt: bytes) -> tuple[Half, Floats]:
        """Draw customers with the arms of serving; returns their rows and scores."""
        above = rng.random(customers) < ABOVE
        free, never = np.ones(customers, dtype=np.bool_), np.ones(customers, dtype=np.bool_)
        parts: list[tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]] = []
        for occasion in range(OCCASIONS):
            rows = np.flatnonzero(free)
            sent = np.array([self._sent(salt, int(c), occasion, above=bool(above[c])) for c in rows], dtype=np.bool_)
            parts.append((rows, sent, never[rows]))
            free = np.ones(customers, dtype=np.bool_)
            free[rows[sent]] = False
            never[rows[sent]] = False
        cluster, contacted, first = (np.concatenate([part[k] for part in parts]) for k in range(3))
        tau = self.first_harm * np.where(first, 1.0, LATER)
        n = len(cluster)
        built = Half(
            rows=as_coded(np.zeros((n, 1))),
            contacted=contacted,
            propensity=self._logged(contacted, above[cluster]),
            cluster=cluster,
            benefit=np.zeros(n),
            complaint=(rng.random(n) < self.base + contacted * tau).astype(np.float64),
            opt_out=(contacted & (rng.random(n) < tau)).astype(np.float64),
        )
        return built, np.where(above[cluster], 0.5, -0.5)

    def _sent(self, salt: bytes, customer: int, occasion: int, *, above: bool) -> bool:
        """Draw as serving does; a fixed arm is one draw for all occasions."""
        drawn = arm(uniform(salt, LAYER, f"u-{customer}", "always" if self.fixed else f"fact-{occasion}"), self.shares)
        return drawn == Arm.POLICY_ONLY or (drawn == Arm.MODEL and above)

    def _logged(self, contacted: NDArray[np.bool_], above: NDArray[np.bool_]) -> Floats:
        """Return e as the training table has it: p where contacted, 1 − p where not, p as serving logs it."""
        pairs = [(sent, side) for sent in (False, True) for side in (False, True)]
        logged = {pair: logging_propensity(sent=pair[0], above=pair[1], shares=self.shares) for pair in pairs}
        p = np.array([logged[pair] for pair in pairs])[contacted * 2 + above * 1]
        return np.where(contacted, p, 1.0 - p)


def ground(world: History, rng: np.random.Generator, customers: int) -> tuple[Ground, Rule]:
    """Draw D1 and D2 (this many customers); returns what the rule at cut-off 0 is tested on, and the rule."""
    halves = [world.half(rng, n, rng.bytes(16)) for n in (customers * 3 // 2, customers)]
    one = halves[0][0]
    y = one.complaint if one.complaint is not None else np.zeros(len(one.contacted))
    m1, m0 = float(y[one.contacted].mean()), float(y[~one.contacted].mean())
    first, second = (
        Evidence(
            half=half,
            arms=(np.full(len(score), m1), np.full(len(score), m0)),
            kept=rank_in_cluster(half.cluster, None) < OCCASIONS,
            order=np.arange(int(half.cluster.max()) + 1),
        )
        for half, score in halves
    )
    design = Design(rows_per_cluster=OCCASIONS, highest=float(one.propensity.max()), shares=world.shares)
    rule = Rule(cutoff=0.0, deployed=True, first=halves[0][1], second=halves[1][1])
    return Ground(first=first, second=second, design=design, gamma=np.ones(len(halves[1][1]))), rule


def repeat(world: History, seed: tuple[int, ...], customers: int) -> tuple[bool, bool]:
    """Ask for a certificate at truth/1.02; returns whether one was given, and whether a bound lies below the truth.

    The bounds are those that a certificate shows, at half its level each.
    """
    truth = world.truth()
    question = Question(alpha={"complaint": truth / 1.02, "opt_out": truth / 1.02}, delta=0.05, shares=world.shares)
    built, rule = ground(world, np.random.default_rng(seed), customers)
    (tried,) = try_rules([rule], built, question)
    below = any(trial.bound(question.level / 2) < truth for trial in tried.trials)
    return tried.certified, below


def _expected_rows(p: float) -> tuple[float, float]:
    """Return the expected eligible occasions of one customer before any contact, and in all."""
    new, cooling, old = 1.0, 0.0, 0.0  # never contacted; contacted just now; contacted earlier
    first = every = 0.0
    for _ in range(OCCASIONS):
        first, every = first + new, every + new + old
        new, cooling, old = new * (1.0 - p), (new + old) * p, old * (1.0 - p) + cooling
    return first, every

"""The cells of the grid of METHOD section 9, and one repeat of each: a world, the product's own test, the truth.

`boundary`: harm at 1.02 α at the smallest cut-off and above it elsewhere; a certificate anywhere is a violation.
`power`: harm at a share of α, the same for all; power, bounds and coverage, beside the rivals on the same losses.
`stress`: what should still hold, and beside it the mistake that it guards against, which should not.
`arms`: a draw per occasion, and an arm fixed per customer. `permuted`: contact shuffled among customers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.certificate_arms import History, repeat
from benchmarks.certificate_permuted import ROWS, has_value
from benchmarks.certificate_rivals import PVALUES, RIVALS, Sums, bound, design_pairs
from benchmarks.certificate_worlds import World, rules
from model.certifying.harm import HARMS
from model.certifying.trials import Ground, Question, Tried, try_rules
from model.contracts import Shares
from model.split import rank_in_cluster
from model.statistics.betting import holm

Floats = NDArray[np.float64]

DELTA = 0.05
OURS = "bets"
METHODS = (OURS, *RIVALS)
PROPENSITIES: dict[str, float | tuple[float, float]] = {".1": 0.1, ".5": 0.5, ".9": 0.9, ".95/.02": (0.95, 0.02)}
SMALL, LARGE = 2_000, 20_000
RATES = (0.005, 0.05)
EDGE = 1.02
MODES = {"complaints": (EDGE, 0.0), "opt-outs": (0.0, EDGE), "both": (EDGE, EDGE)}
CUSTOMERS = 3_000  # of D2 in the study of the arms
OTHER = Shares(model=0.6, policy_only=0.2, holdout=0.2)
WIDE = Shares(model=0.35, policy_only=0.6, holdout=0.05)
BLIND = Shares(model=0.95, policy_only=0.0, holdout=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: `alpha` is the limit of both harms, `truth` (complaints, opt-outs) in units of it.

    `assumed`: the shares that the certificate is computed with (None: those of the world). `first_only`: one row per
    customer counts although all are contacted. `holds`: whether the level should hold.
    """

    study: str
    name: str
    n: int
    e: str
    alpha: float
    truth: tuple[float, float]
    shape: str = "flat"
    kind: str = "grid"
    size: str = "one"
    tied: bool = False
    fixed: bool = False
    shares: Shares = Shares()  # noqa: RUF009  (frozen, and a slot needs a default)
    assumed: Shares | None = None
    first_only: bool = False
    holds: bool = True

    @property
    def world(self) -> World:
        """The world of this cell; customers complain without contact as often as the limit allows contact to cause."""
        return World(
            truth=(self.truth[0] * self.alpha, self.truth[1] * self.alpha),
            base=self.alpha,
            e=PROPENSITIES[self.e],
            shape=self.shape,
            size=self.size,
            tied=self.tied,
            shares=self.shares,
        )

    @property
    def question(self) -> Question:
        """What is asked of the certificate."""
        limits = dict.fromkeys(HARMS, self.alpha)
        return Question(alpha=limits, delta=DELTA, shares=self.assumed or self.shares)


def boundary() -> Iterator[Cell]:
    """Return METHOD's grid: n, e, rate, shape and which harm is at its boundary."""
    for n in (LARGE, SMALL):
        for e in PROPENSITIES:
            for alpha in RATES:
                for shape in ("flat", "rising", "top-heavy"):
                    for mode, truth in MODES.items():
                        yield Cell(study="boundary", name=mode, n=n, e=e, alpha=alpha, truth=truth, shape=shape)


def power() -> Iterator[Cell]:
    """Return worlds at and below the limit: twenty cut-offs, one cut-off, and everyone (the exact tail)."""
    for n in (LARGE, SMALL):
        for kind in ("grid", "one", "everyone"):
            for e in PROPENSITIES:
                if kind == "everyone" and e == ".95/.02":
                    continue  # a rule that contacts everyone is not learned from a log that contacts few
                for alpha in RATES:
                    for truth in (EDGE, 0.75, 0.5, 0.0):
                        yield Cell(study="power", name=kind, n=n, e=e, alpha=alpha, truth=(truth, truth), kind=kind)
    for truth in (0.75, 0.5, 0.0):
        yield Cell(study="power", name="one", n=100_000, e=".5", alpha=0.005, truth=(truth, truth), kind="one")


def stress() -> Iterator[Cell]:
    """Return what should hold beside what should not."""
    both, left = (EDGE, EDGE), (0.0, EDGE)
    usual = Cell(study="stress", name="", n=LARGE, e=".5", alpha=0.05, truth=both, kind="grid")
    yield replace(usual, name="three rows per customer, one luck", size="three", tied=True)
    falling = replace(usual, shape="falling")
    yield replace(falling, name="above α at the low cut-offs, below it at the high ones")
    usual = replace(usual, kind="one")
    sized = replace(usual, truth=left, shape="top-heavy", size="more at the top", tied=True)
    yield replace(sized, name="harm where customers have most rows")
    yield replace(sized, name="… of which only the first row counts", first_only=True, holds=False)
    below = replace(usual, alpha=0.005, truth=left, shape="below")
    yield replace(below, name="harm only below the cut-off")
    yield replace(below, name="… logged with .95/.02", e=".95/.02")
    yield replace(below, name="… as if nobody below were contacted", assumed=BLIND, holds=False)
    yield replace(below, name="other shares than the log's", shares=OTHER, e=".95/.02", shape="flat", truth=both)
    yield replace(below, name="shares that are not those deployed", shares=WIDE, assumed=Shares(), holds=False)


def arms() -> Iterator[Cell]:
    """Return both ways to draw an arm."""
    usual = Cell(study="arms", name="a draw per occasion", n=CUSTOMERS, e=".95/.02", alpha=0.0, truth=(EDGE, EDGE))
    yield usual
    yield replace(usual, name="an arm fixed per customer", fixed=True, holds=False)


def permuted() -> Iterator[Cell]:
    """Return the one world in which contact was shuffled; a violation is a model of value."""
    yield Cell(study="permuted", name="shuffled contact", n=ROWS, e=".5", alpha=0.05, truth=(0.0, 0.0))


STUDIES = {"boundary": boundary, "power": power, "stress": stress, "arms": arms, "permuted": permuted}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """One repeat. `violated`: some cut-off was certified whose true harm exceeds α; `certified`: any was.

    `alone` is the same for each harm by itself, as if the certificate asked for no other: a certificate needs both, so
    that what one test does wrongly can hide where the other has no power.
    Where contact was shuffled `violated` says that the value check passed. Power cells have float[2, methods] each:
    `passed` (any cut-off certified for this harm), `bounds` and `p` at the smallest cut-off; `both` (any cut-off for
    both harms); `scaled` float[2, 7]: (r̂, a) at α and (r̂, a) at the bound of Hoeffding and Bentkus, n, the level of
    the bounds, and that bound.
    """

    violated: bool
    certified: bool
    below: bool = False
    alone: tuple[bool, bool] = (False, False)
    passed: Floats | None = None
    both: Floats | None = None
    bounds: Floats | None = None
    p: Floats | None = None
    scaled: Floats | None = None


def run(cell: Cell, seed: tuple[int, ...]) -> Found:
    """Play one repeat of a cell."""
    if cell.study == "arms":
        certified, below = repeat(History(fixed=cell.fixed), seed, cell.n)
        return Found(violated=certified, certified=certified, below=below)
    if cell.study == "permuted":
        valuable, issued = has_value(seed)
        return Found(violated=valuable, certified=issued)
    built, u1, u2 = cell.world.ground(np.random.default_rng(seed), cell.n)
    built = replace(built, design=replace(built.design, shares=cell.question.shares))
    if cell.first_only:
        built = _first_rows(built)
    tested = try_rules(rules(cell.kind, u1, u2), built, cell.question)
    wrong = any(each.certified and _truly(cell, each) > cell.alpha for each in tested)
    alone = _wrong_alone(cell, tested, 0), _wrong_alone(cell, tested, 1)
    found = Found(violated=wrong, certified=any(each.certified for each in tested), alone=alone)
    return _compared(cell, built, tested, found) if cell.study == "power" else found


def _truly(cell: Cell, tried: Tried, harms: Sequence[str] = HARMS) -> float:
    """Return the worst of these true harms of a rule; a rule that contacts everyone has all of them above."""
    return max(cell.world.harm(harm, -1.0 if tried.rule.constant else tried.rule.cutoff) for harm in harms)


def _wrong_alone(cell: Cell, tested: Sequence[Tried], place: int) -> bool:
    """Whether Holm over this harm's own p-values certifies a cut-off whose true harm exceeds α."""
    certified = holm(np.array([each.trials[place].p for each in tested]), cell.question.level)
    harm = HARMS[place : place + 1]
    return any(ok and _truly(cell, each, harm) > cell.alpha for each, ok in zip(tested, certified, strict=True))


def _first_rows(built: Ground) -> Ground:
    """Return the mistake that METHOD warns of: one row per customer, whoever has more."""
    first, second = (
        replace(each, kept=rank_in_cluster(each.half.cluster, None) == 0) for each in (built.first, built.second)
    )
    return replace(built, first=first, second=second, design=replace(built.design, rows_per_cluster=1))


def _compared(cell: Cell, built: Ground, tested: list[Tried], found: Found) -> Found:
    """Add what each method says of the same losses."""
    level, count = cell.question.level, len(tested)
    pairs = design_pairs([each.rule for each in tested], built)
    sums = [[Sums.of(trial, own, built) for trial in each.trials] for each, own in zip(tested, pairs, strict=True)]
    p = np.array(
        [
            [[t.p, *(PVALUES[m](s, cell.alpha) for m in RIVALS)] for t, s in zip(each.trials, row, strict=True)]
            for each, row in zip(tested, sums, strict=True)
        ]
    )  # rules × harms × methods
    worst = p.max(axis=1)
    shown = level / (2 * count)
    smallest = zip(tested[0].trials, sums[0], strict=True)
    bounds = np.array([[t.bound(shown), *(bound(m, s, shown) for m in RIVALS)] for t, s in smallest])
    at = RIVALS.index("hb") + 1
    scaled = [
        [*s.scaled(cell.alpha), *s.scaled(float(b[at])), s.n, shown, b[at]]
        for s, b in zip(sums[0], bounds, strict=True)
    ]
    return replace(
        found,
        passed=np.array([[_any(p[:, h, m], level) for m in range(len(METHODS))] for h in range(2)]),
        both=np.array([_any(worst[:, m], level) for m in range(len(METHODS))]),
        bounds=bounds,
        p=p[0],
        scaled=np.array(scaled),
    )


def _any(p: Floats, level: float) -> float:
    """Return 1 where Holm certifies any cut-off, 0 where none, NaN where the method does not apply."""
    return float("nan") if np.isnan(p).any() else float(holm(p, level).any())

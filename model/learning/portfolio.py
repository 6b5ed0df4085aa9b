"""All scorers learned on D1, calibrated out of fold, and one of them chosen: from a half to a `Portfolio`.

Every out-of-fold effect comes from a learner that saw neither the row nor, through a nuisance, its outcome. On more
than `SELECTION_ROWS` rows a subsample of whole clusters tunes and teaches them; the other rows are scored by learners
of the subsample, which never saw them either. What is deployed is fitted on all of D1.

Example:
    >>> portfolio = learn(half, weights=WEIGHTS)                                     # doctest: +SKIP
    >>> portfolio.candidates[portfolio.chosen].name                                  # doctest: +SKIP
    't_logit'
    >>> deploy(portfolio, ["t_logit"])["t_logit"].predict(codes).net_benefit         # doctest: +SKIP
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.crossfit import Means, cross_fit
from model.heads import Heads
from model.learners.bases import Fitted
from model.learners.folds import make_folds
from model.learning.choices import EFFECTS, Bases, Outcome, arms_of, choose_effects, choose_means
from model.learning.coded import Coded
from model.learning.fitting import Sample, fitted, in_words
from model.learning.selection import Candidate, calibrated, choose, effects, labels
from model.learning.subsample import SELECTION_ROWS, part_of, selection_rows
from model.parallel import Work, silent
from model.scorer import OUTCOMES, SCORERS, Scorer
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Progress = Callable[[str, float], None]

BASELINES = ("average", "response")
BLOCK = 65_536  # rows
BOOSTED = ("s_boosting", "t_boosting", *EFFECTS)  # with any of them, boosting is tried for the outcome means as well


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portfolio:
    """The scorers of one D1, `candidates` the simplest first, `chosen` the index of one, `rows` the report's `scorers`.

    `outcomes`, `bases` and `means` are by name; `gamma` is Γ of D1 float64[n1, 3]; `selection` are the rows that tuned
    and taught the candidates.
    """

    half: Half
    folds: Ints
    outcomes: tuple[Outcome, ...]
    bases: Mapping[str, Bases]
    means: Mapping[str, Means]
    gamma: Floats
    selection: Ints
    weights: Mapping[str, float]
    candidates: list[Candidate]
    chosen: int
    rows: list[dict[str, JSON]]

    @property
    def sample(self) -> Sample:
        """All of D1 as what teaches, with the means of every row."""
        return Sample(half=self.half, folds=self.folds, outcomes=self.outcomes, bases=self.bases, means=self.means)

    def candidate(self, name: str) -> Candidate:
        """Return one of the candidates by name."""
        return next(each for each in self.candidates if each.name == name)


def learn(  # noqa: PLR0913  (the knobs of one training, all but the half and the weights with a default)
    half: Half,
    *,
    weights: Mapping[str, float],
    folds: Ints | None = None,
    names: Sequence[str] | None = None,
    binary: bool | None = None,
    seed: int = 0,
    jobs: int = 1,
    scorers: Sequence[str] = SCORERS,
    progress: Progress | None = None,
) -> Portfolio:
    """Learn every scorer on a half, calibrate it out of fold, and choose the simplest that is as good as the best.

    Args:
        half: D1; nothing else is looked at.
        weights: of the net benefit: `benefit`, `complaint`, `opt_out`, `contact`.
        folds: of the rows, whole clusters; without them they are dealt out by `seed`.
        names: of the clusters by code, for the order of a subsample.
        binary: whether the benefit is 0/1; without it, whether its values are.
        seed: of the folds.
        jobs: threads; they change no bit.
        scorers: some of `SCORERS`; `average` and `response` are always learned too. Without any of `BOOSTED` the
            outcome means are linear.
        progress: is told what is done and which share.
    """
    work = Work(jobs=jobs, tell=progress or silent)
    if folds is None:
        folds = make_folds(half.cluster, half.contacted, half.benefit, seed=seed)
    outcomes = _outcomes(half, binary=binary)
    wanted = _ordered(scorers)
    selection = selection_rows(half.cluster, names, SELECTION_ROWS, arms=(half.contacted, folds))
    sample, means = _taught(half, folds, outcomes, selection, wanted=wanted, work=work)
    gamma = effects(half, {name: each.own for name, each in means.items()})
    raws = _out_of_fold(half, sample, selection, wanted=wanted, work=work.part("scoring out of fold", 0.65, 1.0))
    candidates = [
        calibrated(name, raws[name], gamma, weights, in_words(name, outcomes, sample.bases)) for name in wanted
    ]
    chosen, rows = choose(candidates, half.cluster)
    return Portfolio(
        half=half,
        folds=folds,
        outcomes=outcomes,
        bases=sample.bases,
        means=means,
        gamma=gamma,
        selection=selection,
        weights=weights,
        candidates=candidates,
        chosen=chosen,
        rows=rows,
    )


def deploy(portfolio: Portfolio, names: Sequence[str], *, jobs: int = 1) -> dict[str, Scorer]:
    """Fit some of the scorers on all of D1 and return them as data, calibrated, by name."""
    rows = np.arange(len(portfolio.folds))
    plan = [(name, outcome) for name in names for outcome in portfolio.outcomes]
    fits = [partial(heads_of, name, outcome, portfolio.sample, rows) for name, outcome in plan]
    found = dict(zip(((name, outcome.name) for name, outcome in plan), Work(jobs=jobs).run(fits), strict=True))
    return {
        name: Scorer.of(
            name,
            {outcome.name: found[name, outcome.name] for outcome in portfolio.outcomes},
            portfolio.half.rows.features,
            portfolio.candidate(name).calibration,
            portfolio.weights,
        )
        for name in names
    }


def arms(portfolio: Portfolio, *, jobs: int = 1) -> dict[str, tuple[Fitted, Fitted]]:
    """Fit every outcome's means on all of D1, for rows that are not of D1: (contacted, held out) by outcome."""
    plan = [
        (outcome.name, arms_of(portfolio.half, portfolio.folds, outcome, portfolio.bases[outcome.name]), arm)
        for outcome in portfolio.outcomes
        for arm in (0, 1)
    ]
    found = Work(jobs=jobs).run([partial(each.fit, arm) for _, each, arm in plan])
    return {plan[i][0]: (found[i], found[i + 1]) for i in range(0, len(plan), 2)}


def _outcomes(half: Half, *, binary: bool | None) -> tuple[Outcome, ...]:
    """Return the outcomes that have a label, with their links."""
    known = bool(np.isin(half.benefit, (0.0, 1.0)).all()) if binary is None else binary
    return tuple(
        Outcome(name=name, y=y, link="logistic" if known or name != "benefit" else "identity")
        for name, y in labels(half).items()
    )


def _ordered(scorers: Sequence[str]) -> list[str]:
    """Return the scorers asked for with both baselines, the simplest first.

    Raises:
        ValueError: one is unknown.
    """
    unknown = [name for name in scorers if name not in SCORERS]
    if unknown:
        raise ValueError(f"`scorers`: `{unknown[0]}` is not one of them; give some of {', '.join(SCORERS)}")
    return [name for name in SCORERS if name in {*BASELINES, *scorers}]


def _taught(  # noqa: PLR0913  (one step of `learn`, with what it was given)
    half: Half, folds: Ints, outcomes: tuple[Outcome, ...], selection: Ints, *, wanted: Sequence[str], work: Work
) -> tuple[Sample, dict[str, Means]]:
    """Tune and cross-fit on the rows that select; return them, and the means of all rows for Γ."""
    whole = len(selection) == len(folds)
    some, dealt = (half if whole else part_of(half, selection)), folds[selection]
    named = tuple(replace(each, y=each.y[selection]) for each in outcomes)
    kinds = [kind for kind in EFFECTS if kind in wanted]
    _ = half.rows.design, some.rows.design  # made once, before threads read them
    tuning = work.part("tuning outcome means", 0.0, 0.2)
    bases = choose_means(some, dealt, named, boosting=any(name in BOOSTED for name in wanted), work=tuning)
    means = _crossed(some, dealt, named, bases, inner=bool(kinds), work=work.part("cross-fitting means", 0.2, 0.35))
    tuned = choose_effects(some, dealt, named, means, learners=kinds, work=work.part("tuning effects", 0.35, 0.55))
    bases = {name: replace(each, effects=tuned[name]) for name, each in bases.items()}
    sample = Sample(half=some, folds=dealt, outcomes=named, bases=bases, means=means)
    if whole:
        return sample, means
    everywhere = work.part("cross-fitting means on all of D1", 0.55, 0.65)
    return sample, _crossed(half, folds, outcomes, bases, inner=False, work=everywhere)


def _crossed(  # noqa: PLR0913  (what is cross-fitted, with which bases)
    half: Half, folds: Ints, outcomes: Sequence[Outcome], bases: Mapping[str, Bases], *, inner: bool, work: Work
) -> dict[str, Means]:
    """Return the cross-fitted means of some rows."""
    each_arm = {each.name: arms_of(half, folds, each, bases[each.name]) for each in outcomes}
    return cross_fit(each_arm, inner=inner, work=work)


def _out_of_fold(
    half: Half, sample: Sample, selection: Ints, *, wanted: Sequence[str], work: Work
) -> dict[str, Floats]:
    """Return every scorer's raw effects on all of D1, float64[n1, 3]; the average is a constant and stays zero.

    Rows beyond the selection (fold None) are scored by a learner of all of it.
    """
    n = len(half.contacted)
    rest = np.setdiff1d(np.arange(n), selection)
    places: dict[int | None, Ints] = {int(fold): selection[sample.folds == fold] for fold in np.unique(sample.folds)}
    if len(rest):
        places[None] = rest
    plan = [
        (name, outcome, fold) for name in wanted if name != "average" for outcome in sample.outcomes for fold in places
    ]
    tasks = [partial(_scored, name, outcome, sample, fold, half.rows, places[fold]) for name, outcome, fold in plan]
    raws = {name: np.zeros((n, len(OUTCOMES))) for name in wanted}
    for (name, outcome, fold), effect in zip(plan, work.run(tasks), strict=True):
        raws[name][places[fold], OUTCOMES.index(outcome.name)] = effect
    return raws


def _scored(  # noqa: PLR0913, PLR0917  (one cell of the plan)
    name: str, outcome: Outcome, sample: Sample, fold: int | None, rows: Coded, places: Ints
) -> Floats:
    """Return the effects of some rows of D1 from a learner that saw none of them."""
    taught = np.arange(len(sample.folds)) if fold is None else np.flatnonzero(sample.folds != fold)
    learned = fitted(name, outcome, sample, taught, fold)
    blocks = np.split(places, range(BLOCK, len(places), BLOCK))  # so that a large D1 is never copied whole
    return np.concatenate([learned.predict(rows.take(block)) for block in blocks])


def heads_of(name: str, outcome: Outcome, sample: Sample, rows: Ints) -> Heads:
    """Return the portable form of a learner fitted on all of D1."""
    return fitted(name, outcome, sample, rows, None).heads()

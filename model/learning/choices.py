"""Which estimators each outcome is learned with: tuned once, on grouped folds of D1 (METHOD section 3).

Two of the five folds judge what the others teach. An effect is judged with means that saw neither the fold nor the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.crossfit import Arms, Means
from model.evaluation import pseudo_outcome
from model.learners.arms import CONTACT
from model.learners.effects import imputed, residuals
from model.learning.coded import Coded
from model.learning.regularisation import EFFECT_STRENGTHS, GROWTHS, STRENGTHS, events, in_words
from model.learning.tuning import LEAST_EVENTS, Judged, Lesson, Lessons, best_boosted, best_linear, better, judging
from model.parallel import Work
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

ARMS = ("contacted", "held_out")
EFFECTS = ("x", "r", "dr")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One outcome with a label on some rows: y float64[n], and `logistic` for 0/1, `identity` for a number."""

    name: str
    y: Floats
    link: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bases:
    """The unfitted estimators of one outcome; pairs are (contacted, held out).

    `means` are the better of `linear` and `boosted`; `boosted` is linear where an arm holds too few events. `single` is
    the S-learner's; `effects` those of X, R and doubly robust.
    """

    linear: tuple[Any, Any]
    boosted: tuple[Any, Any]
    means: tuple[Any, Any]
    single: Any
    effects: Mapping[str, Any]

    def words(self, scorer: str) -> str:
        """Return the base learners of a scorer and their settings."""
        pairs = {"t_logit": self.linear, "t_boosting": self.boosted}
        if scorer in pairs:
            return ", ".join(
                f"{arm.replace('_', ' ')} {in_words(base)}" for arm, base in zip(ARMS, pairs[scorer], strict=True)
            )
        if scorer in EFFECTS:
            return f"effect {in_words(self.effects[scorer])}"
        return in_words(self.single if scorer == "s_boosting" else self.means[0])


def choose_means(
    half: Half, folds: Ints, outcomes: Sequence[Outcome], *, boosting: bool, work: Work
) -> dict[str, Bases]:
    """Tune the means of every outcome, per arm and of both arms together; without `boosting` linear models alone."""
    plan = [(each, kind, growth) for each in outcomes for kind in _kinds(boosting) for growth in _families(boosting)]
    tasks = [
        partial(_judged, partial(mean_lessons, half, folds, each, kind), each.link, growth)
        for each, kind, growth in plan
    ]
    found = dict(
        zip(
            ((each.name, kind, growth) for each, kind, growth in plan),
            work.run(tasks),
            strict=True,
        )
    )
    return {each.name: _bases(each.name, found, boosting=boosting) for each in outcomes}


def choose_effects(  # noqa: PLR0913  (what is judged, on which means)
    half: Half,
    folds: Ints,
    outcomes: Sequence[Outcome],
    means: Mapping[str, Means],
    *,
    learners: Sequence[str],
    work: Work,
) -> dict[str, dict[str, Any]]:
    """Tune the effect models of some of X, R and doubly robust, per outcome, each by its learner's own loss."""
    plan = [(each, kind, family) for each in outcomes for kind in learners for family in _families(_enough(each))]
    tasks = [
        partial(
            _judged,
            partial(effect_lessons, half, folds, each, means[each.name], kind),
            "identity",
            family,
            EFFECT_STRENGTHS,
        )
        for each, kind, family in plan
    ]
    judged: dict[tuple[str, str], list[Judged]] = {}
    for (each, kind, _), found in zip(plan, work.run(tasks), strict=True):
        judged.setdefault((each.name, kind), []).append(found)
    return {each.name: {kind: better(judged[each.name, kind]).base for kind in learners} for each in outcomes}


def mean_lessons(half: Half, folds: Ints, outcome: Outcome, kind: str) -> Lessons:
    """Return the lessons for one arm's mean, or for both arms with contact as a column (`single`)."""
    taken = {"contacted": half.contacted, "held_out": ~half.contacted, "single": np.ones(len(folds), dtype=np.bool_)}[
        kind
    ]
    rows = with_contact(half) if kind == "single" else half.rows

    def lesson(part: Bools) -> Lesson:
        return Lesson(rows=rows.take(part), y=outcome.y[part])

    return [(lesson(taken & (folds != fold)), lesson(taken & (folds == fold))) for fold in judging(folds)]


def effect_lessons(half: Half, folds: Ints, outcome: Outcome, means: Means, kind: str) -> Lessons:
    """Return the lessons for one learner's effect model; X has one per arm."""
    arms = (half.contacted, ~half.contacted) if kind == "x" else (np.ones(len(folds), dtype=np.bool_),)
    return [
        (
            effect_lesson(half, outcome, means.without(fold), kind, arm & (folds != fold)),
            effect_lesson(half, outcome, means.own, kind, arm & (folds == fold)),
        )
        for fold in judging(folds)
        for arm in arms
    ]


def effect_lesson(half: Half, outcome: Outcome, means: tuple[Floats, Floats], kind: str, part: Bools) -> Lesson:
    """Return what a learner's effect model regresses on, on some rows: imputed effects, residuals (weighted), or Γ."""
    y, t, e = outcome.y[part], half.contacted[part], half.propensity[part]
    arms, rows = (means[0][part], means[1][part]), half.rows.take(part)
    if kind == "x":
        return Lesson(rows=rows, y=imputed(y, arms=arms, contacted=t))
    if kind == "r":
        target, weight = residuals(y, arms=arms, contacted=t, propensity=e)
        return Lesson(rows=rows, y=target, weight=weight)
    return Lesson(rows=rows, y=pseudo_outcome(y, arms=arms, contacted=t, propensity=e))


def with_contact(half: Half) -> Coded:
    """Return the rows of a half as the S-learner reads them."""
    codes = np.column_stack([half.rows.codes, half.contacted])
    return Coded(features=(*half.rows.features, CONTACT), codes=codes)


def arms_of(half: Half, folds: Ints, outcome: Outcome, bases: Bases) -> Arms:
    """Return an outcome as it is cross-fitted, with the better base of each arm."""
    return Arms(
        rows=half.rows, y=outcome.y, contacted=half.contacted, folds=folds, link=outcome.link, bases=bases.means
    )


def _kinds(boosting: bool) -> tuple[str, ...]:  # noqa: FBT001  (whether boosting is wanted at all)
    return (*ARMS, "single") if boosting else ARMS


def _families(boosting: bool) -> tuple[int | None, ...]:  # noqa: FBT001  (whether boosting is tried)
    """Return the families of settings: None the linear one, else the number of a growth."""
    return (None, *range(len(GROWTHS))) if boosting else (None,)


def _enough(outcome: Outcome) -> bool:
    return events(outcome.y, outcome.link) >= LEAST_EVENTS


def _judged(lessons: Any, link: str, family: int | None, strengths: Sequence[float] = STRENGTHS) -> Judged:
    """Make the lessons and judge one family on them."""
    return best_linear(lessons(), link, strengths) if family is None else best_boosted(lessons(), link, GROWTHS[family])


def _bases(name: str, found: Mapping[tuple[str, str, int | None], Judged], *, boosting: bool) -> Bases:
    """Pick the better estimator of each kind for one outcome; the effects are chosen later."""
    linear = [found[name, arm, None] for arm in ARMS]
    grown = [[found[name, kind, k] for k in range(len(GROWTHS))] if boosting else [] for kind in (*ARMS, "single")]
    boosted = [_tried(tried, line) for tried, line in zip(grown, linear, strict=False)]
    means = [better([line, each]) for line, each in zip(linear, boosted, strict=True)]
    single = _tried(grown[2], found[name, "single", None]).base if boosting else linear[0].base
    return Bases(
        linear=(linear[0].base, linear[1].base),
        boosted=(boosted[0].base, boosted[1].base),
        means=(means[0].base, means[1].base),
        single=single,
        effects={},
    )


def _tried(boosted: Sequence[Judged], otherwise: Judged) -> Judged:
    """Return the best boosting, or the linear model where none could be tried."""
    tried = [each for each in boosted if np.isfinite(each.loss)]
    return better(tried) if tried else otherwise

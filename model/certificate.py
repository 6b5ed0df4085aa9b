"""The certificate: "at cut-off q, with probability ≥ 1 − δ, each harm caused per contact is at most its α".

Issued at the smallest certified cut-off at or above 0 where the lower 95 % bound of the net benefit above it is
positive as well. Not issued: estimated propensity, failed propensity check, a harm without a label, not enough rows;
the reason then says what is missing, with the planner's figure (METHOD section 4).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from model.certifying.trials import Ground, Question, Trial, Tried
from model.certifying.words import HARMS
from model.contracts import Certificate, HarmBound


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a certificate states beside its figures: scope, control rates, assumptions, and the scorer it speaks of."""

    scope: tuple[tuple[str, str], ...]
    control_rate: Mapping[str, float]
    assumptions: tuple[str, ...]
    scorer_sha256: str


def refused(reasons: Sequence[str], question: Question, terms: Terms, *, n: int, method: str = "none") -> Certificate:
    """Return a certificate that was not issued, with why."""
    return Certificate(
        issued=False,
        reason="; ".join(reasons),
        cutoff=None,
        share_contacted=None,
        bounds=(),
        alpha=dict(question.alpha),
        delta=question.level,
        n=n,
        scope=terms.scope,
        expires=None,
        method=method,
        assumptions=terms.assumptions,
        scorer_sha256=terms.scorer_sha256,
        contact_above=question.shares.above,
        contact_below=question.shares.below,
    )


def certify(tested: Sequence[Tried], ground: Ground, question: Question, terms: Terms) -> Certificate:
    """Issue at the smallest certified cut-off that also pays, or say what is missing.

    `tested` are all rules that could have been deployed; only those marked `deployed` can be issued.
    """
    n = int(ground.second.kept.sum())
    if not any(each.rule.deployed for each in tested):
        reason = "no customer of D1 has a net benefit of 0 or more: nobody is to be contacted"
        return refused([reason], question, terms, n=n)
    method = _method(len(tested), len(ground.second.order), question)
    deployed = sorted((each for each in tested if each.rule.deployed), key=lambda each: each.rule.cutoff)
    certified = [each for each in deployed if each.certified]
    paying = [each for each in certified if each.benefit.low > 0.0]
    if not paying:
        reason = _does_not_pay(certified, n) if certified else _not_enough(tested, ground, question)
        return refused([reason, *_warnings(question, terms)], question, terms, n=n, method=method)
    level = question.level / (2 * len(tested))
    bounds = tuple(_bound(each, question, terms, level) for each in paying[0].trials)
    said = [_shown(paying[0]), *_warnings(question, terms), *_unforeseen(paying[0].trials)]
    return replace(
        refused(said, question, terms, n=n, method=method),
        issued=True,
        cutoff=paying[0].rule.cutoff,
        share_contacted=paying[0].contacted,
        bounds=bounds,
    )


def _shown(tested: Tried) -> str:
    """Say what is certified."""
    return (
        f"both harms are certified at cut-off {tested.rule.cutoff:.4g}, which contacts {tested.contacted:.1%} and "
        f"gains {tested.benefit.estimate:.4g} per contact (lower 95 % bound {tested.benefit.low:.4g})"
    )


def _warnings(question: Question, terms: Terms) -> list[str]:
    """Say where more harm is allowed than happens without contact, whether it was certified or not."""
    return [
        f"warning: {words} are allowed up to {question.alpha[harm]:.4g} per contact, above their rate without contact "
        f"of {terms.control_rate[harm]:.4g}"
        for harm, words in HARMS.items()
        if question.alpha[harm] > terms.control_rate[harm]
    ]


def _unforeseen(trials: Sequence[Trial]) -> list[str]:
    """Say how many rows D1 did not foresee, if any: D2 was logged in another way."""
    most = max(trial.unforeseen for trial in trials)
    if most == 0.0:
        return []
    words = (
        f"{most:.2%} of the certification half has a propensity that the learning half did not show, and counts as "
        "harm: check the `propensity` column, or learn from a table where both halves were logged alike"
    )
    return [words]


def _bound(trial: Trial, question: Question, terms: Terms, level: float) -> HarmBound:
    """Return one harm as the certificate shows it, bounded at `level`."""
    return HarmBound(
        harm=trial.harm,
        estimate=trial.estimate,
        bound=trial.bound(level),
        alpha=question.alpha[trial.harm],
        control_rate=terms.control_rate[trial.harm],
    )


def _method(rules: int, clusters: int, question: Question) -> str:
    """Say how it was tested."""
    above, below = question.shares.above, question.shares.below
    return (
        f"betting on {clusters} clusters of D2 in hash order, both harms by intersection–union, Holm over {rules} "
        f"cut-offs at level {question.level:.4g} (attempt {question.attempt}; all attempts together "
        f"{question.delta:.4g}); contact probability {above:g} at or above the cut-off, {below:g} below; the bounds "
        f"are simultaneous at {question.level / (2 * rules):.3g} each"
    )


def _does_not_pay(certified: Sequence[Tried], rows: int) -> str:
    """Say that harm is low enough and benefit not shown; and how many rows would show the best estimate, if above 0."""
    best = max(certified, key=lambda each: each.benefit.low)
    gain = best.benefit
    said = (
        f"both harms are certified at {len(certified)} cut-offs, but at none is the lower 95 % bound of the net "
        f"benefit above 0: at best {gain.estimate:.4g} with lower bound {gain.low:.4g} at {best.rule.cutoff:.4g}"
    )
    if not gain.estimate > 0.0:
        return said
    needed = rows * ((gain.estimate - gain.low) / gain.estimate) ** 2
    return f"{said}, about {needed:,.0f} rows would show it where D2 has {rows:,}"


def _not_enough(tested: Sequence[Tried], ground: Ground, question: Question) -> str:
    """Say at which cut-off it came closest, which harm is not shown, and about how many rows would show it."""
    deployed = [each for each in tested if each.rule.deployed]
    closest = min(deployed, key=lambda each: each.p)
    rows = int(ground.second.kept.sum())
    level = question.level / len(tested)
    missing = [_missing(each, question, rows, len(ground.second.order)) for each in closest.trials if each.p > level]
    return (
        f"harm is not shown to be below its limit at any of {len(deployed)} cut-offs; closest at "
        f"{closest.rule.cutoff:.4g}: {'; '.join([*missing, *_unforeseen(closest.trials)])}"
    )


def _missing(trial: Trial, question: Question, rows: int, clusters: int) -> str:
    """Say what is missing for one harm, with the planner's figure."""
    stated = (
        f"{HARMS[trial.harm]} are estimated at {trial.estimate:.4g} per contact "
        f"(limit {question.alpha[trial.harm]:.4g}, p {trial.p:.3g})"
    )
    if math.isinf(trial.clusters_needed):
        return stated if trial.unforeseen else f"{stated}, which more rows would not mend"
    wanted = trial.clusters_needed * rows / clusters
    likely = wanted if wanted > rows else 2.0 * rows  # as many as there were are even odds, and this time too few
    return f"{stated}, about {likely:,.0f} rows would show it where D2 has {rows:,}"

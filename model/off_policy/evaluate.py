"""What an evaluation policy would have brought, by the log of another one (METHOD section 8).

    IPS              mean[w·Y]                                        unbiased where the log's propensities are right
    self-normalised  Σ w·Y / Σ w                                      moves with the level of Y; biased by order 1/n
    doubly robust    mean[π·m1 + (1 − π)·m0 + w·(Y − m_T)]            right if the propensities or the means are
    clipped          min(w, clip) for w in the first and the third    calmer; its worst bias is stated

Each estimate stands beside its effective sample size and largest weight. Sources: Horvitz & Thompson 1952, Swaminathan
& Joachims 2015, Dudík, Langford & Li 2011, Ionides 2008, Kish 1965. Intervals are two-sided 95 %, cluster-robust, and
asymptotic. Differences are paired on the same rows; that of two doubly robust estimates is mean[(π − π′)·Γ], the
difference of two worths of `model.policy_value`.

Every occasion is judged alone: the evaluation policy acts on it, then things go on as they were logged. What another
rule would do to later occasions (caps, cooling-off, fewer or more contacts before) is not in any of these numbers.

Example:
    >>> rows, half = np.arange(400), np.full(400, 0.5)
    >>> log = Log(contacted=rows % 2 == 0, propensity=half, outcome=(rows % 4 == 0).astype(float), cluster=rows)
    >>> found = compare(log, np.ones(400), np.zeros(400))
    >>> found.first.ips.estimate, found.first.ips.effective_sample_size, found.difference.self_normalised.estimate
    (0.5, 200.0, 0.5)
"""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval
from model.evaluation import mean_interval, ratio_difference, ratio_interval
from model.off_policy.bias import bias
from model.off_policy.estimates import Clipped, ClippedDifference, Comparison, Differences, Estimate, OffPolicy
from model.off_policy.expected import thinnest
from model.off_policy.log import Log, contact_propensity
from model.off_policy.means import with_part_means
from model.off_policy.support import answerable, checked_contacts, refuse_outside, restrict, support
from model.off_policy.weights import PartWeight, Weighed, effective_size, part_weights, refuse_few, weigh

__all__ = [
    "CLIP",
    "Comparison",
    "Log",
    "OffPolicy",
    "answerable",
    "compare",
    "contact_propensity",
    "evaluate",
    "restrict",
    "support",
    "with_part_means",
]

Floats = NDArray[np.float64]

CLIP = 20.0  # the weight of a withheld message at or above the cut-off, 1/.05: the holdout as shipped is never clipped
SURPRISE = 3.2905267314919255  # the normal quantile of p = .001, two-sided


def evaluate(log: Log, contacts: Floats, *, clip: float = CLIP) -> OffPolicy:
    """Return what an evaluation policy that contacts row i with probability `contacts[i]` would have brought.

    A rule that explores contacts with `shares.above` at or above its cut-off and `shares.below` elsewhere; without
    exploration, with 1 and 0. It must not have been chosen by the outcomes of these rows.

    Raises:
        InvalidInput: a wrong length, contacts outside [0, 1], a clip below 1.
        Unanswerable: it acts outside the log's support, or the effective sample size, drawn or expected, is too small.
    """
    return _described(log, _checked(log, contacts, clip), clip)


def compare(log: Log, contacts_a: Floats, contacts_b: Floats, *, clip: float = CLIP) -> Comparison:
    """Return two evaluation policies and the first minus the second; raises as `evaluate` does, for either."""
    first, second = (_checked(log, contacts, clip) for contacts in (contacts_a, contacts_b))
    return Comparison(
        first=_described(log, first, clip),
        second=_described(log, second, clip),
        difference=_differences(log, first, second),
    )


def _checked(log: Log, contacts: Floats, clip: float) -> Weighed:
    """Return the weights of a question that the log can answer; raises as `evaluate` does."""
    asked = checked_contacts(log, contacts)
    refuse_outside(log, asked)
    weighed = weigh(log, asked, clip)
    refuse_few(log, weighed)
    return weighed


def _terms(log: Log, seen: Weighed) -> dict[str, Floats]:
    """Return what each estimate that is a mean is the mean of, float64[n]; without means no doubly robust one."""
    y = log.outcome
    terms = {"ips": seen.weights * y, "clipped_ips": seen.clipped * y}
    if log.means is not None:
        m1, m0 = log.means
        expected = seen.contacts * m1 + (1.0 - seen.contacts) * m0
        surprise = y - np.where(log.contacted, m1, m0)
        terms["doubly_robust"] = expected + seen.weights * surprise
        terms["clipped_doubly_robust"] = expected + seen.clipped * surprise
    return terms


def _described(log: Log, seen: Weighed, clip: float) -> OffPolicy:
    """Return every estimate of one evaluation policy."""
    cluster, weights = log.cluster, seen.weights
    means = {name: mean_interval(terms, cluster) for name, terms in _terms(log, seen).items()}
    mean_weight, parts = mean_interval(weights, cluster), part_weights(log, weights)
    self_normalised = ratio_interval(weights * log.outcome, weights, cluster)
    robust, calm = means.get("doubly_robust"), means.get("clipped_doubly_robust")
    return OffPolicy(
        rows=log.rows,
        clusters=int(np.max(cluster)) + 1,
        contacts=float(np.mean(seen.contacts)),
        contacted=float(np.mean(log.contacted)),
        logged=mean_interval(log.outcome, cluster),
        ips=_estimate(log, means["ips"], weights),
        self_normalised=_estimate(log, self_normalised, weights),
        doubly_robust=None if robust is None else _estimate(log, robust, weights),
        clipped_ips=_clipped(log, means["clipped_ips"], seen, clip, means=None),
        clipped_doubly_robust=None if calm is None else _clipped(log, calm, seen, clip, means=log.means),
        against_logging=_differences(log, seen, weigh(log, log.propensity, clip)),
        mean_weight=mean_weight,
        parts=parts,
        notes=_notes(log, seen, mean_weight, parts),
    )


def _estimate(log: Log, found: Interval, weights: Floats) -> Estimate:
    size = effective_size(weights, log.cluster)
    return Estimate(**asdict(found), effective_sample_size=size, largest_weight=float(np.max(weights)))


def _clipped(log: Log, found: Interval, seen: Weighed, clip: float, *, means: tuple[Floats, Floats] | None) -> Clipped:
    drawn = np.where(log.contacted, seen.lost[0], seen.lost[1])
    return Clipped(
        **asdict(_estimate(log, found, seen.clipped)),
        clip=clip,
        clipped_rows=int(np.sum(drawn > 0.0)),
        clipped_share=float(np.mean(np.sum(seen.lost, axis=0))),
        bias=bias(log, seen.lost, means=means),
    )


def _differences(log: Log, first: Weighed, second: Weighed) -> Differences:
    """Return the first minus the second by every estimator."""
    cluster, lost = log.cluster, first.lost - second.lost
    a, b = _terms(log, first), _terms(log, second)
    means = {name: mean_interval(a[name] - b[name], cluster) for name in a}
    calm = means.get("clipped_doubly_robust")
    return Differences(
        ips=means["ips"],
        self_normalised=ratio_difference((a["ips"], first.weights), (b["ips"], second.weights), cluster),
        doubly_robust=means.get("doubly_robust"),
        clipped_ips=ClippedDifference(**asdict(means["clipped_ips"]), bias=bias(log, lost, means=None)),
        clipped_doubly_robust=None
        if calm is None
        else ClippedDifference(**asdict(calm), bias=bias(log, lost, means=log.means)),
    )


def _notes(log: Log, seen: Weighed, mean_weight: Interval, parts: tuple[PartWeight, ...]) -> tuple[str, ...]:
    """Return what no number says: what is not known and why, and why weights are not what they should be."""
    notes = []
    if log.means is None:
        notes.append("doubly robust: not available, the log has no means; give `means`, or use `with_part_means`")
    if log.bounds is None:
        notes.append("clipped: the worst bias is not known, outcomes have no bounds; give `bounds`")
    if abs(mean_weight.estimate - 1.0) > SURPRISE * mean_weight.se + 1e-9:
        notes.append(
            f"the mean weight is {mean_weight.estimate:.4f} (standard error {mean_weight.se:.4f}) where 1 is expected "
            "(p < .001): either the propensities are not those of the log (check how they were logged), or a part is "
            "hardly ever explored and what would weigh most was not drawn (the thinnest is "
            f"{thinnest(log, seen.contacts).replace(' (', ', ')}"
        )
    silent = [f"`{part.part}` ({part.rows} of {log.rows} rows)" for part in parts if part.largest_weight == 0.0]
    if silent:
        notes.append(
            f"no row did what the evaluation policy would do in {', '.join(silent)}: weights hear nothing of it, and "
            "every interval is too narrow by what happens there; log more rows"
        )
    return tuple(notes)

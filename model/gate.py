"""The gate: what a scorer must show on D2 before it may become champion (METHOD section 6). Every check is stated.

Example:
    >>> value = Interval(estimate=0.02, low=0.01, high=0.03, se=0.005)
    >>> value_check(value).passed, calibration_check(None).passed
    (True, True)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.contracts import JSON, Certificate, Check, Gate, Interval

SLOPES = (0.5, 1.5)  # the calibration slope's interval must meet this
LEAST_ROWS = 200  # of a segment on D2; smaller ones are shown, not judged
LEAST_CLUSTERS = 5.0  # of equal size that D2 must be worth: fewer give no interval
MOST_CLIPPED = 0.1  # of the rows, their estimated propensity
LEAST_EVENTS = 20  # benefits in D2's smaller arm: with fewer Γ is too skewed for its interval


def gate(checks: Sequence[Check]) -> Gate:
    """Return the gate: promoted where there are checks and every one passed (no checks means no)."""
    return Gate(promoted=bool(checks) and all(check.passed for check in checks), checks=tuple(checks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The champion that a new model was compared with, as the report's key `champion` states it.

    `value` is the champion's over contacting nobody, `difference` the new rule's less it, paired, both per occasion of
    D2. They and `contacted` are None where the champion cannot act on this table; `note` says why, or why it contacts
    nobody.
    """

    version: str
    manifest_sha256: str
    contacted: float | None
    value: Interval | None
    difference: Interval | None
    note: str = ""


def value_check(
    value: Interval, *, doubts: Sequence[str] = (), against: Against | None = None, remarks: Sequence[str] = ()
) -> Check:
    """Value: the lower 95 % bound of the rule's doubly robust value, paired against the champion or nobody, is above 0.

    `value` is the rule's over contacting nobody. `doubts` say why the figure itself is not to be believed; with any,
    the check fails whatever the bound, and so it does where the champion cannot be compared with. `remarks` are said of
    the comparison and decide nothing.
    """
    detail, gained = _compared(value, against)
    passed = gained is not None and gained.low > 0.0 and not doubts
    return Check(name="value", passed=passed, detail="; ".join([detail, *remarks, *doubts]))


def _compared(value: Interval, against: Against | None) -> tuple[str, Interval | None]:
    """Return the words of the comparison and the difference that must be above 0; None where there is none."""
    over_nobody = f"{value.estimate:.4g} per occasion over contacting nobody, {_ends(value)}"
    if against is None:
        return f"{over_nobody}; compared with no other champion", value
    champion = f"the champion, version {against.version}"
    if against.value is None or against.difference is None or against.contacted is None:
        return f"cannot be compared with {champion}: {against.note}; alone {over_nobody}", None
    why = f" ({against.note})" if against.note else ""
    return (
        f"{against.difference.estimate:.4g} per occasion over {champion}, {_ends(against.difference)}, paired; "
        f"the new rule {over_nobody}; the champion, which contacts {against.contacted:.1%}{why}, "
        f"{against.value.estimate:.4g}, {_ends(against.value)}"
    ), against.difference


def _ends(value: Interval) -> str:
    """Write an interval's ends."""
    return f"95 % interval {value.low:.4g} to {value.high:.4g}"


def doubts(propensity: Mapping[str, JSON], *, clusters: float, events: int, clipped: float = 0.0) -> list[str]:
    """Return what makes the value doubtful: contact not drawn as logged, or D2 too small for its interval.

    D2 is worth so many `clusters` of equal size, and its smaller arm has so many `events`, benefits above 0; `clipped`
    is the share of rows whose estimated propensity was cut to [.01, .99]: there nobody of the other arm is alike.
    """
    found = []
    if not propensity["estimated"] and not propensity["passed"]:
        found.append(f"not to be believed, since the propensity check failed: {propensity['detail']}")
    if clipped > MOST_CLIPPED:
        found.append(f"not to be believed: for {clipped:.0%} of the rows the features all but decide who is contacted")
    if clusters < LEAST_CLUSTERS:
        found.append(f"not to be believed: the certification half is worth {clusters:.1f} clusters of equal size")
    if events < LEAST_EVENTS:
        found.append(
            f"not to be believed: the smaller arm of the certification half has {events} benefits, "
            f"and an interval needs {LEAST_EVENTS}"
        )
    return found


def harm_check(certificate: Certificate, *, labels: Sequence[str]) -> Check:
    """Harm: a certificate is issued, where harm labels exist; without one nothing discretionary is sent anyway."""
    if not labels:
        return Check(name="harm", passed=True, detail="not applicable: the table has no harm label; no certificate")
    return Check(name="harm", passed=certificate.issued, detail=certificate.reason)


def calibration_check(slope: Interval | None) -> Check:
    """Calibration: the slope's lower bound is above 0 and its interval meets [.5, 1.5]."""
    if slope is None:
        return Check(name="calibration", passed=True, detail="not applicable: the scorer is constant")
    passed = slope.low > 0.0 and slope.low <= SLOPES[1] and slope.high >= SLOPES[0]
    detail = f"slope {slope.estimate:.3g}, 95 % interval {slope.low:.3g} to {slope.high:.3g}, must meet 0.5 to 1.5"
    return Check(name="calibration", passed=passed, detail=detail)


def segments_check(segments: Sequence[Mapping[str, JSON]], *, against: Against | None = None) -> Check:
    """Segments: none of those declared beforehand, and large enough, is shown to lose by the change of rules."""
    judged = [row for row in segments if row["judged"]]
    lost = [f"{row['column']} = {row['value']} ({row['estimate']:.4g})" for row in judged if not row["passed"]]
    if not segments:
        return Check(name="segments", passed=True, detail="none declared")
    detail = f"{len(judged)} of {len(segments)} segments are large enough to judge"
    if against is not None and against.contacted is not None:
        detail += f", against the champion, version {against.version}"
    if judged:
        detail += f"; a loss of {max(row['detectable'] for row in judged):.3g} would be found in each"
    return Check(name="segments", passed=not lost, detail=f"{detail}; losing: {', '.join(lost)}" if lost else detail)


def schema_check(problems: Sequence[str]) -> Check:
    """Schema and golden rows: features survive JSON, single rows score as whole columns do, every score is finite."""
    return Check(
        name="schema", passed=not problems, detail="; ".join(problems) or "rows score alike alone and together"
    )

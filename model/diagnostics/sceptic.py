"""Every check of METHOD section 5 as one list of the report, always in this order and with these names.

Each entry: `name`; `available` (the table holds what the check needs; else `detail` says what to add); `passed` (None
where it only informs); `detail`, one plain sentence; `figures`. A failed draw closes the certificate (`draw`); every
other failure is for people to judge, and the report must show it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from model.contracts import JSON, Certificate
from model.diagnostics.controls import ADD, BEFORE, PLACEBO, outcomes_before, placebo
from model.diagnostics.drift import FLAG, LOOK, drift
from model.diagnostics.evidence import Evidence
from model.diagnostics.knowing import availability, columns, features_and_draw, features_and_labels
from model.diagnostics.maturity import missing_by_arm, window_effects
from model.diagnostics.overlap import FLOOR, overlap
from model.gate import MOST_CLIPPED
from model.statistics.betting import holm
from model.statistics.draw_sums import LEAST_P
from model.table import Table

if TYPE_CHECKING:  # both stand on the overlap, which is here
    from model.learning.assess import Assessed
    from model.learning.prepare import Prepared

Check = dict[str, JSON]
ADD_WINDOWS = 'name such columns in `roles.toml`: `[windows.benefit]` with `7 = "…"`, `14 = "…"`, `28 = "…"`'


def sceptics(
    table: Table, prepared: "Prepared", assessed: "Assessed", certificate: Certificate, checked: Mapping[str, JSON]
) -> list[Check]:
    """Return the report's `checks`; `checked` is the propensity check."""
    return checks(
        Evidence(
            table=table,
            first=prepared.first,
            second=prepared.second,
            rows1=prepared.split.first,
            rows2=prepared.split.second,
            names=prepared.names,
            estimated=prepared.estimated,
            clipped=prepared.clipped,
            score1=assessed.fitted[assessed.deployed].out_of_fold,
            score2=assessed.score,
            cutoff=0.0 if certificate.cutoff is None else certificate.cutoff,
            checked=dict(checked),
        )
    )


def checks(seen: Evidence) -> list[Check]:
    """Return every check, in a fixed order."""
    features = columns(seen)
    return [
        _ratio(seen),
        _predictable(seen),
        features_and_draw(seen, features),
        _placebo(seen),
        _before(seen),
        availability(seen),
        features_and_labels(seen, features),
        _windows(seen),
        _missing(seen),
        _valued(seen),
        _feature_drift(seen, features),
        _score_drift(seen),
        _shares(seen),
        _overlap(seen),
    ]


def _check(name: str, passed: bool | None, detail: str, figures: dict[str, JSON]) -> Check:  # noqa: FBT001  (a verdict)
    return {"name": name, "available": True, "passed": passed, "detail": detail, "figures": figures}


def _absent(name: str, detail: str) -> Check:
    return {"name": name, "available": False, "passed": None, "detail": detail, "figures": {}}


def _ratio(seen: Evidence) -> Check:
    """Were as many contacted as logged, everywhere?"""
    name, found = "sample ratio", seen.checked["sample_ratio"]
    if found is None:
        return _absent(name, "the propensity is estimated, so there is nothing to compare with; log it")
    looked = ", ".join(f"{count} by {kind}" for kind, count in found["tests"].items() if kind != "all")
    worst = f"the worst is {found['worst']['name']}: {found['worst']['contacted']:,} contacted of "
    worst += f"{found['worst']['rows']:,}, {found['worst']['expected']:,.1f} expected"
    detail = (
        f"{found['contacted']:,} contacted, {found['expected']:,.1f} expected; {looked or 'no parts'} tested; {worst}"
    )
    if seen.table.version is None:
        detail += '; name the column of the model or policy version with `version = "…"` to test it too'
    return _check(name, found["p"] >= LEAST_P, f"{detail} (p {found['p']:.3g})", found)


def _predictable(seen: Evidence) -> Check:
    """Do the features together predict T − e?"""
    name, found = "features do not predict the draw", seen.checked["predictable"]
    if found is None:
        return _absent(name, "the propensity is estimated from the features; log it to check")
    detail = f"out of fold, a ridge has p {found['ridge']['p']:.3g}, boosted trees p {found['boosted']['p']:.3g}"
    return _check(name, found["p"] >= LEAST_P, f"{detail} (together {found['p']:.3g})", found)


def _placebo(seen: Evidence) -> Check:
    """Does a coin that nobody acted on show an effect?"""
    rows = placebo(seen.second, seen.names, (seen.score2 >= seen.cutoff).astype(np.float64))
    if not rows:
        return _absent(PLACEBO, "too few held-out rows in D2 to divide by a coin; hold out more")
    least = min(float(row["p"]) for row in rows)
    detail = f"{len(rows)} comparisons of held-out rows by a coin that nobody acted on; the smallest p is {least:.3g}"
    return _check(PLACEBO, all(row["passed"] for row in rows), f"{detail} (Holm, 5 %)", {"rows": rows})


def _before(seen: Evidence) -> Check:
    """Does contact seem to change what had happened before it?"""
    if not seen.table.before:
        return _absent(BEFORE, f"the table names no outcome from before; {ADD}")
    found = outcomes_before({name: y[seen.rows] for name, y in seen.table.before.items()}, **seen.draw)
    judged = [row for row in found if row["available"]]
    if not judged:
        return _absent(BEFORE, "; ".join(str(row["detail"]) for row in found)) | {"figures": {"rows": found}}
    failed = [str(row["outcome"]) for row in judged if not row["passed"]]
    detail = "; ".join(
        f"{row['outcome']} {row['estimate']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f}, p {row['p']:.3g})"
        for row in judged
    )
    said = (
        f"the {' and the '.join(failed)} before differs between the arms"
        if failed
        else "contact changed nothing before"
    )
    return _check(BEFORE, not failed, f"{said}: {detail}", {"rows": found})


def _windows(seen: Evidence) -> Check:
    """Does the effect last, fade or reverse?"""
    name = "effect by window"
    if not seen.table.windows:
        return _absent(name, f"the table names no other windows; {ADD_WINDOWS}")
    found = window_effects(_of_rows(seen), **seen.draw)
    shown = [
        f"{row['outcome']} {row['days']} days {row['estimate']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
        for row in found
        if "estimate" in row
    ]
    return _check(name, None, "; ".join(shown) or "no window has closed in both arms", {"rows": found})


def _missing(seen: Evidence) -> Check:
    """Are outcomes lost more often in one arm?"""
    name = "outcomes missing alike in both arms"
    if not seen.table.windows:
        said = "a label must be known in every row, so none is missing; lost outcomes show as empty cells of windows"
        return _absent(name, f"{said}: {ADD_WINDOWS}")
    found = missing_by_arm(_of_rows(seen), **seen.draw)
    differ = holm(np.array([row["p"] for row in found]), LEAST_P)
    worst = min(found, key=lambda row: float(row["p"]))
    detail = (
        f"{worst['outcome']} after {worst['days']} days is empty in {worst['contacted']:.2%} of the contacted and "
        f"{worst['held_out']:.2%} of the held out (p {worst['p']:.3g})"
    )
    return _check(name, not differ.any(), detail, {"rows": found})


def _valued(seen: Evidence) -> Check:
    """Are the intervals of the benefit asymptotic only?"""
    values = seen.table.benefit
    share = float(np.sort(values)[-max(1, len(values) // 100) :].sum() / values.sum())
    figures: dict[str, JSON] = {
        "binary": seen.table.benefit_binary,
        "largest": float(values.max()),
        "top_percent": share,
    }
    detail = "the benefit is 0/1"
    if not seen.table.benefit_binary:
        detail = (
            f"the benefit is a value: its intervals are asymptotic only; the largest hundredth of the rows holds "
            f"{share:.0%} of it, and the fewer rows hold it, the less the intervals can be trusted"
        )
    return _check("valued benefit", None, detail, figures)


def _feature_drift(seen: Evidence, features: dict[str, Any]) -> Check:
    """Did the customers of D2 look like those of D1?"""
    found = [{"feature": each, **drift(v[seen.rows1], v[seen.rows2])} for each, v in features.items()]
    found.sort(key=lambda row: -float(row["psi"]))
    flagged = [str(row["feature"]) for row in found if row["verdict"] == "flagged"]
    look = sum(row["verdict"] == "worth a look" for row in found)
    detail = (
        f"the largest PSI is {found[0]['psi']:.3f} (`{found[0]['feature']}`); {look} features above {LOOK} worth a look"
    )
    if flagged:
        detail += f", {len(flagged)} above {FLAG}: " + ", ".join(f"`{each}`" for each in flagged[:10])
    return _check("drift of the features", not flagged, detail, {"features": found})


def _score_drift(seen: Evidence) -> Check:
    """Did the score keep its distribution?"""
    found = drift(seen.score1, seen.score2)
    detail = f"PSI {found['psi']:.3f} between the scores of D1 (out of fold) and of D2: {found['verdict']}"
    return _check("drift of the score", found["verdict"] != "flagged", detail, found)


def _shares(seen: Evidence) -> Check:
    """How many stand above the cut-off, and how many were contacted, then and later?"""
    figures: dict[str, JSON] = {"cutoff": seen.cutoff}
    for half, score, rows in (("d1", seen.score1, seen.first), ("d2", seen.score2, seen.second)):
        figures[f"above_{half}"] = float((score >= seen.cutoff).mean())
        figures[f"contacted_{half}"] = float(rows.contacted.mean())
    detail = (
        f"{figures['above_d1']:.1%} of D1 and {figures['above_d2']:.1%} of D2 are above the cut-off; "
        f"{figures['contacted_d1']:.1%} and {figures['contacted_d2']:.1%} were contacted"
    )
    return _check("share above the cut-off", None, detail, figures)


def _overlap(seen: Evidence) -> Check:
    """How many rows are the weights worth?"""
    found = overlap(seen.draw["contacted"], seen.draw["propensity"], estimated=seen.estimated, clipped=seen.clipped)
    arms = {arm: each["effective_sample_size"] for arm, each in found["arms"].items()}
    detail = (
        f"e from {found['lowest']:.4g} to {found['highest']:.4g}; {arms['contacted']:,.0f} contacted and "
        f"{arms['held_out']:,.0f} held-out rows' worth of weight, at least {FLOOR:.0f} needed; "
        f"the largest weight is {found['largest_weight']:.4g}, {found['largest_share']:.2%} of all"
    )
    if found["estimated"]:
        detail += f"; {found['clipped']:,} rows whose estimated e was clipped"
    enough = min(arms.values()) >= FLOOR and found["clipped"] <= MOST_CLIPPED * found["rows"]
    return _check("overlap", enough, detail, found)


def _of_rows(seen: Evidence) -> dict[str, dict[int, Any]]:
    """Return the windows of the rows of both halves."""
    return {
        outcome: {days: y[seen.rows] for days, y in by_days.items()} for outcome, by_days in seen.table.windows.items()
    }

"""Learn, evaluate, certify, gate: from a checked table to a scorer as data and a report (METHOD sections 3–6).

Same table and seed give the same bytes; the seed moves the folds and nothing else: neither split nor order of bets.

Example:
    >>> trained = train(Table.read("data/sample/table.parquet", roles))     # doctest: +SKIP
    >>> trained.report["certificate"]["issued"]                               # doctest: +SKIP
    True
    >>> trained.report.qini.plot()                                            # doctest: +SKIP
"""

import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from model.certifying.issue import issue
from model.certifying.words import sentence
from model.champion import Champion, opponent
from model.contracts import JSON, Certificate, Shares
from model.curves import curves, tried
from model.diagnostics import negative_controls, propensity_check, sceptics
from model.drift import learned as drift_reference
from model.golden import golden_rows
from model.groups import group_effects, tenths
from model.judge import judged
from model.learning.assess import Assessed, assess, average_effects
from model.learning.choices import ARMS
from model.learning.portfolio import Portfolio, learn
from model.learning.prepare import Prepared, prepare
from model.learning.regularisation import in_words
from model.learning.subsample import drawn
from model.policy_value import certified_value
from model.profile import profile
from model.report.report import Report
from model.scorer import SCORERS, Scorer
from model.table import Table

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]

USUAL = Shares()
LEARNING = (0.05, 0.8)  # the shares between which the portfolio is learned
PACKAGES = ("outreach", "numpy", "scipy", "scikit-learn", "pandas")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A scorer with its report (the keys of CONTRACT section 3, JSON, and its pictures), golden rows float64[g, p]."""

    report: Report
    scorer: Scorer
    golden: Floats


def train(  # noqa: PLR0913  (the knobs of one training, all but the table with a default)
    table: Table,
    *,
    seed: int = 0,
    attempt: int = 1,
    jobs: int = 1,
    shares: Shares = USUAL,
    scorers: Sequence[str] = SCORERS,
    progress: Progress | None = None,
    champion: Champion | None = None,
) -> Trained:
    """Learn from a table and say what may be done with the result; `attempt` counts certificates on the same data.

    The certificate is for a system that explores with these `shares` of the arms, and holds for no other.
    `scorers` may be fewer for a quick run; `average` and `response` are always learned. `progress` is told what is done
    and its share. The gate compares with the `champion`, or with nobody; all else is as without one. Raises
    `InvalidTable` where a half lacks an arm.
    """
    with threadpool_limits(limits=1):  # sums in one order, whatever the machine: the same bytes
        return _train(
            table,
            seed=seed,
            attempt=attempt,
            jobs=jobs,
            shares=shares,
            scorers=scorers,
            tell=progress or (lambda _what, _share: None),
            champion=champion,
        )


def _train(  # noqa: PLR0913  (as above)
    table: Table,
    *,
    seed: int,
    attempt: int,
    jobs: int,
    shares: Shares,
    scorers: Sequence[str],
    tell: Progress,
    champion: Champion | None,
) -> Trained:
    """Train on a single thread of linear algebra; fits run side by side with `jobs`."""
    tell("preparing", 0.0)
    prepared = prepare(table, seed=seed, jobs=jobs)
    portfolio = learn(
        prepared.first,
        weights={name: float(value) for name, value in asdict(table.roles.weights).items()},
        folds=prepared.folds,
        names=prepared.first_names,
        binary=table.benefit_binary,
        jobs=jobs,
        scorers=scorers,
        progress=lambda what, share: tell(what, LEARNING[0] + (LEARNING[1] - LEARNING[0]) * share),
    )
    tell("evaluating", 0.8)
    assessed = assess(prepared, portfolio, table=table, jobs=jobs)
    rows = np.concatenate([prepared.split.first, prepared.split.second])
    checked = propensity_check(
        prepared.first,
        prepared.second,
        estimated=prepared.estimated,
        folds=prepared.folds,
        time=None if table.time is None else table.time[rows],
        version=None if table.version is None else table.version[rows],
    )
    tell("certifying", 0.88)
    issued = issue(table, prepared, assessed, propensity=checked, attempt=attempt, shares=shares)
    certificate = issued.certificate
    tell("reporting", 0.95)
    asked = sceptics(table, prepared, assessed, certificate, checked)
    report = _report(table, prepared, assessed, certificate, checked)
    other = opponent(champion, assessed.scorer, certificate)
    report |= judged(table, prepared, assessed, certificate=certificate, propensity=checked, champion=other)
    report |= {
        "learning": learning(prepared, portfolio),
        "overlap": next(check["figures"] for check in asked if check["name"] == "overlap"),
        "negative_controls": negative_controls(asked),
        "checks": asked,
        "seed": seed,
        "versions": versions(),
    }
    drawn = curves(prepared.second, assessed) | tried(issued.tested, certificate.delta)
    trained = Trained(
        report=Report(finite(report), drawn),
        scorer=assessed.scorer,
        golden=golden_rows(prepared.first.rows, assessed.scorer),
    )
    tell("done", 1.0)
    return trained


def _report(
    table: Table, prepared: Prepared, assessed: Assessed, certificate: Certificate, checked: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Return the report but for the gate, learning, checks, seed and versions."""
    second = prepared.second
    groups = tenths(assessed.score)
    gammas = assessed.gammas[-len(assessed.score) :]
    return {
        "rows": table.rows,
        "contacted_rate": float(table.contacted.mean()),
        "average_effect": average_effects(table, prepared, assessed),
        "propensity_check": dict(checked),
        "scorers": assessed.scorers,
        "qini": asdict(assessed.qini),
        "qini_sklift": assessed.qini_sklift,
        "rate": asdict(assessed.rate),
        "calibration": _slope(assessed),
        "groups": group_effects(second, groups, score=assessed.score, gamma=assessed.gamma, gammas=gammas),
        "profile": profile(second.rows, top=groups[0], bottom=groups[-1]),
        "policy_value": assessed.policy_value | {"certified": _certified(prepared, assessed, certificate)},
        "certificate": stated(certificate),
        "reference": drift_reference(assessed.scorer.features, second.rows.codes, assessed.score),
        "data_sha256": table.data_sha256,
        "notes": [*table.notes, *filter(None, [prepared.split.warning])],
    }


def _certified(prepared: Prepared, assessed: Assessed, certificate: Certificate) -> dict[str, JSON] | None:
    """Return the value of the rule that the certificate speaks of; None where none was issued."""
    second = prepared.second
    response = assessed.scorers_by_name["response"].predict(second.rows.codes).net_benefit
    scores = {"model": assessed.score, "response": response}
    return certified_value(scores, assessed.gamma, second.cluster, cutoff=certificate.cutoff)


def learning(prepared: Prepared, portfolio: Portfolio) -> dict[str, JSON]:
    """Return how the portfolio was learned: rows, folds, the outcome means, and what was learned on fewer rows."""
    d1, selected = len(portfolio.folds), len(portfolio.selection)
    note = "every scorer was tuned, taught out of fold and selected on all of D1"
    if selected < d1:
        how = drawn(portfolio.half.cluster, portfolio.selection)
        note = (
            f"{selected:,} of {d1:,} rows of D1 ({how}) tuned and taught the scorers that were "
            "compared; the other rows were scored by learners that never saw them; the scorer that is deployed, and "
            "the outcome means behind every figure, are fitted on all of D1"
        )
    return {
        "d1_rows": d1,
        "d2_rows": len(prepared.split.second),
        "selection_rows": selected,
        "folds": len(np.unique(portfolio.folds)),
        "note": note,
        "nuisances": {
            name: {arm: in_words(base) for arm, base in zip(ARMS, bases.means, strict=True)}
            for name, bases in portfolio.bases.items()
        },
        "propensity": prepared.learned or "as logged",
    }


def _slope(assessed: Assessed) -> dict[str, JSON]:
    """Return the calibration as the report states it: nulls for a constant scorer."""
    slope = assessed.calibration
    return {
        "slope": None if slope is None else slope.estimate,
        "low": None if slope is None else slope.low,
        "high": None if slope is None else slope.high,
    }


def stated(certificate: Certificate) -> dict[str, JSON]:
    """Return a certificate as JSON."""
    return {
        **asdict(certificate),
        "scope": [list(pair) for pair in certificate.scope],
        "bounds": [asdict(bound) for bound in certificate.bounds],
        "assumptions": list(certificate.assumptions),
        "expires": None,
        "sentence": sentence(certificate),
    }


def versions() -> dict[str, str]:
    """Return the versions that made the figures."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def finite(value: JSON) -> JSON:
    """Return the value with every NaN or infinite number as None, and numpy scalars as Python's."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Small, valid examples that several tests share: columns, a scorer, a certificate, a report."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.features import encode, fit_features
from model.linear import LinearScorer

ISSUED_AT = datetime(2026, 11, 20, 18, 0, 0, tzinfo=UTC)


def columns(rows: int = 60, seed: int = 3) -> dict[str, np.ndarray]:
    """Three columns of the three kinds, with missing ages."""
    rng = np.random.default_rng(seed)
    age = rng.normal(45.0, 12.0, rows)
    age[::7] = np.nan
    plan = np.array(["basic", "plus", "pro"], dtype=object)[rng.integers(0, 3, rows)]
    return {"age": age, "member": rng.random(rows) < 0.5, "plan": plan}


def scorer(*, arms: int = 2, seed: int = 4) -> LinearScorer:
    """Return a T-logit (two arms) or a response scorer (one arm)."""
    features = fit_features(columns())
    width = encode(features, columns(), 60).shape[1] + 1
    rng = np.random.default_rng(seed)
    return LinearScorer(
        name="t_logit" if arms == 2 else "response",
        features=features,
        links=("logistic", "logistic", "identity"),
        coef1=rng.normal(0.0, 0.3, (3, width)),
        coef0=rng.normal(0.0, 0.3, (3, width)) if arms == 2 else None,
        offset=np.array([0.03, 0.001, 0.0005]),
        centre=np.array([0.01, 0.0, 0.0]),
        slope=0.8,
        weights={"benefit": 1.0, "complaint": 1.0, "opt_out": 2.0, "contact": 0.001},
    )


def rows(learned: LinearScorer, count: int = 60) -> np.ndarray:
    """Encoded rows for a scorer's features."""
    return encode(learned.features, columns(count), count)


def certificate(learned: LinearScorer, *, issued: bool = True) -> dict[str, Any]:
    """Return a certificate as a report states it."""
    bound = {"estimate": 0.001, "bound": 0.004, "alpha": 0.005, "control_rate": 0.006}
    return {
        "issued": issued,
        "reason": "both harms are certified" if issued else "about 27,000 more rows are needed",
        "cutoff": 0.004 if issued else None,
        "share_contacted": 0.6 if issued else None,
        "bounds": [{"harm": "complaint", **bound}, {"harm": "opt_out", **bound}] if issued else [],
        "alpha": {"complaint": 0.005, "opt_out": 0.005},
        "delta": 0.05,
        "n": 20_000,
        "scope": [["delivery_update", "chat"]],
        "expires": None,
        "method": "betting",
        "assumptions": ["the logged propensities are those of the design"],
        "scorer_sha256": learned.sha256(),
    }


def extra(learned: LinearScorer, *, issued: bool = True) -> dict[str, Any]:
    """Return the parts of a report that an artefact carries."""
    checks = [{"name": "harm", "passed": issued, "detail": "a certificate at 0.004"}]
    return {
        "certificate": certificate(learned, issued=issued),
        "gate": {"promoted": issued, "checks": checks},
        "data_sha256": "ab" * 32,
        "seed": 0,
        "versions": {"numpy": "2.4.6"},
    }

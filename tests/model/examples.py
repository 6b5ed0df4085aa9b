"""Small, valid examples that several tests share: columns, a scorer, a certificate, a report."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.features import Feature, encode, fit_features
from model.heads import Boosted, Heads, Linear
from model.learning.design import width
from model.scorer import OUTCOMES, Calibration, Scorer
from model.trees.forest import LEVELS, Tree

ISSUED_AT = datetime(2026, 11, 20, 18, 0, 0, tzinfo=UTC)


def columns(rows: int = 60, seed: int = 3) -> dict[str, np.ndarray]:
    """Three columns of the three kinds, with missing ages."""
    rng = np.random.default_rng(seed)
    age = rng.normal(45.0, 12.0, rows)
    age[::7] = np.nan
    plan = np.array(["basic", "plus", "pro"], dtype=object)[rng.integers(0, 3, rows)]
    return {"age": age, "member": rng.random(rows) < 0.5, "plan": plan}


WEIGHTS = {"benefit": 1.0, "complaint": 1.0, "opt_out": 2.0, "contact": 0.001}
CALIBRATION = Calibration(offset=np.array([0.03, 0.001, 0.0005]), centre=np.array([0.01, 0.0, 0.0]), slope=0.8)


def scorer(*, arms: int = 2, seed: int = 4) -> Scorer:
    """Return a T-logit (two arms) or a response scorer (one arm): linear heads only."""
    features, rng = fit_features(columns()), np.random.default_rng(seed)
    coef = rng.normal(0.0, 0.3, (2, 3, width(features) + 1))
    mix = (1.0, -1.0) if arms == 2 else (1.0, 0.0)
    heads = {
        outcome: Heads(link, mix, Linear(coef[0, k]), Linear(coef[1, k]) if arms == 2 else None)
        for k, (outcome, link) in enumerate(zip(OUTCOMES, ("logistic", "logistic", "identity"), strict=True))
    }
    return Scorer.of("t_logit" if arms == 2 else "response", heads, features, CALIBRATION, WEIGHTS)


def tree(features: tuple[Feature, ...], rng: np.random.Generator, *, depth: int = 3) -> Tree:
    """Grow a random tree over these features: numbers by threshold, one of them infinite, categories by set."""
    nodes: list[tuple[float, ...]] = []
    sets: list[np.ndarray] = []

    def grow(level: int) -> int:
        place = len(nodes)
        nodes.append(())
        if level == depth or rng.random() < 0.15:
            nodes[place] = (-1, 0.0, 0, 0, 0, -1, float(rng.normal(0.0, 0.1)))
            return place
        j = int(rng.integers(0, len(features)))
        asked = features[j].kind == "category"
        if asked:
            sets.append(rng.random(LEVELS) < 0.5)
        threshold = 0.0 if asked else np.inf if rng.random() < 0.2 else float(rng.normal(features[j].fill, 5.0))
        row, missing = len(sets) - 1 if asked else -1, int(rng.random() < 0.5)
        nodes[place] = (j, threshold, grow(level + 1), grow(level + 1), missing, row, 0.0)
        return place

    grow(0)
    table = np.array(nodes, dtype=np.float64)
    whole = np.where(np.isfinite(table), table, 0.0).astype(np.int64)
    return Tree(
        feature=whole[:, 0],
        threshold=table[:, 1],
        left=whole[:, 2],
        right=whole[:, 3],
        missing_left=whole[:, 4] > 0,
        set=whole[:, 5],
        sets=np.array(sets, dtype=np.bool_).reshape(-1, LEVELS),
        value=table[:, 6],
    )


def boosted_scorer(*, seed: int = 4, trees: int = 6, name: str = "t_boosting") -> Scorer:
    """Return a scorer of trees for benefit, trees against a linear arm for complaints, nothing for opt-outs."""
    features, rng = fit_features(columns()), np.random.default_rng(seed)

    def grown(baseline: float) -> Boosted:
        return Boosted(baseline, tuple(tree(features, rng) for _ in range(trees)))

    linear = Linear(rng.normal(0.0, 0.3, width(features) + 1))
    heads = {
        "benefit": Heads("logistic", (1.0, -1.0), grown(-1.0), grown(-1.2)),
        "complaint": Heads("identity", (0.25, 0.75), grown(0.01), linear),
    }
    return Scorer.of(name, heads, features, CALIBRATION, WEIGHTS)


def rows(learned: Scorer, count: int = 60) -> np.ndarray:
    """Rows for a scorer's features, as codes."""
    return encode(learned.features, columns(count), count)


def certificate(learned: Scorer, *, issued: bool = True) -> dict[str, Any]:
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


def extra(learned: Scorer, *, issued: bool = True) -> dict[str, Any]:
    """Return the parts of a report that an artefact carries."""
    checks = [{"name": "harm", "passed": issued, "detail": "a certificate at 0.004"}]
    return {
        "certificate": certificate(learned, issued=issued),
        "gate": {"promoted": issued, "checks": checks},
        "data_sha256": "ab" * 32,
        "seed": 0,
        "versions": {"numpy": "2.4.6"},
    }

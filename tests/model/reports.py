"""A report with every key of CONTRACT section 3, and its curves: small and made up, for tests of what shows them."""

from typing import Any

import numpy as np

from tests.model.examples import certificate, scorer

SHARES = np.linspace(0.1, 1.0, 10)


def interval(estimate: float, se: float = 0.005) -> dict[str, Any]:
    """Return an interval as a report states it."""
    return {"estimate": estimate, "low": estimate - 1.96 * se, "high": estimate + 1.96 * se, "se": se}


def report(*, issued: bool = True) -> dict[str, Any]:
    """Return a report of a T-logit scorer, certified or not."""
    learned = scorer()
    means = {"contacted": 0.26, "held_out": 0.2}
    effect = {"method": "difference in means", "means": means}
    detail = {"detectable": 0.01, "p": 0.4, "judged": True, "passed": True}
    return {
        "rows": 12_345,
        "contacted_rate": 0.5,
        "average_effect": {
            "benefit": interval(0.06) | effect,
            "complaint": interval(-0.0021, 0.001) | effect,
            "opt_out": None,
        },
        "propensity_check": {"passed": True, "estimated": False, "detail": "0.5 contacted, 0.5 expected (p 0.9)"},
        "overlap": {
            "lowest": 0.5,
            "highest": 0.5,
            "effective_sample_size": 12_345.0,
            "largest_weight": 2.0,
            "rows": 12_345,
        },
        "scorers": [
            {"name": "average", "dr_qini": 0.0, "se": 0.0, "chosen": False, "reason": "worse than the best"},
            {"name": "t_logit", "dr_qini": 0.02, "se": 0.002, "chosen": True, "reason": "the best on D1"},
        ],
        "qini": interval(0.018),
        "qini_sklift": 0.061,
        "rate": interval(0.05, 0.01),
        "calibration": {"slope": 1.04, "low": 0.84, "high": 1.24},
        "policy_value": policy_value(),
        "certificate": certificate(learned, issued=issued),
        "gate": {
            "promoted": issued,
            "checks": [
                {"name": "value", "passed": True, "detail": "0.055 per occasion"},
                {"name": "harm", "passed": issued, "detail": "see the certificate"},
            ],
        },
        "segments": [{"column": "region", "value": "north", "rows": 900, "contacted": 0.8} | interval(0.05) | detail],
        "negative_controls": [
            {"name": "placebo treatment", "outcome": "benefit", "available": True, "passed": True} | interval(0.0003),
            {"name": "outcomes before", "available": False, "detail": "the table holds none"},
        ],
        "data_sha256": "ab" * 32,
        "seed": 0,
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    }


def policy_value() -> dict[str, Any]:
    """Return `policy_value` at the cut-off and by share."""
    rows = [{"share": share} | compared(share) for share in SHARES.tolist()]
    return compared(0.8) | {"at_shares": rows}


def compared(share: float) -> dict[str, Any]:
    """Return each policy at a share, and the paired differences."""
    worth = {"model": 0.07 * share, "everyone": 0.036, "nobody": 0.0, "random": 0.036 * share, "response": 0.05 * share}
    contacts = {"everyone": 1.0, "nobody": 0.0}
    policies = {name: interval(value) | {"contacted": contacts.get(name, share)} for name, value in worth.items()}
    gaps = {f"model_minus_{name}": interval(worth["model"] - value) for name, value in worth.items() if name != "model"}
    return policies | {"differences": gaps}


def curves() -> dict[str, np.ndarray]:
    """Return the arrays that the pictures are drawn from."""
    share = np.linspace(0.0, 1.0, 101)
    effect = np.linspace(0.12, -0.13, 10)
    value = 0.07 * SHARES
    return {
        "share": share,
        "gain": 0.036 * share + 0.1 * share * (1.0 - share),
        "gain_random": 0.036 * share,
        "group_predicted": effect + 0.01,
        "group_effect": effect,
        "group_low": effect - 0.04,
        "group_high": effect + 0.04,
        "value_share": SHARES,
        "value": value,
        "value_low": value - 0.01,
        "value_high": value + 0.01,
        "score": np.linspace(-0.1, 0.2, 500),
    }

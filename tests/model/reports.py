"""A report with every key of CONTRACT section 3, and its curves: small and made up, for tests of what shows them."""

from typing import Any

import numpy as np

from model.manifest import quotable
from tests.model.examples import certificate, scorer

SHARES = np.linspace(0.1, 1.0, 10)
EFFECTS = np.linspace(0.12, -0.13, 10)


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
            tried("average", 0.0, 0.0, reason="worse than the best"),
            tried("response", 0.012, 0.002, reason="worse than the best"),
            tried("t_logit", 0.02, 0.002, reason="the best on D1", chosen=True),
            tried("dr", 0.019, 0.002, reason="not simpler than `t_logit`"),
        ],
        "qini": interval(0.018),
        "qini_sklift": 0.061,
        "rate": interval(0.05, 0.01),
        "calibration": {"slope": 1.04, "low": 0.84, "high": 1.24},
        "groups": [group(number, effect) for number, effect in enumerate(EFFECTS.tolist(), start=1)],
        "profile": {
            "rows": {"highest": 500, "lowest": 500, "everyone": 5_000},
            "features": [
                {"name": "plan: pro", "kind": "share", "highest": 0.42, "lowest": 0.1, "everyone": 0.14, "apart": 0.9},
                {
                    "name": "tenure_days",
                    "kind": "mean",
                    "highest": 297.0,
                    "lowest": 497.0,
                    "everyone": 419.0,
                    "apart": -0.5,
                },
            ],
        },
        "policy_value": policy_value(issued=issued),
        "certificate": quoted(certificate(learned, issued=issued)),
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
        "checks": checks(),
        "learning": {
            "d1_rows": 7_345,
            "d2_rows": 5_000,
            "selection_rows": 6_000,
            "folds": 5,
            "note": "whole clusters by their hash",
            "nuisances": {"benefit": {"contacted": "logistic, strength 1", "held_out": "logistic, strength 10"}},
        },
        "data_sha256": "ab" * 32,
        "seed": 0,
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    }


def quoted(stated: dict[str, Any]) -> dict[str, Any]:
    """Add a certificate's sentence, as training does."""
    return stated | {"sentence": quotable(stated)}


def tried(name: str, qini: float, se: float, *, reason: str, chosen: bool = False) -> dict[str, Any]:
    """Return one scorer as selection states it."""
    figures = {"dr_qini": qini, "se": se, "low": qini - 1.96 * se, "high": qini + 1.96 * se}
    behind = {"behind_best": interval(0.02 - qini, 0.002), "learned": f"what {name} learned with"}
    return {"name": name, "chosen": chosen, "reason": reason} | figures | behind


def group(number: int, effect: float) -> dict[str, Any]:
    """Return one group of occasions; the lowest ranked complain more."""
    found = {"net_benefit": interval(effect, 0.02), "benefit": interval(effect + 0.002, 0.02), "opt_out": None}
    harm = {"complaint": interval(0.001 * number - 0.004, 0.002), "without": {"benefit": 0.2, "complaint": 0.006}}
    return {"name": f"tenth_{number}", "rows": 500, "predicted": effect + 0.01, "lowest_score": effect} | found | harm


def checks() -> list[dict[str, Any]]:
    """Return a sceptic's checks: one that passed, one that failed, one that informs, one that could not be made."""
    return [
        {
            "name": "sample ratio",
            "available": True,
            "passed": True,
            "detail": "the arms have the sizes that were drawn",
            "figures": {"p": 0.4, "days": [{"name": "monday", "p": 0.2}, {"name": "tuesday", "p": 0.9}]},
        },
        {
            "name": "missing outcomes",
            "available": True,
            "passed": False,
            "detail": "4 % of outcomes are missing with contact, 1 % without",
            "figures": {"difference": interval(0.03)},
        },
        {
            "name": "drift",
            "available": True,
            "passed": None,
            "detail": "features moved a little",
            "figures": {"psi": 0.04},
        },
        {"name": "windows", "available": False, "passed": None, "detail": "the table has one window", "figures": {}},
    ]


def policy_value(*, issued: bool) -> dict[str, Any]:
    """Return `policy_value` at cut-off 0, by share, and of the certified rule, which contacts fewer."""
    rows = [{"share": share, "ties": False} | compared(share) for share in SHARES.tolist()]
    return compared(0.8) | {"at_shares": rows, "certified": certified() if issued else None}


def certified() -> dict[str, Any]:
    """Return the value of the certified rule, with its paired differences."""
    others = {"model": 0.056, "everyone": 0.036, "nobody": 0.0, "random": 0.0216, "response": 0.04}
    gaps = {f"certified_minus_{name}": interval(0.048 - value) for name, value in others.items()}
    return {
        "cutoff": 0.004,
        "contacted": 0.6,
        "random": interval(0.0216) | {"contacted": 0.6},
        "differences": gaps,
    } | interval(0.048)


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
    value, qini = 0.07 * SHARES, 0.1 * share * (1.0 - share)
    bands = {"gain": 0.036 * share + qini, "qini": qini}
    width = 0.02 * np.sqrt(share)
    return {
        "share": share,
        "gain_random": 0.036 * share,
        **bands,
        **{f"{name}_low": band - width for name, band in bands.items()},
        **{f"{name}_high": band + width for name, band in bands.items()},
        **{f"{name}_all_low": band - 1.5 * width for name, band in bands.items()},
        **{f"{name}_all_high": band + 1.5 * width for name, band in bands.items()},
        "value_share": SHARES,
        "value": value,
        "value_low": value - 0.01,
        "value_high": value + 0.01,
        "score": np.linspace(-0.1, 0.2, 500),
        "tried_cutoff": np.array([0.0, 0.0, 0.004, 0.02, 0.05]),
        "tried_contacted": np.array([1.0, 0.8, 0.6, 0.4, 0.2]),
        "tried_complaint": np.array([0.7, 0.02, 1e-4, 1e-6, 1e-7]),
        "tried_opt_out": np.array([0.6, 0.01, 1e-5, 1e-5, 1e-3]),
        "tried_limit": np.array([0.05, 0.025, 0.0125, 0.01, 0.0167]),
        "tried_certified": np.array([False, True, True, True, True]),
        "tried_deployed": np.array([False, True, True, True, True]),
    }

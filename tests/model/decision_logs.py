"""Logs whose truth is known: customers x in [0, 1], contact worth more the larger x."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.off_policy.evaluate import Log

GRID = (np.arange(100_000) + 0.5) / 100_000


def held_out_mean(x: np.ndarray) -> np.ndarray:
    """Return P(benefit | held out)."""
    return 0.2 + 0.3 * x


def contacted_mean(x: np.ndarray) -> np.ndarray:
    """Return P(benefit | contacted): contact harms the small and helps the large."""
    return held_out_mean(x) + 0.4 * (x - 0.3)


def steep(x: np.ndarray) -> np.ndarray:
    """Return the logging policy's P(contacted): from .1 to .9."""
    return 0.1 + 0.8 * x


def shares(x: np.ndarray) -> np.ndarray:
    """Return P(contacted) of a cut-off at one half with the arms as shipped: .95 and .02."""
    return np.where(x >= 0.5, 0.95, 0.02)


def large(x: np.ndarray) -> np.ndarray:
    """Return the evaluation policy: contact those above .4."""
    return (x > 0.4).astype(float)


def true_value(rule: Any) -> float:
    """Return the mean benefit of a rule in the population."""
    return float(np.mean(rule(GRID) * contacted_mean(GRID) + (1.0 - rule(GRID)) * held_out_mean(GRID)))


@dataclass(frozen=True)
class Drawn:
    """A log with the customers behind it."""

    log: Log
    x: np.ndarray


def drawn(rows: int, seed: int, *, logging: Any = steep, size: int = 1, **columns: Any) -> Drawn:
    """Draw a log of clusters of `size` rows that share one x; `columns` replace those of the log (functions of x)."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.random(rows // size), size)
    e = logging(x)
    contacted = rng.random(len(x)) < e
    chance = np.where(contacted, contacted_mean(x), held_out_mean(x))
    given: dict[str, Any] = {
        "contacted": contacted,
        "propensity": e,
        "outcome": (rng.random(len(x)) < chance).astype(float),
        "cluster": np.repeat(np.arange(rows // size), size),
    }
    return Drawn(log=Log(**given | {name: value(x) for name, value in columns.items()}), x=x)


def right_means(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the true (m1, m0)."""
    return contacted_mean(x), held_out_mean(x)


def wrong_means(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means that get the order of customers, and of the arms, wrong."""
    return 0.6 - 0.3 * x, 0.9 - 0.2 * x


def tiny(**changes: Any) -> dict[str, Any]:
    """Return the columns of a log of four rows that keeps every rule, changed."""
    return {
        "contacted": np.array([True, False, True, False]),
        "propensity": np.array([0.5, 0.25, 1.0, 0.0]),
        "outcome": np.array([1.0, 0.0, 1.0, 1.0]),
        "cluster": np.array(["anna", "bob", "anna", "carl"]),
    } | changes

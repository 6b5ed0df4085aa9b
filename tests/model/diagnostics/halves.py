"""Halves drawn as logged, or not: what the checks of the draw look at."""

import numpy as np

from model.features import Feature
from model.learning.coded import Coded, as_coded
from model.split import Half


def half(
    rows: int = 3000, *, seed: int = 0, e: float = 0.5, drawn: float | None = None, tilt: float = 0.0, how: str = "sign"
) -> Half:
    """Rows contacted with probability `drawn` (as logged without it), `tilt` more where the features say `how`.

    `sign`: the first is above 0; `far`: it is far from 0; `both`: it has the sign of the second.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    hows = {"sign": np.sign(X[:, 0]), "far": np.sign(np.abs(X[:, 0]) - 0.6745), "both": np.sign(X[:, 0] * X[:, 1])}
    true = np.clip((e if drawn is None else drawn) + tilt * hows[how], 0, 1)
    return Half(
        rows=coded(X),
        contacted=rng.random(rows) < true,
        propensity=np.full(rows, e),
        cluster=np.arange(rows),
        benefit=(rng.random(rows) < 0.2).astype(float),
        complaint=(rng.random(rows) < 0.05).astype(float),
        opt_out=None,
    )


def coded(X: np.ndarray) -> Coded:
    """Numbers as they are: features of centre 0 and scale 1, so that halves share them."""
    return as_coded(X, tuple(Feature(name=f"x{j}", kind="number") for j in range(X.shape[1])))

"""The linear scorer by its first name, until nobody asks for it: `model.scorer` holds the one scorer there is."""

from typing import Any

import numpy as np

from model.heads import LINKS, linked
from model.scorer import BLOCK, OUTCOMES, SCORERS, WEIGHTS, Effects, Floats, Scorer

__all__ = ["BLOCK", "LINKS", "OUTCOMES", "SCORERS", "WEIGHTS", "Effects", "Floats", "LinearScorer", "linked"]


class LinearScorer(Scorer):
    """A scorer without trees, its mix told by whether there is a `coef0`."""

    def __init__(self, **parts: Any) -> None:
        second = 0.0 if parts.get("coef0") is None else -1.0
        usual: dict[str, Any] = {
            "mix": np.array([[1.0, second]] * 3),
            "offset": np.zeros(3),
            "centre": np.zeros(3),
            "slope": 1.0,
        }
        super().__init__(**(usual | parts))

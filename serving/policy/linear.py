"""A small linear text model: how much a text reads like marketing.

A text is its words and pairs of words (`serving.policy.tokens`). Each has a weight for the whole text and one for its
sentence; a sum over n features is divided by the root of n, so that length does not count. What decides is the whole
text and the sentence that sells most: one sentence of marketing in a service message makes it marketing. The weights
are data (`serving.wording_files`), learned by `model.wording`; docs/wording.md says how, and where it fails.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from serving.policy.tokens import sentences

STEEPEST = 30.0  # a margin beyond it is no surer


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights by feature, of the `whole` text and of a `part`; `sha256` is that of the file that they are from."""

    whole: Mapping[str, float]
    part: Mapping[str, float]
    intercept: float
    sha256: str

    def weigh(self, lines: Sequence[str], hints: Iterable[str]) -> tuple[float, int | None]:
        """Return the score from 0 to 1 (marketing from 0.5 on) and the sentence that counted most.

        `lines` are those of the text in plain form, `hints` what the rules say of it, as features.
        """
        return self.scored(sentences(lines), hints)

    def scored(self, found: Sequence[Sequence[str]], hints: Iterable[str]) -> tuple[float, int | None]:
        """Return the same for the features of sentences."""
        seen, most, which = set(hints), -math.inf, None
        for number, features in enumerate(found):
            bag = set(features)
            total = _mean(self.part, bag)
            if total > most:
                most, which = total, number
            seen |= bag
        if which is None:
            return 0.0, None
        margin = max(-STEEPEST, min(STEEPEST, _mean(self.whole, seen) + most + self.intercept))
        return 1 / (1 + math.exp(-margin)), which


def _mean(weights: Mapping[str, float], features: Collection[str]) -> float:
    """Return the sum over the root of the number of features; `fsum` has the same for any order that a set may have."""
    return math.fsum(filter(None, map(weights.get, features))) / math.sqrt(len(features))


SILENT = Linear({}, {}, -STEEPEST, "")  # finds nothing: for what is about the rules alone

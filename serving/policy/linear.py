"""A small linear text model: how much a text reads like marketing.

A text is its words and pairs of words (`serving.policy.tokens`). Each has a weight for the whole text and one for its
sentence; a sum over n features is divided by the root of n, so that length does not count. What decides is the whole
text with the sentence that sells most, or two neighbouring sentences that clearly sell by themselves: marketing in a
service message makes it marketing, whatever stands around it. The weights are data (`serving.policy_files.weights`),
learned by `model.wording`; docs/wording.md says how, and where it fails.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from serving.policy.tokens import sentences

STEEPEST = 30.0  # a margin beyond it is no surer
PAIR = 1.5  # how much surer two sentences by themselves must be: they have less around them that explains them


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
        margin, which = self.margin(found, hints)
        return 0.0 if which is None else 1 / (1 + math.exp(-max(-STEEPEST, min(STEEPEST, margin)))), which

    def margin(self, found: Sequence[Sequence[str]], hints: Iterable[str]) -> tuple[float, int | None]:
        """Return the margin of the whole text, or of two neighbouring sentences that sell more, and which one most.

        The whole: (sum of its sentences' and hints' weights) / √(their number) + the most of its sentences.
        """
        bags, hinted = [set(each) for each in found], set(hints)
        if not bags:
            return -math.inf, None
        sums = [_sum(self.whole, bag) for bag in bags]
        most = [_sum(self.part, bag) / math.sqrt(len(bag)) for bag in bags]
        sizes = [len(bag) for bag in bags]
        total = math.fsum([*sums, _sum(self.whole, hinted)]) / math.sqrt(sum(sizes) + len(hinted))
        margins = [(total + max(most), most.index(max(most)))]
        for at in range(len(bags) - 1):
            pair = (sums[at] + sums[at + 1]) / math.sqrt(sizes[at] + sizes[at + 1])
            which = at if most[at] >= most[at + 1] else at + 1
            margins.append((pair + most[which] - PAIR, which))
        margin, which = max(margins)
        return margin + self.intercept, which


def _sum(weights: Mapping[str, float], features: Collection[str]) -> float:
    """Return the sum of their weights; `fsum` has the same for any order that a set may have."""
    return math.fsum(filter(None, map(weights.get, features)))


SILENT = Linear({}, {}, -STEEPEST, "")  # finds nothing: for what is about the rules alone

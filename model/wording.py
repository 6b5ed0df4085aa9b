"""Learning the wording model: which words, and pairs of words, only marketing says.

Two logistic regressions over binary features, each scaled by its naive-Bayes log-count ratio (Wang and Manning,
"Baselines and Bigrams", ACL 2012): one of whole messages, one of sentences. Of a message that sells, the sentences of
the part that sells are examples, weighted by how much they read like it (multiple-instance learning: at least one
sells); all other sentences are service. What features a text has is the caller's to say: judging uses the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from model.errors import InvalidInput

RAREST = 4  # messages that a feature must stand in
STRENGTH = 30.0  # inverse of the penalty
ROUNDS = 2  # of weighing the sentences that sell
LEAST = 0.05  # of the weight of the sentence that sells most
SELLS, SERVES = 0.5, 0.2  # shares of a sentence's pairs within the part that sells: from, below
SENTENCE = 0.5  # how much the sentence that sells most counts beside the whole text

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Weights = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Message:
    """A labelled text: the features of its sentences, those of the part that sells (None: all of it), and `hints`.

    `group` is what is left out together in cross-validation: messages of one hand.
    """

    sentences: Sequence[Sequence[str]]
    selling: frozenset[str] | None
    hints: Sequence[str]
    marketing: bool
    group: str

    def whole(self) -> set[str]:
        """Return the features of the whole text."""
        return {*chain.from_iterable(self.sentences), *self.hints}


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights by feature (of a whole text, of a sentence) and their sum's intercept."""

    weights: Weights
    intercept: float


def learn(messages: Sequence[Message]) -> Learned:
    """Learn the weights; raises InvalidInput where one of the two classes is missing."""
    labels = np.array([each.marketing for each in messages], dtype=bool)
    if labels.all() or not labels.any():
        raise InvalidInput("the sentences are all of one class; wording is learned from `service` and `marketing`")
    counts = Counter(chain.from_iterable(each.whole() for each in messages))
    index = {name: place for place, name in enumerate(sorted(name for name, n in counts.items() if n >= RAREST))}
    if not index:
        raise InvalidInput(f"no word stands in {RAREST} of the texts; add sentences of both classes")
    whole, whole_intercept = _fitted(_matrix([each.whole() for each in messages], index), labels, lambda _: None)
    bags, selling, owners = _examples(messages)
    sentence, sentence_intercept = _fitted(_matrix(bags, index), selling, _by_message(selling, owners))
    weights = {
        name: (round(float(whole[place]), 3), round(SENTENCE * float(sentence[place]), 3))
        for name, place in index.items()
    }
    kept = {name: pair for name, pair in weights.items() if pair != (0.0, 0.0)}
    return Learned(kept, whole_intercept + SENTENCE * sentence_intercept)


def cross_validated(
    messages: Sequence[Message], margins: Callable[[Learned, Sequence[Message]], list[float]], *, jobs: int = 1
) -> Floats:
    """Return each message's margin under what was learned from the other groups."""
    groups = sorted({each.group for each in messages})
    parts = Parallel(n_jobs=jobs)(delayed(_left_out)(messages, group, margins) for group in groups)
    judged = np.zeros(len(messages))
    for places, found in parts:
        judged[places] = found
    return judged


def _left_out(
    messages: Sequence[Message], group: str, margins: Callable[[Learned, Sequence[Message]], list[float]]
) -> tuple[list[int], list[float]]:
    learned = learn([each for each in messages if each.group != group])
    places = [place for place, each in enumerate(messages) if each.group == group]
    return places, margins(learned, [messages[place] for place in places])


def _examples(messages: Sequence[Message]) -> tuple[list[set[str]], Truths, list[int]]:
    """Return sentences, whether each sells, and whose it is; those of which it is unclear are left out."""
    bags: list[set[str]] = []
    sells: list[bool] = []
    owners: list[int] = []
    for owner, message in enumerate(messages):
        for sentence, share in zip(message.sentences, _shares(message), strict=True):
            if SERVES <= share < SELLS:
                continue
            bags.append(set(sentence))
            sells.append(share >= SELLS)
            owners.append(owner)
    return bags, np.array(sells, dtype=bool), owners


def _shares(message: Message) -> list[float]:
    """Return for each sentence which share of its pairs stands in the part that sells; of one at least, all."""
    if not message.marketing:
        return [0.0] * len(message.sentences)
    if message.selling is None:
        return [1.0] * len(message.sentences)
    pairs = [[each for each in sentence if " " in each] for sentence in message.sentences]
    shares = [sum(each in message.selling for each in own) / max(1, len(own)) for own in pairs]
    if shares and max(shares) < SELLS:
        shares[shares.index(max(shares))] = 1.0
    return shares


def _matrix(bags: Sequence[set[str]], index: Mapping[str, int]) -> sparse.csr_matrix:
    """Return one row a bag: 1/√n for each of its n features (unknown ones count in n)."""
    known = [sorted(index[each] for each in bag if each in index) for bag in bags]
    values = np.concatenate([np.full(len(own), max(1, len(bag)) ** -0.5) for own, bag in zip(known, bags, strict=True)])
    starts = np.concatenate([[0], np.cumsum([len(own) for own in known])])
    places = np.fromiter(chain.from_iterable(known), dtype=np.int64)
    return sparse.csr_matrix((values, places, starts), shape=(len(bags), len(index)))


def _fitted(
    rows: sparse.csr_matrix, labels: Truths, weigh: Callable[[Floats | None], Floats | None]
) -> tuple[Floats, float]:
    """Return the weights and the intercept; `weigh` makes the examples' weights of their last probabilities."""
    scale = _ratio(rows, labels)
    scaled = rows.multiply(scale).tocsr()
    weights = weigh(None)
    rounds = 1 if weights is None else ROUNDS
    fitted = LogisticRegression(C=STRENGTH, max_iter=5000)
    for _ in range(rounds):
        fitted.fit(scaled, labels, sample_weight=weights)
        weights = weigh(fitted.predict_proba(scaled)[:, 1])
    return fitted.coef_[0] * scale, float(fitted.intercept_[0])


def _ratio(rows: sparse.csr_matrix, labels: Truths) -> Floats:
    """Return the absolute log ratio of each feature's smoothed share in the one class and in the other."""
    ones = rows.sign()
    marketing, service = (np.asarray(ones[chosen].sum(axis=0)).ravel() + 1 for chosen in (labels, ~labels))
    ratio: Floats = np.abs(np.log((marketing / marketing.sum()) / (service / service.sum())))
    return ratio


def _by_message(selling: Truths, owners: Sequence[int]) -> Callable[[Floats | None], Floats]:
    """Return what weighs sentences: evenly within a message at first, then by how much each reads like selling."""
    own: dict[int, list[int]] = {}
    for place, owner in enumerate(owners):
        if selling[place]:
            own.setdefault(owner, []).append(place)

    def weigh(probabilities: Floats | None) -> Floats:
        weights = np.ones(len(owners))
        for places in own.values():
            if probabilities is None:
                weights[places] = len(places) ** -0.5
            elif len(places) > 1:
                share = probabilities[places] / probabilities[places].max()
                weights[places] = np.clip(share, LEAST, 1.0) ** 2
        return weights

    return weigh

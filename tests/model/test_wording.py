"""Learning the wording model: what only one class says weighs, one sentence that sells suffices, hands are left out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from model.errors import InvalidInput
from model.wording import Message, cross_validated, learn
from serving.cli.policy.learn import margins_of

SERVICE = ("your parcel is here .", "your order is late .", "the parcel comes on friday .", "your bill is due .")
SELLING = ("shop our sale .", "try our lamps .", "shop the lamps now .", "join our sale .")


def message(*sentences: str, marketing: bool, selling: str | None = None, group: str = "a") -> Message:
    """Make a labelled message of sentences whose features are their words and pairs of words."""
    return Message(
        sentences=[features(each) for each in sentences],
        selling=None if selling is None else frozenset(each for each in features(selling) if " " in each),
        hints=(),
        marketing=marketing,
        group=group,
    )


def features(sentence: str) -> list[str]:
    """Return words and pairs of words."""
    words = sentence.split()
    return [*words, *map(" ".join, pairwise(words))]


def corpus() -> list[Message]:
    """Return plain messages of four hands."""
    texts = [(each, False) for each in SERVICE] + [(each, True) for each in SELLING]
    return [message(text, marketing=sells, group=group) for group in "abde" for text, sells in texts]


def test_what_only_marketing_says_weighs_for_it() -> None:
    """And what only service says against it; a word of both counts for little."""
    weights = learn(corpus()).weights
    assert weights["sale"][0] > 0 > weights["parcel"][0]
    assert all(abs(weights["."][side]) < abs(weights["sale"][side]) for side in (0, 1))


def test_the_rarest_features_are_left_out() -> None:
    """What one message alone says is that message's own."""
    assert "unheard" not in learn([*corpus(), message("unheard sale .", marketing=True)]).weights


def test_one_sentence_of_marketing_makes_a_message_marketing() -> None:
    """The sentence that sells most counts beside the whole text."""
    learned = learn(corpus())
    plain = message("your parcel is here .", "your bill is due .", "the parcel comes on friday .", marketing=False)
    mixed = replace(plain, sentences=[*plain.sentences, features("shop our sale .")])
    said, sold = margins_of(learned, [plain, mixed])
    assert sold > said + 1


def test_the_service_part_of_a_mixed_message_is_an_example_of_service() -> None:
    """Only the part that sells teaches what selling sounds like."""
    mixed = [
        message("your invoice is attached .", "shop our sale .", marketing=True, selling="shop our sale .")
        for _ in range(6)
    ]
    learned = learn([*corpus(), *mixed])
    assert learned.weights["attached"][1] < 0 < learned.weights["shop"][1]


def test_of_several_sentences_that_may_sell_the_likeliest_teaches_most() -> None:
    """A closing within a text that sells as a whole does not come to sell."""
    whole = [message("shop our sale .", "see you there .", marketing=True) for _ in range(8)]
    once = message("your bill is due .", "see you there .", marketing=False)
    weights = learn([*corpus(), *whole, once]).weights
    assert weights["sale"][1] > 2 * weights["see"][1]


def test_an_unclear_part_still_sells_somewhere() -> None:
    """Where the part that sells is no whole sentence, the one that shares most with it is the example."""
    mixed = [
        message("your bill is due so shop our sale today please .", marketing=True, selling="sale today")
        for _ in range(4)
    ]
    assert learn([*corpus(), *mixed]).weights["today"][1] > 0


def test_each_hand_is_judged_by_what_the_others_wrote() -> None:
    """What one hand alone says is unknown when that hand is left out."""
    own = [message("zanzibar zebra .", marketing=True, group="c") for _ in range(5)]
    margins = cross_validated([*corpus(), *own], margins_of)
    assert (np.sign(margins[:4]).tolist(), np.unique(margins[-5:]).size) == ([-1.0] * 4, 1)
    assert margins[-1] < margins_of(learn([*corpus(), *own]), own)[0]


def test_the_same_messages_teach_the_same() -> None:
    """Nothing is drawn."""
    assert learn(corpus()) == learn(corpus())


@pytest.mark.parametrize("marketing", [True, False])
def test_one_class_alone_teaches_nothing(*, marketing: bool) -> None:
    """The error says what is missing."""
    with pytest.raises(InvalidInput, match="the sentences are all of one class"):
        learn([each for each in corpus() if each.marketing is marketing])


def test_texts_without_a_common_word_teach_nothing() -> None:
    """A feature stands in several messages at least; the error says what to do."""
    with pytest.raises(InvalidInput, match=r"no word stands in \d of the texts; add sentences"):
        learn([message("parcel", marketing=False), message("sale", marketing=True)])

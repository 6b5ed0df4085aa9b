"""What a person is told of words before and after they approve them: what the veto on wording finds."""

import pytest

from serving.people.wording_found import Found, found_in, why
from serving.policy.linear import SILENT
from serving.policy.templates import whole
from serving.policy.wording import RULES, Wording


@pytest.mark.parametrize(
    ("text", "next_step", "read"),
    [
        ("It is late.", None, "It is late."),
        ("It is late.", " Reply. ", "It is late. Reply."),
        ("It is late. Reply.", "Reply.", "It is late. Reply."),
    ],
)
def test_words_are_read_as_they_are_sent(text: str, next_step: str | None, read: str) -> None:
    """The next step once, at the end where the text does not say it."""
    assert whole(text, next_step) == read


@pytest.mark.parametrize("next_step", [None, "Reply to get 10% off."])
def test_each_phrase_is_named_once(next_step: str | None) -> None:
    """On one line, with its rule and its code; of text and next step together."""
    found = found_in(Wording(SILENT), "Parcel {parcel} is late: 20%\n off.", next_step)
    assert found == [Found("price_cut", "promotional_wording", "% off")]


def test_service_has_nothing_found() -> None:
    """Places to be filled in are nothing."""
    assert found_in(Wording(SILENT), "Parcel {parcel} comes on {new_eta}.", "Reply to change it.") == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("price_cut", "“x” is what only marketing says"),
        ("learned", "“x” reads like marketing, all its words together"),
        (next(rule.id for rule in RULES.values() if rule.code == "generic_wording"), "“x” is said to anybody"),
    ],
    ids=["promotional", "learned", "generic"],
)
def test_why_it_is_refused(rule: str, words: str) -> None:
    """A rule's phrase, the model's sentence, what is said to anybody."""
    assert why(rule, RULES[rule].code, "x") == words

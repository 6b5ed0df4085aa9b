"""How many sentences a value has."""

import pytest

from serving.policy.sentences import sentences, spans

ONE = """
nobody was there
St. Mary's Hospital, 9 a.m. Monday
Dr. J. R. Müller
Fri. 21 Nov. 2026
approx. 20 min
No. 5 Mill Lane, Apt. 4
9.30. gate 12
the courier was ill.
What now?
snow ... and ice
Prof. Meier, 2. OG
U.S. Bank
Yahoo! Mail
お届け済み。
""".strip().splitlines()
TWO = """
Nobody was there. Call us now.
It is late! Buy more today.
Is it late? Call us now.
Niemand war da. Jetzt mehr kaufen.
अभी नहीं आया। अभी खरीदें और बचाएं।
您的包裹晚了。现在就来买吧。
""".strip().splitlines()


@pytest.mark.parametrize("text", ONE)
def test_abbreviations_and_titles_end_no_sentence(text: str) -> None:
    """Initials, dates, times, numbers, exclamations in names."""
    assert sentences(text) <= 1


@pytest.mark.parametrize("text", TWO)
def test_two_sentences_are_two(text: str) -> None:
    """In Latin letters and others."""
    assert sentences(text) == 2


def test_how_many_words_make_a_sentence_is_the_caller_s_to_say() -> None:
    """Titles of books have questions in them."""
    title = "What If? Serious Scientific Answers"
    assert [sentences(title, least=least) for least in (2, 3)] == [2, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It waits at St. Mary's Clinic, approx. 20 min from you. Reply!",
            ["It waits at St. Mary's Clinic, approx. 20 min from you.", "Reply!"],
        ),
        ("It comes at gate 12. Reply to change it.", ["It comes at gate 12.", "Reply to change it."]),
        ("It comes on {new_eta}. Reply to change it.", ["It comes on {new_eta}.", "Reply to change it."]),
        ("It is late (again). Reply.", ["It is late (again).", "Reply."]),
        ("1. Open the page. 2. Reply.", ["1. Open the page.", "2. Reply."]),
        ("It snows ... Still it comes.", ["It snows ...", "Still it comes."]),
        ("Late?! Yes.", ["Late?!", "Yes."]),
        ("", [""]),
    ],
    ids=range(8),
)
def test_prose_is_parted_into_sentences(text: str, expected: list[str]) -> None:
    """With their ends; behind a number, a bracket or a place a full stop is one."""
    assert [text[start:end].strip() for start, end in spans(text)] == expected


def test_the_parts_of_a_text_are_all_of_it() -> None:
    """Nothing between them is lost."""
    text = " ".join((*ONE, *TWO))
    assert "".join(text[start:end] for start, end in spans(text)) == text

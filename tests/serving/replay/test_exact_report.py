"""The page of an exact replay: its first sentence, its times, and how to bring what is not at hand."""

from collections import Counter

import pytest

from serving.replay.comparing import Exact
from serving.replay.exact_report import described, render, verdict
from tests.serving.replay.reports import NOW

SAME = "All 2 decisions that could be decided again give the same bytes as on record"
NOTHING = "Nothing could be decided again: of decisions and confirmations there are"


def page(found: Exact) -> str:
    """Return the page."""
    return render(described(found, ledger="l", policy_version="p", model_version=None))


@pytest.mark.parametrize(
    ("found", "expected", "tone"),
    [
        (
            Exact(decisions=5068, same_decisions=5068, confirmations=669, same_confirmations=669),
            "All 5,068 decisions and 669 confirmations that could be decided again give the same bytes as on record.",
            "good",
        ),
        (
            Exact(decisions=5068, same_decisions=5067, confirmations=1, same_confirmations=0),
            "2 of 5,068 decisions and 1 confirmation give other bytes, decided again: see which below.",
            "bad",
        ),
        (
            Exact(decisions=2, same_decisions=2, unreadable=3, versions=Counter({"sha256:a": 1000})),
            f"{SAME}; 1,003 could not be decided again.",
            "good",
        ),
        (
            Exact(decisions=2, same_decisions=1, unreadable=1),
            "1 of 2 decisions give other bytes, decided again; 1 could not be decided again: see which below.",
            "bad",
        ),
        (
            Exact(versions=Counter({"sha256:a": 1200}), unreadable=3),
            f"{NOTHING} 1,200 that other policies made and 3 that cannot be read, see below.",
            "unclear",
        ),
        (Exact(), "There is nothing to decide again: no decision of this period is on record.", "unclear"),
    ],
    ids=["the same", "others", "the same of some", "others of some", "other policies", "nothing there"],
)
def test_its_first_sentence_counts_decisions_and_confirmations_apart(found: Exact, expected: str, tone: str) -> None:
    """And says why where there is nothing to count."""
    actual = verdict(found)
    assert (actual.sentence, actual.tone, f'class="verdict {tone}"' in page(found)) == (expected, tone, True)


def test_times_are_written_as_on_the_page_of_a_proposal() -> None:
    """To the minute, in UTC."""
    assert "decided 20 Nov 2026, 12:00 UTC to 20 Nov 2026, 12:00 UTC." in page(Exact(oldest=NOW, newest=NOW))


def test_a_model_that_is_not_at_hand_can_be_brought() -> None:
    """How, is said beside it."""
    asked = page(Exact(stood_in=Counter({"3": 7})))
    actual = ("model 3 is not at hand" in asked, "<code>OUTREACH_MODEL=FOLDER</code>" in asked)
    assert actual == (True, True)


@pytest.mark.parametrize(
    ("found", "tone"),
    [
        (Exact(), "verdict unclear"),
        (Exact(confirmations=1, same_confirmations=1), "verdict good"),
        (Exact(decisions=1), "verdict bad"),
    ],
    ids=["nothing", "the same", "another"],
)
def test_only_what_differs_is_red(found: Exact, tone: str) -> None:
    """What could not be told is neither good nor bad."""
    assert f'<section class="{tone}"' in page(found)

"""A text in pieces: nothing is lost, places and marked words stand by themselves."""

from hypothesis import given
from hypothesis import strategies as st

from serving.linting.finding import Finding
from serving.linting.marking import pieces
from serving.policy_files.places import Spot


def finding(start: int, end: int) -> Finding:
    """Describe a finding about these characters."""
    return Finding(spot=Spot("policy", 1), rule="r", message="m", source="s", suggestion="i", span=(start, end))


def test_marks_may_cross_places() -> None:
    """A place in what is marked stays one, and is marked."""
    actual = [(each.text, each.place, len(each.findings)) for each in pieces("Get {n}% off now", [finding(0, 12)])]
    assert actual == [("Get ", False, 1), ("{n}", True, 1), ("% off", False, 1), (" now", False, 0)]


def test_a_place_says_which_fact_it_takes() -> None:
    """Without its braces."""
    actual = [each.name for each in pieces("{parcel} is late", []) if each.place]
    assert actual == ["parcel"]


def test_an_empty_text_has_no_pieces() -> None:
    """Nothing to show, nothing to mark."""
    assert pieces("", [finding(0, 4)]) == []


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(-2, 50), st.integers(-2, 50)), max_size=4))
def test_the_pieces_are_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    """Whatever is marked, also beyond its end: in order, whole, and none empty."""
    found = pieces(text, [finding(*span) for span in spans])
    actual = ("".join(each.text for each in found), all(each.text for each in found))
    assert actual == (text, True)

import numpy as np
import pytest

from model.contracts import JSON
from serving.analytics.grouping import MOST_VALUES, falls_into, groups_of


def sizes(values: list[JSON]) -> list[tuple[str, int]]:
    """Return the groups that an attribute of these values makes, with how many are in each."""
    return [(each.name, int(each.members.sum())) for each in groups_of([{"a": value} for value in values])]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([True, False, True, None], [("yes", 2), ("no", 1)], id="truths"),
        pytest.param(["plus", "basic", "plus"], [("plus", 2), ("basic", 1)], id="words"),
        pytest.param([3, 1, 3, 2.5], [("1", 1), ("2.5", 1), ("3", 2)], id="few numbers"),
        pytest.param([3, "ground", 3], [("3", 2), ("ground", 1)], id="of several kinds"),
        pytest.param(["plus"] * 3, [], id="all the same"),
        pytest.param([7, 7, None], [], id="all the same number"),
        pytest.param([None, None], [], id="nothing"),
        pytest.param([[1], [2]], [], id="lists"),
        pytest.param(["  ", "x", "y" * 61, "z"], [("x", 1), ("z", 1)], id="no names"),
    ],
)
def test_values_make_groups(values: list[JSON], expected: list[tuple[str, int]]) -> None:
    """Truths and words by value, few numbers by themselves; what cannot tell anybody apart makes no group."""
    assert sizes(values) == expected


def test_numbers_fall_into_bands_between_round_quartiles() -> None:
    """Every known number is in exactly one band, and the edges have two digits."""
    actual = sizes([*range(1, 1001), None])
    assert actual == [
        ("below 250", 249),
        ("250 to below 500", 250),
        ("500 to below 750", 250),
        ("750 and more", 251),
    ]


def test_many_equal_numbers_leave_no_empty_band() -> None:
    """Where most are 0 the quartiles are one number; the others are told from it."""
    actual = sizes([0] * 90 + list(range(1, 11)))
    assert actual == [("below 1", 90), ("1 and more", 10)]


def test_of_many_words_the_most_frequent_are_groups() -> None:
    """Twelve at most, so that an attribute that is an id makes no thousand comparisons."""
    found = groups_of([{"id": f"u-{number}"} for number in range(500)] + [{"id": "u-9"}])
    assert (len(found), found[0].name) == (MOST_VALUES, "u-9")


def test_groups_know_what_they_are_of() -> None:
    """An attribute that has the name of something else is told from it."""
    rows = [{"channel": "sms"}, {"channel": "chat"}]
    actual = [(each.of, each.kind, each.members.tolist()) for each in groups_of(rows, of="message")]
    assert actual == [("message", "channel", [False, True]), ("message", "channel", [True, False])]


def test_edges_do_not_look_at_what_followed() -> None:
    """The groups are a function of the attributes alone."""
    rows = [{"tenure": float(value)} for value in np.random.default_rng(3).normal(size=200)]
    first, second = groups_of(rows), groups_of(list(reversed(rows)))
    assert [each.name for each in first] == [each.name for each in second]


@pytest.mark.parametrize("values", [[True, False, True], ["a", "b"], [1, 2, 3.5], [n * 1234.5 for n in range(40)]])
def test_a_value_falls_into_the_group_that_holds_it(values: list[JSON]) -> None:
    """Truths, words, numbers and bands: by its name alone, as the group itself says."""
    groups = groups_of([{"it": value} for value in values])
    actual = [[falls_into(each.name, value) for value in values] for each in groups]
    assert actual == [each.members.tolist() for each in groups]


def test_what_is_not_known_falls_into_none() -> None:
    """Neither into a word nor into a band."""
    assert [falls_into(name, None) for name in ("yes", "a", "below 3")] == [False, False, False]


def test_a_word_that_reads_like_a_band_is_none() -> None:
    """Where an attribute is a number for some and a word for others."""
    assert [falls_into("below deck", value) for value in (3, "below deck")] == [False, True]

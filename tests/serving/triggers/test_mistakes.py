"""The classic mistakes of rule engines: each fires where nothing is known in most of them, and must not in ours."""

import pytest

from model.contracts import JSON
from tests.serving.triggers.asking import said

NEGATIONS = [
    "!event.data.flag",
    'event.data.flag != "a"',
    '!(event.data.flag == "a")',
    '!(event.data.flag in ["a"])',
    "!(event.data.flag > 3)",
    "event.data.flag != 3",
    '!event.data.flag.startsWith("a")',
    '!event.data.flag.matches("a+")',
    "!(size(event.data.flag) > 0)",
    "!event.data.flag.exists(x, x > 1)",
    "event.data.flag.all(x, x > 1)",
    '!("a" in event.data.flag)',
    "!event.data.flag.deep",
    "!has(event.data.flag.deep)",
]


@pytest.mark.parametrize("source", NEGATIONS)
@pytest.mark.parametrize("data", [{}, {"flag": None}, {"flag": [None]}, {"flag": ["b", None]}], ids=repr)
def test_a_negated_name_that_is_missing_or_null_never_matches(source: str, data: dict[str, JSON]) -> None:
    """Absent, null, or a list that holds a null: whatever is said of it is neither true nor false."""
    assert said(source, data) not in {True, False}


@pytest.mark.parametrize("source", NEGATIONS)
def test_a_problem_names_what_is_missing(source: str) -> None:
    """Whoever reads the counts knows which name to look at."""
    assert "`event.data.flag" in str(said(source))


@pytest.mark.parametrize(
    "source",
    [
        "event.data.gone == 1 || true",
        'event.data.gone == 1 || event.data.page == "pricing"',
        "!(event.data.gone == 1 && false)",
        "event.data.gone == 1 ? true : true",
        "(event.data.gone == 1 || true) && true",
        "[1, 2].exists(x, event.data.gone == x || true)",
        "event.data.items.exists(x, x.gone == 1 || true)",
        "event.data.items.exists(x, x.gone == 1) || true",
        "!event.data.items.all(x, x.gone == 1 && false)",
    ],
)
def test_an_error_on_the_left_is_not_made_good_by_the_right(source: str) -> None:
    """The language forgives a broken half of `||` and `&&`; from left to right, ours does not."""
    assert said(source, {"page": "pricing", "items": [{"a": 1}, {"gone": 1}]}) is not True


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("true || event.data.gone == 1", True),
        ("false && event.data.gone == 1", False),
        ("has(event.data.gone) && event.data.gone == 1", False),
        ("!has(event.data.gone) || event.data.gone == 1", True),
        ("[2, 1].exists(x, x == 2 || event.data.gone == x)", True),
        ("[{'a': 1}, {'b': 1}].exists(x, x.a == 1)", True),
    ],
)
def test_what_is_decided_before_is_decided(source: str, expected: bool) -> None:  # noqa: FBT001  (a table's column)
    """What stands behind the answer is not looked at: that is how `has` guards a name."""
    assert said(source) is expected


@pytest.mark.parametrize("source", ["event.data.own", "event.data.own ? true : false", "1 / 0 == 1"])
@pytest.mark.parametrize("own", ["true", "error", "UNKNOWN: no such key", 1, [True], {"a": True}], ids=repr)
def test_no_text_no_number_and_no_error_is_a_truth(source: str, own: JSON) -> None:
    """The library's errors are texts, and texts are truthy in Python: only a truth that is true matches."""
    assert said(source, {"own": own}) is not True


@pytest.mark.parametrize(
    "source",
    [
        "(false || event.data.own) == event.data.word",
        "(true && event.data.own) == event.data.word",
        "[false || event.data.own] == [event.data.word]",
    ],
)
def test_a_text_behind_a_connective_is_no_truth(source: str) -> None:
    """`false || "pricing"` has no value, and so equals nothing."""
    assert said(source, {"own": "pricing", "word": "pricing"}) is not True


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("event.data.rows.exists(row, row.x != 1)", False),
        ("event.data.rows.exists(row, !has(row.x))", True),
        ('"x" in event.data.table', False),
        ("size(event.data.table) == 1", True),
        ("has(event.data.table.x)", False),
        ("has(event.data.table.list)", False),
        ("size(event.data) == 2", True),
    ],
)
def test_a_null_inside_a_value_is_missing_too(source: str, expected: bool) -> None:  # noqa: FBT001  (a table's column)
    """In an object within a list, in an object within an object, and in the data as a whole."""
    data = {"rows": [{"x": None}], "table": {"x": None, "y": 1, "list": [None]}, "gone": None}
    assert (said(source, data) is True) is expected


@pytest.mark.parametrize(
    ("source", "own"),
    [
        ('event.data.own != "12"', 12),
        ('!(event.data.own == "12")', 12),
        ('!(event.data.own in ["12"])', 12),
        ("event.data.own != 12", "12"),
        ("event.data.own >= 12", "13"),
        ("event.data.own == true", 1),
        ("event.data.own != true", 0),
        ("event.data.own == 1", True),
        ("event.data.own < 1", False),
        ("!(event.data.own in [1, 2])", True),
        ("event.data.own != event.data.page", 3),
        ('event.data.own != "a"', []),
        ('event.data.own != "a"', {"a": 1}),
    ],
)
def test_values_of_different_kinds_are_neither_equal_nor_unequal(source: str, own: JSON) -> None:
    """A number is not a text that differs, and a truth is no number."""
    assert said(source, {"own": own, "page": "pricing"}) not in {True, False}


@pytest.mark.parametrize(
    ("source", "own"),
    [
        ("event.data.own == 12", 12.0),
        ("event.data.own != 12.5", 12),
        ("event.data.own in [1, 2]", 2.0),
        ("event.data.own < 9007199254740993", 9007199254740992),
        ("event.data.own == 9223372036854775807", 2**63 - 1),
        ("event.data.own <= -9223372036854775807", -(2**63)),
    ],
)
def test_numbers_are_compared_as_numbers(source: str, own: JSON) -> None:
    """Whole or not: 12 is 12.0, and the largest whole numbers are exact."""
    assert said(source, {"own": own}) is True


@pytest.mark.parametrize(
    "own", [float("nan"), float("inf"), 2**63, 2**64, -(2**63) - 1, "\ud800", "a\udfff"], ids=ascii
)
@pytest.mark.parametrize(
    "source", ["event.data.own != 1", 'event.data.own != "a"', "!has(event.data.own)", "has(event.data.own)"]
)
def test_what_no_json_should_hold_never_matches(source: str, own: JSON) -> None:
    """Not a number, larger than 64 bits, half a character: not even `has` says anything about it."""
    assert said(source, {"own": own}) not in {True, False}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("event.data.seconds * 60 == 90", True),
        ("event.data.seconds + 1 > 2", True),
        ("60 * 60 * event.data.seconds == 5400", True),
        ("10 - event.data.seconds / 3 > 9", True),
        ("event.data.seconds - -1 > 2", True),
        ("event.data.seconds * (2 + 2) == 6", True),
        ("[1].exists(x, event.data.seconds + 1 > 2)", True),
        ("event.data.whole + 1 == 4", True),
        ("7 / 2 == 3", True),
    ],
)
@pytest.mark.parametrize("seconds", [1.5])
def test_a_whole_number_beside_a_number_is_one(source: str, seconds: float, expected: bool) -> None:  # noqa: FBT001  (a table's column)
    """`hours * 60` is what people write: the literal is taken for 60.0 there, and stays whole elsewhere."""
    assert said(source, {"seconds": seconds, "own": "7", "whole": 3}) is expected


@pytest.mark.parametrize(
    "source",
    [
        "!(double(event.data.own) >= 1.0)",
        "double(event.data.own) != 1.0",
        "!(double(event.data.own) * 0.0 >= 1.0)",
        "!(-double(event.data.own) >= 1.0)",
        "!(1.0 / double(event.data.own) >= 1.0)",
        "![1].exists(x, double(event.data.own) >= 1.0)",
        "!(double(event.data.own) in [1.0])",
        "[double(event.data.own)] != [1.0]",
        'string(double(event.data.own)) != "1"',
        "!(size([double(event.data.own)]) > 2)",
    ],
)
@pytest.mark.parametrize("own", ["nan", "NaN", "inf", "-inf", "Infinity", "-INFINITY", "+nan", "1e999"])
def test_a_text_that_spells_no_finite_number_never_matches(source: str, own: str) -> None:
    """`double("nan")` has a value in the language, one that is not even equal to itself."""
    assert said(source, {"own": own}) not in {True, False}


@pytest.mark.parametrize(
    "source",
    [
        "!(event.data.seconds / event.data.zero >= 1.0)",
        "event.data.seconds / 0 > 1",
        "!(event.data.zero / 0.0 >= 1.0)",
        "event.data.seconds * 1e308 * 1e308 > 1.0",
        "!(event.data.seconds * 1e308 * 1e308 - event.data.seconds * 1e308 * 1e308 >= 1.0)",
        "1.0 / (event.data.seconds * 1e308 * 1e308) == 0.0",
        "event.data.huge + event.data.huge > 1.0",
    ],
)
def test_what_is_computed_is_finite_or_nothing(source: str) -> None:
    """A division by zero, a number that is too large: no value, so no match, nor a match of the contrary."""
    assert said(source, {"seconds": 5, "zero": 0.0, "huge": 1.7e308}) not in {True, False}


@pytest.mark.parametrize(
    "source",
    [
        'event.data.text + event.data.text == "abab"',
        "event.data.list + event.data.list == [1, 2, 1, 2]",
        "event.data.huge - event.data.huge == 0.0",
        'double("1.5") + event.data.huge > 1.0',
        "(event.data.list + event.data.list).exists(x, x + 1 == 3)",
    ],
)
def test_what_is_no_number_is_computed_as_before(source: str) -> None:
    """Texts and lists are joined; the largest number is still one."""
    assert said(source, {"text": "ab", "list": [1, 2], "huge": 1.7e308}) is True


@pytest.mark.parametrize(
    ("source", "own"),
    [
        ("[1].exists(x, x in event.data.own)", [1]),
        ("[1].exists(x, size(event.data.own) > 0)", {"a": 1}),
        ("[1].exists(x, size(event.data.own) > 0)", "x" * 2049),
        ("size(event.data.own) > 0", ["x" * 10_000] * 7),
        ("size(event.data.own) > 0", {"x" * 40_000: 1, "y" * 40_000: 2}),
    ],
    ids=range(5),
)
def test_what_would_cost_too_much_never_matches(source: str, own: JSON) -> None:
    """Lists and long texts that a loop would read again and again; a text of more than 2,048 characters."""
    assert said(source, {"own": own}) not in {True, False}


@pytest.mark.parametrize(
    "data",
    [{"page": 7}, {"page": ["pricing"]}, {"page": True}, {"seconds": "31"}, {"seconds": -1}, {"seconds": True}],
    ids=repr,
)
def test_a_name_of_the_catalogue_has_its_kind_or_nothing(data: dict[str, JSON]) -> None:
    """`page` is a text, `seconds` a number from 0: another value never matches, however it is asked."""
    name = next(iter(data))
    sources = [f"has(event.data.{name})", f"!has(event.data.{name})"]
    sources += [f'event.data.{name} != "x"'] if name == "page" else [f"event.data.{name} != 5"]
    assert [said(source, data) in {True, False} for source in sources] == [False] * 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!session.conversation_started", False),
        ("!has(session.page)", False),
        ("customer.visits == 0", False),
        ("!customer.returning", False),
        ("!has(customer.returning)", True),
    ],
)
def test_an_unknown_visitor_is_not_a_new_one(source: str, expected: bool) -> None:  # noqa: FBT001  (a table's column)
    """No session on record, nothing known of the customer: no negation of it matches."""
    assert (said(source) is True) is expected


def test_a_problem_never_repeats_what_an_event_said() -> None:
    """Counts are read by people who may not read customers' data."""
    data = {"own": "secret-1", "table": {"a": 1}, "texts": ["secret-2"]}
    sources = [
        "event.data.own > 3",
        "event.data.table[event.data.own] == 1",
        "int(event.data.own) == 1",
        "timestamp(event.data.own) == now",
        "duration(event.data.own) == now - now",
        "event.data.texts[7] == 1",
        "event.data.texts.all(x, x > 1)",
    ]
    problems = [str(said(source, data)) for source in sources]
    assert [problem for problem in problems if "secret" in problem or problem in {"True", "False"}] == []

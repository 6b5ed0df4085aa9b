"""What an expression may cost: patterns, loops, the texts and lists that it reads, and all of one type together."""

import pytest

from model.errors import InvalidInput
from serving.triggers.checking import condition
from serving.triggers.fault import Fault
from serving.triggers.patterns import measured
from serving.triggers.weighing import MOST, MOST_OF_TYPE
from tests.serving.triggers.asking import fault, said
from tests.serving.triggers.test_engine import DELAYED, matched, several

OWN = "event.data.lines"
GROWING = f"({' + '.join([OWN] * 10)})" + ".map(x, [x, x, x, x])" * 10 + ".exists(x, size(x) == 1)"
REFUSED = [
    ('event.data.own.matches("((a?){60}){15}b")', 23, "more than 10 times"),
    ('event.data.own.matches("(a{2}){9}b")', 23, "repeats a group"),
    ('event.data.own.matches("a{2}{9}b")', 23, "repeats a group, or a repetition"),
    ('event.data.own.matches("a{0,11}b")', 23, "more than 10 times"),
    ('event.data.own.matches("a{11,}b")', 23, "more than 10 times"),
    (f'event.data.own.matches("{"a" * 101}")', 23, "101 characters is more than 100"),
    (r'event.data.own.matches("\\pL+")', 23, "stands for thousands of letters"),
    (r'event.data.own.matches(r"[^\\\p{Lu}]")', 23, "stands for thousands of letters"),
    (f'event.data.own.matches("{".{10}" * 12}")', 0, "ask less in its loops and patterns"),
    (f'{OWN}.exists(x, event.data.own.matches("a.*b"))', 0, "ask less in its loops and patterns"),
    (f'({" + ".join(["event.data.own"] * 20)}).matches("a..b.*")', 0, "ask less in its loops and patterns"),
    (f"{OWN}.exists(x, {' || '.join(['x == 1'] * 60)})", 0, "ask less in its loops and patterns"),
    (f"({' + '.join([OWN] * 20)}).exists(x, x == 1 || x == 2 || x == 3)", 0, "ask less in its loops and patterns"),
    (GROWING, 0, "ask less in its loops and patterns"),
    (f'{OWN}.map(x, event.data.own).exists(x, x.matches("a.*b"))', 0, "ask less in its loops and patterns"),
]


@pytest.mark.parametrize(("source", "offset", "problem"), REFUSED, ids=range(len(REFUSED)))
def test_what_would_cost_too_much_is_refused(source: str, offset: int, problem: str) -> None:
    """Patterns of many states, long loops, values that grow: at the place where it can be said."""
    actual = fault(source)
    assert (actual[0], problem in actual[1]) == (offset, True), actual


@pytest.mark.parametrize(
    "source",
    [
        f'{OWN}.exists(line, line.sku == "A-7" && line.days > 3 && !line.open)',
        f'{OWN}.filter(line, line.open).exists(line, line.sku.startsWith("A"))',
        f'{OWN}.exists(line, line.sku.matches("^A-[0-9]{{3}}$"))',
        'event.data.parcel.matches("^(DHL|UPS|GLS)-[0-9]{4,10}.*$")',
        r'event.data.parcel.matches("^\\(?[A-Z]{2}[+]{2}\\)?$")',
        "event.data.delay_hours > 12 && " * 20 + "event.data.delay_hours < 48",
    ],
)
def test_what_companies_ask_is_allowed(source: str) -> None:
    """A few questions in a loop, a pattern for a number; a pattern in a loop is dear: it is made anew each time."""
    assert condition(source, "shipment.delayed")[0].steps <= MOST


def test_a_pattern_is_measured() -> None:
    """What is repeated a number of times is as much as if it were written out; escapes and classes are one each."""
    found = [measured(each, 0) for each in ("abc", "a.*b", "[a-z]{3}", r"\d{2,4}", r"\{3}", "[]{3}]", "a|b")]
    assert [(each.letters, each.choices) for each in found] == [
        (3, 0),
        (2, 2),
        (0, 4),
        (0, 5),
        (2, 1),
        (0, 1),
        (2, 1),
    ]


def test_what_a_condition_costs_is_bounded() -> None:
    """Just so many comparisons in a loop are allowed, and one more is not."""
    counts = [len(fault(f"{OWN}.exists(x, {' || '.join(['x == 1'] * number)})")[1]) > 0 for number in range(1, 60)]
    assert (counts[0], counts[-1], counts == sorted(counts)) == (False, True, True)


def test_all_triggers_on_one_type_are_bounded_together() -> None:
    """Each may be allowed, and all of them too much for one event: the one that is too much is named."""
    dear = f"{OWN}.exists(x, {' || '.join(['x == 1'] * 20)})"
    fit = MOST_OF_TYPE // condition(dear, "shipment.delayed")[0].steps
    assert matched(several(*[dear] * fit), {**DELAYED, "lines": [1]})[-1:] == [f"t{fit - 1}"]
    with pytest.raises(InvalidInput, match=rf"trigger `t{fit}`: with those before it, .* can take \d+ steps"):
        several(*[dear] * (fit + 1))


@pytest.mark.parametrize(
    ("source", "own", "expected"),
    [
        ("size(event.data.own) > 0", "é" * 2048, True),
        ("size(event.data.own) > 0", "é" * 2049, None),
        ("!has(event.data.own)", "x" * 2049, None),
        ("size(event.data.own) == 100", [1] * 100, True),
        ("size(event.data.own) > 0", [1] * 101, None),
        ('!("x" in event.data.own)', ["y"] * 101, None),
        ("size(event.data.own) == 4", ["x" * 2048] * 4, True),
        ("size(event.data.own) > 0", ["x" * 2048] * 4 + ["x"], None),
        ("size(event.data.own) > 0", ["x" * 2049], None),
        ("size(event.data.own) > 0", [[1] * 50, [1] * 50], None),
    ],
    ids=range(10),
)
def test_what_is_read_is_bounded(source: str, own: object, expected: bool | None) -> None:  # noqa: FBT001  (a table's column)
    """2,048 characters of a text, 100 values, 8,192 characters in all of them; what is longer matches nothing."""
    actual = said(source, {"own": own})
    assert (actual if isinstance(actual, bool) else None) is expected


@pytest.mark.parametrize("levels", range(16, 30))
def test_what_is_allowed_alone_is_allowed_together(levels: int) -> None:
    """All conditions as one are nested a little deeper than each: one that only fits alone is refused by itself."""
    deep = "1.0 / (" * levels + "event.data.delay_hours" + ")" * levels + " > 1.0"
    if fault(deep) == (-1, ""):
        assert matched(several(deep, deep, deep), {**DELAYED, "delay_hours": 0.0}) == []
    else:
        assert "nested too deeply" in fault(deep)[1]


def test_a_fault_of_cost_is_no_crash_of_the_library() -> None:
    """It is said before the library is asked to make anything of it."""
    with pytest.raises(Fault, match=str(MOST)):
        condition(GROWING, "shipment.delayed")

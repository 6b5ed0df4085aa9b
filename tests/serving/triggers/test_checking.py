"""What is refused when a trigger is loaded: each with its place in the expression, the problem, and what to write."""

import pytest

from serving.triggers.checking import condition, fact
from serving.triggers.fault import Fault
from tests.serving.triggers.asking import fault

REFUSED = [
    # names
    ("event.data.dely_hours > 1", 11, "did you mean `event.data.delay_hours`"),
    ("has(event.data.dely_hours)", 4, "did you mean `event.data.delay_hours`"),
    ('event.parcel == "a"', 6, "did you mean `event.data.parcel`"),
    ('event.dat.parcel == "a"', 6, "did you mean `event.data`"),
    ("event.colour == 1", 6, "it has type, id, source, subject, time, data"),
    ('session.pge == "a"', 8, "did you mean `session.page`"),
    ('session["pge"] == "a"', 7, "did you mean `session.page`"),
    ("customer.vists > 1", 9, "did you mean `customer.visits`"),
    ("customer.name.first == 'a'", 9, "it has id, visits"),
    ("evnt.data.parcel == 'a'", 9, "did you mean `event.data.parcel`"),
    ("colour == 1", 0, "names begin with `customer`, `event`, `now`, `session`"),
    ("session == customer", 0, "name what you ask, one of `session.id`"),
    ("event.data.parcel.size == 3", 18, "no name stands in it"),
    ("session.page.length > 3", 13, "no name stands in it"),
    ("event.data.items.exists(event, event == 1)", 23, "give the item another name"),
    # kinds
    ('event.data.delay_hours >= "12"', 23, "a text has quotes, a number has none"),
    ("event.data.carrier > true", 19, "does not take"),
    ("event.data.parcel == true", 18, "does not take"),
    ("event.data.delay_hours * customer.visits > 3.0", 23, "write `1.0`, or `double(…)`"),
    ("event.data.delay_hours + 9007199254740993 > 3", 23, "write `1.0`, or `double(…)`"),
    ("event.data.delay_hours * (7 / 2) > 3", 23, "write `1.0`, or `double(…)`"),
    ("event.data.delay_hours % 2 == 0", 23, "write `1.0`, or `double(…)`"),
    ("event.data.delay_hours in ['x']", 23, "a text has quotes"),
    ("'x' in event.data.parcel", 4, "asks for a list after it"),
    ("!event.data.delay_hours", 0, "does not take a number"),
    ("event.data.parcel && true", 18, "does not take"),
    ("event.data.delay_hours ? true : false", 23, "asks for a truth before it"),
    ("event.data.delay_hours.startsWith('x')", 33, "does not take"),
    ("event.data.delay_hours.exists(x, x > 1)", 29, "only a list is gone through"),
    ("now > event.data.new_eta", 4, "write `timestamp(…)`"),
    ("now - event.time < 'PT1H'", 17, "does not take a duration and a text"),
    ("session.conversation_started == 'no'", 29, "does not take a truth and a text"),
    ("session.pages_viewed > '3'", 21, "a text has quotes"),
    ("event.data.delay_hours", 0, "not a truth; compare it"),
    ("event.data.delay_hours > 1 ? 'a' : 'b'", 0, "not a truth; compare it"),
    ("1 + 'a' == 2", 2, "compare and compute values of one kind"),
    # words of other languages, and functions that are not there
    ("event.data.x == 'a' and true", 20, "did you mean `&&`"),
    ("event.data.x == 'a' or true", 20, "did you mean `||`"),
    ("event.data.x = 'a'", 13, "did you mean `==`"),
    ("event.data.parcel.startswith('x')", 28, "did you mean `startsWith`"),
    ("event.data.items.existz(v, v == 1)", 23, "did you mean `exists`"),
    ("lower(event.data.parcel) == 'a'", 5, "is no function; there are `all`"),
    ("event.data.x == null", 16, "null is the same as missing; write `has(…)`"),
    ("event.data.null == 1", 11, '`.null` is a word of the language; write `["null"]`'),
    ("has(event.data['x'])", 14, 'write `"x" in event.data`'),
    ("google.protobuf.Timestamp{seconds: 1} == now", 0, "an object of another language"),
    ("event.data.x ==", 15, "ends too early"),
    ("", 0, "ends too early"),
    # bounds
    ("event.data.items.exists(v, v.exists(w, w > 1))", 35, "a loop within a loop"),
    ("event.data.items.exists(v, v + v == 'aa')", 29, "`+` in a loop adds numbers only"),
    ("event.data.items.map(v, [v] + [v]) == [[1]]", 28, "`+` in a loop adds numbers only"),
    ("event.data.parcel.matches(event.data.carrier)", 25, "the pattern of `matches` is not a text"),
    ("((((event.data.a == 1) == true) == true) == true)", 17, "a comparison of comparisons"),
    ("(" * 40 + "true" + ")" * 40, 0, "make it simpler"),
    ("+".join(["1"] * 40) + " == 1", 0, "split it into two triggers"),
    ("event" + ".a" * 40 + " == 1", 0, "split it into two triggers"),
    ("true " + "|| true " * 300, 0, "more than 2000; split it"),
    ("'\ud800' == 'a'", 0, "make it simpler"),
]


@pytest.mark.parametrize(("source", "offset", "problem"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_right_is_refused_with_its_place(source: str, offset: int, problem: str) -> None:
    """A misspelt name, kinds that do not go together, words of other languages, what has no bound."""
    actual = fault(source)
    assert (actual[0], problem in actual[1]) == (offset, True), actual


@pytest.mark.parametrize("source", [source for source, *_ in REFUSED], ids=range(len(REFUSED)))
def test_a_fault_is_one_line_with_a_next_step(source: str) -> None:
    """Problem first, then what to write."""
    problem = fault(source)[1]
    assert ("\n" in problem, any(mark in problem for mark in (";", "?"))) == (False, True)


@pytest.mark.parametrize(
    "source",
    [
        "event.data.delay_hours >= 12",
        "event.data.delay_hours > 1.5 && event.data.delay_hours < 48",
        "event.data.delay_hours + 1.0 > 3.5",
        "event.data.delay_hours in [12, 24.0]",
        'event.data.parcel == "A-7" || event.data.parcel == 7',
        "session.pages_viewed % 2 == 0",
        "session.pages_viewed > 2.5",
        "session.seconds > event.data.delay_minutes * 60.0",
        "!session.conversation_started && customer.visits > 1",
        'has(session.page) && session["page"] == "pricing"',
        "now - event.time < duration('1h')",
        "now > timestamp(event.data.new_eta)",
        'now > timestamp("2026-11-21T12:00:00+01:00") - duration("1h30m")',
        'event.time.getHours("+02:00") >= 9',
        'event.time.getHours("Europe/Paris") >= 9',
        'event.subject.startsWith("u-") && event.type == "shipment.delayed"',
        'event.data.carrier.matches("^D.*$") && size(event.data.carrier) > 2',
        'event.data["order lines"][0].sku == "x"',
        '"order lines" in event.data',
        "event.data.lines.exists(line, line.open && line.days > 3)",
        "event.data.lines.filter(line, line.days > 3).size() > 1",
        "event.data.lines.exists_one(line, line.days + 1 > 3)",
        "event.data.delay_hours > 12 ? true : event.data.urgent",
        "string(event.data.delay_hours) == '12' // a comment",
        "event.data.delay_hours > 12 &&\n  event.data.parcel != ''",
        "type(event.data.warehouse) == string",
        "event.data.warehouse",
        "true",
    ],
)
def test_what_can_be_right_is_accepted(source: str) -> None:
    """The catalogue's names with their kinds, and anything of one's own."""
    assert fault(source) == (-1, "")


@pytest.mark.parametrize(
    ("event_type", "source", "accepted"),
    [
        ("reminder.requested", '"chat" in event.data.channels', True),
        ("reminder.requested", "event.data.channels.exists(a, a > 3)", False),
        ("reminder.requested", "3 in event.data.channels", False),
        ("reminder.requested", 'event.data.channels[0] == "chat"', True),
        ("reminder.requested", "event.data.channels[0] == 1", False),
        ("customer.identified", 'event.data.traits.plan == "plus"', True),
        ("customer.identified", "event.data.traits == 3", False),
        ("page.dwelled", "event.data.page > 3", False),
        ("page.dwelled", "event.data.seconds % 2 == 0", False),
        ("page.dwelled", "event.data.seconds > session.seconds * 2.0", True),
        ("reminder.requested", "now > timestamp(event.data.remind_at)", True),
        ("reminder.requested", "now > event.data.remind_at", False),
    ],
)
def test_each_type_of_event_has_its_own_names(event_type: str, source: str, accepted: bool) -> None:  # noqa: FBT001  (a table's column)
    """Lists of texts, objects, seconds, times: as the catalogue says."""
    assert (fault(source, event_type) == (-1, "")) is accepted


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        ("!has(event.data.affected)", 4),
        ("size(event.data.affected) >= 1", 15),
        ('"u-1" in event.data["affected"]', 19),
        ('"affected" in event.data', 11),
        ("event.data.affected.exists(a, a == event.subject)", 10),
    ],
)
@pytest.mark.parametrize("event_type", ["incident.update", "shipment.delayed"])
def test_who_was_affected_is_no_question_for_an_expression(source: str, offset: int, event_type: str) -> None:
    """Each customer of the list is asked about by themselves, and then there is no list."""
    actual = fault(source, event_type)
    assert (actual[0], "each customer in `event.data.affected` is asked about alone" in actual[1]) == (offset, True)


BROKEN = [
    ('event.data.own.matches("(")', 23, "pattern"),
    ('event.data.own.matches("a**")', 23, "pattern"),
    ('timestamp("tomorrow") > now', 10, "no time; write one as `2026-11-21T12:00:00Z`"),
    ('now - event.time > duration("1 hour")', 28, "no duration; write `1h30m`"),
    ('event.time.getHours("Mars/Base") >= 9', 20, "no time zone"),
    ('event.data.x == int("a")', 20, "`int` has no value for this"),
    ('double("nan") > 1.0', 7, "`double` has no value for this"),
    ('double("-Infinity") > 1.0', 7, "`double` has no value for this"),
    ('bool("yes")', 5, "`bool` has no value for this"),
    ("int(1e300) == 1", 4, "`int` has no value for this"),
    ('event.data.x.exists(x, timestamp(x) > timestamp("tomorrow"))', 48, "no time"),
]


@pytest.mark.parametrize(("source", "offset", "problem"), BROKEN, ids=range(len(BROKEN)))
def test_a_constant_that_never_has_a_value_is_refused(source: str, offset: int, problem: str) -> None:
    """What errs for every event is said when it is loaded, with its place and what to write."""
    actual = fault(source)
    assert (actual[0], problem in actual[1], ";" in actual[1]) == (offset, True, True), actual


def test_a_name_of_ones_own_is_noted() -> None:
    """It may be a misspelling that resembles nothing; in brackets it is meant."""
    dotted = condition('event.data.warehouse == "north" && event.data.warehouse != ""', "shipment.delayed")[1]
    in_brackets = condition('event.data["warehouse"] == "north"', "shipment.delayed")[1]
    assert (len(dotted), "`event.data.warehouse`" in dotted[0], in_brackets) == (1, True, ())


@pytest.mark.parametrize(
    ("source", "wanted", "accepted"),
    [
        ("event.data.parcel", "string", True),
        ("event.data.parcel", "number", True),
        ("event.data.delay_hours", "number", True),
        ("event.data.delay_hours", "integer", True),
        ("event.data.delay_hours", "string", False),
        ("string(event.data.delay_hours)", "string", True),
        ("event.data.own", "string", True),
        ("event.data.own.deep", "integer", True),
        ("event.data.carrier == 'a'", "string", False),
        ("event.time", "string", False),
        ("string(event.time)", "string", True),
        ("'Friday'", "number", False),
        ("[event.data.parcel]", "string", False),
        ("event.data.delay_hours > 24 ? 'soon' : 'today'", "string", True),
        ("event.data.parcl", "string", False),
    ],
)
def test_a_fact_can_be_what_its_template_wants(source: str, wanted: str, accepted: bool) -> None:  # noqa: FBT001  (a table's column)
    """A text for a `string`, a number for a `number` or an `integer`; what nobody knows may be either."""
    try:
        fact(source, "shipment.delayed", wanted)
    except Fault:
        assert not accepted
    else:
        assert accepted

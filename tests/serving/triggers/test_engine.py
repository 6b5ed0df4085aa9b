"""All triggers together: by type, in order, with their facts and their counts; as one or each by itself, the same."""

import numpy as np
import pytest

from model.contracts import JSON
from serving.timetable import Visitor
from serving.triggers.checking import condition
from serving.triggers.engine import SIEVED, Triggers
from serving.triggers.expressions import Sieve, Stage
from serving.triggers.fault import Fault
from tests.serving.triggers.asking import NOW, TRIGGERS, event, scene, triggers
from tests.serving.triggers.making import make, make_data

DELAYED = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 13}
NOBODY = Visitor()


def several(*conditions: str, on: str = "shipment.delayed") -> Triggers:
    """Triggers `t0`, `t1`, … with these conditions."""
    words = "purpose: delivery_update, template: parcel_delayed, channel: chat"
    facts = "facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }"
    entries = [
        f"  - {{ id: t{place}, on: {on}, {words}, {facts}, when: '{when}' }}" for place, when in enumerate(conditions)
    ]
    return triggers("triggers:\n" + "\n".join(entries))


def matched(found: Triggers, data: dict[str, JSON], event_type: str = "shipment.delayed") -> list[str]:
    """The ids of the triggers that match."""
    return [each.trigger.id for each in found.matches(event(data, event_type), NOBODY, now=NOW)]


def test_a_trigger_matches_and_brings_its_facts() -> None:
    """The contract's own example."""
    found = triggers().matches(event(DELAYED, "shipment.delayed"), NOBODY, now=NOW)
    assert [(each.trigger.id, dict(each.facts)) for each in found] == [
        ("parcel_delayed", {"parcel": "A-7", "new_eta": "Friday"})
    ]


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (None, []),
        ({}, []),
        ({"conversation_started": None}, []),
        ({"conversation_started": True}, []),
        ({"conversation_started": False}, ["pricing_help"]),
    ],
)
def test_a_trigger_reads_the_session(session: dict[str, JSON] | None, expected: list[str]) -> None:
    """The contract's other example: no session on record, no match."""
    seen = event({"page": "pricing", "seconds": 31})
    found = triggers().matches(seen, Visitor(session=session), now=NOW)
    assert [each.trigger.id for each in found] == expected


def test_types_have_their_own_triggers() -> None:
    """An index by type: others are not looked at, and a type without triggers costs nothing."""
    found = triggers()
    assert [[each.id for each in found.on(on)] for on in ("shipment.delayed", "page.dwelled", "page.viewed")] == [
        ["parcel_delayed"],
        ["pricing_help"],
        [],
    ]


def test_only_who_reads_the_visitor_asks_for_them() -> None:
    """The ledger is not asked about a customer whom no trigger on the type reads."""
    found = triggers()
    assert [found.asks(on) for on in ("page.dwelled", "shipment.delayed", "page.viewed")] == [True, False, False]


def test_matches_come_in_the_order_of_the_files() -> None:
    """Whichever way they were found."""
    found = several("true", "event.data.delay_hours > 20", "event.data.delay_hours > 1", "event.data.own == 1", "true")
    assert matched(found, DELAYED) == ["t0", "t2", "t4"]


def test_no_triggers_match_nothing() -> None:
    """An empty policy, and an empty file."""
    assert (matched(Triggers(), DELAYED), Triggers().tallies(), matched(triggers("triggers:"), DELAYED)) == ([], [], [])


def test_every_trigger_is_counted() -> None:
    """Matched, unmatched and failed add up to how often it was looked at; the problem is the last one."""
    found = triggers()
    for data in (DELAYED, {**DELAYED, "delay_hours": 1}, {**DELAYED, "delay_hours": None}, {"delay_hours": 13}):
        found.matches(event(data, "shipment.delayed"), NOBODY, now=NOW)
    found.matches(event(DELAYED, "shipment.delayed"), NOBODY, now=NOW)
    first, second = found.tallies()
    assert (first.matched, first.unmatched, first.failed, first.problem) == (
        2,
        1,
        2,
        "fact `parcel`: `event.data.parcel` is missing or null",
    )
    assert (second.matched, second.unmatched, second.failed, second.problem) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("parcel", "expected"),
    [
        ("A-7", "A-7"),
        (7, "7"),
        (7.5, "7.5"),
        ("", ""),
        (True, None),
        (["A-7"], None),
        ({"a": 1}, None),
        (None, None),
        (2**64, None),
        (float("nan"), None),
        ("\ud800", None),
    ],
    ids=ascii,
)
def test_a_fact_is_a_text_or_a_number(parcel: JSON, expected: JSON) -> None:
    """A number is said as it is shown; anything else is no match: a message is complete, or it is not made."""
    found = triggers().matches(event({**DELAYED, "parcel": parcel}, "shipment.delayed"), NOBODY, now=NOW)
    assert [each.facts["parcel"] for each in found] == ([] if expected is None else [expected])


@pytest.mark.parametrize("own", [True, ["a"], {"a": 1}, 2**70], ids=repr)
def test_a_fact_of_ones_own_is_a_text_or_a_number(own: JSON) -> None:
    """Also where the catalogue has nothing to say of it."""
    found = triggers(TRIGGERS.replace("parcel: event.data.parcel", "parcel: event.data.own"))
    assert matched(found, {**DELAYED, "own": own}) == []


@pytest.mark.parametrize("own", ["true", "an error", 1, 1.5, [True], {"a": 1}], ids=repr)
def test_only_a_truth_matches(own: JSON) -> None:
    """A text, a number, a list: a failed trigger with its own words."""
    found = several("event.data.own")
    assert (matched(found, {**DELAYED, "own": own}), found.tallies()[0].problem) == (
        [],
        "`when` is neither true nor false",
    )


def test_a_large_body_costs_nothing_where_it_is_not_read() -> None:
    """What no expression names is never looked at, whatever it is."""
    body = {**DELAYED, "blob": "x" * 1_000_000, "more": [object()] * 10_000}
    assert matched(triggers(), body) == ["parcel_delayed"]


@pytest.mark.parametrize(
    "more", [{"list": list(range(101))}, {"text": "x" * 2049}, {"deep": 0}], ids=lambda more: next(iter(more))
)
def test_what_is_read_is_bounded(more: dict[str, JSON]) -> None:
    """More than 100 values, a longer text, a deeper nest: not read at all."""
    if "deep" in more:
        for _ in range(20):
            more = {"deep": [more["deep"]]}
    name = next(iter(more))
    found = several(f'event.data["{name}"] != 1', f"has(event.data.{name}) || true", f'!("{name}" in event.data)')
    assert matched(found, {**DELAYED, **more}) == []


def test_an_item_is_found_in_a_list_of_a_hundred() -> None:
    """And never in a longer one."""
    on = "incident.update"
    held = {size: asked_of(f'"u-{size - 1}" in event.data.lines', on, size) for size in (1, 100, 101)}
    assert held == {1: True, 100: True, 101: None}


def asked_of(source: str, on: str, size: int) -> bool | None:
    """What an expression says of an event with so many lines."""
    expression, _ = condition(source, on)
    seen = scene({"lines": [f"u-{number}" for number in range(size)]}, on)
    value = Stage(seen, expression.strict.variables).outcome(expression).value
    return value if isinstance(value, bool) else None


@pytest.mark.parametrize("seed", range(3))
def test_sifted_as_one_or_each_by_itself_is_the_same(seed: int) -> None:
    """What the sieve drops is false, and everything false is dropped: on made-up conditions and data."""
    rng = np.random.default_rng([20261121, 7, seed])
    compiled = []
    while len(compiled) < 60:
        try:
            compiled.append(condition(make(rng, 2).source, "page.viewed")[0])
        except Fault:
            continue  # refused when it is loaded
    sieve = Sieve(compiled)
    for _ in range(20):
        stage = Stage(scene(make_data(rng), "page.viewed"), sieve.variables)
        alone = [stage.outcome(each).value is not False for each in compiled]
        assert stage.left(sieve) == alone


@pytest.mark.parametrize("seed", range(3))
def test_a_condition_without_a_name_that_it_needs_has_no_value(seed: int) -> None:
    """Skipping it and evaluating it come to the same: the library has no answer either."""
    rng = np.random.default_rng([20261121, 8, seed])
    tried = 0
    while tried < 60:
        try:
            expression, _ = condition(make(rng, 2).source, "page.viewed")
        except Fault:
            continue
        stage = Stage(scene(make_data(rng), "page.viewed"), expression.strict.variables)
        if not any(each.key in stage._problems for each in expression.strict.needed):
            continue
        tried += 1
        try:
            evaluated = expression.program.eval(stage._activation).value()
        except RuntimeError:
            evaluated = None
        assert not isinstance(evaluated, bool), expression.source


def test_a_library_that_raises_matches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in it is a failed trigger, never a match, and never ends a request."""
    found = several(*["event.data.delay_hours > 1"] * SIEVED)

    class Broken:
        def eval(self, *_: object) -> object:
            raise MemoryError("out of it, said of customer u-1")

    for rule in found._rules:
        object.__setattr__(rule.when, "program", Broken())
    monkeypatch.setattr(found._by_type["shipment.delayed"].sieve, "program", Broken())
    assert matched(found, DELAYED) == []
    assert [(each.failed, each.problem) for each in found.tallies()] == [(1, "it cannot be evaluated")] * SIEVED


def test_loops_over_long_lists_end() -> None:
    """The library goes through 10,000 items in one evaluation: all as one meet that, each by itself does not."""
    many = "(" + " + ".join(["event.data.rows"] * 10) + ").all(x, x < {})"
    found = several(*(many.format(number) for number in range(100, 111)), many.format(99))
    rows: dict[str, JSON] = {**DELAYED, "rows": list(range(100))}
    sieve = found._by_type["shipment.delayed"].sieve
    assert sieve is not None
    assert Stage(scene(rows, "shipment.delayed"), sieve.variables).left(sieve) is None
    assert matched(found, rows) == [f"t{number}" for number in range(11)]
    assert [each.problem for each in found.tallies()] == [None] * 12

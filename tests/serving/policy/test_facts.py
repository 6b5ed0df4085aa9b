"""What a message is about: family, entity, fact key, and whether a text says it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.facts import canonical, entity, fact_key, family, same, shown, uses_any
from tests.occasions import NOW, USER, event

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"parcel": "A-7", "item": "lamp"}, "parcel:A-7"),
        ({"item": "lamp", "conversation": "C-1"}, "item:lamp"),
        ({"subject": "gate"}, "subject:gate"),
        ({"request": 12}, "request:12"),
        ({"parcel": "", "incident": "I-3"}, "incident:I-3"),
        ({"parcel": None}, "family:shipment"),
        ({"delay_hours": 12}, "family:shipment"),
        ({}, "family:shipment"),
    ],
)
def test_the_entity_is_the_first_thing_named(data: dict[str, Any], expected: str) -> None:
    """In the contract's order; where nothing is named, it is the whole family."""
    assert entity(event(data=data)) == expected


def test_an_account_event_is_its_own_entity() -> None:
    """Two sign-ins are two things, whatever their data say."""
    first = event("account.password_changed", data={"subject": "x"})
    assert entity(first) != entity(replace(first, id="ev-2"))


def test_the_family_is_the_word_before_the_first_dot() -> None:
    """`a.b.c` is of the family `a`; a word without a dot is its own."""
    assert [family("shipment.delayed"), family("a.b.c"), family("word")] == ["shipment", "a", "word"]


def test_the_same_fact_reported_twice_is_one_fact() -> None:
    """Neither the event's id, nor its source, nor its time, nor the order of its data make it another fact."""
    first = event()
    again = replace(first, id="ev-2", source="carrier", time=NOW, data=dict(reversed(first.data.items())))
    assert fact_key(USER, first) == fact_key(USER, again)


@pytest.mark.parametrize(
    "other",
    [
        event("shipment.rescheduled"),
        event(data={"parcel": "A-7", "new_eta": "Monday"}),
        event(data={"parcel": "A-8", "new_eta": "Friday"}),
        event(data={"parcel": "A-7", "new_eta": "Friday", "late": True}),
    ],
)
def test_another_type_or_another_datum_is_another_fact(other: Any) -> None:
    """What would be news to the customer has another key."""
    assert fact_key(USER, event()) != fact_key(USER, other)


def test_the_same_fact_about_another_customer_is_another_fact() -> None:
    """The key is the customer's own, and it cannot be made to collide by a clever id."""
    keys = {fact_key(user, event()) for user in ("u-1", "u-17", "u-17:", "7:u-17", "")}
    assert len(keys) == 5


def test_for_the_account_the_event_is_the_fact() -> None:
    """The same data with another id is another sign-in."""
    first = event("account.signed_in_new_device", data={"device": "phone"})
    keys = {fact_key(USER, one) for one in (first, replace(first, id="2"), replace(first, source="app"))}
    assert len(keys) == 3


def test_a_long_list_of_affected_customers_still_makes_a_key() -> None:
    """An incident of a hundred thousand customers has a key of the usual length."""
    many = [f"u-{number}" for number in range(100_000)]
    assert len(fact_key(USER, event("incident.update", data={"incident": "I-3", "affected": many}))) == 64


def test_data_that_are_no_json_have_no_key() -> None:
    """NaN has no canonical form; the row is then refused as unreadable."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        fact_key(USER, event(data={"amount": float("nan")}))


@given(st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=5))
def test_the_canonical_form_does_not_depend_on_order(data: dict[str, Any]) -> None:
    """Any mapping and its reverse have the same bytes."""
    assert canonical(data) == canonical(dict(reversed(data.items())))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  A-7 ", "A-7"),
        (7, "7"),
        (7.0, "7"),
        (7.25, "7.25"),
        ("", None),
        (" \t", None),
        ("two\nlines", None),
        ("x" * 161, None),
        (True, None),
        (None, None),
        ([1], None),
        (float("inf"), None),
    ],
)
def test_a_fact_is_written_one_way(value: Any, expected: str | None) -> None:
    """Short printable text and finite numbers are facts; prose, lists, booleans and nothing are not."""
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("stated", "recorded", "expected"),
    [
        ("7", 7, True),
        (7, 7.0, True),
        ("Friday ", "Friday", True),
        ("Friday", "friday", False),
        (True, 1, False),
        (None, "x", False),
        ([1], [1], True),
        ("", "", True),
    ],
)
def test_two_values_are_the_same_fact_if_they_read_the_same(stated: Any, recorded: Any, *, expected: bool) -> None:
    """A number and its digits are the same to the customer; another spelling is not."""
    assert same(stated, recorded) is expected


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("Your parcel A-7 is late.", {"parcel": "A-7"}, True),
        ("your parcel a-7 is late", {"parcel": "A-7"}, True),
        ("Your parcel A-77 is late.", {"parcel": "A-7"}, False),
        ("Parcel A-77, then A-7.", {"parcel": "A-7"}, True),
        ("It is 12 hours late.", {"delay_hours": 12}, True),
        ("It is 120 hours late.", {"delay_hours": 12}, False),
        ("A parcel is late.", {"grade": "a"}, False),
        ("Gate 7 is open.", {"gate": "7"}, True),
        ("Dear u-17, hello.", {"affected": ["u-17"], "session": "u-17"}, False),
        ("The lamp is here.", {"order": {"item": "lamp"}}, True),
        ("True story.", {"late": True}, False),
        ("Anything.", {}, False),
    ],
)
def test_a_text_uses_a_fact_as_a_word_of_its_own(text: str, data: dict[str, Any], *, expected: bool) -> None:
    """Not inside another word, not who or where, not a single letter, at any depth."""
    assert uses_any(text, data) is expected


def test_a_newer_event_about_the_same_thing_differs_only_in_its_key() -> None:
    """Superseding goes by the entity, telling by the key: later news on the same parcel shares the first alone."""
    late = event(age=timedelta(minutes=1), data={"parcel": "A-7", "new_eta": "Monday"})
    assert (entity(late) == entity(event()), fact_key(USER, late) == fact_key(USER, event())) == (True, False)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=8,
)


@given(JSONS)
def test_a_value_is_encoded_as_the_library_encodes_it(value: Any) -> None:
    """The encoder that is made once says what one made for each value says, so no fact key has changed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    assert canonical(value) == text.encode("utf-8", "surrogatepass")

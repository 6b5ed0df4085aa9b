from typing import Any

import pytest

from serving.events.catalogue import TYPES, Kind
from serving.events.checking import OF_TYPE, RULES, wrongs

CANARY = "canary7391"
GOOD: dict[Kind, list[Any]] = {
    Kind.TEXT: ["a", "", CANARY * 500],
    Kind.FACT: ["Friday", 7, 7.5, -1],
    Kind.NUMBER: [7, -7.5, 0],
    Kind.SECONDS: [0, 31, 0.5, 1e308],
    Kind.COUNT: [0, 3, 3.0],
    Kind.TRUTH: [True, False],
    Kind.TIME: ["2026-11-20T18:00:00Z", "2026-11-20T18:00:00.123456789+05:45", "2028-02-29T00:00:00-11:00"],
    Kind.TEXTS: [[], ["u-1"], ["u-1", "Zoë", "x" * 256]],
    Kind.OBJECT: [{}, {"plan": "plus"}],
}
BAD: dict[Kind, list[Any]] = {
    Kind.TEXT: [7, True, ["a"], {"a": 1}],
    Kind.FACT: [True, ["a"], {"a": 1}],
    Kind.NUMBER: ["7", True, [7], {"a": 1}],
    Kind.SECONDS: [-0.001, -4, "31", True, [31]],
    Kind.COUNT: [-1, 0.5, "3", True],
    Kind.TRUTH: ["yes", 1, 0, [True]],
    Kind.TIME: [
        *(
            "tomorrow",
            "",
            1795435200,
            "2026-11-20",
            "2026-11-20T18:00:00",
            "2026-11-20 18:00:00Z",
            "2026-02-30T00:00:00Z",
        ),
        *("2026-11-20T24:00:00Z", "2026-11-20T18:00:00z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ["x"], True),
    ],
    Kind.TEXTS: ["u-1", {"u-1": 1}, [7], ["u-1", None], [""], [" "], ["x" * 257], [["u-1"]], 7],
    Kind.OBJECT: ["a", 7, True, ["a"]],
}
PARTS = [
    (kind, value, fits) for fits, all_of in ((True, GOOD), (False, BAD)) for kind in Kind for value in all_of[kind]
]
IDENTIFIED: list[tuple[str, Any, bool]] = [
    ("anonymous_id", "a-1", True),
    ("anonymous_id", " ", False),
    ("anonymous_id", "x" * 257, False),
    ("timezone", "Europe/Paris", True),
    ("timezone", "Mars/Olympus", False),
    ("timezone", "", False),
    ("timezone", "localtime", False),
    ("timezone", 7, False),
    ("timezone", ["Europe/Paris"], False),
    ("consent", {}, True),
    ("consent", {"chat": True, "sms": False, "email": None}, True),
    ("consent", {"chat": "yes"}, False),
    ("consent", {"chat": 1}, False),
    ("consent", {"e-mail": False}, False),
    ("consent", True, False),
    ("consent", ["chat"], False),
    ("traits", {str(number): number for number in range(101)}, True),
    ("traits", {"timezone": "Europe/Paris", "consent": {"sms": True}, "plan": "plus"}, True),
    ("traits", {"timezone": None, "consent": None}, True),
    ("traits", "plus", False),
]
AMONG_TRAITS = [part for part in IDENTIFIED if part[0] in ("timezone", "consent")]


@pytest.mark.parametrize(("kind", "value", "fits"), PARTS, ids=[f"{i}-{part[0]}" for i, part in enumerate(PARTS)])
def test_each_kind_is_what_it_says(kind: Kind, value: Any, *, fits: bool) -> None:
    """Each kind takes its own values and no others."""
    actual = RULES[kind].fits(value)

    assert actual == fits


def test_every_kind_has_its_examples() -> None:
    """A kind that is added comes with values that fit and values that do not."""
    assert GOOD.keys() == BAD.keys() == RULES.keys() == set(Kind)


@pytest.mark.parametrize(
    ("name", "value", "fits"), IDENTIFIED, ids=[f"{i}-{part[0]}" for i, part in enumerate(IDENTIFIED)]
)
def test_who_somebody_is_is_read_closely(name: str, value: Any, *, fits: bool) -> None:
    """An id, a zone, a consent that nobody could act on are refused where they arrive."""
    actual = [wrong.place for wrong in wrongs("customer.identified", "u-1", {name: value})]

    assert actual == ([] if fits else [("data", name)])


@pytest.mark.parametrize(
    ("name", "value", "fits"), AMONG_TRAITS, ids=[f"{i}-{part[0]}" for i, part in enumerate(AMONG_TRAITS)]
)
def test_zone_and_consent_are_read_as_closely_among_the_traits(name: str, value: Any, *, fits: bool) -> None:
    """They mean the same there, and are refused by the same words."""
    among = wrongs("customer.identified", "u-1", {"traits": {"plan": "plus", name: value}})
    actual = [(wrong.place, wrong.says) for wrong in among]

    beside = wrongs("customer.identified", "u-1", {name: value})
    assert actual == ([] if fits else [(("data", "traits", name), beside[0].says)])


def test_an_identification_needs_its_customer() -> None:
    """Without a subject it is known of nobody."""
    actual = [(wrong.place, wrong.says) for wrong in wrongs("customer.identified", None, {"anonymous_id": "a-1"})]

    assert actual == [(("subject",), "is required: the customer who was identified")]


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_null_is_absent_and_own_names_are_free(event_type: str) -> None:
    """No name needs a value, and a sender's own names may hold anything."""
    data = dict.fromkeys(OF_TYPE[event_type]) | {"own": [None, {"deep": True}], "Parcel": 7}

    assert wrongs(event_type, "u-1", data) == wrongs(event_type, "u-1", None) == []


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_every_name_of_every_type_is_checked(event_type: str) -> None:
    """A value of no kind at all is refused under each name, all of them at once, in the order in which they came."""
    data = {name: object() for name in OF_TYPE[event_type]}

    actual = [wrong.place for wrong in wrongs(event_type, "u-1", data)]

    assert actual == [("data", name) for name in OF_TYPE[event_type]]


@pytest.mark.parametrize("event_type", ["order.paid", "shipment.delayd", "Shipment.Delayed", ""])
def test_a_type_that_nobody_knows_may_say_anything(event_type: str) -> None:
    """What no rule reads cannot be wrong."""
    actual = [wrongs(event_type, None, data) for data in ({"seconds": -1, "affected": 7}, "text", [1], None)]

    assert actual == [[], [], [], []]


@pytest.mark.parametrize("data", ["<xml/>", [1, 2], 7, True])
def test_data_of_a_known_type_is_an_object(data: Any) -> None:
    """A text or a list says nothing that a rule could read."""
    actual = [(wrong.place, wrong.says) for wrong in wrongs("shipment.delayed", "u-1", data)]

    assert actual == [(("data",), "must be an object")]


def test_the_element_of_a_list_is_named_by_its_index() -> None:
    """One bad id among thousands is found by its place, and not repeated."""
    listed: list[Any] = [f"u-{number}" for number in range(5000)]
    listed[4321] = {CANARY: 1}

    actual = [(wrong.place, wrong.says) for wrong in wrongs("incident.update", None, {"affected": listed})]

    assert actual == [(("data", "affected", 4321), "must be a text of 1 to 256 characters that is not blank")]


@pytest.mark.parametrize("kind", list(Kind))
def test_no_refusal_repeats_what_was_sent(kind: Kind) -> None:
    """The rule is named, the value is not."""
    actual = RULES[kind].says

    assert (actual.startswith("must be "), CANARY in actual) == (True, False)

import pytest

from serving.events.catalogue import TYPES
from serving.events.spelling import SHOWN, type_of_name, unknown_types

CANARY = "canary7391"


def words(event_type: str) -> list[str]:
    """Return the words of a type."""
    return event_type.replace(".", "_").split("_")


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_every_usual_spelling_of_a_type_is_that_type(event_type: str) -> None:
    """Words apart, with dashes, in capitals, in camels: senders name the same event in all of these ways."""
    parts = words(event_type)
    titled = [part.title() for part in parts]
    spelt = [
        *(event_type, event_type.upper(), " ".join(titled), " ".join(parts), "_".join(parts), "-".join(parts)),
        *("".join(titled), parts[0] + "".join(titled[1:]), ": ".join(titled), f" {' '.join(titled)} "),
    ]

    actual = {type_of_name(name) for name in spelt}

    assert actual == {event_type}


@pytest.mark.parametrize(
    "name",
    [
        "Report Submitted",
        "Shipment",
        "Shipment Delayed Twice",
        "",
        "Order.Completed",
        "shipment délayed",
        "éshipment.delayed",
    ],
)
def test_any_other_name_stays_as_it_is(name: str) -> None:
    """Nothing is guessed: a name that is only like ours is somebody else's."""
    assert type_of_name(name) == name


@pytest.mark.parametrize(
    ("event_type", "hint"),
    [
        ("shipment.delayd", "; did you mean `shipment.delayed`?"),
        ("Shipment Delayed", "; did you mean `shipment.delayed`?"),
        ("conversation.left.unresolved", "; did you mean `conversation.left_unresolved`?"),
        ("order.paid", ""),
        (CANARY, ""),
        ("shipment.delayed" * 16, ""),
        ("", ""),
    ],
)
def test_a_type_that_nobody_reads_is_named_by_its_index(event_type: str, hint: str) -> None:
    """It is stored; a slip of the pen gets the type that was meant, and nothing of the sender's is repeated."""
    actual = unknown_types([(3, "shipment.delayed"), (7, event_type), (9, event_type)])

    assert actual == [{"index": 7, "detail": f"stored; no rule and no trigger reads this type{hint}"}]


def test_known_types_are_not_named() -> None:
    """An answer about types of the contract says nothing of them."""
    assert unknown_types(enumerate(TYPES)) == []


def test_a_stream_of_unknown_types_is_cut_short() -> None:
    """A thousand types of somebody else's give an answer that can be read."""
    actual = unknown_types((number, f"their.type{number}") for number in range(1000))

    assert [one["index"] for one in actual] == list(range(SHOWN))

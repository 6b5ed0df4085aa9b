"""Whether a customer's message is about the thing that an event is about."""

from typing import Any

import pytest

from serving.ledger.conversations import names


@pytest.mark.parametrize(
    ("data", "entity", "expected"),
    [
        ({"text": "order 170 and 1175"}, "parcel:17", False),
        ({"text": "order 170, 1175 and 17"}, "parcel:17", True),
        ({"text": "17?"}, "parcel:17", True),
        ({"text": "17a"}, "parcel:17", False),
        ({"text": "where is a-7."}, "parcel:A-7", True),
        ({"text": "where is A-77"}, "parcel:A-7", False),
        ({"text": "the blue lamps"}, "item:blue lamp", False),
        ({"text": "The Blue Lamp!"}, "item:blue lamp", True),
        ({"order": {"parcel": 17}}, "parcel:17", True),
        ({"order": {"parcel": 170}}, "parcel:17", False),
    ],
)
def test_a_message_names_a_thing_in_whole_words(data: Any, entity: str, *, expected: bool) -> None:
    """Not inside a longer number or word; in any case, and as a value of its own."""
    assert names(data, entity) is expected

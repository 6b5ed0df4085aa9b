"""One element, or several: how a body of plain JSON holds them, wherever it comes from."""

from typing import Final

from model.contracts import JSON
from serving.errors import Fault, Invalid
from serving.schemas.segment import calls_of, is_batch

MANY: Final = 1000


def one_or_many(value: JSON) -> list[JSON]:
    """Return the elements of an array of at most 1,000, or the one object."""
    values = value if isinstance(value, list) else [value]
    if not isinstance(value, list | dict):
        raise Invalid("send one object, or an array of objects")
    if len(values) > MANY:
        raise Invalid(f"the array has more than {MANY} elements; send several")
    return values


def values_in(value: JSON) -> list[JSON]:
    """Return the events of a body in plain JSON, each still unchecked: one, an array, or Segment's envelope."""
    if is_batch(value):
        value = calls_of(value)
        if not isinstance(value, list):
            raise Invalid("`batch` must be an array", errors=[Fault("#/batch", "must be an array of calls")])
    return one_or_many(value)

"""Values made quickly are those of the class itself, and as frozen."""

import pickle
from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from model.construction import constructor
from model.contracts import CustomerWouldThank, Decision, Message, RenderedMessage, Shares
from serving.ports import Decided

CLASSES = [CustomerWouldThank, Decided, Decision, Message, RenderedMessage]


def arguments(cls: Any) -> dict[str, Any]:
    """Return one argument for each field."""
    return {one.name: place for place, one in enumerate(fields(cls))}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_value_made_quickly_is_one_of_the_class(cls: Any) -> None:
    """Type, equality, hash and text; copied, pickled and replaced alike."""
    given = arguments(cls)
    quick, slow = constructor(cls)(**given), cls(**given)
    same = [quick == slow, slow == quick, hash(quick) == hash(slow), repr(quick) == repr(slow)]
    again = [copy(quick), pickle.loads(pickle.dumps(quick)), replace(quick)]  # noqa: S301  (written a moment ago)
    assert (type(quick) is cls, same, again) == (True, [True] * 4, [slow] * 3)


def test_what_is_left_out_is_the_class_s_own_default() -> None:
    """A plain default, and one that is made anew."""
    assert constructor(Message)(text="It is late.") == Message(text="It is late.")


def test_a_value_made_quickly_is_frozen() -> None:
    """No attribute can be set afterwards."""
    made = constructor(RenderedMessage)(text="It is late.", expects_reply=False)
    with pytest.raises(FrozenInstanceError):
        made.text = "It is not."  # type: ignore[misc]  # that is what is tried


def test_a_missing_argument_is_missed() -> None:
    """As by the class itself."""
    with pytest.raises(TypeError, match="expects_reply"):
        constructor(RenderedMessage)(text="It is late.")  # type: ignore[call-arg]  # that is what is tried


@dataclass(frozen=True, slots=True)
class Counted:
    """A value with a field that is no argument."""

    number: int = field(init=False, default=1)


@pytest.mark.parametrize("cls", [Shares, Counted], ids=["checks its values", "a field that is no argument"])
def test_a_class_that_does_more_is_made_by_its_own_name(cls: Any) -> None:
    """Its checks would be left out."""
    with pytest.raises(TypeError, match="by its own name"):
        constructor(cls)


@dataclass(frozen=True)
class Slotless:
    """A value that keeps its attributes in a dictionary."""

    number: int


def test_a_class_without_slots_is_refused() -> None:
    """Nothing half-made is handed out."""
    with pytest.raises(TypeError):
        constructor(Slotless)(number=1)

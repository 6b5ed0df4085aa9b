"""Frozen values made in a third of the time: what `dataclass` does one guarded attribute after the other, done at once.

A frozen class sets each attribute through `object.__setattr__`. Its twin here has the same fields and is not frozen: it
is filled as any object is, and becomes a value of the frozen class before anybody sees it.

Example:
    >>> from model.contracts import RenderedMessage
    >>> constructor(RenderedMessage)(text="It is late.", expects_reply=False)
    RenderedMessage(text='It is late.', expects_reply=False)
"""

from dataclasses import field, fields, make_dataclass
from typing import Any, TypeVar, cast

Value = TypeVar("Value")


def constructor(cls: type[Value]) -> type[Value]:
    """Return what makes values of a frozen dataclass with slots, of the same arguments: they are equal in every way.

    Raises:
        TypeError: a class that checks its values (`__post_init__`), that has no slots, or a field that is no argument.
    """
    each = fields(cast("Any", cls))
    if hasattr(cls, "__post_init__") or not all(one.init for one in each):
        raise TypeError(f"`{cls.__name__}` does more than to keep its arguments; make it by its own name")

    def become(self: object) -> None:
        self.__class__ = cls  # raises TypeError where the slots are not the same

    names = [
        (one.name, Any, field(default=one.default, default_factory=one.default_factory, kw_only=one.kw_only))
        for one in each
    ]
    twin = make_dataclass(cls.__name__, names, slots=True, namespace={"__post_init__": become})
    return cast("type[Value]", twin)

"""Decoded TOML, strictly: an unknown key is refused with the closest valid one, a value of the wrong type by its key.

Every function raises `InvalidTable` with one line: the key, what was given, what to write instead.

Example:
    >>> closest("benifit", ["contacted", "benefit"])
    'benefit'
"""

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from model.errors import InvalidTable

Scalar = str | int | float | bool


def closest(name: str, names: Sequence[str]) -> str | None:
    """Return the valid name that `name` most resembles, letter case aside, or None where nothing is close."""
    lowered = {known.lower(): known for known in reversed(names)}
    found = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def as_text(value: Scalar) -> str:
    """Write a scalar as the text by which values are compared: 1, 1.0 and "1" are one value, true is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def refuse_unknown(key: str, known: Sequence[str], *, table: str = "", top: Sequence[str] = ()) -> None:
    """Refuse a key outside `known`; `top` are the keys of the file's top level, often written below a `[table]`."""
    if key in known:
        return
    where = f"{table}.{key}" if table else key
    if key in top:
        raise InvalidTable(f"key `{where}` stands below `[{table}]`; move `{key}` above the first `[…]` of the file")
    near = closest(key, known)
    hint = f"did you mean `{near}`?" if near else "known are " + ", ".join(f"`{name}`" for name in known)
    raise InvalidTable(f"key `{where}` is not known; {hint}")


def name(key: str, value: Any) -> str:
    """Return a column's name (a string that is not empty)."""
    if not isinstance(value, str) or not value:
        also = " or a number" if key == "propensity" else ""
        raise InvalidTable(f"key `{key}`: `{value}` is not the name of a column{also}; write it in double quotes")
    return value


def names(key: str, value: Any) -> tuple[str, ...]:
    """Return a list of column names, each once."""
    if not isinstance(value, list | tuple):
        raise InvalidTable(f'key `{key}`: `{value}` is not a list; write `{key} = ["{value}"]`')
    listed = tuple(name(key, each) for each in value)
    for each in listed:
        if listed.count(each) > 1:
            raise InvalidTable(f"key `{key}` names `{each}` twice; leave one out")
    return listed


def scalars(key: str, value: Any) -> tuple[Scalar, ...]:
    """Return a list of at least one text, number or truth value."""
    listed = isinstance(value, list | tuple)
    if not listed or not value or not all(isinstance(each, str | int | float | bool) for each in value):
        raise InvalidTable(f'key `{key}`: `{value}` is not a list of values; write one, such as ["A", "B"]')
    return tuple(value)


def numbers(table: str, value: Any, known: Sequence[str], *, top: Sequence[str] = ()) -> dict[str, float]:
    """Return a table of numbers whose keys are among `known`; true and false are no numbers."""
    if not isinstance(value, Mapping):
        raise InvalidTable(f"key `{table}`: `{value}` is not a table; write `[{table}]` on a line of its own")
    for key, number in value.items():
        refuse_unknown(key, known, table=table, top=top)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InvalidTable(f"key `{table}.{key}`: `{number}` is not a number; write one without quotes")
    return {key: as_float(number) for key, number in value.items()}


def as_float(number: float) -> float:
    """Return a number as float; a whole number beyond every float is infinite, and its own check refuses it."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf

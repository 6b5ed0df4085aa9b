"""Lists as one statement takes them: a JSON array of texts, of which SQL reads each with `json_each(:names)`.

An entry that is a number and a text has the number first, in twenty places: `substr(value, 1, 20)` and
`substr(value, 21)`, the same on every database.

Example:
    >>> listed(["u-1", placed(-7, "u-2")])
    '["u-1","-0000000000000000007u-2"]'
"""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from model.errors import InvalidInput

NUL = "\0"  # ends a text within SQLite's JSON, so that the name would become another one


def cut(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Cut a list into parts of `size`, the last one shorter.

    Example:
        >>> list(cut([1, 2, 3], 2))
        [[1, 2], [3]]
    """
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def listed(texts: Iterable[str]) -> str:
    """Write a list for `json_each`.

    Raises:
        InvalidInput: a text has a NUL character or half of a surrogate pair: no list can hold it.
    """
    entries = list(texts)
    if NUL in "".join(entries):
        raise InvalidInput("ledger: a NUL character is not text that can be looked up; send text without one")
    try:
        return orjson.dumps(entries).decode()
    except TypeError as error:
        raise InvalidInput("ledger: a lone surrogate is not text that can be stored; send valid Unicode") from error


def placed(number: int, text: str) -> str:
    """Write a number and a text as one entry."""
    return f"{number:020}{text}"

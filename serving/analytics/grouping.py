"""Groups of occasions by what is known of their customers: numbers in bands, truths and words by value.

Numbers of at most six different values stand for themselves, others fall into bands at their quartiles, rounded to two
digits so that people can read them. Words are grouped by value, the twelve most frequent of each. The edges never look
at what followed: choosing them finds no harm that is not there.

Example:
    >>> [(each.kind, each.name, int(each.members.sum())) for each in groups_of([{"plan": "plus"}, {"plan": "basic"},
    ...     {"plan": "plus"}])]
    [('plan', 'plus', 2), ('plan', 'basic', 1)]
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from model.contracts import JSON
from serving.analytics.segments import Bools, Floats, Group
from serving.ledger_table.attributes import BOOLEAN, NUMBER, attribute_names, one_kind, usable_name

MOST_VALUES, MOST_NUMBERS = 12, 6
LONGEST = 60  # letters of a word that names a group
QUARTILES = (0.25, 0.5, 0.75)
BAND = re.compile("(?:(?P<low>[-.0-9e+]+) to )?below (?P<high>[-.0-9e+]+)|(?P<least>[-.0-9e+]+) and more")
TRUTHS = {True: "yes", False: "no"}


def groups_of(rows: Sequence[Mapping[str, JSON]], *, of: str = "customer") -> list[Group]:
    """Return every group that these attributes `of` something make, by attribute; one that all share makes none."""
    found: list[Group] = []
    for name in filter(usable_name, attribute_names(rows)):
        kind, values, _ = one_kind(name, [row.get(name) for row in rows])
        if values is not None:
            each = _numbers(values) if kind == NUMBER else _words(kind, values)
            found += [Group(name, said, members, of=of) for said, members in each]
    return found


def falls_into(name: str, value: JSON) -> bool:
    """Return whether a value belongs to the group of this name, as `groups_of` names it.

    Example:
        >>> falls_into("yes", True), falls_into("2 to below 5", 5), falls_into("5 and more", 5)
        (True, False, True)
    """
    if isinstance(value, bool):
        return TRUTHS[value] == name
    if not isinstance(value, int | float):
        return bool(value == name)
    band = BAND.fullmatch(name.replace(",", ""))
    if band is None:
        return _said(value) == name
    low, high = band["low"] or band["least"] or "-inf", band["high"] or "inf"
    return float(low) <= value < float(high)


def _words(kind: str, values: Sequence[JSON]) -> Iterator[tuple[str, Bools]]:
    """Yield a group for each of the most frequent values, those of text that is short enough."""
    said = [TRUTHS.get(value, value) if kind == BOOLEAN else value for value in values]
    counted = Counter(word for word in said if word is not None and word.strip() and len(word) <= LONGEST)
    if len(counted) > 1:
        column = np.asarray(said, dtype=object)
        for word, _ in sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:MOST_VALUES]:
            yield word, np.asarray(column == word, dtype=np.bool_)


def _numbers(values: Sequence[JSON]) -> Iterator[tuple[str, Bools]]:
    """Yield a group for each value, or for each band between rounded quartiles."""
    column = np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)
    different = np.unique(column[~np.isnan(column)])
    if len(different) <= 1:
        return
    if len(different) <= MOST_NUMBERS:
        yield from ((_said(value), column == value) for value in different.tolist())
        return
    yield from _bands(column)


def _bands(column: Floats) -> Iterator[tuple[str, Bools]]:
    """Yield the bands below the first edge, between two, and from the last on."""
    known = column[~np.isnan(column)]
    least = known.min()
    rounded = {float(f"{edge:.2g}") for edge in np.quantile(known, QUARTILES).tolist()}
    edges = sorted(edge for edge in rounded if edge > least) or [float(known[known > least].min())]
    ends = [-np.inf, *edges, np.inf]
    for low, high in pairwise(ends):
        members = (column >= low) & (column < high)
        if members.any():
            yield _band(low, high), members


def _band(low: float, high: float) -> str:
    if np.isinf(low):
        return f"below {_said(high)}"
    return f"{_said(low)} and more" if np.isinf(high) else f"{_said(low)} to below {_said(high)}"


def _said(number: float) -> str:
    return f"{number:,.6g}"

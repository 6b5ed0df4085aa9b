"""The engine of the policy: filters in, ruling out; whatever goes wrong refuses.

A filter is a function `(columns, limits) -> refusal mask`. The engine, not the filter, sees to the rest: unknown
inputs, waivers, a filter that raises or returns something else than a boolean per row, and an empty set of filters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import or_
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.columns import YES, Columns, Flags, FlagsAlone, Floats, Mask, differs, equal, opposite
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.waivers import waivers

PASS, REFUSE, WAIVED, NOT_ASKED = 0, 1, 2, 3
VERDICTS = ("pass", "refuse", "waived", "not_asked")
FAILED = "filter_failed"
PLACE: Mapping[str, int] = {code: place for place, code in enumerate(POLICY_CODES)}
BLOCK = 16_384  # rows: fewer spend more time between the calls, more leave the cache
MOST_RULINGS = 256  # that are kept of one combination of flags
INDICATED = frozenset(Flags._fields)
THREE = np.array(NOT_ASKED, dtype=np.int8)
HOLDS_FROM = sum(REASONS[code].outcome is Action.DENY for code in POLICY_CODES)  # denies come first

Test = Callable[[Columns, Limits], Mask]
Concern = Callable[[Columns], Mask]
Until = Callable[
    [Columns, Limits, Floats], Floats
]  # (columns, limits, at) → first instant ≥ at without it; NaN unknown


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """One hard no. Outcome and question are the catalogue's; `unknown_as` is the code of an unknown input."""

    code: str
    test: Test
    reads: tuple[str, ...] = ()
    concerns: Concern | None = None
    unknown_as: str = FAILED
    until: Until | None = None


def refuses(
    code: str,
    *,
    reads: tuple[str, ...] = (),
    concerns: Concern | None = None,
    unknown_as: str = FAILED,
    until: Until | None = None,
) -> Callable[[Test], Filter]:
    """Make a filter of a test.

    Args:
        code: its reason; must stand in the catalogue.
        reads: inputs without which it cannot be judged; where one is unknown, the row is refused as `unknown_as`.
        concerns: the rows it is about (None: all of them); elsewhere it is not asked.
        unknown_as: `filter_failed`, or the filter's own code.
        until: for a time-based filter, when it ends.
    """
    if code not in PLACE or unknown_as not in {code, FAILED}:
        raise KeyError(code)
    return lambda test: Filter(code, test, reads, concerns, unknown_as, until)


@dataclass(frozen=True, slots=True)
class Ruling:
    """All answers together, [codes, n] in the catalogue's order; `failed`: what could not be judged.

    `denied` and `held` [n] are the rows that any deny, and any hold, refuses.
    """

    verdicts: NDArray[np.int8]
    failed: Mask
    denied: Mask
    held: Mask

    def codes(self, row: int) -> tuple[str, ...]:
        """Return the codes that refuse this row, in the catalogue's order."""
        return tuple(POLICY_CODES[place] for place in np.flatnonzero(self.verdicts[:, row] == REFUSE))


def rule(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
    """Ask every filter about every row. No filters at all refuse every row: empty means no, on purpose.

    Many rows are ruled in blocks that stay in the processor's cache: a filter that raises refuses its whole block.
    """
    if c.rows == 1 and (ruling := _alone(c, limits, tuple(filters))) is not None:
        return ruling
    if c.rows <= BLOCK:
        return _composed(c, limits, _asked(c, (c.rows,), limits, filters), empty=not filters)
    shape = len(POLICY_CODES), c.rows
    verdicts, failed = np.empty(shape, dtype=np.int8), np.empty(shape, dtype=np.bool_)
    denied, held = np.empty((2, c.rows), dtype=np.bool_)
    for start in range(0, c.rows, BLOCK):
        rows = slice(start, start + BLOCK)
        part = rule(c.take(rows), limits, filters)
        verdicts[:, rows], failed[:, rows] = part.verdicts, part.failed
        denied[rows], held[rows] = part.denied, part.held
    return Ruling(verdicts, failed, denied, held)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the filters said of one block: a mask [n] per code; `unknown` and `broken` by place, where there are any."""

    refused: list[Mask]
    asked: list[Mask]
    unknown: dict[int, Mask]
    broken: list[int]


@dataclass(frozen=True, slots=True)
class _Kind:
    """All rows with the same flags: what the filters said that read nothing else, who is left, and earlier rulings."""

    said: _Answers
    left: tuple[Filter, ...]
    rulings: dict[tuple[object, ...], Ruling]


@lru_cache(maxsize=4096)
def _kind(flags: tuple[int, ...], limits: Limits, filters: tuple[Filter, ...]) -> _Kind:
    """Ask about the flags alone; a filter that fails there may need a number, and is left to be asked with them."""
    alone = tuple(each for each in filters if INDICATED.issuperset(each.reads))
    said = _asked(cast("Columns", FlagsAlone(*flags)), (), limits, alone)
    left = [each for each in filters if each not in alone or PLACE[each.code] in said.broken]
    return _Kind(_Answers(said.refused, said.asked, said.unknown, []), tuple(left), {})


def _alone(c: Columns, limits: Limits, filters: tuple[Filter, ...]) -> Ruling | None:
    """Rule on a single row as plain numbers; None where any filter cannot: then it is asked as an array, as ever.

    Flags come in few combinations: for each, what reads flags alone is asked once, and what follows from all answers
    is put together once.
    """
    one = c.single()
    kind = _kind(cast("tuple[int, ...]", one)[: len(Flags._fields)], limits, filters)
    said = _asked(one, (), limits, kind.left)
    if said.broken:
        return None
    answers = (*said.refused, *said.asked, *said.unknown.items())
    known = kind.rulings.get(answers)
    if known is None:
        refused, asked = list(map(or_, kind.said.refused, said.refused)), list(map(or_, kind.said.asked, said.asked))
        whole = _Answers(refused, asked, {**kind.said.unknown, **said.unknown}, [])
        known = _composed(c, limits, whole, empty=not filters)
        if len(kind.rulings) < MOST_RULINGS:
            kind.rulings[answers] = known
    return Ruling(known.verdicts.copy(), known.failed.copy(), known.denied.copy(), known.held.copy())


def _asked(c: Columns, shape: tuple[int, ...], limits: Limits, filters: Sequence[Filter]) -> _Answers:
    """Ask every filter about one block; their masks have this shape."""
    nobody = cast("Mask", np.zeros(shape, dtype=np.bool_) if shape else False)
    said = _Answers([nobody] * len(POLICY_CODES), [nobody] * len(POLICY_CODES), {}, [])
    concerned: dict[Concern | None, Mask] = {None: opposite(nobody)}
    for each in filters:
        place = PLACE[each.code]
        try:
            mask = _checked(each.test(c, limits), shape)
            if each.concerns not in concerned and each.concerns is not None:
                concerned[each.concerns] = _checked(each.concerns(c), shape)
            doubt = None if c.doubtful.isdisjoint(each.reads) else _doubt(each.reads, c)
        except Exception:  # noqa: BLE001  (whatever a filter does wrong refuses every row: unknown means no)
            said.broken.append(place)
            continue
        said.asked[place] = concerned[each.concerns]
        said.refused[place] = mask if doubt is None or each.unknown_as != each.code else mask | doubt
        if doubt is not None and each.unknown_as != each.code:
            said.unknown[place] = doubt
    return said


def _composed(c: Columns, limits: Limits, said: _Answers, *, empty: bool) -> Ruling:
    """Put the answers of all filters together: what is waived, what was not asked, what could not be judged.

    The matrices are [codes, n]. Verdicts are made by arithmetic, since a mask as an index would cost ten times as much:
    a refusal is 1, one more where it is waived, and 3 sets both bits of whatever was not asked.
    """
    shape = len(POLICY_CODES), c.rows
    refused, silent = np.array(said.refused).reshape(shape), ~np.array(said.asked).reshape(shape)
    spared = waivers(c, limits)
    unreadable = differs(c.readable, YES)
    failed = _failures(said, silent, spared)
    alarmed = unreadable | refused[PLACE[FAILED]]
    if said.unknown or said.broken:
        alarmed |= np.logical_or.reduce(failed, axis=0)
    silent |= unreadable
    verdicts = refused.view(np.int8) + (refused & spared).view(np.int8) | silent.view(np.int8) * THREE
    verdicts[PLACE[FAILED]] = np.ones_like(alarmed) if empty else alarmed
    no = equal(verdicts, REFUSE)
    denied, held = (np.logical_or.reduce(part, axis=0) for part in (no[:HOLDS_FROM], no[HOLDS_FROM:]))
    return Ruling(verdicts, failed, denied, held)


def _failures(said: _Answers, silent: Mask, spared: Mask) -> Mask:
    """Return what could not be judged, [codes, n]; `silent` takes it in."""
    failed = np.zeros(silent.shape, dtype=np.bool_)
    if said.unknown:
        places = list(said.unknown)
        unknown = np.array(list(said.unknown.values())).reshape(len(places), -1)
        failed[places] = unknown & ~(silent[places] | spared[places])
        silent[places] |= unknown
    if said.broken:
        failed[said.broken] = silent[said.broken] = True
    return failed


def _doubt(reads: tuple[str, ...], c: Columns) -> Mask | None:
    """Return the rows on which any of these inputs is unknown, or None where all are known on all rows."""
    doubt: Mask | None = None
    for name in reads:
        if name in c.doubtful:
            doubt = c.unknown(name) if doubt is None else doubt | c.unknown(name)
    return doubt


def _checked(mask: Any, shape: tuple[int, ...]) -> Mask:
    if not shape and isinstance(mask, bool | np.bool_):
        return cast("Mask", mask)
    if not shape or not isinstance(mask, np.ndarray) or mask.dtype.kind != "b" or mask.shape != shape:
        raise TypeError("a filter returns one boolean per row")
    return cast("Mask", mask)

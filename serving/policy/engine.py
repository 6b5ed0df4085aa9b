"""The engine of the policy: filters in, ruling out; whatever goes wrong refuses.

A filter is a function `(columns, limits) -> refusal mask`. The engine, not the filter, sees to the rest: unknown
inputs, waivers, a filter that raises or returns something else than a boolean per row, and an empty set of filters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.columns import YES, Columns, Flags, FlagsAlone, Floats, Mask, differs, equal, flag_rows, opposite
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.waivers import waivers

PASS, REFUSE, WAIVED, NOT_ASKED = 0, 1, 2, 3
VERDICTS = ("pass", "refuse", "waived", "not_asked")
FAILED = "filter_failed"
PLACE: Mapping[str, int] = {code: place for place, code in enumerate(POLICY_CODES)}
BLOCK = 16_384  # rows: fewer spend more time between the calls, more leave the cache
FEW = 512  # rows: more are asked about sooner than looked up one by one
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
    if filters and 0 < c.rows <= min(FEW, BLOCK) and (ruling := _looked_up(c, limits, tuple(filters))) is not None:
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


_Row = tuple[bytes, bytes, bool, bool]  # one row of a ruling


@dataclass(frozen=True, slots=True)
class _Kind:
    """All rows with the same flags: what the filters said that read nothing else, and who is left.

    `rulings` holds what follows from the answers of those that were asked again: answers come in few combinations.
    """

    said: _Answers
    left: tuple[Filter, ...]
    rulings: dict[tuple[Filter, ...], dict[bytes, _Row]]


@lru_cache(maxsize=4096)
def _kind(flags: bytes, limits: Limits, filters: tuple[Filter, ...]) -> _Kind:
    """Ask about the flags alone; a filter that fails there may need a number, and is left to be asked with them."""
    alone = tuple(each for each in filters if INDICATED.issuperset(each.reads))
    said = _asked(cast("Columns", FlagsAlone.of(flags)), (2,), limits, alone)
    left = [each for each in filters if each not in alone or PLACE[each.code] in said.broken]
    refused, asked = ([mask[0] for mask in masks] for masks in (said.refused, said.asked))
    unknown = {place: mask[0] for place, mask in said.unknown.items()}
    return _Kind(_Answers(refused, asked, unknown, []), tuple(left), {})


def _looked_up(c: Columns, limits: Limits, filters: tuple[Filter, ...]) -> Ruling | None:
    """Rule on a few rows; None where any filter that is left cannot: then all are asked about all rows, as ever.

    Flags come in few combinations: for each, what reads flags alone is asked once, and what follows from all answers
    is put together once. The others are asked about all rows; of a single one as plain numbers, which is quicker.
    """
    flags = flag_rows(c)
    kinds = {each: _kind(each, limits, filters) for each in set(flags)}
    lefts = {each.left for each in kinds.values()}
    left = lefts.pop() if len(lefts) == 1 else tuple([each for each in filters if any(each in some for some in lefts)])
    said = _asked(c.single(), (), limits, left) if c.rows == 1 else _asked(c, (c.rows,), limits, left)
    if said.broken:
        return None
    known = {each: kind.rulings.setdefault(left, {}) for each, kind in kinds.items()}
    rows: list[_Row] = []
    for row, (each, answers) in enumerate(zip(flags, _by_row(said, left, c.rows), strict=True)):
        one = known[each].get(answers)
        if one is None:
            one = _row(c.take(slice(row, row + 1)), limits, kinds[each].said, left, answers)
            if len(known[each]) < MOST_RULINGS:
                known[each][answers] = one
        rows.append(one)
    verdicts, failed, denied, held = zip(*rows, strict=True)
    shape = c.rows, len(POLICY_CODES)
    return Ruling(
        np.frombuffer(bytearray().join(verdicts), dtype=np.int8).reshape(shape).T,
        np.frombuffer(bytearray().join(failed), dtype=np.bool_).reshape(shape).T,
        np.array(denied),
        np.array(held),
    )


def _by_row(said: _Answers, asked: Sequence[Filter], rows: int) -> list[bytes]:
    """Return what these filters said, row by row: who refuses, who was asked, to whom something is unknown."""
    places = [PLACE[each.code] for each in asked]
    if not places:
        return [b""] * rows
    nobody = np.zeros(rows, dtype=np.bool_) if said.unknown and rows > 1 else False
    unknown = [said.unknown.get(place, nobody) for place in places] if said.unknown else []
    answers = [*[said.refused[place] for place in places], *[said.asked[place] for place in places], *unknown]
    whole = np.array(answers).reshape(len(answers), rows).T.tobytes()
    return [whole[start : start + len(answers)] for start in range(0, len(whole), len(answers))]


def _row(c: Columns, limits: Limits, said: _Answers, left: Sequence[Filter], answers: bytes) -> _Row:
    """Put the answers about one row together: what its flags say, `said`, with what those that are `left` answered."""
    refused, asked, unknown = said.refused.copy(), said.asked.copy(), said.unknown.copy()
    told: Mask = np.frombuffer(answers, dtype=np.bool_)
    for number, each in enumerate(left):
        place, about = PLACE[each.code], told[number :: len(left)]
        refused[place], asked[place] = about[0], about[1]
        if about[2:].any():
            unknown[place] = about[2]
    one = _composed(c, limits, _Answers(refused, asked, unknown, []), empty=False)
    return one.verdicts.tobytes(), one.failed.tobytes(), one.denied.item(), one.held.item()


def _asked(c: Columns, shape: tuple[int, ...], limits: Limits, filters: Sequence[Filter]) -> _Answers:
    """Ask every filter about one block; their masks have this shape."""
    nobody = cast("Mask", np.zeros(shape, dtype=np.bool_) if shape else False)
    said = _Answers([nobody] * len(POLICY_CODES), [nobody] * len(POLICY_CODES), {}, [])
    concerned: dict[Concern | None, Mask] = {None: opposite(nobody)}
    doubtful = c.doubtful
    for each in filters:
        place = PLACE[each.code]
        try:
            mask = _checked(each.test(c, limits), shape)
            if each.concerns not in concerned and each.concerns is not None:
                concerned[each.concerns] = _checked(each.concerns(c), shape)
            doubt = None if doubtful.isdisjoint(each.reads) else _doubt(doubtful.intersection(each.reads), c)
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


def _doubt(doubtful: frozenset[str], c: Columns) -> Mask:
    """Return the rows on which any of these inputs, of which there is one, is unknown."""
    return reduce(or_, map(c.unknown, doubtful))


def _checked(mask: Any, shape: tuple[int, ...]) -> Mask:
    if not shape and isinstance(mask, bool | np.bool_):
        return cast("Mask", mask)
    if not shape or not isinstance(mask, np.ndarray) or mask.dtype.kind != "b" or mask.shape != shape:
        raise TypeError("a filter returns one boolean per row")
    return cast("Mask", mask)

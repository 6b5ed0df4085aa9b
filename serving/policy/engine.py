"""The engine of the policy: filters in, ruling out; whatever goes wrong refuses.

A filter is a function `(columns, limits) -> refusal mask`. The engine, not the filter, sees to the rest: unknown
inputs, waivers, a filter that raises or returns something else than a boolean per row, and an empty set of filters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.columns import YES, Columns, Floats, Mask, equal
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.waivers import waivers

PASS, REFUSE, WAIVED, NOT_ASKED = 0, 1, 2, 3
VERDICTS = ("pass", "refuse", "waived", "not_asked")
FAILED = "filter_failed"
PLACE: Mapping[str, int] = {code: place for place, code in enumerate(POLICY_CODES)}
HOLDS_FROM = sum(REASONS[code].outcome is Action.DENY for code in POLICY_CODES)  # denies come first

Test = Callable[[Columns, Limits], Mask]
Concern = Callable[[Columns], Mask]
Until = Callable[
    [Columns, Limits, Floats], Floats
]  # (columns, limits, at) → first instant ≥ at without it; NaN unknown


@dataclass(frozen=True, slots=True)
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
    """Ask every filter about every row. No filters at all refuse every row: empty means no, on purpose."""
    nobody, everybody = np.zeros(c.rows, dtype=np.bool_), np.ones(c.rows, dtype=np.bool_)
    refused, asked, unknown, broken = ([each] * len(POLICY_CODES) for each in (nobody,) * 4)
    concerned: dict[Concern, Mask] = {}
    for each in filters:
        place = PLACE[each.code]
        try:
            refused[place] = _checked(each.test(c, limits), c.rows)
            asked[place] = everybody if each.concerns is None else _concerned(each.concerns, c, concerned)
            doubt = _doubt(each.reads, c)
        except Exception:  # noqa: BLE001  (whatever a filter does wrong refuses every row: unknown means no)
            broken[place] = everybody
            continue
        if doubt is not None and each.unknown_as == each.code:
            refused[place] = refused[place] | doubt
        elif doubt is not None:
            unknown[place] = doubt
    return _composed(c, limits, *(np.array(masks) for masks in (refused, asked, unknown, broken)), empty=not filters)


def _composed(  # noqa: PLR0913, PLR0917  (the four matrices [codes, n] that make a ruling)
    c: Columns, limits: Limits, refused: Mask, asked: Mask, unknown: Mask, broken: Mask, *, empty: bool
) -> Ruling:
    """Put the answers of all filters together: what is waived, what was not asked, what could not be judged."""
    spared = waivers(c, limits)
    failed = (unknown & asked & ~spared) | broken
    unreadable = ~equal(c.readable, YES)
    verdicts = refused.astype(np.int8)
    verdicts[refused & spared] = WAIVED
    verdicts[~asked | unknown | broken | unreadable] = NOT_ASKED
    verdicts[PLACE[FAILED]] = refused[PLACE[FAILED]] | failed.any(axis=0) | unreadable | empty
    no = equal(verdicts, REFUSE)
    denied, held = np.asarray(no[:HOLDS_FROM].any(axis=0)), np.asarray(no[HOLDS_FROM:].any(axis=0))
    return Ruling(verdicts, failed, denied, held)


def _doubt(reads: tuple[str, ...], c: Columns) -> Mask | None:
    """Return the rows on which any of these inputs is unknown, or None where all are known on all rows."""
    doubt: Mask | None = None
    for name in reads:
        if name in c.doubtful:
            doubt = c.unknown(name) if doubt is None else doubt | c.unknown(name)
    return doubt


def _concerned(concerns: Concern, c: Columns, known: dict[Concern, Mask]) -> Mask:
    """Return whom a filter is about; several filters share the question."""
    if concerns not in known:
        known[concerns] = _checked(concerns(c), c.rows)
    return known[concerns]


def _checked(mask: object, rows: int) -> Mask:
    if not isinstance(mask, np.ndarray) or mask.dtype.kind != "b" or mask.shape != (rows,):
        raise TypeError("a filter returns one boolean per row")
    return mask

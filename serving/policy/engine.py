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
from serving.policy.waivers import WAIVED_FROM, waived

PASS, REFUSE, WAIVED, NOT_ASKED = 0, 1, 2, 3
VERDICTS = ("pass", "refuse", "waived", "not_asked")
FAILED = "filter_failed"
PLACE: Mapping[str, int] = {code: place for place, code in enumerate(POLICY_CODES)}
_DENIES = np.array([REASONS[code].outcome is Action.DENY for code in POLICY_CODES])

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
    """All answers together: `verdicts` int8 [codes, n] in the catalogue's order; `failed` names what failed per row."""

    verdicts: NDArray[np.int8]
    failed: Mapping[str, Mask]

    @property
    def refused(self) -> Mask:
        """Which code refuses which row, [codes, n]."""
        return equal(self.verdicts, REFUSE)

    @property
    def denied(self) -> Mask:
        """The rows that any deny refuses."""
        return np.asarray(self.refused[_DENIES].any(axis=0))

    @property
    def held(self) -> Mask:
        """The rows that any hold refuses."""
        return np.asarray(self.refused[~_DENIES].any(axis=0))

    def codes(self, row: int) -> tuple[str, ...]:
        """Return the codes that refuse this row, in the catalogue's order."""
        return tuple(POLICY_CODES[place] for place in np.flatnonzero(self.verdicts[:, row] == REFUSE))


def rule(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
    """Ask every filter about every row. No filters at all refuse every row: empty means no, on purpose."""
    verdicts = np.full((len(POLICY_CODES), c.rows), NOT_ASKED, dtype=np.int8)
    broken = ~equal(c.readable, YES) if filters else np.ones(c.rows, dtype=np.bool_)
    verdicts[PLACE[FAILED]] = broken
    doubtful = c.doubtful()
    failed: dict[str, Mask] = {}
    for each in filters:
        try:
            unjudged = _ask(each, c, limits, doubtful, verdicts[PLACE[each.code]])
        except Exception:  # noqa: BLE001  (whatever a filter does wrong refuses every row: unknown means no)
            verdicts[PLACE[each.code]] = NOT_ASKED
            unjudged = np.ones(c.rows, dtype=np.bool_)
        if unjudged is not None:
            failed[each.code] = unjudged
    for mask in failed.values():
        verdicts[PLACE[FAILED], mask] = REFUSE
    if np.count_nonzero(broken):
        verdicts[:, broken] = NOT_ASKED
        verdicts[PLACE[FAILED], broken] = REFUSE
    return Ruling(verdicts, failed)


def _ask(each: Filter, c: Columns, limits: Limits, doubtful: frozenset[str], verdict: NDArray[np.int8]) -> Mask | None:
    """Write one filter's verdicts; return the rows that it could not judge, or None where it judged all."""
    refused = _checked(each.test(c, limits), c.rows)
    unknown: Mask | None = None
    for name in each.reads:
        if name in doubtful:
            unknown = c.unknown(name) if unknown is None else unknown | c.unknown(name)
    if unknown is not None and each.unknown_as == each.code:
        refused, unknown = refused | unknown, None
    verdict[:] = refused
    asked = each.code in WAIVED_FROM and (unknown is not None or np.count_nonzero(refused))
    spared = waived(each.code, c, limits) if asked else None
    if spared is not None:
        verdict[refused & spared] = WAIVED
    if unknown is not None:
        verdict[unknown] = NOT_ASKED
        unknown = unknown if spared is None else unknown & ~spared
    if each.concerns is not None:
        concerned = _checked(each.concerns(c), c.rows)
        verdict[~concerned] = NOT_ASKED
        unknown = None if unknown is None else unknown & concerned
    return unknown if unknown is not None and np.count_nonzero(unknown) else None


def _checked(mask: object, rows: int) -> Mask:
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (rows,):
        raise TypeError("a filter returns one boolean per row")
    return mask

"""Decisions decided again, a page at once: under the policy at hand, then under what is proposed instead.

Everything is columns of one length. Inputs, score and draw are those of the ledger; only the policy, or the cut-off,
or the model, are others. A row is left out where deciding it again under the policy at hand does not give what was
answered, or where nothing says what the second question would have been answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action, Shares
from serving.judging import Judged, judge
from serving.policy.columns import Columns
from serving.policy.engine import REFUSE
from serving.policy.limits import Limits
from serving.policy.policy import Policy
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.record.readings import ESSENTIAL, NOT_THERE, Readings
from serving.replay.settled import BIT, DENY, EXPERIMENT, HOLD, NONE, SEND, Codes, Floats, Mask, by_certificate

Ints = NDArray[np.int64]
Places = NDArray[np.int8]

UNREADABLE, OTHERWISE, NEVER_ASKED = "unreadable", "otherwise", "never_asked"
STAYS: Final = np.int8(0)  # of `Again.left_out`: it is not
LEFT_OUT: Final = {why: np.int8(number) for number, why in enumerate((OTHERWISE, NEVER_ASKED, UNREADABLE), start=1)}
_POLICY = np.bitwise_or.reduce([BIT[code] for code in POLICY_CODES])
_DENIES = np.bitwise_or.reduce([BIT[code] for code in POLICY_CODES if REASONS[code].outcome is Action.DENY])


class Second(Protocol):
    """Who answers the second question in place of the ledger: another model."""

    def asked(self, rows: Readings) -> "Answered":
        """Answer for rows that every filter lets pass, none of them essential or outranked."""
        ...

    def of(self, records: Mapping[int, str]) -> "Second":
        """Return the same, reading these records, by number, in place of those of the decisions."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """What score and chance make of rows, by another model or at another cut-off.

    `sends` [n]; `contact` the probability of a contact, NaN where nothing is drawn; `codes` what refuses it, or what no
    longer does; `left_out` as in `Again`.
    """

    sends: Mask
    contact: Floats
    codes: Codes
    left_out: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The policy at hand, and what is proposed instead.

    `templates` is a policy with other templates or wording (None: those at hand), `cutoff` None leaves it as it was,
    `second` asks another model (None: the figures of the ledger stay).
    """

    policy: Policy
    limits: Limits
    cutoff: float | None = None
    templates: Policy | None = None
    second: Second | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Again:
    """Decisions decided again, as columns by `number`.

    `before` and `after` are places in `ACTIONS`; `codes` what newly refuses, or what no longer does. `contact` is the
    probability of a contact under the proposal, over the draw; NaN where nothing was drawn. `delayed`: it would only be
    held, and that ends while the message still holds; it keeps its draw (METHOD section 2). `left_out` is `STAYS`,
    or what `LEFT_OUT` has for the reason: the rest of such a row says nothing.
    """

    number: Ints
    before: Places
    after: Places
    codes: Codes
    contact: Floats
    delayed: Mask
    left_out: Places


@dataclass(frozen=True, slots=True, eq=False)
class _Ruled:
    """What the filters say: every code that refuses, the action that makes, and when a hold ends (NaN unknown)."""

    codes: Codes
    action: Places
    ends: Mask


def decided_again(rows: Readings, proposal: Proposal, shares: Shares, then: Columns | None = None) -> Again:
    """Decide rows again; `then` is what the filters read under the proposal, where that is something else.

    Rows whose draw the proposal leaves alone keep it.
    """
    columns = rows.columns()
    now = _ruled(judge(columns, proposal.policy.limits))
    same = then is None and proposal.limits == proposal.policy.limits
    new = now if same else _ruled(judge(columns if then is None else then, proposal.limits))
    cells = rows.cells
    was: Codes = cells["codes"] & _POLICY
    action = cells["action"]
    otherwise = (now.codes != was) | (now.action != np.where(was != NONE, action, SEND))
    refused = new.codes != NONE
    freed = ((cells["said"] & ESSENTIAL) != 0) & (now.codes != NONE)  # essential service needs no score
    drawn = cells["arm"] != NOT_THERE
    passing = _second(rows, proposal, shares, np.flatnonzero(~(refused | freed | otherwise)), now)
    added, gone = new.codes & ~now.codes, now.codes & ~new.codes
    after = np.where(refused, new.action, np.where(freed, SEND, np.where(passing.sends, SEND, DENY)))
    delayed = drawn & refused & (new.action == HOLD) & new.ends
    held = np.where(drawn, np.where(delayed, cells["chance"], 0.0), np.nan)
    return Again(
        number=rows.number,
        before=action,
        after=after.astype(np.int8),
        codes=np.where(refused, np.where(added != NONE, added, gone), np.where(freed, now.codes, passing.codes)),
        contact=np.where(refused, held, passing.contact),
        delayed=delayed,
        left_out=np.where(otherwise, LEFT_OUT[OTHERWISE], np.where(refused | freed, STAYS, passing.left_out)),
    )


def _ruled(judged: Judged) -> _Ruled:
    """Put verdicts together; a hold that outlasts its expiry is a deny that the ruling's own masks do not have."""
    codes = np.zeros(judged.ruling.verdicts.shape[1], dtype=np.uint64)
    for code, verdicts in zip(POLICY_CODES, judged.ruling.verdicts, strict=True):
        refused = verdicts == REFUSE
        if refused.any():
            codes |= refused * BIT[code]
    action = np.where(codes & _DENIES != NONE, DENY, np.where(codes != NONE, HOLD, SEND))
    return _Ruled(codes, action.astype(np.int8), np.isfinite(judged.waits))


def _second(rows: Readings, proposal: Proposal, shares: Shares, places: NDArray[np.intp], now: _Ruled) -> Answered:
    """Answer the second question for the rows in these places, which pass under the proposal; else nothing is said."""
    count = len(rows)
    whole = Answered(
        sends=np.zeros(count, dtype=np.bool_),
        contact=np.full(count, np.nan),
        codes=np.zeros(count, dtype=np.uint64),
        left_out=np.zeros(count, dtype=np.int8),
    )
    behind = (rows.cells["codes"][places] & BIT["outranked"]) != NONE
    behind |= (rows.cells["said"][places] & ESSENTIAL) != 0
    if proposal.second is None:
        _put(whole, places, _on_record(rows.cells[places], now.codes[places] != NONE, proposal.cutoff, shares))
        return whole
    ranked, asked = places[behind], places[~behind]
    _put(whole, ranked, _on_record(rows.cells[ranked], now.codes[ranked] != NONE, None, shares))
    _put(whole, asked, proposal.second.asked(rows.take(asked)))
    return whole


def _put(whole: Answered, places: NDArray[np.intp], some: Answered) -> None:
    for name in ("sends", "contact", "codes", "left_out"):
        getattr(whole, name)[places] = getattr(some, name)


def _on_record(cells: NDArray[np.void], never: Mask, cutoff: float | None, shares: Shares) -> Answered:
    """Answer from the ledger: its score, its draw, and the proposed cut-off; `never` was the question asked."""
    sent, chance = cells["action"] == SEND, cells["chance"]
    left_out = np.where(never, LEFT_OUT[NEVER_ASKED], STAYS)
    kept = Answered(sends=sent, contact=chance, codes=np.zeros_like(cells["codes"]), left_out=left_out)
    if cutoff is None:
        return kept
    arm, net, own = cells["arm"], cells["net_benefit"], cells["cutoff"]
    moved = (arm != NOT_THERE) & (arm != EXPERIMENT) & ~np.isnan(net) & ~np.isnan(own) & ~never
    before, after = (by_certificate(arm, net >= line, shares) for line in (own, cutoff))
    return Answered(
        sends=np.where(moved, after.contacted, kept.sends),
        contact=np.where(moved, after.chance, kept.contact),
        codes=np.where(moved, np.where(after.contacted, BIT["below_cutoff"], after.withheld), kept.codes),
        left_out=np.where(moved & (before.contacted != sent), LEFT_OUT[OTHERWISE], kept.left_out),
    )

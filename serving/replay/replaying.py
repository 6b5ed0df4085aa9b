"""A range of a ledger's decisions decided again: from their kept readings, and where those do not fit from records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.contracts import Shares
from serving.ledger.lists import cut
from serving.people.replayable import Replayable
from serving.policy.policy import Policy, version_of
from serving.record.readings import BROKEN, About, Readings
from serving.replay.judging import UNREADABLE, Proposal, decided_again
from serving.replay.rereading import RECORDS, Numbered, columns_under, inputs_of, read_back, readings_of, reworded
from serving.replay.tallying import Replay

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` until before `until`, each None for no bound."""

    since: datetime | None = None
    until: datetime | None = None

    def of(self, rows: Readings) -> Mask:
        """Return which rows were decided in it."""
        at, inside = rows.at, np.ones(len(rows), dtype=np.bool_)
        if self.since is not None:
            inside &= at >= self.since.timestamp()
        if self.until is not None:
            inside &= at < self.until.timestamp()
        return inside


EVER: Final = Period()


def replayed(  # noqa: PLR0913  (which decisions, and what is proposed)
    ledger: Replayable,
    first: int,
    last: int,
    proposal: Proposal,
    *,
    shares: Shares,
    period: Period = EVER,
) -> Replay:
    """Decide the decisions numbered from `first` to `last` again."""
    found, outdated, read = Replay(), [], 0
    for page in ledger.readings(first, last):
        inside, fits = period.of(page) | (page.version == BROKEN), _fits(page, proposal.policy)
        same = fits if proposal.templates is None else fits & _fits(page, proposal.templates)
        rows = _some(page, inside & same)
        found.page(rows, decided_again(rows, proposal, shares))
        if proposal.templates is not None:
            _other_words(found, ledger, page.take(inside & fits & ~same), proposal, proposal.templates, shares)
        outdated += page.number[inside & ~fits].tolist()
        read += len(page)
    there, gone = ledger.unread(first, last) if read <= last - first else ((), ())  # there is none beside them
    found.left_out[UNREADABLE] += len(gone)
    for some in cut([*outdated, *there], RECORDS):
        records, unreadable = read_back(ledger.records_of(some))
        found.left_out[UNREADABLE] += unreadable
        reread(found, records, proposal, shares=shares, period=period)
    found.left_out = +found.left_out
    return found


def reread(
    found: Replay, rows: Sequence[Numbered], proposal: Proposal, *, shares: Shares, period: Period = EVER
) -> None:
    """Decide what was read from records again, and add it to what was found."""
    if not rows:
        return
    page = readings_of(rows, proposal.policy)
    inside = period.of(page)
    then = None if proposal.templates is None else columns_under(rows, proposal.templates)
    some = _some(page, inside)
    if then is not None and len(some) < len(page):
        then = then.take(np.flatnonzero(inside))
    found.page(some, decided_again(some, proposal, shares, then))


def _other_words(  # noqa: PLR0913, PLR0917  (what is decided, and how)
    found: Replay, ledger: Replayable, page: Readings, proposal: Proposal, words: Policy, shares: Shares
) -> None:
    """Decide rows again whose template says something else in the proposal; their answers are read of readings."""
    for start in range(0, len(page), RECORDS):
        rows = page.take(slice(start, start + RECORDS))
        inputs = inputs_of(ledger.records_of(rows.number.tolist()))
        known = [number in inputs for number in rows.number.tolist()]
        found.left_out[UNREADABLE] += known.count(False)
        if not any(known):
            continue
        rows = _some(rows, np.array(known))
        then = reworded(rows, [inputs[number] for number in rows.number.tolist()], words)
        found.page(rows, decided_again(rows, proposal, shares, then))


def _fits(page: Readings, policy: Policy) -> Mask:
    """Return which rows were read as a policy reads them."""
    fits: Mask = page.version == _versions(page, policy)
    return fits


def _versions(page: Readings, policy: Policy) -> NDArray[np.int64]:
    def version(about: About) -> int:
        return version_of(policy, about.template)

    names, place = page.each(version)
    return np.array(names, dtype=np.int64)[place]


def _some(page: Readings, which: Mask) -> Readings:
    return page if which.all() else page.take(which)

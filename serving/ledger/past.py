"""What was decided and confirmed, by number, with the draw that was on record then: for deciding it again.

A record whose content was erased is empty text. A confirmation of what was denied has no record: nothing was decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from model.contracts import Arm
from model.errors import InvalidInput
from model.monitor.detector import Watch
from serving.ledger.store import Store
from serving.ledger.watches import read_watch
from serving.standing import Assignment

PAGE: Final = 2_000

_MADE = """SELECT seq, record FROM decisions WHERE seq > :after AND seq <= :last ORDER BY seq LIMIT :count"""
_CONFIRMED = """SELECT c.seq, c.record, a.arm, a.contacted, a.e, a.above, a.watch, a.epoch
    FROM confirmations c LEFT JOIN assignments a ON a.decision = c.decision AND c.drawn = 0 AND (
        EXISTS (SELECT 1 FROM decisions d WHERE d.seq = c.decision AND d.drawn = 1)
        OR EXISTS (SELECT 1 FROM confirmations e WHERE e.decision = c.decision AND e.seq < c.seq AND e.drawn = 1))
    WHERE c.decision >= :first AND c.decision <= :last AND c.record IS NOT NULL ORDER BY c.decision, c.seq"""
_WATCHES = """SELECT key, complaint_at_most, opt_out_at_most, control_rate, contact_above, contact_below FROM watches
    ORDER BY seq"""
_SALT = "SELECT value FROM secrets WHERE name = 'salt'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision, or what a confirmation decided, as the text on record; `before` is the draw that it found.

    `epoch` is how often the switch had been released when that draw was made.
    """

    record: str
    confirmed: bool = False
    before: Assignment | None = None
    epoch: int | None = None


def made_between(store: Store, first: int, last: int) -> Iterator[list[Made]]:
    """Yield the decisions numbered from `first` to `last`, each page followed by the confirmations of its rows."""
    after = first - 1
    while rows := store.rows(_MADE, after=after, last=last, count=PAGE):
        start, after = rows[0][0], rows[-1][0]
        yield [Made(record=record) for _, record in rows]
        yield [_confirmed(*row[1:]) for row in store.rows(_CONFIRMED, first=start, last=after)]


def _confirmed(  # noqa: PLR0913, PLR0917  (the columns of one row)
    record: str,
    arm: str | None,
    contacted: int,
    e: float,
    above: int | None,
    watch: str,
    epoch: int | None,
) -> Made:
    if arm is None:
        return Made(record=record, confirmed=True)
    before = Assignment(
        arm=Arm(arm),
        contacted=bool(contacted),
        contact_probability=e,
        above=None if above is None else bool(above),
        watch=watch,
    )
    return Made(record=record, confirmed=True, before=before, epoch=epoch)


def every_watch(store: Store) -> dict[str, Watch]:
    """Return every watch by its key."""
    return {watch.key: watch for watch in map(read_watch, store.rows(_WATCHES))}


def salt_of(store: Store) -> bytes:
    """Return the secret of the arms.

    Raises:
        InvalidInput: it is gone.
    """
    row = store.row(_SALT)
    if row is None:
        raise InvalidInput("ledger: its secret is gone; restore it from a backup")
    return bytes(row[0])

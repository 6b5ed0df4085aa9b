"""Watches and what is counted for each: the state of `model.monitor.detector`, kept beside the assignments it sums."""

from collections.abc import Mapping

from model.errors import InvalidInput
from model.monitor.detector import Cell, Counts, Watch
from serving.ledger.store import Bound, Row, Store

WATCH = "watch"  # what is recalled of one

_ADD = """INSERT INTO watches (key, complaint_at_most, opt_out_at_most, control_rate, contact_above, contact_below)
    VALUES (:key, :complaint_at_most, :opt_out_at_most, :control_rate, :contact_above, :contact_below)
    ON CONFLICT DO NOTHING"""
_ONE = """SELECT key, complaint_at_most, opt_out_at_most, control_rate, contact_above, contact_below FROM watches
    WHERE key = :key"""
_ALL = """SELECT key, complaint_at_most, opt_out_at_most, control_rate, contact_above, contact_below FROM watches
    ORDER BY seq DESC"""
_COUNTS = """SELECT day, e, contacted, complained, harmed, again, n FROM monitor_counts
    WHERE watch = :watch AND n > 0 AND epoch = (SELECT count(*) FROM trips WHERE released_at IS NOT NULL)"""
_MORE = """INSERT INTO monitor_counts (watch, epoch, day, e, contacted, complained, harmed, again, n)
    VALUES (:watch, :epoch, :day, :e, :contacted, :complained, :harmed, :again, :n)
    ON CONFLICT (watch, epoch, day, e, contacted, complained, harmed, again)
    DO UPDATE SET n = monitor_counts.n + excluded.n"""
_FEWER = """UPDATE monitor_counts SET n = n - 1
    WHERE watch = :watch AND epoch = :epoch AND day = :day AND e = :e AND contacted = :contacted
        AND complained = :complained AND harmed = :harmed AND again = :again"""


def add_watch(store: Store, watch: Watch) -> None:
    """Make a watch known; the same one again changes nothing.

    Raises:
        InvalidInput: another watch has this key.
    """
    known = watch_of(store, watch.key)
    if known is None:
        store.forget((WATCH, watch.key))
        store.insert(
            _ADD,
            key=watch.key,
            complaint_at_most=watch.complaint_at_most,
            opt_out_at_most=watch.opt_out_at_most,
            control_rate=watch.control_rate,
            contact_above=watch.contact_above,
            contact_below=watch.contact_below,
        )
    elif known != watch:
        raise InvalidInput(
            f"watch `{watch.key}` is known with other limits or contact probabilities; a certificate never changes, "
            "issue a new one"
        )


def watch_of(store: Store, key: str) -> Watch | None:
    """Return the watch with this key, or None."""
    return store.recall((WATCH, key), lambda: _watch(store, key))


def _watch(store: Store, key: str) -> Watch | None:
    row = store.row(_ONE, key=key)
    return None if row is None else read_watch(row)


def read_watch(row: Row) -> Watch:
    """Read a row of key, limits, control rate and contact probabilities."""
    return Watch(
        key=row[0],
        complaint_at_most=row[1],
        opt_out_at_most=row[2],
        control_rate=row[3],
        contact_above=row[4],
        contact_below=row[5],
    )


def watched(store: Store) -> list[tuple[Watch, Counts]]:
    """Return every watch, the newest first, with its counts since the last release."""
    return [(watch, counts_of(store, watch.key)) for watch in map(read_watch, store.rows(_ALL))]


def counts_of(store: Store, key: str) -> dict[Cell, int]:
    """Return what is counted for a watch since the last release."""
    return {
        Cell(day=day, e=e, contacted=bool(t), complained=bool(y), harmed=bool(a), again=bool(again)): n
        for day, e, t, y, a, again, n in store.rows(_COUNTS, watch=key)
    }


def count(store: Store, watch: str, epoch: int, cell: Cell, *, more: int = 1) -> None:
    """Count so many occasions or further contacts more."""
    count_all(store, {(watch, cell): more}, epoch)


def count_all(store: Store, cells: Mapping[tuple[str, Cell], int], epoch: int) -> None:
    """Count so many more of each watch and cell."""
    store.insert_all(_MORE, [{**_bound(watch, epoch, cell), "n": n} for (watch, cell), n in cells.items()])


def move(store: Store, watch: str, epoch: int, *, before: Cell, after: Cell) -> None:
    """Count an occasion elsewhere, since a label of it is known now."""
    store.change(_FEWER, **_bound(watch, epoch, before))
    count(store, watch, epoch, after)


def _bound(watch: str, epoch: int, cell: Cell) -> dict[str, Bound]:
    return {
        "watch": watch,
        "epoch": epoch,
        "day": cell.day,
        "e": cell.e,
        "contacted": cell.contacted,
        "complained": cell.complained,
        "harmed": cell.harmed,
        "again": cell.again,
    }

"""All decisions of a period, page by page in order of time: for a copy that leaves the ledger as it stands."""

from model.contracts import JSON
from serving.ledger.decisions import decision
from serving.ledger.store import Store

_PAGE = """SELECT decided_at, seq, decision_id FROM decisions
    WHERE decided_at >= :at AND decided_at < :until AND (decided_at > :at OR seq > :seq) AND record <> ''
    ORDER BY decided_at, seq LIMIT :count"""


def between(
    store: Store, period: tuple[int, int], *, after: tuple[int, int] | None, limit: int
) -> tuple[list[dict[str, JSON]], tuple[int, int] | None]:
    """Return whole records of a period (microseconds, without its end) after a cursor, and the next cursor.

    The cursor is when the last one was decided, and its number; None: that was the last page.
    """
    at, seq = after or (period[0], 0)
    rows = store.rows(_PAGE, at=at, seq=seq, until=period[1], count=limit)
    found = (decision(store, decision_id) for _, _, decision_id in rows)
    records = [one for one in found if one is not None]
    return records, (rows[-1][0], rows[-1][1]) if len(rows) == limit else None

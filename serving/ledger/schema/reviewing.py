"""The tables of approvals and reviews (version 9).

A digest may be approved, withdrawn, and approved again: `approvals` holds every approval in its order, which the times
cannot tell where a clock was set back. A review that withdraws names the newest approval of its digest: that one and
those before it count no more. Where there was none, `withdraws` is null. Both tables are append-only.
`by` is who recorded a review; approvals say `approver`, as processes of older versions do that still write them.
"""

from typing import LiteralString

REVIEWING: tuple[LiteralString, ...] = (
    """CREATE TABLE approvals_in_order (
        seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, what TEXT NOT NULL, approver TEXT NOT NULL,
        at INTEGER NOT NULL)""",
    """INSERT INTO approvals_in_order (seq, digest, what, approver, at)
        SELECT rowid, digest, what, approver, at FROM approvals""",
    "DROP TABLE approvals",
    "ALTER TABLE approvals_in_order RENAME TO approvals",
    "CREATE INDEX approvals_of_digest ON approvals (digest)",
    "CREATE INDEX approvals_of_what ON approvals (what)",
    """CREATE TRIGGER approvals_stay BEFORE UPDATE ON approvals
        BEGIN SELECT RAISE(ABORT, 'approvals are append-only'); END""",
    """CREATE TRIGGER approvals_remain BEFORE DELETE ON approvals
        BEGIN SELECT RAISE(ABORT, 'approvals are append-only'); END""",
    """CREATE TABLE reviews (
        seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, what TEXT NOT NULL, reviewer TEXT NOT NULL,
        agent_would_send INTEGER NOT NULL, customer_would_thank INTEGER NOT NULL, comment TEXT,
        "by" TEXT NOT NULL, at INTEGER NOT NULL, withdraws INTEGER REFERENCES approvals (seq))""",
    "CREATE INDEX reviews_of_digest ON reviews (digest, seq)",
    """CREATE TRIGGER reviews_stay BEFORE UPDATE ON reviews
        BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END""",
    """CREATE TRIGGER reviews_remain BEFORE DELETE ON reviews
        BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END""",
)

"""Which decisions gave which reason (version 6): a row per code and decision, so that one reason's are found at once.

Kept beside `decisions` for fast reading; the records have the reasons themselves. What was decided before is read once.
"""

from typing import LiteralString

REFUSED: tuple[LiteralString, ...] = (
    """CREATE TABLE refusals (
        code TEXT NOT NULL, decision INTEGER NOT NULL REFERENCES decisions (seq),
        PRIMARY KEY (code, decision)) WITHOUT ROWID""",
    """INSERT OR IGNORE INTO refusals (code, decision)
        SELECT json_extract(each.value, '$.code'), seq
        FROM decisions, json_each(record, '$.decided.decision.reasons') AS each""",
)

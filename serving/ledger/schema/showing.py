"""What people are shown (version 14): counts per hour, sign-ins to the console, and limits that somebody tightened.

`facets` is what each decision is counted as: `word` is its last answer (a confirmation moves it; a cancelled one is
`deny`), `template` and `arm` are null where there is none. The view `counted` says what each decision counts for:

    dim     '' (all of them), `purpose`, `channel`, `template`, `arm`; `reason`: once for each code that it gave
    name    which of them, '' where there is none
    what    its word; and each kind of outcome that was reported of it by `decision_id`, once

That is the only definition: for the backfill here, for whatever changes later, and for the tests. `tallies` is its sum
per clock hour since 1970 of the decision's time. `part` is the connection that counted, so that hosts never wait for
each other's rows (0 in SQLite): a part may go below zero, the sum over all of them counts.

`console_sessions` holds the hash of each cookie. The newest row of `tightenings` counts; `{}` is the configuration.
A process of an older version that still has the ledger open knows no tightened limits: while any were ever put on
record, what it decides or confirms is refused until it is restarted. It tallies nothing either: what it decides, and
what it is told of what followed, is in no figure, and where such a customer is erased the counts of others lose by it.
"""

from typing import LiteralString

_FACETS: tuple[LiteralString, ...] = (
    """CREATE TABLE facets (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), at INTEGER NOT NULL, purpose TEXT NOT NULL,
        channel TEXT NOT NULL, template TEXT, arm TEXT, word TEXT NOT NULL)""",
    "CREATE INDEX facets_by_time ON facets (at, decision)",
    "CREATE INDEX refusals_of_decision ON refusals (decision, code)",
    """INSERT INTO facets (decision, at, purpose, channel, template, arm, word)
        SELECT d.seq, d.decided_at, d.purpose, d.channel,
            CASE WHEN d.record <> '' THEN json_extract(d.record, '$.candidate.message.template') END,
            (SELECT a.arm FROM assignments a WHERE a.decision = d.seq),
            coalesce((SELECT CASE c.action WHEN 'cancel' THEN 'deny' ELSE c.action END FROM confirmations c
                WHERE c.decision = d.seq ORDER BY c.seq DESC LIMIT 1), d.action)
        FROM decisions d""",
)

_TALLIES: tuple[LiteralString, ...] = (
    """CREATE VIEW dims AS SELECT '' AS dim UNION ALL SELECT 'purpose' UNION ALL SELECT 'channel'
        UNION ALL SELECT 'template' UNION ALL SELECT 'arm'""",
    """CREATE VIEW kinds AS SELECT d.seq AS decision, o.kind FROM decisions d CROSS JOIN outcomes o
        WHERE o.decision_id = d.decision_id
            AND o.kind IN ('delivered', 'not_delivered', 'engaged', 'thanked', 'complained', 'opted_out', 'dismissed')
            AND NOT EXISTS (SELECT 1 FROM outcomes e
                WHERE e.decision_id = o.decision_id AND e.kind = o.kind AND e.seq < o.seq)""",
    """CREATE VIEW counted AS
        SELECT f.decision, f.at, f.at / 3600000000 AS hour, one_of.dim, CASE one_of.dim WHEN 'purpose' THEN f.purpose
                WHEN 'channel' THEN f.channel WHEN 'template' THEN coalesce(f.template, '')
                WHEN 'arm' THEN coalesce(f.arm, '') ELSE '' END AS name, f.word AS what
            FROM dims one_of CROSS JOIN facets f
        UNION ALL SELECT f.decision, f.at, f.at / 3600000000, one_of.dim, CASE one_of.dim WHEN 'purpose' THEN f.purpose
                WHEN 'channel' THEN f.channel WHEN 'template' THEN coalesce(f.template, '')
                WHEN 'arm' THEN coalesce(f.arm, '') ELSE '' END, k.kind
            FROM dims one_of CROSS JOIN facets f CROSS JOIN kinds k WHERE k.decision = f.decision
        UNION ALL SELECT f.decision, f.at, f.at / 3600000000, 'reason', r.code, f.word
            FROM facets f CROSS JOIN refusals r WHERE r.decision = f.decision
        UNION ALL SELECT f.decision, f.at, f.at / 3600000000, 'reason', r.code, k.kind
            FROM facets f CROSS JOIN kinds k CROSS JOIN refusals r
            WHERE k.decision = f.decision AND r.decision = f.decision""",
    """CREATE TABLE tallies (
        hour INTEGER NOT NULL, dim TEXT NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL, part INTEGER NOT NULL,
        n INTEGER NOT NULL, PRIMARY KEY (dim, hour, name, what, part)) WITHOUT ROWID""",
    """INSERT INTO tallies (hour, dim, name, what, part, n)
        SELECT hour, dim, name, what, 0, count(*) FROM counted GROUP BY hour, dim, name, what""",
)

_CONSOLE: tuple[LiteralString, ...] = (
    """CREATE TABLE console_sessions (
        sha256 TEXT PRIMARY KEY, key_id TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        ended_at INTEGER)""",
    "CREATE INDEX console_sessions_by_time ON console_sessions (at)",
    """CREATE TABLE tightenings (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, approver TEXT NOT NULL, why TEXT NOT NULL,
        limits TEXT NOT NULL)""",
    """CREATE TRIGGER tightenings_stay BEFORE UPDATE ON tightenings
        BEGIN SELECT RAISE(ABORT, 'tightenings are append-only'); END""",
    """CREATE TRIGGER tightenings_remain BEFORE DELETE ON tightenings
        BEGIN SELECT RAISE(ABORT, 'tightenings are append-only'); END""",
)

_UPGRADED: tuple[LiteralString, ...] = (
    """CREATE TRIGGER decisions_are_limited BEFORE INSERT ON decisions
        WHEN (NEW.counted IS NULL OR NEW.counted < 14) AND EXISTS (SELECT 1 FROM tightenings)
        BEGIN SELECT RAISE(ABORT, 'outreach was upgraded; restart this process'); END""",
    "ALTER TABLE confirmations ADD COLUMN counted INTEGER",
    """CREATE TRIGGER confirmations_are_limited BEFORE INSERT ON confirmations
        WHEN NEW.counted IS NULL AND EXISTS (SELECT 1 FROM tightenings)
        BEGIN SELECT RAISE(ABORT, 'outreach was upgraded; restart this process'); END""",
)  # whoever writes either says of which version it is

SHOWING: tuple[LiteralString, ...] = (*_FACETS, *_TALLIES, *_CONSOLE, *_UPGRADED)

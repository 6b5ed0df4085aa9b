"""What people are shown (version 14): counts per hour, sign-ins to the console, and limits that somebody tightened.

`facets` is what each decision is counted as: `word` is its last answer (a confirmation moves it; a cancelled one is
`deny`), `template` and `arm` are null where there is none. `counted` says how often a decision counts, and for what: it
is the only definition, for the backfill here, for whatever changes later, and for the tests. `tallies` is the sum of it
per clock hour since 1970 of the decision's own time; `part` is the connection that counted, so that hosts never wait
for each other's rows: 0 in SQLite. Sums over all parts are what counts.

    dim     name                          what
    ''      ''                            send, hold, deny: the decision's last word
    purpose, channel, template, arm       engaged, complained, …: outcomes that were reported of it, each kind once
    reason  every code that it gave

`console_sessions` holds the hash of each cookie. The newest row of `tightenings` counts, `{}` is the configuration.
A process of an older version that still has the ledger open tallies nothing: what it decides is in no figure, and
whatever follows it neither. It is not refused, for figures stop no service.
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
    """CREATE VIEW counted AS
        SELECT named.decision, named.at / 3600000000 AS hour, named.at, named.dim, named.name, said.what FROM (
            SELECT decision, at, '' AS dim, '' AS name FROM facets
            UNION ALL SELECT decision, at, 'purpose', purpose FROM facets
            UNION ALL SELECT decision, at, 'channel', channel FROM facets
            UNION ALL SELECT decision, at, 'template', coalesce(template, '') FROM facets
            UNION ALL SELECT decision, at, 'arm', coalesce(arm, '') FROM facets
            UNION ALL SELECT f.decision, f.at, 'reason', r.code FROM facets f JOIN refusals r ON r.decision = f.decision
        ) AS named JOIN (
            SELECT decision, word AS what FROM facets
            UNION ALL SELECT d.seq, o.kind FROM decisions d JOIN outcomes o ON o.decision_id = d.decision_id
                WHERE o.kind IN
                    ('delivered', 'not_delivered', 'engaged', 'thanked', 'complained', 'opted_out', 'dismissed')
                AND NOT EXISTS (SELECT 1 FROM outcomes e
                    WHERE e.decision_id = o.decision_id AND e.kind = o.kind AND e.seq < o.seq)
        ) AS said ON said.decision = named.decision""",
    """CREATE TABLE tallies (
        hour INTEGER NOT NULL, dim TEXT NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL, part INTEGER NOT NULL,
        n INTEGER NOT NULL, PRIMARY KEY (hour, dim, name, what, part)) WITHOUT ROWID""",
    """INSERT INTO tallies (hour, dim, name, what, part, n)
        SELECT hour, dim, name, what, 0, count(*) FROM counted GROUP BY hour, dim, name, what""",
)

_CONSOLE: tuple[LiteralString, ...] = (
    """CREATE TABLE console_sessions (
        sha256 TEXT PRIMARY KEY, key_id TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        ended_at INTEGER)""",
    """CREATE TABLE tightenings (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, approver TEXT NOT NULL, why TEXT NOT NULL,
        limits TEXT NOT NULL)""",
    """CREATE TRIGGER tightenings_stay BEFORE UPDATE ON tightenings
        BEGIN SELECT RAISE(ABORT, 'tightenings are append-only'); END""",
    """CREATE TRIGGER tightenings_remain BEFORE DELETE ON tightenings
        BEGIN SELECT RAISE(ABORT, 'tightenings are append-only'); END""",
)

SHOWING: tuple[LiteralString, ...] = (*_FACETS, *_TALLIES, *_CONSOLE)

"""The tables of events that become messages, and of time (version 8).

`identities` says who an anonymous visitor turned out to be: `alias` is never a `user_id` of the same table. What is on
record about the alias is moved there and then, where it may be changed; append-only tables keep the alias, and are read
under both names. `traits` is what `identify` told last, attributes for the model.

`due` holds every held decision that is to be decided again at `at`; `known` is 0 where no filter says when it ends, and
`tries` counts the looks so far. `matches` are customers of one incident who wait for their turn. `offers` are sends
that no request was answered with: a webhook delivers them, or somebody asks for them. All of it is kept in the same
transaction as what it follows from: a restart loses and repeats nothing.
"""

from typing import LiteralString

HAPPENING: tuple[LiteralString, ...] = (
    """CREATE TABLE identities (
        alias TEXT PRIMARY KEY, user_id TEXT NOT NULL, at INTEGER NOT NULL, CHECK (alias <> user_id)) WITHOUT ROWID""",
    "CREATE INDEX identities_of_user ON identities (user_id)",
    """CREATE TABLE traits (
        user_id TEXT PRIMARY KEY, at INTEGER NOT NULL, attributes TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE due (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), user_id TEXT NOT NULL, at INTEGER NOT NULL,
        known INTEGER NOT NULL, tries INTEGER NOT NULL)""",
    "CREATE INDEX due_by_time ON due (at, decision)",
    "CREATE INDEX due_of_user ON due (user_id) WHERE known = 0",
    """CREATE TABLE matches (
        event INTEGER NOT NULL REFERENCES events (seq), matched TEXT NOT NULL, user_id TEXT NOT NULL,
        PRIMARY KEY (event, matched, user_id)) WITHOUT ROWID""",
    """CREATE TABLE offers (
        seq INTEGER PRIMARY KEY, decision INTEGER NOT NULL REFERENCES decisions (seq), at INTEGER NOT NULL,
        expires_at INTEGER, body BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
        next_at INTEGER NOT NULL, status INTEGER, error TEXT)""",
    "CREATE INDEX offers_waiting ON offers (next_at, seq) WHERE state = 'waiting'",
    "CREATE INDEX offers_by_state ON offers (state, seq)",
    """INSERT INTO due (decision, user_id, at, known, tries)
        SELECT d.seq, d.user_id, CAST(strftime('%s', coalesce(
            (SELECT json_extract(c.record, '$.decided.decision.not_before') FROM confirmations c
                WHERE c.decision = d.seq ORDER BY c.seq DESC LIMIT 1),
            json_extract(d.record, '$.decided.decision.not_before'))) AS INTEGER) * 1000000, 1, 0 FROM decisions d
        WHERE coalesce((SELECT c.action FROM confirmations c WHERE c.decision = d.seq ORDER BY c.seq DESC LIMIT 1),
                d.action) = 'hold'
            AND json_extract(d.record, '$.decided.decision.not_before') IS NOT NULL""",
)

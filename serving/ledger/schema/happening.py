"""The tables of events that become messages, and of time (version 8).

`identities` says who an anonymous visitor turned out to be. `alias` is never a `user_id` or `owner` of the same table:
`user_id` is whom the id stands for when it comes in, `owner` whose the records under it are. They differ where a device
is shared. What is on record about the alias is moved there and then, where it may be changed; append-only tables keep
the alias, and are read under both names where `recorded` says that something protects its customer there: decisions,
outcomes and the like. Such an id is never bound anew. `traits` is what `identify` told last, attributes for the model.
A row of `preferences` holds what was `stated`, and what stood then: the
time of each statement that counts is in `known`. Both are null where an older version wrote it: that was said whole.

What moves with a customer is found by `user_id` alone, also what was released: its index leaves nothing out.

`due` holds every held decision that is to be decided again at `at`; `known` is 0 where no filter says when it ends, and
`tries` counts the looks at it while that was so. What older versions held is due as well, unless it had expired when
they last decided anything, or has reached the customer. `matches` are customers of one incident who wait for their
turn, from `at` on. `offers` are sends that no request was answered with: a webhook delivers them, or somebody asks for
them. All of it is kept in the same transaction as what it follows from: a restart loses and repeats nothing.
"""

from typing import LiteralString

HAPPENING: tuple[LiteralString, ...] = (
    """CREATE TABLE identities (
        alias TEXT PRIMARY KEY, user_id TEXT NOT NULL, at INTEGER NOT NULL, owner TEXT NOT NULL,
        recorded INTEGER NOT NULL, CHECK (alias <> user_id AND alias <> owner)) WITHOUT ROWID""",
    "ALTER TABLE confirmations ADD COLUMN asked INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX identities_of_user ON identities (user_id)",
    "CREATE INDEX identities_of_owner ON identities (owner, recorded)",
    "ALTER TABLE preferences ADD COLUMN stated TEXT",
    "ALTER TABLE preferences ADD COLUMN known TEXT",
    "DROP INDEX reservations_of_user",
    "CREATE INDEX reservations_of_user ON reservations (user_id, released_at, at, outbound)",
    "DROP INDEX visits_of_user",
    "CREATE INDEX visits_of_user ON visits (user_id, at, session, type, page)",
    """CREATE TABLE traits (
        user_id TEXT PRIMARY KEY, at INTEGER NOT NULL, attributes TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE due (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), user_id TEXT NOT NULL, at INTEGER NOT NULL,
        known INTEGER NOT NULL, tries INTEGER NOT NULL, expires_at INTEGER)""",
    "CREATE INDEX due_by_time ON due (at, decision)",
    "CREATE INDEX due_of_user ON due (user_id, known)",
    """CREATE TABLE matches (
        at INTEGER NOT NULL, event INTEGER NOT NULL REFERENCES events (seq), user_id TEXT NOT NULL,
        PRIMARY KEY (at, event, user_id)) WITHOUT ROWID""",
    "CREATE INDEX matches_of_user ON matches (user_id)",
    """CREATE TABLE offers (
        seq INTEGER PRIMARY KEY, decision INTEGER NOT NULL REFERENCES decisions (seq), at INTEGER NOT NULL,
        expires_at INTEGER, body BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
        next_at INTEGER NOT NULL, status INTEGER, error TEXT)""",
    "CREATE INDEX offers_waiting ON offers (next_at, seq) WHERE state = 'waiting'",
    "CREATE INDEX offers_ending ON offers (coalesce(expires_at, at)) WHERE state = 'waiting'",
    "CREATE INDEX offers_by_state ON offers (state, seq)",
    "CREATE INDEX offers_of_decision ON offers (decision)",
    """WITH last AS (
            SELECT d.seq, d.user_id, d.decision_id, d.decided_at, coalesce(c.action, d.action) AS action,
                json_extract(coalesce(c.record, d.record), '$.decided.decision.not_before') AS not_before,
                json_extract(coalesce(c.record, d.record), '$.decided.decision.expires_at') AS expires_at
            FROM decisions AS d LEFT JOIN confirmations AS c
                ON c.seq = (SELECT max(seq) FROM confirmations WHERE decision = d.seq)
            WHERE coalesce(c.action, d.action) = 'hold'),
        held AS (
            SELECT seq, user_id, decision_id, not_before IS NOT NULL AS known,
                CAST(strftime('%s', not_before) AS INTEGER) * 1000000 AS ends,
                CAST(strftime('%s', expires_at) AS INTEGER) * 1000000 AS expires_at, decided_at FROM last)
        INSERT INTO due (decision, user_id, at, known, tries, expires_at)
            SELECT seq, user_id, coalesce(ends, decided_at), known, 0, expires_at FROM held
            WHERE coalesce(expires_at > (SELECT max(decided_at) FROM decisions), true) AND NOT EXISTS (
                SELECT 1 FROM outcomes WHERE decision_id = held.decision_id AND kind <> 'not_delivered')""",
)

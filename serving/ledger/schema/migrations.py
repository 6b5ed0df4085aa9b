"""The tables, as migrations: each is a tuple of constant statements that ends by naming the version it reaches.

Times are integer microseconds (`serving.ledger.instants`), free JSON is text, truths are 0/1. `events`, `decisions`,
`outcomes` and `approvals` are append-only: triggers refuse to change or delete them, but for erasure and retention
(`erasing`). The others are kept beside them for fast reading: `concerns` (every customer an event is about),
`visits` (sessions), `dismissals`, `reservations` (what each send counts for until it is released), and `held_texts`
(which wait for a person).

The tables of chance and harm are in `serving.ledger.schema.watching`, those of reviews in `reviewing`,
those of what people are shown in `showing`, and what deciding again reads in `replaying`.

`seen` is the time from which an event counts: its own time, or the time of recording where the sender's clock is at
most five minutes fast (CONTRACT section 5 accepts those).
"""

from typing import LiteralString

from serving.ledger.schema.breaker import BREAKER
from serving.ledger.schema.clocks import CLOCKS
from serving.ledger.schema.confirming import CONFIRMING
from serving.ledger.schema.erasing import ERASING
from serving.ledger.schema.happening import HAPPENING
from serving.ledger.schema.keys import KEYS
from serving.ledger.schema.reached import REACHED
from serving.ledger.schema.refused import REFUSED
from serving.ledger.schema.replaying import REPLAYING
from serving.ledger.schema.reviewing import REVIEWING
from serving.ledger.schema.rewriting import REWRITING
from serving.ledger.schema.showing import SHOWING
from serving.ledger.schema.watching import WATCHING

APPLICATION_ID = 0x4F555452  # "OUTR": tells our file from another program's

_EVENTS: tuple[LiteralString, ...] = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, family TEXT NOT NULL,
        entity TEXT NOT NULL, subject TEXT, time INTEGER NOT NULL, seen INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL, listed INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE (source, id))""",
    "CREATE INDEX events_by_id ON events (type, id)",
    """CREATE INDEX events_of_nobody ON events (family, entity, time, seq)
        WHERE subject IS NULL AND entity <> ''""",
    """CREATE TABLE concerns (
        user_id TEXT NOT NULL, family TEXT NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL REFERENCES events,
        type TEXT NOT NULL, entity TEXT NOT NULL, seen INTEGER NOT NULL, listed INTEGER NOT NULL,
        PRIMARY KEY (user_id, family, time, event)) WITHOUT ROWID""",
    """CREATE TABLE visits (
        session TEXT NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL REFERENCES events, type TEXT NOT NULL,
        user_id TEXT, page TEXT, dwelled INTEGER, PRIMARY KEY (session, at, event)) WITHOUT ROWID""",
    "CREATE INDEX visits_of_user ON visits (user_id, at, session)",
)

_DECISIONS: tuple[LiteralString, ...] = (
    """CREATE TABLE decisions (
        seq INTEGER PRIMARY KEY, decision_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, action TEXT NOT NULL,
        purpose TEXT NOT NULL, channel TEXT NOT NULL, decided_at INTEGER NOT NULL, record TEXT NOT NULL)""",
    "CREATE INDEX decisions_of_user ON decisions (user_id, seq)",
    "CREATE INDEX decisions_by_time ON decisions (decided_at, seq)",
    """CREATE TABLE reservations (
        decision_id TEXT PRIMARY KEY REFERENCES decisions (decision_id), user_id TEXT NOT NULL, at INTEGER NOT NULL,
        channel TEXT NOT NULL, outbound INTEGER NOT NULL, fact_key TEXT, session TEXT, released_at INTEGER)""",
    "CREATE INDEX reservations_of_user ON reservations (user_id, at, outbound) WHERE released_at IS NULL",
    "CREATE INDEX reservations_of_fact ON reservations (user_id, fact_key) WHERE released_at IS NULL",
    "CREATE INDEX reservations_of_session ON reservations (session, channel, at) WHERE released_at IS NULL",
    """CREATE TABLE outcomes (
        seq INTEGER PRIMARY KEY, decision_id TEXT, user_id TEXT NOT NULL, kind TEXT NOT NULL, stated TEXT NOT NULL,
        channel TEXT, time INTEGER NOT NULL, recorded_at INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX outcomes_of_decision ON outcomes (decision_id, kind, time, stated)
        WHERE decision_id IS NOT NULL""",
    """CREATE UNIQUE INDEX outcomes_stated_of_user ON outcomes (user_id, kind, time, stated)
        WHERE decision_id IS NULL""",
    "CREATE INDEX outcomes_of_user ON outcomes (user_id, kind, time, channel)",
    """CREATE TABLE dismissals (
        user_id TEXT NOT NULL, purpose TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (user_id, purpose, at)) WITHOUT ROWID""",
)

_PEOPLE: tuple[LiteralString, ...] = (
    """CREATE TABLE preferences (
        seq INTEGER PRIMARY KEY, user_id TEXT NOT NULL, at INTEGER NOT NULL, timezone TEXT, consent TEXT NOT NULL)""",
    "CREATE INDEX preferences_of_user ON preferences (user_id, at, seq)",
    """CREATE TABLE approvals (
        digest TEXT PRIMARY KEY, what TEXT NOT NULL, approver TEXT NOT NULL, at INTEGER NOT NULL)""",
    "CREATE INDEX approvals_of_what ON approvals (what)",
    """CREATE TABLE keys (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,
        created_at INTEGER NOT NULL, revoked_at INTEGER)""",
    """CREATE TABLE responses (
        key_id TEXT NOT NULL, name TEXT NOT NULL, body_sha256 TEXT NOT NULL, response BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (key_id, name)) WITHOUT ROWID""",
    "CREATE INDEX responses_by_time ON responses (at)",
    "CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)

_APPEND_ONLY: tuple[LiteralString, ...] = (
    """CREATE TRIGGER events_stay BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER events_remain BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
        BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END""",
    """CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions
        BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END""",
    """CREATE TRIGGER outcomes_stay BEFORE UPDATE ON outcomes
        BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END""",
    """CREATE TRIGGER outcomes_remain BEFORE DELETE ON outcomes
        BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END""",
    """CREATE TRIGGER approvals_stay BEFORE UPDATE ON approvals
        BEGIN SELECT RAISE(ABORT, 'approvals are append-only'); END""",
    """CREATE TRIGGER approvals_remain BEFORE DELETE ON approvals
        BEGIN SELECT RAISE(ABORT, 'approvals are append-only'); END""",
)

_HELD_TEXTS: tuple[LiteralString, ...] = (
    """CREATE TABLE held_texts (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), at INTEGER NOT NULL, text TEXT NOT NULL,
        next_step TEXT)""",
    "CREATE INDEX held_texts_by_time ON held_texts (at)",
    """INSERT INTO held_texts (decision, at, text, next_step)
        SELECT seq, decided_at, json_extract(record, '$.candidate.message.text'),
            json_extract(record, '$.candidate.message.next_step') FROM decisions
        WHERE action = 'hold' AND json_extract(record, '$.candidate.message.text') IS NOT NULL
            AND json_extract(record, '$.decided.verdicts.awaiting_approval') = 'refuse'""",
)

MIGRATIONS: tuple[tuple[LiteralString, ...], ...] = (
    (
        "PRAGMA application_id = 1330992210",
        *_EVENTS,
        *_DECISIONS,
        *_PEOPLE,
        *_APPEND_ONLY,
        "PRAGMA user_version = 1",
    ),
    (*_HELD_TEXTS, "PRAGMA user_version = 2"),
    (*WATCHING, "PRAGMA user_version = 3"),
    (*BREAKER, "PRAGMA user_version = 4"),
    (*CONFIRMING, "PRAGMA user_version = 5"),
    (*REFUSED, "PRAGMA user_version = 6"),
    (*REACHED, "PRAGMA user_version = 7"),
    (*HAPPENING, "PRAGMA user_version = 8"),
    (*REVIEWING, "PRAGMA user_version = 9"),
    (*ERASING, "PRAGMA user_version = 10"),
    (*KEYS, "PRAGMA user_version = 11"),
    (*REWRITING, "PRAGMA user_version = 12"),
    (*CLOCKS, "PRAGMA user_version = 13"),
    (*SHOWING, "PRAGMA user_version = 14"),
    (*REPLAYING, "PRAGMA user_version = 15"),
)

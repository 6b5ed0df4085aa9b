"""The tables of chance and harm: who was assigned what, experiments, and what the monitor counts (version 3).

`assignments` has a row per decision that reached the draw; the first about its fact (`first`) is an occasion. Labels
only ever rise, nothing else in a row changes. The monitor counts it where `epoch`, how many releases came before, is
not null: not where an older version decided it, nor where a later decision about the fact contacted nobody (`again`
counts those that did). Experiments and trips are appended and written to once more, when they
are stopped or released; an experiment counts its contacts. `monitor_counts` and `silence` say the same shorter, for
fast reading.

A process of an older version may still have the file open. It knows no assignments, and does not say whether a decision
was `drawn`: one whose record has an arm is refused. (By its text: reading JSON is not safe in a trigger everywhere.)
"""

from typing import LiteralString

_ASSIGNMENTS: tuple[LiteralString, ...] = (
    """CREATE TABLE assignments (
        decision INTEGER PRIMARY KEY REFERENCES decisions (seq), user_id TEXT NOT NULL, fact_key TEXT NOT NULL,
        at INTEGER NOT NULL, watch TEXT NOT NULL, arm TEXT NOT NULL, above INTEGER, contacted INTEGER NOT NULL,
        e REAL NOT NULL, first INTEGER NOT NULL, epoch INTEGER, complained INTEGER NOT NULL,
        harmed INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX assignments_of_fact ON assignments (user_id, fact_key) WHERE first = 1",
    "CREATE INDEX assignments_again ON assignments (user_id, fact_key) WHERE first = 0 AND contacted = 1",
)

_WATCHES: tuple[LiteralString, ...] = (
    """CREATE TABLE watches (
        seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, complaint_at_most REAL NOT NULL,
        opt_out_at_most REAL NOT NULL, control_rate REAL NOT NULL, contact_above REAL NOT NULL,
        contact_below REAL NOT NULL, looked INTEGER)""",
    """CREATE TABLE monitor_counts (
        watch TEXT NOT NULL, epoch INTEGER NOT NULL, day INTEGER NOT NULL, e REAL NOT NULL, contacted INTEGER NOT NULL,
        complained INTEGER NOT NULL, harmed INTEGER NOT NULL, again INTEGER NOT NULL,
        n INTEGER NOT NULL CHECK (n >= 0),
        PRIMARY KEY (watch, epoch, day, e, contacted, complained, harmed, again)) WITHOUT ROWID""",
    """CREATE TABLE silence (
        id INTEGER PRIMARY KEY CHECK (id = 1), sent INTEGER NOT NULL, since INTEGER, found INTEGER NOT NULL)""",
    "INSERT INTO silence (id, sent, since, found) VALUES (1, 0, NULL, 0)",
)

_STOPPING: tuple[LiteralString, ...] = (
    """CREATE TABLE experiments (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, share REAL NOT NULL, max_contacts INTEGER NOT NULL,
        until INTEGER NOT NULL, starter TEXT NOT NULL, started_at INTEGER NOT NULL, complaint_at_most REAL NOT NULL,
        opt_out_at_most REAL NOT NULL, contacts INTEGER NOT NULL CHECK (contacts <= max_contacts),
        stopped_at INTEGER, stopper TEXT, why TEXT)""",
    "CREATE UNIQUE INDEX experiments_running ON experiments ((stopped_at IS NULL)) WHERE stopped_at IS NULL",
    """CREATE TABLE trips (
        seq INTEGER PRIMARY KEY, watch TEXT NOT NULL, harm TEXT NOT NULL, detail TEXT NOT NULL, at INTEGER NOT NULL,
        released_at INTEGER, releaser TEXT, why TEXT)""",
    "CREATE UNIQUE INDEX trips_open ON trips ((released_at IS NULL)) WHERE released_at IS NULL",
)

_BACKFILL: tuple[LiteralString, ...] = (
    """INSERT INTO assignments
            (decision, user_id, fact_key, at, watch, arm, above, contacted, e, first, epoch, complained, harmed)
        WITH logged AS (SELECT seq, decision_id, user_id, decided_at, action = 'send' AS sent,
                json_extract(record, '$.decided.fact_key') AS fact_key,
                json_extract(record, '$.decided.decision.arm') AS arm,
                json_extract(record, '$.decided.decision.logging_propensity') AS p,
                json_extract(record, '$.decided.decision.customer_would_thank.answer') AS above,
                coalesce(json_extract(record, '$.decided.decision.model_version'), '') AS version FROM decisions),
            drawn AS (SELECT *, row_number() OVER (PARTITION BY user_id, fact_key ORDER BY seq) = 1 AS first
                FROM logged WHERE arm IS NOT NULL AND p IS NOT NULL AND fact_key IS NOT NULL)
        SELECT seq, user_id, fact_key, decided_at, version, arm, above, sent,
            round(CASE WHEN sent THEN p ELSE 1 - p END, 12), first, NULL,
            first AND EXISTS (SELECT 1 FROM outcomes o WHERE o.user_id = drawn.user_id AND o.kind = 'complained'
                AND min(o.time, o.recorded_at) >= decided_at
                AND min(o.time, o.recorded_at) < decided_at + 1209600000000),
            first AND sent AND EXISTS (SELECT 1 FROM outcomes o WHERE o.decision_id = drawn.decision_id
                AND o.kind IN ('complained', 'opted_out')
                AND min(o.time, o.recorded_at) < decided_at + 1209600000000)
        FROM drawn ORDER BY seq""",
)

_GUARDS: tuple[LiteralString, ...] = (
    """CREATE TRIGGER assignments_stay BEFORE UPDATE ON assignments
        WHEN OLD.decision IS NOT NEW.decision OR OLD.user_id IS NOT NEW.user_id OR OLD.fact_key IS NOT NEW.fact_key
            OR OLD.at IS NOT NEW.at OR OLD.watch IS NOT NEW.watch OR OLD.arm IS NOT NEW.arm
            OR OLD.above IS NOT NEW.above OR OLD.contacted IS NOT NEW.contacted OR OLD.e IS NOT NEW.e
            OR OLD.first IS NOT NEW.first OR OLD.epoch IS NOT NEW.epoch
            OR OLD.complained > NEW.complained OR OLD.harmed > NEW.harmed
        BEGIN SELECT RAISE(ABORT, 'assignments are append-only'); END""",
    """CREATE TRIGGER assignments_remain BEFORE DELETE ON assignments
        BEGIN SELECT RAISE(ABORT, 'assignments are append-only'); END""",
    """CREATE TRIGGER watches_stay BEFORE UPDATE ON watches
        WHEN OLD.seq IS NOT NEW.seq OR OLD.key IS NOT NEW.key OR OLD.complaint_at_most IS NOT NEW.complaint_at_most
            OR OLD.opt_out_at_most IS NOT NEW.opt_out_at_most OR OLD.control_rate IS NOT NEW.control_rate
            OR OLD.contact_above IS NOT NEW.contact_above OR OLD.contact_below IS NOT NEW.contact_below
        BEGIN SELECT RAISE(ABORT, 'watches are append-only'); END""",
    """CREATE TRIGGER watches_remain BEFORE DELETE ON watches
        BEGIN SELECT RAISE(ABORT, 'watches are append-only'); END""",
    """CREATE TRIGGER experiments_stay BEFORE UPDATE ON experiments
        WHEN OLD.stopped_at IS NOT NULL OR OLD.seq IS NOT NEW.seq OR OLD.id IS NOT NEW.id OR OLD.share IS NOT NEW.share
            OR OLD.max_contacts IS NOT NEW.max_contacts OR OLD.until IS NOT NEW.until
            OR OLD.starter IS NOT NEW.starter OR OLD.started_at IS NOT NEW.started_at
            OR OLD.complaint_at_most IS NOT NEW.complaint_at_most OR OLD.opt_out_at_most IS NOT NEW.opt_out_at_most
            OR OLD.contacts > NEW.contacts
        BEGIN SELECT RAISE(ABORT, 'experiments are append-only'); END""",
    """CREATE TRIGGER experiments_remain BEFORE DELETE ON experiments
        BEGIN SELECT RAISE(ABORT, 'experiments are append-only'); END""",
    """CREATE TRIGGER trips_stay BEFORE UPDATE ON trips
        WHEN OLD.released_at IS NOT NULL OR OLD.seq IS NOT NEW.seq OR OLD.watch IS NOT NEW.watch
            OR OLD.harm IS NOT NEW.harm OR OLD.detail IS NOT NEW.detail OR OLD.at IS NOT NEW.at
        BEGIN SELECT RAISE(ABORT, 'trips are append-only'); END""",
    """CREATE TRIGGER trips_remain BEFORE DELETE ON trips
        BEGIN SELECT RAISE(ABORT, 'trips are append-only'); END""",
)

_UPGRADED: tuple[LiteralString, ...] = (
    "ALTER TABLE decisions ADD COLUMN drawn INTEGER",
    """CREATE TRIGGER decisions_are_watched BEFORE INSERT ON decisions
        WHEN NEW.drawn IS NULL AND instr(NEW.record, '"arm":null,"logging_propensity":null') = 0
        BEGIN SELECT RAISE(ABORT, 'outreach was upgraded; restart this process'); END""",
)

WATCHING: tuple[LiteralString, ...] = (*_ASSIGNMENTS, *_WATCHES, *_STOPPING, *_BACKFILL, *_GUARDS, *_UPGRADED)

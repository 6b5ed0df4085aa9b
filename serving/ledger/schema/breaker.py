"""The tables of the breaker (version 4): how much of each template went out, when it broke, and who released it.

The key is a template's id, or the digest of a free text: it names no customer. `breakers` has a row each time that one
opened; it is written to once more, when a person releases it. The others say what went out, for fast reading:
`breaker_sends` how many per instant, `breaker_hours` how many per clock hour since 1970, and `breaker_windows` how many
after `edge`, with the median as it was worked out in the clock hour `hour`. `epoch` counts a key's releases.

What older versions decided is counted once, here: templates alone, for a digest is nothing that SQL could work out.
A process of an older version may still have the file open. It counts nothing (`counted` is null) and asks no breaker:
its sends are refused while any is open.
"""

from typing import LiteralString

_VOLUMES: tuple[LiteralString, ...] = (
    """CREATE TABLE breaker_sends (
        key TEXT NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (key, epoch, at)) WITHOUT ROWID""",
    """CREATE TABLE breaker_hours (
        key TEXT NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, hour)) WITHOUT ROWID""",
    """CREATE TABLE breaker_windows (
        key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, edge INTEGER NOT NULL, volume INTEGER NOT NULL, hour INTEGER,
        median REAL) WITHOUT ROWID""",
)

_OPENED: tuple[LiteralString, ...] = (
    """CREATE TABLE breakers (
        seq INTEGER PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL, volume INTEGER NOT NULL, median REAL NOT NULL,
        released_at INTEGER, releaser TEXT, why TEXT)""",
    "CREATE UNIQUE INDEX breakers_open ON breakers (key) WHERE released_at IS NULL",
)

_BACKFILL: tuple[LiteralString, ...] = (
    """INSERT INTO breaker_hours (key, hour, n)
        SELECT json_extract(record, '$.candidate.message.template') AS template, decided_at / 3600000000, count(*)
        FROM decisions WHERE action = 'send' AND template IS NOT NULL GROUP BY 1, 2""",
    """INSERT INTO breaker_sends (key, epoch, at, n)
        SELECT json_extract(record, '$.candidate.message.template') AS template, 0, decided_at, count(*)
        FROM decisions WHERE action = 'send' AND template IS NOT NULL
            AND decided_at > (SELECT max(decided_at) FROM decisions) - 3600000000 GROUP BY 1, 3""",
)

_GUARDS: tuple[LiteralString, ...] = (
    """CREATE TRIGGER breakers_stay BEFORE UPDATE ON breakers
        WHEN OLD.released_at IS NOT NULL OR OLD.seq IS NOT NEW.seq OR OLD.key IS NOT NEW.key OR OLD.at IS NOT NEW.at
            OR OLD.volume IS NOT NEW.volume OR OLD.median IS NOT NEW.median
        BEGIN SELECT RAISE(ABORT, 'breakers are append-only'); END""",
    """CREATE TRIGGER breakers_remain BEFORE DELETE ON breakers
        BEGIN SELECT RAISE(ABORT, 'breakers are append-only'); END""",
)

_UPGRADED: tuple[LiteralString, ...] = (
    "ALTER TABLE decisions ADD COLUMN counted INTEGER",
    """CREATE TRIGGER decisions_are_counted BEFORE INSERT ON decisions
        WHEN NEW.action = 'send' AND NEW.counted IS NULL AND EXISTS (SELECT 1 FROM breakers WHERE released_at IS NULL)
        BEGIN SELECT RAISE(ABORT, 'outreach was upgraded; restart this process'); END""",
)

BREAKER: tuple[LiteralString, ...] = (*_VOLUMES, *_OPENED, *_BACKFILL, *_GUARDS, *_UPGRADED)

"""Make a ledger of a million decisions, as the console and its figures meet them after a busy month.

    python -m benchmarks.console_ledger /tmp/million.db [--decisions 1000000] [--until 2026-11-22T12:00:00Z]

A simulated company lives through 30 days by real code: its events, an experiment until day 10, then a model under a
certificate, outcomes, and a marketing team that is refused every day. That month is copied in SQL, each copy with
customers, events and decisions of its own, in the order of their times, until there are so many; tallies are
multiplied. Every record reads and replays as any other. Standing state (volumes, the monitor's counts) is the first
month's alone.
"""

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, LiteralString

from model.synthetic.live import LiveWorld
from serving.cli.quarter.company import BOOKS, Company
from serving.cli.quarter.plan import Plan
from serving.fakes import FakeScorer
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ports import Preferences

DAYS: Final = 30
LEARNING: Final = 10  # days of the experiment
MARKETING: Final = 40  # refused a day
CUSTOMERS: Final = 12_000  # some 25,000 decisions
UNTIL: Final = "2026-11-22T12:00:00Z"
WORDS: Final = ("We miss you! 20 % off everything this week.", "Upgrade now and save 15 euros.")

_COPIES: tuple[LiteralString, ...] = (
    """CREATE TEMP TABLE copies AS
        WITH RECURSIVE n (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < :copies)
        SELECT k, CASE k WHEN 0 THEN '' ELSE '-' || k END AS suffix FROM n""",
    """CREATE TEMP TABLE numbered AS SELECT d.seq AS old, c.k, c.suffix, d.decision_id || c.suffix AS decision_id,
        row_number() OVER (ORDER BY d.decided_at, c.k, d.seq) AS seq FROM month.decisions d CROSS JOIN copies c""",
    "CREATE UNIQUE INDEX temp.numbered_by_new ON numbered (seq)",
    "CREATE UNIQUE INDEX temp.numbered_by_old ON numbered (old, k)",
    """CREATE TEMP TABLE happened AS SELECT e.seq AS old, c.k, c.suffix,
        row_number() OVER (ORDER BY e.recorded_at, c.k, e.seq) AS seq FROM month.events e CROSS JOIN copies c""",
    "CREATE UNIQUE INDEX temp.happened_by_old ON happened (old, k)",
    """INSERT INTO events SELECT h.seq, e.source, e.id || h.suffix, e.type, e.family, e.entity || h.suffix,
        e.subject || h.suffix, e.time, e.seen, e.recorded_at, e.listed, e.data
        FROM happened h CROSS JOIN month.events e WHERE e.seq = h.old ORDER BY h.seq""",
    """INSERT INTO concerns SELECT c.user_id || h.suffix, c.family, c.time, h.seq, c.type, c.entity || h.suffix, c.seen,
        c.listed FROM happened h JOIN month.concerns c ON c.event = h.old ORDER BY 1, 2, 3, 4""",
    """INSERT INTO decisions (seq, decision_id, user_id, action, purpose, channel, decided_at, record, drawn, counted)
        SELECT n.seq, n.decision_id, d.user_id || n.suffix, d.action, d.purpose, d.channel, d.decided_at,
            replace(replace(replace(d.record, '"' || d.decision_id || '"', '"' || n.decision_id || '"'),
                '"' || d.user_id || '"', '"' || d.user_id || n.suffix || '"'),
                '"id":"' || coalesce(json_extract(d.record, '$.candidate.evidence.id'), '') || '"',
                '"id":"' || coalesce(json_extract(d.record, '$.candidate.evidence.id'), '') || n.suffix || '"'),
            d.drawn, d.counted
        FROM numbered n CROSS JOIN month.decisions d WHERE d.seq = n.old ORDER BY n.seq""",
    """INSERT INTO readings SELECT n.seq, r.user_id || n.suffix, r.about, r.version, r.cells
        FROM month.readings r JOIN numbered n ON n.old = r.decision ORDER BY n.seq""",
    """INSERT INTO refusals SELECT r.code, n.seq FROM month.refusals r JOIN numbered n ON n.old = r.decision
        ORDER BY 1, 2""",
    """INSERT INTO assignments SELECT n.seq, a.user_id || n.suffix, a.fact_key, a.at, a.watch, a.arm, a.above,
        a.contacted, a.e, a.first, CASE n.k WHEN 0 THEN a.epoch END, a.complained, a.harmed
        FROM numbered n CROSS JOIN month.assignments a WHERE a.decision = n.old ORDER BY n.seq""",
    """INSERT INTO reservations SELECT n.decision_id, r.user_id || n.suffix, r.at, r.channel, r.outbound, r.fact_key,
        r.session, r.released_at, r.holds_until, r.counted_at FROM numbered n CROSS JOIN month.decisions d
        CROSS JOIN month.reservations r WHERE d.seq = n.old AND r.decision_id = d.decision_id ORDER BY 1""",
    """INSERT INTO outcomes (decision_id, user_id, kind, stated, channel, time, recorded_at)
        SELECT o.decision_id || c.suffix, o.user_id || c.suffix, o.kind, o.stated, o.channel, o.time, o.recorded_at
        FROM month.outcomes o CROSS JOIN copies c ORDER BY o.recorded_at, c.k, o.seq""",
    """INSERT INTO preferences (user_id, at, timezone, consent, stated, known)
        SELECT p.user_id || c.suffix, p.at, p.timezone, p.consent, p.stated, p.known
        FROM month.preferences p CROSS JOIN copies c ORDER BY p.at, c.k, p.seq""",
    """INSERT INTO held_texts SELECT n.seq, t.at, t.text, t.next_step
        FROM month.held_texts t JOIN numbered n ON n.old = t.decision""",
    """INSERT INTO facets SELECT n.seq, f.at, f.purpose, f.channel, f.template, f.arm, f.word
        FROM numbered n CROSS JOIN month.facets f WHERE f.decision = n.old ORDER BY n.seq""",
    """INSERT INTO tallies SELECT hour, dim, name, what, 0, n * (SELECT count(*) FROM copies) FROM month.tallies""",
)
_WHOLE: tuple[LiteralString, ...] = (  # of the first month, as they are
    *("secrets", "approvals", "watches", "monitor_counts", "silence", "experiments", "breaker_sends", "breaker_hours"),
    *("breaker_windows",),
)


class Month(Company):
    """The company of the loop, in the 30 days that end at `until`."""

    def __init__(self, folder: Path, plan: Plan, until: datetime) -> None:
        super().__init__(folder, plan)
        self.close()
        (folder / BOOKS).unlink()
        self.world = LiveWorld.generate(
            customers=plan.customers,
            days=plan.days,
            seed=plan.seed,
            start=until - timedelta(days=plan.days),
            annoyance=plan.annoyance,
        )
        self.books = self._opened()

    def live_through(self) -> None:
        """Let the month pass: an experiment, then a certificate; and every day what marketing asks for."""
        with self.books.transaction() as tx:
            for each in self.world.consents():
                said = Preferences(timezone=each.timezone, consent=dict.fromkeys(each.channels, True))
                tx.set_preferences(each.user_id, said, at=self.world.start)
        self.start_experiment(self.plan.share, at_most=self.plan.experiment_at_most)
        certified = FakeScorer(shares=self.plan.shares, version="7", at_most=self.plan.harm_at_most)
        for day in range(self.plan.days):
            if day == LEARNING:
                self.stop_experiment("it has learned enough")
            scorer = None if day < LEARNING else certified
            self._decided(self.wishes(day), self.now, scorer)
            self.live([day], scorer, lambda _, done: print(f"\r{done:4.0%} of the month", end=""), what="")
        print()

    def wishes(self, day: int) -> list[dict[str, object]]:
        """Return what marketing would send on a day."""
        return [
            {
                "candidate_id": f"w{day}-{number}",
                "user.id": f"c{(day * MARKETING + number) % self.plan.customers}",
                "purpose": "win_back",
                "channel": "email",
                "message.text": WORDS[day % len(WORDS)],
            }
            for number in range(MARKETING)
        ]


def make(path: Path, decisions: int, until: datetime, *, customers: int = CUSTOMERS) -> int:
    """Make the ledger from a month of so many customers; return how many decisions it has."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        month = Month(Path(folder), Plan(customers=customers, days=DAYS), until)
        month.live_through()
        month.close()
        return copied(Path(folder) / BOOKS, path, decisions)


def copied(month: Path, path: Path, decisions: int) -> int:
    """Copy a month's ledger into a new one until there are so many decisions."""
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        for statement in (one for migration in MIGRATIONS for one in migration):
            new.execute(statement)
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000"):
            new.execute(f"PRAGMA {pragma}")
        new.execute("ATTACH :month AS month", {"month": str(month)})
        copies = -(-decisions // new.execute("SELECT count(*) FROM month.decisions").fetchone()[0])
        new.execute("BEGIN")
        for table in _WHOLE:
            new.execute(f"DELETE FROM {table}")
            new.execute(f"INSERT INTO {table} SELECT * FROM month.{table}")
        for statement in _COPIES:
            new.execute(statement, {"copies": copies} if ":copies" in statement else {})
        new.execute("COMMIT")
        made = int(new.execute("SELECT count(*) FROM decisions").fetchone()[0])
        new.execute("DETACH month")
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Make it where nothing lies yet, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--until", default=UNTIL)
    given = parser.parse_args(arguments)
    if given.path.exists():
        raise SystemExit(f"`{given.path}` exists; name another file")
    began, hidden = time.perf_counter(), given.path.with_suffix(".making")
    made = make(hidden, given.decisions, datetime.fromisoformat(given.until).astimezone(UTC))
    shutil.move(hidden, given.path)
    print(f"{made:,} decisions, {given.path.stat().st_size / 1e9:.1f} GB, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()

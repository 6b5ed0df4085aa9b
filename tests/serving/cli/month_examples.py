"""The demo's month for tests, lived once by a model that contacts everybody whose tenure is known and short."""

from datetime import UTC, datetime
from pathlib import Path

from serving.cli.demo import SALT
from serving.cli.month.calendar import Calendar
from serving.cli.month.month import lived
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
SCORER = FakeScorer(feature="chats_per_month", cutoff=1.0, at_most=0.2)


def month(folder: Path, now: datetime = NOW) -> Ledger:
    """Live through a month in a new folder; returns its ledger, open."""
    begin = Calendar(now).begin
    ledger = open_ledger(f"sqlite:///{folder / 'outreach.db'}", now=begin, salt=SALT, shipped=shipped_digests())
    lived(ledger, SCORER, now)
    return ledger

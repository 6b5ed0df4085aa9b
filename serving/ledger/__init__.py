"""The append-only record of events, decisions and outcomes: `open_ledger` is the way in, `LedgerFile` a server's."""

from serving.ledger.opening import open_ledger
from serving.ledger.reopening import LedgerFile

__all__ = ["LedgerFile", "open_ledger"]

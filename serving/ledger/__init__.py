"""The append-only record of events, decisions and outcomes: `open_ledger` is the way in."""

from serving.ledger.opening import open_ledger

__all__ = ["open_ledger"]

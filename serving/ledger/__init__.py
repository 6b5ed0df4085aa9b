"""The append-only record of events, decisions and outcomes."""

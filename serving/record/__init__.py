"""The record of a decision: as JSON, as the text that a ledger stores, and as the row that is read again."""

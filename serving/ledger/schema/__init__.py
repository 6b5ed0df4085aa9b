"""The tables of a ledger, as migrations in order: each module is what one piece of work added."""

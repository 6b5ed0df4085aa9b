"""Who may write what at the same time in PostgreSQL (docs/decisions/0025-postgresql.md has the argument).

Every transaction locks the ledger first: for itself alone, or shared, where it keeps to the customers that it names.
Those are locked next, in the order of their lock numbers, whatever name of theirs it knows. What it counts together
with others comes after them: volumes, then the monitor's counts. So nobody waits in a circle.

All are advisory locks that end with the transaction. Two names may have one number: that only waits longer.
"""

from typing import LiteralString

ALONE: LiteralString = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(1330992210, 0)"
SHARED: LiteralString = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(1330992210, 0)"
LOOK: LiteralString = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
CUSTOMERS: LiteralString = """SELECT customer, pg_advisory_xact_lock(number) FROM (
    SELECT customer, hashtextextended(customer, 0) AS number FROM (
        SELECT DISTINCT coalesce(user_id, value) AS customer FROM json_each(:names)
            LEFT JOIN identities ON alias = value) AS named
    ORDER BY number OFFSET 0) AS in_order"""
ERASED: LiteralString = "SELECT 1 FROM erased LIMIT 1"
VOLUMES: LiteralString = """SELECT pg_advisory_xact_lock(number) FROM (
    SELECT hashtextextended(value, 1) AS number FROM json_each(:keys) ORDER BY number OFFSET 0) AS in_order"""
TRY_VOLUMES: LiteralString = "SELECT pg_try_advisory_xact_lock(hashtextextended(value, 1)) FROM json_each(:keys)"
MONITOR: LiteralString = "SELECT pg_advisory_xact_lock(1330992210, 1)"

OWN = frozenset(
    {
        *("assignments", "concerns", "decisions", "dismissals", "due", "events", "facets", "held_texts", "refusals"),
        *("readings", "reservations", "responses", "tallies", "visits"),
    }
)  # tables whose rows are a customer's, an Idempotency-Key's, or a connection's
COUNTED = frozenset({"breaker_hours", "breaker_sends", "breaker_windows"})
MONITORED = frozenset({"monitor_counts", "silence"})
MOST_NAMES = 1024  # beyond, a lock on the ledger is cheaper than that many

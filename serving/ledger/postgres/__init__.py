"""What only a ledger on PostgreSQL needs: its link, its locks, its dialect, how it is opened."""

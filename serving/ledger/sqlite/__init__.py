"""A ledger in a file: the port of deciding on one SQLite store, and the store itself."""

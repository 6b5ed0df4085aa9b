"""The endpoints, one file per theme; each reads, asks the decide loop, and answers. No rule lives here."""

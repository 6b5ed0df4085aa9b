"""The decide loop (HOUSE section 5): one writer, one transaction and one fsync for all that has queued."""

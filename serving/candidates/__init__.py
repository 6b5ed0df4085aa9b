"""A file of candidates (CONTRACT section 9): where it lies, its columns and cells, and its rows as candidates."""

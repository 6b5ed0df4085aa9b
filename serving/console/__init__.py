"""The console at `/console`: pages for people without code, rendered here, read beside the writer."""

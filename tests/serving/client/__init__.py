"""The client: against the API in this process, and against servers that fail."""

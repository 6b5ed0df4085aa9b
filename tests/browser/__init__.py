"""A real browser on a real page, with the real script and API."""

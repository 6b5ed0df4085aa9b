"""Wire types: what a request may hold and what an answer looks like (pydantic, strict, unknown fields refused)."""

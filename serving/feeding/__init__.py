"""Events from a file, decided as if they had just come in, by a clock that follows them."""

"""What a key is bound to (version 11): an origin, a rate of its own, and an end.

`origin` is the one web page address that a key of scope `widget` may be used from, null for all other keys; one of that
scope that an older version wrote has none, and opens nothing. `per_second` is null where the settings say how fast the
key may ask, `expires_at` where it does not end by itself.
"""

from typing import LiteralString

KEYS: tuple[LiteralString, ...] = (
    "ALTER TABLE keys ADD COLUMN origin TEXT",
    "ALTER TABLE keys ADD COLUMN per_second INTEGER",
    "ALTER TABLE keys ADD COLUMN expires_at INTEGER",
)

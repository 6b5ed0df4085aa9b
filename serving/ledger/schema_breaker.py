"""The tables of the breaker (version 4): how much of each template went out, when it broke, who released it."""

from typing import LiteralString

BREAKER: tuple[LiteralString, ...] = ()

"""The tables of confirmations (version 5): what was said when a decision was about to be acted on."""

from typing import LiteralString

CONFIRMING: tuple[LiteralString, ...] = ()

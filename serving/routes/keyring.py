"""Which API keys are known: looked up by SHA-256 in the ledger, remembered for two seconds.

A revoked key therefore works for at most two seconds more; an unknown one is never remembered.
"""

import asyncio
from typing import Any

from serving.keys import digest
from serving.loop import DecideLoop
from serving.ports import KeyRecord, Ledger, Transaction

REMEMBERED_SECONDS = 2.0
REMEMBERED_KEYS = 1024


class Keyring:
    """Finds the record of a key. It holds hashes, never a key."""

    def __init__(self, loop: DecideLoop[Any, Any]) -> None:
        self._loop = loop
        self._known: dict[str, tuple[KeyRecord, float]] = {}

    async def find(self, key: str) -> KeyRecord | None:
        """Return the record of an active key, or None.

        Raises:
            Unavailable: the ledger cannot be asked.
        """
        sha256 = digest(key)
        now = asyncio.get_running_loop().time()
        record, until = self._known.get(sha256, (None, 0.0))
        if record is None or now >= until:
            record = await self._loop.submit(lambda ledger, transaction: _look_up(ledger, transaction, sha256))
            self._remember(sha256, record, now)
        return record if record is not None and record.revoked_at is None else None

    def _remember(self, sha256: str, record: KeyRecord | None, now: float) -> None:
        self._known.pop(sha256, None)
        if record is not None:
            while len(self._known) >= REMEMBERED_KEYS:
                del self._known[next(iter(self._known))]
            self._known[sha256] = (record, now + REMEMBERED_SECONDS)


def _look_up(_: Ledger, transaction: Transaction, sha256: str) -> KeyRecord | None:
    return transaction.key(sha256)

"""Which API keys are known: all of them are read from the ledger at most once a second, and looked up by SHA-256 here.

A revoked key therefore works for at most a second more, and a new one after at most a second. Whoever tries keys, known
or not, costs the ledger nothing but that one reading.
"""

from collections.abc import Mapping
from typing import Any

from serving.keys import digest
from serving.loop import DecideLoop
from serving.ports import KeyRecord, Ledger, Transaction
from serving.routes.lately import Lately

REMEMBERED_SECONDS = 1.0


class Keyring:
    """Finds the record of a key. It holds hashes, never a key."""

    def __init__(self, loop: DecideLoop[Any, Any]) -> None:
        self._loop = loop
        self._lately = Lately(self._read, seconds=REMEMBERED_SECONDS)

    async def find(self, key: str) -> KeyRecord | None:
        """Return the record of an active key, or None.

        Raises:
            Unavailable: the ledger cannot be asked.
        """
        return (await self._lately.get()).get(digest(key))

    def known(self, key: str) -> KeyRecord | None:
        """Return the record of an active key where the ledger was asked within the last second; else None."""
        records = self._lately.known()
        return None if records is None else records.get(digest(key))

    async def _read(self) -> Mapping[str, KeyRecord]:
        return await self._loop.submit(_active)


def _active(_: Ledger, transaction: Transaction) -> dict[str, KeyRecord]:
    return {record.sha256: record for record in transaction.keys() if record.revoked_at is None}

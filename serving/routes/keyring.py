"""Which API keys are known: all of them are read from the ledger at most once a second, and looked up by SHA-256 here.

A revoked key therefore works for at most a second more, and a new one after at most a second. Whoever tries keys, known
or not, costs the ledger nothing but that one reading. A key that expires ends at that very instant, and does not revive
where the clock goes back.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from model.errors import Unavailable
from serving.access.keys import digest, is_active
from serving.clock.steady import ClockSet
from serving.loop.lately import REMEMBERED_SECONDS, Lately
from serving.loop.loop import DecideLoop
from serving.ports import Clock, KeyRecord, Ledger, Transaction


class Keyring:
    """Finds the record of a key. It holds hashes, never a key."""

    def __init__(self, loop: DecideLoop[Any, Any], clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._latest = clock()
        self._lately = Lately(self._read, seconds=REMEMBERED_SECONDS)
        self._last: Mapping[str, KeyRecord] | None = None

    async def find(self, key: str, *, lately: bool = True) -> KeyRecord | None:
        """Return the record of an active key, or None; without `lately`, as of the last time that the ledger answered.

        Raises:
            Unavailable: the ledger cannot be asked.
        """
        try:
            records = await self._lately.get()
        except Unavailable:
            if lately or self._last is None:
                raise
            records = self._last
        return self._active(records.get(digest(key)))

    async def of(self, key_id: str) -> KeyRecord | None:
        """Return the record of the active key with this id, or None.

        Raises:
            Unavailable: the ledger cannot be asked.
        """
        records = await self._lately.get()
        return self._active(next((one for one in records.values() if one.id == key_id), None))

    def known(self, key: str) -> KeyRecord | None:
        """Return the record of an active key where the ledger was asked within the last second; else None."""
        records = self._lately.known()
        return None if records is None else self._active(records.get(digest(key)))

    def _active(self, record: KeyRecord | None) -> KeyRecord | None:
        """Return a key that is not over by the latest time that was ever seen, also while no other is believed."""
        if record is None or record.expires_at is None:
            return record
        with suppress(ClockSet):
            self._latest = max(self._latest, self._clock())
        return record if is_active(record, self._latest) else None

    async def has_page(self, origin: str) -> bool:
        """Return whether an active key of a widget belongs to this origin.

        Raises:
            Unavailable: the ledger cannot be asked.
        """
        records = await self._lately.get()
        return any(one.origin == origin and self._active(one) is not None for one in records.values())

    async def _read(self) -> Mapping[str, KeyRecord]:
        self._last = await self._loop.submit(_standing, urgent=True, own=True)
        return self._last


def _standing(_: Ledger, transaction: Transaction) -> dict[str, KeyRecord]:
    return {record.sha256: record for record in transaction.keys() if record.revoked_at is None}

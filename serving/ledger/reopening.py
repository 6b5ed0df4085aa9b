"""The ledger of one process: opened when it is first needed, and the same one again after a transaction failed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from model.errors import Unavailable
from serving.ledger.opening import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger


@dataclass(kw_only=True)
class LedgerFile:
    """Called, it closes what it opened before and opens the ledger anew.

    Only the first opening that succeeds may create a ledger, and only with `create`. Every later one needs the ledger
    that was open before, known by its secret (which a backup of it shares): an empty one in its place would have
    forgotten every opt-out and would draw other arms. One that is there opens whatever the clock says: `now` is when
    one that is made was made. A ledger in memory is returned as it is. `opened` sees each one before anybody else.

    Example:
        >>> opening = LedgerFile("sqlite://", now=..., new_salt=lambda: b"s", shipped={})    # doctest: +SKIP
        >>> opening() is opening()                                                             # doctest: +SKIP
        True
    """

    url: str = field(kw_only=False)
    now: datetime
    new_salt: Callable[[], bytes]
    shipped: Mapping[str, str]
    create: bool = True
    opened: Callable[[SqliteLedger], None] = lambda _: None
    _ledger: SqliteLedger | None = field(default=None, init=False)

    def __call__(self) -> SqliteLedger:
        """Open the ledger.

        Raises:
            InvalidInput: as `open_ledger`.
            Unavailable: it cannot be opened now, it is not there, or another one is in its place.
        """
        before = self._ledger
        if before is not None and before.in_memory:
            return before
        if before is not None:
            before.close()
        opened = open_ledger(
            self.url,
            now=self.now,
            salt=self.new_salt(),
            shipped=self.shipped,
            create=self.create and before is None,
            serving=True,
        )
        if before is not None and opened.salt != before.salt:
            opened.close()
            raise Unavailable(
                "ledger: another ledger is in the place of the one that was open; put that one back, "
                "or restart to use this one"
            )
        self.opened(opened)
        self._ledger = opened
        return opened

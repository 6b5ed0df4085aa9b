"""Ledgers on a bad day that say more than they should: what each call was given stands in its error."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from model.errors import Unavailable
from serving.ports import Ledger, Transaction

QUIET = frozenset({"keys", "savepoint", "remembered"})  # so that a key is known, and the request comes to its work


class Blurting:
    """A transaction whose every call fails, and tells all that it was given."""

    def __init__(self, real: Transaction, error: type[Exception]) -> None:
        self._real = real
        self._error = error

    def __getattr__(self, name: str) -> Any:
        if name in QUIET:
            return getattr(self._real, name)

        def blurt(*given: object, **named: object) -> None:
            raise self._error(f"{name} failed on {given!r} {named!r}")

        return blurt


class Noting:
    """A transaction that notes what its calls were given."""

    def __init__(self, real: Transaction) -> None:
        self._real = real
        self.given: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)

        def noted(*given: object, **named: object) -> Any:
            self.given.append(f"{given!r} {named!r}")
            return found(*given, **named)

        return found if name in QUIET else noted


class Ending:
    """A ledger whose every commit fails, and tells what was to be committed."""

    def __init__(self, real: Ledger) -> None:
        self._real = real
        self.salt = real.salt

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Begin, and end badly."""
        return self._ending(about)

    @contextmanager
    def _ending(self, about: Sequence[str] | None) -> Iterator[Any]:
        with self._real.transaction(about=about) as real:
            noting = Noting(real)
            yield noting
            if noting.given:
                raise ValueError(f"disk full at {about} {noting.given}")

    def close(self) -> None:
        """Close the real one."""
        self._real.close()


class Wrapped:
    """A ledger that does something before each transaction, or in it."""

    def __init__(self, real: Ledger, wrap: Callable[[Transaction], Any]) -> None:
        self._real = real
        self._wrap = wrap
        self.salt = real.salt

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Begin, badly."""
        return self._wrapped(about)

    @contextmanager
    def _wrapped(self, about: Sequence[str] | None) -> Iterator[Transaction]:
        with self._real.transaction(about=about) as real:
            yield self._wrap(real)

    def close(self) -> None:
        """Close the real one."""
        self._real.close()


def _slow(real: Transaction) -> Transaction:
    time.sleep(0.002)
    return real


DAYS: Mapping[str, Callable[[Ledger], Ledger]] = {
    "good": lambda real: real,
    "slow": lambda real: Wrapped(real, _slow),
    "broken": lambda real: Wrapped(real, lambda tx: Blurting(tx, ValueError)),
    "broken within": lambda real: Wrapped(real, lambda tx: Blurting(tx, KeyError)),
    "broken at the end": Ending,
    "away": lambda real: Wrapped(real, lambda tx: Blurting(tx, _Away)),
}


class _Away(Unavailable):
    """What a ledger of ours raises; its words are ours, so it repeats nothing."""

    def __init__(self, _: str) -> None:
        super().__init__("ledger `x`: disk full")

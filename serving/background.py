"""Work that is waited for only so long: it goes on aside, on a thread that the end of the process does not wait for.

Nothing else ends whatever it meets: a name's look-up has no end of its own, and a read's is another with every byte.

Example:
    >>> begun(lambda: 6 * 7).result(timeout=10)
    42
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begun(work: Callable[[], T]) -> Future[T]:
    """Begin it; `result` waits for what it returns or raises, and raises `TimeoutError` where that takes longer."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for; here nobody would see it)
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future

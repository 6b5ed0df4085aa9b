"""Who waits for an answer of the decide loop, and how it is given."""

import logging
from typing import Any, Protocol

log = logging.getLogger(__name__)


class Waiter(Protocol):
    """Who waits for an answer: a future, or what behaves like one. It is woken on the event loop."""

    def done(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, result: Any, /) -> None:
        """Give the answer."""

    def set_exception(self, exception: Exception, /) -> None:
        """Say why there is none."""


def give(waiter: Waiter, result: Any) -> None:
    """Wake who waits; where that fails the others must have their answers, and the queue its turn."""
    try:
        _wake(waiter, result)
    except Exception as error:  # noqa: BLE001  (as said)
        log.error("an answer was not given: %s", type(error).__name__)  # noqa: TRY400  (a traceback could show input)


def _wake(waiter: Waiter, result: Any) -> None:
    if waiter.done():
        return
    if isinstance(result, Exception):
        waiter.set_exception(result)
    else:
        waiter.set_result(result)

"""What schedulers do to a command that takes too long: SIGTERM, and some seconds later SIGKILL."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from model.errors import Unavailable

AS_BEFORE: Final = "run it again: what stood in its place stands"


@contextmanager
def stopping(advice: str) -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that processes and half-written files go; a second one is not heard.

    Raises:
        Unavailable: somebody stopped it; `advice` says how to go on.
    """

    def stop(*_: object) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except KeyboardInterrupt:
        raise Unavailable(f"stopped; {advice}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

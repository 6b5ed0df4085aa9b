"""The compiled walk of a plan: compiled once, while the file is scanned, and handed to every process of the plan.

Compiling takes two or three seconds of a processor. Each process that is handed the code still compares it with numpy's
walk on golden and hostile rows before it is used (`model.trees.switch`).
"""

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection

import pyarrow.parquet

from model.trees.kernel import PATIENCE, NoKernelError, compiled, take
from serving.candidates.files import CandidateFile
from serving.ports import Scorer

COSTS = 2**26  # steps of numpy's walk that take as long as compiling: two seconds
ROW_BYTES = 60  # the least that a row of CSV takes, packed


def is_worth(file: CandidateFile, scorer: Scorer | None) -> bool:
    """Whether a walk for all rows takes longer by numpy than compiling it does."""
    steps: int = getattr(scorer, "steps", 0)
    if file.csv:
        rows = file.path.stat().st_size // ROW_BYTES
    else:
        rows = sum(pyarrow.parquet.read_metadata(path).num_rows for path in file.files)
    return rows * steps >= COSTS


class Compiling:
    """Compiles the walk in the background from now on, where it is `worth` that; else there is no code."""

    def __init__(self, *, worth: bool = False) -> None:
        self.worth = worth
        self._made = b""
        self._ended = threading.Event()
        if worth:
            threading.Thread(target=self._compile, name="outreach-compiling", daemon=True).start()
        else:
            self._ended.set()

    def _compile(self) -> None:
        with suppress(NoKernelError, OSError, ValueError, RuntimeError):  # numpy walks, to the same bits
            self._made = compiled()
        self._ended.set()

    def code(self) -> bytes:
        """Return what was compiled, once it is; no bytes where that failed, or was not worth it."""
        self._ended.wait()
        return self._made

    def hand_over(self, pipe: Connection) -> None:
        """Send the code to another process once it is there, then close the pipe; returns at once."""
        threading.Thread(target=self._send, args=(pipe,), name="outreach-code", daemon=True).start()

    def _send(self, pipe: Connection) -> None:
        with suppress(OSError), closing(pipe):  # it may have died
            pipe.send_bytes(self.code())

    def use(self, scorer: Scorer | None) -> None:
        """Have this process score by the code, if there is to be any."""
        if self.worth:
            take(self.code)
            settle(scorer)


def settle(scorer: Scorer | None) -> None:
    """Wait until it is settled what walks the trees of a scorer that has some."""
    walked: Callable[[float], object] | None = getattr(scorer, "walked", None)
    if walked is not None:
        walked(PATIENCE)

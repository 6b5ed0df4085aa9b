"""One truth of several workers: each leaves what it counted in a folder that their parent made, and reads the others'.

Whoever is asked for the metrics leaves its own figures first, then adds up everybody's. What was shown once stands in
the folder from then on, so no count ever falls, whichever worker is asked next. A worker holds a lock on a file of its
own while it lives; the figures of one that has gone are added to those of all that have, once.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic_ns
from typing import Any, Final

from model.contracts import JSON
from model.folders import replace_file
from serving.metrics.tally import Tally

ENDED: Final = "ended.json"
LOCK: Final = "lock"
ALIVE: Final = ".alive"
FIGURES: Final = ".figures"
Said = Mapping[str, JSON]  # what one process says: `counts` and `spread` of its tally, and what it is like now


class Shared:
    """One worker's place in the folder, from here on until the process ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._leaving = Lock()
        self._name = f"{os.getpid()}-{monotonic_ns()}"
        self._alive = os.open(folder / f"{self._name}{ALIVE}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._alive, fcntl.LOCK_EX)

    def leave(self, say: Callable[[], Said]) -> Said:
        """Put this worker's figures there, in place of those before, and return them; older never follow newer.

        Raises:
            OSError: the folder cannot be written.
        """
        with self._leaving:
            said = say()
            _write(self._folder / f"{self._name}{FIGURES}", said)
        return said

    def others(self) -> tuple[list[Said], Said | None]:
        """Return what each other living worker left, and the counts of all that have gone; None: nobody has.

        Raises:
            OSError: the folder cannot be read or written.
        """
        with self._locked():
            ended = self._ended()
            living, gone = [], {}
            for path in sorted(self._folder.glob(f"*{FIGURES}")):
                if path.stem == self._name or path.stem in (ended or {}).get("names", ()):
                    continue
                if self._lives(path.stem):
                    living.append(json.loads(path.read_bytes()))
                else:
                    gone[path.stem] = json.loads(path.read_bytes())
            return living, self._ended_with(ended, gone) if gone else ended

    def close(self) -> None:
        """Count as gone."""
        os.close(self._alive)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ended(self) -> Said | None:
        try:
            said: dict[str, Any] = json.loads((self._folder / ENDED).read_bytes())
        except FileNotFoundError:
            return None
        return said

    def _lives(self, name: str) -> bool:
        """Whether anybody holds the lock of that worker."""
        try:
            with (self._folder / f"{name}{ALIVE}").open("r+") as alive:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _ended_with(self, ended: Said | None, gone: Mapping[str, Said]) -> Said:
        """Add those that have gone since; where this breaks off none of them is lost, or counted twice."""
        total = Tally()
        for said in (*([] if ended is None else [ended]), *gone.values()):
            total.take(said)
        now = total.values() | {"names": [*gone]}
        _write(self._folder / ENDED, now)
        for name in gone:
            for ending in (FIGURES, ALIVE):
                (self._folder / f"{name}{ending}").unlink(missing_ok=True)
        return now


def _write(path: Path, said: Said) -> None:
    replace_file(path, json.dumps(said).encode(), durable=False)

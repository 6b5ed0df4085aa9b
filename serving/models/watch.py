"""Whoever looks after the models of one process: what stands in their places is loaded, and offered when it changes.

A thread of its own looks every few seconds. What it finds is verified there, off the event loop, and offered whole
(`serving.models.changing`); on any failure the model in use stays, and one line says why, once for the same content. A
folder that is just being replaced is waited for: files that still change are looked at again before they are judged.

The thread has the priority of the others: one that gives way would do so while it holds the interpreter's lock, and on
a busy machine everybody would wait for it.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from model.errors import OutreachError, one_line
from serving.models.changing import Changes, Role
from serving.models.place import Look, look_at, warmed
from serving.scorer import ArtefactScorer, load_scorer

SETTLING_SECONDS: Final = 0.2  # between two looks that must agree before a folder is judged
TRIES: Final = 25  # so often may files change until the next look
RARELY: Final = 64  # looks at most between two tries of the same content, which failed
log = logging.getLogger(__name__)


class Place(Protocol):
    """Where a model stands."""

    def find(self) -> Look:
        """Return what stands there now.

        Raises:
            OutreachError, OSError: nothing is there that could be named.
        """


class Folder:
    """A folder that the settings name; what stands there is called by its own hash."""

    def __init__(self, named: str) -> None:
        self._folder = Path(named)

    def find(self) -> Look:
        """Look into the folder."""
        return look_at(self._folder, None)


class Watching:
    """One place, what was seen there last, and which model was made of it."""

    def __init__(self, role: Role, place: Place, changes: Changes) -> None:
        self._role: Role = role
        self._place = place
        self._changes = changes
        self._seen: Look | None = None
        self._present: tuple[object, ...] | None = None
        self._told: tuple[object, ...] | None = None
        self._failures = 0
        self._skip = 0

    def first(self) -> ArtefactScorer:
        """Load what is there when the process starts.

        Raises:
            OutreachError, OSError: it cannot be used; whoever asked says so, and it is tried again only now and then.
        """
        try:
            self._seen = self._place.find()
            scorer = load_scorer(self._seen.folder, version=self._seen.version)
        except (OutreachError, OSError) as error:
            self._fail(one_line(error))
            raise
        self._present = _identity(scorer)
        return scorer

    def look(self, pause: Callable[[float], object]) -> bool:
        """Load what is there if it is another than before; return whether a model was offered."""
        try:
            found = self._settled(pause)
            if found is None or not self._is_due(found):
                return False
            scorer = warmed(found.folder, found.version)
        except Exception as error:  # noqa: BLE001  (whatever an unknown folder breaks, the old model stays)
            self._refuse(one_line(error) if isinstance(error, OutreachError | OSError) else type(error).__name__)
            return False
        self._told, self._failures, self._skip = None, 0, 0
        if _identity(scorer) == self._present:
            return False
        self._present = _identity(scorer)
        self._changes.offer(self._role, scorer)
        return True

    def _settled(self, pause: Callable[[float], object]) -> Look | None:
        """Return what is there once two looks agree; None where it keeps changing."""
        found = self._place.find()
        for _ in range(TRIES):
            if found == self._seen:
                return found
            pause(SETTLING_SECONDS)
            again = self._place.find()
            if again == found:
                return found
            found = again
        return None

    def _is_due(self, found: Look) -> bool:
        """Whether it is to be loaded: because it is another, or because it failed before and may have been misread."""
        if found != self._seen:
            self._seen, self._failures = found, 0
            return True
        self._skip -= 1
        return self._failures > 0 and self._skip < 0

    def _refuse(self, problem: str) -> None:
        """Count a failure, and tell it where it was not told of this content."""
        if self._told != self._content(problem):
            self._changes.refuse(self._role, problem)
        self._fail(problem)

    def _fail(self, problem: str) -> None:
        self._told = self._content(problem)
        self._failures += 1
        self._skip = min(2**self._failures, RARELY)

    def _content(self, problem: str) -> tuple[object, ...]:
        return problem, None if self._seen is None else self._seen.named


class ModelWatch:
    """The thread that looks at every place, each so many seconds (0: never), and nudges who begins the next group."""

    def __init__(self, watching: Sequence[Watching], *, seconds: float) -> None:
        self._watching = tuple(watching)
        self._seconds = seconds
        self._stop = threading.Event()

    def start(self, nudge: Callable[[], object]) -> None:
        """Begin to look, beside all else; an application that is started again looks again."""
        if self._watching and self._seconds:
            self._stop = stop = threading.Event()
            threading.Thread(target=self._run, args=(nudge, stop), name="outreach-models", daemon=True).start()

    def stop(self) -> None:
        """Look no more; what is being loaded is not offered to anybody."""
        self._stop.set()

    def look(self) -> bool:
        """Look at every place once; return whether anything was offered."""
        offered = [one.look(self._stop.wait) for one in self._watching]
        return any(offered)

    def _run(self, nudge: Callable[[], object], stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                if self.look() and not stop.is_set():
                    nudge()
            except Exception as error:  # noqa: BLE001  (the models in use stay, and it looks again)
                log.error("the models could not be looked at: %s", type(error).__name__)  # noqa: TRY400


def _identity(scorer: ArtefactScorer) -> tuple[object, ...]:
    return scorer.version, scorer.sha256, scorer.artefact.issued_at

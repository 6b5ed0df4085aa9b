"""The child of `outreach serve` that asks the registry: it alone loads MLflow, and whatever holds it holds nobody else.

Its parent (`serving.models.pulling`) hands it the settings in the environment. Every `poll_seconds` (0: until it
succeeded once) it asks what `models:/…` stands for. What is new is downloaded, verified, put into a folder of its own,
and the pointer is moved there; what an attempt leaves that was cut off goes with the next download
(`serving.models.coming`). Once there is a copy it gives way to other work; it has a time for every attempt, and ends
when its parent does.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from model.canonical import sha256
from model.errors import InvalidArtefact, OutreachError, one_line
from model.uri import versioned
from serving.metrics.logs import write_as
from serving.models.coming import coming, in_turn
from serving.models.place import Look
from serving.models.pulled import HOME, Pointer, Pulled, point, prune, read_pointer, source_of
from serving.models.pulling import READY
from serving.settings import Settings, load_settings

ATTEMPT_SECONDS: Final = 120.0
SLOWEST: Final = 60.0  # seconds between two attempts that fail
HELD: Final = 3  # the exit status of a process whose attempt took too long
NICE: Final = 10
log = logging.getLogger(__name__)


class Pull:
    """One name in the registry, and what was last heard of it."""

    def __init__(self, named: str, tracking_uri: str, home: Path = HOME) -> None:
        self._named = named
        self._tracking_uri = tracking_uri
        self._home = home
        self._source = source_of(named, tracking_uri)
        self._problem: str | None = None
        self._verified: Look | None = None

    def attempt(self) -> bool:
        """Pull what is new; return whether the registry answered and what it names lies here, verified."""
        try:
            self._pull()
        except (OutreachError, OSError) as error:
            problem = one_line(error)
            if problem != self._problem:
                log.warning("`%s`: %s; %s", self._named, problem, self._meanwhile())
            self._problem = problem
            return False
        if self._problem is not None:
            log.info("`%s`: the registry answers, version %s is confirmed", self._named, self._present())
        self._problem = None
        return True

    def has_copy(self) -> bool:
        """Whether something was pulled before: what is new may then take its time."""
        return self._present() is not None

    def _pull(self) -> None:
        from model.registry import fetch, stands_for

        version, stated = stands_for(self._named, tracking_uri=self._tracking_uri)
        if self._has(version, stated):
            return
        with coming(self._home) as place:
            came = fetch(versioned(self._named, version), to=place / "artefact", tracking_uri=self._tracking_uri)
            with in_turn(self._home):
                self._keep(came, version, stated)
                prune(self._home)

    def _keep(self, came: Path, version: str, stated: str | None) -> None:
        """Put what came into a folder of its own name, and move the pointer there.

        Raises:
            InvalidArtefact: it is not the one that the registry states.
        """
        from model.artefact import CAPS, load
        from model.folders import publish, read_capped

        files = read_capped(came, CAPS)
        manifest = sha256(files["manifest.json"])
        if stated not in {None, manifest}:
            raise InvalidArtefact(
                f"version {version} is not the artefact that the registry's tag `manifest_sha256` states; "
                "register it again"
            )
        folder = sha256(files["manifest.json"] + files["issued.json"])
        publish(self._home / folder, files, replaceable=frozenset(CAPS), check=load)
        point(self._home, Pointer(source=self._source, version=version, sha256=manifest, folder=folder))

    def _has(self, version: str, stated: str | None) -> bool:
        """Whether this very version lies here, by its pointer and the registry's own tag, and as it was verified."""
        from model.artefact import load

        try:
            pointer = read_pointer(self._home, self._source)
            found = Pulled(self._named, self._tracking_uri, self._home).find()
            if found != self._verified:
                load(found.folder)
        except (OutreachError, OSError):
            return False
        self._verified = found
        return pointer.version == version and stated in {None, pointer.sha256}

    def _present(self) -> str | None:
        try:
            return read_pointer(self._home, self._source).version
        except (OutreachError, OSError):
            return None

    def _meanwhile(self) -> str:
        version = self._present()
        if version is None:
            return "nothing of it lies here; it is tried again"
        return f"version {version}, which lies here verified, stays in use unconfirmed; it is tried again"


def pulls_of(settings: Settings, home: Path = HOME) -> list[Pull]:
    """Return what is to be pulled for these settings: the model, the challenger, or both."""
    return [Pull(named, settings.tracking_uri, home) for named in settings.registered]


def within(seconds: float, attempt: Callable[[], bool]) -> bool:
    """Attempt it; end this process where that takes longer, for no client of a registry can be told to stop."""
    watchdog = threading.Timer(seconds, _give_up, (seconds,))
    watchdog.daemon = True
    watchdog.start()
    try:
        return attempt()
    finally:
        watchdog.cancel()


def _give_up(seconds: float) -> None:
    log.warning("the registry did not answer within %d s; it is asked again", seconds)
    os._exit(HELD)


def _outlive_nobody() -> None:
    """End this process when its parent has: the parent holds the other end of our standard input."""
    sys.stdin.buffer.read()
    os._exit(0)


def _begun() -> Settings:
    """Return our parent's settings, once this process says what it has to say as that does, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the parent as well
    threading.Thread(target=_outlive_nobody, name="parent", daemon=True).start()
    settings = load_settings()
    write_as(settings.logs)
    return settings


def ask() -> None:
    """Print that we can ask now, and then the version that our one argument, `models:/…`, stands for."""
    from model.registry import load_client, resolve

    load_client()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    sys.stdout.write(resolve(sys.argv[1], tracking_uri=load_settings().tracking_uri))


def once() -> None:
    """Pull what there is now, and end."""
    for pull in pulls_of(_begun()):
        within(ATTEMPT_SECONDS, pull.attempt)


def main() -> None:
    """Pull until the parent ends; without polling, until everything was pulled once."""
    settings = _begun()
    pulls, wait, gives_way = pulls_of(settings), float(settings.poll_seconds or 1), False
    while True:
        if not gives_way and all(pull.has_copy() for pull in pulls):
            os.nice(NICE)
            gives_way = True
        answers = [within(ATTEMPT_SECONDS, pull.attempt) for pull in pulls]
        good = all(answers)
        if good and not settings.poll_seconds:
            return
        wait = float(settings.poll_seconds or 1) if good else min(2 * wait, SLOWEST)
        time.sleep(wait)

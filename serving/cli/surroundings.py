"""What `outreach doctor` sees around the ledger and the model: disk, keys, clock, port, zones, compiler, registry."""

import errno
import importlib.util
import math
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from model.errors import one_line
from model.uri import absent
from serving.access.keys import WIDGET, is_active
from serving.cli.faults import FAULTS, Finding
from serving.models.pulling import child
from serving.ports import KeyRecord
from serving.record.record import timestamp
from serving.settings import Settings

MEGABYTE = 10**6
FULL, LOW = 64 * MEGABYTE, 1000 * MEGABYTE
NETWORKED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs", "lustre")
MOUNTS = Path("/proc/self/mounts")
AHEAD = timedelta(minutes=1)  # of two machines' clocks, with which nothing goes wrong
START_SECONDS = 15.0  # that the registry's client may take to be loaded: four on an idle processor
ASKED_SECONDS = 8.0  # that a registry may take then: MLflow alone would try for minutes
NOT_STARTED = "what asks it did not start"
CONNECT_SECONDS = 3.0
NEEDED = ("decide", "events")
OURS = "model.errors."  # how an error begins that masks what it says


def disk(path: Path) -> list[Finding]:
    """Say whether the place of a ledger's file can be written, has room, and is on a disk of this machine."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return []  # the ledger's own line says so
    places = [place for place in (folder, path) if place.exists() and not os.access(place, os.W_OK)]
    found = [FAULTS["folder_read_only"].found(place=places[0])] if places else []
    free = shutil.disk_usage(folder).free
    if free < LOW:
        fault = FAULTS["disk_full" if free < FULL else "disk_low"]
        found.append(fault.found(free=free // MEGABYTE, place=folder))
    kind = file_system(folder.resolve(), MOUNTS)
    if kind in NETWORKED:
        found.append(FAULTS["network_disk"].found(place=folder, kind=kind))
    return found or [Finding("disk", good=True, seen=f"{free // MEGABYTE:,} MB are free at `{folder}`")]


def file_system(folder: Path, mounts: Path) -> str:
    """Return the kind of file system that a folder is on, by the longest mount above it; empty where nobody says."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    parts = [line.split() for line in lines if len(line.split()) > 2]
    above = [(len(at), kind) for _, at, kind, *_ in parts if folder.is_relative_to(at.replace("\\040", " "))]
    return max(above)[1] if above else ""


def keys(known: Sequence[KeyRecord], settings: Settings, at: datetime) -> list[Finding]:
    """Say which scopes nobody can ask with, and whether a widget's key could speak for customers."""
    active = [key for key in known if is_active(key, at)]
    unbound = {key.id for key in active if WIDGET in key.scopes and key.origin is None}
    scopes = {scope for key in active if key.id not in unbound for scope in key.scopes}
    found = [FAULTS["widget_unbound"].found(key=key) for key in sorted(unbound)]
    if not scopes:
        return [*found, FAULTS["keys_none"].found()]
    lacking = [scope for scope in NEEDED if scope not in scopes]
    found += [FAULTS["keys_scopes"].found(scopes=" or ".join(lacking))] if lacking else []
    if WIDGET in scopes and settings.widget_secret is None:
        found.append(FAULTS["widget_unsigned"].found())
    return found or [Finding("keys", good=True, seen=f"{', '.join(sorted(scopes))}")]


def clock(newest: datetime | None, at: datetime) -> Finding:
    """Compare this machine's clock with the newest decision in the ledger."""
    if newest is not None and newest > at + AHEAD:
        return FAULTS["clock_behind"].found(now=timestamp(at), newest=timestamp(newest))
    return Finding("clock", good=True, seen=timestamp(at))


def port(settings: Settings) -> Finding:
    """Try to listen where the API would, and stop at once."""
    place = {"host": settings.host, "port": settings.port}
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except (OSError, UnicodeError) as error:
        busy = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = getattr(error, "strerror", None) or type(error).__name__
        return FAULTS["port_taken"].found(**place) if busy else FAULTS["host_wrong"].found(**place, why=why)
    return Finding("port", good=True, seen=f"{settings.host}:{settings.port} is free")


def zones() -> Finding:
    """Look for the time zones of customers."""
    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return FAULTS["zones_missing"].found()
    return Finding("time zones", good=True, seen="known")


def compiler() -> Finding:
    """Look for what compiles the walk through trees."""
    return FAULTS["compiler_missing"].found() if without_compiler() else Finding("compiler", good=True, seen="numba")


def without_compiler() -> bool:
    """Whether what compiles is not installed."""
    return any(importlib.util.find_spec(name) is None for name in ("numba", "llvmlite"))


class Asked:
    """A process that asks the registry for one name, and a thread that hears it."""

    def __init__(self, settings: Settings, named: str) -> None:
        self.named, self.process = (
            named,
            child(settings, "ask", named, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, bufsize=0),
        )
        self._begun, self._until = threading.Event(), math.inf
        self._out, self._err = b"", b""
        self._hearing = threading.Thread(target=self._hear, name="outreach-registry", daemon=True)
        self._hearing.start()

    def heard(self, until: float) -> tuple[str, str]:
        """Return what it says and what it complains of, once it has ended; it has until then to start.

        Raises:
            TimeoutError: it did not start in time, or the registry does not answer; it is ended.
        """
        try:
            if not self._begun.wait(max(0.0, until - time.monotonic())):
                raise TimeoutError(f"{NOT_STARTED} within {START_SECONDS:g} seconds")
            self._hearing.join(max(0.0, self._until - time.monotonic()))
            if self._hearing.is_alive():
                raise TimeoutError(f"no answer within {ASKED_SECONDS:g} seconds")
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._hearing.join()
        return self._out.decode(errors="replace").strip(), self._err.decode(errors="replace").strip()

    def _hear(self) -> None:
        with self.process:
            if self.process.stdout is not None:
                self.process.stdout.readline()
            self._until = time.monotonic() + ASKED_SECONDS
            self._begun.set()
            self._out, self._err = self.process.communicate()


class Registry:
    """Asks the registry in processes of their own, beside everything else: each is ended when its time is over."""

    def __init__(self, settings: Settings) -> None:
        named = settings.registered
        self._absent = absent(settings.tracking_uri)
        self._nobody = () if self._absent is None else named  # MLflow would make the file
        self._uri, self._until = str(settings.masked()["tracking_uri"]), time.monotonic() + START_SECONDS
        self.asking = [Asked(settings, one) for one in named] if self._absent is None else []

    def findings(self) -> list[Finding]:
        """Wait for the answers, at most until the time is over."""
        why, fault = f"`{self._absent}` is not there; check `tracking_uri`", FAULTS["model_unnamed"]
        unknown = [fault.found(uri=self._uri, model=f"`{named}`", why=why) for named in self._nobody]
        return unknown + [self._heard(each) for each in self.asking]

    def _heard(self, asked: Asked) -> Finding:
        model = f"`{asked.named}`"
        try:
            out, err = asked.heard(self._until)
        except TimeoutError as error:
            late = str(error).startswith(NOT_STARTED)
            return FAULTS["registry_unasked" if late else "registry_away"].found(uri=self._uri, model=model, why=error)
        if asked.process.returncode == 0:
            return Finding("registry", good=True, seen=f"{asked.named} is version {out}")
        last = " ".join(err.splitlines()[-1:])
        said = last.removeprefix(OURS)[:200] if last.startswith(OURS) else "it could not be asked"
        fault = FAULTS["model_unnamed" if said.startswith("InvalidInput") else "registry_away"]
        return fault.found(uri=self._uri, model=model, why=said)


def webhook(url: str) -> Finding | None:
    """Connect to where offers would go, by TCP and TLS, send nothing, and close; None where it answers."""
    parts = urlsplit(url)
    host, number = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, number), timeout=CONNECT_SECONDS) as connection:
            if parts.scheme == "https":
                ssl.create_default_context().wrap_socket(connection, server_hostname=host).close()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return FAULTS["webhook_away"].found(host=host, port=number, why=one_line(why)[:120])
    return None

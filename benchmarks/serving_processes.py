"""Server processes of `serving.py`: started on a processor of their own, watched from `/proc`, stopped whole."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS, STOP_SECONDS = 90.0, 25.0
EVERY = 0.005  # seconds between two attempts to get an answer
OK = 200
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of some processes in MB (10⁶ bytes): `rss` counts shared parts once each, `pss` once in all."""

    rss: float
    pss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What starts a server: words, what the environment gets on top, where it runs, where its output goes."""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path


def processors() -> tuple[set[int], set[int]]:
    """Return on which processor the servers run and on which the generator; the same one where there is no other."""
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, {allowed[-1]}


@contextmanager
def on(chosen: set[int]) -> Iterator[None]:
    """Run what is in here, and the processes that it starts, on these processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def started(command: Command, chosen: set[int]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server on these processors, in a session of its own; stop all of it at the end."""
    with command.log.open("wb") as log, on(chosen):
        process = subprocess.Popen(
            command.words,
            env=dict(os.environ) | command.environment,
            cwd=command.folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def wait_for_answer(process: subprocess.Popen[bytes], ask: Callable[[], bytes], log: Path) -> tuple[float, bytes]:
    """Ask again and again until there is an answer; return the seconds that it took and the answer.

    Raises:
        ValueError: the server ended, or did not answer in time; with the last line that it wrote.
    """
    began = time.perf_counter()
    problem = ""
    while time.perf_counter() - began < READY_SECONDS and process.poll() is None:
        try:
            return time.perf_counter() - began, ask()
        except (OSError, HTTPException) as error:
            problem = str(error)
        time.sleep(EVERY)
    said = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it wrote nothing"]
    raise ValueError(f"it did not answer ({problem}): {said[0][:300]}")


def post(port: int, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Post a body; return the answer. Raises `OSError` or `HTTPException` where it is none, or no 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        read = answer.read()
    finally:
        connection.close()
    if answer.status != OK:
        raise HTTPException(f"it answers {answer.status}: {read[:300]!r}")
    return read


def tree(roots: Iterable[int]) -> list[int]:
    """Return these processes and all that descend from them."""
    parents = {}
    for folder in PROC.iterdir():
        fields = _stat(folder) if folder.name.isdecimal() else None
        if fields:
            parents[int(folder.name)] = int(fields[1])
    found = [root for root in roots if root in parents]
    for process in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == process and child not in found]
    return found


def cpu_seconds(processes: Iterable[int], *, ended: bool = False) -> float:
    """Return the processor seconds that these processes used so far, in user and system mode.

    With `ended` those of their children count too that ended and were waited for.
    """
    fields = [_stat(PROC / str(process)) for process in processes]
    return sum(int(used) for each in fields if each for used in each[11 : 15 if ended else 13]) / TICKS


def memory(processes: Iterable[int]) -> Memory:
    """Return what these processes hold."""
    found = {"Rss:": 0, "Pss:": 0}
    for process in processes:
        try:
            lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[0] in found:
                found[words[0]] += int(words[1])
    return Memory(rss=found["Rss:"] * 1024 / 1e6, pss=found["Pss:"] * 1024 / 1e6)


def _stat(folder: Path) -> list[str] | None:
    """Return the fields of `/proc/…/stat` from the state on; None where the process is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole session to end, and make it."""
    for sign, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        if not _alive(process.pid):
            break
        time.sleep(0.5)
    process.wait()


def _alive(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True

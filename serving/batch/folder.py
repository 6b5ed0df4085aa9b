"""The folder of a run until `_SUCCESS` stands: who may write there, and what an attempt leaves to the next one.

    .run/run.json       what the run follows from: it is there before the first decision
    .run/00000.json     shard 0 is there: its hash, its counts (`shards`); its rejects beside it
    .run/work-…/        what an attempt puts aside, and half-written files; the next one removes them

`.run` goes when `_SUCCESS` stands; from then on `manifest.json` says the same.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from model.canonical import canonical
from model.contracts import JSON
from model.errors import InvalidInput
from model.folders import sync_folder
from serving.batch.files import (
    MANIFEST,
    REJECTED,
    SHARD,
    SUCCESS,
    other_run,
    publish_bytes,
    refuse_others,
    sha256_of,
    writable,
)
from serving.batch.summary import Run
from serving.folder_lock import alone

BUSY = "another process is writing there; wait for it, or name another folder"
KEPT, RUN, LEDGER = ".run", "run.json", "ledger"
FRESH = timedelta(hours=1)  # an unfinished plan is taken up without `--at` for as long
SAID = {"mode": "the mode", "at": "the clock", "input_sha256": "the rows", "model": "the model"}
SAID |= {"policy_version": "the policy", "versions": "the version of outreach, numpy, pyarrow or Python"}


def said_before(folder: Path) -> Mapping[str, Any]:
    """Return what an earlier run in this folder follows from; empty where there is none, or it does not say."""
    for path in (folder / MANIFEST, folder / KEPT / RUN):
        try:
            said = json.loads(path.read_bytes())
            if set(SAID) <= said.keys() and datetime.fromisoformat(said["at"]).tzinfo is not None:
                return dict(said)
        except (OSError, ValueError, AttributeError, TypeError):
            continue
    return {}


def whole(folder: Path, run: Run, shards: int) -> Mapping[str, Any] | None:
    """Return the manifest of this run if it is finished: of so many shards, every file there and unchanged."""
    try:
        content = (folder / MANIFEST).read_bytes()
        said = json.loads(content)
        names = [one["file"] for one in said["shards"]]
        same = said["run"] == run.id and not differences(run, said) and len(names) == shards
        sound = same and canonical(said) + b"\n" == content and [path.name for path in _shards(folder)] == names
        files = [*said["shards"], *([said["rejects"]] if said["rejects"] else ())]
        there = sound and (folder / SUCCESS).exists()
        return said if there and all(sha256_of(folder / one["file"]) == one["sha256"] for one in files) else None
    except (OSError, ValueError, TypeError, KeyError):  # it is made anew
        return None


def taken_up(folder: Path, run: Run) -> Run:
    """Return the run that nobody gave a clock: an unfinished one of the same in this folder keeps its clock.

    Raises:
        InvalidInput: that clock is more than an hour old: its decisions would be stale.
    """
    said = said_before(folder)
    if (folder / SUCCESS).exists() or not _shards(folder) or differences(run, said) != ["at"]:
        return run
    began = replace(run, now=datetime.fromisoformat(said["at"]))
    if not timedelta(0) <= run.now - began.now <= FRESH:
        raise InvalidInput(
            f"`{folder}` holds an unfinished plan of {began.at}, which is more than an hour ago; `--at {began.at}` "
            "goes on with it, an empty folder takes a new one"
        )
    return began


def differences(run: Run, said: Mapping[str, Any]) -> list[str]:
    """Return in what a run differs from what an earlier one said."""
    mine = run.to_json()
    return [name for name in SAID if said and mine[name] != said[name]]


def _shards(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("decisions-*.parquet") if SHARD.fullmatch(path.name))


@contextmanager
def workplace(folder: Path | None) -> Iterator[Path]:
    """Hold the folder for one run, and yield a place for what lives as long as the run; it is removed at the end.

    None: a dry run, whose place is in the system's folder for temporary files. A folder that is new and empty at the
    end is removed too.

    Raises:
        InvalidInput: the folder is a file.
        Unavailable: it cannot be written, or another process is at work in it.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="outreach-", ignore_cleanup_errors=True) as place:
            yield Path(place)
        return
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"`{folder}` is a file; name a folder for the decisions")
    new = not folder.exists()
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with alone(folder, busy=BUSY):
            try:
                yield _cleared(folder)
            finally:
                _clear(folder)
    finally:
        if new:
            _remove_empty(folder)


def _cleared(folder: Path) -> Path:
    """Remove what an attempt that was killed put aside, and return a place of one's own."""
    _clear(folder)
    with writable(folder):
        (folder / KEPT).mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="work-", dir=folder / KEPT))


def _clear(folder: Path) -> None:
    """Remove what was put aside; who is alone in the folder may."""
    for path in (folder / KEPT).glob("work-*"):
        shutil.rmtree(path, ignore_errors=True)
    _remove_empty(folder / KEPT)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not there, or holds something
        folder.rmdir()


def prepare(folder: Path, work: Path, run: Run, shards: int) -> None:
    """Take back what was called finished, remove what is of no use to this run, and say what it is.

    Raises:
        InvalidInput: the folder holds another run.
        Unavailable: it cannot be written.
    """
    with writable(folder):
        _prepare(folder, work, run, shards)


def _prepare(folder: Path, work: Path, run: Run, shards: int) -> None:
    said = said_before(folder)
    differs = differences(run, said)
    told = ", ".join(SAID[name] for name in differs) or "other rows, clock, model or policy"
    told = f"{told} changed" if differs else told
    refuse_others(folder, run.id[:16], told)
    if said and said["mode"] == LEDGER and set(differs) - {"versions"}:  # it acted, before any shard was there
        raise other_run(folder, RUN, told)
    if not said and not _shards(folder):
        _refuse_foreign(folder)
    for name in (SUCCESS, MANIFEST, REJECTED):
        (folder / name).unlink(missing_ok=True)
    kept = folder / KEPT
    for path in kept.glob("[0-9]*") if differs else ():  # shards of this run, by other versions of what makes them
        path.unlink()
    for path in _shards(folder):
        if int(path.name.split("-")[1]) >= shards:
            path.unlink()
    sync_folder(folder)
    publish_bytes(work, kept, RUN, canonical(run.to_json()) + b"\n")


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder without decisions that holds a file by a name of ours: a model's manifest, or the input."""
    for name in (MANIFEST, REJECTED, SUCCESS):
        if os.path.lexists(folder / name):
            raise InvalidInput(
                f"`{folder}` holds a `{name}` and no decisions: `outreach batch` did not write it, and would replace "
                "it; name an empty folder"
            )


def finished(folder: Path, work: Path, manifest: Mapping[str, JSON]) -> None:
    """Publish the manifest, then `_SUCCESS`; what was needed to resume goes.

    Raises:
        Unavailable: the disk is full, or went away.
    """
    with writable(folder):
        publish_bytes(work, folder, MANIFEST, canonical(manifest) + b"\n")
        publish_bytes(work, folder, SUCCESS, b"")
    shutil.rmtree(folder / KEPT, ignore_errors=True)

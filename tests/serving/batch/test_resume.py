"""A plan that was cut off goes on, and becomes what it would have been; another run is refused, saying what differs."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.canonical import canonical
from model.errors import InvalidInput, Unavailable
from serving.batch import shards as batch_shards
from serving.batch.run import Progress
from serving.batch.shards import note_of
from serving.batch.summary import versions
from serving.fakes import FakeScorer
from serving.folder_lock import LOCKS
from serving.policy_files.templates import load_policy
from tests.serving.batch_examples import contents, crowded, plan
from tests.serving.candidate_examples import NOW, write_parquet

SMALL: dict[str, Any] = {"shard_rows": 6, "partition_rows": 10}


class Cut(BaseException):
    """What ends a run as a signal would."""


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are looked at, not whether the disk has them."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Forty rows in seven shards, of which some are rejected."""
    return write_parquet(tmp_path / "c.parquet", crowded(3, 40))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    """The manifest's hash and the files of the same rows' undisturbed run, made once."""
    place = tmp_path_factory.mktemp("whole")
    made = plan(write_parquet(place / "c.parquet", crowded(3, 40)), place / "out", **SMALL)
    return made.manifest, contents(place / "out")


def cut_after(shards: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the run when so many shards are there."""
    real, made = batch_shards._publish, []

    def publish(*arguments: Any) -> Any:
        if len(made) == shards:
            raise Cut
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr(batch_shards, "_publish", publish)


def cut(path: Path, out: Path, shards: int, **options: Any) -> None:
    """Run a plan that is cut off."""
    with pytest.MonkeyPatch.context() as patched:
        cut_after(shards, patched)
        with pytest.raises(Cut):
            plan(path, out, **SMALL, **options)


def shards(out: Path) -> dict[str, int]:
    """Return which shards there are, and which file on disk each of them is."""
    return {shard.name: shard.stat().st_ino for shard in out.glob("decisions-*.parquet")}


@pytest.mark.parametrize("many", [0, 1, 4, 6])
def test_it_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, path: Path, whole: tuple[str, dict[str, bytes]], many: int
) -> None:
    """Finished shards stay as they are, the others are made, and every file is that of an undisturbed run."""
    cut(path, tmp_path / "out", many)
    before = shards(tmp_path / "out")
    resumed = plan(path, tmp_path / "out", **SMALL)
    after = shards(tmp_path / "out")

    actual = (len(before), before.items() <= after.items(), (resumed.manifest, contents(tmp_path / "out")))

    assert actual == (many, True, whole)


def truncated(out: Path) -> None:
    """Cut a shard off."""
    shard = min(out.glob("decisions-*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-9])


def exchanged(out: Path) -> None:
    """Put one shard in the place of another."""
    first, second, *_ = sorted(out.glob("decisions-*.parquet"))
    second.write_bytes(first.read_bytes())


def forgotten(out: Path) -> None:
    """Lose what is known of the shards."""
    for path in (out / ".run").glob("0*.json"):
        path.unlink()


def garbled(out: Path) -> None:
    """Cut off what is known of the shards, and leave half-written files of an attempt."""
    for path in (out / ".run").glob("0*.json"):
        path.write_bytes(path.read_bytes()[:20])
    (out / ".run" / "work-1").mkdir()
    (out / ".run" / "work-1" / "half.parquet").write_bytes(b"PAR1")


def without_rejects(out: Path) -> None:
    """Lose the rejects of the shards."""
    for path in (out / ".run").glob("0*.parquet"):
        path.unlink()


def another_version(out: Path) -> None:
    """Let the shards be written by another version of what writes them."""
    path = out / ".run" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"versions": {"pyarrow": "0.1"}}))
    truncated(out)


def retold(out: Path, **changes: Any) -> None:
    """Change what the first note says, and its hash with it."""
    path = min((out / ".run").glob("0*.json"))
    path.write_bytes(note_of(json.loads(path.read_bytes())["said"] | changes))


def older(out: Path) -> None:
    """Let a shard be made by an older version of outreach, where nobody knows any more what the run was."""
    shard = min(out.glob("decisions-*.parquet"))
    shard.write_bytes(shard.read_bytes() + b"old")
    sha256 = hashlib.sha256(shard.read_bytes()).hexdigest()
    retold(out, sha256=sha256, versions={**versions(), "outreach": "0.0.1"})
    (out / ".run" / "run.json").write_bytes(b"{")


def miscounted(out: Path) -> None:
    """Let a note say other counts than were counted."""
    path = min((out / ".run").glob("0*.json"))
    note = json.loads(path.read_bytes())
    path.write_text(json.dumps({**note, "said": {**note["said"], "counts": {}}}))


def no_note(out: Path) -> None:
    """Let a note be JSON, and no note."""
    for path, text in zip((out / ".run").glob("0*.json"), ("[]", "3", '{"said": 1}', "null"), strict=False):
        path.write_text(text)


def no_clock(out: Path) -> None:
    """Let the run say a clock that is none."""
    path = out / ".run" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"at": "noon"}))


HARMS = [
    truncated,
    exchanged,
    forgotten,
    garbled,
    without_rejects,
    another_version,
    older,
    miscounted,
    no_note,
    no_clock,
]


@pytest.mark.parametrize("harm", HARMS)
def test_a_shard_that_is_not_whole_is_made_anew(
    tmp_path: Path, path: Path, whole: tuple[str, dict[str, bytes]], harm: Callable[[Path], None]
) -> None:
    """Whatever happened to what an attempt left, the result is that of an undisturbed run."""
    cut(path, tmp_path / "out", 5)
    harm(tmp_path / "out")
    plan(path, tmp_path / "out", **SMALL)

    assert contents(tmp_path / "out") == whole[1]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"scorer": FakeScorer(version="8", feature="tenure_days", cutoff=100.0)}, "the model changed"),
        ({"scorer": None}, "the model changed"),
        ({"policy": load_policy(overrides={"contacts_24h": 1})}, "the policy changed"),
        ({"now": NOW + timedelta(seconds=1)}, "the clock changed"),
        ({"now": NOW + timedelta(seconds=1), "scorer": None}, "the clock, the model changed"),
    ],
)
@pytest.mark.parametrize("finished", [True, False], ids=["finished", "cut off"])
def test_another_run_is_refused_and_told_what_differs(
    tmp_path: Path, path: Path, other: dict[str, Any], said: str, *, finished: bool
) -> None:
    """Nothing in the folder changes."""
    plan(path, tmp_path / "out", **SMALL) if finished else cut(path, tmp_path / "out", 2)
    before = contents(tmp_path / "out")

    with pytest.raises(InvalidInput, match=f"another run .*{said}"):
        plan(path, tmp_path / "out", **SMALL, **other)

    assert contents(tmp_path / "out") == before


def test_other_rows_are_another_run(tmp_path: Path, path: Path) -> None:
    """A file with one row more does not go on with the shards of the old one."""
    cut(path, tmp_path / "out", 2)
    write_parquet(path, crowded(3, 41))

    with pytest.raises(InvalidInput, match="the rows changed"):
        plan(path, tmp_path / "out", **SMALL)


def test_a_run_without_a_shard_stands_in_nobodys_way(tmp_path: Path, path: Path) -> None:
    """Where nothing was published, another run may take the folder."""
    cut(path, tmp_path / "out", 0)
    plan(path, tmp_path / "out", **SMALL, scorer=None)

    assert (tmp_path / "out" / "_SUCCESS").exists()


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=59), timedelta(hours=1)])
def test_without_a_clock_an_unfinished_plan_keeps_its_own(
    tmp_path: Path, path: Path, whole: tuple[str, dict[str, bytes]], later: timedelta
) -> None:
    """Who repeats the same command within the hour goes on, and is told."""
    cut(path, tmp_path / "out", 3)
    resumed = plan(path, tmp_path / "out", **SMALL, now=NOW + later, clock_given=False)

    actual = (resumed.resumed, (resumed.manifest, contents(tmp_path / "out")))

    assert actual == (later > timedelta(0), whole)


@pytest.mark.parametrize("later", [timedelta(hours=1, seconds=1), timedelta(seconds=-1)])
def test_an_old_plan_is_not_taken_up_unasked(tmp_path: Path, path: Path, later: timedelta) -> None:
    """Its decisions would be stale: both ways to go on are named; a clock that runs backwards is no better."""
    cut(path, tmp_path / "out", 3)

    with pytest.raises(InvalidInput, match="`--at 2026-11-20T12:00:00Z` goes on with it, an empty folder"):
        plan(path, tmp_path / "out", **SMALL, now=NOW + later, clock_given=False)


def test_without_a_clock_a_finished_plan_is_another_run(tmp_path: Path, path: Path) -> None:
    """It is finished: a new plan needs a folder of its own."""
    plan(path, tmp_path / "out", **SMALL)

    with pytest.raises(InvalidInput, match="the clock changed"):
        plan(path, tmp_path / "out", **SMALL, now=NOW + timedelta(minutes=1), clock_given=False)


def test_progress_begins_with_what_is_there(tmp_path: Path, path: Path) -> None:
    """Rows of kept shards are done, and count nothing for the speed; the last line says all."""
    cut(path, tmp_path / "out", 4)
    told: list[Progress] = []
    plan(path, tmp_path / "out", **SMALL, progress=told.append)

    actual = (told[0].done >= 24, told[-1].done, [one.done for one in told] == sorted(one.done for one in told))

    assert actual == (True, 40, True)


@pytest.mark.parametrize("at", ["noon", "2026-11-20T12:00:00", 7, None])
def test_a_clock_that_is_none_is_not_taken_up(tmp_path: Path, path: Path, at: object) -> None:
    """What the unfinished run says cannot be read: it is another run, in one line."""
    cut(path, tmp_path / "out", 2)
    place = tmp_path / "out" / ".run" / "run.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"at": at}))

    with pytest.raises(InvalidInput, match="another run"):
        plan(path, tmp_path / "out", **SMALL, now=NOW + timedelta(minutes=1), clock_given=False)


def test_a_finished_plan_is_not_made_again(tmp_path: Path, path: Path) -> None:
    """The same files stay, not only the same bytes; the funnel is the same, and it says that it was finished."""
    made = plan(path, tmp_path / "out", **SMALL)
    before = {file.name: file.stat().st_ino for file in (tmp_path / "out").iterdir()}
    told: list[Progress] = []
    again = plan(path, tmp_path / "out", **SMALL, progress=told.append)
    after = {file.name: file.stat().st_ino for file in (tmp_path / "out").iterdir()}

    actual = (after, again.funnel(), list(again.actions.items()), again.manifest, again.finished, told[-1].done)

    assert actual == (before, made.funnel(), list(made.actions.items()), made.manifest, True, 40)
    assert made.finished is False


def lost(name: str) -> Callable[[Path], None]:
    """Return what removes a file."""
    return lambda out: (out / name).unlink()


def renamed(out: Path) -> None:
    """Let the manifest be written by another version."""
    path = out / "manifest.json"
    path.write_bytes(canonical(json.loads(path.read_bytes()) | {"versions": {"outreach": "0.0.1"}}) + b"\n")


def emptied(out: Path) -> None:
    """Let the manifest say nothing."""
    (out / "manifest.json").write_text("[]")


@pytest.mark.parametrize(
    "harm",
    [truncated, exchanged, renamed, emptied, lost("_SUCCESS"), lost("manifest.json"), lost("rejects.parquet")],
    ids=["truncated", "exchanged", "version", "emptied", "unfinished", "no manifest", "no rejects"],
)
def test_a_finished_plan_that_was_harmed_is_made_again(
    tmp_path: Path, path: Path, harm: Callable[[Path], None]
) -> None:
    """Whatever is not as it was, the result is that of an undisturbed run."""
    plan(path, tmp_path / "out", **SMALL)
    before = contents(tmp_path / "out")
    harm(tmp_path / "out")
    again = plan(path, tmp_path / "out", **SMALL)

    assert (again.finished, contents(tmp_path / "out")) == (False, before)


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
def test_two_at_once_in_one_folder_are_refused(tmp_path: Path, path: Path) -> None:
    """The second one is told, and the first one is not disturbed."""
    refused: list[str] = []

    def again(_: Progress) -> None:
        with pytest.raises(Unavailable, match="another process is writing there") as error:
            plan(path, tmp_path / "out", **SMALL)
        refused.append(str(error.value))

    plan(path, tmp_path / "out", **SMALL, progress=again)

    assert (bool(refused), (tmp_path / "out" / "_SUCCESS").exists()) == (True, True)


def test_a_folder_that_goes_away_is_said(tmp_path: Path, path: Path) -> None:
    """One line, and nothing else."""

    def away(_: Progress) -> None:
        if (tmp_path / "out").exists():
            (tmp_path / "out").rename(tmp_path / "elsewhere")

    with pytest.raises(Unavailable) as error:
        plan(path, tmp_path / "out", **SMALL, progress=away)

    assert ("out" in str(error.value), "\n" in str(error.value)) == (True, False)


@pytest.mark.parametrize("name", ["manifest.json", "rejects.parquet", "_SUCCESS"])
def test_a_plan_never_replaces_what_no_batch_wrote(path: Path, tmp_path: Path, name: str) -> None:
    """The folder of a model, or one that holds the input, is refused before anything in it is touched."""
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    with pytest.raises(InvalidInput, match=f"holds a `{name}` and no decisions"):
        plan(path, out, **SMALL)
    assert {each.name: each.read_bytes() for each in out.iterdir()} == {name: b"mine"}

"""The child that asks the registry, and whoever keeps it going."""

import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from model import registry
from model.artefact import CAPS, load
from model.errors import Unavailable
from model.folders import publish, read_capped
from serving.cli.pulling import HELD, Pull, pulls_of
from serving.models import pulling
from serving.models.coming import TURN
from serving.models.pulled import Pulled
from serving.models.pulling import Keeper
from serving.scorer import load_scorer
from serving.settings import Settings
from tests.serving.models_between import broken, model, name, registered

ROOT = Path(__file__).parents[3]
CHAMPION = "models:/outreach@champion"


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something is true; return whether it came to be."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with two versions, the first of which is the champion."""
    place = tmp_path_factory.mktemp("store")
    uri = registered(place, 1, alias="champion")
    registered(place, 2)
    return uri


@pytest.fixture
def uri(store: str) -> str:
    """The registry with its first version as champion again."""
    name(store, "champion", "1")
    return store


def test_what_the_alias_names_is_pulled_and_pointed_to(uri: str, tmp_path: Path) -> None:
    """Then nothing, until it names another; the folders of both are there, for somebody may be reading the first."""
    home = tmp_path / "home"
    pull, place = Pull(CHAMPION, uri, home), Pulled(CHAMPION, uri, home)
    first = (pull.attempt(), place.find())
    same = (pull.attempt(), place.find())
    name(uri, "champion", "2")
    second = (pull.attempt(), place.find())

    assert (first[1].version, same, second[1].version) == ("1", first, "2")
    assert len({load_scorer(found.folder).sha256 for _, found in (first, second)}) == 2
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == [TURN]


def test_a_known_version_is_not_downloaded_again(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that starts anew confirms what lies here by one question."""
    Pull(CHAMPION, uri, tmp_path).attempt()
    monkeypatch.setattr(registry, "fetch", lambda *_, **__: pytest.fail("it was fetched"))

    assert Pull(CHAMPION, uri, tmp_path).attempt()


@pytest.mark.parametrize("spoil", [broken, shutil.rmtree], ids=["broken", "gone"])
def test_a_copy_that_is_spoilt_is_pulled_again(uri: str, tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    """Whether the disk or somebody did it."""
    pull, place = Pull(CHAMPION, uri, tmp_path), Pulled(CHAMPION, uri, tmp_path)
    pull.attempt()
    sound = load_scorer(place.find().folder).sha256
    spoil(place.find().folder)
    pull.attempt()

    assert load_scorer(place.find().folder).sha256 == sound


def test_a_registry_that_is_away_is_said_once_and_the_copy_stays(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Unconfirmed; and once it answers, that it does, which is no warning."""
    caplog.set_level(logging.INFO, logger="serving")
    pull = Pull(CHAMPION, uri, tmp_path)
    pull.attempt()
    with monkeypatch.context() as patched:
        patched.setattr(registry, "stands_for", _away)
        down = [pull.attempt() for _ in range(3)]
    back = pull.attempt()

    said = [record.getMessage() for record in caplog.records]
    assert (down, back, len(said)) == ([False] * 3, True, 2)
    assert "the registry is away; version 1, which lies here verified, stays in use unconfirmed" in said[0]
    assert "the registry answers, version 1 is confirmed" in said[1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def _away(*_: Any, **__: Any) -> Any:
    raise Unavailable("the registry is away")


def test_what_cannot_be_verified_moves_no_pointer(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it stays on the disk."""
    pull, place = Pull(CHAMPION, uri, tmp_path), Pulled(CHAMPION, uri, tmp_path)
    pull.attempt()
    before = place.find()
    name(uri, "champion", "2")
    fetch = registry.fetch
    monkeypatch.setattr(registry, "fetch", lambda *a, **k: broken(fetch(*a, **k)))

    there = sorted(path.name for path in tmp_path.iterdir())
    assert (pull.attempt(), place.find(), sorted(path.name for path in tmp_path.iterdir())) == (False, before, there)


def test_another_artefact_than_the_registry_states_moves_no_pointer(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However it came here: a sound one of another name is not the one that was asked for."""
    pull, place = Pull(CHAMPION, uri, tmp_path), Pulled(CHAMPION, uri, tmp_path)
    other, fetch = model(tmp_path / "other", 7), registry.fetch
    monkeypatch.setattr(registry, "fetch", lambda *a, **k: (fetch(*a, **k), other)[1])

    assert not pull.attempt()
    assert "is not the artefact that the registry's tag `manifest_sha256` states" in caplog.text
    with pytest.raises(Unavailable, match="no verified copy"):
        place.find()


def test_two_processes_of_one_number_do_not_mix_what_they_pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers on one volume: each has its first process, and its child the next number."""
    models = {named: model(tmp_path / named, number) for number, named in enumerate(("outreach", "rival"))}
    monkeypatch.setattr(registry, "stands_for", lambda *_, **__: ("1", None))
    monkeypatch.setattr(registry, "fetch", partial(_published, models, threading.Barrier(2)))
    home = tmp_path / "home"
    for _ in range(5):
        pulls = [Pull(f"models:/{named}@champion", "http://r", home) for named in models]
        with ThreadPoolExecutor(2) as both:
            assert all(both.map(Pull.attempt, pulls))
        found = [Pulled(f"models:/{named}@champion", "http://r", home).find().folder for named in models]
        assert [load(one).sha256 for one in found] == [load(one).sha256 for one in models.values()]
        shutil.rmtree(home)


def _published(models: Mapping[str, Path], both: threading.Barrier, uri: str, *, to: Path, tracking_uri: str) -> Path:
    """Download as `fetch` does, from a folder; neither goes on before both have."""
    del tracking_uri
    publish(to, read_capped(models[uri.split("/")[1]], CAPS), replaceable=frozenset(CAPS), check=load)
    both.wait(20)
    return to


CUT_OFF = """
import os, sys
from pathlib import Path
from mlflow import artifacts
from serving.cli.pulling import HELD, Pull

def slow(*, dst_path, **_):
    Path(dst_path, "partial").write_bytes(bytes(10_000))
    os._exit(HELD)

artifacts.download_artifacts = slow
Pull("models:/outreach@champion", sys.argv[1], Path(sys.argv[2])).attempt()
"""


def test_what_is_cut_off_lies_in_one_place_and_goes_with_the_next_pull(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it in the temporary folder, and however many attempts were cut off, one download on the disk."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    command = [sys.executable, "-c", CUT_OFF, uri, str(home)]
    ends = [subprocess.run(command, capture_output=True, timeout=60, cwd=ROOT, check=False).returncode for _ in "12"]
    left = [path.parent for path in home.rglob("partial")]
    assert (ends, len(left), list(temporary.rglob("partial"))) == ([HELD] * 2, 1, [])

    assert Pull(CHAMPION, uri, home).attempt()
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == [TURN]


def test_both_names_are_pulled_and_the_same_one_once() -> None:
    """Folders are nobody's to pull."""
    named = [(CHAMPION, "models:/outreach@challenger"), (CHAMPION, CHAMPION), ("folder", None)]

    assert [len(pulls_of(Settings(model=model, shadow=shadow))) for model, shadow in named] == [2, 1, 0]


def test_an_attempt_that_takes_too_long_ends_the_process() -> None:
    """No client of a registry can be told to stop: the process that waits for it is what goes."""
    code = "import time; from serving.cli.pulling import within; within(0.2, lambda: time.sleep(60))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)

    assert done.returncode == HELD


def test_a_child_that_ends_badly_is_started_again_and_one_that_ends_well_is_not(tmp_path: Path) -> None:
    """Each start leaves a line."""
    codes = {"bad": 3, "well": 0}
    starts = {}
    for word, status in codes.items():
        note = tmp_path / word
        code = f"open({str(note)!r}, 'a').write('x'); raise SystemExit({status})"
        keeper = Keeper(Settings(), code=code, pause=0.05)
        keeper.start()
        wanted = 3 if status else 1
        assert until(lambda note=note, wanted=wanted: note.exists() and len(note.read_text()) >= wanted)
        time.sleep(0.2)
        keeper.stop()
        starts[word] = len(note.read_text())

    assert (starts["bad"] >= 3, starts["well"]) == (True, 1)


def test_stopping_ends_the_child() -> None:
    """At once, and no other is started."""
    keeper = Keeper(Settings(), code="import time; time.sleep(60)")
    keeper.start()
    assert until(lambda: keeper.child is not None)
    child = keeper.child
    keeper.stop()

    assert (child is not None and child.poll() is not None, keeper.child is child) == (True, True)


PARENT = """
import os, time
from serving.models.pulling import Keeper
from serving.settings import Settings
keeper = Keeper(Settings(model="models:/outreach@champion", tracking_uri="http://127.0.0.1:9", poll_seconds=60))
keeper.start()
while keeper.child is None:
    time.sleep(0.01)
print(keeper.child.pid, flush=True)
time.sleep(60)
"""


def test_the_child_ends_with_its_parent_however_that_ends() -> None:
    """Killed, the parent says nothing; the child hears it by its standard input."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        ran = _runs(child)
        parent.kill()

    assert (ran, until(lambda: not _runs(child))) == (True, True)


def _runs(process: int) -> bool:
    """Whether it is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_limits_of_the_registrys_client_are_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every child of ours has them, but for what the operator said."""
    started: list[dict[str, str]] = []
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    monkeypatch.setattr(pulling.subprocess, "Popen", lambda *_, env, **__: started.append(env))
    for entry in ("main", "once", "ask"):
        pulling.child(Settings(), entry)

    seen = [{name: env[name] for name in pulling.LIMITS} for env in started]
    assert seen == [{**pulling.LIMITS, "MLFLOW_HTTP_REQUEST_TIMEOUT": "7"}] * 3

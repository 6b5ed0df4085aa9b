"""A folder of a model while somebody replaces it: what is offered, what is refused, and how often that is said."""

import logging
import os
import shutil
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Shares
from model.errors import InvalidArtefact
from serving.clock.steady import ClockSet
from serving.models.changing import UNTOLD, Change, Changes
from serving.models.in_use import InUse
from serving.models.place import warmed
from serving.models.watch import RARELY, Folder, ModelWatch, Watching
from tests.model.examples import ISSUED_AT
from tests.serving.models_between import broken, copied, model

NOW = ISSUED_AT + timedelta(days=1)


class Scene:
    """A folder with model 1, in use; `look()` is one poll, after which the next group begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Change] = []
        self.pauses = 0
        self.during: dict[int, Any] = {}
        self.changes = Changes(InUse(), shares=Shares(), clock=lambda: NOW, told=self.told.append)
        self.watching = Watching("model", Folder(str(folder)), self.changes)

    def begin(self) -> "Scene":
        """Start with what is there."""
        self.changes.models.scorer = self.watching.first()
        return self

    def pause(self, _: float) -> None:
        """Do what happens between two looks."""
        self.pauses += 1
        self.during.pop(self.pauses, lambda: None)()

    def look(self) -> list[str]:
        """Look once; return the outcomes that were told since."""
        before = len(self.told)
        self.watching.look(self.pause)
        self.changes.make()
        return [change.outcome for change in self.told[before:]]

    @property
    def version(self) -> str | None:
        """What answers are called by now."""
        return self.changes.models.version


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A folder with model 1, in use."""
    return Scene(model(tmp_path / "model", 1)).begin()


def test_what_stays_the_same_is_not_loaded_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking is a few calls of the file system, at every poll of every worker."""
    monkeypatch.setattr("serving.models.watch.warmed", lambda *_: pytest.fail("it was loaded"))

    assert (scene.look(), scene.look(), scene.pauses) == ([], [], 0)


def test_another_model_is_put_in(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """From the version before to the version after, with what its certificate says; that is good news."""
    caplog.set_level(logging.INFO, logger="serving")
    before = scene.version
    model(scene.folder, 2)

    outcomes = scene.look()

    (change,) = scene.told
    assert (outcomes, change.before, change.after, scene.version != before) == (
        ["swapped"],
        before,
        scene.version,
        True,
    )
    assert change.said.startswith("certified until 2")
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_the_same_bytes_again_change_nothing(scene: Scene, tmp_path: Path) -> None:
    """Written anew, moved in, or copied over: it is the model that is in use."""
    ways: list[Any] = [
        lambda: model(scene.folder, 1),
        lambda: copied(model(tmp_path / "again", 1), scene.folder),
    ]

    actual = [(way(), scene.look())[1] for way in ways]

    assert actual == [[], []]


def test_another_date_is_another_certificate(scene: Scene) -> None:
    """The manifest is the same, and so is the version; what is permitted ends at another time."""
    model(scene.folder, 1, issued_at=ISSUED_AT + timedelta(hours=5))
    version, before = scene.version, scene.changes.models.scorer

    outcomes = scene.look()

    after: Any = scene.changes.models.scorer
    assert (outcomes, scene.version) == (["swapped"], version)
    assert after.expires_at - before.expires_at == timedelta(hours=5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"issued": False}, "has no certificate"), ({"issued_at": ISSUED_AT - timedelta(days=90)}, "expired at")],
    ids=["none", "expired"],
)
def test_a_worse_certificate_is_what_the_operator_put_there(
    scene: Scene, changes: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is put in, and the log says what that means."""
    model(scene.folder, 2, **changes)

    outcomes = scene.look()

    assert (outcomes, said in caplog.text, "only essential service goes out" in caplog.text) == (
        ["swapped"],
        True,
        True,
    )


def test_a_bad_one_is_refused_once_and_the_old_one_stays(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """At the next polls the same content is not said again, though it is tried again now and then."""
    before = scene.version
    broken(model(scene.folder, 2))

    outcomes = [scene.look() for _ in range(2 * RARELY)]

    said = [record.getMessage() for record in caplog.records]
    assert (outcomes[0], [one for one in outcomes[1:] if one], scene.version) == (["refused"], [], before)
    assert (len(said), "coef1.npy" in said[0], f"`{before}` stays" in said[0]) == (1, True, True)


def test_another_bad_one_is_said_again_and_a_good_one_ends_it(scene: Scene) -> None:
    """Each content has its line."""
    outcomes = []
    for number in (2, 3):
        broken(model(scene.folder, number))
        outcomes.append(scene.look())
    shutil.rmtree(scene.folder)
    outcomes.append(scene.look())
    model(scene.folder, 4)
    outcomes.append(scene.look())

    assert outcomes == [["refused"], ["refused"], ["refused"], ["swapped"]]


def test_a_folder_that_is_gone_for_an_instant_is_no_failure(scene: Scene, tmp_path: Path) -> None:
    """Moved away and another one moved in, with a look between the two."""
    other = model(tmp_path / "other", 2)
    scene.folder.rename(tmp_path / "old")
    scene.during = {1: lambda: other.rename(scene.folder)}

    assert scene.look() == ["swapped"]


def test_a_folder_is_judged_once_it_is_whole(scene: Scene, tmp_path: Path) -> None:
    """Copied file by file over the old one, slowly: nothing is refused on the way."""
    other = model(tmp_path / "other", 2)
    files = sorted(other.iterdir())
    shutil.copyfile(files[0], scene.folder / files[0].name)
    rest = {
        at: (lambda path=path: shutil.copyfile(path, scene.folder / path.name)) for at, path in enumerate(files[1:], 1)
    }
    scene.during = rest

    assert (scene.look(), scene.pauses >= len(rest)) == (["swapped"], True)


def test_a_folder_that_never_settles_is_left_to_the_next_look(scene: Scene) -> None:
    """Neither judged nor waited for without an end."""
    scene.during = {at: partial((scene.folder / "manifest.json").write_text, str(at)) for at in range(1, 99)}
    (scene.folder / "manifest.json").write_text("0")

    assert (scene.look(), scene.pauses) == ([], 25)


def test_a_misread_folder_is_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk failed once; nobody touches the folder, and yet it is used in the end."""
    tries = []

    def flaky(folder: Path, version: str | None) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise InvalidArtefact("it cannot be read (Input/output error)")
        return warmed(folder, version)

    monkeypatch.setattr("serving.models.watch.warmed", flaky)
    model(scene.folder, 2)

    assert [outcome for _ in range(6) for outcome in scene.look()] == ["refused", "swapped"]


def test_what_was_not_there_at_the_start_is_put_in_when_it_comes(tmp_path: Path) -> None:
    """Until then the API is degraded, and says nothing twice."""
    scene = Scene(tmp_path / "model")
    scene.changes.models.degraded = "none"
    with pytest.raises(InvalidArtefact):
        scene.begin()
    quiet = scene.look()
    model(scene.folder, 1)

    actual = (quiet, scene.look(), scene.changes.models.degraded)

    assert actual == ([], ["swapped"], None)


def test_who_listens_breaks_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is changed, and the error is in the log."""

    def told(change: Change) -> None:
        raise ValueError(change.outcome)

    monkeypatch.setattr(scene.changes, "_told", told)
    model(scene.folder, 2)
    before = scene.version
    scene.look()

    assert scene.version != before


def test_a_model_that_is_put_in_while_the_clock_is_not_believed_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in use, so it is counted and said; only what its certificate is worth now, nobody knows."""

    def unbelieved() -> None:
        raise ClockSet

    monkeypatch.setattr(scene.changes, "_clock", unbelieved)
    model(scene.folder, 2)
    outcomes = scene.look()

    assert (outcomes, scene.told[-1].said, scene.told[-1].after) == (["swapped"], UNTOLD, scene.version)


def test_a_link_or_a_pipe_in_the_folder_is_refused_and_hangs_nobody(scene: Scene, tmp_path: Path) -> None:
    """Looking opens no pipe that nobody writes to, and follows no link."""
    outcomes = []
    for make in (os.mkfifo, partial(os.symlink, tmp_path / "elsewhere")):
        (scene.folder / "issued.json").unlink()
        make(scene.folder / "issued.json")
        outcomes.append(scene.look())

    assert outcomes == [["refused"], ["refused"]]


def test_never_is_never() -> None:
    """With `poll_seconds = 0` there is no thread."""
    watch = ModelWatch(
        [Watching("model", Folder("nowhere"), Changes(InUse(), shares=Shares(), clock=lambda: NOW))], seconds=0
    )
    before = threading.enumerate()
    watch.start(lambda: None)

    begun = [thread for thread in threading.enumerate() if thread.name == "outreach-models" and thread not in before]
    assert begun == []

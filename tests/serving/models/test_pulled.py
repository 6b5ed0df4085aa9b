"""The pointer to what was pulled: what is written is read, anything else is refused, and nothing leads elsewhere."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.canonical import canonical, sha256
from model.errors import InvalidArtefact, OutreachError, Unavailable
from serving.models.pulled import Pointer, Pulled, point, prune, read_pointer, source_of
from serving.scorer import load_scorer
from tests.serving.models_between import model

NAMED, URI = "models:/outreach@champion", "sqlite:///mlflow.db"
SOURCE = source_of(NAMED, URI)
ELSEWHERE = ["..", "../x", "/etc", "a" * 63, "A" * 64, "", f"../{'a' * 64}", f"{'a' * 64}\n", 7, None]


def pulled(home: Path, number: int, *, named: str = NAMED) -> Pointer:
    """Put model `number` into the place as version `number`, and point to it."""
    home.mkdir(exist_ok=True)
    made = model(home / "made", number)
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    folder = sha256(files["manifest.json"] + files["issued.json"])
    made.rename(home / folder)
    manifest = sha256(files["manifest.json"])
    pointer = Pointer(source=source_of(named, URI), version=str(number), sha256=manifest, folder=folder)
    point(home, pointer)
    return pointer


def place_of(home: Path) -> Path:
    """Return the file of the pointer."""
    (found,) = home.glob("*.json")
    return found


def test_what_is_pointed_to_is_found(tmp_path: Path) -> None:
    """The folder, by the version that the registry gave; after another pull the other one."""
    place = Pulled(NAMED, URI, tmp_path)
    seen = []
    for number in (1, 2):
        pointer = pulled(tmp_path, number)
        found = place.find()
        seen.append((found.folder.name == pointer.folder, found.version, load_scorer(found.folder).version[:3]))

    assert [one[:2] for one in seen] == [(True, "1"), (True, "2")]
    assert seen[0][2] != seen[1][2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://ann:a@r/x", "http://ann:b@r/x", True),
        ("http://r/x?workspace=a", "http://r/x?workspace=b", False),
        ("odd://a b:c@r", "odd://a b:d@r", False),
        ("sqlite:///a.db", "sqlite:///./a.db", True),
        ("sqlite:///a.db", "sqlite:///b.db", False),
    ],
)
def test_what_is_shown_alike_is_told_apart(one: str, other: str, *, same: bool) -> None:
    """One registry asked with another password is the same one; any other difference is another registry."""
    sources = [source_of(NAMED, uri) for uri in (one, other)]
    assert ((sources[0] == sources[1]), any(":c@" in shown or "workspace" in shown for shown in sources)) == (
        same,
        False,
    )


def test_a_file_of_another_folder_is_another_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are called the same where they are."""
    sources = set()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        sources.add(source_of(NAMED, URI))
    assert len(sources) == 2


def test_nothing_pulled_is_said_as_such(tmp_path: Path) -> None:
    """Neither a place that is not there, nor what was pulled for another name or another registry, is a copy of it."""
    pulled(tmp_path, 1, named="models:/outreach@challenger")

    for place in (Pulled(NAMED, URI, tmp_path / "none"), Pulled(NAMED, URI, tmp_path)):
        with pytest.raises(Unavailable, match="no verified copy"):
            place.find()


@pytest.mark.parametrize("value", ELSEWHERE)
@pytest.mark.parametrize("key", ["folder", "sha256", "version"])
def test_a_pointer_leads_nowhere_else(tmp_path: Path, key: str, value: Any) -> None:
    """A value of another form is no pointer, wherever it would lead."""
    pulled(tmp_path, 1)
    path = place_of(tmp_path)
    path.write_bytes(canonical(json.loads(path.read_bytes()) | {key: value}))

    with pytest.raises(InvalidArtefact, match="is not a pointer"):
        Pulled(NAMED, URI, tmp_path).find()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b"{}" * 4000, b'{"source":1}'],
    ids=["empty", "half", "list", "null", "deep", "bytes", "long", "keys"],
)
def test_anything_else_is_no_pointer(tmp_path: Path, data: bytes) -> None:
    """One line of refusal, whatever stands there."""
    pulled(tmp_path, 1)
    place_of(tmp_path).write_bytes(data)

    with pytest.raises(InvalidArtefact, match="is not a pointer"):
        read_pointer(tmp_path, SOURCE)


def test_a_second_spelling_and_another_source_are_refused(tmp_path: Path) -> None:
    """Only the bytes that were written, and only for who asked."""
    pointer = pulled(tmp_path, 1)
    path = place_of(tmp_path)
    spellings = [json.dumps(json.loads(path.read_bytes()), indent=1).encode()]
    spellings.append(canonical(json.loads(path.read_bytes()) | {"source": "models:/other@champion in x"}))

    for data in spellings:
        path.write_bytes(data)
        with pytest.raises(InvalidArtefact):
            read_pointer(tmp_path, pointer.source)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither as the pointer nor as the folder that it names."""
    home = tmp_path / "home"
    pointer = pulled(home, 1)
    (home / pointer.folder).rename(tmp_path / "elsewhere")
    (home / pointer.folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidArtefact):
        Pulled(NAMED, URI, home).find()
    path = place_of(home)
    path.rename(tmp_path / "pointer.json")
    path.symlink_to(tmp_path / "pointer.json")

    with pytest.raises(InvalidArtefact, match="is not a pointer"):
        read_pointer(home, SOURCE)


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_no_pointer(tmp_path: Path, kind: str) -> None:
    """Nobody waits for what a pipe may say, and what is unused goes all the same."""
    pulled(tmp_path, 1)
    path = place_of(tmp_path)
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()

    with pytest.raises(InvalidArtefact, match="is not a pointer"):
        read_pointer(tmp_path, SOURCE)
    assert prune(tmp_path) == []


def test_another_manifest_in_the_folder_is_not_what_was_pulled(tmp_path: Path) -> None:
    """It is valid in itself, and yet nobody pulled it under this version."""
    pointer = pulled(tmp_path, 1)
    model(tmp_path / pointer.folder, 2)

    with pytest.raises(InvalidArtefact, match="is not the model that was pulled"):
        Pulled(NAMED, URI, tmp_path).find()


def test_pruning_keeps_what_is_pointed_to_and_the_youngest(tmp_path: Path) -> None:
    """However old what is in use is; files and folders of others are not touched."""
    champion = pulled(tmp_path, 1)
    challenger = pulled(tmp_path, 2, named="models:/outreach@challenger")
    spare = [f"{number:064x}" for number in range(5)]
    for age, name in enumerate(spare):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, ns=(10**18 - age, 10**18 - age))
    (tmp_path / "notes").mkdir()

    gone = prune(tmp_path)

    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert (gone, left) == (spare[2:], {champion.folder, challenger.folder, "notes", *spare[:2]})


def test_a_pointer_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no half of another beside it."""
    pointer = pulled(tmp_path, 1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model.folders.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        point(tmp_path, replace(pointer, version="2"))

    assert (read_pointer(tmp_path, SOURCE), list(tmp_path.glob(".*"))) == (pointer, [])


def test_no_password_is_written_down() -> None:
    """The registry's address stands in the pointer without it."""
    source = source_of(NAMED, "postgresql://mlflow:s3cret@db/mlflow")

    assert ("s3cret" in source, issubclass(InvalidArtefact, OutreachError)) == (False, True)

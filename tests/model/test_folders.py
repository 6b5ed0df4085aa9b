import os
from pathlib import Path

import pytest

from model.errors import InvalidArtefact
from model.folders import publish, read_capped, read_file, refusal, replace_file

FILES = {"a": b"1", "b": b"22"}
NAMES = frozenset(FILES)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def accept(folder: Path) -> None:
    """Find nothing wrong."""
    assert contents(folder)


def reject(folder: Path) -> None:
    """Find everything wrong."""
    raise InvalidArtefact(f"`{folder.name}` is refused")


def test_a_folder_appears_whole_with_nothing_beside_it(tmp_path: Path) -> None:
    """Parents are made, temporary folders are gone."""
    publish(tmp_path / "deep" / "out", FILES, replaceable=NAMES, check=accept)
    assert (contents(tmp_path / "deep" / "out"), [p.name for p in (tmp_path / "deep").iterdir()]) == (FILES, ["out"])


def test_what_fails_its_check_is_never_published(tmp_path: Path) -> None:
    """The earlier folder stays, to the byte."""
    publish(tmp_path / "out", {"a": b"earlier"}, replaceable=NAMES, check=accept)
    with pytest.raises(InvalidArtefact):
        publish(tmp_path / "out", FILES, replaceable=NAMES, check=reject)
    assert (contents(tmp_path / "out"), len(list(tmp_path.iterdir()))) == ({"a": b"earlier"}, 1)


def test_a_failed_rename_puts_the_earlier_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails between the two renames loses nothing."""
    publish(tmp_path / "out", {"a": b"earlier"}, replaceable=NAMES, check=accept)
    real = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("the disk said no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="the disk said no"):
        publish(tmp_path / "out", FILES, replaceable=NAMES, check=accept)
    assert (contents(tmp_path / "out"), len(list(tmp_path.iterdir()))) == ({"a": b"earlier"}, 1)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """`mkdir out` beforehand is no mistake."""
    (tmp_path / "out").mkdir()
    publish(tmp_path / "out", FILES, replaceable=NAMES, check=accept)
    assert contents(tmp_path / "out") == FILES


@pytest.mark.parametrize("kind", ["file", "link", "foreign"])
def test_what_is_not_ours_is_never_replaced(tmp_path: Path, kind: str) -> None:
    """A file, a link or a folder with anything else in it is refused before a byte is written."""
    out = tmp_path / "out"
    if kind == "file":
        out.write_bytes(b"mine")
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir()
        out.symlink_to(tmp_path / "elsewhere")
    else:
        out.mkdir()
        (out / "thesis.txt").write_bytes(b"mine")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(InvalidArtefact, match="name another `--out`"):
        publish(out, FILES, replaceable=NAMES, check=accept)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_file_is_read_up_to_its_cap_and_no_further(tmp_path: Path) -> None:
    """Exactly the cap is fine, one byte more is not."""
    (tmp_path / "a").write_bytes(b"1234")
    assert read_capped(tmp_path, {"a": 4}) == {"a": b"1234"}
    with pytest.raises(InvalidArtefact, match="more than 3 bytes"):
        read_capped(tmp_path, {"a": 3})


def test_a_message_is_one_printable_line() -> None:
    """Whatever the problem holds."""
    assert str(refusal(Path("x"), "a\nb\x1b[0m")).startswith("artefact `x`: a?b?[0m; train it again")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "long"])
def test_what_is_no_short_file_is_not_read(tmp_path: Path, kind: str) -> None:
    """Whoever reads one waits for nobody, and is led nowhere."""
    path = tmp_path / "a"
    (tmp_path / "b").write_bytes(b"12345")
    if kind == "link":
        path.symlink_to(tmp_path / "b")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"12345")
    with pytest.raises(InvalidArtefact, match="artefact"):
        read_file(path, 4)


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: bool
) -> None:
    """Where the disk says no the old one stays, and nothing is beside it."""
    path = tmp_path / "a"
    replace_file(path, b"1", durable=durable)
    replace_file(path, b"2", durable=durable)
    before = contents(tmp_path)

    def full(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"3", durable=durable)
    assert (before, contents(tmp_path)) == ({"a": b"2"}, before)

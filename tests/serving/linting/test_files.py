"""Which files lint reads, and how it names them."""

from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.linting.files import read, shown, unread
from serving.policy_files.places import Flaw
from serving.policy_files.strict_yaml import LARGEST, Document
from tests.serving.linting.linted import TEMPLATE, TRIGGER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a policy of two files and one that is not read."""
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "b.yaml").write_text(TEMPLATE, "utf-8")
    (tmp_path / "policy" / "a.yaml").write_text(TRIGGER, "utf-8")
    (tmp_path / "policy" / "c.yml").write_text(TEMPLATE, "utf-8")
    return tmp_path


def names(found: list[Document | Flaw]) -> list[str]:
    """The names of the files."""
    return [each.place if isinstance(each, Document) else each.spot.file for each in found]


def test_folders_and_files_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, named from the working folder, whichever way they are given."""
    monkeypatch.chdir(folder)
    paths = [Path("policy"), Path("policy/b.yaml"), folder / "policy" / "a.yaml", Path("policy/../policy/c.yml")]
    assert names(read(paths, working=folder)) == ["policy/a.yaml", "policy/b.yaml", "policy/c.yml"]


def test_what_is_not_read_is_named(folder: Path) -> None:
    """A policy folder is its `*.yaml` files."""
    assert unread([folder / "policy"], working=folder) == ["policy/c.yml"]


def test_a_file_outside_the_working_folder_keeps_its_name(folder: Path) -> None:
    """As it was given."""
    outside = shown(folder / "policy" / "a.yaml", folder / "elsewhere")
    assert outside == (folder / "policy" / "a.yaml").as_posix()


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"templates:\n  - \xff", 2, "is not UTF-8"),
        (b"\xff\xfet\x00", 1, "is not UTF-8"),
        (b"templates:\n  - [", 2, "not valid YAML"),
        (b"templates:\n# \x07", 2, "not valid YAML"),
        (b"#" * (LARGEST + 1), 1, "split the file"),
    ],
    ids=range(5),
)
def test_a_file_that_is_no_policy_file_is_a_flaw(folder: Path, content: bytes, line: int, problem: str) -> None:
    """With its line; the other files are read all the same."""
    (folder / "policy" / "a.yaml").write_bytes(content)
    first, second = read([folder / "policy"], working=folder)
    assert isinstance(first, Flaw)
    assert isinstance(second, Document)
    assert (first.spot.file, first.spot.line, problem in first.problem) == ("policy/a.yaml", line, True)


def test_a_path_that_cannot_be_read_is_refused(folder: Path) -> None:
    """It is not there, or holds no policy."""
    for path in (folder, folder / "missing.yaml"):
        with pytest.raises(InvalidInput, match=r"does not exist|without `\*\.yaml` files"):
            read([path], working=folder)

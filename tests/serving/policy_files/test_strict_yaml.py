"""YAML as policy files have it: what would hang, crash or tell what a file holds is refused in one line."""

import os
from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.linting.files import read
from serving.policy_files.places import Flaw, Spot
from serving.policy_files.strict_yaml import LARGEST, LONGEST_NUMBER, document
from serving.policy_files.templates import load_policy

LAUGHS = "templates:\n  - &a [x, x]\n" + "".join(
    f"  - &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(24)
)
UNFIT = "a number that is too long, or a value that does not fit its tag"
ANCHORED = "anchors (`&`) and aliases (`*`) are not read"
ADVICE = "write it out, and put a text that begins with `&` or `*` between quotes"


def refused(text: str) -> Flaw:
    """The flaw of a text that is no policy file."""
    with pytest.raises(Flaw) as caught:
        document(text, "a.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (LAUGHS, 2, 5),
        (LAUGHS + "  - ? *z\n    : 1\n", 2, 5),
        ("templates: *a", 1, 12),
        ("templates:\n  - {a: &x 1}", 2, 9),
        ("&a templates: []", 1, 1),
        ("&all\ntemplates: []", 1, 1),
    ],
    ids=range(6),
)
def test_anchors_and_aliases_are_refused(text: str, line: int, column: int) -> None:
    """At the first of them, before anything is multiplied."""
    flaw = refused(text)
    assert (flaw.spot, str(flaw)) == (
        Spot("a.yaml", line, column),
        f"a.yaml: not valid YAML ({ANCHORED}: line {line}, column {column}); {ADVICE}",
    )


@pytest.mark.parametrize("text", ["*bold* words", "*** words", "& words", "&amp; words"])
def test_a_text_that_looks_like_one_needs_quotes(text: str) -> None:
    """The reader of YAML may stop within it."""
    flaw = refused(f"templates:\n  - text: {text}")
    assert (flaw.spot.line, flaw.problem.endswith(ADVICE)) == (2, True)


@pytest.mark.parametrize(
    "value", ["2024-13-45", "2024-01-31", "2024-01-31 25:61:61", "1:30", "1:30.5", "-1:1:1", "1" + ":1" * 300_000]
)
def test_dates_and_times_are_text(value: str) -> None:
    """As in YAML 1.2; they are never counted up."""
    assert document(f"templates: {value}", "a.yaml").content == {"templates": value}


@pytest.mark.parametrize(
    ("written", "value"), [("7", 7), ("-7", -7), ("0x1f", 31), ("1.5", 1.5), ("1.0e+3", 1000.0), (".5", 0.5)]
)
def test_numbers_are_numbers(written: str, value: float) -> None:
    """All but those of sixty."""
    assert document(f"templates: {written}", "a.yaml").content == {"templates": value}


@pytest.mark.parametrize(
    "value",
    [
        "!!int abc",
        '!!int ""',
        "!!float abc",
        "!!bool abc",
        "!!timestamp abc",
        "!!timestamp 2024-13-45",
        "!!int 1" + ":1" * 300_000,
        "1" * 5000,
        "1" * (LONGEST_NUMBER + 1),
        "0x" + "f" * 5000,
    ],
    ids=range(10),
)
def test_a_value_that_cannot_be_read_has_its_place(value: str) -> None:
    """Whatever PyYAML makes of it."""
    flaw = refused(f"templates:\n  - id: {value}")
    assert (flaw.spot.line, flaw.problem) == (
        2,
        f"not valid YAML ({UNFIT}: line 2, column 9); mend the file",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Hunter2: a: b",
        "[Hunter2",
        "Hunter2\nHunter2: x",
        "templates: !Hunter2 x",
        "templates: !Hunter2! x",
        "templates: !Hunter2!a x",
        "*Hunter2",
        "&Hunter2 x",
        "%Hunter2\n---\n'Hunter2",
        '"Hunter2\\q"',
        "Hunter2: 1\nHunter2: 2",
        "? [Hunter2]\n: x",
        "Hunter2: \x07",
        "Hunter2",
    ],
    ids=range(14),
)
def test_what_a_file_holds_is_not_repeated(text: str) -> None:
    """It may be a secret that a link in a pull request leads to."""
    assert "hunter2" not in str(refused(text)).casefold()


def test_nesting_has_an_end() -> None:
    """It is said in words of its own."""
    assert refused("templates: " + "[" * 50_000).problem.startswith("not valid YAML (nested too deeply: line 1)")


def loaded(folder: Path) -> str:
    """What the loader says of a folder."""
    with pytest.raises(InvalidInput) as caught:
        load_policy(folder)
    return str(caught.value)


def linted(folder: Path) -> str:
    """What lint says of its first file."""
    try:
        (found,) = read([folder], working=folder)
    except InvalidInput as error:
        return str(error)
    assert isinstance(found, Flaw)
    return str(found)


def test_a_pipe_or_a_device_is_not_read(tmp_path: Path) -> None:
    """It might never end; a link to one is as bad."""
    (tmp_path / "a.yaml").symlink_to("/dev/zero")
    device = loaded(tmp_path), linted(tmp_path)
    (tmp_path / "a.yaml").unlink()
    os.mkfifo(tmp_path / "a.yaml")
    pipe = loaded(tmp_path), linted(tmp_path)
    said = "not a regular file; remove it, or put a policy file there"
    assert (device, pipe) == ((f"a.yaml: {said}", f"`a.yaml`: {said}"),) * 2


def test_links_in_a_circle_cannot_be_read(tmp_path: Path) -> None:
    """Nor does following them go on for ever."""
    (tmp_path / "a.yaml").symlink_to(tmp_path / "a.yaml")
    assert ["cannot be read" in each for each in (loaded(tmp_path), linted(tmp_path))] == [True, True]


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    """That is how some put shared policies in a folder."""
    (tmp_path / "policy").mkdir()
    (tmp_path / "shared").write_text("templates: []", "utf-8")
    (tmp_path / "policy" / "a.yaml").symlink_to(tmp_path / "shared")
    assert dict(load_policy(tmp_path / "policy").templates) == {}


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A file of a terabyte, all of it a hole."""
    with (tmp_path / "a.yaml").open("wb") as file:
        file.write("€".encode() * (LARGEST // 2))  # the first LARGEST + 1 bytes end within a character
        file.truncate(1 << 40)
    said = f"more than {LARGEST} bytes; split the file"
    assert [each.endswith(said) for each in (loaded(tmp_path), linted(tmp_path))] == [True, True]

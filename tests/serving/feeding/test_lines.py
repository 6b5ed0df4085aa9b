"""Reading the lines of a file of events, whatever is in it."""

import gzip
from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.feeding.lines import lines_of

LONGEST = 20


def read(path: Path) -> list[tuple[int, bytes | None]]:
    """Return numbers and bodies."""
    return [(line.number, line.body) for line in lines_of(path, longest=LONGEST)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{}\n[]\n", [(1, b"{}"), (2, b"[]")]),
        (b"{}\r\n\r\n \n[]", [(1, b"{}"), (4, b"[]")]),
        (b"x" * 20 + b"\n" + b"y" * 20, [(1, b"x" * 20), (2, b"y" * 20)]),
        (b"x" * 20 + b"\r\ny", [(1, b"x" * 20), (2, b"y")]),
        (b"x" * 21 + b"\ny", [(1, None), (2, b"y")]),
        (b"x" * 22 + b"\ny", [(1, None), (2, b"y")]),
        (b"x" * 200_000 + b"\ny\n" + b"z" * 99, [(1, None), (2, b"y"), (3, None)]),
        (b"\xff\x00\n{}", [(1, b"\xff\x00"), (2, b"{}")]),
    ],
    ids=["two", "blank", "longest", "longest, crlf", "too long", "longer", "much too long", "bytes"],
)
@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_lines_come_with_their_numbers(
    tmp_path: Path, name: str, content: bytes, expected: list[tuple[int, bytes | None]]
) -> None:
    """Blank lines count and are left out; one that is too long has no body, and what follows is read."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert read(path) == expected


@pytest.mark.parametrize("name", ["events.jsonl", "EVENTS.GZ"])
def test_a_share_of_the_file_is_told(tmp_path: Path, name: str) -> None:
    """It grows to 1, also where the file is packed."""
    path, content = tmp_path / name, b"".join(b'{"a": %d}\n' % number for number in range(500))
    path.write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    shares = [line.share for line in lines_of(path, longest=LONGEST)]
    actual = (sorted(shares) == shares, shares[0] > 0, shares[-1])
    assert actual == (True, True, 1.0)


def test_a_packed_file_that_is_cut_off_gives_what_stands_before(tmp_path: Path) -> None:
    """The error says where, and that what came before counts."""
    path, content = tmp_path / "events.gz", b"".join(b'{"a": %d}\n' % number for number in range(50_000))
    path.write_bytes(gzip.compress(content)[:-200])
    lines = []
    with pytest.raises(InvalidInput, match=r"cannot be read beyond line \d+ \(.+\); it may be cut off"):
        lines.extend(lines_of(path, longest=LONGEST))
    actual = [] if lines else list(lines_of(path, longest=LONGEST))
    assert actual == []


@pytest.mark.parametrize(("content", "said"), [(b"", "is empty"), (b"not gzip at all", "cannot be read beyond line 0")])
def test_what_is_no_file_of_lines_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """An empty file is a mistake; so is one that only has the name of a packed one."""
    path = tmp_path / "events.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        read(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """The error says what is wanted."""
    with pytest.raises(InvalidInput, match="is a folder; name a file of events"):
        read(tmp_path)

"""The lines of a file of events: JSON Lines, also packed by gzip; of a line that is too long only a part is read."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from model.errors import InvalidInput, one_line

END = b"\r\n"
CHUNK = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, by its number from 1. `body` None: it is too long. `share`: of the file, until here."""

    number: int
    body: bytes | None
    share: float


def lines_of(path: Path, *, longest: int) -> Iterator[Line]:
    """Read the lines of a file, each at most `longest` bytes without its end.

    Raises:
        InvalidInput: it is empty, or cannot be read to its end; the lines before were given.
    """
    if path.is_dir():
        raise InvalidInput(f"`{path}` is a folder; name a file of events, one JSON value on each line")
    size, number = path.stat().st_size, 0
    if not size:
        raise InvalidInput(f"`{path}` is empty; give one with an event on each line")
    with path.open("rb") as raw:
        stream = raw if path.suffix.lower() != ".gz" else _unpacked(raw)
        try:
            while part := stream.readline(longest + len(END)):
                number += 1
                body = part.rstrip(END)
                if len(body) > longest:
                    _skip(stream, part)
                if body.strip():
                    yield Line(number, body if len(body) <= longest else None, raw.tell() / size)
        except (EOFError, zlib.error, OSError) as error:
            said = one_line(error)
            raise InvalidInput(
                f"`{path}` cannot be read beyond line {number} ({said}); it may be cut off: "
                "write it again, what stood before is kept"
            ) from error


def _skip(stream: BinaryIO, part: bytes) -> None:
    """Read on to the end of a line that began with this part."""
    while part and not part.endswith(b"\n"):
        part = stream.readline(CHUNK)


def _unpacked(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=raw)))

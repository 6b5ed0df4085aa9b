r"""Texts to be judged, one JSON object with `text` on each line; read as a stream, one line at a time.

Blank lines are skipped, a byte order mark at the beginning as well; other keys are nobody's business here.

Example:
    >>> from io import BytesIO
    >>> [given.text for given in texts_of(BytesIO(b'{"text": "a"}\n\n{"text": "b", "n": 1}'), "t.jsonl")]
    ['a', 'b']
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from model.contracts import JSON
from model.errors import InvalidInput

LONGEST = 4 << 20  # bytes of one line
MARK = b"\xef\xbb\xbf"
OBJECT = '`{"text": "…"}`'
WANTED = f"write {OBJECT} on it"
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Given:
    """One text, and the number of its line from 1."""

    number: int
    text: str


def texts_of(stream: BinaryIO, name: str) -> Iterator[Given]:
    """Yield the texts in order; `name` is the file's in errors.

    Raises:
        InvalidInput: there is none, or a line is not one; those before it were given.
    """
    number = count = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(MARK)
        if not line.strip():
            continue
        try:
            text = _text(line)
        except _Odd as problem:
            raise InvalidInput(f"`{name}`, line {number}: {problem}") from None
        count += 1
        yield Given(number, text)
    if not count:
        raise InvalidInput(f"`{name}` holds no text; write {OBJECT} on each line")


class _Odd(ValueError):  # noqa: N818  (says what is odd about a line)
    """What is wrong with a line, and what to do."""


def _text(line: bytes) -> str:
    if len(line) > LONGEST:
        raise _Odd(f"it is longer than {LONGEST} bytes; put each text on a line of its own")
    try:
        value: JSON = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Odd(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Odd(f"it is not JSON ({error.msg.casefold()} at character {error.pos + 1}); {WANTED}") from None
    except RecursionError:
        raise _Odd(f"it is nested too deeply; {WANTED}") from None
    if not isinstance(value, dict):
        raise _Odd(f"it is not an object; {WANTED}")
    if "text" not in value:
        raise _Odd(f"it has no `text`; {WANTED}")
    text = value["text"]
    if not isinstance(text, str):
        raise _Odd(f"its `text` is not a string; {WANTED}")
    if _LONE.search(text):
        raise _Odd("its `text` holds half of a surrogate pair, which is no character; remove it")
    return text


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    if sum(name == "text" for name, _ in pairs) > 1:
        raise _Odd("`text` stands twice in one object; keep one")
    return dict(pairs)


def _no_number(word: str) -> JSON:
    raise _Odd(f"it is not JSON (`{word}` is no number); write null, or leave it out")


def _number(_: str) -> float:
    return 0.0  # whatever it is, however long: nobody reads it


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_number, parse_int=_number, parse_float=_number
)

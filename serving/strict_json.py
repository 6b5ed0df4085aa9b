"""JSON as RFC 8259 and RFC 7493 mean it, read without surprises: what two readers could read differently is refused.

Refused: bytes that are not UTF-8, a byte order mark, duplicate keys, `NaN` and `Infinity`, numbers beyond a double or
a signed 64-bit integer, lone surrogates, NUL characters, nesting deeper than 64. No message repeats the input.

Most bodies are read by orjson, which is strict but for four things: it keeps the last of duplicate keys, makes a double
or an unsigned number of an integer that is too large, reads an escaped NUL, and goes deeper. Where none of the first
three can be, its value is ours; all else is read, and refused in words, by the slower reader.

Where nobody would send it better, as a platform signs what it has, one odd value costs no more than itself
(`parse_leniently`).
"""

import json
import math
import re
from collections.abc import Iterable
from itertools import chain

import orjson

from model.canonical import canonical, sha256
from model.contracts import JSON
from model.errors import InvalidInput

MAX_DEPTH = 64
INTEGER_DIGITS = 19
INTEGER_LIMIT = 2**63
FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
ODD = re.compile(  # an escape; `odd`: of a NUL character, or of half of a pair
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<odd>\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
    r"|\\."
)
ESCAPE = "\\u"  # only by it can text that is UTF-8 and JSON hold a NUL character or half of a surrogate pair
DIGITS_ALIKE = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(256))
MANY_DIGITS = b"0" * INTEGER_DIGITS  # an integer beyond 64 bits has at least as many
TOO_DEEP = f"the JSON is nested deeper than {MAX_DEPTH}; send it flatter"


class NotJson(InvalidInput):
    """These bytes are not JSON that everyone reads alike."""


def parse(body: bytes) -> JSON:
    """Decode one JSON value.

    Raises:
        NotJson: what is wrong and, where it can be said, at which byte or character; never the input itself.

    Example:
        >>> parse(b'{"a": [1, 2.5]}')
        {'a': [1, 2.5]}
    """
    try:
        value: JSON = orjson.loads(body)
        plain = _is_plain(body, value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter: it reads deeper than it writes
        return _read(body)
    if not plain:
        return _read(body)
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check(value)
    return value


def parse_leniently(body: bytes) -> JSON:
    """Decode one JSON value whatever is odd in it, so that the rest is kept.

    NUL characters and halves of surrogate pairs become U+FFFD, integers beyond 64 bits text, numbers beyond a double
    null; of keys that come twice the last counts.

    Raises:
        NotJson: it is no JSON at all, no UTF-8, or too deep.

    Example:
        >>> parse_leniently(b'{"a": 1, "a": 12345678901234567890, "b": 1e400}')
        {'a': '12345678901234567890', 'b': None}
    """
    try:
        return parse(body)
    except NotJson:
        text = ODD.sub(lambda found: "\\ufffd" if found["odd"] else found[0], _decode(body))
        value = _decoded(text, LENIENT)
        _check(value)
        return value


def _is_plain(body: bytes, value: JSON) -> bool:
    """Whether orjson, which read `value`, cannot have read what is refused here, unless it is too deep.

    Without a backslash every text and every key has two quotes, so a key that was dropped shows in the count of those.
    """
    return (
        b"\\" not in body
        and MANY_DIGITS not in body.translate(DIGITS_ALIKE)
        and orjson.dumps(value).count(b'"') == body.count(b'"')
    )


def _read(body: bytes) -> JSON:
    """Decode one JSON value and look at every part of it, or say what is wrong."""
    text = _decode(body)
    value = _decoded(text, DECODER)
    if ESCAPE in text or text.count("{") + text.count("[") > MAX_DEPTH:  # else there is nothing to find
        _check(value)
    return value


def _decoded(text: str, decoder: json.JSONDecoder) -> JSON:
    try:
        value: JSON = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(
            f"the body is not JSON: syntax error at line {error.lineno}, column {error.colno}; mend it there"
        ) from None
    except RecursionError:
        raise NotJson(TOO_DEEP) from None
    return value


def _decode(body: bytes) -> str:
    if not body.strip():
        raise NotJson("the body is empty; send one JSON value")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotJson("the body starts with a byte order mark; send UTF-8 without one")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"the body is not UTF-8: byte {error.start}; send UTF-8") from None


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("an object has the same key twice; keep one")
    return members


def _no_constant(_: str) -> JSON:
    raise NotJson("`NaN` and `Infinity` are not JSON numbers; send null or leave the field out")


def _any_integer(digits: str) -> JSON:
    try:
        return _integer(digits)
    except NotJson:
        return digits


def _any_number(digits: str) -> JSON:
    number = float(digits)
    return number if math.isfinite(number) else None


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= INTEGER_DIGITS + 1 else INTEGER_LIMIT
    if not -INTEGER_LIMIT <= number < INTEGER_LIMIT:
        raise NotJson("an integer is outside the signed 64-bit range; send it as a string")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("a number is outside the range of a double; send it as a string")
    return number


def _check(value: JSON) -> None:
    """Walk the value without recursion: depth, and characters that databases and logs read differently."""
    level: list[JSON] = [value]
    for _ in range(MAX_DEPTH + 1):
        if FORBIDDEN.search("".join(item for item in level if isinstance(item, str))):
            raise NotJson("a string holds a NUL character or half of a surrogate pair; remove it")
        containers = [item for item in level if isinstance(item, (dict, list))]
        if not containers:
            return
        level = [child for item in containers for child in _children(item)]
    raise NotJson(TOO_DEEP)


def _children(value: dict[str, JSON] | list[JSON]) -> Iterable[JSON]:
    return chain(value, value.values()) if isinstance(value, dict) else value


# Made once: `json.loads` makes a decoder for every call that says how to read.
DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_number
)
LENIENT = json.JSONDecoder(parse_constant=lambda _: None, parse_int=_any_integer, parse_float=_any_number)


def fingerprint(value: JSON) -> str:
    """Return the SHA-256 of a decoded value's canonical bytes (keys sorted, whole floats as integers: RFC 8785).

    Example:
        >>> fingerprint({"b": 1.0, "a": []}) == fingerprint({"a": [], "b": 1})
        True
    """
    return sha256(canonical(_plain(value)))


def _plain(value: JSON) -> JSON:
    if isinstance(value, float) and value.is_integer() and abs(value) < INTEGER_LIMIT:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value

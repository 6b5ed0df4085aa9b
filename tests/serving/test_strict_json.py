import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import strict_json
from serving.strict_json import MAX_DEPTH, NotJson, fingerprint, parse, parse_leniently

CANARY = "canary7391"
REFUSED = {
    "nothing": (b"", "empty"),
    "blanks": (b" \n\t", "empty"),
    "utf-8 mark": (b'\xef\xbb\xbf{"a":1}', "byte order mark"),
    "utf-16 mark": ('{"a":1}'.encode("utf-16"), "byte order mark"),
    "latin-1": (b'{"a":"caf\xe9"}', "not UTF-8"),
    "overlong utf-8": (b'{"a":"\xc0\xaf"}', "not UTF-8"),
    "encoded surrogate": (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
    "truncated": (b'{"a":', "syntax error"),
    "trailing comma": (b'{"a":1,}', "syntax error"),
    "comment": (b'{"a":1} // no', "syntax error"),
    "single quotes": (b"{'a':1}", "syntax error"),
    "bare word": (CANARY.encode(), "syntax error"),
    "two values": (b"{} {}", "syntax error"),
    "leading zero": (b'{"a":01}', "syntax error"),
    "plus sign": (b'{"a":+1}', "syntax error"),
    "hexadecimal": (b'{"a":0x10}', "syntax error"),
    "raw control character": (b'{"a":"\x01"}', "syntax error"),
    "raw NUL": (b'{"a":"\x00"}', "syntax error"),
    "bad escape": (b'{"a":"\\x41"}', "syntax error"),
    "duplicate key": (b'{"canary7391":1,"canary7391":2}', "twice"),
    "duplicate key by escape": (b'{"a":1,"\\u0061":2}', "twice"),
    "nested duplicate key": (b'{"a":{"b":1,"b":1}}', "twice"),
    "NaN": (b'{"a":NaN}', "not JSON numbers"),
    "Infinity": (b'{"a":Infinity}', "not JSON numbers"),
    "-Infinity": (b'{"a":-Infinity}', "not JSON numbers"),
    "beyond a double": (b'{"a":1e400}', "range of a double"),
    "beyond 64 bits": (b'{"a":9223372036854775808}', "64-bit"),
    "below 64 bits": (b'{"a":-9223372036854775809}', "64-bit"),
    "five thousand digits": (b'{"a":' + b"9" * 5000 + b"}", "64-bit"),
    "lone high surrogate": (b'{"a":"\\ud83d"}', "surrogate"),
    "lone low surrogate": (b'{"a":"x\\ude00"}', "surrogate"),
    "surrogate in a key": (b'{"\\ud83d":1}', "surrogate"),
    "escaped NUL": (b'{"a":"x\\u0000"}', "NUL"),
    "NUL in a key": (b'{"\\u0000":1}', "NUL"),
    "too deep": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deeper"),
    "deeper than is written": (b"[" * 300 + b"]" * 300, "deeper"),
    "far too deep": (b"[" * 200_000, "deeper"),
    "far too deep objects": (b'{"a":' * 100_000, "deeper"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_two_readers_could_read_differently_is_refused(name: str) -> None:
    """Every refusal says what is wrong in our own words and repeats nothing."""
    body, words = REFUSED[name]

    with pytest.raises(NotJson) as refused:
        parse(body)

    actual = (words in str(refused.value), CANARY in str(refused.value))
    assert actual == (True, False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b' {"a": [1, 2.5, null, true, "\\ud83d\\ude00"]} ', {"a": [1, 2.5, None, True, "😀"]}),
        (b'"text"', "text"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1e308", 1e308),
        (b"1e-400", 0.0),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "nested"),
    ],
)
def test_ordinary_json_is_read(body: bytes, expected: object) -> None:
    """What every reader reads alike is decoded, up to the limits and including them."""
    actual = parse(body)

    assert ("nested" if body.startswith(b"[[") else actual) == expected


WIDE = 3 * MAX_DEPTH  # more brackets than may be nested, side by side


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" + b'{"a":[]},' * WIDE + b"{}]", [{"a": []}] * WIDE + [{}]),
        (b'{"a":"' + b"[{" * WIDE + b'"}', {"a": "[{" * WIDE}),
        (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
        (b'{"a":"\\u0041\\\\u0000"}', {"a": "A\\u0000"}),
    ],
    ids=["wide", "brackets in a text", "an escaped backslash", "a harmless escape"],
)
def test_what_only_looks_like_it_is_read(body: bytes, expected: object) -> None:
    """Many brackets are not deep, and not every escape is a character that is refused."""
    assert parse(body) == expected


@pytest.mark.parametrize("wide", [0, WIDE])
@pytest.mark.parametrize("escape", ["\\u0000", "\\ud83d", "\\uDFFF"])
def test_the_last_of_many_is_looked_at(escape: str, wide: int) -> None:
    """However much there is, a character that is refused is found: last of a list, and inside of it."""
    body = f'[{"[]," * wide}{{"a":["x",{{"b":"{escape}"}}]}}]'

    with pytest.raises(NotJson, match="surrogate"):
        parse(body.encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """No bytes at all raise anything but the refusal."""
    try:
        parse(body)
    except NotJson as refused:
        actual = str(refused).isascii()
    else:
        actual = True

    assert actual is True


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": -0.0}, {"a": 0}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1e300}, {"a": 1e300}, True),
    ],
)
def test_fingerprints_compare_bodies_as_canonical_json(one: object, other: object, *, same: bool) -> None:
    """Order of keys and the spelling of numbers do not matter, everything else does."""
    actual = fingerprint(one) == fingerprint(other)

    assert actual == same


# What a hostile body is put together from: every token that orjson and we could read differently, and their neighbours.
TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b" ",
        b"\n",
        b"\t",
        b'"',
        b"\\",
        b"\x00",
        b"\x7f",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
    ),
    *(
        b'"a"',
        b'"a":1',
        b'"a":1,"a":2',
        b'"\\u0061":3',
        b'"\\u0000"',
        b'"\\ud83d"',
        b'"\\ud83d\\ude00"',
        b'"\\""',
        b'"x: [{"',
    ),
    *(
        b"0",
        b"-0",
        b"-0.0",
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"1e5",
        b"1E400",
        b"1e-400",
        b"null",
        b"true",
        b"NaN",
        b"-Infinity",
    ),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"-9223372036854775809"),
    *(
        b"18446744073709551615",
        b"18446744073709551616",
        b"1234567890123456789.5",
        b"0.1000000000000000055511151231257827",
    ),
    *(
        b"[" * MAX_DEPTH,
        b"]" * MAX_DEPTH,
        b'{"a":' * MAX_DEPTH,
        b"}" * MAX_DEPTH,
        "\u00e9\u2028".encode(),
        b"\xe9",
        b"// no",
    ),
)
VALUES = (
    b"{}",
    b"[]",
    b'"a"',
    b'"\\u0000"',
    b'"\\n"',
    b"0",
    b"-0",
    b"9223372036854775808",
    b"-1e-7",
    b"1e400",
    b"null",
    b"NaN",
)


def read_slowly(body: bytes) -> Any:
    """Return what the reader that looks at every part says: types and all, or its words."""
    return said(strict_json._read, body)


def said(read: Any, body: bytes) -> Any:
    """Return the value with its types (1 and 1.0 and True differ), or the refusal."""
    try:
        value = read(body)
    except NotJson as refused:
        return str(refused)
    return json.dumps(value), repr(value)


def shuffled(chance: np.random.Generator) -> bytes:
    """Return tokens in a row: hardly ever JSON."""
    return b"".join(TOKENS[index] for index in chance.integers(len(TOKENS), size=chance.integers(1, 9)))


def grown(chance: np.random.Generator, depth: int = 0) -> bytes:
    """Return a value that is JSON but for what its leaves hold; keys come twice, spaces anywhere."""
    kind = chance.integers(6) if depth < 5 else 0
    if kind < 2:
        return VALUES[chance.integers(len(VALUES))]
    parts = [grown(chance, depth + 1) for _ in range(chance.integers(4))]
    if kind < 4:
        return b"[" + b" ,".join(parts) + b"]"
    keys = (b'"a"', b'"b"', b'"c"', b'"\\u0061"', b'"b:"')
    named = [keys[chance.integers(len(keys))] + b": " + part for part in parts]
    return b"{" + b",\n".join(named) + b"}"


@pytest.mark.parametrize("make", [shuffled, grown])
def test_the_quick_reader_says_what_the_slow_one_says(make: Any) -> None:
    """Thousands of hostile bodies: the same value to the type, or the same refusal to the word."""
    chance = np.random.default_rng(20261121)
    bodies = [make(chance) for _ in range(3_000)]

    actual = [said(parse, body) for body in bodies]

    assert actual == [read_slowly(body) for body in bodies]


def test_the_comparison_meets_both_readers() -> None:
    """What is compared is not all refused, nor all left to the slow reader."""
    chance = np.random.default_rng(20261121)
    bodies = [grown(chance) for _ in range(3_000)]
    read = [body for body in bodies if not isinstance(said(parse, body), str)]

    quick = sum(strict_json._is_plain(body, parse(body)) for body in read)

    assert (quick > 500, len(read) - quick > 100, len(bodies) - len(read) > 500) == (True, True, True)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_no_refusal_hides_in_an_ordinary_body(name: str) -> None:
    """The same within a body that is fine otherwise."""
    body = b'{"user": {"id": "u-1"}, "more": [' + REFUSED[name][0] + b"]}"

    assert said(parse, body) == read_slowly(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            rb'["\ud83d", "\ude00\ud83d", "\ud83d\ude00", "a\u0000b"]',
            ["\ufffd", "\ufffd\ufffd", "\U0001f600", "a\ufffdb"],
        ),
        (rb'{"\u0000": "\\u0000\\ud83d"}', {"\ufffd": "\\u0000\\ud83d"}),
        (rb'["\ud83dA", "\uD83D\u0041"]', ["\ufffdA", "\ufffdA"]),
        (b"[12345678901234567890, -9223372036854775809, 7]", ["12345678901234567890", "-9223372036854775809", 7]),
        (b"[1e400, -1e400, NaN, -Infinity, 1.5]", [None, None, None, None, 1.5]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_what_is_odd_costs_no_more_than_itself(body: bytes, expected: object) -> None:
    """Where it is read leniently; it is refused else."""
    with pytest.raises(NotJson):
        parse(body)
    assert parse_leniently(body) == expected


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"\xef\xbb\xbf1", b"[" * 65 + b"1e400" + b"]" * 65, b"[" * 9999])
def test_what_is_no_json_is_refused_leniently_too(body: bytes) -> None:
    """Bytes that say nothing, or too deep."""
    with pytest.raises(NotJson):
        parse_leniently(body)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_plain_is_read_alike(value: Any) -> None:
    """By both; what is odd leaves nothing behind that is refused."""
    odd = parse_leniently(json.dumps([value, "\ud800\x00"]).encode())
    assert parse(json.dumps(odd).encode()) == odd

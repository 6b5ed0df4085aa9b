import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.strict_json import MAX_DEPTH, NotJson, fingerprint, parse

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

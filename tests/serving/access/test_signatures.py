"""Signatures over raw bodies: what verifies, and everything that must not."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from serving.access.signatures import STANDARD, OneOf, Scheme, Shown
from serving.adapters.zendesk import ZENDESK
from serving.offers.offering import signed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET, OTHER = b"a secret of twenty-four b", b"another secret, as long.."
BODY = b'{"type": "decision.send"}'
SEGMENT = Scheme(header="x-signature", digest="sha1")


def given(scheme: Scheme, secret: bytes = SECRET, *, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    """Return the headers with which somebody signs a body."""
    if scheme is STANDARD:
        return signed("msg_1", at, body, [secret])
    return {"x-signature": hmac.new(secret, body, hashlib.sha1).hexdigest()}


@pytest.mark.parametrize("scheme", [STANDARD, SEGMENT], ids=["standard", "segment"])
def test_what_was_signed_with_a_secret_of_ours_verifies(scheme: Scheme) -> None:
    """Also with the second of two, while one follows the other."""
    alone = scheme.verify(given(scheme), BODY, secrets=[SECRET], now=NOW)
    second = scheme.verify(given(scheme), BODY, secrets=[OTHER, SECRET], now=NOW)

    assert (alone, second) == (True, True)


@pytest.mark.parametrize("scheme", [STANDARD, SEGMENT], ids=["standard", "segment"])
def test_a_changed_body_another_secret_and_no_secret_do_not_verify(scheme: Scheme) -> None:
    """Nor does the same body in other bytes: what is signed is what came over the wire."""
    headers = given(scheme)
    actual = [
        scheme.verify(headers, BODY + b" ", secrets=[SECRET], now=NOW),
        scheme.verify(headers, BODY, secrets=[OTHER], now=NOW),
        scheme.verify(headers, BODY, secrets=[], now=NOW),
        scheme.verify({}, BODY, secrets=[SECRET], now=NOW),
        scheme.verify(dict.fromkeys(headers, ""), BODY, secrets=[SECRET], now=NOW),
    ]
    assert actual == [False] * 5


@pytest.mark.parametrize(("seconds", "good"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_signed_time_must_be_now(seconds: int, good: bool) -> None:  # noqa: FBT001  (what is expected)
    """Five minutes before or after, and no more: what was overheard is worth nothing later."""
    headers = given(STANDARD, at=NOW + timedelta(seconds=seconds))
    assert STANDARD.verify(headers, BODY, secrets=[SECRET], now=NOW) is good


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x", "1e9", "-1", "٣", "9" * 400, "1763640000.5"])
def test_every_signed_header_counts(name: str, value: str | None) -> None:
    """One that is missing, empty or another makes the signature another one."""
    headers = {key: text for key, text in {**given(STANDARD), name: value}.items() if text is not None}
    assert STANDARD.verify(headers, BODY, secrets=[SECRET], now=NOW) is False


def test_of_several_signatures_one_is_enough() -> None:
    """Unknown versions and what is no base64 are passed over."""
    headers = given(STANDARD)
    good = headers["webhook-signature"]
    odd = f"v2,AAAA v1, v1,???? v1,{base64.b64encode(b'short').decode()} {good} v1,{'A' * 44}"
    assert STANDARD.verify({**headers, "webhook-signature": odd}, BODY, secrets=[SECRET], now=NOW)


def test_a_header_of_any_length_costs_nothing() -> None:
    """A thousand signatures are not tried."""
    headers = given(STANDARD)
    long = " ".join([*["v1," + "A" * 44] * 1000, headers["webhook-signature"]])
    assert not STANDARD.verify({**headers, "webhook-signature": long}, BODY, secrets=[SECRET], now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: f"{text[:2]} {text[2:]}",
        lambda text: " ".join(text[place : place + 2] for place in range(0, 40, 2)),
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: f"{text}, {text}",
    ],
    ids=["a blank", "blanks", "before", "a line", "a list"],
)
def test_a_signature_in_hex_is_forty_signs_and_nothing_else(change: Callable[[str], str]) -> None:
    """Two readers of one header read the same; the case of its letters is nobody's concern."""
    good = given(SEGMENT)["x-signature"]
    told = [
        SEGMENT.verify({"x-signature": text}, BODY, secrets=[SECRET], now=NOW)
        for text in (good, good.upper(), change(good))
    ]
    assert told == [True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("="),
        lambda text: f"{text}=",
        lambda text: f"{text[:9]}\n{text[9:]}",
        lambda text: f"{text[:-2]}{chr(ord(text[-2]) + 1)}=",  # bits that say nothing
    ],
    ids=["no padding", "more padding", "a line", "other bits"],
)
def test_a_signature_in_base64_is_written_in_one_way(change: Callable[[str], str]) -> None:
    """As an encoder writes it, sign by sign."""
    headers = given(STANDARD)
    altered = headers | {"webhook-signature": change(headers["webhook-signature"])}
    assert not STANDARD.verify(altered, BODY, secrets=[SECRET], now=NOW)


@pytest.mark.parametrize("scheme", [STANDARD, SEGMENT], ids=["standard", "segment"])
def test_whether_anything_is_signed_is_known_without_the_body(scheme: Scheme) -> None:
    """By the header's form alone: whether it is good needs the body."""
    wrong = given(scheme, OTHER)
    told = [scheme.signs(headers) for headers in (given(scheme), wrong, {}, dict.fromkeys(wrong, "x"))]
    assert told == [True, True, False, False]


@pytest.mark.parametrize("odd", ["zz", "ab", "é" * 40, "0x" + "a" * 38, "sha1=" + "a" * 40])
def test_a_signature_that_is_no_hex_is_no_signature(odd: str) -> None:
    """Nothing is raised for it."""
    assert SEGMENT.verify({"x-signature": odd}, BODY, secrets=[SECRET], now=NOW) is False


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (SECRET.decode(), (True, True)),
        (OTHER.decode(), (True, False)),
        (f"{SECRET.decode()} ", (True, False)),
        (SECRET.decode()[:-1], (True, False)),
        ("€", (True, False)),
        ("", (False, False)),
        ("x" * 5000, (False, False)),
        (None, (False, False)),
    ],
)
def test_a_secret_that_is_shown_is_one_of_ours_or_none(shown: str | None, expected: tuple[bool, bool]) -> None:
    """Sign by sign; of the body it says nothing."""
    way, headers = Shown(header="x-api-key"), {} if shown is None else {"x-api-key": shown}
    actual = (way.signs(headers), way.verify(headers, BODY, secrets=[b"one that ended", SECRET], now=NOW))
    assert actual == expected


def test_no_secret_is_shown_where_there_is_none() -> None:
    """An empty setting is opened by nothing."""
    assert not Shown(header="x-api-key").verify({"x-api-key": ""}, BODY, secrets=[], now=NOW)


@pytest.mark.parametrize(
    ("signature", "shown", "expected"),
    [
        ("good", None, True),
        (None, "good", True),
        ("good", "good", True),
        ("good", "wrong", False),
        ("wrong", "good", False),
        ("", "good", False),
        ("wrong", None, False),
        (None, None, False),
    ],
)
def test_of_several_ways_each_that_is_there_is_right(
    signature: str | None,
    shown: str | None,
    expected: bool,  # noqa: FBT001  (what is expected)
) -> None:
    """A wrong signature is not made good by a right key beside it, nor is an empty one."""
    way = OneOf((SEGMENT, Shown(header="x-api-key")))
    signatures = {"good": given(SEGMENT)["x-signature"], "wrong": given(SEGMENT, OTHER)["x-signature"]}
    headers = {} if signature is None else {"x-signature": signatures.get(signature, signature)}
    headers |= {} if shown is None else {"x-api-key": {"good": SECRET, "wrong": OTHER}[shown].decode()}
    actual = way.signs(headers) and way.verify(headers, BODY, secrets=[SECRET], now=NOW)
    assert (actual, way.header) == (expected, "x-signature")


def shown_and_signed(time: str, body: bytes = BODY) -> dict[str, str]:
    """Sign as Zendesk does: base64 of HMAC-SHA256 of the time, as it is written, and the body."""
    digest = hmac.new(SECRET, time.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": time,
    }


@pytest.mark.parametrize(
    ("time", "good"),
    [
        ("2026-11-20T12:00:00Z", True),
        ("2026-11-20T12:05:00.000Z", True),
        ("2026-11-20T12:55:00+01:00", True),
        ("2026-11-20T12:05:01Z", False),
        ("2026-11-20T11:54:59Z", False),
        ("2026-11-20T12:00:00", False),
        ("2026-11-20 12:00:00Z", False),
        ("2026-11-31T12:00:00Z", False),
        ("20261120T120000Z", False),
        ("1795176000", False),
        ("", False),
    ],
)
def test_a_written_time_must_be_now(time: str, good: bool) -> None:  # noqa: FBT001  (what is expected)
    """As in RFC 3339, with its offset; in no other way, and no more than five minutes away."""
    assert ZENDESK.signing.verify(shown_and_signed(time), BODY, secrets=[SECRET], now=NOW) is good


def test_where_a_written_time_ends_is_where_the_body_begins() -> None:
    """There is nothing between them: no other parting of the same signs is good."""
    headers = shown_and_signed("2026-11-20T12:00:00Z", b"Z{}")
    for time, body in (("2026-11-20T12:00:00ZZ", b"{}"), ("2026-11-20T12:00:00", b"ZZ{}")):
        moved = headers | {"x-zendesk-webhook-signature-timestamp": time}
        assert not ZENDESK.signing.verify(moved, body, secrets=[SECRET], now=NOW)
    assert ZENDESK.signing.verify(headers, b"Z{}", secrets=[SECRET], now=NOW)

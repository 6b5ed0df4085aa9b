"""What a platform's answer means, and what an offer must say."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.relay.messenger import Offer, Posted, Verdict, before_posting, judged, offer_of

SAID: dict[str, Any] = {
    "type": "decision.send",
    "timestamp": "2026-11-20T12:00:00Z",
    "data": {
        "decision_id": "d-1",
        "action": "send",
        "trigger": True,
        "message": {"text": "Your parcel is late.", "expects_reply": True},
        "expires_at": "2026-11-20T20:00:00Z",
        "user": {"id": "u-17"},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": "ev-1", "source": "urn:shop"},
        "session": {"id": "s-1"},
        "matched": "parcel_delayed",
    },
}


@pytest.mark.parametrize("status", range(100, 600))
def test_only_2xx_is_a_delivery_and_only_what_cannot_have_been_processed_is_tried_again(status: int) -> None:
    """Every status there can be."""
    refused = 400 <= status < 500 and status not in (408, 409, 499)
    again = status in (401, 403, 404, 407, 425, 429)
    other = Verdict.AGAIN if again else Verdict.REFUSED if refused else Verdict.UNSURE
    expected = Verdict.DELIVERED if 200 <= status < 300 else other
    assert judged(httpx.Response(status)) == Posted(expected)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, timedelta(seconds=7)),
        (
            {"Retry-After": "Fri, 20 Nov 2026 12:01:00 GMT", "Date": "Fri, 20 Nov 2026 12:00:30 GMT"},
            timedelta(seconds=30),
        ),
        ({"Retry-After": "Fri, 20 Nov 2026 12:01:00 GMT", "Date": "Fri, 20 Nov 2026 13:00:00 GMT"}, timedelta()),
        ({"Retry-After": "Fri, 20 Nov 2026 12:01:00 GMT"}, None),
        ({"Retry-After": "Fri, 20 Nov 2026 12:01:00 GMT", "Date": "now"}, None),
        ({"Retry-After": "7", "Date": "now"}, timedelta(seconds=7)),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({}, None),
    ],
    ids=["seconds", "date", "past", "no-date", "bad-date", "seconds-bad-date", "negative", "word", "no-digit", "none"],
)
def test_how_long_a_busy_platform_is_left_alone(headers: dict[str, str], expected: timedelta | None) -> None:
    """Seconds, or a date by the platform's own clock."""
    given = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    assert judged(httpx.Response(429, headers=given)) == Posted(Verdict.AGAIN, expected)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), Verdict.AGAIN),
        (httpx.ConnectTimeout("x"), Verdict.AGAIN),
        (httpx.PoolTimeout("x"), Verdict.AGAIN),
        (httpx.ReadTimeout("x"), Verdict.UNSURE),
        (httpx.WriteTimeout("x"), Verdict.UNSURE),
        (httpx.ReadError("x"), Verdict.UNSURE),
        (httpx.WriteError("x"), Verdict.UNSURE),
        (httpx.RemoteProtocolError("x"), Verdict.UNSURE),
        (httpx.CloseError("x"), Verdict.UNSURE),
        (httpx.DecodingError("x"), Verdict.UNSURE),
        (httpx.ProxyError("x"), Verdict.UNSURE),
        (OSError("x"), Verdict.UNSURE),
        (KeyError("x"), Verdict.UNSURE),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Exception) else None,
)
def test_without_an_answer_only_what_never_left_is_tried_again(error: Exception, expected: Verdict) -> None:
    """Whatever else broke may have broken after the message was taken."""
    assert judged(error) == Posted(expected)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429, 500, 503])
def test_a_look_up_that_fails_is_tried_again_when_the_platform_wants_to(status: int) -> None:
    """Nothing was posted, whatever it was."""
    answer = httpx.Response(status, headers={"Retry-After": "7"}, request=httpx.Request("GET", "http://x"))
    error = httpx.HTTPStatusError("x", request=answer.request, response=answer)
    assert [before_posting(answer), before_posting(error)] == [Posted(Verdict.AGAIN, timedelta(seconds=7))] * 2


@pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ConnectError("x"), KeyError("x")], ids=repr)
def test_a_look_up_that_breaks_off_is_tried_again(error: Exception) -> None:
    """And is never unsure."""
    assert before_posting(error) == Posted(Verdict.AGAIN)


def test_a_token_that_ended_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Offers wait for whoever reads the log."""
    judged(httpx.Response(401))
    assert "answers 401" in caplog.text


def test_an_offer_is_read() -> None:
    """All that a messenger needs, and the rest as it came."""
    offer = offer_of(json.dumps(SAID).encode())
    assert offer == Offer(
        decision_id="d-1",
        user_id="u-17",
        channel="chat",
        purpose="delivery_update",
        session_id="s-1",
        text="Your parcel is late.",
        expires_at=datetime(2026, 11, 20, 20, tzinfo=UTC),
        raw=SAID["data"],
    )
    assert ("late" in repr(offer), "u-17" in repr(offer)) == (False, True)


@pytest.mark.parametrize("part", ["decision_id", "message", "expires_at", "user", "purpose", "channel"])
@pytest.mark.parametrize(
    "value", [..., None, 7, [], "x", {}], ids=["absent", "null", "number", "list", "text", "object"]
)
def test_an_offer_that_lacks_a_part_is_none(part: str, value: Any) -> None:
    """It is refused, never half understood; words of ids and purposes are free."""
    data = {name: each for name, each in SAID["data"].items() if name != part} | ({} if value is ... else {part: value})
    body = json.dumps(SAID | {"data": data}).encode()
    if value == "x" and part in ("decision_id", "purpose", "channel"):
        offer = offer_of(body)
        assert offer is not None
    else:
        with pytest.raises(InvalidInput):
            offer_of(body)


@pytest.mark.parametrize("end", ["2026-11-20T20:00:00", "tomorrow"])
def test_an_offer_without_a_clear_end_is_none(end: str) -> None:
    """When it ends must not depend on who reads it."""
    with pytest.raises(InvalidInput):
        offer_of(json.dumps(SAID | {"data": SAID["data"] | {"expires_at": end}}).encode())


@pytest.mark.parametrize("session", [None, ...], ids=["null", "absent"])
def test_an_offer_need_not_have_a_session(session: Any) -> None:
    """Most have none."""
    data = {name: each for name, each in SAID["data"].items() if name != "session"}
    offer = offer_of(json.dumps(SAID | {"data": data | ({} if session is ... else {"session": None})}).encode())
    assert offer is not None
    assert offer.session_id is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(ANYTHING)
def test_whatever_is_signed_is_an_offer_or_none_or_refused(value: Any) -> None:
    """Nothing else is raised."""
    bodies = [value, SAID | {"data": value}, SAID | {"data": SAID["data"] | {"session": value, "message": value}}]
    for body in bodies:
        try:
            found = offer_of(json.dumps(body).encode())
        except InvalidInput:
            continue
        assert found is None or isinstance(found, Offer)

"""`POST /v1/adapters/segment` as Segment and RudderStack use it: how they sign, and what is on record afterwards."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from model.errors import Unavailable
from serving.ports import Transaction
from serving.settings import Settings
from tests.serving.routes.test_adapters import CALL, SECRET, posted
from tests.serving.served import NOON, Counting, Served, app_of, candidate, memory_ledger


@pytest.fixture
def segment() -> Iterator[Served]:
    """Serve an API that shares a secret with them."""
    with Served(app_of(settings=Settings(segment_secret=SECRET))) as served:
        yield served


def headers_of(raw: bytes, *, signed: bytes | None = None, shown: str | None = None, old: str | None = None) -> Any:
    """Return what they put beside a body: a signature of all of it, the secret itself, or a signature the old way."""
    given: dict[str, str] = {"Content-Type": "application/json"}
    if signed is not None:
        given["X-Segment-Signature"] = hmac.new(SECRET.encode(), signed, hashlib.sha1).hexdigest()
    if shown is not None:
        given["X-API-Key"] = shown
    if old is not None:
        given["X-Signature"] = hmac.new(SECRET.encode(), old.encode(), hashlib.sha1).hexdigest()
    return {"headers": given, "content": raw}


MANY = json.dumps([CALL, CALL | {"messageId": "m-2"}]).encode()


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"signed": MANY}, 202),
        ({"shown": SECRET}, 202),
        ({"old": MANY.decode()}, 202),
        ({"old": json.dumps(CALL)}, 401),
        ({"signed": json.dumps(CALL).encode()}, 401),
        ({"shown": f"{SECRET}s"}, 401),
        ({"shown": SECRET, "signed": b"[]"}, 401),
        ({"shown": SECRET, "old": "[]"}, 401),
        ({"signed": MANY, "shown": "not-what-rudderstack-has"}, 401),
    ],
    ids=["whole", "shown", "old", "the first of it", "another", "nearly", "key, wrong new", "key, wrong old", "no key"],
)
def test_an_array_is_signed_whole_or_the_secret_is_shown(segment: Served, how: Any, status: int) -> None:
    """A signature of the first call alone says nothing of the others; a wrong one is not made good by a right key."""
    answer = segment.call("POST", "/v1/adapters/segment", key=None, **headers_of(MANY, **how))
    again = posted(segment, json.loads(MANY)).json()
    assert (answer.status_code, again["duplicates"]) == (status, 2 if status == 202 else 0)


def test_an_opt_out_counts_beside_what_cannot_be_read(segment: Served) -> None:
    """Nobody reads what was rejected: a no is taken, a yes beside it is not, and every call is on record."""
    identify = {"type": "identify", "userId": "u-19", "timestamp": NOON.isoformat()}
    told = [{"email": True, "chat": True}, {"email": False, "fax": False, "sms": True}, {"chat": "no", "push": True}]
    calls = [identify | {"messageId": f"c-{n}", "traits": {"consent": one}} for n, one in enumerate(told)]
    answer = posted(segment, calls).json()
    consent = segment.get("/v1/users/u-19/preferences").json()["consent"]
    assert (answer["accepted"], answer["rejected"], consent) == (3, [], {"chat": True, "email": False})


def test_what_nobody_could_use_is_on_record(segment: Served) -> None:
    """No user, no zone that exists, a word of theirs, an old time: stored, and said to be nobody's or unknown."""
    identify = {"type": "identify", "messageId": "m-3", "userId": "u-18", "timestamp": NOON.isoformat()}
    calls = [
        CALL | {"messageId": "m-2", "userId": None},
        identify | {"traits": {"timezone": "Mars/Olympus_Mons", "consent": {"chat": True}}},
        CALL | {"messageId": "m-4", "type": "delete"},
        CALL | {"messageId": "m-5", "event": "Report Submitted"},
        CALL | {"messageId": "m-6", "timestamp": "2015-12-12T19:11:01.249Z", "receivedAt": "2015-12-12T19:11:01.266Z"},
    ]
    answer = posted(segment, calls).json()
    told = segment.get("/v1/users/u-18/preferences").json()
    nobody, unknown = ([one["index"] for one in answer[name]] for name in ("about_nobody", "unknown_types"))
    actual = (answer["accepted"], answer["rejected"], nobody, unknown)
    assert (actual, told["timezone"], told["consent"]) == ((5, [], [0], [2, 3]), None, {"chat": True})


def test_a_zone_that_exists_counts() -> None:
    """As a preference; without one an essential message waits for none, and is refused."""
    settings = Settings(segment_secret=SECRET, shipped_triggers=True)
    told: list[list[str]] = []
    for zone in ("Mars/Olympus_Mons", "Europe/Paris"):
        identify = CALL | {"type": "identify", "messageId": "m-0", "context": {"timezone": zone}}
        identify |= {"traits": {"consent": {"chat": True}}}
        failed = CALL | {"event": "Shipment Failed", "properties": {"parcel": "A-7", "reason": "nobody was home"}}
        with Served(app_of(settings=settings)) as served:
            posted(served, [identify, failed])
            decided = served.get("/v1/decisions?user=u-17").json()["decisions"]
            told.append([reason["code"] for one in decided for reason in one["reasons"]])
    assert told == [["timezone_unknown"], []]


def test_what_happened_long_ago_proves_nothing_fresh() -> None:
    """It is stored as of then, however late it comes."""
    settings = Settings(segment_secret=SECRET, shipped_triggers=True)
    old = CALL | {"event": "Shipment Failed", "timestamp": "2026-11-01T12:00:00Z", "receivedAt": "2026-11-01T12:00:01Z"}
    with Served(app_of(settings=settings)) as served:
        served.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
        answer = posted(served, old | {"properties": {"parcel": "A-7", "reason": "nobody was home"}}).json()
        decided = served.get("/v1/decisions?user=u-17").json()["decisions"]
    assert (answer["accepted"], [one["reasons"][0]["code"] for one in decided]) == (1, ["evidence_stale"])


@pytest.mark.parametrize(
    ("event", "properties", "expected"),
    [
        ("Conversation Opened", {"conversation": "c-1"}, ("hold", ["conversation_open"])),
        ("Message Received", {"text": "Where is my parcel A-7?"}, ("deny", ["customer_already_knows"])),
    ],
)
def test_what_came_in_holds_a_message(segment: Served, event: str, properties: Any, expected: Any) -> None:
    """A conversation that began, and a customer who knows of the parcel already."""
    posted(segment, CALL | {"timestamp": (NOON - timedelta(minutes=9)).isoformat()})
    segment.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    posted(segment, CALL | {"messageId": "m-2", "event": event, "properties": properties})
    asked = candidate(7) | {"evidence": {"type": "shipment.delayed", "id": "m-1", "source": "segment"}}
    answer = segment.post("/v1/decisions", asked).json()
    assert (answer["action"], [reason["code"] for reason in answer["reasons"]]) == expected


class Leaving(Counting):
    """A ledger that is away until it is back."""

    away = False

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Refuse while it is away."""
        if self.away:
            raise Unavailable("ledger: away; try again")
        return super().transaction(about=about)


def test_while_the_ledger_is_away_they_are_told_to_come_again() -> None:
    """503 with `Retry-After`: Segment sends it again, and then it is there once."""
    ledger = Leaving(memory_ledger())
    with Served(app_of(ledger, settings=Settings(segment_secret=SECRET))) as served:
        ledger.away = True
        refused = posted(served, CALL)
        ledger.away = False
        answers = [posted(served, CALL).json() for _ in range(2)]
    actual = [(each["accepted"], each["duplicates"]) for each in answers]
    assert (refused.status_code, "retry-after" in refused.headers, actual) == (503, True, [(1, 0), (0, 1)])

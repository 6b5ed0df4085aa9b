import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from model.contracts import Channel, Event, Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.access.widgets import Visit, hears, trimmed, visit_of
from serving.routes.visits import verifying

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORIGIN = "https://shop.example"
SECRET, OTHER = b"s" * 32, b"o" * 32
DRAWN = "d" * 32
GOOD: dict[str, Any] = {"sid": "s-1", "sub": "u-17", "aud": ORIGIN, "exp": NOW.timestamp() + 3600}
RSA_LIKE = b"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"


def signed(claims: Any = None, secret: bytes = SECRET, **header: Any) -> str:
    """Sign claims as a shop's server does."""
    return jwt.PyJWS().encode(json.dumps(GOOD if claims is None else claims).encode(), secret, headers=header or None)


def by_hand(header: Any, claims: Any = None, signature: bytes = b"") -> str:
    """Write a token part by part, as nobody's library does."""
    parts = (json.dumps(header).encode(), json.dumps(claims or GOOD).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def visit(header: str, *secrets: bytes, now: datetime = NOW) -> Visit:
    """Read a header with these secrets."""
    return visit_of(header, key_id="k", origin=ORIGIN, verify=verifying(secrets or (SECRET,)), now=now)


def test_a_session_that_the_page_drew_speaks_for_nobody() -> None:
    """It is known by its name alone."""
    assert visit(DRAWN) == Visit("k", DRAWN, None)


def test_a_session_that_the_shop_signed_speaks_for_its_customer() -> None:
    """What else stands in it is not read."""
    assert visit(signed(GOOD | {"iat": 0, "role": "admin"})) == Visit("k", "s-1", "u-17")


def test_one_secret_may_follow_another() -> None:
    """While both are set, what either signed holds."""
    actual = [visit(signed(secret=secret), SECRET, OTHER).user for secret in (SECRET, OTHER)]
    assert actual == ["u-17", "u-17"]


BAD_HEADERS = {
    "nothing": "",
    "short": "d" * 31,
    "long": "d" * 129,
    "other signs": "d" * 31 + "!",
    "a line": "d" * 32 + "\n",
    "two parts": "a.b",
    "four parts": "a.b.c.d",
    "too long": "a" * 2000 + ".b." + "c" * 100,
    "no JSON": "a.b.c",
    "alg none": by_hand({"alg": "none"}),
    "alg None": by_hand({"alg": "None"}, signature=b"x"),
    "alg none, with a signature": by_hand({"alg": "none"}, signature=b"x" * 32),
    "no alg": by_hand({"typ": "JWT"}, signature=b"x" * 32),
    "alg a list": by_hand({"alg": ["HS256"]}, signature=b"x" * 32),
    "RS256": by_hand({"alg": "RS256"}, signature=b"x" * 256),
    "HS512": jwt.encode(GOOD, SECRET * 2, algorithm="HS512"),
    "another secret": signed(secret=OTHER),
    "a public key as the secret": jwt.PyJWS().encode(json.dumps(GOOD).encode(), b"p" * 64),
    "a header that must be understood": signed(crit=["exp"]),
    "a detached payload": by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, signature=b"x" * 32),
    "a deep header": by_hand([]).replace(by_hand([]).split(".")[0], base64.urlsafe_b64encode(b"[" * 1200).decode()),
    "changed claims": ".".join(
        [signed().split(".")[0], by_hand({}, GOOD | {"sub": "u-18"}).split(".")[1], signed().split(".")[2]]
    ),
    "a cut signature": signed()[:-2],
}
BAD_CLAIMS: dict[str, Any] = {
    "another page": GOOD | {"aud": "https://other.example"},
    "this page among others": GOOD | {"aud": [ORIGIN, "https://other.example"]},
    "no page": {name: value for name, value in GOOD.items() if name != "aud"},
    "over": GOOD | {"exp": NOW.timestamp()},
    "over long ago": GOOD | {"exp": -1e300},
    "no end": {name: value for name, value in GOOD.items() if name != "exp"},
    "a null end": GOOD | {"exp": None},
    "an end that is true": GOOD | {"exp": True},
    "an end in words": GOOD | {"exp": str(NOW.timestamp() + 60)},
    "an endless one": GOOD | {"exp": 1e308},
    "no number": GOOD | {"exp": float("nan")},
    "more than a day": GOOD | {"exp": NOW.timestamp() + 24 * 3600 + 1},
    "not yet": GOOD | {"nbf": NOW.timestamp() + 1},
    "a strange begin": GOOD | {"nbf": "now"},
    "no session": GOOD | {"sid": None},
    "an empty session": GOOD | {"sid": ""},
    "a strange session": GOOD | {"sid": "s 1"},
    "a session that is a number": GOOD | {"sid": 1},
    "no customer": GOOD | {"sub": None},
    "a blank customer": GOOD | {"sub": " "},
    "a long customer": GOOD | {"sub": "u" * 257},
    "a customer that is a list": GOOD | {"sub": ["u-17"]},
    "a list": [GOOD],
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_what_was_not_signed_does_not_speak(name: str) -> None:
    """No other algorithm, no other secret, nothing that was changed; the refusal repeats nothing of it."""
    with pytest.raises(InvalidInput) as caught:
        visit(BAD_HEADERS[name])
    assert BAD_HEADERS[name] not in str(caught.value) or not BAD_HEADERS[name]


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_what_was_signed_must_hold_here_and_now(name: str) -> None:
    """This page, this moment, at most a day, one session and one customer."""
    with pytest.raises(InvalidInput):
        visit(signed(BAD_CLAIMS[name]))


def test_a_name_twice_is_refused() -> None:
    """Nobody can say which one counts."""
    body = json.dumps(GOOD)[:-1] + ', "sub": "u-18"}'
    with pytest.raises(InvalidInput, match="each name once"):
        visit(jwt.PyJWS().encode(body.encode(), SECRET))


def test_without_a_secret_nothing_is_signed() -> None:
    """Whatever the token says; what the page drew still speaks for nobody."""
    verify = verifying(())
    with pytest.raises(InvalidInput, match="signature"):
        visit_of(signed(), key_id="k", origin=ORIGIN, verify=verify, now=NOW)
    drawn = visit_of(DRAWN, key_id="k", origin=ORIGIN, verify=verify, now=NOW)
    assert drawn.user is None


def test_a_public_key_is_no_secret() -> None:
    """A token that is signed with text of a public key, as if it were a secret, is refused (RS256 read as HS256)."""
    token = by_hand({"alg": "HS256"}, signature=b"x" * 32)
    with pytest.raises(InvalidInput, match="signature"):
        visit(token, RSA_LIKE)


def event(**more: Any) -> Event:
    """Return a look at a page in session `s-1` by customer `u-17`."""
    said: dict[str, Any] = {
        "source": "urn:outreach:widget:k",
        "id": "e-1",
        "type": "page.viewed",
        "time": NOW,
        "subject": "u-17",
        "data": {"session": "s-1"},
    }
    return Event(**said | more)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({}, None),
        ({"type": "page.dwelled"}, None),
        ({"type": "exit.intended"}, None),
        ({"type": "session.ended"}, None),
        ({"type": "message.dismissed"}, None),
        ({"type": "shipment.delayed"}, "#/type"),
        ({"type": "customer.identified"}, "#/type"),
        ({"type": "message.received"}, "#/type"),
        ({"type": "account.fraud_suspected"}, "#/type"),
        ({"type": "page"}, "#/type"),
        ({"type": "page."}, "#/type"),
        ({"type": "page.looked_at"}, "#/type"),
        ({"type": "session.of mine"}, "#/type"),
        ({"type": "pages.viewed"}, "#/type"),
        ({"type": "PAGE.viewed"}, "#/type"),
        ({"type": "message.dismissed.really"}, "#/type"),
        ({"source": "urn:shop"}, "#/source"),
        ({"source": "urn:outreach:widget:l"}, "#/source"),
        ({"source": "urn:outreach:inline:k"}, "#/source"),
        ({"data": {}}, "#/data/session"),
        ({"data": {"session": "s-2"}}, "#/data/session"),
        ({"data": {"session": ["s-1"]}}, "#/data/session"),
        ({"subject": None}, "#/subject"),
        ({"subject": "u-18"}, "#/subject"),
        ({"subject": "visitor-" + "v" * 22}, "#/subject"),
    ],
    ids=range(25),
)
def test_a_visit_reports_what_happens_in_it(change: dict[str, Any], place: str | None) -> None:
    """Its own source, session and customer, and the types of a page; nothing that proves anything else."""
    wrong = Visit("k", "s-1", "u-17").wrong_event(event(**change))
    assert (wrong and wrong[0]) == place


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        (None, True),
        ("visitor-" + "v" * 22, True),
        ("visitor-" + "v" * 21, False),
        ("visitor-" + "v" * 21 + "!", False),
        ("visitor-", False),
        ("u-17", False),
        ("Visitor-" + "v" * 22, False),
    ],
)
def test_nobody_speaks_for_no_customer(subject: str | None, good: bool) -> None:  # noqa: FBT001  (what is expected)
    """A visitor whom nobody signed for is nobody, or an id that could not be guessed."""
    wrong = Visit("k", "s-1").wrong_event(event(subject=subject))
    assert (wrong is None) is good


@pytest.mark.parametrize("kind", list(OutcomeKind), ids=str)
def test_a_visit_reports_what_a_page_can_know(kind: OutcomeKind) -> None:
    """By the decision, never of a customer, and of no other channel."""
    seen = Visit("k", "s-1")
    known = {"delivered", "not_delivered", "engaged", "thanked", "dismissed", "opted_out"}
    good = seen.wrong_outcome(Outcome(kind=kind, time=NOW, decision_id="d"))
    others = [
        seen.wrong_outcome(Outcome(kind=kind, time=NOW, user_id="u-17")),
        seen.wrong_outcome(Outcome(kind=kind, time=NOW, decision_id="d", channel=Channel.EMAIL)),
    ]
    assert ((good is None) is (kind in known), None in others) == (True, False)


VISITOR = "visitor-" + "v" * 22
KNOWN = "visitor-" + "k" * 22
LENT = "visitor-" + "l" * 22


def customer(name: str) -> str:
    """Say whom an id stands for that comes in; the lent device is another's by now."""
    return {"alias of u-17": "u-17", KNOWN: "u-17", LENT: "u-18"}.get(name, name)


def owner(name: str) -> str:
    """Say whose the records under an id are: of the lent device the first one's."""
    return "u-17" if name == LENT else customer(name)


@pytest.mark.parametrize(
    ("change", "user", "owned"),
    [
        ({}, "u-17", True),
        ({}, "alias of u-17", True),
        ({}, KNOWN, True),
        ({"user_id": LENT}, "u-17", True),
        ({"user_id": KNOWN}, "u-17", True),
        ({}, "u-18", False),
        ({"user_id": LENT}, "u-18", False),
        ({"user_id": VISITOR}, "u-17", False),
        ({"channel": "chat"}, "u-17", False),
        ({"session_id": "s-2"}, "u-17", False),
        ({"session_id": "drawn:k:s-1"}, "u-17", False),
        ({"session_id": None}, "u-17", False),
        ({"user_id": None}, "u-17", False),
        ({}, None, False),
        ({"user_id": VISITOR}, None, False),
        ({"session_id": "drawn:k:s-1"}, None, False),
        ({"session_id": "drawn:k:s-1", "user_id": None}, None, False),
        ({"session_id": "drawn:k:s-1", "user_id": KNOWN}, None, False),
        ({"session_id": "drawn:k:s-1", "user_id": LENT}, None, False),
        ({"session_id": "drawn:l:s-1", "user_id": VISITOR}, None, False),
        ({"session_id": "drawn:k:s-1", "user_id": VISITOR, "channel": "chat"}, None, False),
        ({"session_id": "drawn:k:s-1", "user_id": VISITOR}, None, True),
    ],
    ids=range(22),
)
def test_a_decision_is_the_visits_own_or_not(change: dict[str, Any], user: str | None, owned: bool) -> None:  # noqa: FBT001  (what is expected)
    """By channel, session and key; of a customer whom somebody signed for, by any name; else of a visitor alone."""
    record = {"candidate": {"channel": "widget", "session_id": "s-1", "user_id": "u-17"} | change}
    assert Visit("k", "s-1", user).owns(record, customer, owner) is owned


def test_no_two_visits_share_a_name_by_chance() -> None:
    """Drawn or signed, of one key or another, of one customer or another: what is kept of each stands apart."""
    visits = [Visit("k", "s"), Visit("l", "s"), Visit("k", "s", "u-17"), Visit("k", "s", "u-18")]
    recorded = [one.recorded for one in visits]
    assert (recorded, len({one.digest for one in visits})) == (["drawn:k:s", "drawn:l:s", "s", "s"], 4)


@pytest.mark.parametrize("sid", ["drawn:k:s-1", "a:b"])
def test_no_signed_session_is_called_as_a_drawn_one_is_on_record(sid: str) -> None:
    """A `sid` has no colon."""
    with pytest.raises(InvalidInput, match="sid"):
        visit(signed(GOOD | {"sid": sid}))


@pytest.mark.parametrize(
    ("subject", "user", "speaks"),
    [(None, None, True), (VISITOR, None, True), (KNOWN, None, False), (LENT, None, False), ("u-17", "u-17", True)],
    ids=["nobody", "a visitor", "a customer by now", "another's by now", "signed"],
)
def test_a_visitor_who_is_known_is_a_customer(subject: str | None, user: str | None, speaks: bool) -> None:  # noqa: FBT001  (what is expected)
    """From when somebody said who that is, an id that was drawn is no longer enough to speak for them."""
    assert Visit("k", "s-1", user).speaks_for(subject, customer) is speaks


@pytest.mark.parametrize("record", [{}, {"candidate": None}, {"candidate": ""}])
def test_what_is_erased_is_nobodys(record: dict[str, Any]) -> None:
    """A record without its content is of no session."""
    assert Visit("k", "s-1").owns(record, str, str) is False


def test_a_visit_hears_its_own_sends_without_reasons() -> None:
    """No hold, no denial, no other channel, no other session; and the customer as the event named them."""
    one: dict[str, Any] = {
        "decision_id": "d",
        "action": "send",
        "trigger": True,
        "customer_would_thank": {"asked": True, "benefit": 0.1},
        "reasons": ["why"],
        "arm": "model",
        "logging_propensity": 0.9,
        "model_version": "7",
        "user": {"id": "u-17"},
        "channel": "widget",
        "evidence": {"id": "e-1", "source": "urn:outreach:widget:k"},
        "session": {"id": "drawn:k:s-1"},
    }
    others = [
        {"action": "hold"},
        {"action": "deny"},
        {"channel": "chat"},
        {"session": {"id": "s-1"}},
        {"session": {"id": "drawn:l:s-1"}},
        {"session": None},
    ]
    heard = hears(Visit("k", "s-1"), [one, *(one | other for other in others)], {"e-1": "visitor-x"})
    assert heard == [{**trimmed(one), "user": {"id": "visitor-x"}, "session": {"id": "s-1"}}]
    text = json.dumps(heard)
    assert [word in text for word in ("why", "0.1", "0.9", '"model"', "u-17", '"7"')] == [False] * 6


def test_a_signed_session_ends_at_its_instant() -> None:
    """A moment before it holds, at the moment it does not."""
    ends = NOW + timedelta(hours=1)
    assert visit(signed(), now=ends - timedelta(seconds=1)).user == "u-17"
    with pytest.raises(InvalidInput, match="`exp` is missing or over"):
        visit(signed(), now=ends)

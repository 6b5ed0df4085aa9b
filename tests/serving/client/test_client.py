"""The client against the API: what is asked, what it is told, and what it does with a refusal."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from model.contracts import RenderedMessage
from model.errors import InvalidInput
from serving.client import Decision, NoAnswer, Outreach, Recorded, Refused
from serving.settings import Settings
from tests.serving.client.in_process import asking
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, token

TEXT = "Your parcel A-1 now arrives on Friday. Reply to change the address."


@pytest.fixture
def clock() -> Watch:
    """The clock of both."""
    return Watch()


@pytest.fixture
def api(clock: Watch) -> Iterator[Served]:
    """An API in which a customer agreed to chat, and a parcel of theirs is late."""
    with Served(app_of(clock=clock, settings=Settings(shipped_triggers=True))) as served:
        consent(served, "u-17")
        yield served


@pytest.fixture
def outreach(api: Served, clock: Watch) -> Iterator[Outreach]:
    """A client of it."""
    with asking(api, clock) as client:
        yield client


def decided(outreach: Outreach) -> Decision:
    """Record the delay, and ask about it."""
    assert isinstance(outreach.record([event()]), Recorded)
    answer = outreach.decide(candidate())
    assert isinstance(answer, Decision)
    return answer


def test_a_send_says_what_to_send(outreach: Outreach) -> None:
    """Its text, until when, and all the rest as it came."""
    answer = decided(outreach)
    assert (answer.action, answer.trigger, answer.reasons) == ("send", True, ())
    assert answer.message == RenderedMessage(text=TEXT, expects_reply=True)
    assert (answer.decided_at, answer.raw["arm"]) == (NOON, "model")


def test_a_denial_says_why(outreach: Outreach) -> None:
    """Without its evidence there is no message; nothing is raised."""
    answer = outreach.decide(candidate(7))
    assert isinstance(answer, Decision)
    assert (answer.action, answer.trigger, answer.message) == ("deny", False, None)
    assert "evidence_missing" in [reason.code for reason in answer.reasons]


def test_a_send_is_confirmed_and_reported(outreach: Outreach) -> None:
    """Reported twice it is one outcome; then it is told, and a confirmation cancels."""
    answer = decided(outreach)
    first = outreach.confirm(answer.decision_id)
    assert isinstance(first, Decision)
    reported = [outreach.report("delivered", decision_id=answer.decision_id) for _ in range(2)]
    later = outreach.confirm(answer.decision_id)
    assert isinstance(later, Decision)
    actual = (first.action, first.trigger, reported, later.action, later.trigger)
    assert actual == ("send", True, [True, True], "cancel", False)


def test_the_same_key_is_decided_once(outreach: Outreach) -> None:
    """Who asks again after a crash gets the decision that was made."""
    outreach.record([event()])
    both = [outreach.decide(candidate(), idempotency_key="order-17") for _ in range(2)]
    assert both[0] == both[1]


def test_a_send_that_expired_is_none(outreach: Outreach, clock: Watch) -> None:
    """The same answer, asked for again after its end: to be confirmed anew, if anything."""
    outreach.record([event()])
    before = outreach.decide(candidate(), idempotency_key="order-17")
    clock.turn(hours=23, minutes=59)
    after = outreach.decide(candidate(), idempotency_key="order-17")
    assert isinstance(after, Decision)
    assert (before.trigger, after.action, after.trigger) == (True, "send", False)


def test_events_say_what_their_triggers_decided(outreach: Outreach) -> None:
    """One is new, one is known, one is wrong; the new one had a trigger."""
    wrong = event(2) | {"time": (NOON + timedelta(hours=1)).isoformat()}
    told = outreach.record([event(), event(), wrong])
    assert isinstance(told, Recorded)
    assert (told.accepted, told.duplicates, [each.index for each in told.rejected]) == (1, 1, [2])
    assert [each.raw["matched"] for each in told.decisions] == ["parcel_delayed"]


def test_preferences_are_put_on_record(outreach: Outreach) -> None:
    """Whatever the id: it is one part of the path."""
    ids = ["u-1", "a/b", "..", "u?x#y", "ü %2F"]
    assert [outreach.preferences(each, consent={"chat": True}, timezone="Europe/Paris") for each in ids] == [True] * 5
    told = outreach.record([event(number, user=each) for number, each in enumerate(ids)])
    assert isinstance(told, Recorded)
    reasons = [reason.code for each in told.decisions for reason in each.reasons if reason.code != "held_out"]
    assert (len(told.decisions), reasons) == (5, [])


@pytest.mark.parametrize(
    ("scope", "body", "status"),
    [("read", candidate(), 403), ("decide", {"user": 1}, 422), ("none", candidate(), 401)],
    ids=["scope", "body", "key"],
)
def test_what_the_caller_must_mend_is_raised(
    api: Served, clock: Watch, scope: str, body: dict[str, object], status: int
) -> None:
    """With where and what; nothing of it is tried again."""
    with asking(api, clock, key=token(scope)) as outreach, pytest.raises(Refused) as raised:
        outreach.decide(body)
    assert (raised.value.status, clock()) == (status, NOON)
    assert bool(raised.value.errors) == (status == 422)


def test_an_unknown_decision_is_refused(outreach: Outreach) -> None:
    """By its confirmation and by its report."""
    with pytest.raises(Refused, match="404"):
        outreach.confirm("01NONE")
    with pytest.raises(Refused, match="404"):
        outreach.report("delivered", decision_id="01NONE")


def test_a_ledger_that_is_away_is_no_answer() -> None:
    """Nobody decided: nothing is sent, and the caller may go on."""
    with Outreach("http://127.0.0.1:1", "k", patience=0.2) as outreach:
        answer = outreach.decide(candidate())
        reported = outreach.report("engaged", user_id="u-17")
    assert (answer, answer.trigger, reported) == (NoAnswer(why="unreachable"), False, False)


def test_the_key_is_not_shown(outreach: Outreach) -> None:
    """Not by a representation."""
    assert repr(outreach) == "Outreach('http://test', key='***')"


@pytest.mark.parametrize(
    "url",
    [
        *("", "outreach.example", "ftp://x", "http://", "https://u:p@x", "http://[x"),
        *("https://x/?a", "https://x/#a", "https://x?", "https://x#"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    """At once, and it is not shown."""
    with pytest.raises(InvalidInput, match="no address of an API"):
        Outreach(url, "k")


@pytest.mark.parametrize("key", ["", "a b", "k\n", "ключ"])
def test_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    """At once, and it is not shown."""
    with pytest.raises(InvalidInput, match="no API key"):
        Outreach("https://x", key)

"""The client over real connections, and everything that can happen to an answer on its way."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.client import Decision, NoAnswer, Recorded
from serving.client import outreach as client_module
from tests.serving.client.front import FAULTS, SLOW, Asked, Front, cut, late, passed, said, through
from tests.serving.served import EVERYTHING, Served, Watch, app_of, candidate, consent, event

BRIEF = 0.2  # seconds for a try that nobody answers
every_fault = pytest.mark.parametrize("name", FAULTS)


@pytest.fixture
def api() -> Iterator[Served]:
    """An API that knows of a late parcel, whose customer agreed to chat."""
    with Served(app_of(clock=Watch())) as served:
        consent(served, "u-17")
        served.post("/v1/events", event())
        yield served


def brief(name: str) -> float:
    """Return how long a try may take: where nobody will answer, not long."""
    return BRIEF if name in SLOW else 20


def on_record(api: Served) -> list[str]:
    """Return the decisions about the customer."""
    return [each["decision_id"] for each in api.get("/v1/decisions?user=u-17").json()["decisions"]]


@every_fault
def test_what_was_lost_is_asked_again_and_decided_once(api: Served, name: str) -> None:
    """Twice it fails, then the answer comes: of the one decision on record, under one key."""
    fault, _ = FAULTS[name]
    with Front(api, fault, fault, passed) as front, through(front, [], timeout=brief(name)) as outreach:
        answer = outreach.decide(candidate())
    assert isinstance(answer, Decision)
    assert (answer.trigger, on_record(api), len(front.keys())) == (True, [answer.decision_id], 1)


@every_fault
def test_what_stays_away_is_no_send(api: Served, name: str) -> None:
    """Whatever it is: `trigger` is false, and `why` says what happened."""
    fault, why = FAULTS[name]
    with Front(api, fault) as front, through(front, [], timeout=brief(name)) as outreach:
        answer = outreach.decide(candidate(), idempotency_key="order-17")  # by which the waits are known
    assert isinstance(answer, NoAnswer)
    assert (answer.trigger, answer.message, answer.why) == (False, None, why)
    assert len(front.got) > 5


@every_fault
def test_events_are_recorded_once(api: Served, name: str) -> None:
    """The answer that was lost comes again, with what it said the first time."""
    fault, _ = FAULTS[name]
    with Front(api, fault, passed) as front, through(front, [], timeout=brief(name)) as outreach:
        told = outreach.record([event(2)])
    assert isinstance(told, Recorded)
    assert (told.accepted, told.duplicates, told.rejected) == (1, 0, ())


@pytest.mark.parametrize("name", ["cut", "half an answer", "answered after the timeout", "503", "garbage"])
def test_a_confirmation_and_a_report_are_asked_again(api: Served, name: str) -> None:
    """Both say what they would have said the first time."""
    decision = api.post("/v1/decisions", candidate()).json()["decision_id"]
    fault, _ = FAULTS[name]
    with Front(api, fault, passed, fault, passed) as front, through(front, [], timeout=brief(name)) as outreach:
        confirmed = outreach.confirm(decision)
        reported = outreach.report("delivered", decision_id=decision)
    outcomes = api.get(f"/v1/decisions/{decision}").json()["outcomes"]
    assert (confirmed.trigger, reported, [each["kind"] for each in outcomes]) == (True, True, ["delivered"])


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_never_shorter_than_asked(api: Served, status: int) -> None:
    """`Retry-After` first; where it says nothing, waits grow."""
    does = (said(status, **{"retry-after": "7"}), said(status), said(status), said(status), passed)
    waits: list[float] = []
    with Front(api, *does) as front, through(front, waits) as outreach:
        assert outreach.decide(candidate()).trigger
    assert waits[0] == 7
    assert 0 < waits[1] < waits[3] < 2


def test_nothing_waits_longer_than_patience(api: Served) -> None:
    """A minute would be over it: the answer is at once that there is none."""
    waits: list[float] = []
    with Front(api, said(429, **{"retry-after": "61"})) as front, through(front, waits) as outreach:
        answer = outreach.decide(candidate())
    assert (answer, waits, len(front.got)) == (NoAnswer(why="busy", status=429), [], 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_followed(api: Served, status: int) -> None:
    """The key goes nowhere else, and nothing is tried again."""
    with Front(api, passed) as other:
        elsewhere = said(status, location=f"{other.url}/v1/decisions")
        with Front(api, elsewhere) as front, through(front, []) as outreach:
            answer = outreach.decide(candidate())
    assert (answer, len(front.got), other.got) == (NoAnswer(why="redirect", status=status), 1, [])


def test_an_answer_without_end_is_not_kept(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than any answer is none."""
    monkeypatch.setattr(client_module, "LONGEST_ANSWER", 100)
    with Front(api, passed) as front, through(front, []) as outreach:
        assert outreach.decide(candidate()) == NoAnswer(why="broken")


def test_an_answer_that_drips_is_left(api: Served) -> None:
    """Nothing goes on after a try has ended: its connection is closed, and free for what is asked next."""
    left = threading.Event()

    def dripping_body(front: Front, asked: Asked) -> None:
        asked.by.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        try:
            while not front.ended.wait(0.02):
                asked.by.wfile.write(b" ")
        except OSError:
            left.set()
            raise

    with Front(api, dripping_body) as front, through(front, [], timeout=BRIEF, patience=BRIEF) as outreach:
        answer = outreach.decide(candidate())
        assert (answer, left.wait(5)) == (NoAnswer(why="timeout"), True)


def test_this_very_machine_is_reached_without_a_proxy(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of proxies: the request, and the key in it, stay here."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Front(api, passed) as front, through(front, []) as outreach:
        assert outreach.decide(candidate()).trigger


def test_who_calls_is_said_and_nothing_more(api: Served) -> None:
    """One key, one Idempotency-Key, no cookies; an answer as it is, not packed."""
    with Front(api, passed) as front, through(front, []) as outreach:
        outreach.decide(candidate(), idempotency_key="order-17")
    (asked,) = front.got
    names = ("authorization", "idempotency-key", "content-type", "accept-encoding", "cookie")
    expected = [f"Bearer {EVERYTHING}", "order-17", "application/json", "identity", None]
    assert [asked.headers.get(name) for name in names] == expected


def test_threads_share_a_client(api: Served) -> None:
    """Each has its own answer, about its own customer, and nobody's is lost or swapped."""
    users = [f"u-{number}" for number in range(100, 116)]
    consent(api, *users)
    api.post("/v1/events", [event(user, user=user) for user in users])
    with (
        Front(api, *([cut] * 5), *([passed] * 3), *([late] * 2), passed) as front,
        through(front, [], timeout=5) as outreach,
        ThreadPoolExecutor(len(users)) as pool,
    ):
        told = list(pool.map(lambda user: outreach.decide(candidate(user, user=user)), users))
    ids = [each.decision_id for each in told if isinstance(each, Decision)]
    about = [api.get(f"/v1/decisions/{each}").json()["candidate"]["user_id"] for each in ids]
    assert about == users

"""Delivering offers: to a real HTTP server on this machine, over real connections."""

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.offers.offering import delay_after
from serving.settings import Settings
from serving.timetable import OfferState
from tests.serving.adapters.webhooks.hooked import KEY, SECRET, hooked, offer, offered, tick, verified
from tests.serving.adapters.webhooks.receiving import CANARY, Received, Receiver, Said
from tests.serving.served import NOON, Served, Watch, app_of

ROOT = Path(__file__).resolve().parents[4]
SECOND = timedelta(seconds=1)


def test_an_offer_is_delivered_once(api: Served, receiver: Receiver) -> None:
    """The very bytes that were offered, signed; then nothing is due."""
    number = offer(api)
    ticks = [tick(api), tick(api)]
    found, (got,) = offered(api, number), receiver.got
    actual = (ticks, got.body == found.body, verified(got), verified(got, b"x" * 32), got.headers["content-type"])
    assert actual == ([1, 0], True, True, False, "application/json")
    assert (found.state, found.status, found.error, found.attempts) == (OfferState.DELIVERED, 200, None, 1)
    assert (got.path, json.loads(got.body)["data"]["trigger"]) == (f"/hook?tenant={CANARY}", True)


def test_a_delivery_says_who_calls_and_nothing_more(api: Served, receiver: Receiver) -> None:
    """No key of ours is in its headers, and no customer."""
    offer(api)
    tick(api)
    (got,) = receiver.got
    assert got.headers["user-agent"].startswith("outreach/")
    assert ("authorization" in got.headers, "u-17" in str(got.headers), "cookie" in got.headers) == (False,) * 3


def test_two_secrets_sign_while_one_follows_the_other(receiver: Receiver, clock: Watch) -> None:
    """A receiver that knows either of them takes the delivery."""
    other = "whsec_" + "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
    with hooked(receiver, clock, secret=f"{SECRET} {other}") as api:
        offer(api)
        tick(api)
    (got,) = receiver.got
    assert [verified(got, key) for key in (KEY, b"a" * 24, b"b" * 24)] == [True, True, False]


@pytest.mark.parametrize(
    ("says", "state", "error"),
    [
        (Said(status=200), "delivered", None),
        (Said(status=202), "delivered", None),
        (Said(status=204), "delivered", None),
        (Said(status=299), "delivered", None),
        (Said(status=302, headers={"Location": "/elsewhere"}), "waiting", "redirect"),
        (Said(status=308, headers={"Location": "http://127.0.0.1:1/"}), "waiting", "redirect"),
        (Said(status=304), "waiting", "redirect"),
        (Said(status=400), "waiting", "refused"),
        (Said(status=401), "waiting", "refused"),
        (Said(status=404), "waiting", "refused"),
        (Said(status=410), "dead", "gone"),
        (Said(status=429), "waiting", "busy"),
        (Said(status=500), "waiting", "failed"),
        (Said(status=503), "waiting", "busy"),
    ],
    ids=lambda part: str(part.status) if isinstance(part, Said) else None,
)
def test_what_a_status_means(api: Served, receiver: Receiver, *, says: Said, state: str, error: str | None) -> None:
    """Only 2xx is a delivery; 410 is the end; nothing is followed; the rest is tried again, later by the first wait."""
    receiver.says = [says]
    number = offer(api)
    tick(api)
    found = offered(api, number)
    assert (found.state, found.status, found.error) == (state, says.status, error)
    assert [got.path.split("?")[0] for got in receiver.got] == ["/hook"]
    assert found.next_at == NOON + (delay_after(number, attempts=1) if state == "waiting" else timedelta())


@pytest.mark.parametrize(
    ("says", "error"),
    [(Said(breaks=True), "broken"), (Said(hangs=0.6), "timeout"), (None, "unreachable")],
    ids=["hangs up", "says nothing", "is not there"],
)
def test_no_answer_is_no_delivery(
    receiver: Receiver, clock: Watch, monkeypatch: pytest.MonkeyPatch, says: Said | None, error: str
) -> None:
    """One word says why; it is tried again."""
    if error == "timeout":
        monkeypatch.setattr("serving.adapters.webhooks.PATIENCE", 0.2)
    receiver.says = [says or Said()]
    with hooked(receiver if says else "http://127.0.0.1:1/hook", clock) as api:
        number = offer(api)
        tick(api)
        found = offered(api, number)
    assert (found.state, found.status, found.error, found.attempts) == (OfferState.WAITING, None, error, 1)


@pytest.mark.parametrize("length", ["2", "900000", None])
def test_a_body_that_never_comes_changes_nothing(
    api: Served, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, length: str | None
) -> None:
    """The status was there: it is a delivery; a long body is not even waited for."""
    monkeypatch.setattr("serving.adapters.webhooks.DRAIN", 0.1)
    receiver.says = [Said(headers={} if length is None else {"Content-Length": length}, stalls=0.4)]
    number = offer(api)
    tick(api)
    assert (offered(api, number).state, offered(api, number).status) == (OfferState.DELIVERED, 200)


def test_a_connection_is_used_again(api: Served, receiver: Receiver) -> None:
    """A short answer is read to its end, and thrown away: the next delivery needs no new connection."""
    opened: list[object] = []
    accept = receiver._server.get_request
    receiver._server.get_request = lambda: opened.append(1) or accept()  # type: ignore[method-assign,func-returns-value]
    for number in (1, 2, 3):
        offer(api, number, user=f"u-{number}")
        tick(api)
    assert (len(receiver.got), len(opened)) == (3, 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(webhook_url="https://hooks.example/in"), "there is no secret"),
        (Settings(webhook_url="http://hooks.example/in", webhook_secret=SECRET), "use `https`"),
        (Settings(webhook_url="https://xn--\x7f/", webhook_secret=SECRET), "this is no address"),
    ],
    ids=["no secret", "no https", "no address"],
)
def test_settings_that_cannot_be_used_are_refused(settings: Settings, words: str) -> None:
    """However they were made: the API does not start with them."""
    with pytest.raises(InvalidInput, match=words):
        app_of(settings=settings)


def test_only_one_file_talks_to_others() -> None:
    """Nothing else of the API has a client of any kind; the doctor connects where it is told, and says nothing.

    The client and the relay are no part of the API: they run at whoever asks it.
    """
    clients = {"httpx", "requests", "urllib3", "aiohttp", "http", "urllib.request", "socket"}
    found = set()
    for path in sorted([*ROOT.glob("serving/**/*.py"), *ROOT.glob("model/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name in clients or name.split(".")[0] in clients for name in names):
                found.add(path.relative_to(ROOT).as_posix())
    servers = ("draining", "server", "workers", "connection")
    listening = {"serving/cli/shop/site.py"} | {f"serving/server/{name}.py" for name in servers}
    beside = {"serving/client/outreach.py"} | {path for path in found if path.startswith("serving/relay/")}
    assert found - listening - beside - {"serving/cli/demo_api.py", "serving/cli/surroundings.py"} == {
        "serving/adapters/webhooks.py"
    }


def test_a_received_request_is_what_was_sent() -> None:
    """The check of the signature can fail: another body, id or time is not what was signed."""
    headers = {"webhook-id": "i", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert verified(Received("/", headers, b"{}")) is False

"""docs/clients.md: its blocks run as they stand, against an API over HTTP, and against one whose answers are spoilt."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright._impl._driver import compute_driver_executable

from serving.cli.scenes import zone_where
from serving.client.answers import WHY
from serving.client.calls import BUSY
from serving.system import now
from tests.docs.pages import block, blocks
from tests.end_to_end.server import AUTHORIZED, KEY, Server, with_key
from tests.serving.adapters.webhooks.hooked import offer_of
from tests.serving.client.front import FAULTS, SLOW, Fault, Front, passed, said
from tests.serving.served import EVERYTHING, Served, Watch, app_of, candidate, event

PAGE = (Path(__file__).parents[3] / "docs" / "clients.md").read_text("utf-8")
NODE = compute_driver_executable()[0]  # it comes with a package of the tests, so that nothing skips
CUSTOMERS = {"sh": "u-17", "javascript": "u-18", "python": "u-19"}  # one each: nobody is told twice
TEXT = "We could not deliver your parcel A-8: the door was locked."
ASKS = """
import {{ outreach }} from "./outreach.mjs";
const [, , url, key, timeout, patience, body] = process.argv;
const api = outreach(url, key, {{ timeout: Number(timeout), patience: Number(patience) }});
const told = await api.{call};
console.log(JSON.stringify(told));
"""


def theirs(language: str, those: list[str]) -> list[str]:
    """Return them with a customer and ids of their own, in whose zone it is day."""
    number = CUSTOMERS[language].removeprefix("u-")
    there = zone_where(14, now())
    of_them = (text.replace("u-17", CUSTOMERS[language]) for text in those)
    return [text.replace("ev-99", f"ev-{number}-99").replace("Europe/Paris", there) for text in of_them]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API in a process of its own, with the shipped triggers."""
    ledger = tmp_path_factory.mktemp("clients") / "outreach.db"
    with_key(ledger)
    with Server(ledger, more={"SHIPPED_TRIGGERS": "true"}) as running:
        told = {"timezone": zone_where(14, now()), "consent": {"chat": True}}
        for user in ("u-18", "u-19"):
            path = f"{running.url}/v1/users/{user}/preferences"
            assert httpx.put(path, headers=AUTHORIZED, json=told, timeout=30).status_code == 200
        yield running


def run(command: list[str], folder: Path, url: str, key: str = KEY) -> str:
    """Run a program as a user would; return what it prints."""
    environment = {**os.environ, "API": url, "KEY": key}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def on_record(server: Server, user: str) -> list[tuple[str, str, list[str]]]:
    """Return what was decided about a customer, oldest first: parcel, action and what followed."""
    client = httpx.Client(base_url=server.url, headers=AUTHORIZED, timeout=30)
    with client:
        listed = client.get(f"/v1/decisions?user={user}").json()["decisions"]
        records = [client.get(f"/v1/decisions/{each['decision_id']}").json() for each in listed]
    shown = [
        (each["candidate"]["message"]["facts"]["parcel"], each["action"], [one["kind"] for one in each["outcomes"]])
        for each in records
    ]
    return sorted(shown)


EXPECTED = [("A-7", "send", []), ("A-8", "send", ["delivered"])]


def test_the_shell_asks(server: Server, tmp_path: Path) -> None:
    """All its blocks, one after the other."""
    printed = run(
        ["bash", "-e", "-u", "-c", "\n".join(theirs("sh", blocks("docs/clients.md", "sh")))], tmp_path, server.url
    )
    assert (TEXT in printed, on_record(server, "u-17")) == (True, EXPECTED)


def test_javascript_asks(server: Server, tmp_path: Path) -> None:
    """The module, and the program that uses it."""
    module, program = theirs("javascript", blocks("docs/clients.md", "javascript"))
    (tmp_path / "outreach.mjs").write_text(module)
    (tmp_path / "send.mjs").write_text(program)
    printed = run([NODE, "send.mjs"], tmp_path, server.url)
    assert (TEXT in printed, "parcel_failed true" in printed) == (True, True)
    assert on_record(server, "u-18") == EXPECTED


def test_python_asks(server: Server, tmp_path: Path) -> None:
    """The first of its programs."""
    (tmp_path / "send.py").write_text(theirs("python", blocks("docs/clients.md", "python"))[0])
    printed = run([sys.executable, "send.py"], tmp_path, server.url)
    assert (TEXT in printed, "parcel_failed True" in printed) == (True, True)
    assert on_record(server, "u-19") == EXPECTED


@pytest.fixture
def api() -> Iterator[Served]:
    """An API in this process, whose clock is the machine's: JavaScript has no other."""
    at = now()
    with Served(app_of(clock=Watch(at))) as served:
        told = {"timezone": zone_where(14, at), "consent": {"chat": True}}
        assert served.call("PUT", "/v1/users/u-17/preferences", json=told).status_code == 200
        served.post("/v1/events", event(at=at, type="shipment.failed", data=FAILED))
        yield served


FAILED = {"parcel": "A-1", "reason": "nobody was home"}
ASKED = candidate() | {
    "user": {"id": "u-17"},
    "evidence": {"type": "shipment.failed", "id": "ev-1"},
    "message": {"template": "parcel_failed", "facts": FAILED},
}


def in_javascript(folder: Path, front: Front, call: str, *, timeout: float, patience: float, body: Any = ASKED) -> Any:
    """Make one call with the page's module; return what it came to."""
    (folder / "outreach.mjs").write_text(block("docs/clients.md", "javascript"))
    (folder / "ask.mjs").write_text(ASKS.format(call=call))
    words = [NODE, "ask.mjs", front.url, EVERYTHING, str(1000 * timeout), str(1000 * patience), json.dumps(body)]
    return json.loads(run(words, folder, front.url))


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "another answer"])
def test_javascript_asks_again_and_it_is_decided_once(api: Served, tmp_path: Path, name: str) -> None:
    """Whatever happened to the first answer: the same key, the same decision."""
    fault, _ = FAULTS[name]
    timeout = 0.5 if name in SLOW else 30
    with Front(api, fault, passed) as front:
        told = in_javascript(tmp_path, front, "decide(JSON.parse(body))", timeout=timeout, patience=60)
    listed = [each["decision_id"] for each in api.get("/v1/decisions?user=u-17").json()["decisions"]]
    assert (told["trigger"], listed, len(front.keys())) == (True, [told["decision_id"]], 1)


@pytest.mark.parametrize("name", FAULTS)
def test_javascript_sends_nothing_without_an_answer(api: Served, tmp_path: Path, name: str) -> None:
    """Nobody answers, or nothing that can be read: no send, and the program goes on."""
    fault, _ = FAULTS[name]
    with Front(api, fault) as front:
        told = in_javascript(tmp_path, front, "decide(JSON.parse(body))", timeout=0.2, patience=0.5)
    assert told["trigger"] is False


@pytest.mark.parametrize(
    "fault", [said(302, location="/elsewhere"), said(429, **{"retry-after": "61"})], ids=["redirect", "a minute"]
)
def test_javascript_neither_follows_nor_waits_too_long(api: Served, tmp_path: Path, fault: Fault) -> None:
    """It asks once, and there is no send."""
    with Front(api, fault) as front:
        told = in_javascript(tmp_path, front, "decide(JSON.parse(body))", timeout=30, patience=60)
    assert (told["trigger"], len(front.got)) == (False, 1)


def test_javascript_says_what_is_to_be_mended(api: Served, tmp_path: Path) -> None:
    """A body that is no candidate, and a decision that is none: at once."""
    caught = "{}.catch((refused) => [refused.status, refused.errors.length])"
    calls = ["decide({user: 1})", "confirm('01NONE')", "report({decision_id: '01NONE', kind: 'delivered'})"]
    with Front(api, passed) as front:
        told = [in_javascript(tmp_path, front, caught.format(call), timeout=30, patience=60) for call in calls]
    assert ([each[0] for each in told], told[0][1] > 0, len(front.got)) == ([422, 404, 404], True, 3)


@pytest.mark.parametrize("name", ["503", "cut", "half an answer"])
def test_the_shell_asks_again_and_it_is_decided_once(api: Served, tmp_path: Path, name: str) -> None:
    """As curl does it: the same key, the same decision."""
    fault, _ = FAULTS[name]
    (tmp_path / "body.json").write_text(json.dumps(ASKED))
    asks = (
        block("docs/clients.md", "sh").split("\n\n")[0]
        + '\nask POST /v1/decisions key-1 "$(cat body.json)" 2>/dev/null; cat answer.json'
    )
    with Front(api, fault, passed) as front:
        told = json.loads(run(["bash", "-e", "-c", asks], tmp_path, front.url, EVERYTHING))
    assert (told["trigger"], [asked.headers["idempotency-key"] for asked in front.got]) == (True, ["key-1"] * 2)


def test_offers_are_asked_for(api: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The second program in Python: an offer is confirmed, sent and reported, and then it is told."""
    offer_of(api, api.post("/v1/decisions", ASKED).json()["decision_id"])
    with Front(api, passed) as front:
        monkeypatch.setenv("API", front.url)
        monkeypatch.setenv("KEY", EVERYTHING)
        for _ in range(2):
            exec(compile(block("docs/clients.md", "python", 1), "clients.md", "exec"), {})  # noqa: S102  (our own page)
    assert capsys.readouterr().out.count("u-17 chat We could not deliver your parcel A-1") == 1


def test_its_words_are_the_clients() -> None:
    """Each word for no answer, as the code has it; and which statuses are asked again."""
    table = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    again = ", ".join(map(str, BUSY))
    (sets,) = re.findall(r"const AGAIN = \[(.*?)\]", PAGE)
    assert table == dict(WHY)
    assert f"| {again} | asks again" in PAGE
    assert sets == ", ".join(str(status) for status in BUSY if status < 500)

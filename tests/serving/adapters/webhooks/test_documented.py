"""docs/offers.md: its code runs, its commands are good requests, its numbers are those of the code."""

import json
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any, get_args

import pytest

from serving.adapters.webhooks import AT_ONCE, PATIENCE
from serving.offers.offering import DELAYS, TRIES
from serving.schemas.offers import ErrorName, OfferBody
from serving.settings import load_settings
from serving.timetable import OfferState
from tests.docs.pages import block, blocks
from tests.serving.adapters.webhooks.hooked import SECRET, offer, offered, tick
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.routes.confirming import said
from tests.serving.served import EVERYTHING, NOON, Served, Watch, candidate, consent, event

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "offers.md").read_text(encoding="utf-8")
WORDS = re.sub(r"\s+", " ", PAGE)


def run(code: str) -> dict[str, Any]:
    """Run one block of the page; return what it defines."""
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  (the page's own code: that it runs is what is tested)
    return names


def curl(api: Served, command: str, **names: str) -> tuple[int, Any]:
    """Make the request that a command of the page makes; return the status and the body."""
    words = iter(shlex.split(Template(command).substitute(names | {"KEY": EVERYTHING, "API": ""}))[1:])
    method, path, headers, body = "GET", "", {}, None
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, text = next(words).partition(": ")
            headers[name] = text
        elif word == "-d":
            body = next(words)
        else:
            path = word
    answer = api.call(method, path, headers=headers, content=body)
    return answer.status_code, answer.json()


def test_the_settings_of_the_page_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a secret as the page makes it, another one each time; the page shows none that somebody could copy."""
    path, made = tmp_path / "outreach.toml", []
    for _ in range(2):
        run(block("docs/offers.md", "python", 0))
        made.append(capsys.readouterr().out.strip())
        path.write_text(block("docs/offers.md", "toml", 0).replace("whsec_…", made[-1]))
        settings = load_settings(path, environ={})
        assert (settings.webhook_url, settings.webhook_secret) == ("https://chat.example/hooks/outreach", made[-1])
    assert (len(set(made)), re.findall(r"whsec_\w{20}", PAGE)) == (2, [])


def test_the_check_of_the_page_knows_our_deliveries(api: Served, receiver: Receiver) -> None:
    """And refuses another body, id, secret or time."""
    offer(api)
    tick(api)
    (got,), is_ours, now = receiver.got, run(block("docs/offers.md", "python", 1))["is_ours"], NOON.timestamp()
    other = "whsec_" + "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
    assert is_ours(got.headers, got.body, SECRET, now + 300) is True
    assert [
        is_ours(got.headers, got.body + b" ", SECRET, now),
        is_ours(got.headers | {"webhook-id": "offer_2_x"}, got.body, SECRET, now),
        is_ours(got.headers, got.body, other, now),
        is_ours(got.headers, got.body, SECRET, now + 301),
        is_ours(got.headers, got.body, SECRET, now - 301),
    ] == [False] * 5


def test_the_example_says_what_a_delivery_says(api: Served, receiver: Receiver) -> None:
    """Its fields are among those of a real one, which fits the schema; those left out are the answer's own."""
    offer(api)
    tick(api)
    body, example = json.loads(receiver.got[0].body), json.loads(block("docs/offers.md", "json", 0))
    assert (list(example), set(example["data"]) - set(body["data"])) == (list(body), set())
    assert OfferBody.model_validate(body).data.decision_id == body["data"]["decision_id"]


def test_the_commands_of_the_page_are_good_requests(api: Served, receiver: Receiver) -> None:
    """In their order: listed, confirmed, reported, what came since, the dead ones, one of them put back."""
    receiver.says = [Said(status=410)]
    number = offer(api)
    waiting, confirm, since, dead, retry = (block.strip() for block in blocks("docs/offers.md", "sh"))
    listed = curl(api, waiting)
    decision = listed[1]["offers"][0]["decision_id"]
    tick(api)
    codes = [curl(api, dead)[1]["offers"][0]["number"], curl(api, retry, NUMBER=str(number))[0]]
    said = [curl(api, line, DECISION=decision, NOW=NOON.isoformat()) for line in confirm.splitlines()]
    assert (listed[0], codes, [code for code, _ in said]) == (200, [number, 200], [200, 202])
    assert (said[0][1]["action"], said[1][1]["accepted"]) == ("send", 1)
    assert (curl(api, since, NUMBER=str(number)), offered(api, number).state) == (
        (200, {"offers": [], "next_cursor": None}),
        OfferState.DELIVERED,
    )


def test_who_was_held_confirms_and_does_not_ask_anew(api: Served, clock: Watch) -> None:
    """As the page says: when its time has come a hold is a send, which counts, whoever takes it."""
    consent(api, "u-17")
    clock.at = NOON + timedelta(hours=10)
    api.post("/v1/events", event(at=clock.at))
    held = api.post("/v1/decisions", candidate()).json()
    clock.at = datetime.fromisoformat(held["not_before"])
    api._wait(api.app.state.api.timekeeper.tick())
    anew = api.post("/v1/decisions", candidate()).json()
    confirmed = api.call("POST", f"/v1/decisions/{held['decision_id']}/confirm").json()
    assert (held["action"], said(anew)[:2], confirmed["action"]) == ("hold", ("deny", "already_told"), "send")
    assert ("is denied, `already_told`" in WORDS, "it answers `send`" in WORDS) == (True, True)


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    """Waits, tries, seconds, and how many at once."""
    expected = [timedelta(seconds=one) for one in (5, 30, 120, 600, 1800, 3600, 7200)]
    assert (list(DELAYS), TRIES, PATIENCE, AT_ONCE) == (expected, 16, 10.0, 8)
    assert "after 5 seconds, 30 seconds, 2, 10 and 30 minutes, an hour, and then every two hours" in WORDS
    assert ("After 16 tries" in WORDS, "within ten seconds" in WORDS, "At most eight deliveries" in WORDS) == (
        True,
    ) * 3


def test_every_error_and_every_state_is_explained() -> None:
    """By its name."""
    names = [*get_args(ErrorName), *OfferState]
    missing = [name for name in names if f"`{name}`" not in PAGE and f"state={name}" not in PAGE]
    assert missing == []

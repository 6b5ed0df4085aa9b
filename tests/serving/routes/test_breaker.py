"""The breaker through the API: exactly the allowed number goes, and a person with an admin key lets more go."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.contracts import JSON
from serving.app import create_app
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.served import NOON, Served, Watch, app_of, candidate, memory_ledger, token, with_keys

FEW: Mapping[str, JSON] = {"breaker_volume": 3, "breaker_times": 2}
FAILED, FRAUD, PAYMENT, NEW_DEVICE = (
    ("delivery_update", "shipment.failed", "parcel_failed", {"parcel": "A-7", "reason": "nobody was there"}),
    ("account_event", "account.fraud_suspected", "fraud_suspected", {"amount": "912.50"}),
    ("account_event", "account.payment_failed", "fraud_suspected", {"amount": "912.50"}),
    ("account_event", "account.signed_in_new_device", "new_device", {"device": "a phone in Oslo"}),
)
Occasion = tuple[str, str, str, dict[str, str]]
MARKETING = ("win_back", *FAILED[1:])
WHY = "a strike at the carrier"


def question(number: int, occasion: Occasion = FAILED) -> dict[str, Any]:
    """Ask about a customer's own event, which comes along: nobody has to consent to it, nor to score it."""
    purpose, kind, template, facts = occasion
    evidence = {"type": kind, "id": f"{kind}-{number}", "time": NOON.isoformat(), "data": facts}
    message = {"template": template, "facts": facts}
    return candidate(user=f"u-{number}", purpose=purpose, evidence=evidence, message=message)


def served(limits: Mapping[str, JSON] | None = None, **more: Any) -> Served:
    """Serve a ledger in memory, with few sends allowed unless told otherwise."""
    return Served(app_of(settings=Settings(limits=FEW if limits is None else limits), **more))


def asked(api: Served, questions: Sequence[dict[str, Any]], path: str = "/v1/decisions/batch") -> list[str]:
    """Ask all in one request; return what each was answered."""
    return [said(one) for one in api.post(path, questions).json()]


def said(answer: dict[str, Any]) -> str:
    """Return the action, with its reasons where there are any."""
    return " ".join([answer["action"], *(reason["code"] for reason in answer["reasons"])])


HELD = "hold breaker_open"


def test_a_thousand_at_once_are_two_hundred_sends() -> None:
    """One batch about a thousand customers: the first 200 are sent, all others are held."""
    with served({}) as api:
        actual = asked(api, [question(number) for number in range(1000)])

    assert actual == ["send"] * 200 + [HELD] * 800


def test_requests_of_one_group_share_the_allowance() -> None:
    """Two hundred and fifty-six requests at once: exactly 200 are sent, whichever come first."""
    with served({}) as api:
        calls = [("POST", "/v1/decisions", {"json": question(number)}) for number in range(256)]
        actual = Counter(said(answer.json()) for answer in api.together(calls))

    assert actual == {"send": 200, HELD: 56}


def test_a_held_message_says_why_and_has_no_end() -> None:
    """Nobody knows when a person will release it; the customer is told nothing."""
    with served() as api:
        answer = api.post("/v1/decisions/batch", [question(number) for number in range(4)]).json()[-1]

    reason = answer["reasons"][0]
    actual = (
        answer["message"],
        answer["not_before"],
        reason["outcome"],
        "far more of this template" in reason["detail"],
    )
    assert actual == (None, None, "hold", True)


def test_what_is_critical_goes_on_with_one_alert(caplog: pytest.LogCaptureFixture) -> None:
    """All are sent; the log says once which template, how many and how to go on, and names no customer."""
    with served() as api, caplog.at_level(logging.ERROR):
        answers = asked(api, [question(number, FRAUD) for number in range(20)])
        answers += asked(api, [question(number, FRAUD) for number in range(20, 30)])
        listed = api.get("/v1/approvals").json()["breakers"]

    alerts = [record.getMessage() for record in caplog.records]
    expected = [{"breaker": "fraud_suspected", "since": "2026-11-20T12:00:00Z", "volume": 3, "median": 0.0}]
    assert (answers, len(alerts), listed) == (["send"] * 30, 1, expected)
    told = ("`fraud_suspected`", "3 went out within an hour", "median of its hours is 0", '"why": "…"')
    assert ([part in alerts[0] for part in told], "u-" in alerts[0]) == ([True] * 4, False)


def test_the_same_template_about_something_less_is_held() -> None:
    """Critical evidence waives the breaker, not the template; what it sent counts for the others."""
    with served() as api:
        mixed = [question(number, PAYMENT if number % 3 == 2 else FRAUD) for number in range(9)]
        actual = asked(api, mixed)

    assert actual == ["send"] * 3 + ["send", "send", HELD] * 2


def test_another_template_goes_on() -> None:
    """A breaker is one template's, or one text's."""
    with served() as api:
        asked(api, [question(number) for number in range(9)])
        actual = asked(api, [question(number, occasion) for number, occasion in ((20, NEW_DEVICE), (21, FAILED))])

    assert actual == ["send", HELD]


@pytest.mark.parametrize("seed", range(3))
def test_together_they_are_answered_as_one_by_one(seed: int) -> None:
    """Any mixture of templates and customers, some twice, some refused: a batch is cut where a breaker opens."""
    rng = np.random.default_rng(seed)
    occasions = (FAILED, FRAUD, PAYMENT, NEW_DEVICE, MARKETING)
    drawn = [(int(rng.integers(60)), occasions[rng.integers(5)]) for _ in range(50)]
    questions = [question(*one) for one in drawn]
    with served() as api:
        together = asked(api, questions)
    with served() as api:
        alone = [said(api.post("/v1/decisions", one).json()) for one in questions]

    assert (together, HELD in together) == (alone, True)


def test_a_dry_run_opens_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The same answers as for real; afterwards everything may still go, and nobody was told."""
    questions = [question(number) for number in range(6)]
    with served() as api:
        rehearsed = asked(api, questions, "/v1/decisions/batch?dry_run=true")
        between = (api.get("/v1/approvals").json()["breakers"], list(caplog.records))
        real = asked(api, questions)

    assert (rehearsed, between, real) == (["send"] * 3 + [HELD] * 3, ([], []), ["send"] * 3 + [HELD] * 3)


def test_it_stays_open_whatever_the_clock_says() -> None:
    """Not after a day, not after a clock that went back."""
    watch = Watch()
    with served(clock=watch) as api:
        asked(api, [question(number) for number in range(4)])
        answers = []
        for hours in (24, -25):
            watch.turn(hours=hours)
            fresh = question(hours)
            fresh["evidence"]["time"] = watch.at.isoformat()
            answers += [*asked(api, [fresh])]

    assert [HELD in answer or "quiet_hours" in answer for answer in answers] == [True, True]


def test_a_release_lets_as_many_go_again() -> None:
    """With a name and a reason; the volume counts from there, and it opens again."""
    with served() as api:
        before = asked(api, [question(number) for number in range(5)])
        answer = api.post("/v1/approvals", {"breaker": "parcel_failed", "why": f" {WHY} "}).json()
        after = asked(api, [question(number) for number in range(5, 10)])
        listed = api.get("/v1/approvals").json()

    expected = {
        "breaker": "parcel_failed",
        "since": "2026-11-20T12:00:00Z",
        "volume": 3,
        "median": 0.0,
        "by": "all (key-all)",
        "at": "2026-11-20T12:00:00Z",
        "why": WHY,
    }
    assert (before, after) == (["send"] * 3 + [HELD] * 2, ["send"] * 3 + [HELD] * 2)
    assert (answer, listed["released"], len(listed["breakers"])) == (expected, [expected], 1)


def test_only_an_admin_releases() -> None:
    """No other scope does; the breaker stays open."""
    with served() as api:
        asked(api, [question(number) for number in range(4)])
        body = {"breaker": "parcel_failed", "why": WHY}
        codes = [api.call("POST", "/v1/approvals", key=token(scope), json=body).status_code for scope in OTHERS]
        actual = (codes, len(api.get("/v1/approvals").json()["breakers"]))

    assert actual == ([403] * len(OTHERS), 1)


OTHERS = ("decide", "read", "events", "outcomes", "widget")


@pytest.mark.parametrize("name", ["parcel_failed", "fraud_suspected", "canary7391", "sha256:" + "a" * 64])
def test_what_is_not_open_is_404(name: str) -> None:
    """And what was sent is not repeated."""
    with served() as api:
        asked(api, [question(number) for number in range(3)])
        answer = api.post("/v1/approvals", {"breaker": name, "why": WHY})

    assert (answer.status_code, name in answer.text) == (404, False)


@pytest.mark.parametrize("why", ["", "  ", "…", " – ", "\u200b", "\u3164"], ids=ascii)
def test_a_reason_is_words(why: str) -> None:
    """What nobody could read as one is no reason, and the refusal says what to do."""
    with served() as api:
        asked(api, [question(number) for number in range(4)])
        answer = api.post("/v1/approvals", {"breaker": "parcel_failed", "why": why})
        left = len(api.get("/v1/approvals").json()["breakers"])

    errors = [{"pointer": "#/why", "detail": "say why, in words"}]
    assert (answer.status_code, answer.json()["errors"], left) == (422, errors, 1)


@pytest.mark.parametrize("why", [None, "", "  ", 7, "\ud800"], ids=ascii)
def test_a_release_needs_a_reason(why: Any) -> None:
    """Whoever releases says what was found."""
    with served() as api:
        asked(api, [question(number) for number in range(4)])
        body = json.dumps({"breaker": "parcel_failed", "why": why})
        headers = {"Content-Type": "application/json"}
        status = api.call("POST", "/v1/approvals", content=body, headers=headers).status_code
        actual = (status, len(api.get("/v1/approvals").json()["breakers"]))

    assert actual == (422, 1)


def test_who_approved_what_is_listed() -> None:
    """The newest first; the shipped templates came approved."""
    digest = "sha256:" + "b" * 64
    with served() as api:
        api.post("/v1/approvals", {"text": "Your parcel is here."})
        api.post("/v1/approvals", {"digest": digest})
        approved = api.get("/v1/approvals").json()["approved"]

    actual = [(one["what"], one["by"]) for one in approved[:3]]
    assert actual == [("digest", "all (key-all)"), ("text", "all (key-all)"), (approved[2]["what"], "shipped")]
    assert (approved[0]["digest"], approved[0]["at"]) == (digest, "2026-11-20T12:00:00Z")


def test_the_history_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest of each; what is open is listed whole."""
    monkeypatch.setattr("serving.people.awaiting.HISTORY", 2)
    with served({"breaker_volume": 0, "breaker_times": 0}) as api:
        for number in range(4):
            asked(api, [question(number)])
            api.post("/v1/approvals", {"breaker": "parcel_failed", "why": f"{number}"})
        asked(api, [question(9), question(10, PAYMENT), question(11, NEW_DEVICE)])
        listed = api.get("/v1/approvals").json()

    actual = ([one["why"] for one in listed["released"]], len(listed["approved"]), len(listed["breakers"]))
    assert actual == (["3", "2"], 2, 3)


def test_readiness_says_how_many_are_open() -> None:
    """It is ready all the same, and names none: it is open to everybody."""
    with served() as api:
        asked(api, [question(number) for number in range(4)])
        answer = api.get("/readyz", key=None).json()

    assert answer == {"status": "ready", "detail": "breakers open: 1, see `/v1/approvals`"}


def test_two_servers_on_one_ledger_share_the_allowance(tmp_path: Path) -> None:
    """Each with its own connection and thread, batches and single questions mixed: never one more."""
    url = f"sqlite:///{tmp_path}/l.db"
    ledger: Ledger = with_keys(open_ledger(url, now=NOON, salt=b"for tests", shipped=shipped_digests()), NOON)
    answers: list[str] = []
    settings = Settings(ledger=url, limits={"breaker_volume": 20})
    with Served(create_app(settings, clock=Watch())) as one, Served(create_app(settings, clock=Watch())) as two:

        def ask(api: Served, numbers: range) -> None:
            answers.extend(said(api.post("/v1/decisions", question(number)).json()) for number in numbers[:8])
            answers.extend(asked(api, [question(number) for number in numbers[8:]]))

        threads = [
            threading.Thread(target=ask, args=(api, range(start, 60, 2))) for start, api in enumerate((one, two))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    with ledger.transaction() as tx:
        recorded = tx.decisions(action="send", user=None, since=None, after=None, limit=100)
        volumes = [breaker.volume for breaker in tx.breakers(released=0)]
    ledger.close()

    actual = (Counter(answers), len(recorded), volumes)
    assert actual == ({"send": 20, HELD: 40}, 20, [20])


def test_a_free_text_has_a_breaker_of_its_own() -> None:
    """Named by its digest, and released by it."""
    text = {"text": "Your parcel A-7 could not be delivered: nobody was there.", "next_step": "Reply to choose a day."}
    with served(ledger=memory_ledger()) as api:
        digest = api.post("/v1/approvals", text).json()["digest"]
        before = asked(api, [{**question(number), "message": text} for number in range(5)])
        listed = api.get("/v1/approvals").json()["breakers"]
        released = api.post("/v1/approvals", {"breaker": digest, "why": WHY}).status_code
        after = asked(api, [{**question(9), "message": text}, question(10)])

    actual = (before, [one["breaker"] for one in listed], released, after)
    assert actual == (["send"] * 3 + [HELD] * 2, [digest], 200, ["send", "send"])

"""Confirming through the API: bodies, keys, unknown decisions, and many who ask at once."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.settings import Settings
from tests.serving.routes.confirming import confirm, decided, report, said, sent
from tests.serving.served import NOON, Served, Watch, candidate, consent, event, token, with_keys


@pytest.mark.parametrize(
    "sent_as",
    [
        {},
        {"content": b""},
        {"content": b"", "headers": {"Content-Type": "text/plain"}},
        {"json": {}},
        {"content": b" {} ", "headers": {"Content-Type": "application/json; charset=utf-8"}},
    ],
)
def test_it_needs_no_body(api: Served, sent_as: dict[str, Any]) -> None:
    """Nothing, or an empty object."""
    actual = said(confirm(api, sent(api), **sent_as))
    assert actual == ("send",)


@pytest.mark.parametrize(
    ("sent_as", "status"),
    [
        ({"json": {"force": True}}, 422),
        ({"json": []}, 422),
        ({"json": None, "content": b"null", "headers": {"Content-Type": "application/json"}}, 422),
        ({"json": 0}, 422),
        ({"content": b"  ", "headers": {"Content-Type": "application/json"}}, 422),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422),
        ({"content": b'{"a":1,"a":1}', "headers": {"Content-Type": "application/json"}}, 422),
        ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"{}"}, 415),
        ({"content": b" " * (1 << 20) + b"{}", "headers": {"Content-Type": "application/json"}}, 413),
        ({"params": {"dry_run": "true"}}, 422),
    ],
)
def test_anything_else_is_refused_and_confirms_nothing(api: Served, sent_as: dict[str, Any], status: int) -> None:
    """A problem document, and no confirmation on record."""
    identity = sent(api)
    answer = api.call("POST", f"/v1/decisions/{identity}/confirm", **sent_as)
    record = api.get(f"/v1/decisions/{identity}").json()
    actual = (answer.status_code, answer.headers["content-type"], record["confirmations"])
    assert actual == (status, "application/problem+json", [])


@pytest.mark.parametrize(
    ("path", "status"), [("nobody", 404), ("x" * 256, 404), ("x" * 257, 422), ("%00", 404), ("%ED%A0%80", 422)]
)
def test_an_unknown_decision_is_404(api: Served, path: str, status: int) -> None:
    """A problem that repeats nothing."""
    answer = api.call("POST", f"/v1/decisions/{path}/confirm")
    actual = (answer.status_code, answer.json()["status"])
    assert actual == (status, status)


def test_a_dry_run_cannot_be_confirmed(api: Served) -> None:
    """It was never recorded."""
    consent(api, "u-17")
    api.post("/v1/events", event())
    answer = api.post("/v1/decisions?dry_run=true", candidate()).json()
    actual = (answer["action"], api.call("POST", f"/v1/decisions/{answer['decision_id']}/confirm").status_code)
    assert actual == ("send", 404)


@pytest.mark.parametrize("scope", ["widget", "events", "read", "admin", "outcomes"])
def test_only_a_key_that_decides_may_confirm(api: Served, scope: str) -> None:
    """A widget's key has no session of its own here yet: it confirms nothing."""
    identity = sent(api)
    answer = api.call("POST", f"/v1/decisions/{identity}/confirm", key=token(scope))
    record = api.get(f"/v1/decisions/{identity}").json()
    actual = (answer.status_code, record["confirmations"])
    assert actual == (403, [])


def prepared(api: Served, clock: Watch, kind: str) -> str:
    """Return a decision whose confirmation will be of this kind."""
    if kind == "denied":
        return str(decided(api)["decision_id"])
    identity = sent(api)
    if kind == "hold":
        clock.at = NOON + timedelta(hours=9)
    elif kind == "cancel":
        report(api, "delivered", NOON, decision_id=identity)
    return identity


@pytest.mark.parametrize("kind", ["send", "hold", "cancel", "denied"])
def test_of_many_that_confirm_at_once_one_is_decided(api: Served, clock: Watch, kind: str) -> None:
    """Fifty requests: one confirmation on record, and the same bytes for all."""
    identity = prepared(api, clock, kind)
    answers = api.together([("POST", f"/v1/decisions/{identity}/confirm", {})] * 50)
    record = api.get(f"/v1/decisions/{identity}").json()
    said_by = {answer.json()["action"] for answer in answers}
    actual = ({answer.status_code for answer in answers}, len({answer.content for answer in answers}), said_by)
    assert (*actual, len(record["confirmations"])) == ({200}, 1, {kind.replace("denied", "cancel")}, 1)


def test_a_customer_s_decisions_that_confirm_at_once_keep_the_caps(api: Served, clock: Watch) -> None:
    """One send and eight holds about the same customer, an hour later all at once: one goes, in any order."""
    first = sent(api, 0)
    others = [str(decided(api, number)["decision_id"]) for number in range(1, 9)]
    clock.turn(minutes=60)
    calls = [("POST", f"/v1/decisions/{identity}/confirm", {}) for identity in [*others[:4], first, *others[4:]]]
    answers = [answer.json() for answer in api.together(calls)]
    gone = [answer["decision_id"] for answer in answers if answer["action"] == "send"]
    others_said = ["frequency_cap" in said(answer) for answer in answers if answer["action"] != "send"]
    actual = (len(gone), others_said)
    assert actual == (1, [True] * 8)


def test_two_servers_on_one_ledger_say_the_same(tmp_path: Path, clock: Watch) -> None:
    """Both confirm the same decisions at once: one confirmation each, durable, with the bytes that both gave."""
    url = f"sqlite:///{tmp_path}/l.db"
    with_keys(open_ledger(url, now=NOON, salt=b"for tests", shipped=shipped_digests()), NOON).close()
    settings, scorer = Settings(ledger=url), FakeScorer(cutoff=0.004)
    said_by: list[list[bytes]] = [[], []]
    with (
        Served(create_app(settings, clock=clock, scorer=scorer)) as one,
        Served(create_app(settings, clock=clock, scorer=scorer)) as two,
    ):
        users = [f"u-{number}" for number in range(12)]
        consent(one, *users)
        names = [str(decided(one, number, user=user)["decision_id"]) for number, user in enumerate(users)]

        def ask(api: Served, said: list[bytes]) -> None:
            said.extend(api.call("POST", f"/v1/decisions/{name}/confirm").content for name in names)

        threads = [threading.Thread(target=ask, args=pair) for pair in zip((one, two), said_by, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        records = [two.get(f"/v1/decisions/{name}").json()["confirmations"] for name in names]
    kept = [[one | {"confirmed_at": None} for one in each] for each in records]
    expected = [[json.loads(answer) | {"confirmed_at": None}] for answer in said_by[0]]
    actual = (said_by[0] == said_by[1], kept)
    assert actual == (True, expected)

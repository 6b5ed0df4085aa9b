"""`GET /v1/offers`: sends that wait to be asked for, and what became of each delivery."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from serving.ports import Transaction
from serving.timetable import OfferState
from tests.serving.adapters.webhooks.hooked import hooked, offer, offered, several, tick
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.routes.confirming import confirm, report
from tests.serving.served import NOON, Served, Watch, app_of, token

FIELDS = (
    *("number", "decision_id", "webhook_id", "offered_at", "expires_at", "state", "attempts", "next_attempt_at"),
    *("status", "error", "decision"),
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that refuses everything, for good."""
    with Receiver(Said(status=410)) as made:
        yield made


@pytest.fixture
def hook(receiver: Receiver, clock: Watch) -> Iterator[Served]:
    """An API that delivers there."""
    with hooked(receiver, clock) as served:
        yield served


def listed(api: Served, query: str = "") -> list[dict[str, Any]]:
    """Return one page."""
    answer = api.get(f"/v1/offers?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["offers"]
    return found


def test_without_a_webhook_an_offer_waits_to_be_asked_for(api: Served) -> None:
    """With all that is needed to act on it: the decision, whom it is about, until when."""
    number = offer(api)
    (found,) = listed(api, "state=waiting")
    decision = found.pop("decision")
    assert found == {
        "number": number,
        "decision_id": decision["decision_id"],
        "webhook_id": f"offer_{number}_{decision['decision_id']}",
        "offered_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-20T20:00:00Z",
        "state": "waiting",
        "attempts": 0,
        "next_attempt_at": None,
        "status": None,
        "error": None,
    }
    assert (decision["action"], decision["user"], decision["purpose"], decision["channel"]) == (
        "send",
        {"id": "u-17"},
        "delivery_update",
        "chat",
    )
    assert decision["message"]["text"].startswith("Your parcel A-1 now arrives on Friday")


def test_polling_asks_acts_and_reports(api: Served) -> None:
    """Confirm first, send, report: then it waits for nobody any more."""
    offer(api)
    (found,) = listed(api, "state=waiting")
    assert confirm(api, found["decision_id"])["action"] == "send"
    report(api, "delivered", NOON, decision_id=found["decision_id"])
    assert (listed(api, "state=waiting"), [one["state"] for one in listed(api)]) == ([], ["delivered"])


def test_what_was_cancelled_waits_no_more(api: Served) -> None:
    """The customer opted out: whoever confirms first learns it, and nobody else is offered it."""
    offer(api)
    (found,) = listed(api)
    report(api, "opted_out", NOON, user_id="u-17")
    assert (confirm(api, found["decision_id"])["action"], listed(api)[0]["state"]) == ("cancel", "withdrawn")


def test_what_is_over_says_so(api: Served, clock: Watch) -> None:
    """Nobody took it until its end, which is the next quiet start: the budget stays reserved, for who knows."""
    offer(api)
    clock.turn(hours=8)
    (over,) = listed(api)

    def reserved(transaction: Transaction) -> bool:
        known = transaction.confirmable(over["decision_id"])
        return known is not None and known.reserved

    still = api._wait(api.app.state.api.loop.submit(lambda _, transaction: reserved(transaction)))
    assert (listed(api, "state=waiting"), listed(api, "state=expired")[0]["state"], still) == ([], "expired", True)


def test_pages_follow_one_another(api: Served) -> None:
    """Each offer once; the number of the last is where the next page, and what comes later, begins."""
    numbers = several(api, 5)
    pages, cursor = [], 0
    while cursor is not None:
        answer = api.get(f"/v1/offers?limit=2&cursor={cursor}").json()
        pages.append([one["number"] for one in answer["offers"]])
        cursor = answer["next_cursor"]
    assert (pages, listed(api, f"cursor={numbers[-1]}")) == ([numbers[:2], numbers[2:4], numbers[4:]], [])


def test_dead_letters_are_listed_and_put_back(hook: Served, receiver: Receiver) -> None:
    """What was answered last stands there; by hand it is tried anew, and under the same id."""
    number = offer(hook)
    tick(hook)
    (dead,) = listed(hook, "state=dead")
    assert [dead[name] for name in ("state", "attempts", "status", "error", "next_attempt_at")] == [
        *("dead", 1, 410, "gone"),
        None,
    ]
    back = hook.call("POST", f"/v1/offers/{number}/retry").json()
    assert (back["state"], back["attempts"], back["next_attempt_at"]) == ("waiting", 0, "2026-11-20T12:00:00Z")
    receiver.says = [Said()]
    tick(hook)
    assert (offered(hook, number).state, len(set(receiver.ids()))) == (OfferState.DELIVERED, 1)


def test_only_the_dead_are_put_back(hook: Served, clock: Watch) -> None:
    """What waits, is not there, or has expired, is not."""
    number = offer(hook)
    codes = [hook.call("POST", f"/v1/offers/{one}/retry").status_code for one in (number, 99)]
    tick(hook)
    clock.turn(hours=8)
    codes.append(hook.call("POST", f"/v1/offers/{number}/retry").status_code)
    assert (codes, offered(hook, number).state) == ([404, 404, 404], OfferState.DEAD)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [("GET", "/v1/offers", "read"), ("POST", "/v1/offers/1/retry", "admin")],
)
def test_each_needs_its_scope(api: Served, method: str, path: str, scope: str) -> None:
    """Nobody reads, or repeats, without it."""
    codes = {
        held: api.call(method, path, key=token(held)).status_code for held in ("decide", "events", "read", "admin")
    }
    expected = {"GET": 200, "POST": 404}[method]
    assert codes == {held: expected if held == scope else 403 for held in codes}
    assert api.call(method, path, key=None).status_code == 401


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        *(("state=lost", "#/state"), ("cursor=x", "#/cursor"), ("cursor=-1", "#/cursor"), ("limit=0", "#/limit")),
        *((f"cursor={2**63}", "#/cursor"), ("limit=1001", "#/limit"), ("canary7391=1", "#/*")),
    ],
)
def test_a_parameter_that_is_wrong_is_named(api: Served, query: str, pointer: str) -> None:
    """Ours by its name, the sender's by a star."""
    answer = api.get(f"/v1/offers?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert "canary7391" not in answer.text


@pytest.mark.parametrize("number", ["0", "x", "1.5", str(2**63), "-1"])
def test_a_number_that_is_none_is_refused(api: Served, number: str) -> None:
    """Never a 500."""
    assert api.call("POST", f"/v1/offers/{number}/retry").status_code == 422


def test_real_offers_fit_their_schemas(hook: Served) -> None:
    """Listed, put back, and as a body; every field is always there."""
    document: Any = hook.get("/openapi.json", key=None).json()
    offer(hook)
    tick(hook)
    page = hook.get("/v1/offers").json()
    back = hook.call("POST", "/v1/offers/1/retry").json()
    paths = document["paths"]
    for answered, path, method in ((page, "/v1/offers", "get"), (back, "/v1/offers/{number}/retry", "post")):
        schema = paths[path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        checked = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
        assert [error.message for error in checked.iter_errors(answered)] == []
    assert (tuple(back), tuple(page["offers"][0])) == (FIELDS, FIELDS)


def test_one_that_was_given_no_webhook_delivers_nothing(clock: Watch) -> None:
    """There is nothing that could."""
    with Served(app_of(clock=clock)) as api:
        assert api.app.state.api.webhooks is None

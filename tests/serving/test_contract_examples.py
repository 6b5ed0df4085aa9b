"""The contract's own requests, as they stand there, against the running API; and an advertisement in a fact."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.serving.policy.test_contract_examples import CONTRACT
from tests.serving.served import NOON, Served, Watch, app_of, consent

DELAY = {"parcel": "A-7", "new_eta": "Friday"}


@pytest.fixture
def api() -> Iterator[Served]:
    """Serve an API at noon with a ledger in memory, and the customer's consent."""
    with Served(app_of(clock=Watch())) as served:
        consent(served, "u-17")
        yield served


def happened(kind: str, name: str, data: dict[str, Any], *, ago: timedelta) -> dict[str, Any]:
    """Return a CloudEvent about the customer."""
    head = {"specversion": "1.0", "source": "shop", "type": kind, "id": name, "subject": "u-17"}
    return {**head, "time": (NOON - ago).isoformat(), "data": data}


def example() -> dict[str, Any]:
    """Return the request of section 4 without its comments."""
    found = re.search(
        r'^    (\{ "user":.*?\} \}) *(?://[^\n]*)?\n\n', CONTRACT.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    body: dict[str, Any] = json.loads(re.sub(r"//.*", "", found[1]))
    return body


def test_the_request_of_section_4_is_answered_as_in_section_4(api: Served) -> None:
    """Letter by letter, with its zone, attributes, expiry and session (which is not on record, and not needed)."""
    api.post("/v1/events", happened("shipment.delayed", "ev-991", DELAY, ago=timedelta(hours=1)))
    answer = api.post("/v1/decisions", example()).json()
    actual = (answer["action"], answer["reasons"], answer["message"], answer["expires_at"])
    text = "Your parcel A-7 now arrives on Friday. Reply to change the address."
    assert actual == ("send", [], {"text": text, "expects_reply": True}, "2026-11-20T20:00:00Z")


def test_the_help_of_section_7_is_shown_on_the_pricing_page(api: Served) -> None:
    """`compare_plans` without facts, in the customer's own session, after 31 seconds on the page."""
    visit = {"session": "s-1", "page": "pricing"}
    api.post("/v1/events", happened("session.started", "1", {"session": "s-1"}, ago=timedelta(minutes=2)))
    api.post("/v1/events", happened("page.viewed", "2", visit, ago=timedelta(seconds=32)))
    api.post("/v1/events", happened("page.dwelled", "3", {**visit, "seconds": 31}, ago=timedelta(seconds=1)))
    body = {
        "user": {"id": "u-17"},
        "purpose": "in_session_help",
        "channel": "widget",
        "evidence": {"type": "page.dwelled", "id": "3"},
        "message": {"template": "compare_plans"},
        "session": {"id": "s-1"},
    }
    answer = api.post("/v1/decisions", body).json()
    free = api.post("/v1/decisions", body | {"message": {"text": "Look at our lamps.", "next_step": "Ask."}}).json()
    actual = [(one["action"], [reason["code"] for reason in one["reasons"]]) for one in (answer, free)]
    assert actual[0] == ("send", [])
    assert "facts_missing" in actual[1][1]


def test_an_advertisement_in_a_fact_is_not_sent(api: Served) -> None:
    """It sells, and evidence that does not know the reason does not vouch for it; nothing of it is repeated."""
    api.post("/v1/events", happened("shipment.failed", "ev-1", {"parcel": "A-7"}, ago=timedelta(hours=1)))
    facts = {"parcel": "A-7", "reason": "50 Prozent Rabatt auf alles, nur heute, shop.example/x"}
    body = example() | {
        "evidence": {"type": "shipment.failed", "id": "ev-1"},
        "message": {"template": "parcel_failed", "facts": facts},
    }
    answer = api.post("/v1/decisions", body).json()
    actual = (answer["action"], [reason["code"] for reason in answer["reasons"]], "Rabatt" in json.dumps(answer))
    assert actual == ("deny", ["promotional_wording", "facts_missing"], False)

"""Evidence that came inline under the identity of a recorded event: what it claimed binds at a confirmation too."""

from datetime import timedelta
from typing import Any

import pytest

from tests.serving.routes.confirming import confirm, said
from tests.serving.served import NOON, Served, Watch, candidate, consent, event


def asked(api: Served, **claims: Any) -> dict[str, Any]:
    """Record the event of an hour ago, and ask with the same event inline, told otherwise."""
    consent(api, "u-17")
    api.post("/v1/events", event(at=NOON - timedelta(hours=1)))
    inline = {"source": "urn:shop", "id": "ev-1", "type": "shipment.delayed", "data": {"parcel": "A-1"}}
    at = {"time": (NOON - timedelta(hours=1)).isoformat()}
    answer: dict[str, Any] = api.post("/v1/decisions", candidate(evidence={**inline, **at, **claims})).json()
    return answer


def old(hours: float) -> dict[str, str]:
    """Say that it happened so long before noon."""
    return {"time": (NOON - timedelta(hours=hours)).isoformat()}


def test_an_older_time_binds(api: Served, clock: Watch) -> None:
    """Sent until it is a day old by the account that came with the question, and not half an hour longer."""
    first = asked(api, **old(23.5))
    answers = []
    for minutes in (29, 1):
        clock.turn(minutes=minutes)
        answers.append(said(confirm(api, first["decision_id"])))
    actual = (said(first), first["expires_at"], answers)
    assert actual == (("send",), "2026-11-20T12:30:00Z", [("send",), ("cancel", "evidence_stale")])


def test_a_hold_ends_with_the_evidence_as_it_was_told(api: Served, clock: Watch) -> None:
    """Its own expiry stands, whatever became of what held it."""
    told = event("c", type="conversation.opened", data={"conversation": "c-1"})
    api.post("/v1/events", told)
    first = asked(api, **old(23.5))
    api.post("/v1/events", {**told, "id": "d", "type": "conversation.closed"})
    clock.turn(minutes=30)
    actual = (said(first), first["expires_at"], said(confirm(api, first["decision_id"])))
    assert actual == (("hold", "conversation_open"), "2026-11-20T12:30:00Z", ("cancel", "evidence_stale"))


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"subject": "u-18"}, "evidence_missing"),
        ({"data": {"parcel": "B-9"}}, "fact_superseded"),
        (old(24), "evidence_stale"),
    ],
    ids=["subject", "facts", "time"],
)
def test_what_contradicts_the_record_is_refused_at_once(api: Served, claims: dict[str, Any], code: str) -> None:
    """And stays so."""
    first = asked(api, **claims)
    again = confirm(api, first["decision_id"])
    actual = (first["action"], code in said(first), said(again)[1:] == said(first)[1:])
    assert actual == ("deny", True, True)


def test_the_record_shows_a_claim_only_where_it_says_more(api: Served) -> None:
    """The event as it was told beside the one on record; what repeats the record is not kept twice."""
    api_says = [asked(api), asked(api, **old(2))]
    shown = [api.get(f"/v1/decisions/{one['decision_id']}").json()["candidate"]["claim"] for one in api_says]
    assert shown[0] is None
    assert shown[1]["evidence"]["time"] == "2026-11-20T10:00:00Z"

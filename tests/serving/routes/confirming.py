"""Decisions made and confirmed through the API."""

from typing import Any

from tests.serving.served import Served, candidate, consent, event


def decided(api: Served, number: int = 1, *, user: str = "u-17", **more: Any) -> dict[str, Any]:
    """Record the evidence, ask, and return the answer."""
    api.post("/v1/events", event(number, user=user))
    answer: dict[str, Any] = api.post("/v1/decisions", candidate(number, user=user, **more)).json()
    return answer


def sent(api: Served, number: int = 1, *, user: str = "u-17", **more: Any) -> str:
    """Return the id of a send."""
    consent(api, user)
    answer = decided(api, number, user=user, **more)
    assert answer["action"] == "send", answer
    return str(answer["decision_id"])


def confirm(api: Served, identity: str, **more: Any) -> dict[str, Any]:
    """Confirm and return the answer."""
    answer = api.call("POST", f"/v1/decisions/{identity}/confirm", **more)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def said(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return the action and the codes of all reasons."""
    return (answer["action"], *(no["code"] for no in answer["reasons"]))


def report(api: Served, kind: str, at: Any, **about: str) -> None:
    """Report an outcome."""
    told = api.post("/v1/outcomes", {"kind": kind, "time": at.isoformat(), **about}).json()
    assert told["accepted"] == 1, told

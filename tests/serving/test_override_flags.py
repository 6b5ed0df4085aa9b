"""The flag by which a sender switches the safety off: nowhere is one, whatever it is called and wherever it stands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput
from serving.policy.limits import Limits, tighten
from serving.policy_files.templates import load_policy
from serving.settings import load_settings
from tests.occasions import about, codes, decided, event
from tests.serving.asking import SHOP, Body, asks, late
from tests.serving.routes.refusing import Desk, desk


@pytest.fixture
def made() -> Iterator[Desk]:
    """Serve two customers who said yes to chat."""
    with desk(2) as served:
        yield served


WORDS = [
    *("override", "force", "urgent", "priority", "bypass", "skip_checks", "ignore_quiet_hours", "ignore_consent"),
    *("transactional", "is_service", "is_transactional", "category", "message_type", "critical", "essential"),
    *("legal_basis", "test", "debug", "admin", "dry_run", "recorded", "trigger", "action", "policy", "limits"),
]


def refused_at_night(made: Desk, **more: Any) -> Body:
    """Return a body that must wait: it is night, and the customer opted out."""
    made.clock.at = datetime(2026, 11, 20, 22, tzinfo=UTC)
    late(made, 1, made.clock.at)
    made.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "opted_out", "time": "2026-11-20T20:00:00Z"})
    return asks(1, **more)


def plainly(answer: Any) -> Any:
    """Return an answer without what is its own: the id."""
    return {name: value for name, value in answer.json().items() if name != "decision_id"}


@pytest.mark.parametrize("place", [None, "user", "evidence", "message", "session"])
def test_an_override_flag_is_no_field(made: Desk, place: str | None) -> None:
    """The flag `transactional` or `override` by which a sender switches the safety off: there is no such field."""
    body = refused_at_night(made, session={"id": "s-1"})
    statuses = set()
    for word in WORDS:
        for value in (True, "high", {"quiet_hours": True}):
            inner = body if place is None else body[place]
            spoilt = {**inner, word: value}
            statuses.add(
                made.api.post("/v1/decisions", spoilt if place is None else {**body, place: spoilt}).status_code
            )

    assert statuses == {422}


@pytest.mark.parametrize("place", ["attributes", "facts", "data"])
def test_an_override_flag_in_an_open_part_changes_nothing(made: Desk, place: str) -> None:
    """A flag that travels as an attribute, a fact or data is read by nobody: the same answer, to the letter."""
    body = refused_at_night(made)
    evidence = {**body["evidence"], "source": SHOP, "time": "2026-11-20T21:59:00Z"}
    flags = dict.fromkeys(WORDS, 1)
    data = {"parcel": "L-1", "new_eta": "Friday"}
    flagged = {
        "attributes": {**body, "user": {**body["user"], "attributes": {"tenure_days": 410, **flags}}},
        "facts": {**body, "message": {**body["message"], "facts": {**body["message"]["facts"], **flags}}},
        "data": {**body, "evidence": {**evidence, "data": {**data, **flags}}},
    }
    plain = made.api.post("/v1/decisions?dry_run=true", body)

    answer = made.api.post("/v1/decisions?dry_run=true", flagged[place])

    assert (plainly(answer), plain.json()["action"]) == (plainly(plain), "deny")


def test_an_override_flag_around_the_body_changes_nothing(made: Desk) -> None:
    """A header is read by nobody; a query parameter that is none is refused."""
    body = refused_at_night(made)
    plain = plainly(made.api.post("/v1/decisions", body))
    flags = [{f"X-{word}": "true", word: "true", "Priority": "urgent"} for word in WORDS]

    headers = [plainly(made.api.post("/v1/decisions", body, headers=flag)) for flag in flags]
    queries = {made.api.post(f"/v1/decisions?{word}=always", body).status_code for word in WORDS}

    assert (headers, plain["action"], queries) == ([plain] * len(WORDS), "deny", {422})


@pytest.mark.parametrize("word", WORDS)
def test_an_override_flag_is_no_setting(tmp_path: Path, word: str) -> None:
    """Nor does configuration know one: no setting, no variable, no limit, no key of a template."""
    file = tmp_path / "outreach.toml"
    file.write_text(f"{word}_override = true\n")
    template = tmp_path / "policy" / "t.yaml"
    template.parent.mkdir()
    entry = "  - id: t\n    purpose: progress_update\n    text: Your request is on its way.\n"
    template.write_text(f"templates:\n{entry}    {word}: true\n")
    attempts: list[Callable[[], object]] = [
        lambda: load_settings(file, environ={}),
        lambda: load_settings(environ={f"OUTREACH_{word.upper()}_OVERRIDE": "1"}),
        lambda: tighten(Limits(), {word: True}),
        lambda: load_policy(template.parent),
    ]

    for attempt in attempts:
        with pytest.raises(InvalidInput):
            attempt()


def test_a_sender_s_word_makes_nothing_critical() -> None:
    """The event's type decides what is essential or critical; the same words in its data are data."""
    loud = event(data={"parcel": "A-7", "new_eta": "Friday", "critical": True, "severity": "critical", "essential": 1})
    night = datetime(2026, 11, 20, 22, tzinfo=UTC)
    one, known = about(loud)

    answer = decided(one, known, now=night)

    assert codes(answer) == ("quiet_hours",)

"""Something broke: those whom it hit are told, in batches, behind a breaker; nobody else hears of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.loop.happening import AT_ONCE
from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: being_mended
    purpose: remediation
    text: "{service} did not work for you as it should. What we are doing: {action}. Reply if you need it sooner."
    facts: { service: string, action: string }
    next_step: "Reply if you need it sooner."
  - id: mended
    purpose: remediation
    text: "{service} works again. What went wrong: {cause}. Reply if something is still not right."
    facts: { service: string, cause: string }
    next_step: "Reply if something is still not right."
triggers:
  - id: being_mended
    on: incident.update
    when: event.data.service != "Reports"
    purpose: remediation
    template: being_mended
    facts: { service: event.data.service, action: event.data.action }
    channel: push
  - id: mended
    on: incident.resolved
    purpose: remediation
    template: mended
    facts: { service: event.data.service, cause: event.data.cause }
    channel: push
"""
OUTAGE: dict[str, Any] = {"incident": "I-3", "service": "Card payments", "action": "refunding what was taken twice"}
OVER: dict[str, Any] = {"incident": "I-3", "service": "Card payments", "cause": "a certificate had run out"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a payment service with three customers."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1", "u-2", "u-3")
        yield opened


def many(number: int, it: Shop) -> list[str]:
    """Return so many customers of whom we know who they are and where they live."""
    users = [f"c-{place:04}" for place in range(number)]
    it.tells(*(it.event("customer.identified", user, timezone="Europe/Paris") for user in users))
    return users


def test_only_those_whom_it_hit_are_told(it: Shop) -> None:
    """Two of three, each once; the third hears nothing."""
    decisions = it.tells(it.event("incident.update", None, **OUTAGE, affected=["u-1", "u-3", "u-1"]))

    text = (
        "Card payments did not work for you as it should. What we are doing: refunding what was taken twice. "
        "Reply if you need it sooner."
    )

    assert [(one["user"]["id"], one["action"], one["message"]["text"]) for one in decisions] == [
        (user, "send", text) for user in ("u-1", "u-3")
    ]


def test_one_event_each_is_another_way_to_list_them(it: Shop) -> None:
    """The subject is hit as well."""
    assert it.happens("incident.update", "u-2", **OUTAGE) == [("send", [])]


def test_nobody_can_be_told_by_hand_who_was_not_hit(it: Shop) -> None:
    """A sender that points to the incident for somebody else is refused."""
    it.tells(it.event("incident.update", None, name="I-3/1", **OUTAGE, affected=["u-1"]))
    answer = it.api.post(
        "/v1/decisions",
        {
            "user": {"id": "u-2"},
            "purpose": "remediation",
            "channel": "push",
            "evidence": {"type": "incident.update", "id": "I-3/1"},
            "message": {"template": "being_mended", "facts": {"service": "Card payments", "action": OUTAGE["action"]}},
        },
    ).json()

    assert said(answer) == [("deny", ["evidence_of_another_customer"])]


def test_a_record_names_nobody_else(it: Shop) -> None:
    """What one customer's record shows of the incident lists that customer alone."""
    (one, _) = it.tells(it.event("incident.update", None, **OUTAGE, affected=["u-1", "u-2"]))
    record = it.api.get(f"/v1/decisions/{one['decision_id']}").text

    assert ("u-1" in record, "u-2" in record) == (True, False)


def test_what_does_not_meet_the_condition_is_not_told(it: Shop) -> None:
    """Reports that are late are nobody's trouble; an incident that was opened only proves nothing yet."""
    users = ["u-1", "u-2"]
    reports = it.event("incident.update", None, **OUTAGE | {"service": "Reports"}, affected=users)

    assert (it.tells(reports), it.happens("incident.opened", None, **OUTAGE, affected=users)) == ([], [])


@pytest.mark.parametrize("name", ["service", "action"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_an_incident_of_nothing_is_not_told(it: Shop, name: str, *, null: bool) -> None:
    """What is not known yet is not said."""
    data: dict[str, Any] = {key: part for key, part in OUTAGE.items() if key != name} | ({name: None} if null else {})

    assert it.happens("incident.update", None, **data, affected=["u-1"]) == []


@pytest.mark.parametrize("affected", [None, []], ids=["null", "nobody"])
def test_an_incident_that_hit_nobody_is_nobodys(it: Shop, affected: list[str] | None) -> None:
    """No list, no subject: nobody is told, and it is stored."""
    answer = it.answer(it.event("incident.update", None, **OUTAGE, affected=affected))

    assert (answer["accepted"], answer["decisions"]) == (1, [])


def test_the_same_news_is_told_once(it: Shop) -> None:
    """Sent again; reported again with one more customer: only that one has not heard it."""
    event = it.event("incident.update", None, **OUTAGE, affected=["u-1"])
    first, again = it.tells(event), it.tells(event)
    more = it.tells(it.event("incident.update", None, **OUTAGE, affected=["u-1", "u-2"]))

    assert (said(*first), again, [(one["user"]["id"], *said(one)[0]) for one in more]) == (
        [("send", [])],
        [],
        [("u-1", "deny", ["already_told"]), ("u-2", "send", [])],
    )


def test_in_the_morning_only_the_last_news_is_told(it: Shop) -> None:
    """It broke at ten in the evening and worked again at three: at eight they learn that it works."""
    it.clock.turn(hours=9)
    (broken,) = it.tells(it.event("incident.update", None, **OUTAGE, affected=["u-1"]))
    it.clock.turn(hours=5)
    (works,) = it.tells(it.event("incident.resolved", None, **OVER, affected=["u-1"]))
    it.ticks(hours=6)

    text = (
        "Card payments works again. What went wrong: a certificate had run out. Reply if something is still not right."
    )

    assert (said(broken, works), it.became(broken), it.texts()) == (
        [("hold", ["quiet_hours"])] * 2,
        ("cancel", ["fact_superseded"]),
        [("u-1", text)],
    )


def test_who_opted_out_is_not_told(it: Shop) -> None:
    """An opt-out is for incidents too; that they gave no consent is not asked."""
    it.knows("u-2", consent=False)
    it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "opted_out", "time": it.clock.at.isoformat()})
    decisions = it.tells(it.event("incident.update", None, **OUTAGE, affected=["u-1", "u-2"]))

    assert said(*decisions) == [("deny", ["opted_out"]), ("send", [])]


def test_a_hundred_are_told_at_once_and_the_others_in_turn(it: Shop) -> None:
    """The answer says how many wait; their sends are offered, and everybody is told once."""
    users = many(AT_ONCE + 30, it)
    answer = it.answer(it.event("incident.update", None, **OUTAGE, affected=users))
    done = it.ticks()
    told = [one["user"]["id"] for one in [*answer["decisions"], *it.offered()]]

    assert (len(answer["decisions"]), answer["pending"], done, it.ticks(), sorted(told)) == (AT_ONCE, 30, 30, 0, users)


def test_news_that_comes_before_their_turn_takes_its_place(it: Shop) -> None:
    """While thirty wait it works again: they hear that, and not that it is broken."""
    users = many(AT_ONCE + 30, it)
    it.answer(it.event("incident.update", None, **OUTAGE, affected=users))
    it.clock.turn(seconds=1)
    it.answer(it.event("incident.resolved", None, **OVER, affected=users))
    it.ticks()

    assert [(one["user"]["id"], one["matched"]) for one in it.offered()] == [
        (user, "mended") for user in users[AT_ONCE:]
    ]


def test_the_breaker_opens_and_a_person_releases_it(it: Shop) -> None:
    """Two hundred of a text that never went out; the other sixty wait until somebody has looked, and are told then."""
    users = many(260, it)
    it.answer(it.event("incident.update", None, **OUTAGE, affected=users))
    it.ticks()
    before = [one["user"]["id"] for one in it.offered()]
    still = it.ticks(minutes=30), it.offered()
    (breaker,) = it.api.get("/v1/approvals").json()["breakers"]
    released = it.api.post("/v1/approvals", {"breaker": breaker["breaker"], "why": "it is a real outage"})
    it.ticks()
    after = [one["user"]["id"] for one in it.offered()]

    assert (breaker["breaker"], len(before), still[1], released.status_code, after, it.ticks(hours=6)) == (
        "being_mended",
        100,
        [],
        200,
        users[200:],
        0,
    )

from datetime import timedelta
from typing import Any

import pytest

from serving.fakes import FakeScorer
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, token

KEYS = [
    "decision_id",
    "action",
    "trigger",
    "message",
    "agent_would_send",
    "customer_would_thank",
    "reasons",
    "not_before",
    "expires_at",
    "arm",
    "logging_propensity",
    "model_version",
    "policy_version",
    "decided_at",
    "recorded",
]


def codes(answer: Any) -> list[str]:
    """Return the codes of an answer's reasons."""
    return [reason["code"] for reason in answer["reasons"]]


def test_a_delay_is_told(api: Served) -> None:
    """An event, consent, a candidate: the answer is a send, shaped as in the contract, key order included."""
    api.post("/v1/events", event())
    consent(api, "u-17")

    answer = api.post("/v1/decisions", candidate())

    body = answer.json()
    actual = (answer.status_code, list(body), body["action"], body["trigger"], body["recorded"], body["message"])
    text = "Your parcel A-1 now arrives on Friday. Reply to change the address."
    assert actual == (200, KEYS, "send", True, True, {"text": text, "expects_reply": True})


def test_nothing_is_known_nothing_is_sent(api: Served) -> None:
    """Without evidence and consent on record the answer is a denial that names both."""
    answer = api.post("/v1/decisions", candidate()).json()

    actual = (answer["action"], {"evidence_missing", "consent_missing"} <= set(codes(answer)), answer["message"])

    assert actual == ("deny", True, None)


def test_missing_evidence_and_session_are_denials_not_errors(api: Served) -> None:
    """The contract: 200 with the reason."""
    body = candidate()
    del body["evidence"]

    answer = api.post("/v1/decisions", body)

    assert (answer.status_code, "evidence_missing" in codes(answer.json())) == (200, True)


def test_marketing_is_a_recorded_denial(api: Served) -> None:
    """A purpose that is marketing is refused by name and kept on record for those who own marketing."""
    answer = api.post("/v1/decisions", candidate(purpose="upsell")).json()

    record = api.get(f"/v1/decisions/{answer['decision_id']}")
    assert (codes(answer)[0], record.status_code) == ("purpose_is_marketing", 200)


def test_an_unknown_purpose_is_a_denial(api: Served) -> None:
    """Any other word is `purpose_unknown`."""
    answer = api.post("/v1/decisions", candidate(purpose="whatever")).json()

    assert codes(answer)[0] == "purpose_unknown"


def test_a_dry_run_gives_the_answer_and_records_nothing(api: Served) -> None:
    """Asked ten times dry, the customer is still reachable, and no record exists."""
    api.post("/v1/events", event())
    consent(api, "u-17")

    dry = [api.post("/v1/decisions?dry_run=true", candidate()).json() for _ in range(10)]

    records = api.get("/v1/decisions").json()["decisions"]
    wet = api.post("/v1/decisions", candidate()).json()
    actual = ({(one["action"], one["recorded"]) for one in dry}, records, wet["action"], wet["recorded"])
    assert actual == ({("send", False)}, [], "send", True)


def inline(number: int = 1, **more: Any) -> dict[str, Any]:
    """Return a candidate that brings its evidence along."""
    evidence = {
        "type": "shipment.delayed",
        "id": f"ev-{number}",
        "time": NOON.isoformat(),
        "data": {"parcel": f"A-{number}", "new_eta": "Friday"},
    }
    return candidate(number, evidence=evidence | more)


def test_inline_evidence_is_recorded_with_the_decision(api: Served) -> None:
    """The event is on record afterwards, with its default source and subject."""
    consent(api, "u-17")

    answer = api.post("/v1/decisions", inline()).json()

    recorded = api.get(f"/v1/decisions/{answer['decision_id']}").json()["context"]["evidence"]
    actual = (answer["action"], recorded["source"], recorded["subject"])
    assert actual == ("send", "urn:outreach:inline:key-all", "u-17")


def test_a_dry_run_records_no_inline_evidence(api: Served) -> None:
    """After a dry run the event is not there to point to."""
    consent(api, "u-17")

    dry = api.post("/v1/decisions?dry_run=true", inline()).json()

    later = api.post("/v1/decisions", candidate()).json()
    assert (dry["action"], codes(later)) == ("send", ["evidence_missing", "facts_missing"][: len(codes(later))])


def test_inline_evidence_needs_the_scope_of_events(api: Served) -> None:
    """A key that may decide may not therefore say what happened."""
    answer = api.post("/v1/decisions", inline(), key=token("decide"))

    actual = (answer.status_code, 'scope="events"' in answer.headers["www-authenticate"])
    assert actual == (403, True)


@pytest.mark.parametrize(("ahead", "status"), [(301, 422), (300, 200), (0, 200), (-3600, 200)])
def test_inline_evidence_from_the_future_is_refused(api: Served, ahead: int, status: int) -> None:
    """More than five minutes ahead is a mistake of the sender's clock, or worse."""
    answer = api.post("/v1/decisions", inline(time=(NOON + timedelta(seconds=ahead)).isoformat()))

    assert answer.status_code == status


def test_an_identification_is_no_inline_evidence(api: Served) -> None:
    """It proves no purpose, and would bind two customers after ids were resolved: alone, in a trial, in a batch."""
    identified = inline(type="customer.identified", data={"anonymous_id": "a-1"})

    alone = [api.post(f"/v1/decisions{query}", identified) for query in ("", "?dry_run=true")]
    again = inline(type="customer.identified", data=None)
    batch = api.post("/v1/decisions/batch", [identified, inline(), again]).json()
    [named] = alone[0].json()["errors"]
    bound = api.get("/v1/users/a-1/preferences").status_code
    actual = ([one.status_code for one in alone], named["pointer"], [one.get("status") for one in batch], bound)
    assert actual == ([422, 422], "#/evidence", [422, None, 422], 404)
    assert named["detail"] == "`customer.identified` proves no purpose; send it to `POST /v1/events`"


def test_inline_evidence_about_somebody_else_is_a_denial(api: Served) -> None:
    """An event whose subject is another customer proves nothing about this one."""
    consent(api, "u-17")

    answer = api.post("/v1/decisions", inline(subject="u-18")).json()

    assert "evidence_of_another_customer" in codes(answer)


def test_the_same_fact_is_told_once(api: Served) -> None:
    """The second answer names `already_told`, among whatever else."""
    api.post("/v1/events", event())
    consent(api, "u-17")

    first, second = (api.post("/v1/decisions", candidate()).json() for _ in range(2))

    assert (first["action"], second["action"], "already_told" in codes(second)) == ("send", "deny", True)


def test_a_batch_answers_in_order_each_for_itself(api: Served) -> None:
    """A send, a denial, a body that is wrong: three outcomes, one answer."""
    api.post("/v1/events", [event(1, user="a"), event(2, user="b")])
    consent(api, "a")
    wrong = candidate(3) | {"channel": "pigeon"}

    answer = api.post("/v1/decisions/batch", [candidate(1, user="a"), wrong, candidate(2, user="b")])

    sent, refused, denied = answer.json()
    actual = (answer.status_code, sent["action"], refused["status"], denied["action"], codes(denied))
    assert actual == (200, "send", 422, "deny", ["consent_missing"])


def test_a_batch_decides_one_customer_one_after_the_other(api: Served) -> None:
    """Of five facts for one customer, the first goes and takes the hour's place."""
    api.post("/v1/events", [event(number) for number in range(5)])
    consent(api, "u-17")

    answers = api.post("/v1/decisions/batch", [candidate(number) for number in range(5)]).json()

    actual = ([answer["action"] for answer in answers], codes(answers[1]))
    assert actual == (["send", "hold", "hold", "hold", "hold"], ["frequency_cap"])


def test_a_dry_batch_records_nothing(api: Served) -> None:
    """Neither decisions nor what they would have reserved."""
    api.post("/v1/events", [event(number) for number in range(3)])
    consent(api, "u-17")

    answers = api.post("/v1/decisions/batch?dry_run=true", [candidate(number) for number in range(3)]).json()

    actual = ({answer["recorded"] for answer in answers}, api.get("/v1/decisions").json()["decisions"])
    assert actual == ({False}, [])


def alike(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a trial and the real thing must have in common: all but the id and whether it was recorded."""
    return {name: value for name, value in answer.items() if name not in ("decision_id", "recorded")}


@pytest.mark.parametrize(
    "kind", ["the same", "one customer, several facts", "several customers, inline", "one is invalid"]
)
def test_a_dry_batch_gives_the_answers_that_the_real_one_gives(api: Served, kind: str) -> None:
    """An earlier element counts for a later one: it told the fact, took the place under a cap, brought the evidence."""
    api.post("/v1/events", [event(number) for number in range(3)])
    consent(api, "u-17", "u-18")
    bodies: dict[str, list[Any]] = {
        "the same": [candidate(0)] * 3,
        "one customer, several facts": [candidate(number) for number in range(3)],
        "several customers, inline": [inline(), candidate(1, user="u-18"), inline(), inline()],
        "one is invalid": [candidate(0), {}, candidate(0)],
    }

    dry = api.post("/v1/decisions/batch?dry_run=true", bodies[kind]).json()

    real = api.post("/v1/decisions/batch", bodies[kind]).json()
    assert [alike(one) for one in dry] == [alike(one) for one in real]


def test_a_trial_never_says_send_more_often_than_the_real_thing(api: Served) -> None:
    """One essential message, three times: send, deny, deny."""
    api.post("/v1/events", event(1, type="shipment.failed", data={"parcel": "A-1", "reason": "nobody home"}))
    body = candidate(1, evidence={"type": "shipment.failed", "id": "ev-1"})
    body["message"] = {"template": "parcel_failed", "facts": {"parcel": "A-1", "reason": "nobody home"}}
    consent(api, "u-17")

    answers = api.post("/v1/decisions/batch?dry_run=true", [body] * 3).json()

    actual = [(answer["action"], codes(answer)) for answer in answers]
    assert actual == [("send", []), ("deny", ["already_told"]), ("deny", ["already_told"])]


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1000, 200), (1001, 422)])
def test_a_batch_has_at_most_a_thousand(api: Served, size: int, status: int) -> None:
    """One more is refused as a whole; none at all is fine."""
    body = [{"user": {"id": f"u-{n}"}, "purpose": "p", "channel": "sms", "message": {"text": "x"}} for n in range(size)]

    answer = api.post("/v1/decisions/batch", body)

    actual = (answer.status_code, len(answer.json()) if status == 200 else 0)
    assert actual == (status, size if status == 200 else 0)


def test_below_the_cut_off_nothing_discretionary_is_sent(clock: Watch) -> None:
    """The second question refuses what the first permits."""
    with Served(app_of(clock=clock, scorer=FakeScorer(cutoff=0.9))) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        answer = api.post("/v1/decisions", candidate()).json()

    actual = (answer["agent_would_send"]["answer"], answer["customer_would_thank"]["answer"])
    assert actual == (True, False)


def test_two_hundred_at_once_never_exceed_the_caps(api: Served) -> None:
    """Two hundred concurrent requests for one customer, two hundred facts: one send in the hour."""
    api.post("/v1/events", [event(number) for number in range(200)])
    consent(api, "u-17")

    answers = api.together(("POST", "/v1/decisions", {"json": candidate(number)}) for number in range(200))

    actions = [answer.json()["action"] for answer in answers]
    assert (actions.count("send"), actions.count("hold")) == (1, 199)


def test_the_caps_hold_over_a_week(api: Served, clock: Watch) -> None:
    """Asked every quarter of an hour about something new, a customer hears at most 1 an hour, 2 a day, 5 a week."""
    clock.at = NOON.replace(hour=8)
    consent(api, "u-17")
    sent = []
    for step in range(7 * 24):
        clock.at = NOON.replace(hour=0) + timedelta(hours=step)
        api.post("/v1/events", event(step, at=clock.at))
        if api.post("/v1/decisions", candidate(step)).json()["action"] == "send":
            sent.append(step)

    per_day = [sum(1 for other in sent if 0 <= other - one < 24) for one in sent]
    assert (len(sent), max(per_day) <= 2) == (5, True)

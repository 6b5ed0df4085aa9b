"""`POST /v1/decisions/{id}/confirm`: what is said at send time, or after a hold."""

import json
from datetime import timedelta
from typing import Any

import pytest

from serving.fakes import FakeScorer
from tests.serving.routes.confirming import confirm, decided, report, said, sent
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event

FREE = {"text": "Your parcel A-1 now arrives on Friday, we are sorry.", "next_step": "Reply to change the address."}


def test_a_confirmed_send_looks_like_a_decision(api: Served, clock: Watch) -> None:
    """The same fields in the same order; the same id, text, arm and propensity; decided now."""
    consent(api, "u-17")
    first = decided(api)
    clock.turn(minutes=20)
    again = confirm(api, first["decision_id"])
    changed = {name for name in first if first[name] != again[name]}
    actual = (list(again) == list(first), changed, again["decided_at"], again["trigger"])
    assert actual == (True, {"decided_at"}, "2026-11-20T12:20:00Z", True)


def test_a_repeat_gives_the_same_bytes_until_it_expires(api: Served, clock: Watch) -> None:
    """The next quiet start ends it; after that it is decided again."""
    identity = sent(api)
    path = f"/v1/decisions/{identity}/confirm"
    clock.turn(minutes=20)
    first = api.call("POST", path).content
    clock.at = NOON + timedelta(hours=7, minutes=59)
    again = api.call("POST", path).content
    clock.at = NOON + timedelta(hours=8)
    held = api.call("POST", path).json()
    actual = (first == again, json.loads(first)["expires_at"], said(held), held["not_before"], held["trigger"])
    assert actual == (True, "2026-11-20T20:00:00Z", ("hold", "quiet_hours"), "2026-11-21T07:00:00Z", False)


def test_a_hold_goes_out_when_its_time_has_come(api: Served, clock: Watch) -> None:
    """Held in the evening, sent in the morning: recorded each time, the id unchanged."""
    clock.at = NOON + timedelta(hours=9)
    consent(api, "u-17")
    held = decided(api)
    clock.at = NOON + timedelta(hours=18)
    early = confirm(api, held["decision_id"])
    clock.at = NOON + timedelta(hours=19)
    gone = confirm(api, held["decision_id"])
    record = api.get(f"/v1/decisions/{held['decision_id']}").json()
    shown = [(one["confirmed_at"], one["action"], one["decision_id"]) for one in record["confirmations"]]
    assert (held["action"], said(early), said(gone), gone["message"]["text"][:11]) == (
        "hold",
        ("hold", "quiet_hours"),
        ("send",),
        "Your parcel",
    )
    assert (record["action"], shown) == (
        "hold",
        [
            ("2026-11-21T06:00:00Z", "hold", held["decision_id"]),
            ("2026-11-21T07:00:00Z", "send", held["decision_id"]),
        ],
    )


def test_the_record_shows_each_answer_as_it_was_given(api: Served) -> None:
    """With the time when it was given; none before anybody asked."""
    identity = sent(api)
    before = api.get(f"/v1/decisions/{identity}").json()["confirmations"]
    answer = confirm(api, identity)
    after = api.get("/v1/decisions").json()["decisions"][0]["confirmations"]
    actual = (before, after)
    assert actual == ([], [{"confirmed_at": "2026-11-20T12:00:00Z", **answer}])


def test_a_denial_is_cancelled_with_its_reasons(api: Served, clock: Watch) -> None:
    """Nothing is decided again, not even where the reason is gone."""
    first = decided(api)
    consent(api, "u-17")
    clock.turn(minutes=5)
    told = [confirm(api, first["decision_id"]) for _ in range(2)]
    changed = {name: told[0][name] for name in first if first[name] != told[0][name]}
    actual = (said(first), changed, told[0] == told[1])
    assert actual == (("deny", "consent_missing"), {"action": "cancel"}, True)


def wrote(api: Served, at: Any) -> None:
    """Have the customer write about the parcel."""
    told = event("m", type="message.received", data={"parcel": "A-1", "conversation": "c-1"}, at=at)
    assert api.post("/v1/events", told).json()["accepted"] == 1


def superseded(api: Served, at: Any) -> None:
    """Have something newer happen to the parcel."""
    assert api.post("/v1/events", event("x", at=at, data={"parcel": "A-1", "new_eta": "Monday"})).json()["accepted"]


def refused_consent(api: Served, _: Any) -> None:
    """Take back the consent."""
    api.call("PUT", "/v1/users/u-17/preferences", json={"consent": {"chat": False}})


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (superseded, ("cancel", "fact_superseded")),
        (refused_consent, ("cancel", "consent_missing")),
        (lambda api, at: report(api, "opted_out", at, user_id="u-17"), ("cancel", "opted_out")),
        (lambda api, at: report(api, "complained", at, user_id="u-17"), ("hold", "cooling_off", "complaint_open")),
        (lambda api, at: api.post("/v1/events", event("d", type="message.dismissed", at=at)), ("cancel", "dismissed")),
        (
            lambda api, at: api.post("/v1/events", event("c", type="conversation.opened", at=at, data={})),
            ("hold", "conversation_open"),
        ),
    ],
    ids=["superseded", "consent", "opted out", "complained", "dismissed", "conversation"],
)
@pytest.mark.parametrize("held", [False, True])
def test_what_happened_since_counts(api: Served, clock: Watch, happens: Any, expected: Any, *, held: bool) -> None:
    """Everything but its own reservation is as of now, for a send as for a hold."""
    consent(api, "u-17")
    if held:
        other = sent(api, 2)
        report(api, "delivered", clock.at, decision_id=other)
    first = decided(api)
    clock.turn(minutes=70)
    happens(api, clock.at - timedelta(minutes=1))
    actual = (first["action"], said(confirm(api, first["decision_id"])))
    assert actual == ("hold" if held else "send", expected)


def test_they_wrote_first(api: Served, clock: Watch) -> None:
    """An answer to them is due, not a message from us."""
    identity = sent(api)
    clock.turn(minutes=5)
    wrote(api, clock.at)
    actual = said(confirm(api, identity))
    assert (actual[0], "customer_already_knows" in actual) == ("cancel", True)


@pytest.mark.parametrize(
    ("limit", "hours", "expected"),
    [
        ("2026-11-20T13:00:00Z", 0.99, ("send",)),
        ("2026-11-20T13:00:00Z", 1, ("cancel", "expired")),
        (None, 24, ("cancel", "evidence_stale")),
    ],
)
def test_the_request_s_and_the_evidence_s_limits_stand(
    api: Served, clock: Watch, limit: str | None, hours: float, expected: tuple[str, ...]
) -> None:
    """A confirmation makes nothing younger."""
    identity = sent(api, **({} if limit is None else {"expires_at": limit}))
    clock.turn(hours=hours)
    actual = said(confirm(api, identity))
    assert actual == expected


def test_a_hold_that_cannot_end_in_time_is_cancelled(api: Served, clock: Watch) -> None:
    """What would wait beyond its expiry has expired."""
    identity = sent(api, expires_at="2026-11-21T06:00:00Z")
    clock.turn(hours=10)
    actual = said(confirm(api, identity))
    assert actual == ("cancel", "expired", "quiet_hours")


@pytest.mark.parametrize("kind", ["delivered", "engaged", "thanked"])
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_reached_the_customer_is_cancelled(api: Served, kind: str, *, confirmed: bool) -> None:
    """They were told; it stays a contact, and a fact that is told."""
    identity = sent(api)
    if confirmed:
        confirm(api, identity)
    report(api, kind, NOON, decision_id=identity)
    told = [confirm(api, identity) for _ in range(2)]
    other = said(decided(api, 1))
    actual = (said(told[0]), told[0] == told[1], other)
    assert actual == (("cancel", "already_told"), True, ("deny", "already_told", "frequency_cap"))


def test_a_cancel_gives_back_what_was_reserved(api: Served, clock: Watch) -> None:
    """The next message to this customer may go, and tell the fact."""
    identity = sent(api)
    before = said(decided(api, 2))
    refused_consent(api, None)
    clock.turn(minutes=1)
    cancelled = said(confirm(api, identity))
    consent(api, "u-17")
    actual = (before, cancelled, said(decided(api, 1)), said(confirm(api, identity)))
    assert actual == (
        ("hold", "frequency_cap"),
        ("cancel", "consent_missing"),
        ("send",),
        ("cancel", "consent_missing"),
    )


def test_a_confirmed_send_moves_its_reservation(api: Served, clock: Watch) -> None:
    """A second message has to wait for an hour from the confirmation on, and no longer."""
    identity = sent(api)
    clock.turn(minutes=50)
    confirm(api, identity)
    clock.turn(minutes=30)
    early = decided(api, 2)
    clock.turn(minutes=30)
    late = said(confirm(api, early["decision_id"]))
    actual = (said(early), early["not_before"], late)
    assert actual == (("hold", "frequency_cap"), "2026-11-20T13:50:00Z", ("send",))


def test_a_try_that_failed_may_be_made_again(api: Served, clock: Watch) -> None:
    """Its reservation was released; the confirmation takes it anew, where nobody took it in between."""
    identity = sent(api)
    confirm(api, identity)
    clock.turn(minutes=1)
    report(api, "not_delivered", clock.at, decision_id=identity)
    clock.turn(minutes=1)
    again = confirm(api, identity)
    report(api, "not_delivered", clock.at, decision_id=identity)
    other = sent(api, 2)
    clock.turn(minutes=1)
    actual = (said(again), again["decided_at"], said(confirm(api, identity)), said(confirm(api, other)))
    assert actual == (("send",), "2026-11-20T12:02:00Z", ("hold", "frequency_cap"), ("send",))


def test_a_text_goes_once_a_person_approved_it(api: Served, clock: Watch) -> None:
    """What was held for approval is decided again when somebody asks."""
    consent(api, "u-17")
    held = decided(api, message=FREE)
    clock.turn(minutes=1)
    early = confirm(api, held["decision_id"])
    api.post("/v1/approvals", FREE)
    clock.turn(minutes=1)
    actual = (said(held), said(early), said(confirm(api, held["decision_id"])))
    assert actual == (("hold", "awaiting_approval"), ("hold", "awaiting_approval"), ("send",))


def test_essential_service_is_confirmed_without_a_score(clock: Watch) -> None:
    """No model, no certificate: it goes, and its expiry and caps hold."""
    with Served(app_of(clock=clock, scorer=FakeScorer(cutoff=None))) as api:
        data = {"parcel": "A-7", "reason": "nobody was there"}
        told = {"type": "shipment.failed", "data": data}
        api.post("/v1/events", event("f", **told))
        body = candidate("f", evidence={"type": "shipment.failed", "id": "ev-f"})
        first = api.post("/v1/decisions", body | {"message": {"template": "parcel_failed", "facts": data}}).json()
        clock.turn(hours=2)
        again = confirm(api, first["decision_id"])
    actual = (said(first), said(again), again["arm"], again["customer_would_thank"]["asked"])
    assert actual == (("send",), ("send",), None, False)


@pytest.mark.parametrize(
    ("about", "expected"),
    [({}, ("cancel", "opted_out")), ({"channel": "chat"}, ("cancel", "opted_out")), ({"channel": "sms"}, ("send",))],
)
def test_a_repeat_does_not_outlive_an_opt_out(
    api: Served, clock: Watch, about: dict[str, str], expected: tuple[str, ...]
) -> None:
    """Who says no in between is heard at once; a no to another channel is about that channel."""
    identity = sent(api)
    confirm(api, identity)
    clock.turn(minutes=1)
    report(api, "opted_out", clock.at, user_id="u-17", **about)
    actual = said(confirm(api, identity))
    assert actual == expected

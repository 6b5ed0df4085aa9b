"""Something happened to the account: what may be a thief's doing is told at once, at night too; the rest by day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: new_device
    purpose: account_event
    text: "Your account was signed in to from {device}. If this was not you, reply and we will lock it."
    facts: { device: string }
    next_step: "If this was not you, reply and we will lock it."
  - id: new_password
    purpose: account_event
    text: "The password of your account was changed from {device}. If this was not you, reply and we will lock it."
    facts: { device: string }
    next_step: "If this was not you, reply and we will lock it."
  - id: stopped
    purpose: account_event
    text: "We stopped a payment of {amount} that does not look like yours. Reply to tell us whether you made it."
    facts: { amount: string }
    next_step: "Reply to tell us whether you made it."
  - id: changed
    purpose: account_event
    text: "This was changed on your account: {what}. If it was not you, reply and we will undo it."
    facts: { what: string }
    next_step: "If it was not you, reply and we will undo it."
  - id: unpaid
    purpose: account_event
    text: "Your payment of {amount} did not go through: {reason}. Reply if you want us to try again."
    facts: { amount: string, reason: string }
    next_step: "Reply if you want us to try again."
triggers:
  - id: new_device
    on: account.signed_in_new_device
    when: '!(event.data.country in ["FR", "BE"])'
    purpose: account_event
    template: new_device
    facts: { device: event.data.device }
    channel: sms
  - id: new_password
    on: account.password_changed
    purpose: account_event
    template: new_password
    facts: { device: event.data.device }
    channel: sms
  - id: stopped
    on: account.fraud_suspected
    purpose: account_event
    template: stopped
    facts: { amount: string(event.data.amount) }
    channel: sms
  - id: changed
    on: account.details_changed
    when: event.data.what != "newsletter"
    purpose: account_event
    template: changed
    facts: { what: event.data.what }
    channel: email
  - id: unpaid
    on: account.payment_failed
    purpose: account_event
    template: unpaid
    facts: { amount: event.data.amount, reason: event.data.reason }
    channel: email
"""
DEVICE: dict[str, Any] = {"device": "an Android phone in Lagos", "country": "NG"}
UNPAID: dict[str, Any] = {"amount": "20.00 €", "reason": "the card has expired"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a bank with one customer, in Paris at one in the afternoon."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        yield opened


GOOD = [
    ("account.signed_in_new_device", DEVICE, "new_device"),
    ("account.password_changed", {"device": "a laptop"}, "new_password"),
    ("account.fraud_suspected", {"amount": "310 €"}, "stopped"),
    ("account.details_changed", {"what": "the delivery address"}, "changed"),
    ("account.payment_failed", UNPAID, "unpaid"),
]


@pytest.mark.parametrize(("kind", "data", "name"), GOOD, ids=[kind for kind, *_ in GOOD])
def test_each_event_of_an_account_is_told(it: Shop, kind: str, data: dict[str, Any], name: str) -> None:
    """Without a score: nobody asks whether it is welcome."""
    (one,) = it.tells(it.event(kind, "u-1", **data))

    assert (one["action"], one["matched"], one["customer_would_thank"]["asked"]) == ("send", name, False)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("account.signed_in_new_device", DEVICE | {"country": "FR"}),
        ("account.details_changed", {"what": "newsletter"}),
        ("account.closed", {"what": "everything"}),
    ],
    ids=["at home", "of no weight", "a type of their own"],
)
def test_what_does_not_meet_the_condition_is_not_told(it: Shop, kind: str, data: dict[str, Any]) -> None:
    """A new phone at home, a newsletter."""
    assert it.happens(kind, **data) == []


@pytest.mark.parametrize("name", ["device", "country"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_country_that_is_not_told_is_not_abroad(it: Shop, name: str, *, null: bool) -> None:
    """A negated list is where five of ten rule engines fire on nothing: here it does not match, and is counted."""
    data: dict[str, Any] = {key: part for key, part in DEVICE.items() if key != name} | ({name: None} if null else {})
    found = it.happens("account.signed_in_new_device", **data)
    tally = it.api.get("/v1/triggers").json()["triggers"][0]

    assert (found, tally["matched"], tally["failed"]) == ([], 0, 1)


def test_what_may_be_a_thief_is_told_at_night_to_everybody(it: Shop) -> None:
    """No consent, no time zone, an opt-out, an open conversation: their money is at stake."""
    it.clock.turn(hours=14)
    it.knows("u-2", consent=False)
    it.happens("conversation.opened", "u-2", conversation="K-1")
    it.api.post("/v1/outcomes", {"user_id": "u-3", "kind": "opted_out", "time": it.clock.at.isoformat()})

    assert [it.happens("account.fraud_suspected", user, amount="310 €") for user in ("u-1", "u-2", "u-3")] == [
        [("send", [])]
    ] * 3


def test_a_failed_payment_waits_for_the_morning(it: Shop) -> None:
    """Essential is not critical: nobody can do anything about it at three at night."""
    it.clock.turn(hours=14)
    (night,) = it.tells(it.event("account.payment_failed", "u-1", **UNPAID))
    it.ticks(hours=5)

    assert (said(night), night["not_before"], [one["matched"] for one in it.offered()]) == (
        [("hold", ["quiet_hours"])],
        "2026-11-21T07:00:00Z",
        ["unpaid"],
    )


def test_a_company_may_let_an_opt_out_bind_even_then(tmp_path: Path) -> None:
    """Configuration can only be stricter."""
    with shop(tmp_path, POLICY, limits={"opt_out_binds": ["sms"]}) as it:
        it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "opted_out", "time": it.clock.at.isoformat()})
        asked = it.happens("account.fraud_suspected", amount="310 €")

    assert asked == [("deny", ["opted_out"])]


def test_the_same_event_is_told_once_and_another_is_another(it: Shop) -> None:
    """Of an account each event is news of its own: two sign-ins from one phone are two; one sent twice is one."""
    event = it.event("account.signed_in_new_device", "u-1", **DEVICE)
    first, again = it.answer(event), it.answer(event)

    assert (
        said(*first["decisions"]),
        again["decisions"],
        again["duplicates"],
        it.happens("account.signed_in_new_device", **DEVICE),
    ) == ([("send", [])], [], 1, [("send", [])])


def test_no_more_than_ten_a_day_even_of_these(it: Shop) -> None:
    """A broken detector does not ring all night."""
    said_so = [it.happens("account.fraud_suspected", amount=f"{number} €") for number in range(1, 12)]

    assert said_so == [[("send", [])]] * 10 + [[("hold", ["frequency_cap"])]]


def test_an_alarm_of_four_days_ago_is_none(it: Shop) -> None:
    """The queue was stuck: three days are the limit."""
    found = [it.happens("account.fraud_suspected", amount="310 €", ago=hours * 3600) for hours in (71, 73)]

    assert found == [[("send", [])], [("deny", ["evidence_stale"])]]

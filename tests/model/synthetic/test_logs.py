import json
import re
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.contracts import Channel, Purpose
from model.synthetic.world import World

ANY = set(Channel)
PURPOSES = {  # CONTRACT section 5, written out a second time
    "delivery_update": (
        {
            "shipment.delayed",
            "shipment.rescheduled",
            "shipment.out_for_delivery",
            "shipment.delivered",
            "shipment.failed",
        },
        ANY,
    ),
    "appointment_update": (
        {"appointment.confirmed", "appointment.upcoming", "appointment.changed", "appointment.cancelled"},
        ANY,
    ),
    "account_event": (
        {
            *("account.signed_in_new_device", "account.password_changed", "account.fraud_suspected"),
            *("account.details_changed", "account.payment_failed"),
        },
        ANY,
    ),
    "remediation": ({"incident.update", "incident.resolved"}, ANY),
    "requested_reminder": ({"reminder.requested"}, ANY),
    "progress_update": ({"request.progressed", "request.completed", "item.available"}, ANY),
    "unresolved_followup": ({"conversation.left_unresolved"}, {"chat", "widget", "email"}),
    "in_session_help": ({"page.dwelled", "exit.intended"}, {"widget"}),
    "onboarding": ({"session.started"}, {"widget"}),
}
STARRED = {
    *("shipment.failed", "appointment.changed", "appointment.cancelled", "incident.update", "incident.resolved"),
    *("reminder.requested", *PURPOSES["account_event"][0]),
}
CRITICAL = {"account.signed_in_new_device", "account.password_changed", "account.fraud_suspected"}


def told(world: World) -> pd.DataFrame:
    """Join each contact with its evidence (`type`, `happened`, `subject`) and its customer's record."""
    events = world.events().rename(columns={"id": "evidence", "time": "happened"})
    records = world.customers().rename(columns={"id": "customer"})
    return world.contacts().merge(events, on="evidence", validate="1:1").merge(records, on="customer", validate="m:1")


def test_all_nine_purposes_occur(shipped: World) -> None:
    """The contact log shows every purpose of the contract, and no other word."""
    actual = set(shipped.contacts()["purpose"])

    assert actual == set(Purpose) == set(PURPOSES)


def test_every_kind_of_evidence_occurs(shipped: World) -> None:
    """The event log shows every type of evidence of the contract."""
    assert set(shipped.events()["type"]) == set().union(*(types for types, _ in PURPOSES.values()))


def test_evidence_and_channel_fit_the_purpose(shipped: World) -> None:
    """No contact rests on evidence of another purpose, or uses a channel that its purpose does not allow."""
    seen = told(shipped)[["purpose", "type", "channel"]].drop_duplicates().itertuples(index=False)

    wrong = [(p, t, c) for p, t, c in seen if t not in PURPOSES[p][0] or c not in PURPOSES[p][1]]
    assert wrong == []


def test_evidence_is_of_the_same_customer_and_fresh(shipped: World) -> None:
    """It lies before the decision: less than 24 h, 72 h where essential, 5 minutes on a page."""
    contacts = told(shipped)
    age = contacts["time"] - contacts["happened"]
    hours = contacts["type"].isin(STARRED).map({True: 72.0, False: 24.0})
    hours = hours.mask(contacts["purpose"].isin(["in_session_help", "onboarding"]), 5 / 60)

    assert (contacts["subject"] == contacts["customer"]).all()
    assert (age > pd.Timedelta(0)).all()
    assert (age < pd.to_timedelta(hours, unit="h")).all()


def test_essential_is_always_contacted_and_never_drawn(shipped: World) -> None:
    """Starred evidence: contacted, null propensity; everything else: a propensity."""
    contacts = told(shipped)
    essential = contacts["type"].isin(STARRED)

    assert contacts.loc[essential, "contacted"].all()
    assert (contacts["propensity"].isna() == essential).all()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_outbound_keeps_the_quiet_hours(seed: int) -> None:
    """No outbound contact between 21:00 and 08:00 on the recipient's own clock, in any world."""
    contacts = told(World.generate(customers=60, seed=seed))
    outbound = contacts[contacts["channel"] != "widget"]
    local = [t.astimezone(ZoneInfo(z)) for t, z in zip(outbound["time"], outbound["timezone"], strict=True)]

    assert all(8 <= moment.hour < 21 for moment in local)


def test_nobody_is_contacted_after_an_opt_out(shipped: World) -> None:
    """After an opt-out of a channel, or of all, only critical account events go out there."""
    contacts, harms = told(shipped), shipped.complaints()
    opt_outs = harms[harms["kind"] == "opt_out"].merge(
        contacts[["id", "channel"]], left_on="contact", right_on="id", how="left"
    )
    later = contacts.merge(opt_outs, on="customer", suffixes=("", "_left"))
    later = later[(later["time"] > later["time_left"]) & ~later["type"].isin(CRITICAL)]
    everywhere = later["channel_left"].isna()

    assert opt_outs["channel"].isna().any()
    assert not (everywhere | (later["channel"] == later["channel_left"])).any()


def test_nobody_is_considered_while_cooling_off(shipped: World) -> None:
    """For 14 days after a complaint only essential occasions stand in the contact log."""
    contacts, harms = told(shipped), shipped.complaints()
    complaints = harms.loc[harms["kind"] == "complaint", ["customer", "time"]]
    pairs = contacts.merge(complaints, on="customer", suffixes=("", "_complaint"))
    since = pairs["time"] - pairs["time_complaint"]
    cooling = (since > pd.Timedelta(0)) & (since < pd.Timedelta(days=14))

    assert cooling.any()
    assert pairs.loc[cooling, "type"].isin(STARRED).all()


def test_the_caps_are_kept(shipped: World) -> None:
    """No scored occasion follows a contact within the hour, or two within the day."""
    table = shipped.table()
    contacts = shipped.contacts()
    sent = contacts.loc[contacts["contacted"], ["customer", "time"]]
    pairs = table[["occasion_id", "customer", "decided_at"]].merge(sent, on="customer")
    since = pairs["decided_at"] - pairs["time"]
    before = since > pd.Timedelta(0)
    in_day = (before & (since < pd.Timedelta(hours=24))).groupby(pairs["occasion_id"]).sum()

    assert not (before & (since < pd.Timedelta(hours=1))).any()
    assert in_day.max() < 2


def test_scored_occasions_of_a_customer_are_three_days_apart(shipped: World) -> None:
    """So no benefit window holds another scored occasion of the same customer."""
    contacts = shipped.contacts()
    scored = contacts[contacts["propensity"].notna()].sort_values(["customer", "time"])
    gap = scored.groupby("customer")["time"].diff().dropna()

    assert gap.min() >= pd.Timedelta(days=3)


def test_customers_have_few_rows_each(shipped: World) -> None:
    """One to three rows per customer, two for most: clusters, but small ones."""
    sizes = shipped.table().groupby("customer").size()

    assert set(sizes) == {1, 2, 3}
    assert 1.5 < sizes.mean() < 2.5


@pytest.mark.parametrize("log", ["contacts", "engagements", "complaints", "events"])
def test_logs_are_in_order_and_end_at_the_export(shipped: World, log: str) -> None:
    """Each log is sorted by time, and nothing in it is later than the export."""
    times = getattr(shipped, log)()["time"]

    assert times.is_monotonic_increasing
    assert times.max() < pd.Timestamp(shipped.as_of, unit="s", tz="UTC")


@pytest.mark.parametrize("log", ["contacts", "customers", "events"])
def test_ids_are_unique(shipped: World, log: str) -> None:
    """Nobody and nothing has two records."""
    assert getattr(shipped, log)()["id"].is_unique


def test_everybody_in_the_logs_has_a_record_from_before(shipped: World) -> None:
    """Engagements, complaints and contacts name known customers; a record is older than the first occasion."""
    records = shipped.customers().set_index("id")
    contacts = shipped.contacts()

    assert set(shipped.complaints()["customer"]) | set(shipped.engagements()["customer"]) <= {
        f"c{i}" for i in range(len(shipped.script.people.plan))
    }
    assert (records.loc[contacts["customer"], "valid_from"].to_numpy() < contacts["time"].to_numpy()).all()


def test_only_opt_outs_name_a_contact_and_only_one_that_was_made(shipped: World) -> None:
    """Complaints are known by customer only: their source does not depend on the message thread."""
    harms = shipped.complaints()
    named = harms[harms["contact"].notna()]
    contacted = shipped.contacts().set_index("id").loc[named["contact"], "contacted"]

    assert set(named["kind"]) == {"opt_out"}
    assert contacted.all()


def test_some_leave_without_any_message(shipped: World) -> None:
    """Opt-outs happen without contact too, and are reported."""
    harms = shipped.complaints()
    unprompted = harms[(harms["kind"] == "opt_out") & harms["contact"].isna()]

    assert len(unprompted) > 5


def test_facts_are_json_and_name_their_entity(small: World) -> None:
    """Every event's `data` is a JSON object with an entity; reminders carry both of their times and a channel."""
    for event in small.events().itertuples():
        facts = json.loads(event.data)
        assert isinstance(facts, dict)
        assert facts
        if event.type == "reminder.requested":
            assert facts["remind_at"] < facts["due_at"]
            assert all(re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", facts[k]) for k in ("remind_at", "due_at"))
            assert facts["channel"] in ANY


def test_reminders_come_when_they_were_asked_for(small: World) -> None:
    """Not before `remind_at` and not after `due_at`, on the channel that was asked for."""
    contacts = told(small)
    for row in contacts[contacts["purpose"] == "requested_reminder"].itertuples():
        facts = json.loads(row.data)
        assert pd.Timestamp(facts["remind_at"]) <= row.time < pd.Timestamp(facts["due_at"])
        assert facts["channel"] == row.channel

"""The demo's month: what a new user is to find in it is there, by real decisions, and always the same."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import JSON
from serving.cli.month.calendar import Calendar
from serving.cli.month.staff import LEAD, WITHDRAWN
from serving.cli.table import pages
from serving.people.awaiting import awaiting
from serving.people.refused import audit, refused_of
from serving.policy_files.templates import load_policy
from serving.ports import Ledger
from tests.serving.cli.month_examples import NOW, month

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger of a month."""
    made = month(tmp_path_factory.mktemp("month"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def records(ledger: Ledger) -> list[dict[str, JSON]]:
    """All its decisions, in order."""
    return all_of(ledger)


def all_of(ledger: Ledger) -> list[dict[str, JSON]]:
    """All decisions of a ledger, in order."""
    found: list[dict[str, JSON]] = []
    with ledger.transaction() as tx:
        while page := tx.decisions(
            action=None, user=None, since=None, after=found[-1]["decision_id"] if found else None, limit=1000
        ):
            found += page
    return found


def decision(record: dict[str, JSON]) -> dict[str, JSON]:
    """The answer in a record."""
    return record["decided"]["decision"]


def codes(record: dict[str, JSON]) -> set[str]:
    """The reasons of a record."""
    return {reason["code"] for reason in decision(record)["reasons"]}


def test_it_fills_the_thirty_days_before_now(records: list[dict[str, JSON]]) -> None:
    """Every day has decisions, none of them is in the future, and the last are of the last hours."""
    times = [datetime.fromisoformat(decision(record)["decided_at"]) for record in records]
    assert {time.date() for time in times} == {(NOW - number * DAY).date() for number in range(31)}
    assert NOW - timedelta(hours=4) < max(times) < NOW


def test_decisions_are_of_all_kinds(records: list[dict[str, JSON]]) -> None:
    """Sends, holds and denials, for reasons of the customer, of the hour, of the score, of chance and of the sender."""
    said = Counter(decision(record)["action"] for record in records)
    told = Counter(code for record in records for code in codes(record))
    wanted = {"consent_missing", "quiet_hours", "timezone_unknown", "below_cutoff", "held_out", "breaker_open"}
    wanted |= {"awaiting_approval", "template_not_approved", "already_told", "cooling_off", "promotional_wording"}
    assert min(said[action] for action in ("send", "hold", "deny")) > 100
    assert wanted <= set(told)


def test_news_of_the_night_went_out_in_the_morning(ledger: Ledger, records: list[dict[str, JSON]]) -> None:
    """What quiet hours alone held was decided again when they ended, and often went out."""
    held = [record["decision_id"] for record in records if codes(record) == {"quiet_hours"}]
    with ledger.transaction() as tx:
        last = [tx.decision(name)["confirmations"][-1]["action"] for name in held[-200:-20]]  # type: ignore[index]
    assert Counter(last)["send"] > 40


def test_contact_helps_and_annoys_who_muted_us(ledger: Ledger) -> None:
    """Among the occasions that chance withheld or sent: more complaints of the muted, fewer questions of the others."""
    closed = [one for one in pages(ledger) if decided(one) < NOW - 14 * DAY]  # type: ignore[arg-type]

    def rate(kind: str, *, muted: bool, contacted: bool, days: int) -> float:
        told = [
            any(each.kind == kind and timedelta() < each.time - decided(one) <= days * DAY for each in one.outcomes)  # type: ignore[arg-type]
            for one in closed
            if one.assignment.contacted is contacted
            and one.record["candidate"]["attributes"]["notifications_muted"] is muted
        ]
        return sum(told) / len(told)

    muted = [rate("complained", muted=True, contacted=which, days=14) for which in (True, False)]
    others = [rate("contacted_us", muted=False, contacted=which, days=3) for which in (True, False)]
    assert (muted[0] - muted[1] > 0.1, others[1] - others[0] > 0.1) == (True, True)


def decided(one: object) -> datetime:
    """When an occasion was decided."""
    return datetime.fromisoformat(one.record["decided"]["decision"]["decided_at"])  # type: ignore[attr-defined]


def test_a_campaign_was_refused_and_came_back_disguised(records: list[dict[str, JSON]]) -> None:
    """Three texts of one campaign to hundreds, then the same offer inside parcel updates; none of it was sent."""
    found = audit(each for each in map(refused_of, records) if each.said.reasons)
    groups = Counter(group.said.purpose for group in found.groups)
    assert (groups["win_back"], found.customers > 250) == (3, True)
    assert {decision(record)["action"] for record in records if codes(record) & {"purpose_is_marketing"}} == {"deny"}
    assert max(group.times for group in found.groups if group.said.purpose == "delivery_update") > 20


def test_people_acted_and_something_waits_for_them(ledger: Ledger) -> None:
    """A breaker was released, an experiment ended, a template withdrawn; three texts wait for the approver."""
    with ledger.transaction() as tx:
        waits = awaiting(tx, load_policy(), NOW)
        (experiment,) = tx.experiments()
        trips, keys = tx.trips(), tx.keys()
    assert [len(waits.texts), len(waits.breakers), len(trips)] == [3, 0, 0]
    assert [one.released_by for one in waits.released] == [f"{LEAD} (console)"]
    assert (experiment.stopped_by, experiment.contacts > 300) == (LEAD, True)
    assert {one.message.template for one in waits.templates if one.state != "approved"} == {WITHDRAWN}
    assert all(key.revoked_at is not None for key in keys)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("hanna", ["send", "deny", "hold", "deny"]),
        ("bruno", ["send", "deny", "deny"]),
        ("vera", ["hold"]),
    ],
)
def test_the_named_customers_have_their_stories(records: list[dict[str, JSON]], user: str, words: list[str]) -> None:
    """Told first and thankful; annoyed and left alone; waiting for an approval."""
    actual = [decision(record)["action"] for record in records if record["candidate"]["user_id"] == user]
    assert actual == words


def test_it_is_the_same_each_time(tmp_path: Path, records: list[dict[str, JSON]]) -> None:
    """For a given clock: every record, to the last byte."""
    again = month(tmp_path)
    assert digest_of(all_of(again)) == digest_of(records)
    again.close()


def digest_of(records: list[dict[str, JSON]]) -> str:
    """What stands for all of some records."""
    return hashlib.sha256(repr(records).encode()).hexdigest()


@pytest.mark.parametrize("hour", [0, 7, 23])
def test_its_calendar_ends_now_whatever_the_hour(hour: int) -> None:
    """It begins at midnight, thirty days before the day of now."""
    now = NOW.replace(hour=hour, minute=2)
    assert Calendar(now).begin == datetime(2026, 10, 23, tzinfo=NOW.tzinfo)

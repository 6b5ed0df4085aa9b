"""`GET /v1/analytics`, as somebody asks it who has to say what writing first came to."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.contracts import OutcomeKind
from serving.app import create_app
from serving.ledger import open_ledger
from serving.ports import Ledger
from serving.schemas.analytics import AnalyticsAnswer, TotalAnswer
from serving.settings import Settings
from tests.contracts.drawn import WATCH, assigned, decide, report
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, memory_ledger, token, with_keys

COUNTS = ("volume", "send", "hold", "deny", "delivered", "engaged", "thanked")


def asked(api: Served, query: str = "") -> Any:
    """Return the answer."""
    answer = api.get(f"/v1/analytics{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def filled(occasions: int = 600) -> Ledger:
    """Open a ledger in which 95 of 100 were contacted three weeks ago; who was not often wrote to us a day later."""
    ledger = memory_ledger()
    rng = np.random.default_rng(5)
    begin = NOON - timedelta(days=21)
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        for number in range(occasions):
            contacted, user, at = rng.random() < 0.9, f"u-{number}", begin + timedelta(minutes=number)
            decide(tx, f"d-{number}", assigned(contacted=contacted), user=user, at=at)
            if rng.random() < (0.1 if contacted else 0.7):
                report(tx, OutcomeKind.CONTACTED_US, time=at + timedelta(days=1), user_id=user)
    return ledger


@pytest.fixture(scope="module")
def month() -> Any:
    """Serve what was decided in a month."""
    with Served(app_of(ledger=filled(), clock=Watch())) as api:
        yield api


def test_nothing_was_decided_yet(api: Served) -> None:
    """The last 30 days until now, all zero, and one word why there is no effect."""
    answer = asked(api)
    counts = [answer["total"][name] for name in COUNTS]
    missing = answer["total"]["effect"]["missing"]
    assert (answer["from"], answer["to"], answer["by"], answer["rows"], counts, set(missing.values())) == (
        "2026-10-21T12:00:00.000001Z",
        "2026-11-20T12:00:00.000001Z",
        None,
        [],
        [0] * 7,
        {"none"},
    )


def test_decisions_are_counted_with_what_followed(api: Served, clock: Watch) -> None:
    """One sent and thanked, one denied: as soon as it is on record."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    sent = api.post("/v1/decisions", candidate()).json()["decision_id"]
    api.post("/v1/decisions", candidate(purpose="survey"))
    clock.turn(seconds=1)
    for kind in ("delivered", "thanked", "thanked"):
        api.post("/v1/outcomes", {"decision_id": sent, "kind": kind, "time": NOON.isoformat()})
    answer = asked(api, "?by=purpose")
    actual = {row["purpose"]: [row[name] for name in COUNTS] for row in answer["rows"]}
    assert actual == {"delivery_update": [1, 1, 0, 0, 1, 0, 1], "survey": [1, 0, 0, 1, 0, 0, 0]}
    assert [answer["total"][name] for name in COUNTS] == [2, 1, 0, 1, 1, 0, 1]


def test_a_reason_has_no_effect(api: Served) -> None:
    """Reasons follow the draw; a decision counts with each that it gave."""
    codes = [one["code"] for one in api.post("/v1/decisions", candidate(purpose="survey")).json()["reasons"]]
    actual = [(row["reason"], row["deny"], row["effect"]) for row in asked(api, "?by=reason")["rows"]]
    assert actual == [(code, 1, None) for code in sorted(codes)]


def test_the_answer_has_every_field_in_its_order(month: Served) -> None:
    """As the document says."""
    answer = asked(month, "?by=channel")
    total = list(TotalAnswer.model_fields)
    assert (list(answer), list(answer["total"]), list(answer["rows"][0])) == (
        ["from", *list(AnalyticsAnswer.model_fields)[1:]],
        total,
        ["channel", *total],
    )


def test_what_contact_prevented_comes_first_and_is_honest(month: Served) -> None:
    """70 of 100 held out wrote to us, 10 of 100 contacted: some 320 contacts of 540 prevented, give or take 60."""
    total = asked(month)["total"]
    prevented, effect = total["contacts_prevented"], total["effect"]
    per_contact = effect["contacted_us"]["estimate"]
    assert prevented["low"] < 0.6 * effect["contacted"] < prevented["high"]
    assert prevented["estimate"] == pytest.approx(-per_contact * effect["contacted"])
    assert prevented["high"] - prevented["low"] < 150


def test_an_effect_by_purpose_is_that_of_its_occasions(month: Served) -> None:
    """There is one purpose and one template: all three are the same."""
    total = asked(month)["total"]["effect"]
    actual = [asked(month, f"?by={by}")["rows"][0]["effect"] == total for by in ("purpose", "channel", "template")]
    assert actual == [True] * 3


def test_an_arm_stands_beside_the_holdout(month: Served) -> None:
    """The effect of `model` is against it; the holdout has none of its own."""
    rows = {row["arm"]: row for row in asked(month, "?by=arm")["rows"]}
    effect = rows["model"]["effect"]
    actual = (set(rows), effect["held_out"], rows["holdout"]["effect"], rows["holdout"]["contacts_prevented"])
    assert actual == ({"model", "holdout"}, rows["holdout"]["volume"], None, None)


def test_a_period_is_from_its_first_instant_to_before_its_last(month: Served) -> None:
    """Dates are days in UTC, and `to` is not in it: two halves make the whole."""
    whole, first, rest = (
        asked(month, query)["total"]["volume"]
        for query in (
            "?from=2026-10-30&to=2026-11-01",
            "?from=2026-10-30&to=2026-10-30T15:30:00Z",
            "?from=2026-10-30T16:30:00%2B01:00&to=2026-11-01",
        )
    )
    assert (whole, first, rest) == (600, 210, 390)


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("from=2026-11-02&to=2026-11-01", "#/from"),
        ("from=2026-11-02&to=2026-11-02", "#/from"),
        ("from=2027-01-01", "#/from"),
        ("from=2026-11-02T00:00:00", "#/from"),
        ("to=2026-02-30", "#/to"),
        ("to=yesterday", "#/to"),
        ("to=2026-11-02 00:00", "#/to"),
        ("by=customer", "#/by"),
        ("format=xlsx", "#/format"),
        ("start=2026-11-02", "#/*"),
    ],
)
def test_what_is_not_understood_is_refused(month: Served, query: str, blamed: str) -> None:
    """The parameter is named."""
    refused = month.get(f"/v1/analytics?{query}")
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (422, [blamed])


@pytest.mark.parametrize("query", ["from=2026-11-02T00:00:00+01:00", "to=2026-11-02T00:00:00.5+01:00"])
def test_a_plus_that_became_a_space_is_explained(month: Served, query: str) -> None:
    """In an address `+` stands for a space: the fault says how to write it."""
    [fault] = month.get(f"/v1/analytics?{query}").json()["errors"]
    assert (fault["pointer"], "write `+` as `%2B`" in fault["detail"]) == (f"#/{query.split('=', maxsplit=1)[0]}", True)


def test_the_calendar_may_be_asked_for_from_end_to_end(month: Served) -> None:
    """Nothing overflows."""
    actual = [
        asked(month, query)["total"]["volume"]
        for query in ("?from=0001-01-01&to=9999-12-31T23:59:59.999999Z", "?to=0001-01-02")
    ]
    assert actual == [600, 0]


def test_a_table_has_a_line_per_row_and_one_for_the_total(month: Served) -> None:
    """RFC 4180, the same figures, and a name to be saved under."""
    answer = month.get("/v1/analytics?by=arm&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    told = asked(month, "?by=arm")
    expected = [("arm", row["arm"], str(row["volume"])) for row in told["rows"]]
    assert [(row["by"], row["name"], row["volume"]) for row in rows] == [*expected, ("total", "", "600")]
    assert float(rows[-1]["contacts_prevented_low"]) == told["total"]["contacts_prevented"]["low"]
    assert [answer.headers["content-type"], answer.headers["content-disposition"]] == [
        "text/csv; charset=utf-8",
        'attachment; filename="analytics-by-arm.csv"',
    ]


def test_no_cell_is_a_formula(api: Served) -> None:
    """A purpose is the sender's word; a figure below zero stays a number."""
    api.post("/v1/decisions", candidate(purpose="=1+1"))
    rows = list(csv.reader(io.StringIO(api.get("/v1/analytics?by=purpose&format=csv").text)))
    assert [row[:3] for row in rows[1:]] == [["purpose", "'=1+1", "1"], ["total", "", "1"]]


def test_it_needs_the_scope_read(month: Served) -> None:
    """No other."""
    actual = [month.get("/v1/analytics", key=token(scope)).status_code for scope in ("read", "decide", "outcomes")]
    assert actual == [200, 403, 403]


def test_an_effect_may_be_a_minute_old_and_counts_are_not(clock: Watch) -> None:
    """What takes seconds to work out is kept for a minute."""
    told: list[tuple[int, int]] = []
    ledger = filled(100)
    with Served(app_of(ledger=ledger, clock=clock)) as api:
        for seconds in (0, 59, 1):
            clock.turn(seconds=seconds)
            total = asked(api)["total"]
            told.append((total["volume"], total["effect"]["contacted"]))
            with ledger.transaction() as tx:
                decide(tx, f"later-{len(told)}", user=f"later-{len(told)}", at=clock())
    contacted = told[0][1]
    assert told == [(100, contacted), (101, contacted), (102, contacted + 2)]


def test_polling_since_a_day_works_it_out_once_a_minute(clock: Watch) -> None:
    """Without `to` the period ends a moment later each time: what is kept is that it ends now."""
    ledger = filled(100)
    told: list[tuple[int, int]] = []
    with Served(app_of(ledger=ledger, clock=clock)) as api:
        for seconds in (0, 59, 1):
            clock.turn(seconds=seconds)
            total = asked(api, "?from=2026-10-01")["total"]
            told.append((total["volume"], total["effect"]["contacted"]))
            with ledger.transaction() as tx:
                decide(tx, f"later-{len(told)}", user=f"later-{len(told)}", at=clock())
    contacted = told[0][1]
    assert told == [(100, contacted), (101, contacted), (102, contacted + 2)]


def test_it_is_read_beside_the_writer(tmp_path: Path) -> None:
    """From the file, while somebody else holds the transaction in which it is written."""
    address = f"sqlite:///{tmp_path}/ledger.db"
    ledger = with_keys(open_ledger(address, now=NOON, salt=b"s"), NOON)
    with Served(create_app(Settings(ledger=address), clock=Watch())) as api:
        asked(api)
        with ledger.transaction() as tx:
            tx.watch(WATCH)
            decide(tx, "d-1", at=NOON)
            actual = asked(api)["total"]["volume"]
        after = asked(api)["total"]["volume"]
    ledger.close()
    assert (actual, after) == (0, 1)

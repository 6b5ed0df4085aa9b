"""What `GET /metrics` says after things have happened; both ways in count alike; nothing that was sent is a label."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from serving.app import Application
from serving.clock.steady import ClockSet
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.metrics.catalogue import BY_NAME, METRICS
from serving.metrics.noting import Noting
from serving.schemas.events import EventBody
from serving.settings import Settings
from tests.serving.metrics.reading import Samples, grown, labels, of, read, samples
from tests.serving.routes.test_direct import ASKED
from tests.serving.routes.ways import KNOWN, Going, raw_answers
from tests.serving.served import (
    EVERYTHING,
    NOON,
    Counting,
    Served,
    app_of,
    candidate,
    consent,
    event,
    memory_ledger,
    token,
)
from tests.serving.server.test_connection import Served as OverHttp
from tests.serving.server.test_connection import played

CANARY = "canary7391"
REQUEST_COUNT = "outreach_request_seconds_count"


def test_it_is_what_prometheus_reads(api: Served) -> None:
    """The media type of its text format, and every sample is of a metric in the catalogue, with just its labels."""
    answer = api.get("/metrics")
    wrong = []
    for name, found in samples(answer.text):
        for ending in ("_bucket", "_count", "_sum"):
            metric = BY_NAME.get(name) or BY_NAME.get(name.removesuffix(ending))
            if metric is not None:
                break
        if metric is None or {label for label, _ in found} - {"le"} != set(metric.labels):
            wrong.append(name)
    assert (answer.headers["content-type"], wrong) == ("text/plain; version=0.0.4; charset=utf-8", [])


def test_every_metric_is_there_from_the_start(api: Served) -> None:
    """Each has its line of help, so that whoever looks for one finds it before the first event."""
    text = api.get("/metrics").text
    missing = [metric.name for metric in METRICS if f"# HELP {metric.name} {metric.says}" not in text]
    assert missing == []


def test_decisions_are_counted_by_what_was_decided_and_why(api: Served) -> None:
    """A send, a denial of a word that nobody knows, and one that gives several reasons."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    before = read(api)
    api.post("/v1/decisions", candidate())
    for body in (candidate(purpose="nonsense"), candidate(purpose="win_back", channel="sms")):
        body.pop("evidence")
        reasons = api.post("/v1/decisions", body).json()["reasons"]
    after = read(api)
    assert grown(before, after, "outreach_decisions_total") == {
        labels(action="send", purpose="delivery_update", channel="chat"): 1,
        labels(action="deny", purpose="unknown", channel="chat"): 1,
        labels(action="deny", purpose="win_back", channel="sms"): 1,
    }
    codes = {dict(found)["code"] for found in grown(before, after, "outreach_reasons_total")}
    assert {one["code"] for one in reasons} | {"purpose_unknown"} <= codes


def test_what_leaves_no_record_is_no_decision(api: Served) -> None:
    """A dry run, one candidate and several, and an answer that is given again."""
    api.post("/v1/events", event())
    repeated: dict[str, Any] = {"headers": {"Idempotency-Key": "k"}}
    api.post("/v1/decisions", candidate(), **repeated)
    before = read(api)
    api.post("/v1/decisions?dry_run=true", candidate())
    api.post("/v1/decisions/batch?dry_run=true", [candidate(), candidate()])
    api.post("/v1/decisions", candidate(), **repeated)
    assert grown(before, read(api), "outreach_decisions_total") == {}


def test_a_confirmation_is_no_new_decision(api: Served) -> None:
    """What was decided once more counts by itself, with its own word."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    made = api.post("/v1/decisions", candidate()).json()
    api.post("/v1/outcomes", {"user_id": "u-17", "kind": "opted_out", "time": NOON.isoformat()})
    before = read(api)
    api.call("POST", f"/v1/decisions/{made['decision_id']}/confirm")
    after = read(api)
    assert grown(before, after, "outreach_decisions_total") == {}
    assert grown(before, after, "outreach_confirmations_total") == {
        labels(action="cancel", purpose="delivery_update", channel="chat"): 1
    }


def test_events_and_outcomes_are_counted_by_what_became_of_them(api: Served) -> None:
    """New, known and refused events, where some are good and where none is; and outcomes."""
    before = read(api)
    api.post("/v1/events", [event(1), event(1), {"id": 7}])
    api.post("/v1/events", [{"id": 7}, {}])
    told = {"user_id": "u-17", "kind": "complained", "time": NOON.isoformat()}
    api.post("/v1/outcomes", [told, told])
    after = read(api)
    assert grown(before, after, "outreach_events_total") == {
        labels(result="accepted"): 1,
        labels(result="duplicate"): 1,
        labels(result="rejected"): 3,
    }
    assert grown(before, after, "outreach_outcomes_total") == {
        labels(kind="complained", result="accepted"): 1,
        labels(kind="complained", result="duplicate"): 1,
    }


def test_requests_are_counted_by_route_and_status(api: Served) -> None:
    """By the template of the path, never the path; whatever has no route is one, and so are strange methods."""
    before = read(api)
    api.get(f"/v1/decisions/{CANARY}")
    api.get(f"/{CANARY}")
    api.call(CANARY.upper(), "/v1/decisions")
    api.get("/v1/decisions", key=None)
    after = read(api)
    assert grown(before, after, "outreach_requests_total") == {
        labels(method="GET", path="/v1/decisions/{decision_id}", status="404"): 1,
        labels(method="GET", path="other", status="404"): 1,
        labels(method="other", path="/v1/decisions", status="405"): 1,
        labels(method="GET", path="/v1/decisions", status="401"): 1,
        labels(method="GET", path="/metrics", status="200"): 1,
    }


def test_time_is_told_by_stage(api: Served) -> None:
    """One group: its one request waited, and each part of its transaction was measured once."""
    before = read(api)
    api.post("/v1/decisions", candidate())
    after = read(api)
    stages = grown(before, after, "outreach_stage_seconds_count")
    groups = grown(before, after, "outreach_group_size_count")
    names = ("queue", "begin", "contexts", "decide", "keep", "commit")
    assert set(stages) == {labels(stage=name) for name in names}
    assert set(stages.values()) == set(groups.values())
    spread = {key: value for key, value in after.items() if key[0] == "outreach_stage_seconds_bucket"}
    assert all(value >= 0 for value in spread.values())


def test_buckets_hold_all_that_is_less(api: Served) -> None:
    """As Prometheus counts: each bucket holds those below, and the last one holds all."""
    api.post("/v1/decisions", candidate())
    found = read(api)
    of_sizes = sorted(
        (float(dict(key[1])["le"]), value) for key, value in found.items() if key[0] == "outreach_group_size_bucket"
    )
    values = [value for _, value in of_sizes]
    assert values == sorted(values)
    assert of_sizes[-1] == (float("inf"), of(found, "outreach_group_size_count"))


def test_attributes_that_the_model_does_not_read_are_counted() -> None:
    """A candidate may bring what it likes; that it was ignored can be seen."""
    with Served(app_of(scorer=FakeScorer(cutoff=0.004, feature="tenure_days"))) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        user = {"id": "u-17", "timezone": "Europe/Paris", "attributes": {"tenure_days": 1, "shoe": 43, CANARY: CANARY}}
        api.post("/v1/decisions", candidate() | {"user": user})
        assert of(read(api), "outreach_unknown_attributes_total") == 2


def test_how_things_stand_is_told(api: Served) -> None:
    """The model, its certificate, the ledger, and what may stop everything."""
    found = read(api)
    expected = {
        "model_in_use": 1,
        "degraded": 0,
        "certificate_issued": 1,
        "certificate_permits": 1,
        "certificate_cutoff": 0.004,
        "ledger_up": 1,
        "monitor_tripped": 0,
        "outcomes_silent": 0,
        "breakers_open": 0,
        "experiment_running": 0,
        "experiment_contacts_left": 0,
        "processes": 1,
        "queue_length": 0,
    }
    assert {
        name.removeprefix("outreach_"): value
        for (name, _), value in found.items()
        if name.removeprefix("outreach_") in expected
    } == expected


def test_other_models_and_refusals_are_counted() -> None:
    """Who asks too fast, and what came of another model that was found."""
    app = app_of(settings=Settings(requests_per_second=3))
    app.state.api.changes.refuse("model", f"it is {CANARY}")
    with Served(app) as api:
        for _ in range(9):
            api.get("/v1/approvals")
        found = samples(api.get("/metrics", key=token("read")).text)
    assert of(found, "outreach_swaps_total", role="model", outcome="refused") == 1
    assert (of(found, "outreach_rate_refusals_total") or 0) >= 1


def test_without_a_ledger_whoever_was_let_in_before_still_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key that was active when the ledger was last read; what the ledger would say is absent."""
    monkeypatch.setattr("serving.loop.heartbeat.REMEMBERED_SECONDS", 0)
    going = Going(memory_ledger())
    monkeypatch.setattr("serving.routes.keyring.REMEMBERED_SECONDS", 0)
    with Served(app_of(going)) as api:
        before = read(api)
        going.gone = True
        answer, nobody = api.get("/metrics"), api.get("/metrics", key="x" * 43)
        found = samples(answer.text)
    assert (answer.status_code, nobody.status_code) == (200, 401)
    assert (of(found, "outreach_ledger_up"), of(found, "outreach_monitor_tripped")) == (0, None)
    assert of(found, "outreach_ledger_failures_total") > (of(before, "outreach_ledger_failures_total") or 0)


def test_a_full_queue_is_no_ledger_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it keep a key out: what is asked once a second goes along with the next group, whoever else waits."""
    for named in ("loop.heartbeat", "routes.keyring"):
        monkeypatch.setattr(f"serving.{named}.REMEMBERED_SECONDS", 0)
    monkeypatch.setattr("serving.loop.loop.DecideLoop._most", lambda _: 0)
    with Served(app_of()) as overloaded:
        refused, ready = overloaded.post("/v1/events", event()).status_code, overloaded.get("/readyz", key=None)
        found = read(overloaded)
    assert (refused, ready.status_code, of(found, "outreach_ledger_up")) == (503, 200, 1)
    assert of(found, "outreach_ledger_failures_total") in (None, 0)


def test_probes_and_scrapes_ask_the_ledger_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One heartbeat within a second, and one reading of the keys, however many want to know."""
    for named in ("loop.heartbeat", "routes.keyring"):
        monkeypatch.setattr(f"serving.{named}.REMEMBERED_SECONDS", 60)
    ledger = Counting(memory_ledger())
    with Served(app_of(ledger)) as api:
        for _ in range(3):
            api.get("/readyz", key=None)
            read(api)
    assert ledger.transactions == 2


def test_while_the_clock_is_not_believed_what_was_counted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate has no figures then, for they are counted from now; all else is there."""
    app = app_of()

    def unbelieved() -> datetime:
        raise ClockSet("the clock was set")

    with Served(app) as api:
        api.post("/v1/decisions", candidate())
        monkeypatch.setattr(app.state.api.reporting, "_clock", unbelieved)
        found = read(api)
    assert (of(found, "outreach_certificate_permits"), of(found, "outreach_model_in_use", version="fake")) == (None, 1)
    assert any(name == "outreach_decisions_total" for name, _ in found)


def test_what_cannot_be_counted_is_answered_all_the_same(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is durable is answered, whatever the counting meets."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("serving.metrics.metrics.Metrics._told", broken)
    answer = api.post("/v1/decisions", candidate())
    assert answer.status_code == 200


def test_both_ways_in_are_counted_alike(app: Callable[..., Application]) -> None:
    """Everything of the table of `test_direct`, by the short way and through FastAPI: the same counts."""
    one, other = (counted(app(short=short)) for short in (True, False))
    assert one == other
    assert {dict(found)["status"] for name, found in one if name == "outreach_requests_total"} > {"200", "202", "413"}


def counted(app: Application) -> Samples:
    """Ask all of the table over one connection; return what was counted of it, times and groups left out."""

    async def play(served: OverHttp) -> str:
        await raw_answers(served, KNOWN, 10**6)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client:
            for ask in ASKED.values():
                path, more = ask()
                key = more.pop("key", EVERYTHING)
                headers = ({} if key is None else {"Authorization": f"Bearer {key}"}) | more.pop("headers", {})
                await client.post(path, headers=headers, **more)
            told = await client.get("/metrics", headers={"Authorization": f"Bearer {EVERYTHING}"})
        return told.text

    found = samples(played(play, app))
    return {
        key: value
        for key, value in found.items()
        if (key[0].endswith("_total") and not key[0].startswith("process_")) or key[0] == REQUEST_COUNT
    }


def test_nothing_that_was_sent_is_in_them(api: Served) -> None:
    """Ids, words, texts and keys of every kind: none is a label."""
    api.post("/v1/events", [event(CANARY, user=CANARY), event(2, type=f"com.{CANARY}"), {CANARY: CANARY}])
    for more in ({"purpose": CANARY}, {"message": {"text": CANARY, "next_step": CANARY}}, {"session": {"id": CANARY}}):
        api.post("/v1/decisions", candidate(CANARY, user=CANARY, **more))
    api.post("/v1/decisions", candidate(channel=CANARY))
    api.post("/v1/outcomes", {"user_id": CANARY, "kind": "complained", "time": NOON.isoformat()})
    api.call("PUT", f"/v1/users/{CANARY}/preferences", json={"consent": {"chat": True}})
    api.get(f"/v1/{CANARY}?{CANARY}={CANARY}", headers={CANARY: CANARY, "User-Agent": CANARY})
    assert CANARY not in api.get("/metrics").text


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_undone_is_not_noted(keep: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    """A part of a transaction that is rolled back leaves no count, of events as of decisions."""
    with open_ledger("sqlite://", now=NOON, salt=b"salt").transaction() as transaction:
        noting = Noting(transaction)
        with noting.savepoint(keep=keep):
            noting.add_event(EventBody.model_validate(event()).event_with({}), recorded_at=NOON)
    assert len(noting.noted) == keep


def test_reading_them_needs_the_scope(api: Served) -> None:
    """A key that may decide may not watch."""
    answers = [api.get("/metrics", key=key).status_code for key in (None, token("decide"), token("read"))]
    assert answers == [401, 403, 200]


def test_the_table_of_requests_is_json_safe() -> None:
    """The labels of the catalogue are names that Prometheus takes."""
    assert all(label.isidentifier() for metric in METRICS for label in metric.labels)
    assert json.dumps([metric.name for metric in METRICS])

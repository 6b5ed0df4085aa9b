"""Experiments, the kill switch and a shadow through the API, on a real ledger."""

import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Shares
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Preferences
from serving.settings import Settings
from serving.standing import Experiment
from tests.serving.served import NOON, Served, Watch, app_of, candidate, event, memory_ledger, with_keys

TRIAL = Experiment(
    id="x-1",
    share=0.5,
    max_contacts=5,
    until=NOON + timedelta(days=30),
    by="ann",
    started_at=NOON - timedelta(hours=1),
)
MANY = 30


def prepared(ledger: Ledger, *, experiment: Experiment | None = TRIAL, users: int = MANY) -> Ledger:
    """Put so many customers' consent to chat on record, and start the experiment."""
    with ledger.transaction() as tx:
        for number in range(users):
            told = Preferences(timezone="Europe/Paris", consent={"chat": True})
            tx.set_preferences(f"u-{number}", told, at=NOON - timedelta(hours=2))
        if experiment is not None:
            tx.start_experiment(experiment)
    return ledger


def without_model(ledger: Ledger, **more: Any) -> Served:
    """Serve a ledger without any model, unless one is given."""
    return Served(create_app(Settings(), ledger=ledger, clock=Watch(), **more))


def events(numbers: range) -> list[dict[str, Any]]:
    """Return a parcel's delay for each customer."""
    return [event(number, user=f"u-{number}") for number in numbers]


def question(number: int) -> dict[str, Any]:
    """Ask about the delay of a customer's parcel."""
    return candidate(number, user=f"u-{number}")


def failed(api: Served, number: int) -> dict[str, Any]:
    """Ask about a delivery that failed: essential."""
    api.post("/v1/events", event(f"f-{number}", type="shipment.failed", user=f"u-{number}", data=FAILED))
    body = candidate(f"f-{number}", user=f"u-{number}", evidence={"type": "shipment.failed", "id": f"ev-f-{number}"})
    body["message"] = {"template": "parcel_failed", "facts": FAILED}
    answer: dict[str, Any] = api.post("/v1/decisions", body).json()
    return answer


FAILED = {"parcel": "A-7", "reason": "nobody was there"}


def test_an_experiment_makes_exactly_its_contacts_under_any_concurrency() -> None:
    """Thirty questions at once: five contacts, some held out before the fifth, and then `no_certificate` for good."""
    ledger = prepared(memory_ledger())
    with without_model(ledger) as api:
        api.post("/v1/events", events(range(MANY)))
        calls = [("POST", "/v1/decisions", {"json": question(number)}) for number in range(MANY)]
        answers = [answer.json() for answer in api.together(calls)]
        with ledger.transaction() as tx:
            (experiment,) = tx.experiments()

    seen = Counter((one["action"], one["arm"], *(no["code"] for no in one["reasons"])) for one in answers)
    over = seen["deny", None, "score_unavailable", "no_certificate"]
    actual = (seen["send", "experiment"], over > 0, seen["deny", "experiment", "held_out"] + over, experiment.contacts)
    assert (*actual, experiment.stopped_by) == (5, True, MANY - 5, 5, "outreach")


@pytest.mark.parametrize("places", [1, 4])
def test_two_servers_on_one_ledger_share_its_places(tmp_path: Path, places: int) -> None:
    """Each with its own connection and thread, batches and single questions mixed: never one contact more."""
    url = f"sqlite:///{tmp_path}/l.db"
    ledger = open_ledger(url, now=NOON, salt=b"for tests", shipped=shipped_digests())
    prepared(with_keys(ledger, NOON), experiment=Experiment(**{**vars_of(TRIAL), "max_contacts": places}))
    answers: list[dict[str, Any]] = []
    settings = Settings(ledger=url)
    with Served(create_app(settings, clock=Watch())) as one, Served(create_app(settings, clock=Watch())) as two:
        one.post("/v1/events", events(range(MANY)))

        def ask(api: Served, numbers: range) -> None:
            answers.extend(api.post("/v1/decisions", question(number)).json() for number in numbers[:5])
            answers.extend(api.post("/v1/decisions/batch", [question(number) for number in numbers[5:]]).json())

        threads = [
            threading.Thread(target=ask, args=(api, range(start, MANY, 2))) for start, api in enumerate((one, two))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    with ledger.transaction() as tx:
        (experiment,) = tx.experiments()
        drawn = [row.assignment for row in tx.occasions(after=0, limit=100)[0]]
    ledger.close()

    actual = (len(answers), sum(one["action"] == "send" for one in answers), sum(row.contacted for row in drawn))
    assert (*actual, experiment.contacts) == (MANY, places, places, places)


def vars_of(experiment: Experiment) -> dict[str, Any]:
    """Return the fields that somebody chooses who starts an experiment."""
    names = ("id", "share", "max_contacts", "until", "by", "started_at")
    return {name: getattr(experiment, name) for name in names}


def test_a_dry_run_takes_no_place() -> None:
    """The same answers as for real, and the experiment is as it was."""
    ledger = prepared(memory_ledger())
    with without_model(ledger) as api:
        api.post("/v1/events", events(range(MANY)))
        body = [question(number) for number in range(MANY)]
        rehearsed = api.post("/v1/decisions/batch?dry_run=true", body).json()
        with ledger.transaction() as tx:
            before = tx.experiments()[0].contacts
        real = api.post("/v1/decisions/batch", body).json()

    told = [[(one["action"], one["arm"]) for one in answers] for answers in (rehearsed, real)]
    assert (told[0], before) == (told[1], 0)


def test_the_answer_says_what_the_customer_of_the_api_needs_and_the_record_the_rest() -> None:
    """Arm and propensity are in the answer; assignment, what stopped it and the shadow's opinion are in the record."""
    shadow = FakeScorer(version="8", cutoff=0.9)
    with without_model(prepared(memory_ledger()), shadow=shadow) as api:
        api.post("/v1/events", events(range(1)))
        answer = api.post("/v1/decisions", question(0)).json()
        record = api.get(f"/v1/decisions/{answer['decision_id']}").json()

    inside = {"assignment", "stopped", "shadow"}
    kept = record["assignment"]
    assert (inside & set(answer), inside <= set(record)) == (set(), True)
    assert (kept["arm"], kept["contacted"], kept["contact_probability"], kept["above"], kept["watch"]) == (
        "experiment",
        answer["action"] == "send",
        0.5,
        None,
        "x-1",
    )
    assert (record["stopped"], record["shadow"]["version"], record["shadow"]["above"]) == (None, "8", False)


@pytest.mark.parametrize("net", [0.9, float("nan")])
def test_with_a_shadow_or_without_the_answers_are_the_same(net: float) -> None:
    """But for ids: a challenger that would send to everybody, or fails, sends to nobody."""
    told = []
    for shadow in (None, FakeScorer(version="8", benefit=net)):
        ledger = prepared(memory_ledger(), experiment=None)
        app = create_app(
            Settings(),
            ledger=ledger,
            clock=Watch(),
            scorer=FakeScorer(feature="tenure_days", cutoff=0.5),
            shadow=shadow,
        )
        with Served(app) as api:
            api.post("/v1/events", events(range(MANY)))
            answers = api.post("/v1/decisions/batch", [question(number) for number in range(MANY)]).json()
            told.append([{**one, "decision_id": None} for one in answers])

    assert told[0] == told[1]


def harm(api: Served, clock: Watch) -> int:
    """Contact customers who opt out of it at once, until the monitor trips; return how many it took."""
    for number in range(MANY):
        answer = api.post("/v1/decisions", question(number)).json()
        if "no_certificate" in [no["code"] for no in answer["reasons"]]:
            return number
        told = {"decision_id": answer["decision_id"], "kind": "opted_out", "time": clock.at.isoformat()}
        if answer["action"] == "send":
            api.post("/v1/outcomes", told)
    return MANY


def test_the_kill_switch_stops_all_that_is_discretionary_until_a_person_releases_it() -> None:
    """Opt-outs after contact trip it; essential service goes on; a release lets messages go again."""
    ledger, clock = prepared(memory_ledger(), experiment=None, users=2 * MANY), Watch()
    with Served(app_of(ledger, clock=clock)) as api:
        api.post("/v1/events", events(range(2 * MANY)))
        tripped = harm(api, clock)
        stopped = api.post("/v1/decisions", question(MANY + 1)).json()
        record = api.get(f"/v1/decisions/{stopped['decision_id']}").json()
        essential = failed(api, MANY + 2)
        with ledger.transaction() as tx:
            (trip,) = tx.trips()
            tx.release(at=clock.at, by="ann", why="the wrong template is withdrawn")
        again = [api.post("/v1/decisions", question(number)).json()["action"] for number in range(MANY + 3, MANY + 13)]

    (reason,) = stopped["reasons"]
    said = (reason["code"], reason["detail"].startswith("the monitor tripped on opt-outs at "), stopped["arm"])
    assert (0 < tripped < MANY, trip.harm, said) == (True, "opt_out", ("no_certificate", True, None))
    kept = (record["stopped"], record["assignment"], essential["action"], "send" in again)
    assert kept == ("tripped", None, "send", True)


def test_an_experiment_ends_with_a_trip() -> None:
    """What it contacted harmed: it stops by itself, and stays stopped after the release."""
    wide = Experiment(**{**vars_of(TRIAL), "share": 0.9, "max_contacts": 1000})
    ledger, clock = prepared(memory_ledger(), experiment=wide, users=2 * MANY), Watch()
    with Served(create_app(Settings(), ledger=ledger, clock=clock)) as api:
        api.post("/v1/events", events(range(2 * MANY)))
        tripped = harm(api, clock)
        with ledger.transaction() as tx:
            released = tx.release(at=clock.at, by="ann", why="seen")
            over = tx.experiments()[0].stopped_by
        answer = api.post("/v1/decisions", question(MANY + 5)).json()

    codes = [no["code"] for no in answer["reasons"]]
    assert (0 < tripped < MANY, released, over) == (True, True, "outreach")
    assert codes == ["score_unavailable", "no_certificate"]


def test_two_weeks_of_sends_without_any_report_stop_everything_until_somebody_reports() -> None:
    """METHOD section 4: the certificate is void; the first outcome revives it."""
    ledger, clock = prepared(memory_ledger(), experiment=None), Watch()
    actions = []
    with Served(app_of(ledger, clock=clock)) as api:
        for days in range(0, 20, 2):
            clock.at = NOON + timedelta(days=days)
            api.post("/v1/events", event(days, user=f"u-{days}", at=clock.at))
            answer = api.post("/v1/decisions", question(days)).json()
            actions.append((answer["action"], *(no["code"] for no in answer["reasons"])))
        reported = api.post("/v1/outcomes", {"user_id": "u-0", "kind": "engaged", "time": clock.at.isoformat()})
        api.post("/v1/events", event(21, user="u-21", at=clock.at))
        after = api.post("/v1/decisions", question(21)).json()

    first = next(number for number, action in enumerate(actions) if "no_certificate" in action)
    stopped = set(actions[first:])
    assert (stopped, reported.json()["accepted"], after["arm"] is not None) == ({("deny", "no_certificate")}, 1, True)


def test_the_shares_of_the_settings_are_those_of_the_certificate_or_nothing_goes_out() -> None:
    """Other shares are another harm: the experiment may take such rows, the model may not."""
    settings = Settings(shares=Shares(model=0.5, policy_only=0.2, holdout=0.3))
    told = []
    for experiment in (None, Experiment(**{**vars_of(TRIAL), "share": 0.999})):
        ledger = prepared(memory_ledger(), experiment=experiment)
        with Served(app_of(ledger, settings=settings)) as api:
            api.post("/v1/events", events(range(3)))
            told += [api.post("/v1/decisions", question(number)).json()["arm"] for number in range(3)]

    assert told == [None] * 3 + ["experiment"] * 3

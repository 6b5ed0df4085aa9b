from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.loop.lately import REMEMBERED_SECONDS
from serving.settings import Settings
from serving.standing import Standing
from tests.contracts.drawn import WATCH as HARM_WATCH
from tests.contracts.drawn import harm_until_tripped
from tests.occasions import mostly, standing, trial
from tests.serving.served import NOON, Counting, Served, Watch, app_of, candidate, event, memory_ledger


def test_live_says_so(api: Served) -> None:
    """The process runs; nothing else is asked."""
    assert api.get("/livez", key=None).json() == {"status": "live"}


def test_ready_with_ledger_and_model(api: Served) -> None:
    """Both are there."""
    answer = api.get("/readyz", key=None)

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_a_model_without_a_certificate_says_so() -> None:
    """It is verified, so the API is ready; the detail tells that only essential service goes out."""
    with Served(app_of(scorer=FakeScorer(cutoff=None))) as api:
        answer = api.get("/readyz", key=None).json()

    assert (answer["status"], "no certificate" in answer["detail"]) == ("ready", True)


EXPERIMENT = trial(now=NOON)
ESSENTIAL = "only essential service goes out"
NO_MODEL = f"no model is configured: {ESSENTIAL}"
UNCERTIFIED = FakeScorer(cutoff=None)
RUNS = "experiment runs until 2026-12-20T12:00:00Z"


@pytest.mark.parametrize(
    ("scorer", "stands", "expected"),
    [
        (FakeScorer(), Standing(), ("ready", "")),
        (FakeScorer(), Standing(experiment=EXPERIMENT), ("ready", f"an {RUNS}")),
        (UNCERTIFIED, Standing(), ("ready", f"the model has no certificate: {ESSENTIAL}")),
        (
            UNCERTIFIED,
            Standing(experiment=EXPERIMENT),
            ("ready", f"the model has no certificate: {ESSENTIAL}, and an {RUNS}"),
        ),
        (None, Standing(), ("degraded", NO_MODEL)),
        (
            None,
            Standing(experiment=EXPERIMENT),
            ("degraded", f"{NO_MODEL}, and an {RUNS}"),
        ),
        (
            FakeScorer(),
            replace(standing("tripped", now=NOON), experiment=EXPERIMENT),
            (
                "degraded",
                f"the monitor tripped at 2026-11-20T10:00:00Z: {ESSENTIAL} until a person releases it",
            ),
        ),
        (
            None,
            standing("silent", now=NOON),
            (
                "degraded",
                f"no outcome was reported of the sends since 2026-11-05T12:00:00Z: {ESSENTIAL}",
            ),
        ),
    ],
    ids=["well", "beside", "uncertified", "experiment", "no model", "experiment alone", "tripped", "silent"],
)
def test_readiness_says_what_stops_discretionary_messages(
    monkeypatch: pytest.MonkeyPatch, scorer: FakeScorer | None, stands: Standing, expected: tuple[str, str]
) -> None:
    """200 in each case, since essential service goes; nobody's name is told to anonymous readers."""
    ledger = memory_ledger()
    monkeypatch.setattr(SqliteTransaction, "standing", lambda *_: stands)
    with Served(create_app(Settings(), ledger=ledger, clock=Watch(), scorer=scorer)) as api:
        answer = api.get("/readyz", key=None)

    told = answer.json()
    assert (answer.status_code, told["status"], told["detail"]) == (200, *expected)
    assert EXPERIMENT.by not in answer.text


@pytest.mark.parametrize("stands", [Standing(), Standing(experiment=EXPERIMENT)], ids=["alone", "experiment"])
@pytest.mark.parametrize(
    ("scorer", "why"),
    [
        (FakeScorer(expires=NOON), "the model's certificate expired at 2026-11-20T12:00:00Z"),
        (FakeScorer(shares=mostly("holdout")), "the model's certificate is for other `shares`"),
        (FakeScorer(watched=False), "the model's certificate cannot be watched"),
        (FakeScorer(scope=frozenset()), "the model's certificate permits no purpose and channel now"),
    ],
    ids=["expired", "other shares", "not watched", "covers nothing"],
)
def test_a_certificate_that_permits_nothing_is_ready_and_says_why(
    monkeypatch: pytest.MonkeyPatch, scorer: FakeScorer, why: str, stands: Standing
) -> None:
    """The artefact is verified, so it is not degraded; but nobody need guess why nothing discretionary goes."""
    monkeypatch.setattr(SqliteTransaction, "standing", lambda *_: stands)
    with Served(create_app(Settings(), ledger=memory_ledger(), clock=Watch(), scorer=scorer)) as api:
        told = api.get("/readyz", key=None).json()

    besides = "" if stands.experiment is None else f", and an {RUNS}"
    assert told == {"status": "ready", "detail": f"{why}: {ESSENTIAL}{besides}"}


def test_what_readiness_says_of_a_certificate_is_what_decisions_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It turns with the clock: ready without a word while a message goes, and with the reason once none does."""
    monkeypatch.setattr("serving.loop.heartbeat.REMEMBERED_SECONDS", 0.0)
    clock, seen = Watch(), []
    with Served(app_of(clock=clock, scorer=FakeScorer(cutoff=0.004, expires=NOON + timedelta(hours=1)))) as api:
        for _ in range(2):
            seen.append(api.get("/readyz", key=None).json()["detail"])
            clock.turn(hours=1)

    assert seen == ["", f"the model's certificate expired at 2026-11-20T13:00:00Z: {ESSENTIAL}"]


def test_readiness_sees_a_trip_and_its_release() -> None:
    """From the ledger itself, within a heartbeat."""
    ledger, states = memory_ledger(), []
    with Served(app_of(ledger)) as api:
        for step in (None, harm_until_tripped, lambda tx: tx.release(at=NOON, by="ann", why="seen")):
            with ledger.transaction() as tx:
                if step is not None:
                    tx.watch(HARM_WATCH)
                    step(tx)
            api.app.state.api.heartbeat._lately._asked = None  # as if the remembered verdict were old
            states.append(api.get("/readyz", key=None).json()["status"])

    assert states == ["ready", "degraded", "ready"]


@pytest.mark.parametrize("made", ["none named", "missing folder", "empty folder", "garbage"])
def test_degraded_without_a_verified_artefact(tmp_path: Path, made: str) -> None:
    """Without a model, or with one that fails verification, the API runs for essential service."""
    folder = tmp_path / "artefact"
    if made in ("empty folder", "garbage"):
        folder.mkdir()
    if made == "garbage":
        (folder / "manifest.json").write_text('{"canary7391": "…"}')
    settings = Settings(model=None if made == "none named" else str(folder))

    with Served(create_app(settings, ledger=memory_ledger(), clock=Watch())) as api:
        answer = api.get("/readyz", key=None)
        live = api.get("/livez", key=None).status_code

    actual = (
        answer.status_code,
        answer.json()["status"],
        "canary7391" in answer.text,
        str(tmp_path) in answer.text,
        live,
    )
    assert actual == (200, "degraded", False, False, 200)


def test_without_a_model_essential_service_still_goes() -> None:
    """A failed delivery is told; a delay is not."""
    with Served(create_app(Settings(), ledger=memory_ledger(), clock=Watch())) as api:
        api.post("/v1/events", [event(1), event(2, type="shipment.failed")])
        delay = api.post("/v1/decisions", candidate(1)).json()
        body = candidate(2, evidence={"type": "shipment.failed", "id": "ev-2"})
        body["message"] = {"template": "parcel_failed", "facts": body["message"]["facts"]}
        names = api.get("/v1/approvals").json()["templates"]
        failed = [one["template"] for one in names if "fail" in one["template"]]
        body["message"]["template"] = failed[0]
        told = api.post("/v1/decisions", body).json()

    codes = [reason["code"] for reason in delay["reasons"]]
    assert ("no_certificate" in codes or "consent_missing" in codes, delay["action"], told["arm"]) == (
        True,
        "deny",
        None,
    )


def test_not_ready_without_a_writable_ledger(tmp_path: Path) -> None:
    """A ledger that cannot be opened is 503 for readiness and for every question; the process lives."""
    settings = Settings(ledger=f"sqlite:///{tmp_path}/no/such/folder/x.db")

    with Served(create_app(settings, clock=Watch())) as api:
        answers = [api.get("/readyz", key=None), api.post("/v1/decisions", candidate())]
        live = api.get("/livez", key=None).status_code

    statuses = {(answer.status_code, answer.headers["retry-after"], str(tmp_path) in answer.text) for answer in answers}
    assert (statuses, live) == ({(503, "1", False)}, 200)


class Refusing:
    """A ledger whose commits fail while `broken`."""

    def __init__(self) -> None:
        self.real = memory_ledger()
        self.broken = False
        self.salt = self.real.salt

    @contextmanager
    def transaction(self, *, about: Any = None) -> Any:
        """Write into the real ledger; undo it all where the disk is said to be broken."""
        with self.real.transaction(about=about) as transaction:
            yield transaction
            if self.broken:
                raise Unavailable("disk canary7391 is full")

    def close(self) -> None:
        """Close the real one."""
        self.real.close()


def test_a_failed_commit_is_503_and_leaves_nothing() -> None:
    """No decision, no event, no idempotency key; afterwards everything works as ever."""
    ledger = Refusing()
    name = {"Idempotency-Key": "k"}
    with Served(app_of(ledger)) as api:
        api.get("/v1/decisions")
        ledger.broken = True
        paths = [("/v1/decisions", candidate()), ("/v1/events", event()), ("/v1/decisions/batch", [candidate()])]
        refused = [api.post(path, body, headers=name) for path, body in paths]
        ledger.broken = False
        records = api.get("/v1/decisions").json()["decisions"]
        fresh = api.post("/v1/events", event()).json()["accepted"]
        again = api.post("/v1/decisions", candidate(), headers=name).status_code

    statuses = [answer.status_code for answer in refused]
    headers = [answer.headers.get("retry-after") for answer in refused]
    echo = any("canary7391" in answer.text for answer in refused)
    assert (statuses, headers, echo, records, fresh, again) == ([503] * 3, ["1"] * 3, False, [], 1, 200)


def test_versions_are_told(api: Served) -> None:
    """Code, policy and model, each by its own version."""
    answer = api.get("/version", key=None).json()

    assert (list(answer), answer["model_version"]) == (["version", "policy_version", "model_version"], "fake")


def test_ready_means_that_a_commit_went_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that lets a transaction begin and fails its commit is not ready; with room again it is."""
    monkeypatch.setattr("serving.loop.heartbeat.REMEMBERED_SECONDS", 0.0)
    ledger = Refusing()
    statuses = []
    with Served(app_of(ledger)) as api:
        for broken in (False, True, False):
            ledger.broken = broken
            statuses.append(api.get("/readyz", key=None).status_code)

    assert statuses == [200, 503, 200]


@pytest.mark.parametrize("broken", [False, True])
def test_asking_often_does_not_occupy_the_writer(monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> None:
    """Hundreds of anonymous questions within a second are one write, whichever way it went."""
    monkeypatch.setattr("serving.loop.heartbeat.REMEMBERED_SECONDS", 60.0)
    refusing = Refusing()
    refusing.broken = broken
    ledger = Counting(refusing)
    with Served(app_of(ledger)) as api:
        alone = {api.get("/readyz", key=None).status_code for _ in range(50)}
        together = {answer.status_code for answer in api.together([("GET", "/readyz", {})] * 200)}

    expected = {503} if broken else {200}
    assert (alone, together, ledger.transactions) == (expected, expected, 1)


def test_a_verdict_is_old_after_a_second() -> None:
    """So long may a probe be behind, and no longer."""
    assert REMEMBERED_SECONDS <= 1.0


def test_a_heartbeat_leaves_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe for years does not fill the ledger, and no API key can read what it wrote."""
    monkeypatch.setattr("serving.loop.heartbeat.REMEMBERED_SECONDS", 0.0)
    ledger: Any = memory_ledger()
    with Served(app_of(ledger)) as api:
        for _ in range(5):
            api.get("/readyz", key=None)
        with ledger.transaction():
            rows = ledger._store.rows("SELECT key_id, name FROM responses")

    assert rows == [("", "/readyz")]

import subprocess
import sys
from pathlib import Path

import pytest

from model.artefact import load
from model.errors import InvalidInput
from serving.app import create_app
from serving.scorer import ArtefactScorer
from serving.settings import Settings
from tests.serving.models_between import model
from tests.serving.served import Served, Watch, app_of, candidate, consent, event, memory_ledger
from tests.serving.test_scorer import artefact

FORBIDDEN = ("mlflow", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "joblib")
IMPORTED = f"""
import sys
import serving.server.server, serving.export_schemas
print([name for name in sys.modules if name.split(".")[0] in {FORBIDDEN!r}])
"""
TEMPLATES = """
templates:
  - id: parcel_delayed
    purpose: delivery_update
    text: "Parcel {parcel}: now {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
"""


def test_serving_reaches_no_learning_library() -> None:
    """The whole API imports without what only learning needs."""
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_http_client_comes_with_an_address_for_offers_alone() -> None:
    """It is a sixth of the start: without `webhook_url` nothing of it is loaded."""
    told = "import sys, serving.server.server; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_api_begins_to_compile_when_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The challenger as well; once it is up, not when it is composed."""
    begun: list[str] = []
    monkeypatch.setattr(ArtefactScorer, "hasten", lambda self: begun.append(self.version))
    folder, other = artefact(tmp_path / "model"), model(tmp_path / "challenger", 2)
    settings = Settings(ledger="sqlite:///:memory:", model=str(folder), shadow=str(other))
    app = create_app(settings, clock=Watch())
    before = list(begun)

    with Served(app):
        models = app.state.api.models

    assert (before, begun) == ([], [models.version, models.shadow.version])


def test_composing_connects_nothing(tmp_path: Path) -> None:
    """The ledger file is made when the first request needs it, not before."""
    path = tmp_path / "outreach.db"
    app = create_app(Settings(ledger=f"sqlite:///{path}"), clock=Watch())
    before = path.exists()

    with Served(app) as api:
        served = api.get("/readyz", key=None).status_code

    assert (before, served, path.exists()) == (False, 200, True)


def test_a_policy_folder_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    """Better no API than one with half a policy."""
    (tmp_path / "templates.yaml").write_text("templates: [{ id: x }]", encoding="utf-8")

    with pytest.raises(InvalidInput):
        create_app(Settings(policy=tmp_path), clock=Watch())


def test_a_changed_template_awaits_approval(tmp_path: Path) -> None:
    """The same id with other words is held until a person approves it."""
    (tmp_path / "templates.yaml").write_text(TEMPLATES, encoding="utf-8")
    with Served(app_of(settings=Settings(policy=tmp_path))) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        before = api.post("/v1/decisions", candidate()).json()
        api.post("/v1/approvals", {"template": "parcel_delayed"})
        after = api.post("/v1/decisions", candidate()).json()

    codes = [reason["code"] for reason in before["reasons"]]
    assert (before["action"], codes, after["action"]) == ("hold", ["awaiting_approval"], "send")


def test_tightened_limits_are_in_force() -> None:
    """A limit from the settings refuses what the default would send, and moves the policy's version."""
    versions = []
    actions = []
    for limits in ({}, {"contacts_60m": 0}, {"switched_off": ["delivery_update"]}):
        with Served(app_of(settings=Settings(limits=limits))) as api:
            api.post("/v1/events", event())
            consent(api, "u-17")
            answer = api.post("/v1/decisions", candidate()).json()
            versions.append(answer["policy_version"])
            actions.append(answer["action"])

    assert (actions, len(set(versions))) == (["send", "hold", "deny"], 3)


def test_what_is_passed_is_used() -> None:
    """Clock, ledger and scorer of the caller win over the settings."""
    ledger, clock = memory_ledger(), Watch()
    with Served(app_of(ledger, clock=clock)) as api:
        clock.turn(days=1)
        answer = api.post("/v1/decisions", candidate()).json()
        with ledger.transaction() as transaction:
            kept = transaction.decision(answer["decision_id"])

    assert (answer["decided_at"], answer["policy_version"][:7], kept is None) == (
        "2026-11-21T12:00:00Z",
        "sha256:",
        False,
    )


def test_a_model_in_a_folder_is_called_by_its_hash(tmp_path: Path) -> None:
    """Whatever stands there: no setting can give it another's name."""
    folder = artefact(tmp_path / "model")
    with Served(create_app(Settings(model=str(folder)), ledger=memory_ledger(), clock=Watch())) as api:
        version = api.get("/version", key=None).json()["model_version"]

    assert version == load(folder).sha256[:12]


def test_a_model_that_cannot_be_used_is_said_once_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The API starts degraded; whoever started it reads why in one line."""
    create_app(Settings(model=str(tmp_path / "nothing")), clock=Watch())

    said = [record.getMessage() for record in caplog.records]
    assert (len(said), "nothing` is not used: " in said[0], "\n" in said[0]) == (1, True, False)


def test_without_a_model_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """To run without one is a choice."""
    create_app(Settings(), clock=Watch())

    assert caplog.records == []


def test_without_leave_to_create_a_ledger_must_be_there(tmp_path: Path) -> None:
    """A worker that is started again must not replace a ledger that is gone by an empty one."""
    path = tmp_path / "outreach.db"
    with Served(create_app(Settings(ledger=f"sqlite:///{path}"), clock=Watch(), create=False)) as api:
        status = api.get("/readyz", key=None).status_code

    assert (status, path.exists()) == (503, False)

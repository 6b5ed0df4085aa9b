import shutil
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from model.artefact import CAPS, load, write
from model.errors import InvalidArtefact, InvalidInput, Unavailable
from model.registry import CHALLENGER, CHAMPION, NAME, fetch, promote, register, resolve, rollback
from model.registry_figures import masked, metrics, parameters
from model.scorer import Scorer
from tests.model.examples import ISSUED_AT, columns, extra, rows, scorer

AT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
ROLES = {"contacted": {"column": "treated", "yes": ["a"]}, "benefit": "visit", "weights": {"opt_out": 2.0}}


class Store(NamedTuple):
    """A registry with three versions: 1 and 2 passed the gate, 3 did not."""

    uri: str
    folders: tuple[Path, ...]
    versions: tuple[str, ...]
    said: str


def report(learned: Scorer, *, issued: bool = True, data: str = "ab") -> dict[str, Any]:
    """Return a report with a few figures of every shape."""
    figures = {"rows": 60, "qini": None, "average_effect": {"benefit": {"estimate": 0.03, "se": 0.01}}}
    return extra(learned, issued=issued) | figures | {"data_sha256": data * 32}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Register three artefacts in a fresh SQLite store, recording everything that reached stderr or stdout."""
    place = tmp_path_factory.mktemp("registry")
    (place / "report.html").write_text("<html>")
    uri, said = f"sqlite:///{place / 'mlflow.db'}", Said()
    folders, versions = [], []
    with warnings.catch_warnings(), said:
        warnings.simplefilter("error")
        for seed, issued in ((4, True), (5, True), (6, False)):
            learned, folder = scorer(seed=seed), place / f"artefact-{seed}"
            described = report(learned, issued=issued)
            write(folder, learned, extra=described, golden=rows(learned)[:8], issued_at=ISSUED_AT)
            version = register(
                folder,
                report=described,
                tracking_uri=uri,
                roles=ROLES,
                html=place / "report.html",
                attempt=seed,
            )
            folders.append(folder)
            versions.append(version)
    return Store(uri, tuple(folders), tuple(versions), said.text)


class Said:
    """What is written to stdout and stderr while it is entered."""

    text = ""

    def __enter__(self) -> None:
        """Listen."""
        self.streams = (sys.stdout, sys.stderr)
        sys.stdout = sys.stderr = self  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        """Give the streams back."""
        sys.stdout, sys.stderr = self.streams

    def write(self, text: str) -> int:
        """Note a text."""
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing to do."""


@pytest.fixture
def own(store: Store, tmp_path: Path) -> str:
    """A copy of the store's database, to change freely."""
    shutil.copy(store.uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def client(own: str) -> Any:
    """MLflow's own client, to look at what is there."""
    return import_module("mlflow").MlflowClient(tracking_uri=own, registry_uri=own)


@pytest.fixture
def same_path() -> Iterator[None]:
    """Loading a pyfunc puts its code on the path; take it off again."""
    before = list(sys.path)
    yield
    sys.path[:] = before


def test_versions_count_up_and_nothing_is_said(store: Store) -> None:
    """Three trainings, three versions, not one line of chatter."""
    assert (store.versions, store.said) == (("1", "2", "3"), "")


def test_the_newest_is_challenger_and_nobody_is_champion(client: Any) -> None:
    """Registering promotes nothing."""
    assert client.get_registered_model(NAME).aliases == {CHALLENGER: 3}


def test_the_same_artefact_again_is_the_same_version(store: Store, own: str) -> None:
    """A repeated training adds nothing."""
    learned = scorer(seed=4)
    assert register(store.folders[0], report=report(learned), tracking_uri=own, attempt=4) == "1"


def test_a_second_artefact_of_the_same_attempt_is_refused(store: Store, own: str) -> None:
    """One look at the data per attempt: METHOD section 4."""
    with pytest.raises(
        InvalidInput, match=r"version `1` is another artefact of the same data and attempt 4.*--attempt 7"
    ):
        register(store.folders[1], report=report(scorer(seed=5)), tracking_uri=own, attempt=4)


def test_a_run_keeps_parameters_and_figures(client: Any) -> None:
    """Seed, data and roles are parameters, every number of the report is a metric."""
    run = client.get_run(client.get_model_version(NAME, "1").run_id).data
    expected = metrics(report(scorer(seed=4)))
    given = parameters(report(scorer(seed=4)), ROLES, attempt=4)
    assert (run.metrics, run.params) == (expected, given)


def test_a_run_keeps_the_report_as_json_and_as_a_page(client: Any) -> None:
    """Both are there to be read in MLflow's own interface."""
    found = client.list_artifacts(client.get_model_version(NAME, "1").run_id)
    assert sorted(file.path for file in found) == ["report.html", "report.json", "roles.json"]


@pytest.mark.usefixtures("same_path")
def test_the_pyfunc_scores_as_the_scorer_does(store: Store, own: str) -> None:
    """`mlflow.pyfunc.load_model` gives to the bit what the artefact gives, on any index."""
    mlflow = import_module("mlflow")
    mlflow.set_tracking_uri(own)
    learned = scorer(seed=4)
    frame = pd.DataFrame(columns(60)).set_index(np.arange(60)[::-1])
    actual = mlflow.pyfunc.load_model(f"models:/{NAME}/{store.versions[0]}").predict(frame)
    mlflow.set_tracking_uri(None)
    expected = learned.predict(rows(learned, 60))
    assert actual[["benefit", "complaint_effect", "opt_out", "net_benefit"]].to_numpy().tolist() == (
        expected.stacked().tolist()
    )
    assert actual["above_cutoff"].tolist() == (expected.net_benefit >= 0.004).tolist()
    assert actual.index.tolist() == frame.index.tolist()


def test_the_signature_names_every_feature_and_no_category_type(store: Store, own: str) -> None:
    """Numbers are doubles, truth values booleans, categories strings."""
    mlflow = import_module("mlflow")
    mlflow.set_tracking_uri(own)
    signature = mlflow.models.get_model_info(f"models:/{NAME}/{store.versions[0]}").signature
    mlflow.set_tracking_uri(None)
    actual = {column.name: column.type.name for column in signature.inputs}
    assert actual == {"age": "double", "member": "boolean", "plan": "string"}


def test_a_model_that_passed_is_promoted_with_who_why_and_when(own: str, client: Any) -> None:
    """The alias moves, and the version says who moved it."""
    promote("2", by="ana", why="holds in Q4", at=AT, tracking_uri=own)
    tags = client.get_model_version_by_alias(NAME, CHAMPION).tags
    actual = {key: tags[key] for key in ("promoted_by", "promoted_why", "promoted_at")}
    assert actual == {
        "promoted_by": "ana",
        "promoted_why": "holds in Q4",
        "promoted_at": "2026-11-20T19:30:00+00:00",
    }


def test_a_model_that_failed_the_gate_is_not_promoted(own: str, client: Any) -> None:
    """The message gives the check and its figures; the alias does not move."""
    with pytest.raises(InvalidInput, match=r"version `3` did not pass the gate \(harm: a certificate at 0\.004\)"):
        promote("3", by="ana", why="please", at=AT, tracking_uri=own)
    assert CHAMPION not in client.get_registered_model(NAME).aliases


def test_nobody_is_not_somebody(own: str) -> None:
    """A champion needs a name."""
    with pytest.raises(InvalidInput, match="`by` is empty; name who decides"):
        promote("1", by=" ", why="x", at=AT, tracking_uri=own)


def test_rolling_back_gives_the_champion_before(own: str) -> None:
    """One step back, with who and why; there is nothing before the first."""
    promote("1", by="ana", why="first", at=AT, tracking_uri=own)
    promote("2", by="ana", why="better", at=AT, tracking_uri=own)
    back = rollback(by="bo", why="complaints rise", at=AT, tracking_uri=own)
    assert (back, resolve("models:/outreach@champion", tracking_uri=own)) == ("1", "1")
    with pytest.raises(InvalidInput, match="has no version before it"):
        rollback(by="bo", why="again", at=AT, tracking_uri=own)


def test_promoting_the_champion_again_keeps_the_one_before(own: str) -> None:
    """A repeated promotion does not make a version its own predecessor."""
    for version in ("1", "2", "2"):
        promote(version, by="ana", why="x", at=AT, tracking_uri=own)
    assert rollback(by="bo", why="x", at=AT, tracking_uri=own) == "1"


def test_fetched_is_what_was_registered(store: Store, own: str, tmp_path: Path) -> None:
    """Every byte of the artefact comes back, dates included."""
    folder = fetch("models:/outreach@challenger", to=tmp_path / "model", tracking_uri=own)
    actual = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert actual == {path.name: path.read_bytes() for path in store.folders[2].iterdir()}


def test_fetching_replaces_an_earlier_artefact(own: str, tmp_path: Path) -> None:
    """A worker's folder moves on to the next version, whole."""
    for version in ("1", "2"):
        fetch(f"models:/outreach/{version}", to=tmp_path / "model", tracking_uri=own)
    assert load(tmp_path / "model").scorer.sha256() == scorer(seed=5).sha256()


def test_a_store_that_was_tampered_with_gives_nothing(
    own: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was downloaded is verified before it is published; the earlier artefact stays."""
    folder = fetch("models:/outreach/1", to=tmp_path / "model", tracking_uri=own)
    before = load(folder).sha256
    stored = client.get_model_version_download_uri(NAME, "2").removeprefix("file://")
    forged = tmp_path / "forged"
    shutil.copytree(stored, forged)
    (forged / "artifacts" / "artefact" / "coef1.npy").write_bytes(b"\x80\x04.")
    monkeypatch.setattr(type(client), "get_model_version_download_uri", lambda *_: forged.as_uri())
    with pytest.raises(InvalidArtefact, match=r"coef1\.npy"):
        fetch("models:/outreach/2", to=tmp_path / "model", tracking_uri=own)
    assert load(folder).sha256 == before


@pytest.mark.parametrize(
    "uri", ["outreach", "models:/outreach", "models:/outreach/../x", "runs:/1/model", "models:/a/b"]
)
def test_a_uri_of_another_form_is_refused(own: str, tmp_path: Path, uri: str) -> None:
    """Only a registered name with a version or an alias."""
    with pytest.raises(InvalidInput, match="is not a model; write models:/outreach@champion"):
        fetch(uri, to=tmp_path / "model", tracking_uri=own)


@pytest.mark.parametrize("uri", ["models:/outreach@champion", "models:/outreach/99", "models:/other@champion"])
def test_a_version_that_is_not_there_is_refused(own: str, tmp_path: Path, uri: str) -> None:
    """The message names the registry."""
    with pytest.raises(InvalidInput, match=r"registry `sqlite.*name a registered version"):
        fetch(uri, to=tmp_path / "model", tracking_uri=own)


def test_a_store_out_of_reach_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again may help, and the error says so (exit 1, not 2)."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(Unavailable, match="check `tracking_uri` and try again"):
        fetch("models:/outreach@champion", to=tmp_path / "model", tracking_uri="http://127.0.0.1:9")


def test_the_callers_tracking_uri_is_left_alone(own: str, tmp_path: Path) -> None:
    """A notebook that set its own tracking URI keeps it."""
    mlflow = import_module("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mine.db'}")
    resolve("models:/outreach@challenger", tracking_uri=own)
    actual = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(None)
    assert actual == f"sqlite:///{tmp_path / 'mine.db'}"


def test_an_artefact_that_does_not_verify_is_not_registered(store: Store, own: str, tmp_path: Path) -> None:
    """Nothing enters the registry unverified."""
    shutil.copytree(store.folders[0], tmp_path / "bad")
    (tmp_path / "bad" / "offset.npy").write_bytes(b"")
    with pytest.raises(InvalidArtefact):
        register(tmp_path / "bad", report=report(scorer()), tracking_uri=own, attempt=9)


def test_a_password_in_a_uri_is_notmasked() -> None:
    """Error messages end up in logs."""
    assert masked("cannot open postgresql://u:hunter2@host/db") == "cannot open postgresql://…@host/db"


def test_metrics_are_the_numbers_by_dotted_name() -> None:
    """Names hold only what MLflow allows; text, null, NaN and provenance are left out."""
    shown = {
        "rows": 3,
        "seed": 7,
        "versions": {"numpy": 2},
        "gate": {"promoted": True, "checks": [{"name": "value", "detail": "x", "low": 0.5}]},
        "segments": [{"name": "Größe/<b>", "n": 4}],
        "curve": [0.0, float("nan"), None, float("inf"), 2**2000],
    }
    assert metrics(shown) == {
        "rows": 3.0,
        "gate.promoted": 1.0,
        "gate.checks.value.low": 0.5,
        "segments.Größe__b_.n": 4.0,
        "curve.0": 0.0,
    }


def test_parameters_are_short_texts() -> None:
    """What is longer than MLflow stores is cut, what is null is left out."""
    actual = parameters({"seed": 1, "data_sha256": "ab"}, {"benefit": "x" * 7000, "complaint": None}, attempt=2)
    assert actual == {"seed": "1", "data_sha256": "ab", "attempt": "2", "roles.benefit": "x" * 6000}


def test_the_caps_cover_an_artefact(store: Store) -> None:
    """Every file that was registered is one that a fetch accepts; the others are those of trees."""
    registered = {path.name for path in store.folders[0].iterdir()}
    assert sorted(set(CAPS) - registered) == ["forest_nodes.npy", "forest_roots.npy", "forest_sets.npy"]

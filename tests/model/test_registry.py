import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from model.acts import Act
from model.artefact import CAPS, load, write
from model.errors import InvalidArtefact, InvalidInput, Unavailable
from model.registry import acts, champion, fetch, promote, refuse_taken, register, resolve, rollback
from model.registry_figures import masked, metrics, parameters
from model.registry_state import CHALLENGER
from model.scorer import Scorer
from model.uri import CHAMPION, NAME
from tests.model.examples import ISSUED_AT, columns, extra, rows, scorer

AT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
LATE = AT + timedelta(days=90)
SIGNED: dict[str, Any] = {"by": "ana", "why": "it passed", "at": AT}
LEARNED: dict[str, Any] = {"by": "outreach train", "why": "learned", "at": AT}
OTHERS = "ef" * 32  # the data of the versions that the first is promoted over
ROLES = {"contacted": {"column": "treated", "yes": ["a"]}, "benefit": "visit", "weights": {"opt_out": 2.0}}


class Store(NamedTuple):
    """A registry with four versions: 1, 2 and 3 passed the gate, each against the one before; 4 did not."""

    uri: str
    folders: tuple[Path, ...]
    versions: tuple[str, ...]
    said: str


def report(learned: Scorer, *, issued: bool = True, against: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return a report with a few figures of every shape; its gate compared with this version and manifest."""
    figures = {"rows": 60, "qini": None, "average_effect": {"benefit": {"estimate": 0.03, "se": 0.01}}}
    beaten = None if against is None else {"version": against[0], "manifest_sha256": against[1], "contacted": 0.5}
    return extra(learned, issued=issued) | figures | {"data_sha256": "ab" * 32, "champion": beaten}


def stored(folder: Path, seed: int, *, issued: bool = True, against: tuple[str, str] | None = None) -> dict[str, Any]:
    """Write the artefact of a seed and return its report."""
    learned = scorer(seed=seed)
    described = report(learned, issued=issued, against=against)
    write(folder, learned, extra=described, golden=rows(learned)[:8], issued_at=ISSUED_AT)
    return described


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Register four artefacts in a fresh SQLite store, recording everything that reached stderr or stdout."""
    place = tmp_path_factory.mktemp("registry")
    (place / "report.html").write_text("<html>")
    uri, said = f"sqlite:///{place / 'mlflow.db'}", Said()
    folders: list[Path] = []
    versions: list[str] = []
    with warnings.catch_warnings(), said:
        warnings.simplefilter("error")
        for seed in (4, 5, 6, 7):
            folder = place / f"artefact-{seed}"
            before = (versions[-1], load(folders[-1]).sha256) if folders else None
            described = stored(folder, seed, issued=seed < 7, against=before)
            page = place / "report.html"
            given: dict[str, Any] = {"report": described, "roles": ROLES, "html": page, "attempt": seed}
            versions.append(register(folder, tracking_uri=uri, **given, **LEARNED))
            folders.append(folder)
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
    """Four trainings, four versions, not one line of chatter."""
    assert (store.versions, store.said) == (("1", "2", "3", "4"), "")


def test_the_newest_is_challenger_and_nobody_is_champion(client: Any) -> None:
    """Registering promotes nothing."""
    assert client.get_registered_model(NAME).aliases == {CHALLENGER: 4}


def test_the_same_artefact_again_is_the_same_version(store: Store, own: str) -> None:
    """A repeated training adds nothing."""
    again = register(store.folders[0], report=report(scorer(seed=4)), tracking_uri=own, attempt=4, **LEARNED)
    assert (again, len(versions(own))) == ("1", 4)


def test_a_second_artefact_of_the_same_attempt_is_refused(store: Store, own: str) -> None:
    """One look at the data per attempt: METHOD section 4."""
    with pytest.raises(
        InvalidInput, match=r"version `1` is another artefact of the same data and attempt 4.*--attempt 8"
    ):
        register(store.folders[1], report=report(scorer(seed=5)), tracking_uri=own, attempt=4, **LEARNED)


@pytest.mark.parametrize("change", [{"seed": 5}, {"roles": {**ROLES, "benefit": "thanked"}}], ids=["seed", "roles"])
def test_what_cannot_be_the_same_is_refused_before_it_is_learned(own: str, change: Any) -> None:
    """The registry knows what each run was given; what is given alike, or is another attempt, may be learned."""
    stated = report(scorer(seed=4))
    given: dict[str, Any] = {"data_sha256": stated["data_sha256"], "seed": stated.get("seed"), "roles": ROLES}
    for free in ({"attempt": 4}, {"attempt": 9}, {"attempt": 9, **change}, {"attempt": 4, "data_sha256": "00"}):
        refuse_taken(own, **given | free)
    with pytest.raises(InvalidInput, match=r"version `1` is another artefact.*attempt 4.*--attempt 8"):
        refuse_taken(own, **given | change, attempt=4)


def test_of_a_version_whose_run_is_gone_nothing_is_known(own: str, client: Any) -> None:
    """Then only the end of the training tells."""
    client.delete_run(client.get_model_version(NAME, "1").run_id)
    stated = report(scorer(seed=4))
    refuse_taken(own, data_sha256=stated["data_sha256"], seed=77, attempt=4, roles=ROLES)


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


def versions(uri: str) -> list[str]:
    """Return the numbers of all versions."""
    found = import_module("mlflow").MlflowClient(uri, uri).search_model_versions(f"name = '{NAME}'")
    return [str(each.version) for each in found]


def aliases(uri: str) -> dict[str, int]:
    """Return which version has which alias."""
    found: dict[str, int] = import_module("mlflow").MlflowClient(uri, uri).get_registered_model(NAME).aliases
    return found


def put(uri: str, *promoted: str) -> None:
    """Promote versions, one after the other."""
    for version in promoted:
        promote(version, tracking_uri=uri, **SIGNED)


def test_a_model_that_passed_is_promoted_with_who_why_and_when(own: str, client: Any) -> None:
    """The alias moves, and the version says who moved it."""
    promote("1", by="ana", why="holds in Q4", at=AT, tracking_uri=own)
    tags = client.get_model_version_by_alias(NAME, CHAMPION).tags
    actual = {key: tags[key] for key in ("promoted_by", "promoted_why", "promoted_at")}
    assert actual == {
        "promoted_by": "ana",
        "promoted_why": "holds in Q4",
        "promoted_at": "2026-11-20T19:30:00+00:00",
    }


def test_a_model_that_failed_the_gate_is_not_promoted(own: str) -> None:
    """The message gives the check and its figures; the alias does not move, and nothing is recorded."""
    before = acts(own)
    with pytest.raises(InvalidInput, match=r"version `4` did not pass the gate \(harm: a certificate at 0\.004\)"):
        put(own, "4")
    assert (CHAMPION in aliases(own), acts(own)) == (False, before)


@pytest.mark.parametrize(
    ("by", "why", "missing"),
    [
        (" ", "x", "`by` is empty; name who decides"),
        ("ana", "", "`why` is empty; say why"),
        ("", "\n", "`by` is empty; name who decides; `why` is empty; say why"),
    ],
    ids=["nobody", "no reason", "neither"],
)
def test_every_act_needs_somebody_and_a_reason(own: str, store: Store, by: str, why: str, missing: str) -> None:
    """To register, to promote, to roll back: the message says what is missing, and nothing is done."""
    signed: dict[str, Any] = {"by": by, "why": why, "at": AT, "tracking_uri": own}
    described = report(scorer(seed=4))
    tried = (
        lambda: register(store.folders[0], report=described, attempt=4, **signed),
        lambda: promote("1", **signed),
        lambda: rollback(**signed),
    )
    for act in tried:
        with pytest.raises(InvalidInput) as refused:
            act()
        assert str(refused.value) == missing
    assert aliases(own) == {CHALLENGER: 4}


def test_a_comparison_with_another_champion_is_stale(own: str) -> None:
    """2 was compared with 1, 3 with 2: neither can be promoted where that one is not in charge."""
    with pytest.raises(InvalidInput, match=r"compared version `2` with version 1 \(.{8}…\), but there is none: train"):
        put(own, "2")
    put(own, "1")
    with pytest.raises(
        InvalidInput,
        match=r"compared version `3` with version 2 \(.{8}…\), but the champion is version 1 \(.{8}…\): train",
    ):
        put(own, "3")
    put(own, "2")
    with pytest.raises(InvalidInput, match=r"compared version `1` with nobody, but the champion is version 2 .*again"):
        put(own, "1")
    assert aliases(own)[CHAMPION] == 2


def test_the_version_is_not_enough_to_be_the_same_champion(own: str, client: Any) -> None:
    """A version 1 of another registry was compared with: its manifest is another."""
    put(own, "1")
    client.set_model_version_tag(NAME, "1", "manifest_sha256", "00" * 32)
    with pytest.raises(InvalidInput, match="but the champion is version 1 \\(00000000…\\)"):
        put(own, "2")


def test_an_expired_certificate_is_not_promoted(own: str) -> None:
    """Ninety days after it was issued it permits nothing, also for the version in charge."""
    put(own, "1")
    for version in ("2", "1"):
        with pytest.raises(InvalidInput, match=rf"the certificate of version `{version}` expired on 2027-02-18; train"):
            promote(version, by="ana", why="late", at=LATE, tracking_uri=own)


def test_the_challenger_that_is_promoted_is_a_challenger_no_more(own: str) -> None:
    """Another version that waits keeps the alias."""
    import_module("mlflow").MlflowClient(own, own).set_registered_model_alias(NAME, CHALLENGER, "2")
    put(own, "1")
    one = aliases(own)
    put(own, "2")
    assert (one, aliases(own)) == ({CHAMPION: 1, CHALLENGER: 2}, {CHAMPION: 2})


def test_the_champion_learned_again_is_not_its_own_challenger(own: str, store: Store) -> None:
    """The same bytes give the version in charge, and change nothing."""
    put(own, "1")
    before = acts(own)
    again = register(store.folders[0], report=report(scorer(seed=4)), tracking_uri=own, attempt=4, **LEARNED)
    assert (again, aliases(own), acts(own)) == ("1", {CHAMPION: 1, CHALLENGER: 4}, before)


def test_rolling_back_twice_gives_the_champions_before(own: str) -> None:
    """From 3 to 2 to 1, each with who and why; there is nothing before the first."""
    put(own, "1", "2", "3")
    back = [rollback(by="bo", why="complaints rise", at=AT, tracking_uri=own).version for _ in range(2)]
    assert (back, resolve("models:/outreach@champion", tracking_uri=own)) == (["2", "1"], "1")
    with pytest.raises(InvalidInput, match="champion `1` replaced none: there is nothing to go back to"):
        rollback(by="bo", why="again", at=AT, tracking_uri=own)


def test_after_a_rollback_the_same_version_can_come_back(own: str) -> None:
    """It was compared with the one that is in charge again."""
    put(own, "1", "2")
    rollback(by="bo", why="a false alarm", at=AT, tracking_uri=own)
    put(own, "2")
    assert (aliases(own)[CHAMPION], rollback(by="bo", why="x", at=AT, tracking_uri=own).version) == (2, "1")


def test_a_champion_before_that_does_not_verify_stays_away(
    own: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rolling back to what cannot be trusted is refused; the alias stays, and nothing is recorded."""
    put(own, "1", "2")
    before = acts(own)
    monkeypatch.setattr(type(client), "get_model_version_download_uri", forged(client, "1", tmp_path))
    with pytest.raises(InvalidArtefact, match=r"coef1\.npy"):
        rollback(by="bo", why="complaints rise", at=AT, tracking_uri=own)
    assert (aliases(own)[CHAMPION], acts(own)) == (2, before)


def forged(client: Any, version: str, place: Path) -> Callable[..., str]:
    """Return what answers every request for a download with a changed copy of a version."""
    stored = client.get_model_version_download_uri(NAME, version).removeprefix("file://")
    shutil.copytree(stored, place / "forged")
    (place / "forged" / "artifacts" / "artefact" / "coef1.npy").write_bytes(b"\x80\x04.")
    return lambda *_: (place / "forged").as_uri()


def test_promoting_the_champion_again_keeps_the_one_before(own: str) -> None:
    """A repeated promotion does not make a version its own predecessor."""
    put(own, "1", "2", "2")
    assert rollback(by="bo", why="x", at=AT, tracking_uri=own).version == "1"


def test_every_act_is_on_record_in_order(own: str) -> None:
    """Who, why, when, which version, and which it replaced; a later act overwrites none."""
    put(own, "1", "2")
    earlier = acts(own)
    later = AT - timedelta(days=1)  # a clock that was set back moves no record
    back = rollback(by="bo", why="complaints rise — “enough”", at=later, tracking_uri=own)
    assert (acts(own)[:-1], acts(own)[-1]) == (earlier, back)
    assert [(act.act, act.version, act.replaced, act.by) for act in acts(own)] == [
        *(("register", str(k), str(k - 1) if k > 1 else None, "outreach train") for k in (1, 2, 3, 4)),
        ("promote", "1", None, "ana"),
        ("promote", "2", "1", "ana"),
        ("rollback", "1", "2", "bo"),
    ]
    assert back == Act(act="rollback", version="1", replaced="2", by="bo", why="complaints rise — “enough”", at=later)


def test_a_registry_without_a_model_has_no_acts_and_no_champion(tmp_path: Path) -> None:
    """The first training finds an empty store."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert (champion(uri, at=AT, data_sha256="ab" * 32), acts(uri)) == (None, [])


def test_the_champion_comes_with_whom_it_was_compared_with(own: str, store: Store) -> None:
    """Only a training on its own data needs that one; any other gets the champion alone."""
    put(own, "1", "2")
    found = [champion(own, at=AT, data_sha256=data) for data in ("ab" * 32, OTHERS)]
    assert [each and each.version for each in found] == ["2", "2"]
    assert [each and each.before and each.before.version for each in found] == ["1", None]
    assert [each and each.artefact.sha256 for each in found] == [load(store.folders[1]).sha256] * 2


def test_a_model_that_was_compared_with_and_is_gone_is_nobody(own: str, client: Any) -> None:
    """Its version was deleted: the champion can still be fetched."""
    put(own, "1", "2")
    client.delete_model_version(NAME, "1")
    found = champion(own, at=AT, data_sha256="ab" * 32)
    assert (found and found.version, found and found.before) == ("2", None)


def test_a_champion_that_does_not_verify_is_not_compared_with(
    own: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training says so instead of comparing with nobody."""
    put(own, "1")
    monkeypatch.setattr(type(client), "get_model_version_download_uri", forged(client, "1", tmp_path))
    with pytest.raises(InvalidArtefact, match=r"coef1\.npy"):
        champion(own, at=AT, data_sha256="ab" * 32)


def test_the_same_scorer_and_certificate_against_another_champion_is_a_new_version(
    own: str, store: Store, tmp_path: Path
) -> None:
    """No second look at the certificate: only whom the gate compared it with differs."""
    put(own, "1", "2")
    described = stored(tmp_path / "again", 4, against=("2", load(store.folders[1]).sha256))
    version = register(tmp_path / "again", report=described, tracking_uri=own, attempt=4, **LEARNED)
    put(own, version)
    assert (version, aliases(own)) == ("5", {CHAMPION: 5})


@pytest.mark.parametrize("change", [{"seed": 1}, {"rows": 61}, {"certificate": {"n": 20_001}}], ids=str)
def test_any_other_difference_is_a_second_look(own: str, store: Store, tmp_path: Path, change: dict[str, Any]) -> None:
    """Other folds move the gate's figures, and another certificate is another: both cost an attempt."""
    learned, before = scorer(seed=4), ("2", load(store.folders[1]).sha256)
    described = report(learned, against=before)
    described |= {key: described[key] | part if isinstance(part, dict) else part for key, part in change.items()}
    write(tmp_path / "again", learned, extra=described, golden=rows(learned)[:8], issued_at=ISSUED_AT)
    with pytest.raises(InvalidInput, match="version `1` is another artefact of the same data and attempt 4"):
        register(tmp_path / "again", report=described, tracking_uri=own, attempt=4, **LEARNED)


def test_fetched_is_what_was_registered(store: Store, own: str, tmp_path: Path) -> None:
    """Every byte of the artefact comes back, dates included."""
    folder = fetch("models:/outreach@challenger", to=tmp_path / "model", tracking_uri=own)
    actual = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert actual == {path.name: path.read_bytes() for path in store.folders[3].iterdir()}


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
    monkeypatch.setattr(type(client), "get_model_version_download_uri", forged(client, "2", tmp_path))
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
        register(tmp_path / "bad", report=report(scorer()), tracking_uri=own, attempt=9, **LEARNED)


def test_a_password_in_a_uri_is_masked() -> None:
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

"""Versions of the model in MLflow: the only file that knows it, and only inside functions.

    register → run (parameters, figures, report.json, report.html) → registered model `outreach`, alias `challenger`
    promote  → alias `champion`; only where the gate passed, against the present one. rollback → the champion before it
    acts     → each of these, with who, why and when, in order: records are added, never overwritten
    champion → the model in charge, which the gate compares with; fetch → any version's artefact folder, verified

What is registered is a pyfunc *from code* (no pickle) with the artefact folder beside it, so that
`mlflow.pyfunc.load_model("models:/outreach@champion")` works wherever MLflow does. The API never loads that: it fetches
the artefact, which is data. MLflow's own tracking URI is left as it was; its telemetry is off, its chatter off stderr.
"""

import contextlib
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from model.acts import Act, read, refuse_anonymous, refuse_unfit
from model.artefact import CAPS, Artefact, load
from model.canonical import canonical
from model.champion import Champion
from model.contracts import JSON
from model.disk_limit import allowed, files_of_at_most
from model.errors import InvalidArtefact, InvalidInput, Unavailable
from model.folders import publish, read_capped
from model.registry_figures import ENTRY, SETTINGS, masked, metrics, package_source, parameters, stamp, tags, typical
from model.registry_state import (
    CHALLENGER,
    aliased,
    ensure_registered,
    experiment,
    keep,
    model_tags,
    refuse_other_attempt,
    resolved,
    same_attempt,
    sign,
    tag_of,
)
from model.uri import CHAMPION, NAME, absent, absolute

FOLDER = "artefact"  # of the artefact inside the registered model


def register(  # noqa: PLR0913  (all but the folder are named)
    folder: Path,
    *,
    report: Mapping[str, JSON],
    tracking_uri: str,
    by: str,
    why: str,
    at: datetime,
    roles: Mapping[str, JSON] | None = None,
    html: Path | None = None,
    attempt: int = 1,
) -> str:
    """Register the artefact in `folder` with its report and return the version, which becomes the challenger.

    The same artefact again gives the version that it has; the champion does not become its own challenger.

    Raises:
        InvalidInput: another artefact is registered for the same data and attempt (METHOD section 4), `by` or `why` is
            blank.
        Unavailable: the tracking store cannot be reached.
    """
    refuse_anonymous(by, why)
    artefact = load(folder)
    with _connected(tracking_uri, making=True) as client:
        version = same_attempt(client, artefact, report, attempt)
        if version is None:
            run_id = _log_run(client, tracking_uri, report, roles or {}, attempt=attempt, html=html)
            model_id = _log_model(client, run_id, folder, artefact)
            found_by = tags(artefact, report, attempt)
            source = f"models:/{model_id}"
            ensure_registered(client)
            created = client.create_model_version(NAME, source, run_id=run_id, model_id=model_id, tags=found_by)
            version = str(created.version)
        before = aliased(client, CHALLENGER)
        if version not in {before, aliased(client, CHAMPION)}:
            keep(client, Act(act="register", version=version, replaced=before, by=by, why=why, at=at))
            client.set_registered_model_alias(NAME, CHALLENGER, version)
        return version


def promote(version: str, *, by: str, why: str, at: datetime, tracking_uri: str) -> Act:
    """Make a version the champion, record who did it, why, and when, and return the record.

    Raises:
        InvalidInput: no such version, its gate did not pass or compared it with another champion than the present one,
            its certificate has expired, or `by` or `why` is blank.
        InvalidArtefact: its artefact fails verification.
        Unavailable: the tracking store cannot be reached.
    """
    refuse_anonymous(by, why)
    with _connected(tracking_uri) as client:
        artefact, before = _artefact(client, NAME, version), aliased(client, CHAMPION)
        present = None if before is None else (before, tag_of(client, before, "manifest_sha256") or "")
        refuse_unfit(artefact, version, champion=present, at=at)
        act = Act(act="promote", version=version, replaced=before, by=by, why=why, at=at)
        keep(client, act)
        if before != version:
            client.set_model_version_tag(NAME, version, "replaced", before or "")
        sign(client, version, {"promoted_by": by, "promoted_why": why, "promoted_at": stamp(at)})
        client.set_registered_model_alias(NAME, CHAMPION, version)
        if aliased(client, CHALLENGER) == version:
            client.delete_registered_model_alias(NAME, CHALLENGER)
        return act


def issued(version: str, *, tracking_uri: str) -> datetime | None:
    """Return when a version's artefact was issued: learning the same again does not make its certificate younger.

    Raises:
        InvalidArtefact: the version fails verification.
        InvalidInput, Unavailable: there is no such version, or the tracking store cannot be reached.
    """
    with _connected(tracking_uri) as client:
        return _artefact(client, NAME, version).issued_at


def rollback(*, by: str, why: str, at: datetime, tracking_uri: str) -> Act:
    """Give the alias `champion` back to the version that the current one replaced, and return the record.

    Raises:
        InvalidInput: there is no champion, it replaced none, or `by` or `why` is blank.
        InvalidArtefact: the artefact of the version before fails verification.
        Unavailable: the tracking store cannot be reached.
    """
    refuse_anonymous(by, why)
    with _connected(tracking_uri) as client:
        current = aliased(client, CHAMPION)
        before = tag_of(client, current, "replaced") if current else None
        if not current or not before:
            said = f"champion `{current}` replaced none" if current else "there is no champion"
            raise InvalidInput(f"{said}: there is nothing to go back to; promote one with `outreach promote`")
        _artefact(client, NAME, before)
        act = Act(act="rollback", version=before, replaced=current, by=by, why=why, at=at)
        keep(client, act)
        sign(client, current, {"rolled_back_by": by, "rolled_back_why": why, "rolled_back_at": stamp(at)})
        client.set_registered_model_alias(NAME, CHAMPION, before)
        return act


def acts(tracking_uri: str) -> list[Act]:
    """Return every act on the model in the order in which they were recorded; raises as `resolve` does."""
    with _connected(tracking_uri) as client:
        return read(model_tags(client))


def refuse_taken(tracking_uri: str, *, data_sha256: str, seed: int, attempt: int, roles: Mapping[str, JSON]) -> None:
    """Refuse at once what `register` would refuse when all is learned: another look at the same data and attempt.

    Raises:
        InvalidInput: a version of these data and this attempt was given another seed, or other roles.
        Unavailable: the tracking store cannot be reached.
    """
    given = parameters({"seed": seed, "data_sha256": data_sha256}, roles, attempt=attempt)
    with _connected(tracking_uri, making=True) as client:
        refuse_other_attempt(client, given)


def champion(tracking_uri: str, *, at: datetime, data_sha256: str) -> Champion | None:
    """Return the model in charge as it acts at an instant, verified; None where there is none.

    `data_sha256` is what is about to be learned from: where the champion learned from the same data, the model that it
    was compared with comes along as `before`, if it is still there.

    Raises:
        InvalidArtefact: the champion's artefact cannot be trusted.
        Unavailable: the tracking store cannot be reached.
    """
    with _connected(tracking_uri, making=True) as client:
        version = aliased(client, CHAMPION)
        if version is None:
            return None
        artefact = _artefact(client, NAME, version)
    report = artefact.manifest["report"]
    against = report.get("champion") if report.get("data_sha256") == data_sha256 else None
    before = None if against is None else _before(tracking_uri, against, at)
    return Champion(artefact=artefact, version=version, at=at, before=before)


def _before(tracking_uri: str, against: Mapping[str, JSON], at: datetime) -> Champion | None:
    """Return the model that a champion was compared with; None where it is gone or another one."""
    try:
        with _connected(tracking_uri) as client:
            artefact = _artefact(client, NAME, str(against["version"]))
    except (InvalidInput, InvalidArtefact):
        return None
    same = artefact.sha256 == against["manifest_sha256"]
    return Champion(artefact=artefact, version=str(against["version"]), at=at) if same else None


def fetch(uri: str, *, to: Path, tracking_uri: str) -> Path:
    """Download the artefact of `models:/NAME@ALIAS` or `models:/NAME/VERSION`, verify it, and publish it as `to`.

    What comes lies beside `to` until then: on the same disk, in one place.

    Raises:
        InvalidInput: the URI is not of this form, or names nothing.
        InvalidArtefact: what was downloaded cannot be trusted; `to` is as it was.
        Unavailable: the tracking store cannot be reached.
    """
    with _connected(tracking_uri) as client:
        name, version = resolved(client, uri)
        to.parent.mkdir(parents=True, exist_ok=True)
        with _downloaded(client, name, version, beside=to.parent) as folder:
            publish(to, read_capped(folder, CAPS), replaceable=frozenset(CAPS), check=load)
    return to


def load_client() -> None:
    """Load MLflow, which takes seconds: whoever counts how long a registry takes does that first."""
    os.environ.update(SETTINGS)
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import mlflow.tracking  # noqa: F401, PLC0415  (the rule of this file)


def resolve(uri: str, *, tracking_uri: str) -> str:
    """Return the version that a model URI stands for now; raises as `fetch` does."""
    with _connected(tracking_uri) as client:
        return resolved(client, uri)[1]


def stands_for(uri: str, *, tracking_uri: str) -> tuple[str, str | None]:
    """Return the version that a model URI stands for now, and the manifest's SHA-256 that its tags state, if any.

    Raises as `fetch` does. The tag is for telling whether something changed: what is fetched is verified by itself.
    """
    with _connected(tracking_uri) as client:
        name, version = resolved(client, uri)
        stated = client.get_model_version(name, version).tags.get("manifest_sha256")
        return version, None if stated is None else str(stated)


def pyfunc() -> Any:
    """Return the model that MLflow loads: a frame of features in, the five scores out, rows and index as given."""
    import mlflow.pyfunc  # noqa: PLC0415  (the rule of this file)
    import pandas as pd  # noqa: PLC0415  (as above)

    from model.reading.feature_columns import from_frame  # noqa: PLC0415  (needs pandas)
    from model.score import ADDED, with_scores  # noqa: PLC0415  (as above)

    class Outreach(mlflow.pyfunc.PythonModel):
        """The artefact, verified at load, scored by the same code as everywhere."""

        def load_context(self, context: Any) -> None:
            self.artefact = load(Path(context.artifacts[FOLDER]))

        def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
            del context, params  # MLflow's signature
            scored: pd.DataFrame = with_scores(from_frame(model_input), self.artefact).select(list(ADDED)).to_pandas()
            scored.index = model_input.index
            return scored.astype({"above_cutoff": "boolean"})

    return Outreach()


@contextlib.contextmanager
def _connected(tracking_uri: str, *, making: bool = False) -> Iterator[Any]:
    """Yield a client of the store, whose file only `making` makes; its errors become ours, what it says is silenced."""
    if not making and (file := absent(tracking_uri)) is not None:
        raise InvalidInput(f"registry: `{file}` is not there; check `tracking_uri`")
    os.environ.update(SETTINGS)
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import mlflow  # noqa: PLC0415  (the rule of this file)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  (as above)

        for name in levels:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        store = absolute(tracking_uri)
        mlflow.set_tracking_uri(store)  # creating a version reads this, whatever its client was told
        try:
            yield mlflow.MlflowClient(tracking_uri=store, registry_uri=store)
        except (MlflowException, OSError) as error:
            code = getattr(error, "error_code", "")
            line = masked(str(error).splitlines()[0][:200])
            if code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                raise InvalidInput(
                    f"registry `{masked(tracking_uri)}`: {line}; name a registered version or alias"
                ) from error
            raise Unavailable(
                f"registry `{masked(tracking_uri)}`: {line}; check `tracking_uri` and try again"
            ) from error
        finally:
            mlflow.set_tracking_uri(before)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def _log_run(  # noqa: PLR0913  (one value per thing that a run keeps)
    client: Any,
    tracking_uri: str,
    report: Mapping[str, JSON],
    roles: Mapping[str, JSON],
    *,
    attempt: int,
    html: Path | None,
) -> str:
    """Record one training as a run: parameters, figures, the report as JSON and as a page."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415  (the rule of this file)

    run = client.create_run(experiment(client, tracking_uri), run_name=f"train {str(report['data_sha256'])[:8]}")
    run_id, start = str(run.info.run_id), run.info.start_time
    given = [Param(name, value) for name, value in parameters(report, roles, attempt=attempt).items()]
    figures = [Metric(name, value, start, 0) for name, value in metrics(report).items()]
    for begin in range(0, len(given), 100):
        client.log_batch(run_id, params=given[begin : begin + 100])
    for begin in range(0, len(figures), 500):
        client.log_batch(run_id, metrics=figures[begin : begin + 500])
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("report.json", canonical(dict(report))), ("roles.json", canonical(dict(roles)))):
            (Path(folder) / name).write_bytes(data)
        if html is not None:
            (Path(folder) / "report.html").write_bytes(html.read_bytes())
        client.log_artifacts(run_id, folder)
    client.set_terminated(run_id)
    return run_id


def _log_model(client: Any, run_id: str, folder: Path, artefact: Artefact) -> str:
    """Store the artefact as a pyfunc from code, with this package beside it, and return the model's id."""
    from mlflow.entities import LoggedModelOutput  # noqa: PLC0415  (the rule of this file)
    from mlflow.models import Model  # noqa: PLC0415  (as above)
    from mlflow.pyfunc import save_model  # noqa: PLC0415  (as above)

    logged = client.create_logged_model(client.get_run(run_id).info.experiment_id, name=NAME, source_run_id=run_id)
    signature, example = _signature(artefact)
    with tempfile.TemporaryDirectory() as place:
        stage = Path(place)
        publish(stage / FOLDER, read_capped(folder, CAPS), replaceable=frozenset(), check=load)
        (stage / "entry.py").write_text(ENTRY, encoding="utf-8")
        save_model(
            str(stage / "saved"),
            python_model=str(stage / "entry.py"),
            artifacts={FOLDER: str(stage / FOLDER)},
            code_paths=[str(package_source(stage))],
            signature=signature,
            input_example=example,
            pip_requirements=[f"{name}=={installed(name)}" for name in ("mlflow", "numpy", "pandas", "pyarrow")],
            mlflow_model=Model(run_id=run_id, model_id=logged.model_id, model_uuid=logged.model_id),
        )
        client.log_model_artifacts(logged.model_id, str(stage / "saved"))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id)


def _signature(artefact: Artefact) -> tuple[Any, Any]:
    """Return MLflow's signature (numbers are doubles, categories strings) and an example row of each feature's fill."""
    import pandas as pd  # noqa: PLC0415  (the rule of this file)
    from mlflow.models import ModelSignature  # noqa: PLC0415  (as above)
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415  (as above)

    kinds = {"number": "double", "boolean": "boolean", "category": "string"}
    inputs = [ColSpec(kinds[feature.kind], feature.name) for feature in artefact.scorer.features]
    outputs = [ColSpec("double", name) for name in ("benefit", "complaint_effect", "opt_out", "net_benefit")]
    example = pd.DataFrame([{feature.name: typical(feature) for feature in artefact.scorer.features}])
    schema = Schema([*outputs, ColSpec("boolean", "above_cutoff", required=False)])
    return ModelSignature(inputs=Schema(inputs), outputs=schema), example


@contextlib.contextmanager
def _downloaded(client: Any, name: str, version: str, *, beside: Path | None = None) -> Iterator[Path]:
    """Yield a version's artefact folder in a temporary place: the files that an artefact has, each within its cap.

    The store may hold anything. A name that it tells is never a path here, and what it sends is cut off at the largest
    cap, whatever size it told.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415  (the rule of this file)

    location = client.get_model_version_download_uri(name, version)
    uri = client.tracking_uri
    source = f"{location.rstrip('/')}/artifacts/{FOLDER}"
    with tempfile.TemporaryDirectory(prefix=".coming-", dir=beside) as place:
        for file in allowed(f"models:/{name}/{version}", list_artifacts(artifact_uri=source, tracking_uri=uri)):
            with files_of_at_most(max(CAPS.values())):
                whole = f"{source}/{file}"
                download_artifacts(artifact_uri=whole, dst_path=place, tracking_uri=uri, registry_uri=uri)
        yield Path(place)


def _artefact(client: Any, name: str, version: str) -> Artefact:
    """Return a version's artefact, verified."""
    with _downloaded(client, name, version) as folder:
        return load(folder)

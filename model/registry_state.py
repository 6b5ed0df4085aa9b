"""What the registry says and what is written there, through a client that somebody made: versions, aliases, tags."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.acts import Act, numbered, record
from model.artefact import Artefact
from model.contracts import JSON
from model.errors import InvalidInput
from model.registry_figures import learned_sha256
from model.uri import NAME, parts

CHALLENGER = "challenger"


def same_attempt(client: Any, artefact: Artefact, report: Mapping[str, JSON], attempt: int) -> str | None:
    """Return the version of this very artefact, None for a new one; refuse another look at the same data and attempt.

    An artefact that differs only in whom the gate compared it with is no other look: its certificate is the same one.
    """
    tried = _tried(client, str(report["data_sha256"]))
    same = [found for found in tried if found.tags.get("attempt") == str(attempt)]
    for found in same:
        if found.tags.get("manifest_sha256") == artefact.sha256:
            return str(found.version)
    learned = learned_sha256(artefact)
    if all(found.tags.get("learned_sha256") == learned for found in same):
        return None
    raise _another(same[-1], tried, attempt)


def refuse_other_attempt(client: Any, given: Mapping[str, str]) -> None:
    """Refuse, before anything is learned, what was given otherwise to each version of these data and this attempt.

    Given the same it may become the same artefact, which only learning it shows. Of a version whose run is gone nothing
    is known.
    """
    tried, attempt = _tried(client, given["data_sha256"]), given["attempt"]
    same = [found for found in tried if found.tags.get("attempt") == attempt]
    if not same or any(_given(client, found) in {None, tuple(sorted(given.items()))} for found in same):
        return
    raise _another(same[-1], tried, int(attempt))


def _tried(client: Any, data_sha256: str) -> list[Any]:
    """Return the versions that were learned from these data."""
    versions = client.search_model_versions(f"name = '{NAME}'", max_results=10_000)
    return [found for found in versions if found.tags.get("data_sha256") == data_sha256]


def _given(client: Any, found: Any) -> tuple[tuple[str, str], ...] | None:
    """Return what the run of a version was given; None where there is no run."""
    if not found.run_id:
        return None
    run = client.get_run(found.run_id)
    return tuple(sorted(run.data.params.items())) if run.info.lifecycle_stage == "active" else None


def _another(found: Any, tried: list[Any], attempt: int) -> InvalidInput:
    """Say that a version is another look at the data, and which attempt is free."""
    numbers = [one.tags.get("attempt", "") for one in tried]
    free = max(int(number) for number in numbers if number.isdigit()) + 1
    return InvalidInput(
        f"version `{found.version}` is another artefact of the same data and attempt {attempt}; a further look "
        f"at the data costs confidence: train with `--attempt {free}`"
    )


def ensure_registered(client: Any) -> None:
    """Create the registered model where there is none."""
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME, description="Who benefits from being contacted first; service only.")


def experiment(client: Any, tracking_uri: str) -> str:
    """Return the id of the experiment; beside a local SQLite file its artefacts lie beside the file."""
    found = client.get_experiment_by_name(NAME)
    if found is not None:
        return str(found.experiment_id)
    local = tracking_uri.removeprefix("sqlite:///") if tracking_uri.startswith("sqlite:///") else None
    location = (Path(local).resolve().parent / "mlartifacts").as_uri() if local else None
    return str(client.create_experiment(NAME, artifact_location=location))


def resolved(client: Any, uri: str) -> tuple[str, str]:
    """Return name and version of a model URI."""
    named = parts(uri)
    name = named["name"]
    return name, named["version"] or str(client.get_model_version_by_alias(name, named["alias"]).version)


def aliased(client: Any, alias: str) -> str | None:
    """Return the version that has an alias now, or None."""
    found = client.search_registered_models(f"name = '{NAME}'")
    version = found[0].aliases.get(alias) if found else None
    return None if version is None else str(version)


def tag_of(client: Any, version: str, key: str) -> str | None:
    """Return a tag of a version, or None."""
    value = client.get_model_version(NAME, version).tags.get(key)
    return None if value is None else str(value)


def model_tags(client: Any) -> dict[str, str]:
    """Return the tags of the registered model; none where there is no model yet."""
    found = client.search_registered_models(f"name = '{NAME}'")
    return dict(found[0].tags) if found else {}


def keep(client: Any, act: Act) -> None:
    """Add the record of an act, before the act: no alias moves without one."""
    key, value = record(act, numbered(model_tags(client)))
    client.set_registered_model_tag(NAME, key, value)


def sign(client: Any, version: str, tags: Mapping[str, str]) -> None:
    """Write on a version who last did something to it."""
    for key, value in tags.items():
        client.set_model_version_tag(NAME, version, key, value)

"""What the registry keeps, without the registry: figures by dotted name, parameters, tags, the package's own source."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from model.artefact import Artefact
from model.canonical import canonical, sha256
from model.certifying.words import sentence
from model.contracts import JSON
from model.features import Feature

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
UNSAFE = re.compile(r"[^\w.\- ]")  # MLflow allows no other sign in a name on every system
LONGEST_NAME, LONGEST_VALUE, LONGEST_TAG = 250, 6000, 5000  # its limits
COMPARED = ("gate", "champion", "segments", "versions")  # parts of a report that may differ for one look at the data
VALUES = ("versions", "seed")  # parts of a report that are no figures of the model
MOST_METRICS = 600
LAST = ("groups.", "profile.", "segments.")
REPEATED = re.compile(
    r"^(policy_value\.at_shares\..*(\.se$|\.share$|[._](nobody|everyone)\.|\.random\.|\.response\.)|groups\..*\.se$"
    r"|profile\..*\.(highest|lowest|everyone)$|checks\.[^.]*\.(available|figures\.[^.]*\..*)$)"
)
ENTRY = '''\
"""What MLflow runs to score; the model's own code lies beside this file, its arrays in the artefact."""

from mlflow.models import set_model
from model.registry import pyfunc

set_model(pyfunc())
'''


def metrics(report: Mapping[str, JSON]) -> dict[str, float]:
    """Return the finite numbers of a report under dotted names; true is 1, parts of a list go by `name` or number.

    At most 600: a run's page stays readable and its registration quick. What is repeated many times keeps estimate and
    interval; the figures behind a sceptic's check are in `report.json`, its result is here.

    Example:
        >>> metrics({"rows": 10, "gate": {"promoted": True}, "scorers": [{"name": "average", "se": 0.5}]})
        {'rows': 10.0, 'gate.promoted': 1.0, 'scorers.average.se': 0.5}
    """
    figures = {key: value for key, value in report.items() if key not in VALUES}
    named = {name: float(value) for name, value in _leaves(figures, "") if _is_figure(value)}
    kept = [(name, value) for name, value in named.items() if not REPEATED.search(name)]
    kept.sort(key=lambda each: each[0].startswith(LAST))  # stable: what there is many of gives way first
    return dict(kept[:MOST_METRICS])


def parameters(report: Mapping[str, JSON], roles: Mapping[str, JSON], *, attempt: int) -> dict[str, str]:
    """Return what a run was given: seed, data, attempt, and every role that was named."""
    given = {"seed": report.get("seed"), "data_sha256": report.get("data_sha256"), "attempt": attempt}
    named = [(f"roles.{name}", value) for name, value in _leaves(roles, "") if value is not None]
    return {name[:LONGEST_NAME]: str(value)[:LONGEST_VALUE] for name, value in [*given.items(), *named]}


def _is_figure(value: JSON) -> bool:
    """Whether a leaf is a number that MLflow can store."""
    if isinstance(value, int) and abs(value) >= 2**1000:
        return False
    return isinstance(value, int | float) and math.isfinite(value)


def _leaves(value: JSON, name: str) -> Iterator[tuple[str, JSON]]:
    """Yield every leaf of a JSON value under its dotted name, made of signs that MLflow allows."""
    if isinstance(value, Mapping):
        parts = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(_label(part, index), part) for index, part in enumerate(value)]
    else:
        yield name[:LONGEST_NAME], value
        return
    for key, part in parts:
        yield from _leaves(part, f"{name}.{UNSAFE.sub('_', key)}" if name else UNSAFE.sub("_", key))


def _label(part: JSON, index: int) -> str:
    """Return what a part of a list is called: its `name` or `harm`, its `share` in per cent, else its number."""
    if not isinstance(part, Mapping):
        return str(index)
    if "share" in part:
        return f"{100.0 * part['share']:.0f}_percent"
    named = part.get("name", part.get("harm"))
    return named if isinstance(named, str) and named else str(index)


def typical(feature: Feature) -> JSON:
    """Return the value that stands in for a missing one, or a category's most frequent level."""
    if feature.kind == "category":
        return feature.levels[0] if feature.levels else ""
    return feature.fill >= 0.5 if feature.kind == "boolean" else feature.fill


def tags(artefact: Artefact, report: Mapping[str, JSON], attempt: int) -> dict[str, str]:
    """Return what a version is found by."""
    gate = artefact.manifest["report"].get("gate", {})
    return {
        "data_sha256": str(report["data_sha256"]),
        "attempt": str(attempt),
        "manifest_sha256": artefact.sha256,
        "scorer_sha256": artefact.scorer.sha256(),
        "gate_passed": str(gate.get("promoted") is True).lower(),
        "certificate_issued": str(artefact.certificate.issued).lower(),
        "certificate": sentence(artefact.certificate, artefact.certificate.expires)[:LONGEST_TAG],
        "learned_sha256": learned_sha256(artefact),
        "compared_with": str((artefact.manifest["report"].get("champion") or {}).get("version", "")),
    }


def learned_sha256(artefact: Artefact) -> str:
    """Return the identity of what was learned and certified, whoever the gate compared it with.

    It leaves out the gate, the champion, what each segment gained over it, and the packages that made the figures.
    """
    report = artefact.manifest["report"]
    kept = {key: value for key, value in report.items() if key not in COMPARED}
    groups = [[row["column"], row["value"], row["rows"]] for row in report.get("segments", ())]
    return sha256(canonical({"scorer": artefact.scorer.sha256(), "report": kept, "segments": groups}))


def masked(text: str) -> str:
    """Return a URI, or a text with one, without the password that it may hold."""
    return re.sub(r"//[^/@\s]*@", "//…@", text)


def stamp(at: datetime) -> str:
    """Return an instant in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def package_source(stage: Path) -> Path:
    """Copy this package's source beside the model, so that it also scores where `outreach` is not installed."""
    package = Path(__file__).parent
    for path in sorted(package.glob("*.py")):
        copy = stage / "code" / package.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return stage / "code" / package.name

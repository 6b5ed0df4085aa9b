"""A learned model as data: a folder that is written whole and believed only after every check (numpy, stdlib).

    manifest.json       what the scorer is, each array's shape and SHA-256, and the report with its certificate
    coef1.npy …         the scorer's arrays, and golden rows with the scores they must get
    issued.json         when it was issued and when it expires, bound to the manifest's SHA-256

Loading runs no code from the folder: no pickle, no header is interpreted, no name in it becomes a path. The same
scorer and report give the same bytes of everything except `issued.json`.

Example:
    >>> write(folder, scorer, extra=report, golden=X[:64], issued_at=now)     # doctest: +SKIP
    >>> load(folder).scorer.predict(X).net_benefit                            # doctest: +SKIP
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from model.canonical import canonical, sha256
from model.contracts import JSON, Certificate
from model.design import design
from model.features import from_json
from model.folders import publish, read_capped, refusal, refuse_foreign
from model.linear import LINKS, SCORERS, WEIGHTS, Effects, Floats, LinearScorer
from model.manifest import (
    FORMAT,
    check_format,
    only_keys,
    parse_canonical,
    parse_certificate,
    parse_hash,
    parse_issue,
    parse_shape,
    stamped,
    take,
)
from model.npy import dump, parse

__all__ = ["Artefact", "Effects", "LinearScorer", "load", "refuse_place", "write"]

REQUIRED = ("coef1", "offset", "centre", "golden_rows", "golden_scores")
OPTIONAL = ("coef0",)
CAPS: Mapping[str, int] = {
    "manifest.json": 8 * 2**20,
    "issued.json": 4 * 2**10,
    **{f"{name}.npy": 64 * 2**20 for name in (*REQUIRED, *OPTIONAL)},
}
REPLACEABLE = frozenset(CAPS)
LARGEST = 1e12  # of any number in the arrays: beyond it a sum could overflow
GOLDEN_ROWS = 4096
TOLERANCE = 1e-12  # golden rows: processors differ in the last bit of exp()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Artefact:
    """A verified model. `sha256` is the manifest's: the identity of everything but the dates.

    `certificate.expires` is None where no certificate was issued or the artefact carries no date: it permits nothing.
    """

    scorer: LinearScorer
    manifest: Mapping[str, JSON]
    certificate: Certificate
    issued_at: datetime | None
    expires_at: datetime | None
    sha256: str


def refuse_place(folder: Path) -> None:
    """Refuse, before anything is learned, a `folder` that `write` would refuse. Raises InvalidArtefact."""
    refuse_foreign(folder, REPLACEABLE)


def write(
    folder: Path, scorer: LinearScorer, *, extra: Mapping[str, JSON], golden: Floats, issued_at: datetime | None
) -> str:
    """Write an artefact folder atomically and return its manifest's SHA-256.

    `extra` is the report (at least its `certificate`); `golden` are encoded rows float64[g, p], 1 ≤ g ≤ 4096, that
    every load scores again. An earlier artefact in `folder` is replaced, anything else there is refused.

    Raises:
        InvalidArtefact: what was given is not a valid artefact, or `folder` holds something else.
    """
    arrays = scorer.arrays() | {"golden_rows": golden, "golden_scores": scorer.predict(golden).stacked()}
    files = {f"{name}.npy": dump(array) for name, array in sorted(arrays.items())}
    stated = {n: {"shape": list(a.shape), "sha256": sha256(files[f"{n}.npy"])} for n, a in arrays.items()}
    described = scorer.to_json() | {"sha256": scorer.sha256()}
    not_finite = next(_not_finite(extra, "report"), None)
    if not_finite is not None:
        raise refusal(folder, f"`{not_finite}` is not a finite number; a report says null for what is not known")
    manifest = canonical({"format": FORMAT, "scorer": described, "arrays": stated, "report": dict(extra)})
    identity = sha256(manifest)
    try:
        issued = canonical(stamped(identity, issued_at))
    except ValueError as error:
        raise refusal(folder, f"`issued_at` {error}") from error
    files |= {"manifest.json": manifest, "issued.json": issued}
    publish(folder, files, replaceable=REPLACEABLE, check=load)
    return identity


def _not_finite(value: JSON, place: str) -> Iterator[str]:
    """Yield where a JSON value holds NaN or infinity, as dotted paths."""
    if isinstance(value, float) and not math.isfinite(value):
        yield place
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _not_finite(part, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _not_finite(part, f"{place}[{index}]")


def load(folder: Path) -> Artefact:
    """Return the artefact in `folder` after checking every byte, bound and figure of it.

    Raises:
        InvalidArtefact: it cannot be trusted; the message says which file, what is wrong and what to do.
    """
    files = read_capped(folder, CAPS)
    place = folder / "manifest.json"
    try:
        manifest = parse_canonical(_present(files, "manifest.json"))
        only_keys(manifest, ("format", "scorer", "arrays", "report"))
        check_format(manifest["format"])
        arrays = _arrays(take(manifest, "arrays", dict), files)
        scorer = _scorer(take(manifest, "scorer", dict), arrays)
        _check_golden(scorer, arrays)
        report = take(manifest, "report", dict)
        certificate = parse_certificate(report.get("certificate"), scorer_sha256=scorer.sha256())
        place, identity = folder / "issued.json", sha256(files["manifest.json"])
        issued = parse_canonical(_present(files, "issued.json"))
        issued_at, expires_at = parse_issue(issued, manifest_sha256=identity)
    except (ValueError, RecursionError) as error:
        raise refusal(place, str(error)) from error
    certificate = dataclasses.replace(certificate, expires=expires_at if certificate.issued else None)
    return Artefact(
        scorer=scorer,
        manifest=manifest,
        certificate=certificate,
        issued_at=issued_at,
        expires_at=expires_at,
        sha256=identity,
    )


def _present(files: Mapping[str, bytes], name: str) -> bytes:
    """Return a file that must be there."""
    if name not in files:
        raise ValueError(f"the file `{name}` is missing")
    return files[name]


def _arrays(stated: Mapping[str, JSON], files: Mapping[str, bytes]) -> dict[str, Floats]:
    """Return the arrays that the manifest states, each checked against its hash, shape and bounds."""
    unknown = sorted(set(stated) - {*REQUIRED, *OPTIONAL})
    absent = sorted(set(REQUIRED) - set(stated))
    spare = sorted({name for name in files if name.endswith(".npy")} - {f"{name}.npy" for name in stated})
    if unknown or absent or spare:
        raise ValueError(f"`arrays` states unknown {unknown[:3]}, lacks {absent}; files it does not state: {spare}")
    arrays = {}
    for name, entry in stated.items():
        shape, expected = parse_shape(entry)
        data = _present(files, f"{name}.npy")
        try:
            if sha256(data) != expected:
                raise ValueError(f"its SHA-256 is not `{expected}`")  # noqa: TRY301  (one place adds the name)
            arrays[name] = parse(data, shape)
        except ValueError as error:
            raise ValueError(f"`{name}.npy`: {error}") from error
        if np.abs(arrays[name]).max() > LARGEST:
            raise ValueError(f"`{name}.npy`: it holds a number beyond ±{LARGEST:g}")
    return arrays


def _scorer(stated: Mapping[str, JSON], arrays: Mapping[str, Floats]) -> LinearScorer:
    """Return the scorer that the manifest describes, checked for shape, domain and its own hash."""
    only_keys(stated, ("name", "features", "links", "slope", "weights", "sha256"))
    try:
        features = from_json(stated["features"])
        columns = design(features, np.empty((0, len(features)))).shape[1]
    except Exception as error:  # whatever a hostile description breaks, it is a refusal
        raise ValueError(f"`features` cannot be read ({str(error)[:120]})") from error
    weights = take(stated, "weights", dict)
    links: tuple[Any, ...] = tuple(take(stated, "links", list))
    only_keys(weights, WEIGHTS)
    weight = {name: take(weights, name, float) for name in WEIGHTS}
    slope, name = take(stated, "slope", float), take(stated, "name", str)
    if name not in SCORERS or len(links) != 3 or any(link not in LINKS for link in links):
        raise ValueError(f"the scorer `{name[:40]}` with links `{str(links)[:60]}` is not known")
    if not 0.0 <= slope <= LARGEST or not all(0.0 <= value <= LARGEST for value in weight.values()):
        raise ValueError("`slope` or a weight is negative or too large")
    _check_shapes(arrays, columns, len(features))
    parts: dict[str, Any] = {key: arrays.get(key) for key in ("coef1", "coef0", "offset", "centre")}
    scorer = LinearScorer(name=name, features=features, links=links, slope=slope, weights=weight, **parts)
    if scorer.sha256() != parse_hash(take(stated, "sha256", str)):
        raise ValueError(f"the scorer's own SHA-256 is `{scorer.sha256()}`, the manifest states another")
    return scorer


def _check_shapes(arrays: Mapping[str, Floats], columns: int, features: int) -> None:
    """Refuse arrays that do not fit the number of features and of the columns that they become."""
    golden = arrays["golden_rows"].shape[0]
    expected: dict[str, tuple[int, ...]] = dict.fromkeys(("coef1", "coef0"), (3, columns + 1))
    expected |= {"offset": (3,), "centre": (3,), "golden_rows": (golden, features), "golden_scores": (golden, 4)}
    for name, array in arrays.items():
        if array.shape != expected[name]:
            raise ValueError(f"`{name}` has shape {array.shape}, the features need {expected[name]}")
    if golden > GOLDEN_ROWS:
        raise ValueError(f"`golden_rows` has {golden} rows, at most {GOLDEN_ROWS} are scored at every load")


def _check_golden(scorer: LinearScorer, arrays: Mapping[str, Floats]) -> None:
    """Refuse a scorer that does not give the golden rows the scores they had when it was certified."""
    expected, actual = arrays["golden_scores"], scorer.predict(arrays["golden_rows"]).stacked()
    apart = np.abs(actual - expected) > TOLERANCE * (1.0 + np.abs(expected).max())
    if apart.any():
        row = int(np.flatnonzero(apart.any(axis=1))[0])
        raise ValueError(f"golden row {row} scores `{actual[row].tolist()}`, it must score `{expected[row].tolist()}`")

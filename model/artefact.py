"""A learned model as data: a folder that is written whole and believed only after every check (numpy, stdlib).

    manifest.json       what the scorer is, each array's shape and SHA-256, and the report with its certificate
    coef1.npy …         the scorer's arrays (trees as one table of nodes), and golden rows with the scores they must get
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

from model.canonical import canonical, sha256
from model.contracts import JSON, Certificate
from model.drift import Reference, reference_of
from model.folders import publish, read_capped, refusal, refuse_foreign
from model.manifest import (
    FORMAT,
    check_format,
    only_keys,
    parse_canonical,
    parse_certificate,
    parse_issue,
    stamped,
    take,
)
from model.npy import dump
from model.restore import LARGEST_FILE, OPTIONAL, REQUIRED, check_golden, restore_arrays, restore_scorer
from model.scorer import Effects, Floats, Scorer

__all__ = ["Artefact", "Effects", "Scorer", "load", "refuse_place", "write"]

CAPS: Mapping[str, int] = {
    "manifest.json": 32 * 2**20,
    "issued.json": 4 * 2**10,
    **{f"{name}.npy": LARGEST_FILE[name] for name in (*REQUIRED, *OPTIONAL)},
}
REPLACEABLE = frozenset(CAPS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Artefact:
    """A verified model. `sha256` is the manifest's: the identity of everything but the dates.

    `certificate.expires` is None where no certificate was issued or the artefact carries no date: it permits nothing.
    `reference` is what drift is measured from; None where an older one has none.
    """

    scorer: Scorer
    manifest: Mapping[str, JSON]
    certificate: Certificate
    issued_at: datetime | None
    expires_at: datetime | None
    sha256: str
    reference: Reference | None = None


def refuse_place(folder: Path) -> None:
    """Refuse, before anything is learned, a `folder` that `write` would refuse. Raises InvalidArtefact."""
    refuse_foreign(folder, REPLACEABLE)


def write(
    folder: Path, scorer: Scorer, *, extra: Mapping[str, JSON], golden: Floats, issued_at: datetime | None
) -> str:
    """Write an artefact folder atomically and return its manifest's SHA-256.

    `extra` is the report (at least its `certificate`); `golden` are rows as codes float64[g, f], 1 ≤ g ≤ 4096, that
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
        arrays = restore_arrays(take(manifest, "arrays", dict), files)
        scorer = restore_scorer(take(manifest, "scorer", dict), arrays)
        check_golden(scorer, arrays)
        if scorer.forest is not None:
            scorer.forest.switch.golden(arrays["golden_rows"])
        report = take(manifest, "report", dict)
        certificate = parse_certificate(report.get("certificate"), scorer_sha256=scorer.sha256())
        reference = reference_of(report.get("reference"), scorer.features)
        place, identity = folder / "issued.json", sha256(files["manifest.json"])
        issued = parse_canonical(_present(files, "issued.json"))
        issued_at, expires_at = parse_issue(issued, manifest_sha256=identity)
    except Exception as error:  # whatever a hostile file breaks, it is a refusal
        expected = isinstance(error, ValueError)
        raise refusal(place, str(error) if expected else f"{type(error).__name__}: {error}") from error
    certificate = dataclasses.replace(certificate, expires=expires_at if certificate.issued else None)
    return Artefact(
        scorer=scorer,
        manifest=manifest,
        certificate=certificate,
        issued_at=issued_at,
        expires_at=expires_at,
        sha256=identity,
        reference=reference,
    )


def _present(files: Mapping[str, bytes], name: str) -> bytes:
    """Return a file that must be there."""
    if name not in files:
        raise ValueError(f"the file `{name}` is missing")
    return files[name]

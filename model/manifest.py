"""What `manifest.json` and `issued.json` say, built and read back without trusting a word (standard library, numpy).

    manifest.json  { format, scorer {name, features, links, slope, weights, sha256}, arrays {name: {shape, sha256}},
                     report {…, certificate, gate, data_sha256, seed, versions} }
    issued.json    { manifest_sha256, issued_at, expires_at }      dates null where it was never issued

Every reader here raises `ValueError` with the problem; `model.artefact` adds the place and the next step.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from model.canonical import canonical
from model.certifying.words import HARMS, sentence
from model.contracts import JSON, Certificate, Channel, HarmBound, Purpose

FORMAT = "outreach-artefact/2"
PIECES = 2**20  # commas and brackets of one file: what is read of it stays within some 200 MB
LIFETIME = timedelta(days=90)  # of a certificate (METHOD section 4)
HEX = re.compile(r"[0-9a-f]{64}")
CONTACT = ("contact_above", "contact_below")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def parse_canonical(data: bytes) -> dict[str, JSON]:
    """Return the JSON object whose canonical form is exactly `data` (so: no duplicate key, no NaN, no second spelling).

    Raises:
        ValueError: it is not.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > PIECES:
        raise ValueError(f"it has more than {PIECES} values")
    try:
        value = json.loads(data)
        exact = isinstance(value, dict) and canonical(value) == data
        if b"\\ud" in data:  # half a pair of surrogates is text that no answer could repeat
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({str(error)[:80]})") from error
    if not exact:
        raise ValueError("it is not a JSON object in canonical form")
    return dict(value)


def typed(value: JSON, kind: type[Any], what: str) -> Any:
    """Return `value` where it is of `kind` (an int is a float, a bool is no number).

    Raises:
        ValueError: it is something else; `what` names it.
    """
    kinds = (int, float) if kind is float else kind
    if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"`{what}` is `{str(value)[:40]}`, not {kind.__name__}")
    return _finite(what, value) if kind is float else value


def take(mapping: Mapping[str, JSON], key: str, kind: type[Any], *, null: bool = False) -> Any:
    """Return `mapping[key]` where it is of `kind`, or null where allowed.

    Raises:
        ValueError: it is absent or something else.
    """
    value = mapping.get(key)
    return None if null and value is None and key in mapping else typed(value, kind, key)


def _finite(key: str, value: float) -> float:
    """Return a number as a finite float (an integer may be too large to be one)."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"`{key}` is not a finite number")
    return number


def only_keys(mapping: Mapping[str, JSON], keys: Sequence[str]) -> None:
    """Refuse a mapping whose keys are not exactly `keys`, naming the difference.

    Raises:
        ValueError: a key is missing or unknown.
    """
    missing, unknown = sorted(set(keys) - set(mapping)), sorted(set(mapping) - set(keys))
    if missing or unknown:
        raise ValueError(f"missing keys {missing}, unknown keys {[key[:40] for key in unknown]}")


def check_format(value: JSON) -> None:
    """Refuse a manifest of another format than this version reads.

    Raises:
        ValueError: it is another.
    """
    if value != FORMAT:
        raise ValueError(f"`format` is `{str(value)[:40]}`, this version reads `{FORMAT}`")


def parse_shape(entry: JSON) -> tuple[tuple[int, ...], str]:
    """Return shape and SHA-256 of an array as the manifest states them (at most two dimensions, each at most 2^20)."""
    only_keys(typed(entry, dict, "arrays"), ("shape", "sha256"))
    shape = tuple(take(entry, "shape", list))
    if not 1 <= len(shape) <= 2 or not all(type(size) is int and 0 < size <= 2**20 for size in shape):
        raise ValueError(f"`shape` is `{str(shape)[:40]}`")
    return shape, parse_hash(take(entry, "sha256", str))


def parse_hash(value: str) -> str:
    """Return a SHA-256 in lower-case hex.

    Raises:
        ValueError: it is not one.
    """
    if not HEX.fullmatch(value):
        raise ValueError(f"`{value[:40]}` is not a SHA-256 in lower-case hex")
    return value


def parse_certificate(value: JSON, *, scorer_sha256: str) -> Certificate:
    """Return the certificate of a report, with `expires` still open.

    Raises:
        ValueError: a field is absent or out of its domain, it was issued for another scorer, or its `sentence` (where
            it has one) is not what its figures say: nobody may quote that.
    """
    typed(value, dict, "certificate")
    issued, named = take(value, "issued", bool), take(value, "scorer_sha256", str, null=True)
    if named != scorer_sha256 and (issued or named is not None):
        raise ValueError(f"the certificate is for the scorer `{str(named)[:64]}`, not for this one")
    certificate = Certificate(
        issued=issued,
        reason=take(value, "reason", str),
        cutoff=take(value, "cutoff", float, null=not issued),
        share_contacted=take(value, "share_contacted", float, null=not issued),
        bounds=tuple(_bound(bound) for bound in take(value, "bounds", list)),
        alpha={name: take(value["alpha"], name, float) for name in take(value, "alpha", dict)},
        delta=take(value, "delta", float),
        n=take(value, "n", int),
        scope=tuple(_pair(pair) for pair in take(value, "scope", list)),
        expires=None,
        method=take(value, "method", str),
        assumptions=tuple(typed(text, str, "assumptions[]") for text in take(value, "assumptions", list)),
        scorer_sha256=named,
        **{name: take(value, name, float) for name in CONTACT if name in value},  # absent: the usual shares
    )
    _refuse_impossible(certificate)
    _refuse_incomplete(certificate)
    if "sentence" in value and take(value, "sentence", str) != sentence(certificate):
        raise ValueError("the certificate's `sentence` is not what its figures say")
    return certificate


def quotable(value: Mapping[str, JSON], expires: datetime | None = None) -> str:
    """Return the sentence of a report's certificate, made from its figures; with `expires`, until when it is valid."""
    return sentence(parse_certificate(value, scorer_sha256=value["scorer_sha256"]), expires)


def _refuse_impossible(certificate: Certificate) -> None:
    """Refuse figures that no certificate can have."""
    possible = (
        0.0 < certificate.delta < 1.0
        and certificate.n >= 0
        and all(0.0 < alpha < 1.0 for alpha in certificate.alpha.values())
        and (certificate.cutoff is None or certificate.cutoff >= 0.0)
        and (certificate.share_contacted is None or 0.0 <= certificate.share_contacted <= 1.0)
        and 0.0 < certificate.contact_below <= certificate.contact_above < 1.0
    )
    if not possible:
        raise ValueError(
            "the certificate's `delta`, `n`, `alpha`, `cutoff`, `share_contacted` or `contact_…` is out of its domain"
        )


def _refuse_incomplete(certificate: Certificate) -> None:
    """Refuse limits that do not name both harms, or an issued certificate whose bounds are not of these limits."""
    if set(certificate.alpha) != set(HARMS):
        raise ValueError(f"`alpha` names {sorted(certificate.alpha)}, not {sorted(HARMS)}")
    if len(set(certificate.scope)) < len(certificate.scope):
        raise ValueError("a pair of `scope` stands there twice: every decision looks through them")
    stated = {bound.harm: bound.alpha for bound in certificate.bounds}
    if certificate.issued and (stated != dict(certificate.alpha) or len(certificate.bounds) != len(HARMS)):
        raise ValueError("an issued certificate has one bound per harm, with the limit of `alpha`")
    if not all(0.0 <= bound.bound <= 1.0 for bound in certificate.bounds):
        raise ValueError("a `bound` is no rate")


def _bound(value: JSON) -> HarmBound:
    """Return one bound of a certificate."""
    typed(value, dict, "bounds[]")
    return HarmBound(
        harm=take(value, "harm", str),
        estimate=take(value, "estimate", float),
        bound=take(value, "bound", float),
        alpha=take(value, "alpha", float),
        control_rate=take(value, "control_rate", float),
    )


def _pair(value: JSON) -> tuple[str, str]:
    """Return one (purpose, channel) pair of a scope."""
    if len(typed(value, list, "scope[]")) != 2:
        raise ValueError(f"`scope` holds `{str(value)[:40]}`, not a [purpose, channel] pair")
    pair = typed(value[0], str, "purpose"), typed(value[1], str, "channel")
    if pair[0] not in set(Purpose) or pair[1] not in set(Channel):
        raise ValueError(f"`scope` holds `{str(value)[:60]}`, not a known purpose and channel")
    return pair


def stamped(manifest_sha256: str, issued_at: datetime | None) -> dict[str, JSON]:
    """Return what `issued.json` says: dates in UTC to the second, expiry 90 days on.

    Raises:
        ValueError: the time is naive, or its expiry is beyond the calendar.
    """
    if issued_at is None:
        return {"manifest_sha256": manifest_sha256, "issued_at": None, "expires_at": None}
    if issued_at.tzinfo is None or issued_at.year > 9000:
        raise ValueError(f"`{issued_at.isoformat()}` has no offset, or no expiry in the calendar")
    start = issued_at.astimezone(UTC).replace(microsecond=0)
    dates = {"issued_at": _stamp(start), "expires_at": _stamp(start + LIFETIME)}
    return {"manifest_sha256": manifest_sha256, **dates}


def parse_issue(value: Mapping[str, JSON], *, manifest_sha256: str) -> tuple[datetime | None, datetime | None]:
    """Return when an artefact was issued and when it expires, both None where it never was.

    Raises:
        ValueError: it is bound to another manifest, or its dates are not 90 days apart.
    """
    only_keys(value, ("manifest_sha256", "issued_at", "expires_at"))
    if take(value, "manifest_sha256", str) != manifest_sha256:
        raise ValueError(f"it belongs to another manifest than `{manifest_sha256}`")
    stamp = take(value, "issued_at", str, null=True)
    if stamp is None:
        start = None
    elif TIME.fullmatch(stamp):
        start = datetime.fromisoformat(stamp)
    else:
        raise ValueError(f"`issued_at` is `{stamp[:40]}`, not a time like 2026-11-20T18:00:00Z")
    if stamped(manifest_sha256, start) != dict(value):
        raise ValueError("`expires_at` is not 90 days after `issued_at`")
    return start, None if start is None else start + LIFETIME


def _stamp(time: datetime) -> str:
    """Write a UTC time to the second, RFC 3339."""
    return time.isoformat().replace("+00:00", "Z")

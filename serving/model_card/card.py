"""The model card: certificate, gate, figures, limits and versions of the artefact in charge, in words.

The certificate was verified when the artefact was loaded. The rest of the report is shown as far as it can be read: an
older or a foreign artefact may say less, and a part that is not there (or makes no sense) is named in `missing`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from model.certifying.words import HARMS, listed, per_thousand, sentence, shown_up
from model.contracts import JSON, Certificate, HarmBound
from model.in_words.numbers import number, percent, plain
from model.report.checks import Check, checks
from model.report.limits import limits
from model.report.tables import FIRST_LINES, Grid, effects, policies, profile, segments
from model.report.words import SCORERS, Point, costs, helps, trusted, who, worth
from serving.in_words.contract import CHANNELS, PURPOSES
from serving.model_card.curves import Curve, curves
from serving.scorer import ArtefactScorer

T = TypeVar("T")
ASKS: Final[Mapping[str, str]] = {
    "value": "Does it gain more than the rule before it, or than contacting nobody?",
    "harm": "Is harm certified to stay below its limits?",
    "calibration": "Is a customer who scores twice as high really helped more?",
    "segments": "Is no group that was named beforehand worse off?",
    "schema": "Does it score the same customer the same way, alone or among many?",
}
NO_VERSIONS: Final[tuple[tuple[str, str], ...]] = ()
LONGEST: Final = 2_000  # letters of a text from a report that nobody has checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One harm caused by contact, per 1,000 contacts as words; `filled` is the bound's part of its limit, at most 1."""

    harm: str
    estimate: str
    bound: str
    limit: str
    without: str
    filled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """One check of the gate: what it asks, whether it passed, and on what figures."""

    name: str
    asks: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the page says of one artefact; `grids` are tables by name, `about` its versions, `missing` what it lacks."""

    version: str
    certified: bool
    quote: str
    expires: datetime | None
    issued_at: datetime | None
    bounds: tuple[Bound, ...]
    scope: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    method: str
    points: tuple[Point, ...]
    gate: tuple[Gated, ...]
    promoted: bool | None
    checks: tuple[Check, ...]
    grids: Mapping[str, Grid]
    curves: tuple[Curve, ...]
    limits: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def card_of(scorer: ArtefactScorer) -> Card:
    """Return the card of the artefact that this scorer was loaded from."""
    artefact = scorer.artefact
    certificate, report = artefact.certificate, artefact.manifest["report"]
    told = _Told()
    gate: Mapping[str, JSON] = told("gate", lambda: dict(report["gate"]), {})
    return Card(
        version=scorer.version,
        certified=certificate.issued,
        quote=sentence(certificate, certificate.expires),
        expires=certificate.expires,
        issued_at=artefact.issued_at,
        bounds=tuple(_bound(bound) for bound in certificate.bounds),
        scope=scope(certificate),
        assumptions=certificate.assumptions,
        method=certificate.method,
        points=told("summary", lambda: _points(report), ()),
        gate=told("checks of the gate", lambda: tuple(map(_gated, gate.get("checks", ()))), ()),
        promoted=gate.get("promoted") if isinstance(gate.get("promoted"), bool) else None,
        checks=told("checks of a sceptic", lambda: tuple(checks(report)), ()),
        grids=_grids(report, told),
        curves=told("pictures", lambda: curves(report), ()),
        limits=told("limits", lambda: tuple(limits(report)), ()),
        about=(*_identity(scorer), *told("versions", lambda: _versions(report), NO_VERSIONS)),
        missing=tuple(told.missing),
    )


class _Told:
    """Reads parts of a report that nobody has checked; remembers which could not be read."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def __call__(self, name: str, part: Callable[[], T], otherwise: T) -> T:
        """Return a part, or `otherwise` where the report does not say it."""
        try:
            return part()
        except Exception:  # noqa: BLE001  (a report is a file's: whatever it breaks, the page goes without that part)
            self.missing.append(name)
            return otherwise


def scope(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """Return each purpose that a certificate covers, with its channels, in words."""
    rows = []
    for purpose, words in PURPOSES.items():
        channels = [CHANNELS[channel] for channel in CHANNELS if (purpose, channel) in certificate.scope]
        if channels:
            rows.append((words, listed(channels)))
    return tuple(rows)


def _bound(bound: HarmBound) -> Bound:
    """Write a bound as the sentence does: rounded up, so that "at most" stays true."""
    return Bound(
        harm=HARMS.get(bound.harm, bound.harm),
        estimate=number(1000.0 * bound.estimate, 2),
        bound=shown_up(1000.0 * bound.bound),
        limit=per_thousand(bound.alpha),
        without=number(1000.0 * bound.control_rate, 2),
        filled=min(1.0, bound.bound / bound.alpha),
    )


def _gated(check: Mapping[str, JSON]) -> Gated:
    name = _text(check["name"])
    return Gated(
        name=name, asks=ASKS.get(name, ""), passed=check["passed"] is True, detail=_text(check.get("detail", ""))
    )


def _points(report: Mapping[str, JSON]) -> tuple[Point, ...]:
    """Answer the questions of the training's page, but for the certificate's: that stands above them."""
    return helps(report), who(report), worth(report), costs(report), trusted(report)


def _grids(report: Mapping[str, JSON], told: _Told) -> dict[str, Grid]:
    """Return the tables by name; those without rows are left out."""
    makers: Mapping[str, tuple[str, Callable[[], Grid]]] = {
        "effects": ("average effects", lambda: effects(report)),
        "policies": ("rules compared", lambda: policies(report)),
        "segments": ("groups named beforehand", lambda: segments(report)),
        "profile": ("who stands first and last", lambda: profile(report, slice(0, FIRST_LINES))),
    }
    found = {name: told(words, make, None) for name, (words, make) in makers.items()}
    return {name: grid for name, grid in found.items() if grid is not None and grid.rows}


def _identity(scorer: ArtefactScorer) -> tuple[tuple[str, str], ...]:
    artefact = scorer.artefact
    learned = artefact.scorer
    return (
        ("version", scorer.version),
        ("how it ranks", SCORERS.get(learned.name, learned.name)),
        ("what it reads of a customer", _listed([feature.name for feature in scorer.features])),
        ("SHA-256 of the artefact", artefact.sha256),
    )


def _listed(names: Sequence[str]) -> str:
    return listed(names) if names else "nothing: it says the same of everybody"


def _versions(report: Mapping[str, JSON]) -> tuple[tuple[str, str], ...]:
    """Return what it was learned from, and with which versions."""
    rate = report.get("contacted_rate")
    known = [("occasions it was learned and judged on", report.get("rows"))]
    known += [("of these occasions with contact", None if rate is None else percent(float(rate)))]
    known += [("SHA-256 of that history", report.get("data_sha256")), ("seed", report.get("seed"))]
    known += [(f"learned with {_text(name)}", each) for name, each in dict(report.get("versions") or {}).items()]
    return tuple((name, _text(plain(each))) for name, each in known if each is not None)


def _text(value: JSON) -> str:
    return str(value)[:LONGEST]

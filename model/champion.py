"""The model in charge, and whom it would contact on a new table: what a new model must beat (METHOD section 6).

It contacts where its net benefit reaches its certified cut-off, within its certificate's scope; nobody without a
certificate that holds. So does the API, arms apart, and so is the new rule judged that would replace it: else one that
nobody would ever be sent could take the champion's place. The champion reads the table's columns as they came, since a
new model may read fewer.

Example:
    >>> champion = Champion(artefact=load(folder), version="2", at=now)     # doctest: +SKIP
    >>> contacts(champion, table, rows).note                                 # doctest: +SKIP
    'its certificate expired on 2026-02-18'
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.artefact import Artefact
from model.contracts import Certificate
from model.errors import InvalidTable
from model.features import Feature, encode
from model.scorer import Scorer

if TYPE_CHECKING:  # the registry knows champions, and scores where no learning stack is installed
    from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Champion:
    """A verified artefact that is in charge, under the version that the registry gave it.

    `at` is when it is asked: a certificate that has expired by then permits nothing. `before` is the model that its own
    gate compared it with, None where that was nobody; only a training on the champion's own data needs it.
    """

    artefact: Artefact
    version: str
    at: datetime
    before: "Champion | None" = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acts:
    """Whom a champion contacts: 1 or 0 per row, float64[n], None where it cannot be said; `note` says why."""

    contacts: Floats | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """Whom a new rule would contact once it is served, 1 or 0 per row, float64[n]; `note` says why nobody."""

    contacts: Floats
    note: str = ""


def opponent(champion: Champion | None, scorer: Scorer, certificate: Certificate) -> Champion | None:
    """Return whom a new model is compared with: the champion, or nobody (None).

    Nothing can beat itself. Where scorer and certificate are the champion's own, its data were learned from again: then
    the comparison is the one that the champion passed, so that the same data and seed give the same bytes.
    """
    if champion is None:
        return None
    own = champion.artefact
    same = own.scorer.sha256() == scorer.sha256() and replace(own.certificate, expires=None) == certificate
    return champion.before if same else champion


def contacts(champion: Champion, table: "Table", rows: Ints) -> Acts:
    """Return whom the champion contacts among some rows of a table; `note` says why nobody, or why that is unknown."""
    certificate = champion.artefact.certificate
    idle, cutoff = _idle(certificate, champion.at), certificate.cutoff
    if idle or cutoff is None:
        return Acts(contacts=np.zeros(len(rows)), note=idle)
    scorer = champion.artefact.scorer
    try:
        codes = encode(scorer.features, _columns(table, scorer.features), table.rows)[rows]
    except InvalidTable as error:
        return Acts(contacts=None, note=str(error))
    with np.errstate(all="ignore"):  # what overflows is no score: nobody is contacted for it, here as in the API
        effects = scorer.predict(codes)
    above = (effects.net_benefit >= cutoff) & np.isfinite(effects.stacked()).all(axis=1)
    return Acts(contacts=np.asarray(above & _within(certificate, table, rows), dtype=np.float64))


def as_served(certificate: Certificate, score: Floats, table: "Table", rows: Ints) -> Served:
    """Return whom a new rule would contact once it is served, score float64[n] of these rows; `note` says why nobody.

    Its certificate has no date yet: it gets one when it is written.
    """
    idle, cutoff = _uncovered(certificate), certificate.cutoff
    if idle or cutoff is None:
        return Served(contacts=np.zeros(len(rows)), note=idle)
    above = (score >= cutoff) & np.isfinite(score)
    return Served(contacts=np.asarray(above & _within(certificate, table, rows), dtype=np.float64))


def other_weights(champion: Champion, scorer: Scorer) -> str:
    """Say which weights of the net benefit the champion was made for where the new scorer has others, else nothing."""
    own, new = champion.artefact.scorer.weights, scorer.weights
    moved = [f"{name} {own[name]:g} (now {new[name]:g})" for name in own if own[name] != new[name]]
    if not moved:
        return ""
    return (
        f"judged by the weights of the new table: the champion was made for {', '.join(moved)}; "
        "its rule may be better by its own"
    )


def _uncovered(certificate: Certificate) -> str:
    """Say why a certificate permits no contact at any time; empty where it does."""
    if not certificate.issued or certificate.cutoff is None:
        return "it has no certificate"
    return "" if certificate.scope else "its certificate covers no purpose and channel"


def _idle(certificate: Certificate, at: datetime) -> str:
    """Say why a certificate permits no contact at an instant; empty where it does."""
    uncovered = _uncovered(certificate)
    if uncovered:
        return uncovered
    if certificate.expires is None:
        return "its certificate has no date"
    return "" if at < certificate.expires else f"its certificate expired on {certificate.expires.date()}"


def _within(certificate: Certificate, table: "Table", rows: Ints) -> NDArray[np.bool_]:
    """Return which rows are of a purpose and channel that the certificate covers; all where the table names none.

    Then a new certificate covers none and contacts nobody, and a champion is the harder to beat.
    """
    if table.purpose is None or table.channel is None:
        return np.ones(len(rows), dtype=np.bool_)
    pairs = zip(table.purpose[rows], table.channel[rows], strict=True)
    covered = set(certificate.scope)
    return np.fromiter((pair in covered for pair in pairs), np.bool_, len(rows))


def _columns(table: "Table", features: Sequence[Feature]) -> dict[str, NDArray[Any]]:
    """Return the columns that the features are read from: a table's features, else what its roles leave over.

    Raises:
        InvalidTable: the table lacks one, or a column cannot be read.
    """
    from model.reading.feature_columns import arrays  # noqa: PLC0415  (pandas: only training needs it)

    own = {"purpose": table.purpose, "channel": table.channel}  # the API finds them in the candidate, by these names
    found = {name: values for name, values in own.items() if values is not None}
    found |= {str(name): table.features[name].to_numpy() for name in table.features}
    read = [feature.name for feature in features if feature.name not in found]
    spare = [] if table.others is None else table.others.column_names
    missing = [name for name in read if name not in spare]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise InvalidTable(f"it reads {listed}, which the table does not have; add the columns that it reads")
    return found if table.others is None else found | arrays(table.others, read)

"""From occasions to the columns of a training table (METHOD section 1, CONTRACT section 3): pure.

One row per customer and fact key, the first decision that reached the draw, with that decision's time and its features
as logged then, and only where the longest window has closed. Features are looked up as serving looks them up, by the
same function, so that a model reads the same names and values in both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from model.contracts import JSON, Candidate, Context
from model.errors import InvalidInput
from model.history import FEATURES
from model.monitor.detector import Watch
from serving.ledger_table.attributes import BOOLEAN, NUMBER, TEXT, attribute_names, one_kind, usable_name
from serving.ledger_table.labels import BOOLEANS, LONGEST, labels, opted_out_unprompted
from serving.ledger_table.propensities import refuse_contradiction
from serving.record.history import unpacked
from serving.record.record import from_json
from serving.standing import Occasion
from serving.thanks import features_of

TIME = "time"
SCOPE = ("purpose", "channel")
OWN: Mapping[str, str] = MappingProxyType(  # column → kind
    {
        "occasion_id": TEXT,
        "customer": TEXT,
        "decided_at": TIME,
        **dict.fromkeys(SCOPE, TEXT),
        "contacted": BOOLEAN,
        "propensity": NUMBER,
        **dict.fromkeys(BOOLEANS, BOOLEAN),
        "policy_version": TEXT,
    }
)
NO_WATCHES: Mapping[str, Watch] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the occasions. `open`: windows not closed at `as_of`; `repeats`: later decisions about a fact."""

    rows: int
    contacted: int
    open: int
    repeats: int
    opted_out_held_out: int  # within 14 days, without any contact by this occasion: they happen

    @property
    def held_out(self) -> int:
        """The rows that were not contacted."""
        return self.rows - self.contacted


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTable:
    """Columns by name, in order, None missing, with their kinds; `features` names those that a model may read."""

    columns: Mapping[str, list[JSON]]
    kinds: Mapping[str, str]
    features: tuple[str, ...]
    counts: Counts
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Rows:
    """What has been read so far: own columns, and the features of each row by name."""

    own: dict[str, list[JSON]] = field(default_factory=lambda: {name: [] for name in OWN})
    features: list[Mapping[str, JSON]] = field(default_factory=list)
    attributes: list[frozenset[str]] = field(default_factory=list)
    open: list[datetime] = field(default_factory=list)
    repeats: int = 0
    opted_out: int = 0


def table_of(
    occasions: Iterable[Occasion], *, as_of: datetime, watches: Mapping[str, Watch] = NO_WATCHES
) -> LedgerTable:
    """Build the table of what had closed at `as_of`; `occasions` in the order in which they were decided.

    `watches` tells what each certificate or experiment contacts with.

    Raises:
        InvalidInput: no row, or a row whose propensity contradicts its arm; the message names the decision.
    """
    rows, seen = _Rows(), set()
    for occasion in occasions:
        decided = occasion.record["decided"]
        refuse_contradiction(decided["decision"], occasion.assignment, watches)
        fact = (occasion.record["candidate"]["user_id"], decided["fact_key"])
        if fact in seen:
            rows.repeats += 1
            continue
        seen.add(fact)
        _add(rows, occasion, as_of)
    if not rows.features:
        raise InvalidInput(_no_rows(rows, as_of))
    return _finished(rows)


def _add(rows: _Rows, occasion: Occasion, as_of: datetime) -> None:
    """Add an occasion as a row, or to those whose windows are open."""
    decision = occasion.record["decided"]["decision"]
    decided_at = datetime.fromisoformat(decision["decided_at"])
    if decided_at + LONGEST > as_of:
        rows.open.append(decided_at)
        return
    candidate = from_json(Candidate, occasion.record["candidate"])
    contacted, identity = occasion.assignment.contacted, decision["decision_id"]
    row = {
        "occasion_id": identity,
        "customer": candidate.user_id,
        "decided_at": decided_at,
        "purpose": candidate.purpose,
        "channel": candidate.channel,
        "contacted": contacted,
        "propensity": occasion.assignment.contact_probability,
        "policy_version": decision["policy_version"],
    } | labels(
        occasion.outcomes,
        contacts=(identity, *occasion.again),
        decided_at=decided_at,
        contacted=contacted,
        as_of=as_of,
    )
    for name, values in rows.own.items():
        values.append(row[name])
    rows.features.append(logged_features(candidate, unpacked(occasion.record["context"]["history"])))
    rows.attributes.append(frozenset(candidate.attributes))
    rows.opted_out += not contacted and opted_out_unprompted(
        occasion.outcomes, decision_id=identity, decided_at=decided_at
    )


def logged_features(candidate: Candidate, history: Mapping[str, float]) -> Mapping[str, JSON]:
    """Return everything that a scorer could have read by name at that decision, as it would have read it."""
    names = (*FEATURES, *candidate.attributes, *SCOPE)
    return features_of(names, candidate, Context(history=history))


def _finished(rows: _Rows) -> LedgerTable:
    """Put the columns together: the table's own, then the attributes by name, then the history."""
    columns: dict[str, list[JSON]] = dict(rows.own)
    kinds, notes, shown = dict(OWN), [], []
    named = attribute_names(rows.attributes)
    for name in named:
        if name in FEATURES:
            continue  # the ledger's own history comes first, in serving too
        if name in OWN or not usable_name(name):
            why = "the table has a column of this name" if name in OWN else "a table cannot carry this name"
            notes.append(f"attribute `{name[:40]!r}` is left out: {why}")
            continue
        kind, values, note = one_kind(name, [row.get(name) for row in rows.features])
        notes += [note] if note else []
        if values is not None:
            columns[name], kinds[name] = values, kind
            shown.append(name)
    for name in FEATURES:
        columns[name], kinds[name] = [row.get(name) for row in rows.features], NUMBER
    scope = tuple(name for name in SCOPE if name not in named)  # an attribute would stand before it when serving
    contacted = sum(columns["contacted"])
    return LedgerTable(
        columns=MappingProxyType(columns),
        kinds=MappingProxyType(kinds),
        features=(*shown, *scope, *FEATURES),
        counts=Counts(
            rows=len(rows.features),
            contacted=contacted,
            open=len(rows.open),
            repeats=rows.repeats,
            opted_out_held_out=rows.opted_out,
        ),
        notes=tuple(notes),
    )


def _no_rows(rows: _Rows, as_of: datetime) -> str:
    if not rows.open:
        return (
            "the ledger has no occasion that reached the draw, so there is nothing to learn from; "
            "`outreach experiment start` makes some"
        )
    first = min(rows.open) + LONGEST
    return (
        f"no row yet: the 14-day windows of all {len(rows.open):,} occasions are open at {as_of.isoformat()}; "
        f"the first closes at {first.isoformat()}, build the table then"
    )

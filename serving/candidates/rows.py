"""Rows of a candidates file as candidates: what the sender says, what the file knows, and what cannot be read.

A row that cannot be read is rejected with its first wrong cell and the rule; it is never decided. What a row leaves
open (an absent column, a null truth or count) is named in `unknown`: the policy reads unknown as no.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from model.contracts import JSON, NOTHING, Candidate, Channel, Event, EvidenceRef, Message
from serving.candidates.cells import decode, guess, guess_nested, shown
from serving.candidates.columns import ATTRIBUTES, CONTEXT, DATA, FACTS, REQUIRED, Kind, kind_of, unflatten
from serving.candidates.files import Block
from serving.columnar.digests import row_digests
from serving.events.catalogue import IDENTIFIED, NO_EVIDENCE
from serving.policy.facts import ENTITY_KEYS

FactTypes = Mapping[str, Mapping[str, str]]  # template id → fact → declared type
SOURCE = "file"  # of evidence that a file carries without saying whose it is
LONGEST: Mapping[str, int] = {  # characters, as in the API; the others are free
    **dict.fromkeys(("user.id", "evidence.id", "evidence.subject", "session.id", "candidate_id"), 256),
    **dict.fromkeys(("purpose", "evidence.type", "message.template", "user.timezone"), 64),
    **dict.fromkeys(("message.text", "message.next_step"), 4096),
    "evidence.source": 1024,
}
CHANNELS = tuple(map(str, Channel))
NULL_IS_UNKNOWN = {column: name for column, (name, kind) in CONTEXT.items() if kind is not Kind.TIME}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that was read. `digest` is that of its cells; `evidence` is there where the file tells what and when.

    `says` maps fields of `Context` to what the file says of them; `unknown` are those that it has a column for, but
    no value in this row.
    """

    number: int
    candidate_id: str
    digest: bytes
    candidate: Candidate
    evidence: Event | None
    says: Mapping[str, Any]
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was not decided: the cell (no column: the whole row) and the rule that it breaks."""

    row: int
    candidate_id: str | None
    column: str | None
    rule: str


def late_reject(row: Row, first: int) -> Reject:
    """Reject a row whose id stands in an earlier row."""
    rule = f"stands in row {first} too; an id names one candidate"
    return Reject(row=row.number, candidate_id=row.candidate_id, column="candidate_id", rule=rule)


@dataclass(frozen=True)
class RowReader:
    """Reads the rows of one file: its columns in their order, and the templates' types for cells of CSV."""

    columns: tuple[str, ...]
    csv: bool
    fact_types: FactTypes = field(default_factory=dict)

    @cached_property
    def absent(self) -> frozenset[str]:
        """The fields of `Context` that the file has no column for."""
        return frozenset(name for column, (name, _) in CONTEXT.items() if column not in self.columns)

    def read(self, block: Block) -> tuple[list[Row], list[Reject]]:
        """Return the rows and the rejects of a block, each in the order of the file."""
        cells, wrong = self._decode(block)
        digests = row_digests(block.batch)
        rejects = [Reject(row=number, candidate_id=None, column=None, rule=rule) for number, rule in block.malformed]
        rows: list[Row] = []
        for at, number in enumerate(block.numbers):
            row = {column: values[at] for column, values in cells.items() if values[at] is not None}
            problem = wrong.get(at) or _problem(row)
            if problem is None:
                rows.append(self._row(row, number, digests[at].tobytes()))
            else:
                column, rule = problem
                rejects.append(Reject(row=number, candidate_id=row.get("candidate_id"), column=column, rule=rule))
        return rows, sorted(rejects, key=lambda reject: reject.row)

    def _decode(self, block: Block) -> tuple[dict[str, list[Any]], dict[int, tuple[str, str]]]:
        """Return the columns' values, names sorted, and the first wrong cell of each row, in the file's order."""
        cells: dict[str, list[Any]] = {}
        wrong: dict[int, tuple[str, str]] = {}
        for column in self.columns:
            kind = kind_of(column) or Kind.TEXT
            cells[column], rules = decode(block.batch.column(column), kind, csv=self.csv)
            for at, rule in rules.items():
                wrong.setdefault(at, (column, rule))
        return {column: cells[column] for column in sorted(cells)}, wrong

    def _row(self, row: Mapping[str, Any], number: int, digest: bytes) -> Row:
        """Build a row from its cells that are not null, by column, names sorted."""
        template = row.get("message.template")
        types = self.fact_types.get(template or "", NOTHING) if self.csv else NOTHING
        ref, event = self._evidence(row, types)
        candidate = Candidate(
            user_id=row["user.id"],
            purpose=row["purpose"],
            channel=row["channel"],
            message=Message(
                template=template,
                facts=self._under(FACTS, row, types),
                text=row.get("message.text"),
                next_step=row.get("message.next_step"),
            ),
            evidence=ref,
            timezone=row.get("user.timezone"),
            attributes=self._under(ATTRIBUTES, row, NOTHING),
            expires_at=row.get("expires_at"),
            session_id=row.get("session.id"),
        )
        return Row(
            number=number,
            candidate_id=row["candidate_id"],
            digest=digest,
            candidate=candidate,
            evidence=event,
            says={name: row[column] for column, (name, _) in CONTEXT.items() if column in row},
            unknown=frozenset(name for column, name in self._nullable if column not in row),
        )

    @cached_property
    def _nullable(self) -> tuple[tuple[str, str], ...]:
        return tuple((column, name) for column, name in NULL_IS_UNKNOWN.items() if column in self.columns)

    def _evidence(self, row: Mapping[str, Any], types: Mapping[str, str]) -> tuple[EvidenceRef | None, Event | None]:
        """Return what the row points to, and the event itself where its time is told; no type or no id: neither."""
        kind, identity, time = row.get("evidence.type"), row.get("evidence.id"), row.get("evidence.time")
        if not kind or not identity:
            return None, None
        source = row.get("evidence.source")
        ref = EvidenceRef(type=kind, id=identity, source=source)
        if time is None:
            return ref, None
        data = self._under(DATA, row, types)
        subject = row.get("evidence.subject")
        return ref, Event(source=source or SOURCE, id=identity, type=kind, time=time, subject=subject, data=data)

    @cached_property
    def _open(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The columns under each open prefix, with their names below it."""
        return {
            prefix: tuple((c, c.removeprefix(prefix)) for c in self.columns if c.startswith(prefix))
            for prefix in (ATTRIBUTES, DATA, FACTS)
        }

    def _under(self, prefix: str, row: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, JSON]:
        """Return the object under a prefix; cells of CSV take their declared type, or the one that they look like."""
        named = {name: row[column] for column, name in self._open[prefix] if column in row}
        if self.csv:
            named = {name: _typed(prefix, name, text, types) for name, text in named.items()}
        return unflatten(named) if any("." in name for name in named) else named


def _typed(prefix: str, name: str, text: str, types: Mapping[str, str]) -> JSON:
    """Read a CSV cell under an open prefix: a text stays text where a template or the entity's name says so."""
    if types.get(name) == "string" or (prefix == DATA and name in ENTITY_KEYS and name not in types):
        return text
    return guess_nested(text) if prefix == DATA else guess(text)


def _problem(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the column and the rule that the row breaks as a whole: what the API would answer with 422."""
    for column in REQUIRED:
        if column not in row:
            return column, "the cell is empty; every candidate needs it"
    for column, longest in LONGEST.items():
        if column in row and not (row[column].strip() and len(row[column]) <= longest):
            return column, f"`{shown(row[column])}` is not 1 to {longest} characters of text"
    if row["channel"] not in CHANNELS:
        return "channel", f"`{shown(row['channel'])}` is none of {', '.join(CHANNELS)}"
    if row.get("evidence.type") == IDENTIFIED and "evidence.time" in row:
        return "evidence.type", NO_EVIDENCE
    return _message_problem(row)


def _message_problem(row: Mapping[str, Any]) -> tuple[str, str] | None:
    template, text = "message.template" in row, "message.text" in row
    if template == text:
        return "message.template", "needs exactly one of `message.template` and `message.text`"
    if template and "message.next_step" in row:
        return "message.next_step", "a template brings its own next step; leave the cell empty"
    return None

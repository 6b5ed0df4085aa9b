from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from model.contracts import Candidate, Event, EvidenceRef, Message
from serving.candidates.files import open_candidates
from serving.candidates.rows import Reject, Row, RowReader
from tests.serving.candidate_examples import EARLIER, NOW, WRITERS, candidate, write_csv, write_parquet

TYPES = {"parcel_delayed": {"parcel": "string", "new_eta": "string"}}


def read(path: Path) -> tuple[list[Row], list[Reject]]:
    """Read a whole file."""
    file = open_candidates(path)
    reader = RowReader(file.columns, file.csv, TYPES)
    parts = [reader.read(block) for block in file.blocks()]
    return [row for rows, _ in parts for row in rows], [reject for _, rejects in parts for reject in rejects]


@pytest.mark.parametrize("name", WRITERS)
def test_a_row_becomes_a_candidate_and_what_is_known(tmp_path: Path, name: str) -> None:
    """Every kind of file gives the same words: candidate, evidence, and what the file says of the customer."""
    full = candidate(1, expires_at=NOW, session__id="s-1", evidence__source="carrier", context__contacts_7d=3)
    (row,), rejects = read(WRITERS[name](tmp_path / name, [full]))

    actual = (row.candidate, row.evidence, dict(row.says), row.unknown, rejects)

    assert actual == (
        Candidate(
            user_id="u-1",
            purpose="delivery_update",
            channel="push",
            message=Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Friday"}),
            evidence=EvidenceRef(type="shipment.delayed", id="ev-1", source="carrier"),
            timezone="Europe/Paris",
            attributes={"tenure_days": 410},
            expires_at=NOW,
            session_id="s-1",
        ),
        Event(
            source="carrier",
            id="ev-1",
            type="shipment.delayed",
            time=EARLIER,
            subject="u-1",
            data={"parcel": "A-7", "new_eta": "Friday"},
        ),
        {
            "consent": True,
            "opted_out": False,
            "contacts_60m": 0,
            "contacts_24h": 0,
            "contacts_7d": 3,
            "complaint_open": False,
            "conversation_open": False,
            "already_told": False,
            "superseded": False,
        },
        frozenset(),
        [],
    )


@pytest.mark.parametrize("column", ["consent", "opted_out", "contacts_60m", "complaint_open", "already_told"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_null_truth_or_count_is_unknown(tmp_path: Path, name: str, column: str) -> None:
    """Nothing stands in for what is not known."""
    rows = [candidate(1), candidate(2) | {f"context.{column}": None}]
    _, row = read(WRITERS[name](tmp_path / name, rows))[0]

    actual = (row.unknown, column in row.says)

    assert actual == ({column}, False)


def test_a_null_time_means_never(tmp_path: Path) -> None:
    """A customer who never complained has no time of it, and that is known."""
    (row,), _ = read(write_csv(tmp_path / "c.csv", [candidate(1)]))

    actual = ("last_complaint_at" in row.says, row.unknown)

    assert actual == (False, frozenset())


def test_absent_columns_are_unknown(tmp_path: Path) -> None:
    """The reader names the fields of the context that the file has no column for."""
    gone = {"context.consent", "context.last_inbound_at", "context.evidence_superseded"}
    file = open_candidates(
        write_csv(tmp_path / "c.csv", [{name: value for name, value in candidate(1).items() if name not in gone}])
    )

    actual = RowReader(file.columns, file.csv).absent

    assert actual == {"consent", "last_inbound_at", "superseded"}


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"context__consent": "maybe"}, "context.consent", "`maybe` is not true or false"),
        ({"context__contacts_24h": "1.5"}, "context.contacts_24h", "`1.5` is not a count"),
        ({"context__contacts_24h": "-1"}, "context.contacts_24h", "`-1` is not a count"),
        ({"evidence__time": "2026-11-20T10:30:00"}, "evidence.time", "has no offset"),
        ({"context__last_complaint_at": "last week"}, "context.last_complaint_at", "is not an RFC 3339 time"),
        ({"user__id": None}, "user.id", "the cell is empty"),
        ({"candidate_id": None}, "candidate_id", "the cell is empty"),
        ({"user__id": "  "}, "user.id", "is not 1 to 256 characters"),
        ({"purpose": "p" * 65}, "purpose", "is not 1 to 64 characters"),
        ({"channel": "fax"}, "channel", "`fax` is none of chat, widget, push, sms, email, whatsapp"),
        ({"message__template": None}, "message.template", "exactly one of"),
        ({"message__text": "Hello."}, "message.template", "exactly one of"),
        ({"message__next_step": "Reply."}, "message.next_step", "brings its own next step"),
        ({"evidence__type": "customer.identified"}, "evidence.type", "proves no purpose; send it to `POST /v1/events`"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected(tmp_path: Path, changes: dict[str, Any], column: str, rule: str) -> None:
    """The reject names row, column and rule, and the rows around it are read."""
    rows, rejects = read(write_csv(tmp_path / "c.csv", [candidate(1), candidate(2, **changes), candidate(3)]))

    actual = (
        [row.number for row in rows],
        [(reject.row, reject.column) for reject in rejects],
        rule in rejects[0].rule,
    )

    assert actual == ([1, 3], [(2, column)], True)


def test_only_the_first_wrong_cell_is_named(tmp_path: Path) -> None:
    """One row is one reject, in the order of the file's columns."""
    _, rejects = read(write_csv(tmp_path / "c.csv", [candidate(1, context__consent="x", evidence__time="y")]))

    actual = [reject.column for reject in rejects]

    assert actual == ["evidence.time"]


def test_rejects_do_not_repeat_long_cells(tmp_path: Path) -> None:
    """A wrong cell of a megabyte does not become a rule of a megabyte, nor break its line."""
    _, rejects = read(write_csv(tmp_path / "c.csv", [candidate(1, context__consent="no\n" * 10_000)]))

    actual = (len(rejects[0].rule) < 200, "\n" in rejects[0].rule)

    assert actual == (True, False)


def test_texts_of_csv_keep_the_type_that_the_template_declares(tmp_path: Path) -> None:
    """`1042` as a parcel is a text where the template says string; an undeclared number is a number."""
    row = candidate(1, message__facts__parcel="1042", evidence__data__parcel="1042", evidence__data__hours="14")
    (read_row,), _ = read(write_csv(tmp_path / "c.csv", [row]))
    assert read_row.evidence is not None

    actual = (read_row.candidate.message.facts["parcel"], read_row.evidence.data)

    assert actual == ("1042", {"parcel": "1042", "new_eta": "Friday", "hours": 14})


def test_entities_of_csv_are_text(tmp_path: Path) -> None:
    """What an event is about is a name, even where it has only digits."""
    row = candidate(1, evidence__data__request="000123", evidence__data__item="77")
    (read_row,), _ = read(write_csv(tmp_path / "c.csv", [row]))
    assert read_row.evidence is not None

    actual = (read_row.evidence.data["request"], read_row.evidence.data["item"])

    assert actual == ("000123", "77")


def test_nested_names_become_nested_data(tmp_path: Path) -> None:
    """Dots below an open prefix are objects, as in the API's body."""
    row = candidate(1, evidence__data__depot__city="Lyon", user__attributes__home__floor="3")
    (read_row,), _ = read(write_csv(tmp_path / "c.csv", [row]))
    assert read_row.evidence is not None

    actual = (read_row.evidence.data["depot"], read_row.candidate.attributes["home"])

    assert actual == ({"city": "Lyon"}, {"floor": 3})


def test_lists_of_an_incident_are_read(tmp_path: Path) -> None:
    """A Parquet list and a JSON list in CSV are the same list of affected customers."""
    column = "evidence.data.affected"
    parquet = write_parquet(
        tmp_path / "c.parquet",
        [candidate(1) | {column: ["u-1", "u-2"]}],
        evidence__data__affected=pa.list_(pa.string()),
    )
    csv = write_csv(tmp_path / "c.csv", [candidate(1) | {column: '["u-1","u-2"]'}])
    events = [read(path)[0][0].evidence for path in (parquet, csv)]

    actual = [event.data["affected"] for event in events if event is not None]

    assert actual == [["u-1", "u-2"], ["u-1", "u-2"]]


@pytest.mark.parametrize(
    ("gone", "ref", "event"),
    [
        ({"evidence.type"}, False, False),
        ({"evidence.id"}, False, False),
        ({"evidence.time"}, True, False),
        ({"evidence.subject"}, True, True),
        (set(), True, True),
    ],
)
def test_evidence_is_an_event_only_where_it_is_whole(tmp_path: Path, gone: set[str], *, ref: bool, event: bool) -> None:
    """Without type or id nothing is pointed to; without a time nothing is told about it."""
    row = {name: value for name, value in candidate(1).items() if name not in gone}
    (read_row,), _ = read(write_csv(tmp_path / "c.csv", [row]))

    actual = (read_row.candidate.evidence is not None, read_row.evidence is not None)

    assert actual == (ref, event)


def test_a_subject_is_not_made_up(tmp_path: Path) -> None:
    """A file that does not say whose event it is does not say that it is this customer's."""
    (row,), _ = read(write_csv(tmp_path / "c.csv", [candidate(1, evidence__subject=None)]))
    assert row.evidence is not None

    actual = row.evidence.subject

    assert actual is None


def test_the_hash_of_a_row_is_that_of_its_cells(tmp_path: Path) -> None:
    """Column order does not matter, any cell does."""
    one = candidate(1)
    backwards = dict(reversed(one.items()))
    other = candidate(1, message__facts__new_eta="Monday")
    rows = [read(write_csv(tmp_path / f"{at}.csv", [row]))[0][0] for at, row in enumerate((one, backwards, other))]

    actual = (rows[0].digest == rows[1].digest, rows[0].digest == rows[2].digest)

    assert actual == (True, False)

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.contracts import Event, Outcome, OutcomeKind, Shares
from model.errors import InvalidInput, Unavailable
from serving.arms import Exploration
from serving.batch import deciding as batch_deciding
from serving.batch.contexts import Sends
from serving.batch.output import Output
from serving.batch.run import run_batch
from serving.batch.summary import Summary
from serving.candidates.files import open_candidates
from serving.candidates.rows import Row as FileRow
from serving.candidates.rows import RowReader
from serving.columnar.repeats import Repeats
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.ledger.opening import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger, SqliteTransaction
from serving.policy.policy import digest_of
from serving.policy.tightening import Tightening
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Preferences
from tests.occasions import mostly
from tests.serving.candidate_examples import EARLIER, NOW, Row, candidate, write_parquet

POLICY = load_policy()
ALL_MODEL = mostly("model")
SCORER = FakeScorer(feature="tenure_days", cutoff=100.0, shares=ALL_MODEL)
SALT = b"s" * 32
BEFORE = NOW - timedelta(days=1)
CARRIER = "carrier"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the ledger is."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def ledger(url: str) -> Iterator[SqliteLedger]:
    """A ledger that knows twenty customers: their zone, their consent to push, and a delayed parcel each."""
    opened = known(url)
    yield opened
    opened.close()


def known(url: str) -> SqliteLedger:
    """Make such a ledger."""
    opened = open_ledger(url, now=BEFORE, salt=SALT, shipped=shipped_digests())
    with opened.transaction() as transaction:
        for number in range(20):
            told = Preferences(timezone="Europe/Paris", consent={"push": True})
            transaction.set_preferences(f"u-{number}", told, at=BEFORE)
            transaction.add_event(delay(number), recorded_at=EARLIER)
    return opened


def delay(number: int, **changes: Any) -> Event:
    """The event that a row points to."""
    data = {"parcel": "A-7", "new_eta": "Friday", "depot": "Lyon"}
    event = {"id": f"ev-{number}", "type": "shipment.delayed", "time": EARLIER, "subject": f"u-{number}", "data": data}
    return Event(**{"source": CARRIER, **event, **changes})


def plain(number: int, **changes: Any) -> Row:
    """A row as the API's body: it points to its evidence, and says nothing of the customer."""
    row = candidate(number)
    gone = ("context.", "evidence.subject", "evidence.time", "evidence.data.", "user.timezone")
    return {name: row[name] for name in row if not name.startswith(gone)} | {
        name.replace("__", "."): value for name, value in changes.items()
    }


def run(tmp_path: Path, ledger: SqliteLedger, rows: Sequence[Row], *, out: str = "out", **options: Any) -> Summary:
    """Decide rows with a ledger at the tests' clock."""
    path = write_parquet(tmp_path / "c.parquet", rows)
    exploration = Exploration(shares=ALL_MODEL, salt=ledger.salt)
    defaults = {"now": NOW, "policy": POLICY, "scorer": SCORER, "ledger": ledger, "exploration": exploration}
    return run_batch(path, tmp_path / out, **{**defaults, **options})


def decisions(tmp_path: Path, out: str = "out") -> list[Row]:
    """Read the decisions of a folder."""
    shards = sorted((tmp_path / out).glob("decisions-*.parquet"))
    return pa.concat_tables([pa.parquet.read_table(shard) for shard in shards]).to_pylist()


def recorded(ledger: SqliteLedger) -> list[Row]:
    """Read what the ledger recorded."""
    with ledger.transaction() as transaction:
        return transaction.decisions(action=None, user=None, since=None, after=None, limit=1000)


def answers(rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Return action and reasons of each row."""
    return [(row["action"], row["reasons"]) for row in rows]


def test_every_decision_is_recorded_and_nothing_is_deferred(tmp_path: Path, ledger: SqliteLedger) -> None:
    """The ledger has one record per row, under the ids of the output; the manifest defers nothing."""
    summary = run(tmp_path, ledger, [plain(number) for number in range(5)])
    table = decisions(tmp_path)

    actual = (
        answers(table),
        [row["decision_id"] for row in recorded(ledger)] == [row["decision_id"] for row in table],
        summary.manifest["deferred"],
        summary.manifest["mode"],
    )

    assert actual == ([("send", [])] * 5, True, [], "ledger")


def test_what_was_read_is_kept_of_every_row(tmp_path: Path, ledger: SqliteLedger) -> None:
    """A file is decided again as fast as what the API decided."""
    run(tmp_path, ledger, [plain(number) for number in range(5)])
    with ledger.transaction() as transaction:
        actual = [user for page in transaction.readings(0, 99) for user in page.user]
    assert actual == [f"u-{number}" for number in range(5)]


def test_the_answers_are_those_of_the_api(tmp_path: Path, ledger: SqliteLedger) -> None:
    """With the arms drawn, each answer is what decide() says of the ledger's own context, but for ids."""
    shares = Shares(model=0.4, policy_only=0.3, holdout=0.3)
    exploration, scorer = Exploration(shares=shares, salt=ledger.salt), replace(SCORER, shares=shares)
    rows = [plain(number, user__attributes__tenure_days=90 + number) for number in range(20)]
    run(tmp_path, ledger, rows, exploration=exploration, scorer=scorer)
    table = decisions(tmp_path)
    fresh = known("sqlite://")
    candidates = [batch_row.candidate for batch_row in read_rows(tmp_path / "c.parquet")]
    with fresh.transaction() as transaction:
        digests = [digest_of(one, POLICY) for one in candidates]
        contexts = transaction.contexts(candidates, now=NOW, digests=digests)
    ids = [row["decision_id"] for row in table]
    expected = decide(candidates, contexts, ids=ids, now=NOW, policy=POLICY, scorer=scorer, exploration=exploration)

    actual = [(row["action"], row["reasons"], row["arm"], row["logging_propensity"]) for row in table]

    assert (actual, len({row["arm"] for row in table})) == (
        [
            (
                one.decision.action.value,
                [reason.code for reason in one.decision.reasons],
                one.decision.arm and one.decision.arm.value,
                one.decision.logging_propensity,
            )
            for one in expected
        ],
        3,
    )


def read_rows(path: Path) -> list[FileRow]:
    """Read the rows of a file."""
    file = open_candidates(path)
    reader = RowReader(file.columns, file.csv)
    return [row for block in file.blocks() for row in reader.read(block)[0]]


def test_every_decision_is_durable_before_its_shard(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When rows reach the output, another connection to the ledger's file sees their decisions."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", 4)
    seen: list[bool] = []
    real = Output.add

    def watching(self: Output, table: pa.Table) -> None:
        other = sqlite3.connect(tmp_path / "ledger.db")
        ids = {row[0] for row in other.execute("SELECT decision_id FROM decisions")}
        other.close()
        seen.append(set(table["decision_id"].to_pylist()) <= ids)
        real(self, table)

    monkeypatch.setattr(Output, "add", watching)
    run(tmp_path, ledger, [plain(number) for number in range(10)])

    assert seen == [True, True, True]


def test_a_second_run_decides_nothing_twice(tmp_path: Path, ledger: SqliteLedger) -> None:
    """The same rows at the same clock get the recorded answers: the same bytes, no new record, no new send."""
    rows = [plain(number) for number in range(5)]
    run(tmp_path, ledger, rows)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run(tmp_path, ledger, rows)

    after = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    assert (before == after, len(recorded(ledger))) == (True, 5)


def test_a_later_run_does_not_tell_twice(tmp_path: Path, ledger: SqliteLedger) -> None:
    """At another clock the rows are decided anew, and the ledger remembers what was told."""
    run(tmp_path, ledger, [plain(1)])
    run(tmp_path, ledger, [plain(1)], out="later", now=NOW + timedelta(hours=2))

    actual = answers(decisions(tmp_path, "later"))

    assert actual == [("deny", ["already_told"])]


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure in between, the same run ends with what an undisturbed one says, sends counted once."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", 3)
    told = {"evidence__type": "shipment.failed", "evidence__id": "ev-extra"}
    rows = [*(plain(number) for number in range(8)), plain(8, user__id="u-1", **told), plain(9, user__id="u-1")]
    undisturbed = known("sqlite://")
    run(tmp_path, undisturbed, rows, out="whole")
    real, calls = SqliteTransaction.add_decisions, iter(range(100))

    def failing(self: SqliteTransaction, *arguments: Any, **named: Any) -> None:
        if next(calls) == 2:
            raise Unavailable("ledger: the disk is full; make room")
        real(self, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTransaction, "add_decisions", failing)
        with pytest.raises(Unavailable, match=r"make room; `--at 2026-11-20T12:00:00Z` goes on"):
            run(tmp_path, ledger, rows)
    halfway = len(recorded(ledger))
    left = (tmp_path / "out" / "_SUCCESS").exists()
    run(tmp_path, ledger, rows)

    assert (halfway, left, decisions(tmp_path)) == (6, False, decisions(tmp_path, "whole"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"context__consent": False}, "consent_missing"),
        ({"context__opted_out": True}, "opted_out"),
        ({"context__contacts_60m": 1}, "frequency_cap"),
        ({"context__contacts_7d": 5}, "frequency_cap"),
        ({"context__complaint_open": True}, "complaint_open"),
        ({"context__conversation_open": True}, "conversation_open"),
        ({"context__already_told": True}, "already_told"),
        ({"context__evidence_superseded": True}, "fact_superseded"),
        ({"context__consent": None}, "consent_missing"),
        ({"context__opted_out": None}, "filter_failed"),
    ],
)
def test_the_file_can_add_a_harm(tmp_path: Path, ledger: SqliteLedger, said: dict[str, Any], code: str) -> None:
    """What the file knows beyond the ledger refuses; so does what it says is unknown."""
    run(tmp_path, ledger, [plain(1, **said)])

    actual = decisions(tmp_path)[0]["reasons"]

    assert actual == [code]


def test_the_file_cannot_take_one_away(tmp_path: Path, ledger: SqliteLedger) -> None:
    """A clean file does not clear an opt-out, an open complaint, or a consent that was never given."""
    with ledger.transaction() as transaction:
        for user, kind in (("u-1", OutcomeKind.OPTED_OUT), ("u-2", OutcomeKind.COMPLAINED)):
            transaction.add_outcome(Outcome(kind=kind, time=BEFORE, user_id=user), recorded_at=BEFORE)
        transaction.set_preferences("u-3", Preferences(timezone="Europe/Paris"), at=EARLIER)
    rows = [candidate(number) for number in (1, 2, 3, 4)]
    run(tmp_path, ledger, rows)

    actual = [row["reasons"] for row in decisions(tmp_path)]

    assert actual == [["opted_out"], ["cooling_off", "complaint_open"], ["consent_missing"], []]


def test_the_stricter_zone_counts(tmp_path: Path, ledger: SqliteLedger) -> None:
    """Noon in Paris is night in Tokyo: where the sources differ, both clocks must allow it."""
    run(tmp_path, ledger, [plain(1, user__timezone="Asia/Tokyo"), plain(2, user__timezone="Europe/Berlin")])

    actual = [row["reasons"] for row in decisions(tmp_path)]

    assert actual == [["quiet_hours"], []]


def test_evidence_of_the_file_is_recorded_as_the_apis_inline_evidence(tmp_path: Path, ledger: SqliteLedger) -> None:
    """An event that only the file tells is recorded with the decision that rests on it."""
    row = candidate(1, evidence__id="new", evidence__data__parcel="B-2", message__facts__parcel="B-2")
    run(tmp_path, ledger, [row])
    (record,) = recorded(ledger)

    actual = (
        answers(decisions(tmp_path)),
        record["context"]["evidence"]["source"],
        record["candidate"]["evidence"]["id"],
    )

    assert actual == ([("send", [])], "file", "new")


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"evidence__id": "nowhere"}, ["evidence_missing"]),
        ({"evidence__type": None}, ["evidence_missing"]),
        ({"evidence__id": "ev-2"}, ["evidence_of_another_customer"]),
        ({"message__facts__new_eta": "Monday"}, ["fact_superseded"]),
    ],
)
def test_evidence_must_be_on_record(
    tmp_path: Path, ledger: SqliteLedger, changes: dict[str, Any], reasons: list[str]
) -> None:
    """A row that only points to evidence is refused where the ledger has none, another's, or other facts."""
    run(tmp_path, ledger, [plain(1, **changes)])

    actual = [code for code in decisions(tmp_path)[0]["reasons"] if code in reasons]

    assert actual == reasons


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"evidence__time": NOW - timedelta(hours=24)}, "evidence_stale"),
        ({"evidence__subject": "u-2"}, "evidence_missing"),
    ],
)
def test_the_stricter_account_of_the_evidence_counts(
    tmp_path: Path, ledger: SqliteLedger, changes: dict[str, Any], code: str
) -> None:
    """The ledger's event is fresh and theirs; a file that says it is old, or somebody else's, is believed."""
    run(tmp_path, ledger, [candidate(1, **changes)])

    actual = decisions(tmp_path)[0]["reasons"]

    assert code in actual


def test_evidence_from_the_future_is_not_recorded(tmp_path: Path, ledger: SqliteLedger) -> None:
    """More than five minutes ahead has not happened: no, and no event."""
    run(tmp_path, ledger, [candidate(1, evidence__id="ahead", evidence__time=NOW + timedelta(minutes=6))])
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        events = other.execute("SELECT count(*) FROM events WHERE id = 'ahead'").fetchone()[0]
    other.close()

    actual = (decisions(tmp_path)[0]["reasons"][0], events)

    assert actual == ("evidence_missing", 0)


def test_sends_of_the_run_come_on_top_of_the_files_counts(tmp_path: Path, ledger: SqliteLedger) -> None:
    """The file knows of a send that the ledger does not; with this run's it is two today, so the third waits."""
    own = {"user__id": "u-1", "evidence__subject": "u-1", "evidence__type": "shipment.failed"}
    rows = []
    for number, parcel in enumerate(("B-1", "B-2"), start=30):
        facts = {"evidence__data__parcel": parcel, "message__facts__parcel": parcel}
        why = {"evidence__data__reason": "closed", "message__facts__reason": "closed"}
        counts = {"context__contacts_24h": 9, "context__contacts_7d": 9}
        rows.append(candidate(number, **own, **facts, **why, **counts, message__template="parcel_failed"))
    run(tmp_path, ledger, rows)

    actual = answers(decisions(tmp_path))

    assert actual == [("send", []), ("hold", ["frequency_cap"])]


def test_memory_does_not_grow_with_the_customers_who_were_sent_something(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger knows what was sent: the run keeps nothing of its own, and nobody looks for repeated customers."""
    seen: list[object] = []

    def adding(*arguments: object) -> None:
        seen.append(arguments)

    monkeypatch.setattr(Sends, "add", adding)
    real = Repeats.add

    def looking(self: Repeats, column: pa.Array) -> None:
        if self._path.name.startswith("users"):
            seen.append(column)
        real(self, column)

    monkeypatch.setattr(Repeats, "add", looking)
    summary = run(tmp_path, ledger, [plain(number) for number in range(3)])

    assert (summary.actions["send"], seen) == (3, [])


def test_a_dry_run_leaves_the_ledger_alone(tmp_path: Path, ledger: SqliteLedger) -> None:
    """It counts what the real run will say, second rows of a customer included, and writes nothing anywhere."""
    rows = [candidate(1), candidate(2, evidence__id="inline"), candidate(3, user__id="u-1", evidence__subject="u-1")]
    dry = run(tmp_path, ledger, rows, dry_run=True)
    left = (recorded(ledger), (tmp_path / "out").exists())
    wet = run(tmp_path, ledger, rows)

    actual = (dry.funnel(), left)

    assert actual == (wet.funnel(), ([], False))


def test_a_ledger_that_is_away_stops_the_run(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be recorded is not published."""

    @contextmanager
    def away(_: SqliteLedger) -> Iterator[SqliteTransaction]:
        raise Unavailable("ledger: locked; try again")
        yield

    monkeypatch.setattr(SqliteLedger, "transaction", away)

    with pytest.raises(Unavailable, match="ledger: locked"):
        run(tmp_path, ledger, [plain(1)])

    assert [path.name for path in (tmp_path / "out").rglob("*")] == [".run", "run.json"]


def test_a_ledger_needs_its_arms(tmp_path: Path, ledger: SqliteLedger) -> None:
    """Nobody forgets the draw: shares come with the ledger or the run does not start."""
    with pytest.raises(InvalidInput, match="give both"):
        run(tmp_path, ledger, [plain(1)], exploration=None)

    assert recorded(ledger) == []


def test_limits_that_are_tightened_meanwhile_count(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the next part on: what was decided stays, the rest says by its version under what it was decided."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", 2)
    real = batch_deciding.Job.decide

    def deciding(job: batch_deciding.Job, *about: Any) -> Any:
        answers = real(job, *about)
        with ledger.transaction() as transaction:
            off = Tightening(at=NOW, by="Ann", why="calm", limits='{"switched_off": ["delivery_update"]}')
            transaction.add_tightening(off)
        return answers

    monkeypatch.setattr(batch_deciding.Job, "decide", deciding)
    run(tmp_path, ledger, [plain(number) for number in range(4)])
    strict = load_policy(None, {"switched_off": ["delivery_update"]})
    actual = [(row["action"], row["policy_version"]) for row in decisions(tmp_path)]
    assert actual == [("send", POLICY.version)] * 2 + [("deny", strict.version)] * 2

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.contracts import Candidate, Context, Event, EvidenceRef, Message
from model.errors import InvalidInput, Unavailable
from serving.batch import files as batch_files
from serving.batch.files import DECISIONS
from serving.batch.run import Progress, run_batch
from serving.batch.summary import Summary
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Decided
from tests.serving.candidate_examples import EARLIER, NOW, WRITERS, Row, candidate, write_csv, write_parquet

POLICY = load_policy()
SCORER = FakeScorer(feature="tenure_days", cutoff=100.0)
ULID = r"[0-9A-HJKMNP-TV-Z]{26}"


def plan(path: Path, out: Path | None, **options: Any) -> Summary:
    """Run a plan at the tests' clock."""
    return run_batch(path, out, **{"now": NOW, "policy": POLICY, "scorer": SCORER, **options})


def decisions(out: Path) -> list[Row]:
    """Read all decisions of a folder, in order."""
    shards = sorted(out.glob("decisions-*.parquet"))
    return pa.concat_tables([pa.parquet.read_table(shard) for shard in shards]).to_pylist()


def decided(tmp_path: Path, rows: Sequence[Row], **options: Any) -> list[Row]:
    """Plan some rows as Parquet and return the decisions."""
    plan(write_parquet(tmp_path / "c.parquet", rows), tmp_path / "out", **options)
    return decisions(tmp_path / "out")


def api_candidate(row: Row) -> Candidate:
    """Build the candidate of a row as the API would from its body, without the reader."""
    return Candidate(
        user_id=row["user.id"],
        purpose=row["purpose"],
        channel=row["channel"],
        message=Message(
            template=row["message.template"],
            facts={"parcel": row["message.facts.parcel"], "new_eta": row["message.facts.new_eta"]},
        ),
        evidence=EvidenceRef(type=row["evidence.type"], id=row["evidence.id"]),
        timezone=row["user.timezone"],
        attributes={"tenure_days": row["user.attributes.tenure_days"]},
        expires_at=row["expires_at"],
    )


def api_context(row: Row) -> Context:
    """Build the context of a row by hand, without the reader."""
    data = {"parcel": row["evidence.data.parcel"], "new_eta": row["evidence.data.new_eta"]}
    named = ("consent", "opted_out", "contacts_60m", "contacts_24h", "contacts_7d", "last_complaint_at")
    named += ("complaint_open", "conversation_open", "last_inbound_at", "already_told")
    return Context(
        evidence=Event(
            source="file",
            id=row["evidence.id"],
            type=row["evidence.type"],
            time=row["evidence.time"],
            subject=row["evidence.subject"],
            data=data,
        ),
        superseded=row["context.evidence_superseded"],
        earlier_request=True,
        approval="approved",
        **{name: row[f"context.{name}"] for name in named},
    )


def figures(one: Decided, row: Row) -> Row:
    """Return a decision as the row of the output that it must become."""
    decision, thanks = one.decision, one.decision.customer_would_thank
    return {
        "candidate_id": row["candidate_id"],
        "action": decision.action.value,
        "reasons": [reason.code for reason in decision.reasons],
        "not_before": decision.not_before,
        "expires_at": decision.expires_at,
        "text": decision.message and decision.message.text,
        **{name: getattr(thanks, name) for name in ("benefit", "complaint_effect", "opt_out", "net_benefit", "cutoff")},
        "arm": None,
        "logging_propensity": None,
        "model_version": decision.model_version,
        "policy_version": decision.policy_version,
    }


VARIED: list[dict[str, Any]] = [
    {},
    {"channel": "email", "user__timezone": "Asia/Tokyo"},
    {"purpose": "win_back"},
    {"purpose": "gift"},
    {"evidence__type": "page.dwelled"},
    {"evidence__type": "shipment.failed", "message__template": "parcel_failed", "context__consent": False},
    {"evidence__subject": "u-999"},
    {"evidence__time": NOW - timedelta(hours=24)},
    {"evidence__time": NOW - timedelta(hours=23, minutes=59)},
    {"expires_at": NOW},
    {"expires_at": NOW + timedelta(hours=1)},
    {"message__facts__new_eta": "Monday"},
    {"message__template": "no_such_template"},
    {"user__timezone": None},
    {"user__timezone": "Mars/Olympus"},
    {"user__timezone": "America/Los_Angeles"},
    {"user__attributes__tenure_days": 99},
    {"user__attributes__tenure_days": 100},
    {"user__attributes__tenure_days": None},
    {"context__opted_out": True},
    {"context__contacts_60m": 1, "context__contacts_24h": 1, "context__contacts_7d": 1},
    {"context__contacts_7d": 5},
    {"context__last_complaint_at": NOW - timedelta(days=13)},
    {"context__last_complaint_at": NOW - timedelta(days=14)},
    {"context__complaint_open": True},
    {"context__conversation_open": True},
    {"context__last_inbound_at": EARLIER + timedelta(seconds=1)},
    {"context__last_inbound_at": EARLIER},
    {"context__already_told": True},
    {"context__evidence_superseded": True},
    {"context__opted_out": True, "context__complaint_open": True, "context__consent": False},
]


def varied() -> list[Row]:
    """Rows about different customers that are sent, held and denied for many reasons."""
    return [candidate(number) | {"expires_at": None} | candidate(number, **some) for number, some in enumerate(VARIED)]


def test_the_answers_are_those_of_decide(tmp_path: Path) -> None:
    """The same candidates and contexts, built by hand as for the API, get the same answers but for ids."""
    rows = varied()
    expected = decide(
        [api_candidate(row) for row in rows],
        [api_context(row) for row in rows],
        ids=[row["candidate_id"] for row in rows],
        now=NOW,
        policy=POLICY,
        scorer=SCORER,
        exploration=None,
    )

    actual = [{k: v for k, v in row.items() if k != "decision_id"} for row in decided(tmp_path, rows)]

    assert actual == [figures(one, row) for one, row in zip(expected, rows, strict=True)]


def test_the_variety_is_one(tmp_path: Path) -> None:
    """The comparison above is about sends, holds and denials, for many reasons."""
    rows = decided(tmp_path, varied())

    actual = ({row["action"] for row in rows}, len({code for row in rows for code in row["reasons"]}) >= 15)

    assert actual == ({"send", "hold", "deny"}, True)


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz"])
def test_the_kind_of_file_does_not_matter(tmp_path: Path, name: str) -> None:
    """CSV, gzipped or not, gives the answers of Parquet."""
    plan(WRITERS[name](tmp_path / name, varied()), tmp_path / "csv")
    expected = decided(tmp_path, varied())

    actual = [row | {"decision_id": ""} for row in decisions(tmp_path / "csv")]

    assert actual == [row | {"decision_id": ""} for row in expected]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """A second run, into the same folder or another, changes no byte of any file."""
    path = write_parquet(tmp_path / "c.parquet", [*varied(), candidate(0)])
    runs = []
    for folder in ("a", "a", "b"):
        plan(path, tmp_path / folder)
        runs.append({file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()})

    actual = (runs[0] == runs[1], runs[0] == runs[2], sorted(runs[0])[-2:])

    assert actual == (True, True, ["manifest.json", "rejects.parquet"])


@pytest.mark.parametrize(
    "other",
    [
        {"now": NOW + timedelta(microseconds=1)},
        {"scorer": FakeScorer(version="8", feature="tenure_days", cutoff=100.0)},
        {"scorer": None},
        {"policy": load_policy(overrides={"contacts_24h": 1})},
    ],
)
def test_ids_follow_from_row_clock_model_and_policy(tmp_path: Path, other: dict[str, Any]) -> None:
    """Another clock, model or policy is another decision; its folder is not mixed with the first one's."""
    path = write_parquet(tmp_path / "c.parquet", varied())
    plan(path, tmp_path / "a")
    plan(path, tmp_path / "b", **other)
    first, second = ({row["decision_id"] for row in decisions(tmp_path / name)} for name in "ab")

    with pytest.raises(InvalidInput, match="another run"):
        plan(path, tmp_path / "a", **other)

    assert first & second == set()


def test_ids_are_of_the_apis_form_and_one_each(tmp_path: Path) -> None:
    """They sort by their millisecond as the API's do, and no two rows share one."""
    rows = decided(tmp_path, varied())
    ids = pa.array([row["decision_id"] for row in rows])

    actual = (
        pa.compute.all(pa.compute.match_substring_regex(ids, f"^{ULID}$")).as_py(),
        len(set(ids.to_pylist())),
        {identity[:10] for identity in ids.to_pylist()},
    )

    assert actual == (True, len(rows), {"01M7WD7TG0"})


def test_an_id_does_not_depend_on_the_other_rows(tmp_path: Path) -> None:
    """The same row in another file, at another place, is the same decision."""
    plan(write_parquet(tmp_path / "a.parquet", [candidate(1), candidate(2)]), tmp_path / "a")
    plan(write_parquet(tmp_path / "b.parquet", [candidate(3), candidate(2)]), tmp_path / "b")

    first, second = decisions(tmp_path / "a")[1], decisions(tmp_path / "b")[1]

    assert first == second


@pytest.mark.parametrize("block", [1, 2, 8192])
def test_one_customers_rows_are_decided_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    """In the order of the file, a send counts for the same customer's next rows: the cap, and what was told."""
    monkeypatch.setattr("serving.batch.ranges.BLOCK_ROWS", block)
    own = {"user__id": "u-1", "evidence__subject": "u-1"}
    told = {"evidence__data__parcel": "A-8", "message__facts__parcel": "A-8"}
    rows = [candidate(1), candidate(2), candidate(3, **own), candidate(4, **own, **told), candidate(5)]

    actual = [(row["action"], row["reasons"], row["not_before"]) for row in decided(tmp_path, rows)]

    assert actual == [
        ("send", [], None),
        ("send", [], None),
        ("deny", ["already_told", "frequency_cap"], None),
        ("hold", ["frequency_cap"], NOW + timedelta(hours=1)),
        ("send", [], None),
    ]


def test_what_is_held_or_denied_counts_nothing(tmp_path: Path) -> None:
    """Only a send reserves: a denied first row does not hold the second."""
    rows = [candidate(1, context__opted_out=True), candidate(2, user__id="u-1", evidence__subject="u-1")]

    actual = [row["action"] for row in decided(tmp_path, rows)]

    assert actual == ["deny", "send"]


def test_sends_of_the_run_come_on_top_of_the_files_counts(tmp_path: Path) -> None:
    """Nine essential messages today and one in this file are ten: the next waits."""
    some = {
        "user__id": "u-1",
        "evidence__subject": "u-1",
        "evidence__type": "shipment.failed",
        "message__template": "parcel_failed",
        "context__contacts_24h": 9,
        "context__contacts_7d": 9,
        "evidence__data__reason": "nobody at home",
        "message__facts__reason": "nobody at home",
    }
    names = [{"evidence__data__parcel": name, "message__facts__parcel": name} for name in ("A-1", "A-2")]
    rows = [candidate(number, **some, **name) for number, name in enumerate(names)]

    actual = [(row["action"], row["reasons"]) for row in decided(tmp_path, rows)]

    assert actual == [("send", []), ("hold", ["frequency_cap"])]


UNKNOWN = {
    "context.consent": "consent_missing",
    "context.opted_out": "filter_failed",
    "context.contacts_60m": "filter_failed",
    "context.contacts_24h": "filter_failed",
    "context.contacts_7d": "filter_failed",
    "context.complaint_open": "filter_failed",
    "context.conversation_open": "filter_failed",
    "context.already_told": "filter_failed",
    "context.evidence_superseded": "filter_failed",
}


@pytest.mark.parametrize("column", [*UNKNOWN, "context.last_complaint_at", "context.last_inbound_at"])
def test_an_absent_column_is_unknown_and_unknown_means_no(tmp_path: Path, column: str) -> None:
    """Whatever a file does not say refuses, by the filter's own code or `filter_failed`."""
    row = {name: value for name, value in candidate(1).items() if name != column}

    actual = [(one["action"], one["reasons"]) for one in decided(tmp_path, [row])]

    assert actual == [("deny", [UNKNOWN.get(column, "filter_failed")])]


@pytest.mark.parametrize("column", UNKNOWN)
def test_a_null_truth_or_count_is_unknown(tmp_path: Path, column: str) -> None:
    """A null refuses its own row only."""
    rows = decided(tmp_path, [candidate(1) | {column: None}, candidate(2)])

    actual = [(one["action"], one["reasons"]) for one in rows]

    assert actual == [("deny", [UNKNOWN[column]]), ("send", [])]


@pytest.mark.parametrize(
    ("gone", "code"),
    [
        ("evidence.type", "evidence_missing"),
        ("evidence.id", "evidence_missing"),
        ("evidence.time", "evidence_missing"),
        ("evidence.subject", "evidence_of_another_customer"),
        ("user.timezone", "timezone_unknown"),
    ],
)
def test_a_cell_without_which_nothing_is_proven(tmp_path: Path, gone: str, code: str) -> None:
    """Without its column or its cell alike, the row is answered, and the answer is no."""
    absent = {name: value for name, value in candidate(1).items() if name != gone}
    null = candidate(1) | {gone: None}
    answers = [decided(tmp_path / str(at), [row]) for at, row in enumerate(_in_folders(tmp_path, [absent, null]))]

    actual = [(row["action"], code in row["reasons"]) for (row,) in answers]

    assert actual == [("deny", True), ("deny", True)]


def _in_folders(tmp_path: Path, rows: Sequence[Row]) -> Sequence[Row]:
    """Make a folder for each row."""
    for at, _ in enumerate(rows):
        (tmp_path / str(at)).mkdir()
    return rows


@pytest.mark.parametrize(("ahead", "action"), [(0, "send"), (4, "send"), (6, "deny")])
def test_evidence_from_a_fast_clock_is_new_and_from_the_future_is_none(tmp_path: Path, ahead: int, action: str) -> None:
    """Five minutes ahead is a fast clock, more has not happened."""
    row = candidate(1, evidence__time=NOW + timedelta(minutes=ahead))

    actual = decided(tmp_path, [row])[0]["action"]

    assert actual == action


def test_what_has_no_column_is_deferred_not_refused(tmp_path: Path) -> None:
    """A free text that nobody approved yet, and an earlier order, are left open and listed; nothing is drawn."""
    text = "Your parcel A-7 now arrives on Friday."
    free = candidate(1, message__template=None, message__text=text, message__next_step="Reply to change it.")
    order = candidate(
        2,
        purpose="progress_update",
        evidence__type="request.completed",
        evidence__data__request="R-1",
        message__template=None,
        message__text="Your request R-1 is done: your parcel A-7 arrives on Friday.",
    )
    plan(write_parquet(tmp_path / "c.parquet", [free, order]), tmp_path / "out")
    manifest = plan(write_parquet(tmp_path / "c.parquet", [free, order]), tmp_path / "out").manifest

    actual = (
        [(row["action"], row["arm"]) for row in decisions(tmp_path / "out")],
        manifest["deferred"],
        manifest["mode"],
    )

    assert actual == (
        [("send", None), ("send", None)],
        [
            "dismissals",
            "breaker",
            "history",
            "approvals beyond the shipped",
            "earlier requests",
            "experiment",
            "monitor",
        ],
        "plan",
    )


@pytest.mark.parametrize(("channel", "action"), [("push", "send"), ("email", "deny")])
def test_a_reminder_goes_where_it_was_asked_for(tmp_path: Path, channel: str, action: str) -> None:
    """The evidence itself says on which channels; no other is allowed."""
    row = candidate(
        1,
        purpose="requested_reminder",
        channel=channel,
        evidence__type="reminder.requested",
        evidence__data__channel="push",
        evidence__data__remind_at="2026-11-20T11:00:00Z",
        evidence__data__due_at="2026-11-21T11:00:00Z",
        message__template=None,
        message__text="You asked us to remind you: parcel A-7, Friday.",
        message__next_step="Reply to change it.",
    )

    actual = decided(tmp_path, [row])[0]["action"]

    assert actual == action


def test_without_a_model_only_essential_service_is_planned(tmp_path: Path) -> None:
    """No artefact: the discretionary row is denied for both reasons, the essential one goes."""
    essential = candidate(
        2,
        evidence__type="shipment.failed",
        message__template="parcel_failed",
        evidence__data__reason="closed",
        message__facts__reason="closed",
    )
    rows = decided(tmp_path, [candidate(1), essential], scorer=None)

    actual = [(row["action"], row["reasons"], row["model_version"]) for row in rows]

    assert actual == [("deny", ["score_unavailable", "no_certificate"], None), ("send", [], None)]


def test_the_manifest_counts_every_row(tmp_path: Path) -> None:
    """Actions and reasons add up to the table; rejects and ignored attributes are counted."""
    rows = [
        *varied(),
        candidate(0),
        candidate(98, context__consent="maybe"),
        candidate(99, user__attributes__shoe="43"),
    ]
    summary = plan(write_csv(tmp_path / "c.csv", rows), tmp_path / "out")
    table = decisions(tmp_path / "out")
    codes = [code for row in table for code in row["reasons"]]

    actual = (
        summary.rows,
        summary.rejected,
        summary.decided,
        dict(summary.actions),
        dict(summary.reasons),
        sum(summary.decisive.values()),
        summary.manifest["ignored_attributes"],
        summary.manifest["rejects"]["rows"],
    )

    assert actual == (
        len(rows),
        2,
        len(table),
        {action: sum(row["action"] == action for row in table) for action in ("send", "hold", "deny")},
        {code: codes.count(code) for code in set(codes)},
        summary.actions["hold"] + summary.actions["deny"],
        {"shoe": 1},
        2,
    )


def test_the_funnel_adds_up(tmp_path: Path) -> None:
    """All rows, less the rejected, less each decisive reason, are those that are sent."""
    summary = plan(write_parquet(tmp_path / "c.parquet", varied()), None, dry_run=True)
    (_, everything), *between, (last, sent) = summary.funnel()

    actual = (everything - sum(count for _, count in between), last)

    assert actual == (sent, "send")


def test_rejects_name_row_column_and_rule(tmp_path: Path) -> None:
    """A row that cannot be read, and the second row of an id, are not decided, and say why."""
    rows = [candidate(1), candidate(2, context__contacts_7d="many"), candidate(1), candidate(3)]
    plan(write_csv(tmp_path / "c.csv", rows), tmp_path / "out")

    actual = pa.parquet.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()

    assert actual == [
        {
            "row": 2,
            "candidate_id": "c-2",
            "column": "context.contacts_7d",
            "rule": "`many` is not a count; write a whole number, zero or more",
        },
        {
            "row": 3,
            "candidate_id": "c-1",
            "column": "candidate_id",
            "rule": "stands in row 1 too; an id names one candidate",
        },
    ]


def test_the_output_has_the_columns_of_the_contract(tmp_path: Path) -> None:
    """Names, order and types, in every shard."""
    plan(write_parquet(tmp_path / "c.parquet", varied()), tmp_path / "out", shard_rows=10)
    shards = sorted((tmp_path / "out").glob("decisions-*.parquet"))

    actual = [pa.parquet.read_schema(shard).equals(DECISIONS) for shard in shards]

    assert actual == [True] * 4


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """It counts the same and leaves the folder as it was."""
    path = write_parquet(tmp_path / "c.parquet", varied())
    dry = plan(path, tmp_path / "out", dry_run=True)
    left = sorted(file.name for file in tmp_path.iterdir())
    wet = plan(path, tmp_path / "out")

    actual = (dry.funnel(), left)

    assert actual == (wet.funnel(), ["c.parquet"])


def test_progress_is_told_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deciding starts before the file is read to its end, and every block is told."""
    monkeypatch.setattr("serving.batch.ranges.BLOCK_ROWS", 10)
    told: list[Progress] = []
    plan(write_parquet(tmp_path / "c.parquet", varied()), None, dry_run=True, progress=told.append)

    actual = ([(one.done, one.total) for one in told], all(one.rows_per_second > 0 for one in told))

    assert actual == ([(10, 31), (20, 31), (30, 31), (31, 31)], True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"now": datetime(2026, 11, 20, 12)}, "has no offset"),  # noqa: DTZ001  (that is the mistake)
        ({"now": datetime(1969, 1, 1, tzinfo=UTC)}, "is before 1970"),
        ({"exploration": object()}, "give both"),
    ],
)
def test_a_wrong_call_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """A naive clock, one before 1970, arms without a ledger: nothing is decided or written."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(1)])

    with pytest.raises(InvalidInput, match=message):
        plan(path, tmp_path / "out", **options)

    assert (tmp_path / "out").exists() is False


def test_no_folder_is_refused(tmp_path: Path) -> None:
    """Decisions need a place, unless it is a dry run."""
    with pytest.raises(InvalidInput, match="--out"):
        plan(write_parquet(tmp_path / "c.parquet", [candidate(1)]), None)


def test_a_file_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    """A truncated file is found before anything is decided."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(100)])
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        plan(path, tmp_path / "out")

    assert (tmp_path / "out").exists() is False


def test_a_full_disk_leaves_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is one line, and the same run can be repeated into the same folder."""
    path = write_parquet(tmp_path / "c.parquet", varied())
    calls = iter(range(100))

    def full(_: int) -> None:
        if next(calls) == 5:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(batch_files.os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left on device"):
            plan(path, tmp_path / "out", shard_rows=10)
    left = {file.name for file in (tmp_path / "out").iterdir()}
    plan(path, tmp_path / "out", shard_rows=10)

    assert ("_SUCCESS" in left, len(decisions(tmp_path / "out"))) == (False, len(VARIED))


def test_a_policy_of_ones_own_is_used(tmp_path: Path) -> None:
    """Limits that were tightened refuse in a file as in the API."""
    tight: Policy = load_policy(overrides={"quiet_start": "12:30"})

    actual = decided(tmp_path, [candidate(1)], policy=tight)[0]["reasons"]

    assert actual == ["quiet_hours"]

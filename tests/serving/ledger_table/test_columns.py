import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON, Arm, Candidate, Event, EvidenceRef, Message, Outcome, OutcomeKind, Shares
from model.errors import InvalidInput
from model.history import FEATURES
from model.monitor.detector import Watch
from model.reading.roles import Roles
from model.reading.table_roles import ROLES
from model.table import Table
from serving.arms import Exploration
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.ledger_table.columns import NO_WATCHES, LedgerTable, table_of
from serving.ledger_table.files import arrow, roles, write_table
from serving.policy.policy import digest_of
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Preferences
from serving.record.record import record_of
from serving.standing import Occasion
from tests.serving.occasion_examples import AT, HISTORY, MATURE, by_decision, by_user, occasion, tampered

ENGAGED, COMPLAINED, OPTED_OUT = OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT
ALL_FEATURES = ("age", "plan", "purpose", "channel", *FEATURES)
WATCHES = {
    "x": Watch(
        key="x",
        complaint_at_most=0.01,
        opt_out_at_most=0.01,
        control_rate=0.01,
        contact_above=0.5,
        contact_below=0.5,
    ),
    "m": Watch(key="m", complaint_at_most=0.01, opt_out_at_most=0.01, control_rate=0.01),
}
ARMS = [
    (Arm.MODEL, True, True, 0.95),
    (Arm.MODEL, False, False, 0.02),
    (Arm.POLICY_ONLY, True, True, 0.95),
    (Arm.POLICY_ONLY, False, True, 0.02),
    (Arm.HOLDOUT, True, False, 0.95),
    (Arm.HOLDOUT, False, False, 0.02),
]


def column(table: LedgerTable, name: str) -> list[JSON]:
    """The cells of a column."""
    return table.columns[name]


def row(made: Occasion, *, as_of: datetime = MATURE, watches: Mapping[str, Watch] = NO_WATCHES) -> Mapping[str, JSON]:
    """The one row of a table of one occasion."""
    table = table_of([made], as_of=as_of, watches=watches)
    return {name: values[0] for name, values in table.columns.items()}


def learned(folder: Path, made: Sequence[Occasion], name: str = "t.parquet") -> Table:
    """Write a table, and read it back as training does, with the roles beside it."""
    write_table(table_of(made, as_of=MATURE), folder / name)
    return Table.read(folder / name, Roles.read(folder / ROLES))


def crowd(rows: int = 40) -> list[Occasion]:
    """Occasions of which some are contacted, engage, complain and opt out, with attributes of every kind."""
    made = []
    for number in range(rows):
        user, contacted = f"u{number}", number % 2 == 0
        outcomes = [by_user(ENGAGED, user=user, hours=5)] * (number % 3 == 0)
        outcomes += [by_user(COMPLAINED, user=user, days=2)] * (number % 7 == 0)
        outcomes += [by_decision(OPTED_OUT, decision=f"d{number}", days=1)] * (number % 10 == 0)
        attributes = {"age": 20 + number % 9, "plan": "plus" if number % 5 else None, "member": number % 4 == 0}
        at = AT - timedelta(minutes=rows - number)
        made.append(occasion(str(number), contacted=contacted, attributes=attributes, outcomes=tuple(outcomes), at=at))
    return made


def test_a_row_is_the_occasion_as_it_was_logged() -> None:
    """Who, when, what about, what chance did, and under which policy."""
    found = row(occasion(contacted=False, e=0.25, attributes={"plan": "plus"}))
    own = ("occasion_id", "customer", "decided_at", "purpose", "channel", "contacted", "propensity", "policy_version")
    actual = [found[name] for name in own]
    assert actual == ["d1", "u1", AT, "delivery_update", "chat", False, 0.25, "sha256:p"]


@pytest.mark.parametrize("contacted", [True, False])
@pytest.mark.parametrize(("arm", "above", "sent", "e"), ARMS)
def test_every_arm_round_trips_to_its_propensity(
    *, arm: Arm, above: bool, sent: bool, e: float, contacted: bool
) -> None:
    """Arm × side of the cut-off × action: .95 and .02 come back, and the other action of an arm is a contradiction."""
    made = occasion(arm=arm, above=above, contacted=contacted, e=e, watch="m")
    if contacted == sent:
        assert row(made, watches=WATCHES)["propensity"] == e
    else:
        with pytest.raises(InvalidInput, match="`d1`: propensities that contradict the arms"):
            row(made, watches=WATCHES)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (tampered(occasion(), logging_propensity=0.4), "logged with `0.4`"),
        (tampered(occasion(e=0.25, contacted=False), logging_propensity=0.25), "makes that 0.75"),
        (tampered(occasion(), logging_propensity=None), "logged with `None`"),
        (tampered(occasion(), arm="model"), "arm `model`"),
        (tampered(occasion(), action="deny"), "action is `deny`"),
        (tampered(occasion(contacted=False), action="send"), "assigned held out"),
        (occasion(arm=Arm.MODEL), "side `None`"),
        (occasion(above=True), "side `True`"),
        (occasion(e=1.0), "P\\(contacted\\) is `1.0`"),
        (occasion(e=0.25), "contacts with 0.5"),
        (occasion(arm=Arm.MODEL, above=True, e=0.02, watch="m"), "contacts with 0.95"),
        (
            tampered(
                occasion(arm=Arm.POLICY_ONLY, above=False, e=0.02, watch="m"),
                customer_would_thank={"net_benefit": 0.5, "cutoff": 0.01},
            ),
            "side `below`",
        ),
    ],
)
def test_a_propensity_that_contradicts_its_arm_is_refused_by_its_decision(made: Occasion, why: str) -> None:
    """Checked, not trusted: whatever was changed afterwards, the decision is named."""
    with pytest.raises(InvalidInput, match=f"decision `d1`: propensities that contradict the arms .*{why}"):
        table_of([made], as_of=MATURE, watches=WATCHES)


def test_a_contradiction_is_refused_also_where_the_window_is_open() -> None:
    """A ledger that lies about one row is not believed about the others."""
    made = [occasion("2"), tampered(occasion(at=AT + timedelta(days=1)), logging_propensity=0.9)]
    with pytest.raises(InvalidInput, match="decision `d1`"):
        table_of(made, as_of=MATURE)


@pytest.mark.parametrize(
    ("outcome", "labels"),
    [
        (by_user(ENGAGED, hours=1), {"engaged"}),
        (by_user(ENGAGED), {"engaged"}),
        (by_user(ENGAGED, days=3, microseconds=-1), {"engaged"}),
        (by_user(ENGAGED, days=3), set()),
        (by_user(ENGAGED, microseconds=-1), {"engaged_before"}),
        (by_user(ENGAGED, days=-14), {"engaged_before"}),
        (by_user(ENGAGED, days=-14, microseconds=-1), set()),
        (by_decision(ENGAGED, hours=1), set()),
        (by_decision(OutcomeKind.THANKED, hours=1), set()),
        (by_user(OutcomeKind.CONTACTED_US, hours=1), set()),
        (by_user(COMPLAINED, days=13), {"complained"}),
        (by_user(COMPLAINED, days=14), set()),
        (by_user(COMPLAINED, microseconds=-1), set()),
        (by_decision(COMPLAINED, days=13), {"complained", "opted_out"}),
        (by_decision(COMPLAINED, decision="another", days=13), {"complained"}),
        (by_decision(COMPLAINED, days=14), set()),
        (by_decision(OPTED_OUT, days=13), {"opted_out"}),
        (by_decision(OPTED_OUT, days=14), set()),
        (by_decision(OPTED_OUT, seconds=-2), {"opted_out", "opted_out_before"}),
        (by_decision(OPTED_OUT, decision="another", days=1), set()),
        (by_user(OPTED_OUT, days=1), set()),
        (by_user(OPTED_OUT, days=-1), {"opted_out_before"}),
    ],
)
def test_what_followed_counts_in_its_window_only(outcome: Outcome, labels: set[str]) -> None:
    """Benefit by customer within 3 days, any complaint within 14, harm about this very message within 14."""
    found = row(occasion(outcomes=(outcome,)))
    names = ("engaged", "complained", "opted_out", "engaged_before", "opted_out_before")
    actual = {name for name in names if found[name]}
    assert actual == labels


def test_harm_is_never_attributed_to_a_message_that_was_not_sent() -> None:
    """An opt-out by the id of a withheld decision is no opt-out because of it; the complaint stays a complaint."""
    found = row(occasion(contacted=False, outcomes=(by_decision(COMPLAINED, days=1), by_decision(OPTED_OUT, days=1))))
    actual = (found["complained"], found["opted_out"])
    assert actual == (True, False)


@pytest.mark.parametrize(
    ("contacted", "outcome", "label"),
    [
        (True, by_decision(OPTED_OUT, decision="d9", days=13), True),
        (True, by_decision(COMPLAINED, decision="d9", days=13), True),
        (True, by_decision(OPTED_OUT, decision="d9", days=14), False),
        (True, by_decision(OPTED_OUT, decision="d9", days=-20_000), True),
        (True, by_decision(OPTED_OUT, decision="another", days=1), False),
        (True, by_decision(ENGAGED, decision="d9", days=1), False),
        (False, by_decision(OPTED_OUT, decision="d9", days=1), False),
    ],
)
def test_harm_of_a_further_contact_is_the_occasions(*, contacted: bool, outcome: Outcome, label: bool) -> None:
    """Not delivered, sent once more, then opted out: one occasion, contacted, harmed within 14 days of its decision."""
    found = row(replace(occasion(contacted=contacted, outcomes=(outcome,)), again=("d8", "d9")))
    actual = found["opted_out"]
    assert actual is label


@pytest.mark.parametrize(("days", "closed"), [(14, [True, None]), (27.9, [True, None]), (28, [True, True])])
def test_other_windows_are_empty_until_they_close(days: float, closed: list[bool | None]) -> None:
    """Even an outcome that was seen says nothing in a window that is open: it would favour the quick ones."""
    made = occasion(outcomes=(by_user(COMPLAINED, days=6), by_user(ENGAGED, days=6)))
    found = row(made, as_of=AT + timedelta(days=days))
    actual = [[found[f"{name}_{each}d"] for each in (7, 28)] for name in ("engaged", "complained")]
    assert actual == [closed, closed]


def test_an_occasion_is_a_row_once_its_longest_window_has_closed() -> None:
    """At 14 days to the microsecond; until then it is counted as open."""
    made = [occasion("1"), occasion("2", at=AT + timedelta(microseconds=1))]
    early, late = table_of(made, as_of=MATURE), table_of(made, as_of=MATURE + timedelta(microseconds=1))
    actual = [(each.counts.rows, each.counts.open) for each in (early, late)]
    assert actual == [(1, 1), (2, 0)]


def test_outcomes_after_the_window_change_nothing() -> None:
    """Late labels: the table of today is the table of next month, but for windows that closed since."""
    late = (
        *(by_user(kind, days=14) for kind in (ENGAGED, COMPLAINED, OPTED_OUT)),
        *(by_decision(kind, days=20) for kind in (COMPLAINED, OPTED_OUT)),
    )
    actual = row(occasion(outcomes=late))
    assert actual == row(occasion())


def test_a_fact_is_one_row_its_first_decision() -> None:
    """A retry is counted and left out, also where the first one is not mature; another customer's is another fact."""
    made = [
        occasion("1", fact="f", user="u"),
        occasion("2", fact="f", user="u", contacted=False, at=AT + timedelta(hours=1)),
        occasion("3", fact="f", user="v"),
        occasion("4", fact="g", user="v", at=AT + timedelta(days=1)),
        occasion("5", fact="g", user="v", at=AT),
    ]
    table = table_of(made, as_of=MATURE)
    actual = (column(table, "occasion_id"), table.counts.repeats, table.counts.open)
    assert actual == (["d1", "d3"], 2, 1)


def test_the_counts_say_what_became_of_the_occasions() -> None:
    """Rows, contacted, held out, and opt-outs of the held out: those happen without any contact."""
    made = [
        occasion("1", outcomes=(by_user(OPTED_OUT, days=1),)),
        occasion("2", contacted=False, outcomes=(by_user(OPTED_OUT, user="u2", days=1),)),
        occasion("3", contacted=False),
    ]
    counts = table_of(made, as_of=MATURE).counts
    actual = (counts.rows, counts.contacted, counts.held_out, counts.opted_out_held_out)
    assert actual == (3, 1, 2, 1)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ([], "no occasion that reached the draw.*`outreach experiment start`"),
        ([occasion(at=MATURE)], "windows of all 1 occasions are open.*closes at 2026-06-29T12:00:00"),
    ],
)
def test_no_rows_is_an_error_that_says_what_to_do(made: list[Occasion], says: str) -> None:
    """Nothing was drawn yet, or nothing has closed yet."""
    with pytest.raises(InvalidInput, match=says):
        table_of(made, as_of=MATURE)


def test_features_are_named_in_one_order() -> None:
    """Attributes by name, then the scope, then the ledger's history; own columns come first."""
    table = table_of([occasion(attributes={"plan": "plus", "age": 3})], as_of=MATURE)
    assert (table.features, next(iter(table.columns))) == (ALL_FEATURES, "occasion_id")


def test_an_attribute_that_is_absent_is_missing() -> None:
    """In some rows it was not sent, in others sent as null: both are empty."""
    made = [occasion("1", attributes={"age": 31}), occasion("2"), occasion("3", attributes={"age": None})]
    assert column(table_of(made, as_of=MATURE), "age") == [31.0, None, None]


@pytest.mark.parametrize(
    ("values", "kind", "cells", "says"),
    [
        ([1, 2.5], "numbers", [1.0, 2.5], ""),
        ([True, False], "true/false", [True, False], ""),
        (["a", "b"], "text", ["a", "b"], ""),
        ([1, "a"], "text", ["1", "a"], "numbers in 1 rows, text in 1 rows; written as text"),
        ([True, 2], "text", ["true", "2"], "numbers in 1 rows, true/false in 1 rows; written as text"),
        (["\ud83d", "b"], "text", ["?", "b"], ""),
        ([{"a": 1}, "a"], None, None, "lists or objects in 1 rows; left out"),
        ([10**400, 1], None, None, "lists or objects in 1 rows; left out"),
        ([None, None], None, None, "empty in every row; left out"),
    ],
)
def test_an_attribute_is_of_one_kind(values: list[JSON], kind: str | None, cells: list[JSON] | None, says: str) -> None:
    """Mixed kinds become text with a note; what is no value of a cell is left out with one."""
    made = [occasion(str(number), attributes={"x": value}) for number, value in enumerate(values)]
    table = table_of(made, as_of=MATURE)
    assert (table.kinds.get("x"), table.columns.get("x")) == (kind, cells)
    assert [note for note in table.notes if says not in note] == []
    assert bool(table.notes) == bool(says)


@pytest.mark.parametrize("name", ["engaged", "contacted", "occasion_id", " padded", "new\nline", "", "long" * 30])
def test_an_attribute_with_an_impossible_name_is_left_out(name: str) -> None:
    """A sender's `engaged` is not the label, and a table carries no line break in a name."""
    table = table_of([occasion(attributes={name: 1.0, "age": 3})], as_of=MATURE)
    actual = (table.features, len(table.notes), table.columns["contacted"])
    assert actual == (("age", "purpose", "channel", *FEATURES), 1, [True])


def test_an_attribute_that_hides_the_purpose_takes_it_out_of_the_features() -> None:
    """Serving would read the attribute under that name, so nothing may be learned under it; the scope stays."""
    table = table_of([occasion(attributes={"purpose": "mine"}), occasion("2")], as_of=MATURE)
    assert (table.features, column(table, "purpose")) == (("channel", *FEATURES), ["delivery_update"] * 2)


def test_the_ledgers_history_comes_before_an_attribute_of_its_name() -> None:
    """As in serving: what the ledger counted is not the sender's to say."""
    made = occasion(attributes={"contacts_7d": 99}, history=HISTORY | {"contacts_7d": 2.0})
    assert row(made)["contacts_7d"] == 2.0


@dataclass(frozen=True, kw_only=True)
class Curious(FakeScorer):
    """A scorer that reads every feature by name."""

    names: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What it asks for."""
        return self.names


def test_a_row_holds_what_the_scorer_was_given() -> None:
    """No skew: for history, attributes and the candidate's own words, the table says what `decide()` handed over."""
    ledger = open_ledger("sqlite://", now=AT, salt=b"s", shipped=shipped_digests())
    policy = load_policy()
    facts = {"parcel": "A-7", "new_eta": "Friday"}
    event = Event(source="shop", id="e", type="shipment.delayed", time=AT, subject="u1", data=facts)
    candidate = Candidate(
        user_id="u1",
        purpose="delivery_update",
        channel="push",
        message=Message(template="parcel_delayed", facts=facts),
        evidence=EvidenceRef(type=event.type, id=event.id),
        attributes={"age": 31, "plan": "plus", "member": True, "floor": None, "channel": "mine", "contacts_7d": 99},
    )
    with ledger.transaction() as tx:
        tx.set_preferences("u1", Preferences(timezone="Europe/Paris", consent={"push": True}), at=AT)
        tx.add_event(event, recorded_at=AT)
        tx.add_outcome(by_user(ENGAGED, days=-2), recorded_at=AT)
        (context,) = tx.contexts([candidate], now=AT, digests=[digest_of(candidate, policy)])
    names = ("age", "plan", "member", "floor", "nobody_sent", "purpose", *FEATURES)
    (decided,) = decide(
        [candidate],
        [context],
        ids=["d1"],
        now=AT,
        policy=policy,
        scorer=Curious(names=names, cutoff=0.0),
        exploration=Exploration(shares=Shares(), salt=b"s"),
    )
    ledger.close()
    assert decided.assignment is not None
    made = Occasion(
        record=json.loads(json.dumps(record_of(candidate, context, decided))),
        assignment=decided.assignment,
        outcomes=(),
    )
    found = row(made)
    actual = {name: found.get(name) for name in names}
    assert actual == dict(decided.features)
    assert (found["engagements_7d"], found["days_since_contact"]) == (1.0, None)


@given(st.permutations(range(6)))
def test_the_order_of_reports_does_not_matter(order: list[int]) -> None:
    """Outcomes come late and in any order: the same row."""
    outcomes = [
        by_user(ENGAGED, days=1),
        by_user(COMPLAINED, days=9),
        by_decision(OPTED_OUT, days=3),
        by_user(OPTED_OUT, days=-3),
        by_user(ENGAGED, days=-1),
        by_decision(OutcomeKind.DELIVERED, minutes=1),
    ]
    actual = row(occasion(outcomes=tuple(outcomes[place] for place in order)))
    assert actual == row(occasion(outcomes=tuple(outcomes)))


def version(table: Table) -> set[str]:
    """The versions of the policy that logged the rows."""
    return set() if table.version is None else set(table.version.tolist())


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.csv.gz"])
def test_the_file_is_what_training_reads(tmp_path: Path, name: str) -> None:
    """Every column with the role beside it, whatever the kind of file."""
    table = learned(tmp_path, crowd(), name)
    actual = (
        table.rows,
        int(table.contacted.sum()),
        table.propensity_constant,
        [float(sum(() if values is None else values)) for values in (table.benefit, table.complaint, table.opt_out)],
        sorted(map(str, table.features)),
        sorted(table.windows["complaint"]),
        sorted(table.before),
        version(table),
        table.time is not None,
    )
    expected_features = ["age", "member", "plan"]  # the history is the same in every row here
    assert actual == (
        40,
        20,
        True,
        [14.0, 6.0, 4.0],
        expected_features,
        [7, 14, 28],
        ["benefit", "opt_out"],
        {"sha256:p"},
        True,
    )


def test_the_same_ledger_gives_the_same_bytes(tmp_path: Path) -> None:
    """Written twice, over itself: table and roles, byte for byte."""
    seen = []
    for _ in range(2):
        write_table(table_of(crowd(), as_of=MATURE), tmp_path / "t.parquet")
        seen.append({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert (seen[0] == seen[1], sorted(seen[0])) == (True, ["roles.toml", "t.parquet"])


def test_roles_that_a_person_changed_are_never_replaced(tmp_path: Path) -> None:
    """Limits are a person's to set: the edited file stays, and so does the table beside it."""
    write_table(table_of(crowd(), as_of=MATURE), tmp_path / "t.parquet")
    edited = (tmp_path / ROLES).read_text().replace("complaint_at_most = 0.005", "complaint_at_most = 0.02")
    (tmp_path / ROLES).write_text(edited)
    before = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(InvalidInput, match="was not written by `outreach table`, or was changed since"):
        write_table(table_of(crowd(20), as_of=MATURE), tmp_path / "t.parquet")
    assert ((tmp_path / ROLES).read_text(), (tmp_path / "t.parquet").read_bytes()) == (edited, before)


def test_roles_of_somebody_else_are_never_replaced(tmp_path: Path) -> None:
    """Whatever they hold, and whether they can be read."""
    (tmp_path / ROLES).write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match="was not written by"):
        write_table(table_of(crowd(), as_of=MATURE), tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["t.xlsx", "t", ".parquet", "no/such/t.parquet", "folder.csv"])
def test_a_place_where_no_table_can_stand_is_refused(tmp_path: Path, name: str) -> None:
    """Another kind of file, no such folder, or a folder in its place: nothing is written."""
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInput, match="--out"):
        write_table(table_of(crowd(), as_of=MATURE), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_disk_that_says_no_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is renamed before both files are whole."""
    write_table(table_of(crowd(), as_of=MATURE), tmp_path / "t.parquet")
    before = (tmp_path / "t.parquet").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_table(table_of(crowd(20), as_of=MATURE), tmp_path / "t.parquet")
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert (sorted(after), after["t.parquet"]) == (["roles.toml", "t.parquet"], before)


def test_roles_name_strange_attributes_as_they_are(tmp_path: Path) -> None:
    """Quotes, backslashes and other alphabets survive TOML."""
    made = [replace_attributes(each, number) for number, each in enumerate(crowd())]
    table = learned(tmp_path, made)
    assert sorted(map(str, table.features)) == sorted(['"age"', "C:\\plan", "größe"])


def replace_attributes(made: Occasion, number: int) -> Occasion:
    """Give an occasion attributes with names that need care."""
    attributes = {'"age"': number * number % 11, "C:\\plan": str(number % 9), "größe": number / 2}
    candidate = {**made.record["candidate"], "attributes": attributes}
    return replace(made, record={**made.record, "candidate": candidate})


def test_kinds_keep_their_types_on_disk(tmp_path: Path) -> None:
    """Numbers are doubles, truths truths, text text, times UTC; a column of nothing but gaps keeps its type."""
    table = table_of(crowd(), as_of=MATURE)
    write_table(table, tmp_path / "t.parquet")
    stored = pq.read_schema(tmp_path / "t.parquet")
    names = ("age", "member", "plan", "decided_at", "engaged_28d", "days_since_contact")
    actual = [str(stored.field(name).type) for name in names]
    assert actual == ["double", "bool", "string", "timestamp[us, tz=UTC]", "bool", "double"]


def test_nothing_in_a_cell_is_nan() -> None:
    """A history that never happened is null, as the scorer was told."""
    cells = arrow(table_of(crowd(), as_of=MATURE))
    actual = [
        name
        for name in cells.column_names
        if any(isinstance(cell, float) and math.isnan(cell) for cell in cells.column(name).to_pylist())
    ]
    assert actual == []


def test_the_defaults_of_roles_are_the_contracts() -> None:
    """Limits of a half per cent at 95 %, all weights one: what the contract shows."""
    text = roles(table_of(crowd(), as_of=MATURE))
    actual = [line for line in text.splitlines() if "at_most" in line or "confidence" in line]
    assert actual == ["complaint_at_most = 0.005", "opt_out_at_most   = 0.005", "confidence        = 0.95"]


def test_a_zipped_table_carries_no_time(tmp_path: Path) -> None:
    """The same bytes tomorrow: the header's clock stands at zero (RFC 1952, section 2.3)."""
    write_table(table_of(crowd(), as_of=MATURE), tmp_path / "t.csv.gz")
    assert (tmp_path / "t.csv.gz").read_bytes()[4:8] == bytes(4)

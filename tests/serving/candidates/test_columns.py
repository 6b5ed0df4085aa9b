import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.candidates.columns import FIXED, REQUIRED, Kind, check_names, check_type, flatten, kind_of, unflatten

NAMES = st.text(st.characters(exclude_characters=".", exclude_categories=("Cs",)), min_size=1, max_size=8)
LEAVES = st.one_of(
    st.text(max_size=5), st.integers(), st.booleans(), st.floats(allow_nan=False), st.lists(st.integers())
)
BODIES = st.recursive(
    st.dictionaries(NAMES, LEAVES, min_size=1, max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), min_size=1, max_size=4),
    max_leaves=12,
)
COLUMNS = [*REQUIRED, "message.template"]


@given(BODIES)
def test_flattened_bodies_come_back(body: dict[str, object]) -> None:
    """Flattening and unflattening any body without nulls and empty objects gives the body again."""
    actual = unflatten(flatten(body))

    assert actual == body


@given(BODIES)
def test_columns_flatten_to_themselves(body: dict[str, object]) -> None:
    """The other way round: columns that came from a body come back as the same columns."""
    columns = flatten(body)

    actual = flatten(unflatten(columns))

    assert actual == columns


def test_a_null_cell_is_an_absent_field() -> None:
    """Null says nothing, so it leaves no trace in the body."""
    actual = unflatten({"user.id": "u-1", "user.timezone": None, "session.id": None})

    assert actual == {"user": {"id": "u-1"}}


@pytest.mark.parametrize("body", [{"a.b": 1}, {"": 1}, {"user": {"attributes": {"x.y": 2}}}])
def test_names_that_could_not_be_read_back_are_refused(body: dict[str, object]) -> None:
    """A dot inside a name, or no name, would come back as another body."""
    with pytest.raises(InvalidInput, match="cannot be a column"):
        flatten(body)


@pytest.mark.parametrize("columns", [{"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}])
def test_a_value_is_no_object(columns: dict[str, object]) -> None:
    """One column cannot be both a value and the parent of another, in whichever order they stand."""
    with pytest.raises(InvalidInput, match=r"column `a"):
        unflatten(columns)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("user.id", Kind.TEXT),
        ("evidence.time", Kind.TIME),
        ("context.consent", Kind.TRUTH),
        ("context.contacts_7d", Kind.COUNT),
        ("user.attributes.plan", Kind.JSON),
        ("evidence.data.address.city", Kind.JSON),
        ("user.attributes.", None),
        ("user.attributes..x", None),
        ("context.dismissed_at", None),
        ("urgent", None),
    ],
)
def test_every_column_has_one_kind(column: str, kind: Kind | None) -> None:
    """The list is closed but for what stands under the three open prefixes."""
    actual = kind_of(column)

    assert actual == kind


def test_the_list_is_that_of_the_contract() -> None:
    """CONTRACT section 9 names these columns (`evidence.source` is the API body's, section 4)."""
    expected = """candidate_id user.id user.timezone purpose channel evidence.type evidence.id evidence.subject
        evidence.source evidence.time message.template message.text message.next_step expires_at session.id
        context.consent context.opted_out context.contacts_60m context.contacts_24h context.contacts_7d
        context.last_complaint_at context.complaint_open context.conversation_open context.last_inbound_at
        context.already_told context.evidence_superseded"""

    actual = sorted(FIXED)

    assert actual == sorted(expected.split())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([*COLUMNS, "context.concent"], r"`context.concent` is not one .* did you mean `context.consent`"),
        ([*COLUMNS, "override"], r"column `override` is not one that a candidate has"),
        ([*COLUMNS, "user"], r"column `user` is not one"),
        ([*COLUMNS, "channel"], r"column `channel` stands 2 times"),
        (["candidate_id", "purpose", "channel", "message.text"], r"no column `user.id`; .*\(has `candidate_id`"),
        (list(REQUIRED), r"no column `message.template` or `message.text`"),
        ([*COLUMNS, "evidence.data.a", "evidence.data.a.b"], r"`evidence.data.a` is a value and"),
    ],
)
def test_wrong_columns_are_refused_by_name(columns: list[str], message: str) -> None:
    """A file with a column that nobody reads, twice, or not at all is refused, with the closest names."""
    with pytest.raises(InvalidInput, match=message):
        check_names(columns, "c.csv")


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("user.id", pa.int64()),
        ("context.consent", pa.string()),
        ("context.consent", pa.int64()),
        ("context.contacts_24h", pa.string()),
        ("context.contacts_24h", pa.bool_()),
        ("evidence.time", pa.timestamp("us")),
        ("evidence.time", pa.date32()),
        ("expires_at", pa.int64()),
        ("evidence.data.when", pa.timestamp("ns")),
        ("user.attributes.blob", pa.binary()),
        ("user.attributes.deep", pa.struct([("a", pa.int64())])),
    ],
)
def test_types_of_another_kind_are_refused(column: str, stored: pa.DataType) -> None:
    """A number is not a text, a text is not a truth, a naive time is no time."""
    with pytest.raises(InvalidInput, match=f"column `{column}` holds"):
        check_type(column, stored, "c.parquet")


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("user.id", pa.large_string()),
        ("user.id", pa.dictionary(pa.int32(), pa.string())),
        ("user.id", pa.null()),
        ("context.consent", pa.bool_()),
        ("context.contacts_24h", pa.int16()),
        ("context.contacts_24h", pa.float64()),
        ("evidence.time", pa.timestamp("ns", tz="Europe/Paris")),
        ("evidence.time", pa.string()),
        ("evidence.data.when", pa.timestamp("s", tz="UTC")),
        ("evidence.data.day", pa.date32()),
        ("evidence.data.affected", pa.list_(pa.string())),
        ("user.attributes.price", pa.decimal128(9, 2)),
    ],
)
def test_types_of_the_kind_are_accepted(column: str, stored: pa.DataType) -> None:
    """What warehouses and data frames write for such a column is read."""
    actual = check_type(column, stored, "c.parquet")

    assert actual is None

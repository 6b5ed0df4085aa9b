import doctest
import gzip
import hashlib
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from model import table as module
from model.reading.roles import Roles
from model.table import Table
from tests.model.tables import ROWS, checked, good_frame, message, roles

FIELDS = ("contacted", "benefit", "complaint", "opt_out", "propensity", "cluster", "time", "purpose", "channel")


def written(frame: pd.DataFrame, delimiter: str = ",") -> bytes:
    """Return a frame as CSV with times in RFC 3339."""
    times = {name: frame[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("decided_at", "observed_at")}
    return frame.assign(**times).to_csv(index=False, sep=delimiter).encode()


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(module).failed

    assert actual == 0


def test_every_role_arrives_with_its_shape_and_type() -> None:
    """One array per role, one value per row, in the units of the contract."""
    table = checked(good_frame())

    actual = {name: (getattr(table, name).shape, str(getattr(table, name).dtype)) for name in FIELDS}

    assert actual == {
        "contacted": ((ROWS,), "bool"),
        "benefit": ((ROWS,), "float64"),
        "complaint": ((ROWS,), "float64"),
        "opt_out": ((ROWS,), "float64"),
        "propensity": ((ROWS,), "float64"),
        "cluster": ((ROWS,), "int64"),
        "time": ((ROWS,), "datetime64[ns]"),
        "purpose": ((ROWS,), "object"),
        "channel": ((ROWS,), "object"),
    }


def test_values_are_those_of_the_rows() -> None:
    """Nothing is reordered."""
    frame, table = good_frame(), checked(good_frame())

    actual = (
        table.contacted.tolist() == (frame["sent"] == 1).tolist(),
        table.complaint is not None and table.complaint.tolist() == frame["complained"].tolist(),
        table.purpose is not None and table.purpose.tolist() == frame["purpose"].tolist(),
        table.channel is not None and set(table.channel) == {"chat"},
        table.time is not None and table.time[1] == np.datetime64("2026-03-01T13:00:00"),
        [table.cluster_names[code] for code in table.cluster] == frame["household"].tolist(),
    )

    assert actual == (True,) * 6


def test_features_are_every_column_without_a_role() -> None:
    """Purpose is one, because serving finds it in the candidate; roles and labels are dropped by themselves."""
    actual = {name: str(dtype) for name, dtype in checked(good_frame()).features.dtypes.items()}

    assert actual == {"purpose": "object", "age": "float64", "plan": "object", "app": "bool"}


def test_listed_features_keep_their_order() -> None:
    """The order is the user's."""
    actual = list(checked(good_frame(), features=["plan", "age"]).features)

    assert actual == ["plan", "age"]


def test_excluded_columns_are_left_out() -> None:
    """Also where one is a role's: excluding it twice harms nobody."""
    actual = list(checked(good_frame(), exclude=["app", "sent", "purpose"]).features)

    assert actual == ["age", "plan"]


def test_optional_roles_are_none_where_absent() -> None:
    """What is not there is not made up."""
    least = Roles.from_mapping({"contacted": "sent", "benefit": "visit", "features": ["age"]})

    table = Table.from_frame(good_frame(), least)

    actual = [name for name in FIELDS if getattr(table, name) is None]
    assert actual == ["complaint", "opt_out", "propensity", "time", "purpose", "channel"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cluster": None, "id": None}, ["1", "2", "3"]),
        ({"cluster": None}, ["o-0", "o-1", "o-2"]),
        ({}, ["h-0", "h-1", "h-2"]),
    ],
)
def test_what_the_split_hashes(changes: dict[str, None], expected: list[str]) -> None:
    """The household; else the id of the occasion; else the row's number."""
    actual = checked(good_frame(), exclude=["occasion", "household"], **changes).cluster_names[:3]

    assert actual == expected


def test_a_household_is_the_same_as_number_and_as_text() -> None:
    """Household 7 of an integer column, of a float column and of text hash alike."""
    frame = good_frame()
    numbers = np.arange(ROWS) // 2

    actual = [
        checked(frame.assign(household=cells)).cluster_names
        for cells in (numbers, numbers.astype(float), numbers.astype(str))
    ]

    assert actual[0] == actual[1] == actual[2] == [str(i) for i in range(ROWS // 2)]


@pytest.mark.parametrize(
    ("propensity", "expected"),
    [(0.5, (True, 0.5)), ("same", (True, 0.25)), ("varied", (False, 0.3)), (None, (False, None))],
)
def test_a_propensity_is_constant_or_logged_or_absent(propensity: Any, expected: tuple[bool, float | None]) -> None:
    """A column with one value is as good as a number."""
    frame = good_frame().assign(same=0.25, varied=np.where(np.arange(ROWS) % 8 < 2, 0.3, 0.6))

    table = checked(frame, propensity=propensity)

    actual = (table.propensity_constant, None if table.propensity is None else float(table.propensity[0]))
    assert actual == expected


@pytest.mark.parametrize(("visit", "expected"), [(np.arange(ROWS) % 3 == 0, True), (np.arange(ROWS) % 3 * 2.5, False)])
def test_a_valued_benefit_is_told_from_a_binary_one(visit: np.ndarray, expected: bool) -> None:  # noqa: FBT001  (a parametrized value)
    """Value-weighted benefits have asymptotic intervals only."""
    actual = checked(good_frame().assign(visit=visit)).benefit_binary

    assert actual == expected


def test_segments_are_kept_as_text_even_where_they_are_no_feature() -> None:
    """The gate compares groups that were declared beforehand."""
    table = checked(good_frame(), segments=["plan", "app"], exclude=["plan"])

    actual = ("plan" in table.features, {name: values[:5].tolist() for name, values in table.segments.items()})

    assert actual == (
        False,
        {"plan": ["basic", "basic", "plus", "plus", "basic"], "app": ["true", "true", "true", "true", "false"]},
    )


@pytest.mark.parametrize(("rows", "column", "groups"), [(120, "age", 120), (40, "one", 1)])
def test_a_segment_that_divides_nobody_or_everybody_is_refused(rows: int, column: str, groups: int) -> None:
    """A segment is a group large enough to be compared."""
    actual = message(lambda: checked(good_frame(rows).assign(one=1), segments=[column]))

    assert actual == (
        f"column `{column}`: holds {groups} different values; "
        "a segment has 2 to 50 values: group them in a column of its own"
    )


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", "", ";.csv", "\r\n.csv"])
def test_every_format_gives_the_same_table(tmp_path: Path, suffix: str) -> None:
    """CSV with commas or semicolons, Unix or Windows ends, gzip, Parquet and a folder of it."""
    frame, path = good_frame(), tmp_path / f"t{suffix.strip(';').strip()}"
    if suffix == "":
        path.mkdir()
        frame.iloc[:15].to_parquet(path / "0.parquet", index=False)
        frame.iloc[15:].to_parquet(path / "1.parquet", index=False)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        data = written(frame, ";" if suffix.startswith(";") else ",")
        data = data.replace(b"\n", b"\r\n") if suffix.startswith("\r") else data
        path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)

    actual, expected = Table.read(path, roles()), checked(frame)

    assert actual.features.equals(expected.features)
    assert [getattr(actual, name).tolist() for name in FIELDS] == [getattr(expected, name).tolist() for name in FIELDS]


def test_rich_parquet_types_are_read(tmp_path: Path) -> None:
    """Decimals, dictionaries, nullable integers, int8 flags, zones: as warehouses write them."""
    row = range(ROWS)
    at = [datetime(2026, 3, 1 + i // 24, i % 24, tzinfo=UTC) for i in row]
    columns = {
        "sent": pa.array([i % 2 for i in row], pa.int8()),
        "visit": pa.array([Decimal(i % 3) for i in row], pa.decimal128(9, 2)),
        "complained": pa.array([i % 7 == 0 for i in row]),
        "left": pa.array([float(i % 11 == 1) for i in row], pa.float32()),
        "household": pa.array([i // 2 for i in row], pa.uint16()).dictionary_encode(),
        "occasion": pa.array([f"o{i}" for i in row], pa.large_string()),
        "decided_at": pa.array(at, pa.timestamp("ms", tz="America/New_York")),
        "observed_at": pa.array(at, pa.timestamp("s", tz="UTC")),
        "purpose": pa.array(["onboarding"] * ROWS),
        "price": pa.array([Decimal(i) / 4 for i in row], pa.decimal128(9, 2)),
        "visits": pa.array([None if i % 5 == 0 else i for i in row], pa.int64()),
        "plan": pa.array([["a", "b", None, "c", "d"][i % 5] for i in row]).dictionary_encode(),
        "nothing": pa.nulls(ROWS),
    }
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")

    table = Table.read(tmp_path / "t.parquet", roles(purpose="purpose"))

    actual = ({name: str(kind) for name, kind in table.features.dtypes.items()}, table.benefit_binary, table.notes)
    assert actual == (
        {"price": "float64", "visits": "float64", "plan": "object"},
        False,
        (
            "feature `purpose` dropped: every value is `onboarding`",
            "feature `nothing` dropped: every value is missing",
        ),
    )


def test_notes_of_the_reader_come_first(tmp_path: Path) -> None:
    """A column without a name is left out before any feature is looked at."""
    path = tmp_path / "t.csv"
    frame = good_frame().assign(one=1)
    data = written(frame).splitlines()
    path.write_bytes(b"\n".join([b"," + data[0], *(f"{i},".encode() + line for i, line in enumerate(data[1:]))]))

    actual = Table.read(path, roles()).notes

    assert actual == ("1 column(s) without a name left out", "feature `one` dropped: every value is `1.0`")


def test_ids_and_arms_of_a_csv_stay_as_written(tmp_path: Path) -> None:
    """Occasions 07 and 7 are two, and an arm called None is no gap."""
    frame = good_frame().assign(arm=np.where(np.arange(ROWS) % 2, "Mail", "None")).drop(columns="sent")
    frame["occasion"] = ["07", "7", *(str(i) for i in range(100, 98 + ROWS))]
    path = tmp_path / "t.csv"
    path.write_bytes(written(frame))

    table = Table.read(path, roles(contacted={"column": "arm", "yes": ["Mail"], "no": ["None"]}, cluster=None))

    assert (table.cluster_names[:2], table.contacted[:2].tolist()) == (["07", "7"], [False, True])


def test_the_data_hash_is_that_of_the_file(tmp_path: Path) -> None:
    """SHA-256 of the bytes, whatever the roles: `sha256sum` gives it, and other roles are no other data."""
    path = tmp_path / "t.csv"
    path.write_bytes(written(good_frame()))

    actual = Table.read(path, roles()).data_sha256

    assert actual == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_frame_s_hash_tells_its_data() -> None:
    """The same rows have one hash, however the frame was put together; another value has another, other roles not."""
    frame = good_frame()
    glued = pd.concat([frame.iloc[:7], frame.iloc[7:]])
    other = frame.assign(age=frame["age"].where(frame.index != 5, 99.0))

    actual = [
        table.data_sha256 == checked(frame).data_sha256
        for table in (checked(frame.copy()), checked(glued), checked(other), checked(frame, complaint=None, exclude=[]))
    ]

    assert actual == [True, True, False, True]


def test_a_frame_s_index_changes_nothing() -> None:
    """A filtered or shuffled index is not data."""
    frame = good_frame()

    actual = checked(frame.set_axis(range(ROWS, 0, -1), axis=0)).data_sha256

    assert actual == checked(frame).data_sha256


def test_an_open_text_file_is_no_table() -> None:
    """A mistake in the call is Python's to report, not a refusal of the data."""
    with pytest.raises(TypeError):
        Table.read(io.StringIO("a,b"), roles())  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["roles", "mapping", "file"])
def test_roles_may_be_given_as_they_are_at_hand(tmp_path: Path, form: str) -> None:
    """A notebook names a `roles.toml`, or says what would stand in it."""
    given: dict[str, Any] = {"contacted": "sent", "benefit": "visit"}
    rows = {"sent": [1, 0] * 3, "visit": [1, 0, 1, 1, 0, 0], "age": [31, 40, 25, 58, 44, 37]}
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "roles.toml").write_text('contacted = "sent"\nbenefit = "visit"\n', encoding="utf-8")
    forms = {"roles": Roles.from_mapping(given), "mapping": given, "file": tmp_path / "roles.toml"}
    actual = Table.read(tmp_path / "table.csv", forms[form]).roles
    assert actual == Roles.from_mapping(given)

"""Built in many places that share nothing, the table is that of one process; all that call `built` ask it too."""

from pathlib import Path

import pyarrow as pa
import pytest

from model.errors import Unavailable
from model.history_table.apart import building, in_time
from model.history_table.apart.building import building_apart
from model.history_table.apart.engine import Here
from model.history_table.apart.in_time import InTime, bounds_of
from model.history_table.apart.judging import whole
from model.history_table.apart.naming import Naming
from model.history_table.apart.parcels import packed, said
from model.history_table.apart.steps import Task
from model.history_table.telling import told
from tests.model.history_table.logs import AS_OF, contact, in_one, logs
from tests.model.history_table.wild import wild


@pytest.mark.parametrize(
    ("places", "kind", "benefit"),
    [(1, "csv", "engaged"), (7, "parquet", "engaged"), (7, "csv", "no_contact")],
    ids=["one place", "seven places", "silence"],
)
def test_logs_in_many_files_give_the_same_table_in_many_places(
    places: int, kind: str, benefit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts, contacts of others that complaints name, records of then, notes, counts: none is lost between places."""
    history = wild(tmp_path, kind=kind, benefit=benefit)
    expected, notes = in_one(history, tmp_path)
    monkeypatch.setattr(building, "SPAN", 50)
    (tmp_path / "apart").mkdir()
    with building_apart(history, as_of=AS_OF, spill=tmp_path / "apart", engine=Here(places)) as made:
        actual = pa.Table.from_batches(made.batches(), schema=made.schema), told(made)
    assert (actual[0].num_rows > 100, actual) == (True, (expected, notes))


def test_the_world_of_these_tests_has_everything_in_it(tmp_path: Path) -> None:
    """A test that compares two tables is worth what stands in them."""
    table, notes = in_one(wild(tmp_path), tmp_path)
    kinds = {name: str(table.schema.field(name).type) for name in ("age", "spent", "plan", "member", "code")}
    said_of = " ".join(notes)
    seen = [
        text in said_of
        for text in (
            "of another customer",
            "not in the log",
            "`odd` is left out",
            "`born` is left out",
            "no contact of ours",
        )
    ]
    both = [set(table[name].to_pylist()) >= {True, False} for name in ("engaged", "complained", "opted_out", "member")]
    expected = {"age": "double", "spent": "double", "plan": "string", "member": "bool", "code": "string"}
    assert (kinds, seen, both) == (expected, [True] * 5, [True] * 4)


def test_rows_are_cut_as_the_table_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans end anywhere; row groups do not."""
    for module in (building, in_time):
        monkeypatch.setattr(module, "SPAN" if module is building else "ROWS", 10)
    lines = [contact(f"o{n:02}", f"c{n % 7}", contacted=n % 2 == 0) for n in range(40)]
    with building_apart(logs(tmp_path, lines), as_of=AS_OF, spill=tmp_path, engine=Here(3)) as made:
        actual = [batch.num_rows for batch in made.batches()]
    assert actual == [40]


def test_bounds_cut_time_into_spans_of_as_many_rows() -> None:
    """By weight; an instant that many rows share is never cut."""
    even, heavy = [(t, 1) for t in range(100)], [(5, 1), (7, 90), (9, 1)]
    actual = [bounds_of(even, 4), bounds_of(heavy, 3), bounds_of([], 3), bounds_of(even, 1)]
    assert actual == [[24, 49, 74], [7, 9], [], []]


def test_spans_that_come_to_one_place_are_never_sorted_together() -> None:
    """The table would be out of order, and nobody would see it."""
    lines = pa.table({"occasion_id": ["a"]})
    with pytest.raises(RuntimeError, match="came to one place"):
        list(InTime()(iter([packed(0, "rows", lines), packed(1, "rows", lines)])))


def test_counts_of_many_files_are_put_together() -> None:
    """Sums, the earliest and the latest, and nothing where nothing was."""
    rows = [{"lines": 2, "latest": 5, "earliest": None}, {"lines": 3, "latest": 4, "earliest": 7}]
    actual = whole([*rows, {"lines": 1, "latest": None, "earliest": 3}])
    assert actual == {"lines": 6, "latest": 5, "earliest": 3}


def test_a_place_with_another_version_of_what_reads_says_so(tmp_path: Path) -> None:
    """It may put a customer elsewhere: half of the customer's acts would be missing, and no line would tell."""
    history = logs(tmp_path, [contact("o1")])
    task = Task(history=history, as_of=AS_OF, types={}, places=1, version="1.0.0")
    found = [said(parcel) for parcel in Naming(task)(iter(()))]
    assert [(each["what"], each["invalid"], "DuckDB" in each["said"]) for each in found] == [("error", False, True)]


def test_what_a_place_has_no_room_for_is_said_as_unavailable(tmp_path: Path) -> None:
    """The disk or the memory of an executor, not the logs."""
    history = wild(tmp_path, people=20)
    with (
        pytest.raises(Unavailable, match="free some disk or memory"),
        building_apart(history, as_of=AS_OF, spill=tmp_path, engine=Here(1), memory="1MB"),
    ):
        pass

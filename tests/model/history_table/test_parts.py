"""Parts of the customers: dealt out, counted in threads, put back, and the table is the same."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.history_table import assembling, building, dealing, spilling
from model.history_table.ahead import ahead, each
from model.history_table.description import History
from model.history_table.publishing import publish_table
from model.history_table.spilling import Spill
from model.synthetic.files import write
from model.synthetic.world import World
from tests.model.history_table.logs import act, after, built, contact, in_one, logs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A small history."""
    folder = tmp_path_factory.mktemp("small")
    write(World.generate(customers=400, seed=7), folder)
    return History.read(folder / "history.toml")


@pytest.fixture(scope="module")
def whole(small: History, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Its table, built in one part."""
    return built(small, tmp_path_factory.mktemp("whole"))[0]


@pytest.mark.parametrize(("lines", "threads"), [(1, 2), (40, 1), (40, 2), (500, 2)])
def test_many_parts_give_the_table_of_one(
    lines: int, threads: int, small: History, whole: pa.Table, tmp_path: Path
) -> None:
    """Down to a customer or so a part, by one thread or two; nothing that was dealt out is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dealing, "LINES", lines)
        actual, _ = in_one(small, tmp_path, threads=threads)
    left = {path.suffix for path in (tmp_path / "spill").iterdir()}
    assert (actual.equals(whole), left) == (True, {".rows"})


def test_a_read_may_end_within_a_part(
    small: History, whole: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines come in batches; a part's file takes from each."""
    monkeypatch.setattr(dealing, "READ", 64)
    monkeypatch.setattr(dealing, "LINES", 100)
    assert in_one(small, tmp_path)[0].equals(whole)


def test_a_part_without_occasions_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers who were only ever told the essential stand in the log, and in no row."""
    monkeypatch.setattr(dealing, "LINES", 1)
    lines = [contact(f"e{n}", f"c{n}", at=after(days=1), purpose="remediation") for n in range(20)]
    lines += [contact("o1", purpose="onboarding"), contact("o2", "ben", contacted=False, purpose="onboarding")]
    table, _ = built(logs(tmp_path, lines, [act(at=after(days=1))], contacts__purpose="purpose"), tmp_path)
    assert (table["occasion_id"].to_pylist(), table["engaged"].to_pylist()) == (["o1", "o2"], [True, False])


@pytest.mark.parametrize("few", [0, 1, 8])
def test_attributes_as_of_then_are_the_same_either_way(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joined as of then, or by looking at each record of the customer: the latest before, to the microsecond."""
    rng = np.random.default_rng(3)
    records = {
        (f"c{rng.integers(12)}", after(hours=int(rng.integers(0, 40)), microseconds=int(rng.integers(2))))
        for _ in range(40)
    }
    customers = [{"id": who, "since": at, "plan": f"p{n}"} for n, (who, at) in enumerate(sorted(records))]
    lines = [contact(f"o{n:03}", f"c{n % 14}", at=after(hours=n % 41), contacted=n % 3 == 0) for n in range(200)]
    monkeypatch.setattr(assembling, "FEW_RECORDS", few)
    described = logs(tmp_path, lines, customers=customers, customers__valid_from="since")
    actual = {row["occasion_id"]: row["plan"] for row in built(described, tmp_path)[0].to_pylist()}
    expected = {}
    for line in lines:
        known = [f"p{n}" for n, (who, at) in enumerate(sorted(records)) if who == line["who"] and at < line["at"]]
        expected[line["id"]] = known[-1] if known else None
    assert actual == expected


def test_what_parts_kept_comes_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of any width, groups of seven rows, parts of any rows: each value in its place."""
    monkeypatch.setattr(spilling, "ROWS", 7)
    numbers, part = np.random.default_rng(1).permutation(40), np.arange(40) % 3
    spill = Spill(tmp_path)
    for own in range(3):
        mine = numbers[part == own]
        columns = {
            "yes": mine % 2 == 0,
            "count": mine.astype(np.int32) * 3,
            "days": mine / 7,
            "open": mine.astype("f4"),
        }
        spill.add(own, mine, columns)
    groups = [spill.read(group, rows) for group, rows in enumerate([7, 7, 7, 7, 7, 5])]
    whole = {name: np.concatenate([group[name] for group in groups]) for name in ("yes", "count", "days", "open")}
    every = np.arange(40)
    actual = [
        (whole["yes"] == (every % 2 == 0)).all(),
        (whole["count"] == every * 3).all(),
        (whole["days"] == every / 7).all(),
        (whole["open"] == every).all(),
    ]
    assert actual == [True] * 4


def test_a_step_ahead_gives_the_same_and_its_error() -> None:
    """In order, none lost, and what went wrong in the other thread is raised here, after what came before it."""

    def made(wrong: int) -> list[int]:
        seen: list[int] = []
        try:
            seen.extend(ahead(10 // (wrong - number) for number in range(3)))
        except ZeroDivisionError:
            seen.append(-1)
        return seen

    assert (list(ahead(range(5))), list(ahead([])), made(9), made(2)[-1]) == ([0, 1, 2, 3, 4], [], [1, 1, 1], -1)


def test_work_in_threads_comes_in_order() -> None:
    """Whichever is ready first."""
    assert [list(each(lambda number: number**2, 9, threads)) for threads in (1, 3)] == [[n * n for n in range(9)]] * 2


def test_a_dictionary_stands_only_where_values_repeat(small: History, tmp_path: Path) -> None:
    """Ids and days differ in every row: a dictionary of them costs time and room."""
    (tmp_path / "spill").mkdir()
    with building.building(small, as_of=small.as_of or after(), spill=tmp_path / "spill", threads=1) as made:
        publish_table(made, str(tmp_path / "t.parquet"))
    group = pq.read_metadata(tmp_path / "t.parquet").row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    plain = {each.path_in_schema for each in columns if not each.has_dictionary_page}
    days = {name for name in pq.read_schema(tmp_path / "t.parquet").names if name.startswith("days_")}
    flags = {each.path_in_schema for each in columns if each.physical_type == "BOOLEAN"}
    assert plain - flags == {"occasion_id", "customer", "decided_at"} | days


def test_rows_that_come_in_another_order_are_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their place alone they meet what was counted for them."""
    lines = [contact(f"o{n}", at=after(hours=n), contacted=n % 2 == 0) for n in range(9)]
    monkeypatch.setattr(assembling.sql, "BY_TIME", f"{assembling.sql.BY_TIME} ORDER BY number DESC")
    with pytest.raises(RuntimeError, match="out of order"):
        built(logs(tmp_path, lines), tmp_path)

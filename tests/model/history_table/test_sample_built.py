"""The shipped raw logs give the shipped table, and the same one however they are cut."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from model.history_table.building import building
from model.history_table.description import History
from model.history_table.publishing import publish_table
from model.reading.roles import Roles
from model.synthetic.files import write
from model.synthetic.world import World
from model.table import Table
from tests.model.history_table.logs import built, in_one

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The table of the shipped logs."""
    return built(History.read(SAMPLE / "history.toml"), tmp_path_factory.mktemp("whole"))[0]


def test_the_shipped_logs_give_the_shipped_table(whole: pa.Table) -> None:
    """Rows, order, labels, features, attributes and the windows of the checks; the release is in no raw log."""
    shipped = pd.read_parquet(SAMPLE / "table.parquet").drop(columns="policy_version")
    actual = whole.to_pandas()[list(shipped.columns)]
    pd.testing.assert_frame_equal(actual, shipped, check_dtype=False)


def test_what_the_table_alone_has_is_the_propensity(whole: pa.Table) -> None:
    """As drawn, row by row."""
    only = set(whole.column_names) - set(pq.read_schema(SAMPLE / "table.parquet").names)
    assert (only, pc.unique(whole["propensity"]).to_pylist()) == ({"propensity"}, [0.5])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a smaller history."""
    folder = tmp_path_factory.mktemp("small")
    write(World.generate(customers=900, seed=5), folder)
    return folder


def test_parts_of_the_customers_make_up_the_whole(small: Path, tmp_path: Path) -> None:
    """Built apart and put in order, the rows are the same: a cluster can deal customers out."""
    parts = []
    for part in range(3):
        folder = tmp_path / str(part)
        folder.mkdir()
        for name in ("contacts", "engagements", "complaints", "customers"):
            log = pq.read_table(small / f"{name}.parquet")
            who = log["id" if name == "customers" else "customer"].to_pylist()
            mine = log.filter(pa.array([int(each[1:]) % 3 == part for each in who]))
            pq.write_table(mine, folder / f"{name}.parquet")
        (folder / "history.toml").write_bytes((small / "history.toml").read_bytes())
        parts.append(in_one(History.read(folder / "history.toml"), folder)[0])
    together = pa.concat_tables(parts).sort_by([("decided_at", "ascending"), ("occasion_id", "ascending")])
    whole, _ = in_one(History.read(small / "history.toml"), tmp_path)
    assert together.equals(whole)


@pytest.mark.parametrize("name", ["t.parquet", "t.csv.gz", "t/"])
def test_training_reads_what_is_written_and_the_bytes_are_its_own(name: str, small: Path, tmp_path: Path) -> None:
    """Whatever the threads: the same files, and a table that `outreach train` takes with its roles."""
    history = History.read(small / "history.toml")
    seen = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        (folder / "spill").mkdir(parents=True)
        with building(history, as_of=history.as_of, spill=folder / "spill", threads=threads) as made:
            publish_table(made, f"{folder}/{name}")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        seen.append([(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files])
    table = Table.read(tmp_path / "1" / name, Roles.read(tmp_path / "1" / "roles.toml"))
    assert (seen[0] == seen[1], len(table.contacted) > 1_000, table.propensity_constant) == (True, True, True)

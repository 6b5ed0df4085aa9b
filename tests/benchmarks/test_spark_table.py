"""`benchmarks/spark_table.py`, without a cluster: what it prints follows from what was found, and no line is lost."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.spark_table import cut, here, line
from benchmarks.spent import Spent
from benchmarks.table import make
from model.history_table.description import History


def test_a_round_says_rates_and_costs() -> None:
    """A thousand occasions."""
    actual = line(1_000, Spent(2.0, 1.0), Spent(5.0, 4.0))
    rates, ratios = actual.split("; ")
    assert rates == "here 500/s, local[2] 200/s, processor seconds 1.0 and 4.0"
    assert ratios == "Spark / here 2.50 by the clock, 4.00 by processors"


def test_logs_in_many_files_give_the_table_of_the_whole(tmp_path: Path) -> None:
    """Cutting loses no line."""
    make(tmp_path, 500)
    history = History.read(tmp_path / "history.toml")
    here(history, tmp_path / "whole.csv")
    before = {path.stem: pq.read_table(path) for path in tmp_path.glob("*.parquet")}
    cut(tmp_path, 3)
    here(history, tmp_path / "cut.csv")
    for name, lines in before.items():
        parts = [pq.read_table(tmp_path / f"{name}.parquet" / f"{number}.parquet") for number in range(3)]
        assert pa.concat_tables(parts).equals(lines)
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()

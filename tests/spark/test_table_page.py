"""docs/spark.md on tables: its commands are commands."""

import shlex
from pathlib import Path

from serving.cli.table import table

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "spark.md").read_text()


def test_the_commands_can_be_given() -> None:
    """Each `table` of the page is read by the command itself."""
    blocks = PAGE.replace("\\\n", " ").splitlines()
    lines = [shlex.split(line.strip()) for line in blocks if line.startswith("    ") and " table " in line]
    given = [table.make_context("table", words[words.index("table") + 1 :]).params for words in lines]
    actual = [(each["engine"], each["history"], each["ledger"]) for each in given]
    assert actual == [("spark", "/shared/history.toml", None)] * 2

"""docs/spark.md: its settings are the code's, its commands are commands, its figures are the plan's."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from serving.batch.files import SHARD_ROWS
from serving.cli.batch import batch
from serving.spark.session import HERE, OURS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "spark.md").read_text()


def test_the_settings_are_those_of_the_code() -> None:
    """What we would say where nobody said."""
    rows = re.findall(r"^\| `(spark\.\S+)` \| `(\S+)` \|$", PAGE, flags=re.MULTILINE)
    assert dict(rows) == {"spark.master": HERE, **OURS}


def test_the_commands_can_be_given() -> None:
    """Each `batch` of the page is read by the command itself, and what `spark-submit` starts is there."""
    blocks = PAGE.replace("\\\n", " ").splitlines()
    lines = [shlex.split(line.strip()) for line in blocks if line.startswith("    ") and " batch " in line]
    given = [batch.make_context("batch", words[words.index("batch") + 1 :]).params["engine"] for words in lines]
    started = [Path(word) for words in lines for word in words if word.endswith(".py")]
    assert given == ["spark", "spark"]
    assert [(ROOT / path).is_file() for path in started] == [True]


def test_what_spark_submit_starts_is_the_command() -> None:
    """The file of the examples answers as `outreach` does."""
    starting = [sys.executable, str(ROOT / "docs" / "examples" / "on_spark.py"), "batch", "--help"]
    told = subprocess.run(starting, capture_output=True, text=True, check=True)
    assert "--engine [local|spark]" in told.stdout


def test_a_shard_has_as_many_rows_as_the_page_says() -> None:
    """The number is that of the plan."""
    assert f"each range of {SHARD_ROWS:,} rows" in PAGE

"""The commands of docs/batch.md, as they stand there."""

from pathlib import Path

import pytest

from serving.batch.files import SHARD_ROWS
from serving.cli import run
from tests.docs.pages import block
from tests.serving.candidate_examples import candidate, write_parquet
from tests.serving.test_scorer import artefact

PAGE = Path(__file__).parents[2] / "docs" / "batch.md"


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ends well and leaves what it names; a dry run leaves nothing."""
    monkeypatch.chdir(tmp_path)
    write_parquet(tmp_path / "candidates.parquet", [candidate(number) for number in range(3)])
    lines = [line.removeprefix("outreach ") for line in block("docs/batch.md", "sh").splitlines()]
    artefact(tmp_path / "artefact")

    actual = ([run(line.split()) for line in lines], sorted(path.name for path in tmp_path.glob("*/_SUCCESS")))

    assert actual == ([0, 0, 0], ["_SUCCESS", "_SUCCESS"])


def test_the_page_knows_how_large_a_shard_is() -> None:
    """The number in the text is the code's."""
    assert f"{SHARD_ROWS:,} rows" in PAGE.read_text()

"""`benchmarks/replay.py`: the small version of the script."""

from contextlib import closing
from pathlib import Path

from benchmarks.replay import rates
from tests.serving.ledger.test_replay import fill
from tests.serving.replay.test_exact import opened
from tests.serving.test_scorer import artefact


def test_every_kind_of_replay_is_measured(tmp_path: Path) -> None:
    """Limits, a text, a model and an exact replay, in one process and in one for each core."""
    with closing(opened(f"sqlite:///{tmp_path}/l.db")) as ledger, ledger.transaction() as tx:
        fill(tx)
    found = rates(tmp_path / "l.db", tmp_path, model=artefact(tmp_path / "model"), exact=10)
    actual = [(name, decisions, min(took) > 0) for name, _, decisions, took in found][::2]
    many = actual[0][1]
    named = ("other limits", "another text", "another model")
    assert actual == [*((name, many, True) for name in named), ("exact", 10, True)]

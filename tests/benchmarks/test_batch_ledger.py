from pathlib import Path

import pytest

from benchmarks import batch_ledger
from serving.fakes import FakeScorer


@pytest.mark.parametrize("on_record", [True, False])
def test_the_mix_is_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_record: bool) -> None:  # noqa: FBT001  (one of two cases)
    """Of two hundred rows eight are denied, and the rest is sent or withheld by chance, wherever the evidence is."""
    monkeypatch.setattr(batch_ledger, "load_scorer", lambda _: FakeScorer())
    pace = batch_ledger.ledger_mode(tmp_path, tmp_path, rows=200, on_record=on_record)

    actual = (pace.rows, pace.actions["hold"], 8 <= pace.actions["deny"] < 60, sum(pace.actions.values()))

    assert actual == (200, 0, True, 200)

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from benchmarks.batch import FEATURES, HOUR, OURS, PEERS, Found, lines, one, verdicts
from benchmarks.batch_candidates import FILE, candidates, learn, save
from benchmarks.environment import HERE
from benchmarks.serving_model import NAMES
from serving.batch.run import run_batch
from serving.policy_files.templates import load_policy
from serving.scorer import load_scorer

NOW = datetime(2026, 11, 20, HOUR, tzinfo=UTC)
REFUSED = {"quiet_hours", "consent_missing", "evidence_stale", "purpose_is_marketing", "below_cutoff"}
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the benchmark measures as Linux does")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small model and 3,000 candidates."""
    folder = tmp_path_factory.mktemp("batch")
    save(folder, learn(rows=2_000, trees=20), issued_at=NOW)
    candidates(folder / "candidates.parquet", 3_000, now=NOW)
    return folder


def test_the_candidates_are_of_every_kind_and_the_artefact_scores_them(scratch: Path) -> None:
    """Most are scored; some are sent, held, denied by policy and by score: no contestant gets an easy file."""
    summary = run_batch(
        scratch / "candidates.parquet",
        None,
        now=NOW,
        policy=load_policy(),
        scorer=load_scorer(scratch / "artefact"),
        dry_run=True,
    )
    assert summary.rejected == 0
    assert min(summary.actions.values()) > 0.1 * summary.rows
    assert set(summary.decisive) >= REFUSED


def test_the_same_place_has_the_same_row_in_a_larger_file(scratch: Path, tmp_path: Path) -> None:
    """A file of more rows begins with the rows of a smaller one of whole parts, and ends where it should."""
    candidates(tmp_path / "again.parquet", 3_000, now=NOW)
    first, again = (pyarrow.parquet.read_table(p) for p in (scratch / "candidates.parquet", tmp_path / "again.parquet"))
    assert first.equals(again)
    assert len(set(first["candidate_id"].to_pylist())) == 3_000


def test_a_peer_scores_the_columns_that_the_model_reads(scratch: Path) -> None:
    """The features of the file stand under the names of the model, in its order."""
    table = pyarrow.parquet.read_table(scratch / "candidates.parquet", columns=FEATURES)
    rows = np.column_stack([table[name].to_numpy() for name in FEATURES])
    assert load_scorer(scratch / "artefact").feature_names == NAMES
    assert rows.shape == (3_000, len(NAMES))
    assert (scratch / FILE).exists()


def test_every_peer_has_its_script() -> None:
    """Nobody is named in the table who cannot be run."""
    assert [name for name in PEERS.values() if not (HERE / "batch_peers" / name).is_file()] == []


@LINUX
def test_what_a_command_says_and_costs_is_kept() -> None:
    """The seconds that a peer says of itself count, else those of the whole command; a failure is said."""
    said, silent, broken = Found(), Found(), Found()
    one(said, [sys.executable, "-c", 'print(\'{"seconds": 0.25, "rows": 3}\')'])
    one(silent, [sys.executable, "-c", "pass"])
    one(broken, [sys.executable, "-c", "raise SystemExit('no such thing')"])
    assert (said.seconds, len(said.peak), len(said.cpu)) == ([0.25], 1, 1)
    assert silent.seconds[0] > 0.0
    assert (broken.seconds, broken.problem) == ([], "no such thing")


def test_a_figure_that_is_not_reached_is_called_so() -> None:
    """Verdicts follow from the medians; one that is missed is not passed over."""
    found = {
        OURS: Found(seconds=[3.0, 2.0, 2.5], cpu=[4.0, 4.0, 4.0], peak=[300.0]),
        "pandas + scikit-learn": Found(seconds=[10.0], cpu=[15.0], peak=[900.0]),
        "mlflow spark_udf (warm)": Found(seconds=[10.0], cpu=[15.0], peak=[900.0]),
    }
    said = verdicts(found, 1_000_000).splitlines()
    assert ["NOT reached" in line for line in said] == [False, False, False, True]
    assert "| pandas + scikit-learn | 100,000 |" in lines(found, 1_000_000)
    assert verdicts({OURS: Found(problem="gone")}, 10) == "ours did not run: no verdict"
    assert said[3].endswith("(4.00 ×)")

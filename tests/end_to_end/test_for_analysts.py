"""The commands of the analysts' page for learning from one's own history, run as they stand there."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib import pyplot as plt

from tests.docs.pages import block

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"contacted": "treatment", "engaged": "visit"}
FOR_CHECKS = ["engaged_7d", "engaged_28d", "complained_7d", "complained_28d", "policy_version"]  # later outcomes
CANDIDATES = {
    "candidate_id": ["c-1", "c-2"],
    "user.id": ["u-1", "u-2"],
    "purpose": ["delivery_update", "win_back"],
    "channel": ["chat", "email"],
    "message.template": ["parcel_delayed", None],
    "message.text": [None, "We miss you!"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: a fortieth of our history under the page's names, customers, candidates, roles.toml."""
    folder = tmp_path_factory.mktemp("analyst")
    table = pq.read_table(ROOT / "data" / "sample" / "table.parquet").to_pandas().rename(columns=NAMES)
    history = table.drop(columns=["occasion_id", "decided_at", *FOR_CHECKS]).assign(spend=1.0)[::40]
    write(history, folder / "history.parquet")
    write(history.head(50), folder / "customers.parquet")
    pq.write_table(pa.table(CANDIDATES), folder / "candidates.parquet")
    (folder / "roles.toml").write_text(block("docs/for_analysts.md", "toml"))
    return folder


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame column by column (a time zone in a frame makes pandas and pyarrow warn)."""
    pq.write_table(pa.table({name: pa.array(frame[name].to_numpy()) for name in frame}), path)


def test_the_commands_run_as_they_stand(folder: Path) -> None:
    """train, score and batch end well and leave what they name; `serve` is the demo's test."""
    commands = block("docs/for_analysts.md", "sh").replace(
        "python3 run.py outreach", f"{sys.executable} -m serving.cli"
    )
    runnable = [line for line in commands.splitlines() if " serve " not in line]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        ["bash", "-e", "-c", "\n".join(runnable)], cwd=folder, env=environment, check=True, capture_output=True
    )
    actual = {path.name for path in folder.iterdir()}
    assert actual >= {"artefact", "report.html", "scored.parquet", "decisions"}


def test_scoring_kept_the_rows(folder: Path) -> None:
    """The scored file has the rows of the customers' file, in their order, with five columns more."""
    before = pq.read_table(folder / "customers.parquet")
    after = pq.read_table(folder / "scored.parquet")
    added = ["benefit", "complaint_effect", "opt_out", "net_benefit", "above_cutoff"]
    assert (after.num_rows, after.column_names) == (before.num_rows, before.column_names + added)


def test_the_batch_refuses_what_the_api_refuses(folder: Path) -> None:
    """Neither candidate carries evidence, and one of them is marketing by name."""
    (shard,) = (folder / "decisions").glob("decisions-*.parquet")
    rows = {row["candidate_id"]: row for row in pq.read_table(shard).to_pylist()}
    assert {row["action"] for row in rows.values()} == {"deny"}
    assert rows["c-2"]["reasons"][0] == "purpose_is_marketing"
    assert "evidence_missing" in rows["c-1"]["reasons"]


def test_a_report_is_pictures_and_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's lines, where its commands were run: the picture is a file, and artefact and training say the same."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(block("docs/for_analysts.md", "python"), names)  # noqa: S102  (the page's own words)
    plt.close("all")
    assert ((folder / "qini.png").stat().st_size > 5_000, names["shares"].empty) == (True, False)
    assert names["effects"].equals(names["report"].effects.to_frame())


def test_a_learner_alone_takes_the_frame_as_it_stands(folder: Path) -> None:
    """The page's estimator on a thousand customers with plans, regions and gaps: one effect each."""
    history = pq.read_table(folder / "history.parquet").to_pandas().head(1000)
    names = {
        "frame": history[["plan", "region", "tenure_days", "chats_per_month"]],
        "visited": history["visit"],
        "contacted": history["treatment"],
    }
    exec(block("docs/for_analysts.md", "python", 1), names)  # noqa: S102  (the page's own words)
    assert names["effect"].shape == (1000,)
    assert names["effect"].std() > 0.0

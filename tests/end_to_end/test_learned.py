import multiprocessing
import os
import signal
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from pyarrow import parquet

from model.artefact import load, write
from model.feature_rows import encode_rows
from model.features import encode
from model.registry import fetch, promote, register
from model.report.html import write_html
from model.score import ADDED, score_table
from model.train import Trained, train
from tests.model.examples import ISSUED_AT, extra, rows, scorer
from tests.model.occasions import frame, table
from tests.needs import browser

TARGETS = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}


@cache
def trained() -> Trained:
    """A certified training on 6,000 occasions where contact helps those in need."""
    return train(table(frame(6000, effect=0.5), certificate=TARGETS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its artefact."""
    place = tmp_path_factory.mktemp("learned") / "artefact"
    done = trained()
    write(place, done.scorer, extra=done.report, golden=done.golden, issued_at=ISSUED_AT)
    return place


def contents(place: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_the_scorer_that_is_certified_is_the_one_that_is_deployed(folder: Path) -> None:
    """By hash: in the report, in the artefact, and computed from what was loaded."""
    loaded = load(folder)
    hashes = {
        loaded.scorer.sha256(),
        loaded.certificate.scorer_sha256,
        trained().report["certificate"]["scorer_sha256"],
    }
    assert (loaded.certificate.issued, len(hashes)) == (True, 1)


def test_the_same_table_and_seed_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Trained again from scratch, written again: every byte of every file is the same."""
    again = train(table(frame(6000, effect=0.5), certificate=TARGETS))
    write(tmp_path / "again", again.scorer, extra=again.report, golden=again.golden, issued_at=ISSUED_AT)
    assert contents(tmp_path / "again") == contents(folder)


def test_a_row_scores_alike_as_table_file_and_mapping(folder: Path, tmp_path: Path) -> None:
    """Whole columns, a scored file and the mappings that a request brings: one score, to the bit."""
    data, loaded = frame(200, seed=3), load(folder)
    features = loaded.scorer.features
    columns = {name: data[name].to_numpy() for name in ("need", "plan", "member")}
    whole = loaded.scorer.predict(encode(features, columns, len(data))).stacked()
    one_by_one = [
        loaded.scorer.predict(encode_rows(features, [row])[0]).stacked()[0].tolist()
        for row in data[["need", "plan", "member"]].to_dict("records")
    ]
    data.to_parquet(tmp_path / "t.parquet")
    score_table(tmp_path / "t.parquet", folder, tmp_path / "scored.parquet")
    filed = parquet.read_table(tmp_path / "scored.parquet").to_pandas()[list(ADDED[:4])].to_numpy()
    assert whole.tolist() == one_by_one == filed.tolist()


def test_learned_registered_promoted_fetched(folder: Path, tmp_path: Path) -> None:
    """The path of a model to its first use: what arrives is what was certified, byte for byte."""
    done, uri = trained(), f"sqlite:///{tmp_path / 'mlflow.db'}"
    write_html(tmp_path / "report.html", done.report)
    signed: dict[str, Any] = {"by": "test", "why": "it passed", "at": ISSUED_AT, "tracking_uri": uri}
    version = register(folder, report=done.report, html=tmp_path / "report.html", **signed)
    promote(version, **signed)
    fetched = fetch("models:/outreach@champion", to=tmp_path / "model", tracking_uri=uri)
    assert contents(fetched) == contents(folder)


def test_a_scored_table_singles_out_those_in_need(folder: Path, tmp_path: Path) -> None:
    """What the world was made to do, the scores find again."""
    data = frame(2000, seed=9)
    data.to_csv(tmp_path / "t.csv", index=False)
    score_table(tmp_path / "t.csv", folder, tmp_path / "scored.parquet")
    filed = parquet.read_table(tmp_path / "scored.parquet").to_pandas()
    low, high = (filed.loc[side, "benefit"].mean() for side in (filed["need"] < 0.2, filed["need"] > 0.8))
    assert high > low + 0.05


def rewriting(place: str) -> None:
    """Publish one artefact over the other, for ever."""
    while True:
        for seed in (4, 5):
            learned = scorer(seed=seed)
            write(Path(place), learned, extra=extra(learned), golden=rows(learned)[:8], issued_at=ISSUED_AT)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_writer_killed_at_any_moment_leaves_no_half_artefact(tmp_path: Path) -> None:
    """Twelve kills at random moments: the folder is one of the two artefacts, whole, or not there at all."""
    rng, allowed = np.random.default_rng(2), {scorer(seed=seed).sha256() for seed in (4, 5)}
    place = tmp_path / "artefact"
    for _ in range(12):
        process = multiprocessing.get_context("fork").Process(target=rewriting, args=(str(place),))
        process.start()
        process.join(0.05 + float(rng.random()) * 0.1)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert not place.exists() or load(place).scorer.sha256() in allowed


@pytest.mark.parametrize(("scheme", "dark"), [("0", True), ("1", False)])
def test_a_browser_shows_the_page_in_both_colour_schemes(tmp_path: Path, scheme: str, *, dark: bool) -> None:
    """Chromium draws the page: its paper is dark or light as the reader asks, and the pictures are on it."""
    write_html(tmp_path / "report.html", trained().report)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", "--window-size=900,1600"]
    own = [f"--blink-settings=preferredColorScheme={scheme}", f"--user-data-dir={tmp_path / 'profile'}"]
    shot = tmp_path / "page.png"
    page = (tmp_path / "report.html").as_uri()
    subprocess.run(
        [browser(), *flags, *own, f"--screenshot={shot}", page], check=True, capture_output=True, timeout=120
    )
    pixels = image.imread(shot)[..., :3]
    corner, colours = float(pixels[5, 5].mean()), len(np.unique((pixels * 16).astype(int).reshape(-1, 3), axis=0))
    assert ((corner < 0.2) == dark, colours > 20) == (True, True)


def test_scores_are_plain_numbers_for_a_spreadsheet(folder: Path, tmp_path: Path) -> None:
    """No index, no nested type, no extension type: any tool reads the scored file."""
    frame(50).to_parquet(tmp_path / "t.parquet")
    score_table(tmp_path / "t.parquet", folder, tmp_path / "scored.parquet")
    filed = pd.read_parquet(tmp_path / "scored.parquet")
    assert [str(filed[name].dtype) for name in ADDED] == ["float64"] * 4 + ["bool"]

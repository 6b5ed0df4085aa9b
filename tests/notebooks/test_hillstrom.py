"""Notebook 6: Hillstrom's e-mails; on the file as published where it is beside this repository, else on a made one."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.notebooks.test_replay import bad, pictures, said, tables
from tests.test_notebooks import ROOT, read, run

NOTEBOOK = ROOT / "notebooks" / "6_hillstrom.ipynb"
FILE = ROOT.parent / "shared" / "data" / "hillstrom.csv.gz"
NO_HARM = "`complaint` has no label, so that harm cannot be certified"


def given(**changes: Any) -> Any:
    """Return the notebook with some names of its first code cell given otherwise."""
    notebook = read(NOTEBOOK)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = "\n".join([cell.source, *(f"{name} = {value!r}" for name, value in changes.items())])
    return notebook


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook on the published file; without it as it is shipped, on the made one."""
    return run(given(TABLE=str(FILE)) if FILE.exists() else read(NOTEBOOK))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same on another campaign with one message and other names: only the first cell changes."""
    rng, rows = np.random.default_rng(6), 3_000
    frame = pd.DataFrame({"age": rng.integers(18, 80, rows), "got": rng.choice(["letter", "nothing"], rows)})
    frame["came"] = (rng.random(rows) < 0.1 + 0.2 * (frame["got"] == "letter") * (frame["age"] < 40)).astype(int)
    frame["paid"] = frame["came"] * rng.random(rows)
    path = tmp_path_factory.mktemp("own") / "mine.csv"
    frame.to_csv(path, index=False)
    names = {"GROUP": "got", "BENEFIT": "came", "OTHER_OUTCOMES": ["paid"], "LEARN_FROM": "letter"}
    return run(given(TABLE=str(path), ARMS={"letter": ["letter"]}, CONTROL=["nothing"], **names))


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its seven pictures."""
    assert (bad(executed), pictures(executed)) == ([], 7)


def test_it_says_why_there_is_no_certificate(executed: Any) -> None:
    """Nobody wrote down complaints: nothing may send by itself."""
    found = said(executed)
    assert ("issued: False" in found, NO_HARM in found, "no rule learned here may send by itself" in found) == (
        True,
    ) * 3


def test_made_data_say_so(executed: Any) -> None:
    """And published ones do not."""
    assert ("made data, not Hillstrom’s" in said(executed)) == (not FILE.exists())


@pytest.mark.skipif(not FILE.exists(), reason=f"`{FILE.name}` is not beside this repository")
def test_both_e_mails_bring_what_was_published(executed: Any) -> None:
    """64,000 customers: 6.09 more visitors per 100, as the known truths of the learners have it."""
    assert ("64,000 customers" in said(executed), "<td>6.09</td>" in tables(executed)) == (True, True)


def test_it_runs_on_another_campaign_by_its_one_cell(own: Any) -> None:
    """One message, other names, no third group."""
    found = said(own)
    assert (bad(own), "Letter: " in found, "issued: False" in found) == ([], True, True)

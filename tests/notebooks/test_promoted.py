"""Notebook 5: raw history to a promoted model, on the shipped logs and on an analyst's own CSV."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.notebooks.test_replay import bad, pictures, said, tables
from tests.test_notebooks import ROOT, read, run

NOTEBOOK = ROOT / "notebooks" / "5_from_raw_history_to_a_promoted_model.ipynb"
HISTORY = """as_of = 2026-06-30T00:00:00Z
benefit = "engaged"
[contacts]
file = "mails.csv"
id = "mail"
customer = "who"
time = "at"
contacted = "sent"
propensity = 0.5
purpose = "delivery_update"
channel = "email"
[engagements]
file = "acts.csv"
customer = "who"
time = "at"
kind = { column = "what", engaged = ["login"] }
[complaints]
file = "complaints.csv"
customer = "who"
contact = "mail"
time = "at"
kind = "what"
"""


def logs(folder: Path, customers: int = 3_000) -> Path:
    """Write logs of customers whom a mail brings to log in, and of whom a few complain or opt out."""
    rng, start = np.random.default_rng(5), pd.Timestamp("2026-03-01T00:00:00Z")
    at = start + pd.to_timedelta(rng.integers(0, 100 * 86_400, customers), unit="s")
    sent, names = rng.random(customers) < 0.5, np.char.add("c", np.arange(customers).astype(str))
    mails = pd.DataFrame({"mail": np.char.add("m", np.arange(customers).astype(str)), "who": names, "at": at})
    mails["sent"] = sent.astype(int)
    acts = mails[rng.random(customers) < 0.2 + 0.15 * sent].assign(what="login")
    complaints = mails[rng.random(customers) < 0.01].assign(what="complaint", mail="")
    gone = mails[sent & (rng.random(customers) < 0.005)].assign(what="opt_out")
    for name, lines in {"mails": mails, "acts": acts, "complaints": pd.concat([complaints, gone])}.items():
        later = lines if name == "mails" else lines.assign(at=lines["at"] + pd.Timedelta(hours=5))
        later.assign(at=later["at"].map(pd.Timestamp.isoformat)).to_csv(folder / f"{name}.csv", index=False)
    (folder / "history.toml").write_text(HISTORY, encoding="utf-8")
    return folder / "history.toml"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook as it is shipped."""
    return run(read(NOTEBOOK))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same on CSV files with other names and few rows: only the first cell changes."""
    history, notebook = logs(tmp_path_factory.mktemp("own")), read(NOTEBOOK)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = f"""HISTORY = {str(history)!r}
FIRST_AS_OF, FEATURES, SCORERS = "2026-05-20T00:00:00+00:00", None, ("average", "response")
FIRST_ALLOWED = THEN_ALLOWED = {{"complaint_at_most": 0.005, "opt_out_at_most": 0.005}}"""
    return run(notebook)


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its four pictures."""
    assert (bad(executed), pictures(executed)) == ([], 4)


def test_nothing_looks_ahead_and_that_is_seen(executed: Any) -> None:
    """Without their future no feature of any decision is another, and every label is gone that was there."""
    [(decisions, features)] = re.findall(r"([\d,]+) decisions, (\d+) features each; .* none", said(executed))
    [had] = re.findall(r"<th>engaged</th>\s*<td>(\d+)</td>\s*<td>0</td>", tables(executed))
    assert (int(decisions.replace(",", "")) > 20_000, int(features) > 20, int(had) > 1_000) == (True, True, True)


def test_both_models_are_promoted_by_name_and_one_is_taken_back(executed: Any) -> None:
    """In the order in which it happened."""
    acts = re.findall(r"(promote|rollback): version (\d) is in charge, by (\w+)", said(executed))
    assert acts == [("promote", "1", "anna"), ("promote", "2", "anna"), ("rollback", "1", "omar")]


def test_the_second_is_compared_with_the_first(executed: Any) -> None:
    """Paired, on rows that neither was chosen by."""
    assert "per occasion over the champion, version 1" in tables(executed)


def test_it_runs_on_other_logs_by_its_one_cell(own: Any) -> None:
    """Too few rows for a certificate: the promotion is refused, and the notebook goes on."""
    refusals = said(own).count("refused: ")
    assert (bad(own), "those that changed: none" in said(own), refusals) == ([], True, 3)

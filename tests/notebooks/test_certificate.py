"""Notebook 3: the certificate read, on the shipped history, on an artefact, and where none is issued."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.artefact import write
from model.manifest import LIFETIME
from model.train import train
from tests.model.examples import ISSUED_AT
from tests.model.occasions import frame, table
from tests.notebooks.test_refused import bad, pictures, told
from tests.test_notebooks import ROOT, read, run, run_in_turn

NOTEBOOK = ROOT / "notebooks" / "3_reading_the_certificate.ipynb"
TARGETS = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}


def given(**changes: Any) -> Any:
    """Return the notebook with some names of its first code cell given otherwise."""
    notebook = read(NOTEBOOK)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = "\n".join([cell.source, *(f"{name} = {value!r}" for name, value in changes.items())])
    return notebook


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook as it is shipped."""
    return run(read(NOTEBOOK))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """On a table of one's own without harm labels, so without a certificate; and on an artefact that is there."""
    rng, n = np.random.default_rng(5), 2_000
    sent, age = rng.random(n) < 0.5, rng.integers(18, 80, n)
    rows = pd.DataFrame({"age": age, "sent": sent, "came": rng.random(n) < 0.2 + 0.1 * sent}).astype(int)
    path: Path = tmp_path_factory.mktemp("own") / "mine.csv"
    rows.to_csv(path, index=False)
    closed = given(TABLE=str(path), ROLES={"contacted": "sent", "benefit": "came", "propensity": 0.5})
    done = train(table(frame(6000), certificate=TARGETS), scorers=("average", "response", "t_logit"))
    place: Path = tmp_path_factory.mktemp("stored") / "artefact"
    write(place, done.scorer, extra=done.report, golden=done.golden, issued_at=ISSUED_AT)
    stored = given(ARTEFACT=str(place))
    run_in_turn(closed, stored)
    return closed, stored


@pytest.fixture(scope="module")
def closed(others: tuple[Any, Any]) -> Any:
    """A table of one's own without harm labels: no certificate."""
    return others[0]


@pytest.fixture(scope="module")
def stored(others: tuple[Any, Any]) -> Any:
    """An artefact that is there already."""
    return others[1]


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its four pictures."""
    assert (bad(executed), pictures(executed)) == ([], 4)


def test_it_begins_with_the_sentence_that_may_be_quoted(executed: Any) -> None:
    """As the artefact has it."""
    assert told(executed).startswith("With 96.9 % confidence, contacting the customers this model picks")


def test_without_harm_labels_it_says_what_closes_it(closed: Any) -> None:
    """No bounds, no p-values, no plan at a rate that nobody saw; the check of the bets is there all the same."""
    found = told(closed)
    assert (bad(closed), pictures(closed), "no bounds: nothing was certified" in found) == ([], 1, True)
    assert ("`complaint` has no label" in found, "complaints were not recorded: nobody knows" in found) == (True, True)


def test_what_a_certificate_rests_on_is_said_only_where_there_is_one(executed: Any, closed: Any) -> None:
    """Otherwise what closes it stands first, and then what one would rest on."""
    closing = "nothing is certified: `complaint` has no label"
    actual = [(told(each).count("it rests on:"), closing in told(each)) for each in (executed, closed)]
    assert actual == [(1, False), (0, True)]


def test_the_planner_is_asked_at_the_level_of_this_attempt(executed: Any) -> None:
    """Not at .05, which only all attempts together have: ln(20/.0304)/.005."""
    assert "level 0.0304: about 1,298 contacts above the cut-off" in told(executed)


def test_an_artefact_is_read_without_learning(stored: Any) -> None:
    """Its end is its own, and its p-values are not kept."""
    found = told(stored)
    assert (bad(stored), pictures(stored), "an artefact keeps no p-values" in found) == ([], 3, True)
    assert f"valid until: {ISSUED_AT + LIFETIME:%d %B %Y}" in found

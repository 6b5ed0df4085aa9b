import os
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300  # for one cell; the whole notebook takes well under a minute on a free core


def read(path: Path) -> Any:
    """Return a notebook."""
    return nbformat.read(path, as_version=4)


def run(notebook: Any) -> Any:
    """Execute a notebook in a clean kernel, from the folder where an analyst would open it."""
    resources = {"metadata": {"path": str(ROOT / "notebooks")}}
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=resources)
    client.execute(env=environment)
    return notebook


def run_in_turn(*notebooks: Any) -> None:
    """Execute notebooks in one kernel, one after another, each without the names of those before.

    For what is proven beside the run from a clean kernel: to start one takes as long as what is looked at.
    """
    together = nbformat.v4.new_notebook(metadata=notebooks[0].metadata)
    for notebook in notebooks:
        together.cells += [nbformat.v4.new_code_cell("%reset -f"), *notebook.cells]
    run(together)


def outputs(notebook: Any) -> list[Any]:
    """Return every output of a notebook."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.fixture(scope="module")
def who_benefits() -> Any:
    """The executed notebook on the shipped sample."""
    return run(read(ROOT / "notebooks" / "1_who_benefits.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_committed_notebooks_hold_no_outputs(path: Path) -> None:
    """What is in git is text that people wrote: no outputs, no counters."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in cells] == [([], None)] * len(cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_committed_notebooks_are_valid(path: Path) -> None:
    """Every notebook opens, asks for the kernel that the environment has, and names every cell."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.metadata.kernelspec.name, len({cell.id for cell in notebook.cells})) == (
        "python3",
        len(notebook.cells),
    )


def test_the_notebook_runs_without_error_or_warning(who_benefits: Any) -> None:
    """From a clean kernel: no error, and nothing on stderr."""
    bad = [o for o in outputs(who_benefits) if o.output_type == "error" or o.get("name") == "stderr"]
    assert bad == []


def test_the_notebook_draws_every_picture(who_benefits: Any) -> None:
    """Nine; a tenth, of the harm that is certified, where there is a certificate."""
    pictures = [o.data["image/png"] for o in outputs(who_benefits) if "image/png" in o.get("data", {})]
    assert (len(pictures) in {9, 10}, min(len(picture) for picture in pictures) > 5_000) == (True, True)


def test_the_notebook_states_the_certificate(who_benefits: Any) -> None:
    """Issued or not, it says so, with its reason and every assumption."""
    said = "".join(o.text for o in outputs(who_benefits) if o.output_type == "stream")
    rests = "it rests on:" if "issued: True" in said else "nothing is certified; a certificate would rest on:"
    assert all(word in said for word in ("issued:", "reason:", rests, "  - clusters do not influence"))


def test_a_learner_alone_finds_whom_contact_helps(who_benefits: Any) -> None:
    """The doubly robust one, on the frame as it comes: its first tenth does better with contact than without."""
    said = "".join(o.text for o in outputs(who_benefits) if o.output_type == "stream")
    found = re.search(r"ranks highest: ([\d.]+) with contact, ([\d.]+) without; gained: ([\d.]+) \(([\d.]+) to", said)
    assert found is not None
    assert (float(found[1]) > float(found[2]), float(found[3]) > float(found[4]) > 0) == (True, True)


def own(path: Path, frame: pd.DataFrame, **roles: object) -> Any:
    """Return notebook 1 with the first cell that has code told of a CSV of one's own."""
    frame.to_csv(path, index=False)
    notebook = read(ROOT / "notebooks" / "1_who_benefits.ipynb")
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = f"TABLE = {str(path)!r}\nROLES = {roles!r}"
    return notebook


def plain() -> tuple[pd.DataFrame, dict[str, object]]:
    """Return a randomised table without harm labels, time or cluster: the young gain."""
    rng, n = np.random.default_rng(5), 3_000
    age, treated = rng.integers(18, 80, n), rng.random(n) < 0.5
    chance = 0.1 + 0.2 * treated * (age < 40)
    frame = pd.DataFrame(
        {"age": age, "town": rng.choice(["a", "b"], n), "treated": treated, "bought": rng.random(n) < chance}
    )
    return frame.astype({"treated": int, "bought": int}), {"propensity": 0.5}


def likely() -> tuple[pd.DataFrame, dict[str, object]]:
    """Return a table under arms of .95 and .1: who is likely to buy was contacted, and contact does nothing."""
    rng, n = np.random.default_rng(6), 3_000
    age = rng.integers(18, 80, n)
    chance = np.where(age < 40, 0.95, 0.1)
    frame = pd.DataFrame({"age": age, "chance": chance, "treated": (rng.random(n) < chance).astype(int)})
    frame["bought"] = (rng.random(n) < np.where(age < 40, 0.5, 0.1)).astype(int)
    return frame, {"propensity": "chance"}


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What notebook 1 says of tables of one's own: all of it of the plain one; of the other, then, without pictures."""
    folder, tables = tmp_path_factory.mktemp("mine"), {"plain": plain(), "likely": likely()}
    named = {"contacted": "treated", "benefit": "bought"}
    found = {name: own(folder / f"{name}.csv", frame, **named, **given) for name, (frame, given) in tables.items()}
    quiet = found["likely"]
    quiet.cells = [cell for cell in quiet.cells if ".plot(" not in cell.source or "certificate =" in cell.source]
    run_in_turn(*found.values())
    told = {name: [o for o in outputs(each) if o.output_type == "stream"] for name, each in found.items()}
    return {name: "".join(o.text for o in each) for name, each in told.items()}


def test_contact_that_went_to_the_likely_is_not_their_effect(mine: dict[str, str]) -> None:
    """As under arms of .95 and .1: who is likely to buy was contacted, contact does nothing, and it says so."""
    found = re.search(r"gained: (-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)", mine["likely"])
    assert found is not None
    assert (float(found[2]) < 0 < float(found[3]), "a certificate would rest on" in mine["likely"]) == (True, True)


def test_the_notebook_runs_on_another_table_by_its_one_cell(mine: dict[str, str]) -> None:
    """An analyst's own CSV without harm labels, time or cluster: only the first code cell changes."""
    assert ("customers differ" in mine["plain"], "issued: False" in mine["plain"]) == (True, True)

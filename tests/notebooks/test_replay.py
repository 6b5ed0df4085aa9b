"""Notebook 4: a policy change replayed, on the simulated company and on a ledger of one's own."""

from contextlib import closing
from copy import deepcopy
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from tests.serving.ledger.test_replay import fill
from tests.serving.replay.test_exact import opened
from tests.test_notebooks import ROOT, outputs, read, run

NOTEBOOK = ROOT / "notebooks" / "4_replay_a_policy_change.ipynb"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook as it is shipped."""
    return run(read(NOTEBOOK))


@pytest.fixture(scope="module")
def own_and_refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[Any]]:
    """The same on a ledger with one day, whose windows may be open, and on two files: only the first cell changes.

    And what is said, after all that and in the same kernel, of a change to look at that is not there.
    """
    folder = tmp_path_factory.mktemp("own")
    with closing(opened(f"sqlite:///{folder / 'l.db'}")) as books, books.transaction() as tx:
        fill(tx)
    (folder / "strict.toml").write_text("[limits]\ncontacts_7d = 0\n", encoding="utf-8")
    notebook = read(NOTEBOOK)
    first, second = [cell for cell in notebook.cells if cell.cell_type == "code"][:2]
    changes = {"nothing in a week": str(folder / "strict.toml"), "as it is": "[limits]\ncontacts_7d = 5"}
    first.source = f"LEDGER = 'sqlite:///{folder / 'l.db'}'\nCHANGES = {changes!r}\nLOOK_AT = 'nothing in a week'"
    notebook.cells += [new_code_cell("LOOK_AT = 'another'"), deepcopy(second)]
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]
    run(notebook)
    *notebook.cells, _, refused = notebook.cells
    return notebook, refused.outputs


@pytest.fixture(scope="module")
def own(own_and_refused: tuple[Any, list[Any]]) -> Any:
    """The notebook on a ledger of one's own."""
    return own_and_refused[0]


def said(notebook: Any) -> str:
    """Return all that was printed."""
    return "".join(each.text for each in outputs(notebook) if each.output_type == "stream")


def bad(notebook: Any) -> list[Any]:
    """Return errors, and what stands on stderr."""
    return [each for each in outputs(notebook) if each.output_type == "error" or each.get("name") == "stderr"]


def pictures(notebook: Any) -> int:
    """Return how many pictures were drawn."""
    return sum("image/png" in each.get("data", {}) for each in outputs(notebook))


def tables(notebook: Any) -> str:
    """Return all tables as HTML."""
    return "".join(each.data["text/html"] for each in outputs(notebook) if "text/html" in each.get("data", {}))


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its three pictures."""
    assert (bad(executed), pictures(executed)) == ([], 3)


def test_every_change_is_tried_on_the_same_past(executed: Any) -> None:
    """Six of them: what cannot be known is named, and an offer in a text is refused."""
    found = tables(executed)
    titles = (
        "Messages would only go out later",
        "The same answers, in other words",
        "The new text is refused: mend it",
    )
    assert [title in found for title in titles] == [True] * 3


def test_it_says_what_to_do_and_how_to_undo_it(executed: Any) -> None:
    """The advice, and the way in and back."""
    found = said(executed)
    assert ("Shown: benefit worse." in found, "undo: On the same page" in found) == (True, True)


def test_it_says_what_the_log_cannot_answer(executed: Any) -> None:
    """Among it always how weeks would have gone."""
    assert "How weeks would have gone" in tables(executed)


def test_it_runs_on_another_ledger_by_its_one_cell(own: Any) -> None:
    """Also where nobody knows yet what came of it: no figure is made up."""
    found = said(own)
    actual = (bad(own), "decisions, from 2026-11-20" in found, "frequency_cap" in tables(own), pictures(own))
    assert actual == ([], True, True, 2)


def test_both_effective_sizes_are_named(executed: Any) -> None:
    """That of all occasions, and that of those that change: each has a limit of its own."""
    assert "effective sample size, all occasions" in tables(executed)
    assert "effective sample size, occasions that change: " in said(executed)


def test_a_change_that_is_not_there_is_refused(own_and_refused: tuple[Any, list[Any]]) -> None:
    """With those that are."""
    [refused] = own_and_refused[1]
    assert refused.ename == "InvalidInput"
    assert refused.evalue.startswith("`LOOK_AT` is 'another'; `CHANGES` has")

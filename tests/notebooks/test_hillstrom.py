"""Notebook 6: Hillstrom's e-mails; on the file as published where it is beside this repository, else on a made one."""

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell

from model.table import Table
from tests.notebooks.test_replay import bad, pictures, said, tables
from tests.test_notebooks import ROOT, read, run, run_in_turn

NOTEBOOK = ROOT / "notebooks" / "6_hillstrom.ipynb"
FILE = ROOT.parent / "shared" / "data" / "hillstrom.csv.gz"
PUBLISHED = ROOT / "data/raw/Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv"
ABOVE = """
def above():
    from matplotlib import pyplot
    for each in pyplot.get_fignums():
        print("above:", pyplot.figure(each).get_suptitle())


get_ipython().events.register("post_execute", above)"""
NO_HARM = "`complaint` has no label, so that harm cannot be certified"


def given(**changes: Any) -> Any:
    """Return the notebook with some names of its first code cell given otherwise."""
    notebook = read(NOTEBOOK)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = "\n".join([cell.source, *(f"{name} = {value!r}" for name, value in changes.items())])
    return notebook


def campaign(folder: Path) -> dict[str, Any]:
    """Write another campaign, of one message that two of three were drawn to get; return its first cell."""
    rng, rows = np.random.default_rng(6), 3_000
    frame = pd.DataFrame({"age": rng.integers(18, 80, rows), "got": rng.choice(["letter", "letter", "nothing"], rows)})
    frame["came"] = (rng.random(rows) < 0.1 + 0.2 * (frame["got"] == "letter") * (frame["age"] < 40)).astype(int)
    frame["paid"] = frame["came"] * rng.random(rows)
    path = folder / "mine.csv"
    frame.to_csv(path, index=False)
    names = {"GROUP": "got", "BENEFIT": "came", "OTHER_OUTCOMES": ["paid"], "LEARN_FROM": "letter"}
    return {"TABLE": str(path), "ARMS": {"letter": ["letter"]}, "CONTROL": ["nothing"], "DRAWN": {"letter": 2}} | names


@pytest.fixture(scope="module")
def made() -> Any:
    """The notebook as it is shipped, on made data; a cell before its own tells what stands above its pictures."""
    if PUBLISHED.exists():
        pytest.skip("the published file lies in data/raw")
    notebook = read(NOTEBOOK)
    notebook.cells.insert(0, new_code_cell(ABOVE))
    return run(notebook)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """The notebook on every fifth customer of the published file; without it as it is shipped, on the made one."""
    whole = FILE if FILE.exists() else PUBLISHED
    if not whole.exists():
        return request.getfixturevalue("made")
    path: Path = tmp_path_factory.mktemp("fifth") / FILE.name
    pd.read_csv(whole)[::5].to_csv(path, index=False)
    return run(given(TABLE=str(path)))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """On another campaign; where it is refused; and on the whole published file, until it learns."""
    folder: Path = tmp_path_factory.mktemp("own")
    found = {"own": given(**campaign(folder)), "refused": refused(folder)}
    if FILE.exists():
        found["published"] = given(TABLE=str(FILE))
        learning = ["report = train(" in cell.source for cell in found["published"].cells].index(True)
        found["published"].cells = found["published"].cells[:learning]
    run_in_turn(*found.values())
    return found


@pytest.fixture(scope="module")
def own(others: dict[str, Any]) -> Any:
    """The same on another campaign with one message and other names: only the first cell changes."""
    return others["own"]


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its seven pictures."""
    assert (bad(executed), pictures(executed)) == ([], 7)


def test_it_says_why_there_is_no_certificate(executed: Any) -> None:
    """Nobody wrote down complaints: nothing may send by itself."""
    found = said(executed)
    assert ("issued: False" in found, NO_HARM in found, "no rule learned here may send by itself" in found) == (
        True,
    ) * 3


def test_made_data_say_so_above_every_picture_and_in_the_last_lines(made: Any) -> None:
    """And nothing is said of a campaign in 2008."""
    found = said(made)
    assert found.count("above: made data, not Hillstrom’s\n") == pictures(made)
    assert ("asked about the campaign (made data" in found, "These data are made" in found, "2008" in found) == (
        *(True, True),
        False,
    )


@pytest.mark.skipif(not FILE.exists(), reason=f"`{FILE.name}` is not beside this repository")
def test_a_file_that_was_given_is_not_called_made(executed: Any) -> None:
    """It is said by its name."""
    assert ("made data" in said(executed), f"({FILE.name})" in said(executed)) == (False, True)


def test_rules_are_compared_by_their_paired_difference(made: Any) -> None:
    """At each share one interval, of the difference; none of a rule by itself."""
    [table] = [
        each for each in re.findall(r"<table.*?</table>", tables(made), re.DOTALL) if "likely responders, per" in each
    ]
    cells = re.findall(r"<td>(.*?)</td>", table)
    assert len(cells) == 40
    assert ["(" in cell for cell in cells] == [False, False, False, True] * 10


def test_the_planner_takes_the_level_of_the_first_attempt(made: Any) -> None:
    """METHOD section 4: 6δ/π²."""
    assert "level of the first attempt: 0.0304" in said(made)


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"TABLE": "/nowhere/my.csv"}, ["`/nowhere/my.csv` cannot be read", "the path of a CSV"]),
    ({"GROUP": "campaign"}, ["no column `campaign` (GROUP)", "it has `age`, `got`, `came`, `paid`", "first cell"]),
    ({"CONTROL": ["nobody"]}, ["`got` never says ['nobody']; it says ['letter', 'nothing']"]),
    ({"LEARN_FROM": "e-mail"}, ["`LEARN_FROM` is 'e-mail'; `ARMS` has ['letter']"]),
    ({"TABLE": "empty.csv"}, ["empty.csv` cannot be read as a table: No columns"]),
]


def refused(folder: Path) -> Any:
    """Return the first two cells of the notebook for each first cell above: the second says what is wrong with it."""
    names, cells = campaign(folder), []
    (folder / "empty.csv").write_text("")
    for changes, _ in REFUSED:
        named = names | changes
        whole = given(**named | {"TABLE": str(folder / named["TABLE"])})
        first, second = [cell for cell in whole.cells if cell.cell_type == "code"][:2]
        second.metadata["tags"] = ["raises-exception"]
        cells += [first, second]
    notebook = read(NOTEBOOK)
    notebook.cells = cells
    return notebook


@pytest.mark.parametrize(
    "place", range(len(REFUSED)), ids=["no file", "no column", "no group", "no arm", "an empty file"]
)
def test_what_the_first_cell_names_and_is_not_there_is_refused(others: dict[str, Any], place: int) -> None:
    """With the name, what there is, and where to mend it; made data never stand in for a file that was named."""
    [error] = others["refused"].cells[2 * place + 1].outputs
    assert (error.output_type, error.ename) == ("error", "InvalidInput")
    assert [each in error.evalue for each in REFUSED[place][1]] == [True] * len(REFUSED[place][1])


def test_the_roles_it_prints_read_the_table(own: Any, tmp_path: Path) -> None:
    """As `roles.toml`, by the same reader as `outreach train` has."""
    text = said(own).split("# roles.toml\n")[1]
    (tmp_path / "roles.toml").write_text(text, encoding="utf-8")
    names = campaign(tmp_path)
    table = Table.read(names["TABLE"], tmp_path / "roles.toml")
    assert (tomllib.loads(text)["propensity"], len(table.benefit)) == (2 / 3, 3_000)


@pytest.mark.skipif(not FILE.exists(), reason=f"`{FILE.name}` is not beside this repository")
def test_both_e_mails_bring_what_was_published(others: dict[str, Any]) -> None:
    """64,000 customers: 6.09 more visitors per 100, as the known truths of the learners have it."""
    published = others["published"]
    found = ("64,000 customers" in said(published), "<td>6.09</td>" in tables(published), bad(published))
    assert found == (True, True, [])


def test_it_runs_on_another_campaign_by_its_one_cell(own: Any) -> None:
    """One message, other names, no third group."""
    found = said(own)
    assert (bad(own), "Letter: " in found, "issued: False" in found) == ([], True, True)
    assert ("2008" in found, "made data" in found, "its time (mine.csv)" in found) == (False, False, True)

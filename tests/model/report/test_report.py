import doctest
import json
from pathlib import Path
from typing import Any

import pytest

from model.artefact import write
from model.errors import InvalidArtefact, InvalidInput
from model.report import report as report_module
from model.report.report import Report
from model.train import train
from tests.model.examples import ISSUED_AT
from tests.model.occasions import frame, table
from tests.model.reports import curves, report

NEED_CURVES = ("cutoffs", "policy_value", "qini", "scores")
FROM_JSON = ("calibration", "deciles", "effects", "harm_groups", "harms", "learners", "policies")


def test_a_report_is_still_its_json() -> None:
    """The same bytes, the same keys, equal to the plain one: what reads it need not know."""
    kept = Report(report(), curves())
    assert (json.dumps(kept), kept == report(), {**kept} == report()) == (json.dumps(report()), True, True)


@pytest.mark.parametrize("name", FROM_JSON)
def test_a_report_read_from_json_draws_what_it_holds(name: str) -> None:
    """What needs no curves is there."""
    assert len(getattr(Report(report()), name).to_frame()) > 0


@pytest.mark.parametrize("name", NEED_CURVES)
def test_a_report_read_from_json_says_what_its_other_pictures_need(name: str) -> None:
    """And where to get them."""
    with pytest.raises(InvalidInput, match=rf"`report.{name}` is drawn from the curves .*; use `train"):
        getattr(Report(report()), name)


def test_a_report_is_read_from_what_json_printed(tmp_path: Path) -> None:
    """As `outreach train … --json` writes it."""
    (tmp_path / "report.json").write_text(json.dumps(report()), encoding="utf-8")
    assert Report.read(tmp_path / "report.json") == report()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"certificate": {}}'], ids=["empty", "list", "nothing", "half"])
def test_a_file_without_a_report_is_refused_with_what_to_name(tmp_path: Path, text: str) -> None:
    """In one line."""
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"holds no report of a training: .*; name the folder that"):
        Report.read(tmp_path / "other.json")


def test_a_file_that_is_not_there_is_refused_alike(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(InvalidInput, match="holds no report of a training"):
        Report.read(tmp_path / "nothing.json")


def test_a_report_is_read_from_an_artefact_that_can_be_trusted(tmp_path: Path, quick: Any) -> None:
    """The whole of it is checked: a byte that is wrong is refused."""
    place = tmp_path / "artefact"
    write(place, quick.scorer, extra=quick.report, golden=quick.golden, issued_at=ISSUED_AT)
    found = Report.read(place)
    (place / "manifest.json").write_bytes((place / "manifest.json").read_bytes().replace(b"complaint", b"compliant"))
    with pytest.raises(InvalidArtefact):
        Report.read(place)
    assert found == quick.report


def test_what_was_tried_belongs_to_the_certificate(quick: Any) -> None:
    """What was issued is among what is drawn, with Holm's limits of its level."""
    shown, certificate = quick.report.cutoffs, quick.report["certificate"]
    ranks = certificate["delta"] / shown.limit
    assert certificate["share_contacted"] in shown.contacted.tolist()
    assert (ranks.round(6) % 1 == 0).all()
    assert shown.certified[shown.contacted.tolist().index(certificate["share_contacted"])]


def test_where_nothing_was_tried_there_is_nothing_to_draw() -> None:
    """A certificate that was ruled out beforehand: the picture is empty, and no error."""
    given = curves() | {name: values[:0] for name, values in curves().items() if name.startswith("tried_")}
    assert Report(report(issued=False), given).cutoffs.plot().to_frame().empty


def test_the_example_of_the_report_runs() -> None:
    """As it stands in the docstring."""
    actual = doctest.testmod(report_module).failed
    assert actual == 0


@pytest.fixture(scope="module")
def quick() -> Any:
    """A certified training with the cheap scorers."""
    targets = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}
    return train(table(frame(6000), certificate=targets), scorers=("average", "response", "t_logit"))

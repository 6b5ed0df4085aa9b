from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.artefact import Artefact
from model.features import Feature
from model.registry_figures import MOST_METRICS, learned_sha256, metrics, tags
from model.uri import absolute
from tests.model.champions import beaten, certificate, needy
from tests.model.examples import ISSUED_AT
from tests.model.reports import report

NAMES = metrics(report() | {"champion": beaten()})


@pytest.mark.parametrize(
    "name",
    [
        "rows",
        "qini.low",
        "gate.promoted",
        "scorers.t_logit.dr_qini",
        "scorers.dr.behind_best.se",
        "groups.tenth_10.complaint.high",
        "groups.tenth_1.without.benefit",
        "profile.features.tenure_days.apart",
        "policy_value.differences.model_minus_random.estimate",
        "policy_value.at_shares.30_percent.model.low",
        "policy_value.at_shares.100_percent.differences.model_minus_response.high",
        "checks.missing outcomes.passed",
        "checks.drift.figures.psi",
        "learning.selection_rows",
        "champion.contacted",
        "champion.value.estimate",
        "champion.difference.low",
    ],
)
def test_a_figure_has_a_name_that_says_what_it_is(name: str) -> None:
    """By scorer, tenth, share, check and feature; never by its place in a list."""
    assert name in NAMES


def test_no_figure_goes_by_its_number_in_a_list() -> None:
    """But for lists whose parts have no name: segments."""
    assert [name for name in NAMES if any(part.isdigit() for part in name.split("."))] == [
        name for name in NAMES if name.startswith("segments.")
    ]


def test_a_run_is_not_flooded() -> None:
    """A thousand segments leave the figures that count, and no more than the most."""
    given: dict[str, Any] = report()
    given["segments"] = [given["segments"][0]] * 1_000
    names = metrics(given)
    assert (len(names), "qini.low" in names, "checks.drift.figures.psi" in names) == (MOST_METRICS, True, True)


def test_names_are_those_that_mlflow_allows() -> None:
    """Letters of any script, digits, dot, dash, blank and underscore."""
    given = report()
    given["profile"]["features"][0]["name"] = "plan: 50 % off / <b>"
    assert "profile.features.plan_ 50 _ off _ _b_.apart" in metrics(given)


def artefact(**changes: Any) -> Artefact:
    """Return an artefact with the example report, parts of it changed."""
    return Artefact(
        scorer=needy(),
        manifest={"report": report() | changes},
        certificate=certificate(),
        issued_at=ISSUED_AT,
        expires_at=None,
        sha256="ab" * 32,
    )


def gained(estimate: float, **changes: Any) -> list[dict[str, Any]]:
    """Return the example's segments with another gain."""
    return [row | {"estimate": estimate, "passed": estimate > 0} | changes for row in report()["segments"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"champion": beaten()},
        {"gate": {"promoted": False, "checks": []}},
        {"segments": gained(-1.0)},
        {"versions": {"numpy": "9"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whom_the_gate_compared_with_is_not_part_of_what_was_learned(changes: dict[str, Any]) -> None:
    """Nor is what follows from it, nor the packages where they moved no figure."""
    assert learned_sha256(artefact(**changes)) == learned_sha256(artefact())


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"rows": 1},
        {"certificate": report(issued=False)["certificate"]},
        {"segments": gained(0.05, column="country")},
        {"segments": gained(0.05, rows=901)},
        {"segments": []},
    ],
    ids=["seed", "rows", "certificate", "another segment", "other rows", "no segment"],
)
def test_everything_else_is(changes: dict[str, Any]) -> None:
    """Segments that are declared only once the first ones lost are another attempt."""
    assert learned_sha256(artefact(**changes)) != learned_sha256(artefact())


def test_another_scorer_was_learned_differently() -> None:
    """Whatever the report says."""
    given, report_of = artefact(), artefact().manifest
    other = Artefact(
        scorer=needy(Feature(name="age", kind="number")),
        manifest=report_of,
        certificate=given.certificate,
        issued_at=given.issued_at,
        expires_at=None,
        sha256=given.sha256,
    )
    assert learned_sha256(other) != learned_sha256(given)


def test_a_version_is_found_by_whom_it_was_compared_with() -> None:
    """The version, or nothing for nobody."""
    actual = [tags(artefact(champion=each), report(), 1)["compared_with"] for each in (beaten(), None)]
    assert actual == ["2", ""]


def test_a_version_carries_the_sentence_that_may_be_quoted() -> None:
    """With the day on which it ends; without a certificate, that there is none."""
    given = artefact()
    closed = replace(given, certificate=replace(given.certificate, issued=False, reason="no label", expires=None))
    issued, refused = (tags(each, report(), 1)["certificate"] for each in (given, closed))
    assert issued.startswith("With 95 % confidence, contacting the customers this model picks (50 % of occasions)")
    assert (issued.endswith("; valid until 18 February 2027, 18:00 UTC."), refused[:15]) == (True, "No certificate:")


@pytest.mark.parametrize(
    "uri", ["sqlite:///:memory:", "sqlite://", "http://tracking.example", "postgresql://db/mlflow"]
)
def test_what_names_no_file_stays_as_it_is(uri: str) -> None:
    """Only a relative file means something else once somebody has changed the folder."""
    assert absolute(uri) == uri


def test_a_relative_store_belongs_to_the_folder_it_was_named_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow keeps an opened store by its name: the same relative name elsewhere would still be the first one."""
    monkeypatch.chdir(tmp_path)
    named = absolute("sqlite:///mlflow.db")
    assert (named, absolute(named)) == (f"sqlite:///{tmp_path.resolve()}/mlflow.db", named)

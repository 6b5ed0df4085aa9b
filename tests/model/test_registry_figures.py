from typing import Any

import pytest

from model.registry_figures import MOST_METRICS, metrics
from tests.model.reports import report

NAMES = metrics(report())


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

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.diagnostics import BEFORE, PLACEBO, negative_controls, outcomes_before, placebo
from model.diagnostics.sceptic import checks
from model.split import unit_hash
from tests.model.diagnostics.halves import half
from tests.model.diagnostics.worlds import evidence


def test_a_placebo_among_the_held_out_shows_nothing() -> None:
    """A coin that nobody acted on has no effect on benefit or complaints."""
    rows = placebo(half(4000), [str(i) for i in range(4000)], np.ones(4000))
    shown = [row for row in rows if row["available"]]
    assert [row["outcome"] for row in shown] == ["benefit", "benefit", "complaint", "complaint"]
    assert all(row["passed"] for row in shown)


def test_a_placebo_that_shows_something_fails() -> None:
    """Benefit that follows the coin: the check can fail."""
    data = half(4000)
    names = [str(i) for i in range(4000)]
    coin = np.array([unit_hash("outreach placebo 1", name) < 0.5 for name in names])
    rows = placebo(replace(data, benefit=coin.astype(float)), names, np.ones(4000))
    assert not rows[0]["passed"]


def test_what_the_table_cannot_check_is_said() -> None:
    """No outcome from before the decision is in this table."""
    last = negative_controls(checks(evidence(before=None)))[-1]
    assert (last["name"], last["available"], "[before]" in last["detail"]) == (BEFORE, False, True)


def test_a_handful_of_held_out_rows_have_no_placebo() -> None:
    """One held-out customer cannot be compared."""
    data = half(200)
    lonely = replace(data, contacted=np.arange(200) != 5)
    assert placebo(lonely, [str(i) for i in range(200)], np.ones(200)) == []


@pytest.mark.parametrize(("more", "passed"), [(0.03, True), (0.04, False)])
def test_one_verdict_on_one_control(more: float, passed: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Both intervals of the benefit exclude 0, but only beyond p < .0125 do four comparisons show it (Holm)."""
    coin = np.array([unit_hash("outreach placebo 1", str(i)) < 0.5 for i in range(4000)])
    benefit = (np.random.default_rng(0).random(4000) < 0.2 + more * coin).astype(float)
    rows = placebo(replace(half(4000), benefit=benefit), [str(i) for i in range(4000)], np.ones(4000))
    actual = [(row["low"] > 0.0, row["passed"]) for row in rows]
    assert actual == [(True, passed), (True, passed), (False, True), (False, True)]


def before(effect: float, *, e: np.ndarray | None = None, rows: int = 8000) -> list[dict[str, Any]]:
    """What was before, of a customer that the draw looked at (`effect` more among the contacted)."""
    rng = np.random.default_rng(5)
    chance = np.full(rows, 0.5) if e is None else e
    contacted = rng.random(rows) < chance
    past = (rng.random(rows) < 0.2 + effect * contacted + 0.3 * (chance - 0.5)).astype(float)
    given = {"benefit": past, "complaint": np.zeros(rows)}
    return outcomes_before(given, contacted=contacted, propensity=chance, cluster=np.arange(rows) // 2)


@pytest.mark.parametrize("varies", [False, True])
def test_contact_has_changed_nothing_before(varies: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """An honest draw passes, also where e follows what was before: the weights take that out."""
    e = np.where(np.arange(8000) % 3 == 0, 0.8, 0.3) if varies else None
    assert before(0.0, e=e)[0]["passed"] is True


@pytest.mark.parametrize("varies", [False, True])
def test_contact_of_those_who_had_just_engaged_fails(varies: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Benefit before the decision differs between the arms: somebody chose whom to contact."""
    e = np.where(np.arange(8000) % 3 == 0, 0.8, 0.3) if varies else None
    found = before(0.06, e=e)[0]
    assert (found["name"], found["passed"], found["low"] > 0.0) == (BEFORE, False, True)


def test_an_outcome_that_never_came_before_shows_nothing() -> None:
    """After a complaint nobody is contacted for 14 days, so none lies before: it cannot differ, and that is said."""
    found = before(0.0)[1]
    detail = "the complaint before the decision is 0 in every row used, so it cannot differ"
    assert (found["available"], found["detail"]) == (False, detail)


def test_the_intervals_hold_together() -> None:
    """Two outcomes: each interval at 97.5 %."""
    found = before(0.0)[0]
    assert (found["high"] - found["estimate"]) / found["se"] == pytest.approx(2.2414, abs=1e-4)


def test_the_negative_controls_are_the_rows_of_the_checks() -> None:
    """The same rows with the same verdicts, computed once."""
    found = checks(evidence())
    named = {check["name"]: check for check in found}
    rows = negative_controls(found)
    assert rows == named[PLACEBO]["figures"]["rows"] + named[BEFORE]["figures"]["rows"]
    assert [row["outcome"] for row in rows] == ["benefit", "benefit", "complaint", "complaint", "benefit"]


def test_a_rare_outcome_before_is_no_alarm() -> None:
    """Of 10,000 rows, 95 % contacted, thirty had it: the nominal one time in twenty, not one in five."""
    rng = np.random.default_rng(9)
    e, alarms = np.full(10_000, 0.95), 0
    for _ in range(200):
        given = {"complaint": (rng.random(10_000) < 0.003).astype(float)}
        draw = {"contacted": rng.random(10_000) < e, "propensity": e, "cluster": np.arange(10_000)}
        alarms += not outcomes_before(given, **draw)[0]["passed"]
    assert alarms <= 18

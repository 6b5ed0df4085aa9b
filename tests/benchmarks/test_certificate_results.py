import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.certificate import played
from benchmarks.certificate_cells import METHODS, STUDIES, Cell, Found, run
from benchmarks.certificate_peer import largest, usable
from benchmarks.certificate_results import Result, clopper_pearson, summed
from benchmarks.certificate_tables import comparison, stresses, verdicts, violations
from model.certifying.trials import Ground, Question, Rule, Tried, try_rules

EDGE = Cell(study="boundary", name="both", n=2000, e=".5", alpha=0.05, truth=(1.02, 1.02))
POWER = replace(EDGE, study="power", name="one", kind="one", truth=(0.5, 0.5))


def result(cell: Cell = EDGE, *, count: int = 2, of: int = 100) -> Result:
    """A cell in which so many of so many repeats certified harm."""
    return Result(cell=cell, repeats=of, violations=count, certified=count, below=0)


def compared(*, ours: float = 0.01, exact: float = 0.01, power: float = 0.9, truth: float = 0.5) -> Result:
    """A power cell in which every method but ours and the exact one has a margin of .05, and the CLT has power 1."""
    bounds = np.array([ours, exact, 0.05, 0.05, 0.001]) + truth * 0.05
    passed = np.full((2, 5), 1.0)
    found = [
        Found(
            violated=False,
            certified=True,
            passed=np.where([True, False, False, False, False], float(k < 100 * power), passed),
            both=np.array([float(k < 100 * power), 1.0, 1.0, 1.0, 1.0]),
            bounds=np.stack([bounds, bounds]),
            p=np.zeros((2, 5)),
            scaled=np.zeros((2, 7)),
        )
        for k in range(100)
    ]
    return summed(replace(POWER, truth=(truth, truth)), found)


def met(results: list[Result], what: str) -> list[bool]:
    """The verdicts whose line holds these words."""
    return [line.startswith("- met") for line in verdicts(results) if what in line]


@pytest.mark.parametrize(("count", "of", "low", "high"), [(0, 400, 0.0, 0.00918), (20, 400, 0.0308, 0.0761)])
def test_the_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    """Clopper and Pearson, two-sided 95 %."""
    assert clopper_pearson(count, of) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@pytest.mark.parametrize(("count", "expected"), [(0, True), (3, True), (20, False)])
def test_violations_are_met_within_binomial_error(count: int, *, expected: bool) -> None:
    """Three of a hundred may be chance, twenty are not."""
    assert met([result(), result(count=count)], "violations ≤ δ") == [expected]


@pytest.mark.parametrize("harm", [0, 1], ids=["complaints", "opt-outs"])
@pytest.mark.parametrize(("count", "expected"), [(3, True), (20, False)])
def test_one_harm_may_not_hide_behind_the_other(harm: int, count: int, *, expected: bool) -> None:
    """Certified alone above its limit: counted though both together were not."""
    counted = replace(result(count=0), alone=(count, 0) if harm == 0 else (0, count))
    assert met([counted], "one harm alone") == [expected]


@pytest.mark.parametrize("lucky", [0, 1], ids=["complaints", "opt-outs"])
def test_a_wrong_test_is_seen_where_the_other_has_no_power(lucky: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is certified, since the other harm is not shown; this one's own test was wrong all the same."""

    def one_sure(tried: list[Rule], built: Ground, question: Question) -> list[Tried]:
        tested = try_rules(tried, built, question)
        p = [float(place != lucky) for place in range(2)]
        trials = [tuple(replace(trial, p=x) for trial, x in zip(each.trials, p, strict=True)) for each in tested]
        return [replace(each, certified=False, trials=own) for each, own in zip(tested, trials, strict=True)]

    monkeypatch.setattr("benchmarks.certificate_cells.try_rules", one_sure)
    found = run(EDGE, (1,))
    assert (found.violated, found.alone) == (False, (lucky == 0, lucky == 1))
    assert summed(EDGE, [found, found]).alone == (2 * (lucky == 0), 2 * (lucky == 1))


@pytest.mark.parametrize(("count", "expected"), [(90, True), (5, False)])
def test_a_mistake_has_to_show(count: int, *, expected: bool) -> None:
    """Otherwise the test could not fail."""
    wrong = replace(EDGE, study="arms", name="an arm fixed per customer", holds=False)
    assert met([result(), result(wrong, count=count)], "is found out") == [expected]


@pytest.mark.parametrize(("count", "expected"), [(5, True), (6, False)])
def test_shuffled_contact_may_rarely_look_valuable(count: int, *, expected: bool) -> None:
    """In five of a hundred."""
    shuffled = replace(EDGE, study="permuted", name="shuffled contact")
    assert met([result(), result(shuffled, count=count)], "shuffled contact") == [expected]


def test_a_mistake_counts_as_no_violation_of_the_certificate() -> None:
    """It is what the certificate guards against."""
    wrong = replace(EDGE, study="stress", name="… counted once", holds=False)
    assert met([result(), result(wrong, count=100)], "violations ≤ δ") == [True]


@pytest.mark.parametrize(("ours", "expected"), [(0.0109, True), (0.0115, False)])
def test_margins_are_judged_against_the_best_that_holds(ours: float, *, expected: bool) -> None:
    """The CLT's margin, a tenth of it, is not one that holds."""
    assert met([compared(ours=ours)], "opt_out: median margin") == [expected]


@pytest.mark.parametrize(("power", "expected"), [(0.76, True), (0.7, False)])
def test_power_is_judged_against_the_oracle(power: float, *, expected: bool) -> None:
    """Three quarters of it, for each harm and for both."""
    assert met([compared(power=power)], "power ≥ ¾ of the CLT's:") == [expected] * 3


def test_where_the_oracle_breaks_its_level_it_is_no_oracle() -> None:
    """It certifies harm above α in every repeat of this world: said, and not held against us."""
    results = [compared(power=0.1), compared(truth=1.02)]
    assert (met(results, "power ≥ ¾ of the CLT's:"), met(results, "keeps its level")) == ([False] * 3, [])


def test_bounds_below_the_truth_are_counted() -> None:
    """Coverage of each method."""
    found = compared(ours=-0.001).compared[0]
    assert dict(zip(METHODS, found.missed.tolist(), strict=True))["bets"] == 1.0
    assert found.missed[1:].tolist() == [0.0] * 4


def test_every_cell_is_in_a_table() -> None:
    """Grid, stress, power: a row each, and JSON without surprises."""
    wrong = replace(EDGE, study="stress", name="… counted once", holds=False)
    results = [result(), result(wrong), compared()]
    assert "| 2,000 | .5 | 5.0% | flat | – | – | 2/100 (≤ 7.0%) |" in violations(results)
    assert "| … counted once | fails | 2/100 |" in stresses(results)
    assert comparison(results).count("2,000 one, e .5") == 2
    assert len(json.loads(json.dumps([each.row() for each in results]))) == 3


def test_the_grid_is_the_methods() -> None:
    """Rows, propensities, rates, profiles, harms: all combinations, and nothing twice."""
    cells = list(STUDIES["boundary"]())
    found = {(c.n, c.e, c.alpha, c.shape, c.name) for c in cells}
    assert len(found) == len(cells) == 2 * 4 * 2 * 3 * 3
    assert len(set(STUDIES["power"]())) == len(list(STUDIES["power"]()))
    assert {c.holds for study in ("stress", "arms") for c in STUDIES[study]()} == {True, False}


def test_a_repeat_is_the_same_again() -> None:
    """Its chance is its own, whichever process plays it and whatever was played before."""
    cell = replace(next(STUDIES["power"]()), n=300)
    one, two = ([run(cell, (0, 0, k)).bounds for k in order] for order in ((0, 1), (1, 0)))
    assert np.array_equal(one, two[::-1], equal_nan=True)


def test_playing_counts_every_repeat() -> None:
    """Chunks are put together in order; power takes a quarter as many."""
    small = [next(each for each in STUDIES[study]() if each.n == 2000) for study in ("boundary", "power")]
    assert [each.repeats for each in played(small, repeats=8, seed=1, jobs=1)] == [8, 2]


def test_p_values_are_compared_relatively() -> None:
    """Down to what a number can hold."""
    assert largest(np.array([1e-9, 0.0]), np.array([1.1e-9, 1e-300])) == pytest.approx(1 / 11)


def test_only_tests_that_say_something_are_asked() -> None:
    """A null inside (0, 1), and a mean below it."""
    rows = np.array([[0.1, 0.2, 9.0], [0.1, 0.0, 9.0], [0.1, 1.0, 9.0], [0.3, 0.2, 9.0]])
    assert usable(rows).tolist() == [[0.1, 0.2, 9.0]]

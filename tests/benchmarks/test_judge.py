from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.datasets import CASES, Absent, Case, case, load, matrix
from benchmarks.judge import halves, judge
from benchmarks.scale import generated
from tests.needs import shared

ROWS = 400


def made_up(*, draws: int = 0, propensity: float | None = 0.5) -> Case:
    """Two rows per household, an effect of half the score, all three outcomes."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=ROWS)
    contacted = chance.random(ROWS) < 0.5
    frame = pd.DataFrame(
        {
            "sent": contacted.astype(int),
            "visit": (chance.random(ROWS) < 0.4 + 0.2 * contacted * (x > 0)).astype(int),
            "complained": (chance.random(ROWS) < 0.1).astype(int),
            "left": (chance.random(ROWS) < 0.1).astype(int),
            "household": np.arange(ROWS) // 2,
            "x": np.where(np.arange(ROWS) % 10 == 0, np.nan, x),
            "plan": np.where(np.arange(ROWS) % 3 == 0, "basic", "plus"),
        }
    )
    roles = {
        "contacted": "sent",
        "benefit": "visit",
        "complaint": "complained",
        "opt_out": "left",
        "cluster": "household",
    }
    known = {} if propensity is None else {"propensity": propensity}
    draw = np.repeat(np.arange(draws), ROWS // draws) if draws else None
    return case("made_up", frame, roles | known, truth=0.2 * (x > 0), draw=draw)


def test_the_peers_learn_the_net_benefit_that_was_seen() -> None:
    """An opt-out without contact is nobody's harm."""
    found = made_up()
    frame = found.frame
    assert found.y.tolist() == (frame["visit"] - frame["complained"] - frame["left"] * frame["sent"]).tolist()


def test_no_household_is_in_both_halves() -> None:
    """60 % of the clusters, all of their rows, another split in another repeat."""
    found = made_up()
    first, second = halves(found, 0)
    assert set(found.cluster[first]).isdisjoint(found.cluster[second])
    assert (len(first), len(second), set(halves(found, 1)[0]) == set(first)) == (240, 160, False)


def test_a_repeat_of_a_case_with_draws_stays_within_its_draw() -> None:
    """IHDP's repeats are its draws, in turn."""
    first, second = halves(made_up(draws=4), 5)
    assert sorted([*first, *second]) == list(range(100, 200))


def test_the_peers_matrix_has_no_gaps() -> None:
    """Medians, one-hot categories, all standardised."""
    X = matrix(made_up().table.features)
    assert X.shape == (ROWS, 3)
    assert np.allclose([X.mean(axis=0), X.std(axis=0)], [[0.0] * 3, [1.0] * 3])


@pytest.mark.parametrize("propensity", [0.5, None], ids=["logged", "estimated"])
def test_the_judge_sees_the_average_effect(propensity: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pseudo-outcomes of D2 average to the net effect, about 0 here, and D1's to about the same."""
    monkeypatch.setattr("benchmarks.judge.BASES", ("linear",))  # boosting would say the same, slower
    found = made_up(propensity=propensity)
    judged = judge(found, matrix(found.table.features), 0)
    assert np.mean(judged.held.gamma) == pytest.approx(0.0, abs=0.25)
    assert judged.repeat.gamma.shape == judged.repeat.propensity.shape == judged.repeat.first.shape
    assert (judged.repeat.propensity.min() > 0, judged.held.sklift) == (True, False)


def test_absent_data_are_said_to_be_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The others run."""
    monkeypatch.setattr("benchmarks.datasets.DATA", tmp_path)
    with pytest.raises(Absent, match=r"`hillstrom.csv.gz` is not beside this repository"):
        load("hillstrom_womens")


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_data_set_is_a_valid_table(name: str) -> None:
    """Its roles pass the checks of the product itself; synthetic ones come with their truth."""
    if not name.startswith("synthetic"):
        shared("data")
    found = load(name, quick=True)
    assert (found.truth is not None) == name.startswith(("synthetic", "ihdp"))
    assert 0 < len(found.y) <= 7500


def test_the_large_table_has_what_it_promises() -> None:
    """30 features of three kinds with gaps, rare harms, opt-outs only after contact."""
    frame = generated(20_000)
    features = [name for name in frame if name.startswith(("number_", "flag_", "category_"))]
    assert (len(features), bool(frame["number_0"].isna().any())) == (30, True)
    assert frame["opt_out"].sum() == frame.loc[frame["contacted"] == 1, "opt_out"].sum() > 0
    assert 0.003 < frame["complaint"].mean() < 0.008

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.learning.coded import as_coded
from model.profile import MOST_LINES, profile

TOP, BOTTOM = np.array([0, 1]), np.array([4, 5])


def lines(**columns: Any) -> dict[str, Any]:
    """Return the lines of a profile of six rows by name; the first two are the top, the last two the bottom."""
    found = profile(as_coded(pd.DataFrame(columns)), top=TOP, bottom=BOTTOM)
    return {line["name"]: line for line in found["features"]}


def shown(line: dict[str, Any]) -> list[float]:
    """Return the three averages of a line."""
    return [line[key] for key in ("highest", "lowest", "everyone")]


def test_a_number_is_compared_by_its_mean() -> None:
    """Top, bottom, everyone, and the distance in standard deviations of all rows."""
    line = lines(age=[50.0, 60.0, 40.0, 40.0, 20.0, 30.0])["age"]
    assert shown(line) == pytest.approx([55.0, 25.0, 40.0])
    assert line["apart"] == pytest.approx(30.0 / np.std([50.0, 60.0, 40.0, 40.0, 20.0, 30.0]))


def test_a_category_is_compared_by_the_share_of_each_level() -> None:
    """One line per level."""
    found = lines(plan=["a", "a", "a", "b", "b", "b"])
    assert {name: shown(line) for name, line in found.items()} == {
        "plan: a": [1.0, 0.0, 0.5],
        "plan: b": [0.0, 1.0, 0.5],
    }


def test_a_truth_value_is_a_share() -> None:
    """Its line says which value is counted."""
    assert shown(lines(app=[True, True, False, False, False, False])["app: yes"]) == pytest.approx([1.0, 0.0, 1 / 3])


def test_missing_values_are_left_out_and_counted() -> None:
    """A mean is over known values; the share of gaps has a line of its own."""
    found = lines(age=[50.0, np.nan, 40.0, 40.0, 20.0, 30.0])
    assert [shown(found[name]) for name in ("age", "age: missing")] == [
        pytest.approx([50.0, 25.0, 36.0]),
        pytest.approx([0.5, 0.0, 1 / 6]),
    ]


@pytest.mark.parametrize("values", [[7.0] * 6, [np.nan, np.nan, 1.0, 2.0, 3.0, 4.0]], ids=["constant", "unknown"])
def test_what_cannot_differ_is_not_compared(values: list[float]) -> None:
    """A constant, or a feature of which a group knows nothing."""
    assert "odd" not in lines(odd=values, age=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def test_numbers_near_the_largest_stay_finite() -> None:
    """Sums of 1e308 overflow where nothing is done about it."""
    assert np.isfinite(shown(lines(huge=np.array([1.0, 1.0, 1.0, 0.5, 0.5, 0.5]) * 1e308)["huge"])).all()


def test_the_farthest_apart_comes_first_and_the_list_is_short() -> None:
    """A thousand levels do not make a thousand lines."""
    rng = np.random.default_rng(0)
    noise = {f"noise{k}": rng.normal(size=6) for k in range(60)}
    found = profile(as_coded(pd.DataFrame({**noise, "age": [1.0, 1.0, 0.5, 0.5, 0.0, 0.0]})), top=TOP, bottom=BOTTOM)
    apart = [abs(line["apart"]) for line in found["features"]]
    assert (len(apart), apart) == (MOST_LINES, sorted(apart, reverse=True))


def test_it_says_how_many_customers_it_is_about() -> None:
    """Two, two, of six."""
    found = profile(as_coded(pd.DataFrame({"age": range(6)})), top=TOP, bottom=BOTTOM)
    assert found["rows"] == {"highest": 2, "lowest": 2, "everyone": 6}

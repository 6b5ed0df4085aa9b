from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading.leaks import refuse_leaks
from tests.model.tables import message

N = 400
RNG = np.random.default_rng(7)
LABEL = (RNG.random(N) < 0.2).astype(float)
STEP = "it says what it should foretell: put it in `exclude`, or take it out of `features`"


def refused(values: Any, label: np.ndarray = LABEL) -> str:
    """Return how a feature is refused that gives away the label `visit`."""
    return message(lambda: refuse_leaks({"x": np.asarray(values)}, {"`visit`": label}))


def text(values: list[Any]) -> np.ndarray:
    """Return values as an array of objects."""
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (LABEL, "equals"),
        (1 - LABEL, "maps one to one onto"),
        (LABEL * 7 - 3, "maps one to one onto"),
        (LABEL == 1, "maps one to one onto"),
        (LABEL == 0, "maps one to one onto"),
        (text(["came" if each else "stayed" for each in LABEL]), "maps one to one onto"),
        (text([True if each else None for each in LABEL]), "maps one to one onto"),
        (np.where(LABEL == 1, 1.0, np.nan), "maps one to one onto"),
        (LABEL * RNG.uniform(1, 9, N), "its zeros give away"),
        (np.where(LABEL == 1, RNG.uniform(1, 9, N), np.where(RNG.random(N) < 0.5, 0, np.nan)), "its zeros give away"),
        ((1 - LABEL) * RNG.uniform(1, 9, N), "its zeros give away"),
        (np.where(LABEL == 1, RNG.integers(-40, 40, N), np.nan), "its missing values give away"),
        (text([f"c{i}" if each else None for i, each in enumerate(LABEL)]), "its missing values give away"),
        (
            text([("a", "b", "c")[i % 3] if each else ("d", "e")[i % 2] for i, each in enumerate(LABEL)]),
            "its few values each go with one value of",
        ),
        (np.where(LABEL == 1, RNG.integers(5, 8, N), RNG.integers(1, 5, N)).astype(float), "its few values each go"),
    ],
)
def test_a_label_in_another_coat_is_refused(values: Any, how: str) -> None:
    """Equal, complement, other words, amount, gap, or a finer grouping: each gives the label away in every row."""
    actual = refused(values)

    assert actual.startswith(f"column `x`: {how}")


def test_the_refusal_names_feature_and_label() -> None:
    """Column, rule, label and next step."""
    actual = refused(LABEL)

    assert actual == f"column `x`: equals `visit`; {STEP}"


def test_a_valued_benefit_is_compared_number_by_number() -> None:
    """Spend is a leak of spend, and so is whether there was any."""
    spend = LABEL * RNG.uniform(1, 9, N)

    actual = (refused(spend, spend), refused(spend > 0, spend))

    assert actual == (f"column `x`: equals `visit`; {STEP}", f"column `x`: maps one to one onto `visit`; {STEP}")


def flipped(values: np.ndarray, row: int) -> np.ndarray:
    """Return 0/1 values with one row changed."""
    other = values.copy()
    other[row] = 1 - other[row]
    return other


@pytest.mark.parametrize(
    "values",
    [
        flipped(LABEL, 3),
        1 - flipped(LABEL, N - 1),
        RNG.random(N),
        text([f"id-{i}" for i in range(N)]),
        text(["a", "b"] * (N // 2)),
        np.arange(N, dtype=float),
        np.where(RNG.random(N) < 0.5, np.nan, 1.0),
    ],
)
def test_a_feature_that_differs_in_one_row_passes(values: np.ndarray) -> None:
    """Only agreement in every row is refused; an identifier decides nothing, because its values are many."""
    refuse_leaks({"x": values}, {"`visit`": LABEL})


@pytest.mark.parametrize("row", [0, 17, 39_999])
def test_one_differing_row_among_many_is_seen(row: int) -> None:
    """A probe may rule a leak out, never in: the rows outside it count as well."""
    label = np.tile([1.0, 0.0], 20_000)

    refuse_leaks({"x": flipped(label, row)}, {"`visit`": label})


def test_a_leak_of_a_rare_label_is_seen() -> None:
    """Five complaints among forty thousand rows, and the column that is filled only for them."""
    label = np.zeros(40_000)
    label[[5, 7_001, 7_002, 20_000, 39_999]] = 1
    values = np.where(label == 1, np.arange(40_000), np.nan)

    actual = refused(values, label)

    assert actual == f"column `x`: its missing values give away `visit`; {STEP}"


def test_chance_agreement_with_a_handful_is_no_leak() -> None:
    """With four rows of the rarer label, a gap in just these may be chance; only a two-valued copy is refused."""
    label = np.zeros(N)
    label[:4] = 1
    values = np.where(label == 1, np.nan, RNG.random(N))

    refuse_leaks({"x": values}, {"`visit`": label})


@given(st.lists(st.booleans(), min_size=2, max_size=60).filter(lambda bits: len(set(bits)) == 2), st.data())
def test_any_renaming_of_a_label_is_refused(bits: list[bool], data: st.DataObject) -> None:
    """Whatever two words stand for 0 and 1."""
    words = data.draw(st.lists(st.text(max_size=3), min_size=2, max_size=2, unique=True))
    label = np.array(bits, dtype=float)

    actual = refused(text([words[int(bit)] for bit in bits]), label)

    assert actual == f"column `x`: maps one to one onto `visit`; {STEP}"


def test_an_id_of_a_small_table_gives_nothing_away() -> None:
    """Twenty rows of twenty values: each goes with one label, as it must."""
    refuse_leaks({"id": np.arange(20.0)}, {"`benefit`": np.resize([0.0, 1.0], 20)})

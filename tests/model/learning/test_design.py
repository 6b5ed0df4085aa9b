import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.features import ONE_HOT, UNSEEN, Feature, fit_features
from model.learning.design import BLOCK, CLIP, design, width
from tests.model.examples import columns, rows, scorer

AGE = Feature(name="age", kind="number", fill=30.0, centre=40.0, scale=10.0, missing=True)
MEMBER = Feature(name="member", kind="boolean", fill=0.25, missing=True)
PLAN = Feature(name="plan", kind="category", levels=("basic", "plus"), missing=True)
CODES = st.one_of(st.just(np.nan), st.floats(allow_infinity=False, allow_nan=False), st.sampled_from([-1.0, 0.0, 1.0]))


@pytest.mark.parametrize(
    ("feature", "code", "expected"),
    [
        (AGE, 60.0, [2.0, 0.0]),
        (AGE, np.nan, [-1.0, 1.0]),
        (AGE, 1e308, [CLIP, 0.0]),
        (AGE, -1e308, [-CLIP, 0.0]),
        (MEMBER, 1.0, [1.0, 0.0]),
        (MEMBER, np.nan, [0.25, 1.0]),
        (PLAN, 0.0, [1.0, 0.0, 0.0]),
        (PLAN, 1.0, [0.0, 1.0, 0.0]),
        (PLAN, UNSEEN, [0.0, 0.0, 0.0]),
        (PLAN, 7.0, [0.0, 0.0, 0.0]),
        (PLAN, np.nan, [0.0, 0.0, 1.0]),
        (Feature(name="n", kind="number", fill=5.0), np.nan, [5.0]),
        (Feature(name="n", kind="number", scale=1e-308), 1e300, [CLIP]),
        (Feature(name="nothing", kind="category", missing=True), np.nan, [1.0]),
    ],
)
def test_a_code_becomes_its_columns(feature: Feature, code: float, expected: list[float]) -> None:
    """Standardised and cut, filled where missing, one column per level, gaps apart."""
    assert design((feature,), np.array([[code]])).tolist() == [expected]


def test_columns_stand_in_the_order_of_their_names() -> None:
    """`Feature.columns` names what comes out."""
    features = (AGE, MEMBER, PLAN)
    names = [name for feature in features for name in feature.columns]
    row = dict(zip(names, design(features, np.array([[50.0, np.nan, 1.0]]))[0].tolist(), strict=True))
    assert (width(features), [name for name, value in row.items() if value == 1.0]) == (
        7,
        ["age", "member is missing", "plan=plus"],
    )


def test_levels_beyond_the_first_thirty_share_the_row_of_zeros() -> None:
    """Trees tell them apart, a linear model does not."""
    feature = Feature(name="c", kind="category", levels=tuple(str(i) for i in range(200)))
    X = design((feature,), np.arange(200.0)[:, None])
    assert (X.shape, X.sum(axis=1).tolist()) == ((200, ONE_HOT), [1.0] * ONE_HOT + [0.0] * (200 - ONE_HOT))


def test_numbers_are_standardised_over_the_training_rows() -> None:
    """Mean 0 and variance 1, so that one penalty fits all columns."""
    learned = fit_features({"n": np.array([1.0, 2.0, 6.0])})
    X = design(learned, np.array([[1.0], [2.0], [6.0]]))
    assert (round(X.mean(), 12), round(X.std(), 12)) == (0.0, 1.0)


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
def test_blocks_leave_no_seam(count: int) -> None:
    """Rows are written block by block; each is what it is alone."""
    learned = scorer()
    X = rows(learned, 2 * BLOCK + 3)[:count]
    alone = [design(learned.features, X[i : i + 1]) for i in range(count)]
    expected = np.concatenate([np.empty((0, width(learned.features))), *alone])
    assert design(learned.features, X).tobytes() == expected.tobytes()


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (5, 3), elements=CODES))
def test_any_codes_become_bounded_numbers(codes: np.ndarray) -> None:
    """Whatever a request brings, no sum over the design can overflow."""
    X = design(fit_features(columns()), codes)
    assert bool(np.isfinite(X).all() and (np.abs(X) <= CLIP).all() and (np.isfinite(codes) | np.isnan(codes)).all())


def test_no_features_are_no_columns() -> None:
    """Empty in, empty out."""
    assert design((), np.empty((3, 0))).shape == (3, 0)

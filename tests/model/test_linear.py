import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.linear import BLOCK, WEIGHTS, LinearScorer
from tests.model.examples import rows, scorer


def by_hand(learned: LinearScorer, x: np.ndarray) -> list[float]:
    """Return the four effects of one encoded row, from the formulas and nothing else."""
    tau = []
    for k, link in enumerate(learned.links):
        arms = []
        for coef in (learned.coef1, learned.coef0):
            if coef is None:
                arms.append(0.0)
                continue
            z = coef[k, -1] + sum(float(a) * float(b) for a, b in zip(x, coef[k, :-1], strict=True))
            arms.append(1.0 / (1.0 + np.exp(-z)) if link == "logistic" else z)
        raw = arms[0] - arms[1]
        tau.append(learned.offset[k] + learned.slope * (raw - learned.centre[k]))
    v, complaint, opt_out, contact = (learned.weights[name] for name in WEIGHTS)
    return [*tau, v * tau[0] - complaint * tau[1] - opt_out * tau[2] - contact]


@pytest.mark.parametrize("arms", [1, 2])
def test_predictions_are_the_formulas(arms: int) -> None:
    """Each effect is link(x·coef1) − link(x·coef0), calibrated; net benefit is their weighted sum."""
    learned = scorer(arms=arms)
    X = rows(learned)
    expected = [by_hand(learned, x) for x in X]
    np.testing.assert_allclose(learned.predict(X).stacked(), expected, rtol=0, atol=1e-12)


def test_net_benefit_is_linear_in_raw_net_benefit() -> None:
    """One calibration: U = a + b·raw U exactly, so the shown parts add up and the order is the scorer's own."""
    learned = scorer()
    X, w = rows(learned), learned.weights
    signed = np.array([w["benefit"], -w["complaint"], -w["opt_out"]])
    raw = learned.raw(X) @ signed
    a = float((learned.offset - learned.slope * learned.centre) @ signed) - w["contact"]
    np.testing.assert_allclose(learned.predict(X).net_benefit, a + learned.slope * raw, rtol=0, atol=1e-12)


def wide(columns: int = 203, count: int = 300) -> tuple[LinearScorer, np.ndarray]:
    """Return a scorer and rows with so many columns that a matrix product would sum them in another order."""
    rng = np.random.default_rng(8)
    coef = rng.normal(0.0, 1.0, (3, columns + 1))
    weights = dict.fromkeys(WEIGHTS, 1.0)
    learned = LinearScorer(name="response", features=(), links=("identity",) * 3, coef1=coef, weights=weights)
    return learned, rng.normal(0.0, 1.0, (count, columns))


@settings(max_examples=30, deadline=None)
@given(start=st.integers(0, 299), count=st.integers(1, 300))
def test_a_row_scores_to_the_same_bits_in_any_company(start: int, count: int) -> None:
    """Alone, in a slice or in a batch: the same bits, so that API and batch agree."""
    learned, X = wide()
    part = learned.predict(X[start : start + count]).stacked()
    assert part.tobytes() == learned.predict(X).stacked()[start : start + count].tobytes()


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_beyond_one_block_score_alike(order: str) -> None:
    """Blocks and memory order change nothing."""
    learned = scorer()
    X = np.asarray(np.tile(rows(learned), (BLOCK // 30, 1)), order=order)
    actual = learned.predict(X).stacked()
    assert actual[-60:].tobytes() == learned.predict(rows(learned)).stacked().tobytes()


def test_no_rows_give_no_scores() -> None:
    """An empty batch is an empty answer."""
    assert scorer().predict(rows(scorer())[:0]).stacked().shape == (0, 4)


def test_an_outcome_without_a_label_is_nought() -> None:
    """Identity link and zeros: nothing is claimed about what was never seen."""
    learned = scorer()
    zeros = {"coef1": learned.coef1.copy(), "offset": learned.offset.copy(), "centre": learned.centre.copy()}
    zeros["coef1"][2], zeros["offset"][2], zeros["centre"][2] = 0.0, 0.0, 0.0
    one = LinearScorer(
        name="response", features=learned.features, links=learned.links, weights=learned.weights, **zeros
    )
    assert one.predict(rows(learned)).opt_out.tolist() == [0.0] * 60


def test_extreme_rows_neither_overflow_nor_warn() -> None:
    """Links saturate at 0 and 1."""
    learned = scorer()
    X = np.full((2, learned.coef1.shape[1] - 1), 1e9) * np.array([[1.0], [-1.0]])
    assert np.isfinite(learned.predict(X).benefit).all()


@pytest.mark.parametrize("columns", [-1, 1])
def test_rows_of_another_width_are_refused(columns: int) -> None:
    """A column too many would be taken for the intercept."""
    learned = scorer()
    X = np.zeros((2, learned.coef1.shape[1] - 1 + columns))
    with pytest.raises(ValueError, match="do not fit"):
        learned.predict(X)


CHANGES = ("name", "links", "coef1", "coef0", "offset", "centre", "slope", "weights", "features")


@pytest.mark.parametrize("changed", CHANGES)
def test_every_part_moves_the_hash(changed: str) -> None:
    """The certified scorer is identified by everything that can change a score."""
    learned = scorer()
    parts = {name: getattr(learned, name) for name in CHANGES}
    other = {
        "name": "response",
        "links": ("identity", "logistic", "identity"),
        "coef1": learned.coef1 + 1e-15,
        "coef0": None,
        "offset": learned.offset + 1e-9,
        "centre": learned.centre + 1e-9,
        "slope": 0.81,
        "weights": {**learned.weights, "contact": 0.0},
        "features": learned.features[:-1],
    }
    assert LinearScorer(**(parts | {changed: other[changed]})).sha256() != learned.sha256()

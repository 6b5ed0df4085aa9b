import dataclasses

import numpy as np
import pytest

from model.features import UNSEEN, fit_features
from model.golden import QUANTILES, golden_rows, schema_problems
from model.heads import Boosted, Heads, Linear
from model.learning.coded import Coded, as_coded
from model.scorer import OUTCOMES, Scorer
from tests.model.examples import boosted_scorer, rows, scorer, tree
from tests.model.occasions import frame, table


def taught(count: int = 300) -> Coded:
    """Rows that the example scorers could have learned from."""
    learned = boosted_scorer()
    return Coded(features=learned.features, codes=rows(learned, count))


def test_golden_rows_begin_with_quantiles() -> None:
    """They span each column without showing a customer."""
    X = taught()
    golden = golden_rows(X)
    plain = golden[:QUANTILES]
    seen = [column[~np.isnan(column)] for column in X.codes.T]
    assert golden.flags["C_CONTIGUOUS"]
    assert plain.min(axis=0).tolist() == [column.min() for column in seen]
    assert plain.max(axis=0).tolist() == [column.max() for column in seen]


def test_golden_rows_have_gaps_and_levels_never_seen() -> None:
    """In every column a gap, in every category an unseen level, and a row of nothing but gaps."""
    golden = golden_rows(taught())
    gaps = np.isnan(golden)
    assert (gaps.any(axis=0).all(), gaps.all(axis=1).sum(), (golden[:, 2] == UNSEEN).any()) == (True, 1, True)


def test_golden_rows_stand_on_the_thresholds_of_trees() -> None:
    """And a last bit above: a threshold that moved, or a `<` for a `≤`, changes a golden score."""
    learned = boosted_scorer()
    assert learned.forest is not None
    feature, threshold, numeric = learned.forest.questions()
    golden = golden_rows(taught(), learned)
    asked = set(threshold[numeric & (feature == 0)].tolist()) & set(golden[:, 0].tolist())
    above = {float(np.nextafter(value, np.inf)) for value in asked}
    assert (len(asked) > 3, above <= set(golden[:, 0].tolist())) == (True, True)


@pytest.mark.parametrize("learned", [scorer(), boosted_scorer()], ids=["linear", "trees"])
def test_golden_rows_differ_in_score(learned: Scorer) -> None:
    """They would notice a changed coefficient or leaf."""
    golden = golden_rows(taught(), learned)
    assert np.unique(learned.predict(golden).net_benefit).size > 10


def test_golden_rows_of_columns_without_a_value_are_finite_or_gaps() -> None:
    """All missing, constant, or as large as numbers go."""
    X = as_coded(np.array([[np.nan, 7.0, 1e308], [np.nan, 7.0, -1e308]]))
    learned = Scorer.of("r", {"benefit": Heads("identity", (1.0, 0.0), Linear(np.zeros(5)))}, X.features)
    golden = golden_rows(X, learned)
    assert not np.isinf(golden).any()


DATA = table(frame(300))
ROWS = np.arange(300)


def of_table(*, trees: bool) -> Scorer:
    """Return a scorer for the columns of a table, with linear heads or trees."""
    features = fit_features({str(name): DATA.features[name].to_numpy() for name in DATA.features})
    rng = np.random.default_rng(0)
    width = sum(len(feature.columns) for feature in features) + 1

    def head() -> Linear | Boosted:
        if trees:
            return Boosted(0.1, tuple(tree(features, rng) for _ in range(4)))
        return Linear(rng.normal(0.0, 0.3, width))

    return Scorer.of("dr", {name: Heads("identity", (1.0, 0.0), head()) for name in OUTCOMES}, features)


@pytest.mark.parametrize("trees", [False, True])
def test_a_sound_schema_has_no_problems(*, trees: bool) -> None:
    """Rows encode and score alike alone and together."""
    assert schema_problems(of_table(trees=trees), DATA, ROWS) == []


def test_a_score_that_is_not_finite_is_a_problem() -> None:
    """The check can fail."""
    broken = dataclasses.replace(of_table(trees=False), offset=np.full(3, np.nan))
    assert "a score is not finite" in schema_problems(broken, DATA, ROWS)

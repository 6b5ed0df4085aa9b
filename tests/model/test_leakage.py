import doctest
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from model import leakage
from model.leakage import LEAK, MOST, STEP, alone, area, draw_p, foretold, refuse_foretelling
from model.reading import sceptic_columns, sceptic_roles
from model.reading.roles import Roles
from model.table import Table
from tests.model.tables import message

N = 6000
RNG = np.random.default_rng(11)
CONTACTED = RNG.random(N) < 0.5
BENEFIT = (RNG.random(N) < 0.2).astype(float)
COMPLAINT = (RNG.random(N) < 0.02).astype(float)
OPT_OUT = (RNG.random(N) < 0.03) * CONTACTED * 1.0
NOISE = RNG.normal(size=N)
HALF = np.full(N, 0.5)
ROWS = np.arange(N)
SHOPS = Roles.from_mapping({"contacted": "sent", "benefit": "visit", "propensity": 0.5, "cluster": "shop"})
LABELS = {"`visit`": BENEFIT, "`complained`": COMPLAINT, "`left`": OPT_OUT}


def refused(values: Any, e: np.ndarray | None = HALF, **labels: np.ndarray) -> str:
    """Return how a feature is refused."""
    given = {f"`{name}`": label for name, label in labels.items()} or LABELS
    return message(lambda: refuse_foretelling({"x": np.asarray(values)}, given, CONTACTED, e, ROWS))


def passes(values: Any, e: np.ndarray | None = HALF, **labels: np.ndarray) -> None:
    """Nothing is refused."""
    given = {f"`{name}`": label for name, label in labels.items()} or LABELS
    refuse_foretelling({"x": np.asarray(values)}, given, CONTACTED, e, ROWS)


def test_the_examples_run() -> None:
    """The docstrings' examples say what the code does."""
    actual = sum(doctest.testmod(module).failed for module in (leakage, sceptic_roles, sceptic_columns))

    assert actual == 0


@pytest.mark.parametrize(
    ("values", "label"),
    [
        (5 * BENEFIT + NOISE, "visit"),
        (-5 * BENEFIT + NOISE, "visit"),
        (5 * COMPLAINT + NOISE, "complained"),
        (np.where(COMPLAINT == 1, 40 + NOISE, np.where(RNG.random(N) < 0.01, 50.0, np.nan)), "complained"),
        (np.where(BENEFIT == 1, np.nan, NOISE) * np.where(RNG.random(N) < 0.001, np.nan, 1.0), "visit"),
        (5 * OPT_OUT + NOISE, "left"),
        (np.array([f"v{i % 40}" if y else f"w{i % 40}" for i, y in enumerate(BENEFIT)], dtype=object), "visit"),
        (np.where(RNG.random(N) < 0.995, BENEFIT, 1 - BENEFIT) == 1, "visit"),
    ],
)
def test_a_feature_that_foretells_a_label_is_named_and_refused(values: Any, label: str) -> None:
    """A label with noise, amounts, gaps, groups, or a few rows turned: too good in every arm that can be judged."""
    actual = refused(values)

    assert actual.startswith(f"column `x`: foretells `{label}` almost perfectly (AUC ")
    assert actual.endswith(STEP)


def test_the_refusal_says_how_well_and_where() -> None:
    """Column, rule, figure, arm, next step."""
    actual = refused(BENEFIT * 100 + NOISE)

    assert actual == f"column `x`: foretells `visit` almost perfectly (AUC 1.000 among the contacted); {STEP}"


@pytest.mark.parametrize(
    "values",
    [
        1.8 * COMPLAINT + NOISE,  # AUC .9
        2.3 * COMPLAINT + NOISE,  # AUC .95
        2.3 * BENEFIT + NOISE,
        NOISE,
        np.array([f"c{i}" for i in range(N)], dtype=object),
        np.array([f"h{i // 3}" for i in range(N)], dtype=object),
        np.array(["a", "b", None] * (N // 3), dtype=object),
        np.where(RNG.random(N) < 0.9, np.nan, NOISE),
    ],
)
def test_a_strong_or_useless_feature_is_no_leak(values: Any) -> None:
    """Also where it is as good as an honest one can be."""
    passes(values)


def test_what_contact_alone_does_is_no_leak() -> None:
    """In a world where everybody above 0 benefits when contacted, and one in five otherwise, x is known beforehand."""
    benefit = np.where(CONTACTED, NOISE > 0, BENEFIT).astype(float)

    passes(NOISE + 0.01, visit=benefit)


@pytest.mark.parametrize(("e", "is_refused"), [(HALF, True), (None, False)])
def test_a_click_on_the_message_is_a_leak(e: np.ndarray | None, is_refused: bool) -> None:  # noqa: FBT001  (by name)
    """It foretells among the contacted only and is 0 elsewhere: it knows the draw, where that was logged."""
    clicks = np.where(CONTACTED, BENEFIT * (2 + NOISE**2), 0.0) + np.where(RNG.random(N) < 0.001, 1.0, 0.0)
    if is_refused:
        assert "foretells `visit`" in refused(clicks, e, visit=BENEFIT)
    else:
        passes(clicks, e, visit=BENEFIT)


@pytest.mark.parametrize(("rows", "is_refused"), [(19, False), (20, True)])
def test_twenty_rows_of_the_label_are_needed(rows: int, is_refused: bool) -> None:  # noqa: FBT001  (by name)
    """With fewer in an arm, chance may look like knowledge."""
    rare = np.zeros(N)
    rare[np.flatnonzero(CONTACTED)[:rows]] = 1.0
    values = 9 * rare + NOISE
    if is_refused:
        assert "foretells `c`" in refused(values, c=rare)
    else:
        passes(values, c=rare)


def test_a_valued_benefit_is_compared_by_rank() -> None:
    """Spend plus a little noise: Spearman's ρ; where everybody spends there is no AUC."""
    spend = np.exp(NOISE) + 0.5

    actual = refused(spend * (1 + 0.01 * RNG.random(N)), visit=spend)

    assert "foretells `visit` almost perfectly (Spearman's ρ 1.000 among the contacted)" in actual


def test_honest_history_of_a_valued_benefit_is_no_leak() -> None:
    """What was spent before correlates, and may."""
    spend = np.exp(NOISE) * BENEFIT

    passes(np.exp(NOISE + RNG.normal(size=N)), visit=spend)


def test_the_area_is_scikit_learns() -> None:
    """Ties count a half, weights count."""
    score, weight = np.round(NOISE, 1), RNG.uniform(0.1, 3, N)

    actual = (area(score, BENEFIT == 1), area(score, BENEFIT == 1, weight))

    expected = (roc_auc_score(BENEFIT, score), roc_auc_score(BENEFIT, score, sample_weight=weight))
    assert actual == pytest.approx(expected, abs=1e-12)


def test_one_value_tells_nothing() -> None:
    """A label or a feature that does not vary has area ½."""
    actual = (area(NOISE, np.ones(N, dtype=bool)), area(np.zeros(N), BENEFIT == 1), alone(np.zeros(N), BENEFIT == 1))

    assert actual == (0.5, 0.5, 0.5)


def test_many_rows_are_screened_by_a_sample() -> None:
    """Of three hundred thousand rows at most twenty thousand of each value are ranked; the figure stays."""
    rng = np.random.default_rng(5)
    label = (rng.random(300_000) < 0.3).astype(float)
    values, arm = label + rng.normal(size=300_000), rng.random(300_000) < 0.5

    found = foretold({"x": values}, {"y": label}, arm)[0]

    assert len(label) > 10 * MOST
    assert found.auc["contacted"] == pytest.approx(roc_auc_score(label[arm], values[arm]), abs=0.01)
    assert found.highest < LEAK


def test_a_feature_that_knows_the_draw_has_a_small_p() -> None:
    """A number, a gap and a category that are written after the draw."""
    cluster = np.arange(N)
    after = [
        NOISE + 0.2 * CONTACTED,
        np.where(CONTACTED & (RNG.random(N) < 0.1), np.nan, NOISE),
        np.where(CONTACTED & (RNG.random(N) < 0.2), "sms", "none").astype(object),
    ]

    actual = [draw_p(values, CONTACTED, HALF, cluster) < 1e-5 for values in after]

    assert actual == [True, True, True]


@pytest.mark.parametrize("kind", ["number", "gap", "category"])
def test_features_known_beforehand_rarely_seem_to_know_the_draw(kind: str) -> None:
    """P ≤ .05 about one time in twenty, in clusters of three that are drawn alone."""
    rng = np.random.default_rng(2)
    small = 0
    for _ in range(200):
        x = rng.normal(size=900)
        made = {
            "number": x,
            "gap": np.where(rng.random(900) < 0.3, np.nan, x),
            "category": np.array(["a", "b", None], dtype=object)[rng.integers(0, 3, 900)],
        }
        small += draw_p(made[kind], rng.random(900) < 0.5, np.full(900, 0.5), np.arange(900) // 3) <= 0.05
    assert small <= 20


def test_the_rank_test_agrees_with_mann_whitney() -> None:
    """For single rows and constant e it is the same test, nearly to the digit."""
    values = NOISE + 0.04 * CONTACTED

    actual = draw_p(values, CONTACTED, np.full(N, CONTACTED.mean()), np.arange(N))

    assert actual == pytest.approx(mannwhitneyu(values[CONTACTED], values[~CONTACTED]).pvalue, rel=0.05)


def test_what_a_whole_cluster_has_in_common_does_not_know_its_draw() -> None:
    """Sixty shops drawn as one, and where they lie: known beforehand, so no shop's hundred rows make it a leak."""
    rng = np.random.default_rng(4)
    shop = np.arange(N) // 100
    for _ in range(10):
        x, contacted = rng.normal(size=60)[shop], (rng.random(60) < 0.5)[shop]
        visit = np.where(contacted, x > 0, BENEFIT).astype(float)
        refuse_foretelling({"x": x}, {"`visit`": visit}, contacted, HALF, shop)
        Table.from_frame(pd.DataFrame({"x": x, "sent": contacted, "visit": visit, "shop": shop}), SHOPS)


def test_a_few_gaps_in_a_rare_arm_rarely_seem_to_know_the_draw() -> None:
    """Ten missing values of 10,000, 95 % contacted: p < .001 less than one time in a hundred."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(100):
        cells = np.where(rng.random(10_000) < 0.001, np.nan, 1.0)
        contacted = rng.random(10_000) < 0.95
        alarms += draw_p(cells, contacted, np.full(10_000, 0.95), np.arange(10_000)) < 0.001
    assert alarms <= 1

from typing import Any

import numpy as np
import pytest

from model.policy_value import SHARES, certified_value, policy_value, worth, worth_at_random

ROWS = 4000


def world(seed: int = 0) -> dict[str, Any]:
    """Scores that rank well, a response that ranks badly, and the effects."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=ROWS)
    scores = {"model": effect, "response": -effect}
    thresholds = {name: np.quantile(values, [1.0 - share for share in SHARES]) for name, values in scores.items()}
    return {
        "scores": scores,
        "gamma": effect + 0.2 + rng.normal(size=ROWS),
        "cluster": np.arange(ROWS),
        "thresholds": thresholds,
    }


def test_the_report_names_the_five_policies() -> None:
    """Each relative to nobody, with its interval and the share that it contacts."""
    found = policy_value(**world())
    assert [name for name in found if name in {"model", "everyone", "nobody", "random", "response"}] == [
        "model",
        "everyone",
        "nobody",
        "random",
        "response",
    ]
    assert set(found["model"]) == {"estimate", "low", "high", "se", "contacted"}


def test_nobody_is_worth_nothing_for_certain() -> None:
    """The others are measured against it."""
    found = policy_value(**world())["nobody"]
    assert (found["estimate"], found["se"], found["contacted"]) == (0.0, 0.0, 0.0)


def test_everyone_is_worth_the_mean_effect() -> None:
    """Contact all: the average of Γu."""
    given = world()
    assert policy_value(**given)["everyone"]["estimate"] == pytest.approx(given["gamma"].mean())


def test_the_model_contacts_at_or_above_zero() -> None:
    """At cut-off 0: those for whom contact is predicted to pay."""
    given = world()
    above = given["scores"]["model"] >= 0
    found = policy_value(**given)["model"]
    expected = np.where(above, given["gamma"], 0.0).mean()
    assert (found["estimate"], found["contacted"]) == (pytest.approx(expected), above.mean())


def test_random_contacts_as_many_as_the_model() -> None:
    """What choosing adds is the difference from it."""
    given = world()
    found = policy_value(**given)
    assert found["random"]["estimate"] == pytest.approx(found["model"]["contacted"] * given["gamma"].mean())
    assert found["differences"]["model_minus_random"]["low"] > 0.0


def test_ten_shares_in_order() -> None:
    """10–100 %, each with all five policies; at 100 % all that contact are the same."""
    rows = policy_value(**world())["at_shares"]
    assert [row["share"] for row in rows] == list(SHARES)
    last = rows[-1]
    assert last["model"]["estimate"] == last["everyone"]["estimate"] == pytest.approx(last["random"]["estimate"])
    assert last["differences"]["model_minus_response"]["estimate"] == 0.0


def test_realised_shares_are_near_the_nominal() -> None:
    """Thresholds come from D1, so that the share on D2 differs a little and is stated."""
    rows = policy_value(**world())["at_shares"]
    assert all(abs(row["model"]["contacted"] - row["share"]) < 0.001 for row in rows)


def test_a_bad_ranking_loses_to_the_model() -> None:
    """Response first is worse than nothing here."""
    row = policy_value(**world())["at_shares"][1]
    assert row["response"]["high"] < 0.0 < row["differences"]["model_minus_response"]["low"]


def test_the_interval_of_a_rule_is_that_of_a_mean() -> None:
    """π fixed beforehand: the value is a mean of π·Γ."""
    gamma = np.arange(10.0)
    found = worth(np.ones(10), gamma).interval(np.arange(10))
    assert found.se == pytest.approx(gamma.std(ddof=1) / np.sqrt(10))


def test_the_interval_of_random_contact_covers() -> None:
    """Its influence counts both the share and the mean: the spread over samples matches."""
    rng = np.random.default_rng(1)
    estimates, errors = [], []
    for _ in range(400):
        contacts = (rng.random(200) < 0.3).astype(float)
        found = worth_at_random(contacts, 1.0 + rng.normal(size=200))
        estimates.append(found.estimate)
        errors.append(found.interval(np.arange(200)).se)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.1)


def test_a_difference_of_a_rule_from_itself_is_zero_for_certain() -> None:
    """Paired on the same rows."""
    rule = worth(np.ones(10), np.arange(10.0))
    found = rule.minus(rule, np.arange(10))
    assert (found.estimate, found.se) == (0.0, 0.0)


def test_the_certified_rule_contacts_at_or_above_its_cut_off() -> None:
    """Not at 0: its value is that of the rows at or above the certificate's cut-off, with the gate's interval."""
    given = world()
    above = (given["scores"]["model"] >= 0.7).astype(float)
    found = certified_value(given["scores"], given["gamma"], given["cluster"], cutoff=0.7)
    assert found is not None
    expected = worth(above, given["gamma"]).interval(given["cluster"])
    assert (found["cutoff"], found["contacted"]) == (0.7, above.mean())
    assert (found["estimate"], found["low"], found["high"]) == (expected.estimate, expected.low, expected.high)


def test_the_certified_rule_is_paired_with_every_other() -> None:
    """The model at cut-off 0 is one of them: what the certificate costs or saves is its paired difference."""
    given = world()
    found = certified_value(given["scores"], given["gamma"], given["cluster"], cutoff=0.7)
    at_zero = policy_value(**given)["model"]["estimate"]
    assert found is not None
    gaps = found["differences"]
    assert set(gaps) == {f"certified_minus_{name}" for name in ("model", "everyone", "nobody", "random", "response")}
    assert gaps["certified_minus_model"]["estimate"] == pytest.approx(found["estimate"] - at_zero)
    assert gaps["certified_minus_nobody"]["estimate"] == found["estimate"]


def test_without_a_certificate_there_is_no_certified_rule() -> None:
    """Null in the report, not the rule at cut-off 0."""
    given = world()
    assert certified_value(given["scores"], given["gamma"], given["cluster"], cutoff=None) is None


@pytest.mark.parametrize("constant", [True, False])
def test_shares_that_equal_scores_cannot_make_are_marked(constant: bool) -> None:  # noqa: FBT001  (a case)
    """A constant scorer contacts all or none at every share, and the report says that it is because of ties."""
    given = world()
    if constant:
        given["scores"]["model"] = np.full(ROWS, 0.1)
        given["thresholds"]["model"] = np.full(len(SHARES), 0.1)
    ties = [row["ties"] for row in policy_value(**given)["at_shares"]]
    assert ties == [constant] * 9 + [False]


def test_random_contacts_as_many_as_the_certified_rule() -> None:
    """Not as many as the model at cut-off 0."""
    given = world()
    found = certified_value(given["scores"], given["gamma"], given["cluster"], cutoff=0.7)
    assert found is not None
    assert found["random"]["estimate"] == pytest.approx(found["contacted"] * given["gamma"].mean())

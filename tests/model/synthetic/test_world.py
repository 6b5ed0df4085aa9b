import numpy as np
import pandas as pd
import pytest

from model.history import FEATURES
from model.synthetic import World
from model.synthetic.customers import ATTRIBUTES
from model.synthetic.files import frames

AFTER = ("engaged_7d", "engaged_28d", "complained_7d", "complained_28d")


def test_the_same_seed_gives_the_same_world() -> None:
    """Two worlds of one seed agree in every frame, to the last bit."""
    left, right = (frames(World.generate(customers=400, seed=5)) for _ in range(2))

    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name])


def test_a_frame_belongs_to_who_asked_for_it() -> None:
    """Writing into a returned frame changes neither the world nor what the next caller gets."""
    world = World.generate(customers=50, seed=1)
    for make in (world.table, world.contacts, world.customers):
        frame = make()
        frame["purpose"] = "changed"
        assert not make().equals(frame)


def test_another_seed_gives_another_world() -> None:
    """The seed reaches customers and chance alike."""
    one, two = (World.generate(customers=400, seed=seed) for seed in (0, 1))

    assert not one.customers().equals(two.customers())
    assert not one.table()["contacted"].equals(two.table()["contacted"])


@pytest.mark.parametrize("customers", [1, 2, 7])
def test_a_world_of_a_few_people_stands(customers: int) -> None:
    """Nothing needs a crowd: tiny worlds have consistent frames too."""
    world = World.generate(customers=customers, seed=2)

    assert len(world.customers()) <= customers
    assert len(world.table()) == len(world.truth.tau_benefit)


def test_columns_carry_the_roles_of_the_contract(small: World) -> None:
    """Id, cluster, time, scope, treatment, labels, then attributes, history, what checks read; no propensity."""
    actual = list(small.table().columns)

    assert actual == [
        *("occasion_id", "customer", "decided_at", "purpose", "channel", "contacted"),
        *("engaged", "complained", "opted_out"),
        *ATTRIBUTES,
        *FEATURES,
        *("engaged_before", "opted_out_before"),
        *AFTER,
        "policy_version",
    ]


def test_types_are_plain(small: World) -> None:
    """Booleans are bool, categories str, numbers numeric: what a JSON request can carry."""
    table = small.table()

    assert {str(table[c].dtype) for c in ("contacted", "engaged", "app_user", "notifications_muted")} == {"bool"}
    assert {str(table[c].dtype) for c in ("plan", "region", "age_group", "purpose", "channel")} == {"str"}
    assert all(pd.api.types.is_numeric_dtype(table[c]) for c in ("tenure_days", "chats_per_month", "contacts_7d"))


def test_some_tenures_are_missing(shipped: World) -> None:
    """Between 5 and 12 % of rows belong to visitors whose tenure nobody knows."""
    missing = float(shipped.table()["tenure_days"].isna().mean())

    assert 0.05 < missing < 0.12


def test_an_occasion_is_contacted_with_the_stated_probability(shipped: World) -> None:
    """The share contacted lies within four standard errors of one half."""
    contacted = shipped.table()["contacted"].to_numpy()

    assert abs(contacted.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(contacted))


@pytest.mark.parametrize("propensity", [0.1, 0.9])
def test_the_propensity_is_an_argument(propensity: float) -> None:
    """Other assignment probabilities are met as well."""
    contacted = World.generate(customers=3_000, seed=4, treatment_propensity=propensity).table()["contacted"]

    se = np.sqrt(propensity * (1 - propensity) / len(contacted))
    assert abs(contacted.mean() - propensity) < 4 * se


def _imbalance(table: pd.DataFrame) -> dict[str, float]:
    """Return each feature's difference of means between the arms, in standard errors."""
    features = pd.get_dummies(table.drop(columns=["occasion_id", "customer", "decided_at", *AFTER]), dtype=float)
    contacted = table["contacted"].to_numpy()
    result = {}
    for name in features.columns.difference(["contacted", "engaged", "complained", "opted_out", "propensity"]):
        values = features[name].fillna(-1.0).to_numpy(dtype=float)
        one, zero = values[contacted], values[~contacted]
        se = np.sqrt(one.var() / len(one) + zero.var() / len(zero))
        result[name] = abs(one.mean() - zero.mean()) / se if se > 0 else 0.0
    return result


def test_randomised_arms_are_alike(shipped: World) -> None:
    """No feature known before the decision differs between the arms by more than four standard errors."""
    actual = {name: z for name, z in _imbalance(shipped.table()).items() if z > 4}

    assert actual == {}


def test_confounded_arms_are_not_alike(confounded: World) -> None:
    """The balance check can fail: where the old rule chose, the young and the lively were contacted far more often."""
    z = _imbalance(confounded.table())

    assert min(z["plan_pro"], z["age_group_18-29"], z["notifications_muted"], z["engagements_30d"]) > 4


def test_the_logged_propensity_is_the_true_one(confounded: World) -> None:
    """Within each fifth of the logged propensity the share contacted is its mean, within four standard errors."""
    table = confounded.table()
    fifth = pd.qcut(table["propensity"].rank(method="first"), 5, labels=False)
    e = table["propensity"]
    error = (table["contacted"] - e).groupby(fifth).mean()
    se = np.sqrt((e * (1 - e)).groupby(fifth).mean() / fifth.value_counts())

    assert bool((error.abs() < 4 * se).all())
    assert e.between(0.08, 0.92).all()
    assert e.std() > 0.1


def test_a_hidden_propensity_stands_nowhere() -> None:
    """With `propensity_logged=False` neither the log nor the table tells it."""
    world = World.generate(customers=300, assignment="confounded", propensity_logged=False)

    assert "propensity" not in {*world.contacts().columns, *world.table().columns}


def test_the_naive_difference_misleads_when_confounded(confounded: World) -> None:
    """Confounding bites: the difference in means overstates the true average benefit by several standard errors."""
    table = confounded.table()
    one, zero = (table.loc[table["contacted"] == arm, "engaged"] for arm in (True, False))
    naive, se = one.mean() - zero.mean(), np.sqrt(one.var() / len(one) + zero.var() / len(zero))

    assert naive - confounded.truth.tau_benefit.mean() > 3 * se

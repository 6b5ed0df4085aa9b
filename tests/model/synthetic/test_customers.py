import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.synthetic.customers import ATTRIBUTES, TYPES, ZONES, Customers, new_customers, type_odds

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def people() -> Customers:
    """Twenty thousand customers."""
    return new_customers(20_000, RNG(1))


def odds(**attributes: object) -> dict[str, float]:
    """P(type | attributes) of one customer; what is not given is a plain one's."""
    plain = {"tenure_days": 200.0, "plan": "basic", "app_user": False, "notifications_muted": False}
    given_ = plain | {"chats_per_month": 1.0} | attributes
    row = type_odds(**{name: np.array([value]) for name, value in given_.items()})[0]
    return dict(zip(TYPES, row.tolist(), strict=True))


@given(
    tenure=st.one_of(st.just(np.nan), st.floats(0, 10_000)),
    plan=st.sampled_from(["basic", "plus", "pro"]),
    app=st.booleans(),
    muted=st.booleans(),
    chats=st.integers(0, 60),
)
def test_odds_are_a_distribution(tenure: float, plan: str, app: bool, muted: bool, chats: int) -> None:  # noqa: FBT001  (hypothesis passes by name)
    """Whatever the attributes, an unknown tenure included, the odds are positive and sum to one."""
    actual = odds(tenure_days=tenure, plan=plan, app_user=app, notifications_muted=muted, chats_per_month=float(chats))

    assert min(actual.values()) >= 0.0
    assert sum(actual.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("attribute", "value"), [("notifications_muted", True), ("chats_per_month", 0.0), ("chats_per_month", 0.5)]
)
def test_who_wants_peace_is_more_likely_annoyed(attribute: str, value: object) -> None:
    """Muting and silence raise the odds of annoyance."""
    assert odds(**{attribute: value})["annoyed"] > odds()["annoyed"]


@pytest.mark.parametrize(
    ("attribute", "value"), [("chats_per_month", 3.0), ("app_user", True), ("plan", "plus"), ("tenure_days", 5.0)]
)
def test_who_needs_us_is_more_likely_helped(attribute: str, value: object) -> None:
    """Chatting, the app, a paid plan and being new raise the odds of being helped."""
    assert odds(**{attribute: value})["helped"] > odds()["helped"]


def test_an_unknown_tenure_counts_as_new() -> None:
    """A visitor without an account responds like somebody on their first day."""
    assert odds(tenure_days=np.nan) == odds(tenure_days=0.0)


def test_types_follow_their_odds(people: Customers) -> None:
    """Each type occurs as often as the odds say, within four standard errors."""
    for index in range(len(TYPES)):
        p, drawn = people.odds[:, index], people.response == index
        assert abs(drawn.mean() - p.mean()) < 4 * np.sqrt(np.mean(p * (1 - p)) / len(p))


def test_attributes_stay_in_their_domains(people: Customers) -> None:
    """Levels are the dictionary's, counts whole and not negative, tenure missing or within eleven years."""
    tenure = people.tenure_days[~np.isnan(people.tenure_days)]

    assert set(people.plan) == {"basic", "plus", "pro"}
    assert set(people.region) == set(ZONES)
    assert set(people.age_group) == {"18-29", "30-44", "45-64", "65+"}
    assert people.chats_per_month.min() == 0.0
    assert np.array_equal(people.chats_per_month, np.floor(people.chats_per_month))
    assert 0.0 <= tenure.min() <= tenure.max() <= 4_000.0
    assert people.activity.min() > 0.0


def test_every_announced_attribute_exists(people: Customers) -> None:
    """What the table announces as attributes are columns of the customers, one value each."""
    assert {len(getattr(people, name)) for name in ATTRIBUTES} == {20_000}

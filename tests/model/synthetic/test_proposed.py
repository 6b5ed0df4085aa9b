import doctest
from collections import Counter
from datetime import UTC, datetime

from model.contracts import MarketingPurpose
from model.synthetic import proposed as module
from model.synthetic.proposed import proposed

AT = datetime(2026, 6, 1, 19, 30, tzinfo=UTC)


def test_the_same_seed_gives_the_same_candidates() -> None:
    """No chance but the seed."""
    assert proposed(customers=200, at=AT, seed=3) == proposed(customers=200, at=AT, seed=3)


def test_some_of_it_is_marketing_and_most_is_not() -> None:
    """About one in eight names a purpose that is refused by name, and all eight of them occur."""
    purposes = Counter(row["purpose"] for row in proposed(customers=3_000, at=AT))
    marketing = sum(purposes[str(each)] for each in MarketingPurpose)
    assert (0.08 < marketing / purposes.total() < 0.16, all(purposes[str(each)] for each in MarketingPurpose)) == (
        True,
        True,
    )


def test_counts_of_contacts_contain_each_other() -> None:
    """Who was written to within the hour was so within the day."""
    rows = proposed(customers=500, at=AT)
    keys = ("context.contacts_60m", "context.contacts_24h", "context.contacts_7d")
    actual = [row["candidate_id"] for row in rows if not row[keys[0]] <= row[keys[1]] <= row[keys[2]]]
    assert actual == []


def test_the_example_runs() -> None:
    """As it stands in the docstring."""
    names = {"datetime": datetime, "UTC": UTC}
    actual = doctest.testmod(module, extraglobs=names).failed
    assert actual == 0

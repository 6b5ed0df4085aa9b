import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.errors import InvalidTable
from model.split import (
    PUBLIC,
    WINDOW,
    effective_clusters,
    hash_order,
    rank_in_cluster,
    rows_per_cluster,
    split,
    unit_hash,
)
from tests.model.occasions import frame, table
from tests.model.tables import message


def test_the_hash_is_a_public_constant_and_the_cluster() -> None:
    """Anybody can compute on which half a customer falls."""
    digest = hashlib.sha256(f"{PUBLIC}|u-17".encode()).digest()
    assert unit_hash(PUBLIC, "u-17") == int.from_bytes(digest[:8]) / 2**64


def test_without_time_sixty_percent_teach() -> None:
    """Every row is on one half; the share is that of the hash."""
    parts = split(table())
    assert parts.kind == "hash"
    assert sorted([*parts.first, *parts.second]) == list(range(4000))
    assert len(parts.first) / 4000 == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize(("share", "noted"), [(0.26, True), (0.44, True), (0.6, False), (0.74, False), (0.9, True)])
def test_a_lopsided_split_is_said(share: float, *, noted: bool) -> None:
    """Few large clusters can leave the learning half with a quarter of the rows: seen, not silent."""
    data = frame(2000)
    data["customer"] = np.where(np.arange(2000) < share * 2000, *(np.resize(side, 2000) for side in sides(50)))
    parts = split(table(data, cluster="customer"))
    assert len(parts.first) == pytest.approx(share * 2000)
    expected = (
        f"the learning half has {share:.0%} of the rows, not about 60%" in parts.warning,
        parts.warning in parts.note,
    )
    assert expected == (noted, True)


def sides(clusters: int) -> tuple[list[str], list[str]]:
    """Return so many names of clusters that teach, and as many that certify."""
    names = [f"h-{number}" for number in range(20 * clusters)]
    low = [name for name in names if unit_hash(PUBLIC, name) < 0.6]
    high = [name for name in names if unit_hash(PUBLIC, name) >= 0.6]
    return low[:clusters], high[:clusters]


@pytest.mark.parametrize(
    ("sizes", "expected"), [([], 0.0), ([1] * 7, 7.0), ([10, 10], 2.0), ([400, *[1] * 80], 480**2 / 160_080)]
)
def test_clusters_count_by_what_they_tell(sizes: list[int], expected: float) -> None:
    """Kish: four hundred rows of one customer and eighty single ones are worth less than two customers."""
    actual = effective_clusters(np.repeat(np.arange(len(sizes)), sizes))
    assert actual == pytest.approx(expected)


def giant(rows: int, of: int) -> pd.DataFrame:
    """Return rows of which one cluster on the certifying half has so many; the others stand alone."""
    data = frame(of)
    data["customer"] = np.r_[np.full(rows, sides(1)[1][0], dtype=object), np.arange(of - rows).astype(str)]
    return data


@pytest.mark.parametrize(("rows", "of", "worth"), [(400, 600, "1.4"), (200, 2000, "20.3")])
def test_a_giant_cluster_is_said(rows: int, of: int, worth: str) -> None:
    """Its rows move together: a fifth of the half in one cluster is worth some twenty clusters."""
    parts = split(table(giant(rows, of), cluster="customer"))
    assert f"a half is worth only {worth} clusters of equal size: intervals may be too narrow" in parts.warning


@pytest.mark.parametrize("clusters", [1, 2, 4])
def test_a_handful_of_clusters_is_refused(clusters: int) -> None:
    """Two shops are two observations, however many rows they have; folds of whole clusters would be empty."""
    data = frame(600)
    names = [name for side in sides(clusters) for name in side]
    data["customer"] = np.resize(names, 600)
    refusal = message(lambda: split(table(data, cluster="customer")))
    assert refusal == (
        f"column `customer`: its {2 * clusters} clusters leave {clusters} in half D1, fewer than 5; name a finer "
        "cluster, such as the customer or household, or leave `cluster` out if rows are independent"
    )


def test_a_handful_of_rows_is_refused() -> None:
    """Eight rows have two arms and two outcomes, and tell nothing."""
    data = pd.DataFrame({"sent": [0, 1] * 4, "engaged": [0, 0, 1, 1] * 2, "need": [1, 2, 3, 4, 4, 3, 2, 1]})
    given = dict.fromkeys(("complaint", "opt_out", "purpose", "channel"))
    refusal = message(lambda: split(table(data, features=["need"], **given)))
    assert "8 rows are too few" in refusal


def test_a_period_of_few_clusters_falls_back_to_the_hash() -> None:
    """The later period is one customer's alone; by the hash the halves can be used."""
    data, names = frame(2000), sides(51)
    late = np.arange(2000) >= 1200
    data["customer"] = np.where(late, names[0][50], np.resize(names[0][:50] + names[1], 2000))
    assert split(table(data, cluster="customer", time="at")).kind == "hash"


def test_no_cluster_is_on_both_halves() -> None:
    """Rows of one customer know too much about each other."""
    data = table(frame(customers=900), cluster="customer")
    parts = split(data)
    assert set(data.cluster[parts.first]) & set(data.cluster[parts.second]) == set()


def test_adding_rows_moves_no_cluster() -> None:
    """The half depends on the name alone, so that next month's table splits the same way."""
    whole = frame(customers=900)
    halves = []
    for rows in (2000, 4000):
        data = table(whole.iloc[:rows], cluster="customer")
        halves.append({data.cluster_names[code] for code in data.cluster[split(data).first]})
    assert halves[0] <= halves[1]


def test_with_time_the_later_period_certifies() -> None:
    """D2 begins at the 60 % quantile; the fortnight before it is purged from D1."""
    data = table(time="at")
    parts = split(data)
    assert data.time is not None
    cut = data.time[parts.second].min()
    assert parts.kind == "time"
    assert (data.time < cut).mean() == pytest.approx(0.6, abs=0.001)
    assert data.time[parts.first].max() < cut - WINDOW


def test_clusters_on_both_sides_of_the_cut_go_to_one_by_their_hash() -> None:
    """Below .6 their early rows teach, else their late rows certify; the rest is left out and counted."""
    data = table(frame(customers=1500), cluster="customer", time="at")
    parts = split(data)
    assert data.time is not None
    cut = data.time[parts.second].min()
    early, late = (set(data.cluster[rows]) for rows in (data.time < cut - WINDOW, data.time >= cut))
    for code in early & late:
        lower = unit_hash(PUBLIC, data.cluster_names[code]) < 0.6
        assert (code in data.cluster[parts.first], code in data.cluster[parts.second]) == (lower, not lower)
    assert "are left out so that no cluster is in both" in parts.note
    assert set(data.cluster[parts.first]) & set(data.cluster[parts.second]) == set()


def test_a_period_too_short_falls_back_to_the_hash_and_says_so() -> None:
    """Three weeks cannot lose a fortnight."""
    data = frame()
    data["at"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.linspace(0, 20, len(data)), unit="D")
    parts = split(table(data, time="at"))
    assert (parts.kind, "a split by time would leave too few rows" in parts.note) == ("hash", True)


def test_a_period_with_one_arm_falls_back_to_the_hash() -> None:
    """Contact that began late leaves nothing to learn from before it."""
    data = frame()
    data.loc[: 0.58 * len(data), "sent"] = 0
    assert split(table(data, time="at", propensity=0.25)).kind == "hash"


def test_a_half_without_an_arm_is_refused_with_the_next_step() -> None:
    """One held-out row cannot be on both halves."""
    data = table()
    lonely = replace(data, contacted=np.arange(4000) != 7)
    with pytest.raises(InvalidTable, match="no contacted or no held-out rows; collect more"):
        split(lonely)


def test_rows_are_ranked_in_time_within_their_cluster() -> None:
    """The first M rows are those that came first, not those that stand first."""
    cluster = np.array([0, 1, 0, 0, 1])
    time = np.array([3, 1, 1, 2, 0])
    assert rank_in_cluster(cluster, time).tolist() == [2, 1, 0, 1, 0]


def test_without_time_rows_are_ranked_as_they_stand() -> None:
    """The order of the file is all that is known."""
    assert rank_in_cluster(np.array([0, 1, 0, 0, 1]), None).tolist() == [0, 0, 1, 2, 1]


def test_no_rows_have_no_ranks() -> None:
    """Empty in, empty out."""
    assert rank_in_cluster(np.empty(0, dtype=int), None).tolist() == []


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([1] * 100, 1), ([2] * 50, 2), ([1] * 95 + [5], 1), ([1] * 90 + [10], 5), ([10] * 3, 10)],
)
def test_m_keeps_ninety_five_percent_of_the_rows(sizes: list[int], expected: int) -> None:
    """One customer with very many rows must not set the ceiling for all."""
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    assert rows_per_cluster(rank_in_cluster(cluster, None)) == expected


def test_the_order_of_bets_is_that_of_the_data_and_the_names() -> None:
    """Nobody chooses the order: it is SHA-256(data hash, cluster)."""
    names = [f"u-{i}" for i in range(20)]
    expected = sorted(names, key=lambda name: hashlib.sha256(f"abc|{name}".encode()).digest())
    place = hash_order(names, "abc")
    assert [names[i] for i in np.argsort(place)] == expected


def test_other_data_have_another_order() -> None:
    """An order cannot be kept from an attempt that went well."""
    names = [f"u-{i}" for i in range(20)]
    assert hash_order(names, "abc").tolist() != hash_order(names, "abd").tolist()

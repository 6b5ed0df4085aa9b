import numpy as np
import pytest
from scipy.stats import binomtest

from model.diagnostics import sample_ratio


def test_one_level_of_the_propensity_that_is_wrong_fails() -> None:
    """Two arms off in opposite directions cancel in the total, not level by level."""
    rng = np.random.default_rng(0)
    level = rng.random(8000) < 0.5
    e = np.where(level, 0.95, 0.05)
    contacted = rng.random(8000) < np.where(level, 0.90, 0.10)
    found = sample_ratio(contacted, e, np.arange(8000))
    plain = abs((contacted - e).sum()) / np.sqrt((e * (1 - e)).sum())
    assert (found["p"] < 0.001, bool(plain < 3)) == (True, True)


DAYS = np.datetime64("2026-01-01") + np.arange(8000) * np.timedelta64(10, "m")


def test_a_day_that_was_not_drawn_as_logged_fails() -> None:
    """A tenth of the period sends far more and the rest a little less: only the blocks of time see it."""
    e = np.full(8000, 0.5)
    true = np.where(np.arange(8000) // 800 == 7, 0.62, 0.5 - 0.12 / 9)
    contacted = np.random.default_rng(0).random(8000) < true
    cluster = np.arange(8000)
    without, found = sample_ratio(contacted, e, cluster), sample_ratio(contacted, e, cluster, DAYS)
    assert (without["p"] > 0.05, found["p"] < 0.001) == (True, True)
    assert (without["blocks"], found["blocks"]) == (0, 10)


def test_rows_of_one_instant_are_in_one_block() -> None:
    """A file sorted by arm within each day is no evidence of a wrong draw."""
    days = np.repeat(np.datetime64("2026-01-01") + np.arange(13), 300)
    contacted = np.tile(np.arange(300) < 150, 13)
    found = sample_ratio(contacted, np.full(3900, 0.5), np.arange(3900), days)
    assert (found["p"], 2 <= found["blocks"] <= 10) == (1.0, True)


@pytest.mark.parametrize("e", [0.5, 0.02, (0.95, 0.02)])
def test_an_honest_draw_passes_in_every_block(e: float | tuple[float, float]) -> None:
    """Also where contact is rare: at most one false alarm in 60 tables."""
    rng = np.random.default_rng(9)
    alarms = 0
    for _ in range(60):
        given = np.full(8000, e) if isinstance(e, float) else np.where(rng.random(8000) < 0.5, *e)
        alarms += sample_ratio(rng.random(8000) < given, given, np.arange(8000), DAYS)["p"] < 0.001
    assert alarms <= 1


def test_the_sample_ratio_is_exact_where_it_can_be() -> None:
    """Constant e, single rows: the binomial test, also at 99.9 % contacted."""
    contacted = np.ones(1000, dtype=bool)
    contacted[:3] = False
    found = sample_ratio(contacted, np.full(1000, 0.999), np.arange(1000))
    assert found["p"] == pytest.approx(binomtest(997, 1000, 0.999).pvalue)


def test_clusters_contacted_as_one_do_not_fail_for_it() -> None:
    """A household drawn together has more spread than its rows alone would."""
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(50):
        contacted = np.repeat(rng.random(150) < 0.5, 20)
        passed += sample_ratio(contacted, np.full(3000, 0.5), np.repeat(np.arange(150), 20))["p"] >= 0.001
    assert passed == 50


def test_a_single_day_that_was_not_drawn_as_logged_fails() -> None:
    """One day of forty sends twice as often: its block of four days hardly shows it, the day does."""
    days = np.repeat(np.datetime64("2026-01-01") + np.arange(40), 500)
    true = np.where(days == np.datetime64("2026-02-03"), 0.62, 0.5)
    contacted = np.random.default_rng(3).random(20_000) < true
    found = sample_ratio(contacted, np.full(20_000, 0.5), np.arange(20_000), days)
    assert (found["p"] < 0.001, found["worst"]["kind"], found["worst"]["name"]) == (True, "day", "2026-02-03")


def versions(names: list[str | None], true: list[float], *, seed: int = 4) -> dict[str, object]:
    """The sample ratio of 2,000 rows of each version, contacted with these probabilities where .5 was logged."""
    version = np.repeat(np.array(names, dtype=object), 2000)
    contacted = np.random.default_rng(seed).random(len(version)) < np.repeat(true, 2000)
    mixed = np.random.default_rng(1).permutation(len(version))
    days = np.datetime64("2026-01-01") + np.arange(len(version)) * np.timedelta64(10, "m")
    return sample_ratio(contacted[mixed], np.full(len(version), 0.5), np.arange(len(version)), days, version[mixed])


def test_a_version_that_logged_another_probability_fails() -> None:
    """Two versions off in opposite directions, on the same days: only the version tells."""
    found = versions(["a", "b", None], [0.56, 0.44, 0.5])
    assert (found["p"] < 0.001, found["worst"]["kind"], found["tests"]["version"]) == (True, "version", 3)


def test_versions_that_drew_as_logged_pass() -> None:
    """Three honest versions, one of them without a name."""
    assert versions(["a", "b", None], [0.5, 0.5, 0.5])["p"] > 0.01


def test_a_version_of_a_few_rows_is_judged_only_where_the_test_is_exact() -> None:
    """Three rows all contacted are no evidence; in clusters their normal p-value would be none either."""
    version = np.array(["new"] * 3 + ["old"] * 997, dtype=object)
    contacted = np.r_[True, True, True, np.arange(997) % 2 == 0]
    pairs = sample_ratio(contacted, np.full(1000, 0.5), np.arange(1000) // 2, None, version)
    assert (pairs["tests"], pairs["p"] > 0.5) == ({"all": 1, "version": 1}, True)


def test_both_arms_are_counted() -> None:
    """Seen and promised, of the contacted and of the held out."""
    found = sample_ratio(np.arange(10) < 4, np.full(10, 0.5), np.arange(10))
    actual = tuple(found[key] for key in ("contacted", "expected", "held_out", "held_out_expected"))
    assert actual == (4, 5.0, 6, 5.0)


@pytest.mark.parametrize(("e", "size"), [(0.95, 5), (0.05, 20)])
@pytest.mark.parametrize("rare", [4, 6, 24, 28])
def test_clusters_drawn_as_one_are_judged_as_their_number_is(rare: int, e: float, size: int) -> None:
    """Three hundred clusters, of which fifteen should be in the rare arm: the binomial test of clusters, nearly."""
    few = np.repeat(np.arange(300) < rare, size)
    given = np.full(300 * size, e)
    found = sample_ratio(few if e < 0.5 else ~few, given, np.repeat(np.arange(300), size))
    assert 1 / 3 < found["p"] / binomtest(rare, 300, 0.05).pvalue < 3


def test_clusters_drawn_as_one_with_another_probability_fail() -> None:
    """.9 of two thousand clusters where .95 was logged."""
    contacted = np.repeat(np.random.default_rng(3).random(2000) < 0.9, 5)
    found = sample_ratio(contacted, np.full(10_000, 0.95), np.repeat(np.arange(2000), 5))
    assert found["p"] < 1e-9

"""Where the truth is known: estimates centre on it, intervals hold it, and clipping errs by no more than it says."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.errors import Unanswerable
from model.evaluation import average_effect, mean_interval
from model.off_policy.estimates import Differences, OffPolicy
from model.off_policy.evaluate import Log, compare, evaluate, with_part_means
from model.synthetic.world import World
from tests.model.decision_logs import Drawn, drawn, large, right_means, shares, steep, true_value, wrong_means
from tests.needs import shared

REPEATS = 300
ROWS = 1000


def logged(x: np.ndarray) -> np.ndarray:
    """Return the logging policy once more, as an evaluation policy."""
    return steep(x)


@cache
def repeats() -> list[OffPolicy]:
    """Evaluate one rule on many logs; the means given are wrong, the propensities are right."""
    found = (drawn(ROWS, seed, means=wrong_means) for seed in range(REPEATS))
    return [evaluate(made.log, large(made.x), clip=1.5) for made in found]


def of(name: str, found: OffPolicy | Differences) -> np.ndarray:
    """Return an estimate as (estimate, low, high, se)."""
    interval = getattr(found, name)
    return np.array([interval.estimate, interval.low, interval.high, interval.se])


def centred(estimates: np.ndarray, truth: float) -> bool:
    """Whether the mean of many estimates is the truth, within four of its standard errors."""
    return bool(abs(estimates.mean() - truth) < 4.0 * estimates.std() / np.sqrt(len(estimates)))


@pytest.mark.parametrize("name", ["ips", "self_normalised", "doubly_robust"])
def test_values_centre_on_the_truth_and_their_intervals_hold_it(name: str) -> None:
    """300 logs of 1,000 rows, a rule that the log does not follow: no bias, coverage near 95 %, honest errors."""
    truth = true_value(large)
    estimate, low, high, se = np.array([of(name, found) for found in repeats()]).T
    assert centred(estimate, truth)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.035)
    assert se.mean() == pytest.approx(estimate.std(), rel=0.12)


@pytest.mark.parametrize("name", ["ips", "self_normalised", "doubly_robust"])
def test_differences_from_the_logging_policy_do_too(name: str) -> None:
    """Paired on the same rows."""
    truth = true_value(large) - true_value(logged)
    estimate, low, high, se = np.array([of(name, found.against_logging) for found in repeats()]).T
    assert centred(estimate, truth)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.035)
    assert se.mean() == pytest.approx(estimate.std(), rel=0.12)


@pytest.mark.parametrize("name", ["clipped_ips", "clipped_doubly_robust"])
@pytest.mark.parametrize("kind", ["value", "difference"])
def test_clipping_errs_by_no_more_than_it_says(name: str, kind: str) -> None:
    """Weights above 1.5 cut: IPS is visibly biased, all within bounds; the widened interval holds the truth."""
    truth = true_value(large) - (true_value(logged) if kind == "difference" else 0.0)
    found = [getattr(each if kind == "value" else each.against_logging, name) for each in repeats()]
    estimates = np.array([each.estimate for each in found])
    low, high = (np.mean([getattr(each.bias, side) for each in found]) for side in ("low", "high"))
    error = 4.0 * estimates.std() / np.sqrt(REPEATS)
    assert low - error <= estimates.mean() - truth <= high + error
    assert name != "clipped_ips" or not centred(estimates, truth)
    widened = [each.bias.allowed_for(each) for each in found]
    assert np.mean([lower <= truth <= upper for lower, upper in widened]) >= 0.95


def test_the_worst_bias_is_reached() -> None:
    """Where everybody benefits whatever is done, clipped IPS loses all that it may; nothing tighter would be true."""
    made = drawn(4000, 0)
    log = Log(
        contacted=made.log.contacted,
        propensity=made.log.propensity,
        outcome=np.ones(4000),
        cluster=made.log.cluster,
    )
    found = evaluate(log, large(made.x), clip=1.5).clipped_ips
    assert found.bias is not None
    assert found.estimate == pytest.approx(1.0 + found.bias.low, abs=4 * found.se)
    assert found.bias.high == 0.0
    assert found.bias.low == pytest.approx(-found.clipped_share)


def wrong_logging(x: np.ndarray) -> np.ndarray:
    """Return a propensity that has it the wrong way round."""
    return 0.9 - 0.8 * x


@pytest.mark.parametrize(
    ("means", "propensity", "unbiased"),
    [
        (right_means, wrong_logging, {"doubly_robust"}),
        (wrong_means, steep, {"doubly_robust", "ips", "self_normalised"}),
        (wrong_means, wrong_logging, set()),
    ],
)
def test_one_of_the_two_may_be_wrong(means: Any, propensity: Any, unbiased: set[str]) -> None:
    """Right means repair wrong propensities, right propensities wrong means; both wrong, and nothing helps."""
    made = drawn(60_000, 1, means=means, propensity=propensity)
    found, truth = evaluate(made.log, large(made.x)), true_value(large)
    names = {"ips", "self_normalised", "doubly_robust"}
    near = {name for name in names if abs(of(name, found)[0] - truth) < 4.0 * of(name, found)[3]}
    assert near == unbiased


def test_right_means_make_the_value_surer() -> None:
    """What the means explain is no noise any more."""
    made = drawn(20_000, 2, logging=shares, means=right_means)
    found = evaluate(made.log, np.full(20_000, 0.5))
    assert found.doubly_robust is not None
    assert found.doubly_robust.se < 0.97 * found.self_normalised.se < 0.97 * found.ips.se


def test_means_of_parts_are_honest() -> None:
    """Cross-fitted by part and arm, on clusters of two: unbiased, covering, and surer than IPS."""
    truth, estimates, held = true_value(large), [], []
    plain = []
    for seed in range(200):
        made = drawn(ROWS, seed, size=2, part=lambda x: np.floor(4 * x).astype(int))
        found = evaluate(with_part_means(made.log), large(made.x))
        robust = found.doubly_robust
        assert robust is not None
        estimates.append(robust.estimate)
        held.append(robust.low <= truth <= robust.high)
        plain.append(found.ips.estimate)
    assert centred(np.array(estimates), truth)
    assert np.mean(held) == pytest.approx(0.95, abs=0.045)
    assert np.std(estimates) < np.std(plain)


@pytest.mark.parametrize(("clustered", "least", "most"), [(True, 0.91, 0.985), (False, 0.0, 0.88)])
def test_rows_of_one_customer_move_together(clustered: bool, least: float, most: float) -> None:  # noqa: FBT001  (a case)
    """Five occasions each, with a mood of the customer's own: counted as customers it covers, as rows it does not."""
    truth, held = 0.0, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        customer = np.repeat(np.arange(300), 5)
        x, mood = rng.random(300)[customer], rng.normal(size=300)[customer]
        contacted = rng.random(1500) < steep(x)
        log = Log(
            contacted=contacted,
            propensity=steep(x),
            outcome=mood + 0.3 * rng.normal(size=1500),
            cluster=customer if clustered else np.arange(1500),
        )
        found = evaluate(log, large(x)).self_normalised
        held.append(found.low <= truth <= found.high)
    assert least <= np.mean(held) <= most


def test_arms_as_shipped_answer_another_cut_off() -> None:
    """Logged at a cut-off of .5 with .95 and .02: one of .4, explored alike, has its true value in the interval."""

    def lower(x: np.ndarray) -> np.ndarray:
        return np.where(x >= 0.4, 0.95, 0.02)

    made: Drawn = drawn(40_000, 3, logging=shares, means=right_means)
    found = evaluate(made.log, lower(made.x))
    truth = true_value(lower)
    gain = truth - true_value(shares)
    actual = [found.ips, found.self_normalised, found.doubly_robust]
    assert all(each is not None and each.low < truth < each.high for each in actual)
    gap = found.against_logging.doubly_robust
    assert gap is not None
    assert gap.low < gain < gap.high
    assert found.ips.largest_weight == pytest.approx(0.95 / 0.02)


def world_log(world: World, rule: Any) -> tuple[Log, np.ndarray, float, float]:
    """Return a world's log, a rule's contacts, and its true gain in benefit over the logging policy and over nobody."""
    table, effect = world.table(), world.truth.tau_benefit
    e = table["propensity"].to_numpy()
    log = Log(
        contacted=table["contacted"].to_numpy(),
        propensity=e,
        outcome=table["engaged"].to_numpy(),
        cluster=table["customer"].to_numpy(),
        part=(table["purpose"] + " by " + table["channel"]).to_numpy(),
    )
    contacts = rule(table)
    return with_part_means(log), contacts, float(np.mean((contacts - e) * effect)), float(np.mean(contacts * effect))


def to_the_unmuted(table: pd.DataFrame) -> np.ndarray:
    """Return the rule: contact delivery updates and appointments, unless notifications are muted, with exploration."""
    wanted = table["purpose"].isin(["delivery_update", "appointment_update"]) & ~table["notifications_muted"]
    return np.where(wanted, 0.95, 0.02)


@cache
def worlds() -> list[tuple[OffPolicy, Differences, float, float]]:
    """Evaluate the rule on the logs of twelve worlds in which an old rule chose whom to contact."""
    found = []
    for seed in range(12):
        world = World.generate(customers=2500, seed=seed, assignment="confounded")
        log, contacts, over_log, over_nobody = world_log(world, to_the_unmuted)
        against = compare(log, contacts, np.zeros(log.rows))
        found.append((against.first, against.difference, over_log, over_nobody))
    return found


@pytest.mark.parametrize("name", ["ips", "self_normalised", "doubly_robust"])
def test_the_value_of_a_rule_in_the_synthetic_world_is_covered(name: str) -> None:
    """Its gain over the log and over nobody, by an old rule's log: truth inside in at least 10 of 12 worlds."""
    over_log = [of(name, found.against_logging)[1:3] for found, _, _, _ in worlds()]
    over_nobody = [of(name, gap)[1:3] for _, gap, _, _ in worlds()]
    held = [
        sum(low <= truth <= high for (low, high), truth in zip(spans, truths, strict=True))
        for spans, truths in (
            (over_log, [gain for _, _, gain, _ in worlds()]),
            (over_nobody, [gain for _, _, _, gain in worlds()]),
        )
    ]
    assert min(held) >= 10


def test_the_worlds_propensities_are_those_of_its_log() -> None:
    """The mean weight is 1 within its error, and nothing is noted."""
    assert [found.notes for found, _, _, _ in worlds()] == [()] * 12


def test_any_mail_of_hillstrom_is_worth_what_was_published() -> None:
    """64,000 customers, two in three mailed: everyone less nobody is 0.060882 visits, standard error 0.002777."""
    frame = pd.read_csv(shared("data/hillstrom.csv.gz"))
    mailed = (frame["segment"] != "No E-Mail").to_numpy()
    visit = frame["visit"].to_numpy(dtype=float)
    log = Log(contacted=mailed, propensity=np.full(64_000, 2 / 3), outcome=visit, cluster=np.arange(64_000))
    found = compare(with_part_means(log), np.ones(64_000), np.zeros(64_000)).difference
    means = average_effect(visit, contacted=mailed, cluster=np.arange(64_000))
    exact = found.self_normalised
    assert (round(exact.estimate, 6), round(exact.se, 6)) == (0.060882, 0.002777)
    assert (exact.estimate, exact.se) == (pytest.approx(means.estimate, rel=1e-12), pytest.approx(means.se, rel=1e-12))
    assert found.doubly_robust is not None
    assert abs(found.ips.estimate - exact.estimate) < found.ips.se
    assert found.doubly_robust.estimate == pytest.approx(exact.estimate, abs=1e-5)
    assert found.doubly_robust.se == pytest.approx(exact.se, rel=1e-3)


def shop(campaign: str) -> tuple[pd.DataFrame, Log]:
    """Return the clicks of a shop's uniform random log, and the log of its bandit; "contacted" is: showed this item."""
    frame = pd.read_parquet(shared("data/open_bandit_small.parquet"))
    frame = frame[frame["campaign"] == campaign]
    uniform, bandit = (frame[frame["behaviour_policy"] == name] for name in ("random", "bts"))
    columns = {"contacted": np.ones(len(bandit)), "propensity": bandit["propensity_score"], "outcome": bandit["click"]}
    return uniform, Log(**columns, cluster=np.arange(len(bandit)))


def test_a_shops_bandit_log_foretells_its_random_log() -> None:
    """Open Bandit, men: the uniform choice of 34 items, judged by the bandit's log, against what it truly got."""
    uniform, log = shop("men")
    found, truth = (
        evaluate(log, np.full(log.rows, 1 / 34)),
        mean_interval(uniform["click"].to_numpy(), np.arange(10_000)),
    )
    for actual in (found.ips, found.self_normalised):
        assert abs(actual.estimate - truth.estimate) < 1.96 * np.hypot(actual.se, truth.se)


def test_a_shops_bandit_log_that_settled_early_is_refused() -> None:
    """Open Bandit, women: the bandit hardly showed most of 46 items, an effective sample size of 2 in 10,000 rows."""
    _, log = shop("women")
    with pytest.raises(Unanswerable, match=r"the effective sample size is 2\.1, below 200"):
        evaluate(log, np.full(log.rows, 1 / 46))

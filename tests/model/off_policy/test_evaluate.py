"""The formulas, against an obvious loop; what they must equal; and what must not change them."""

import doctest
import importlib
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.canonical import canonical
from model.contracts import Shares
from model.errors import InvalidInput
from model.evaluation import average_effect, pseudo_outcome
from model.off_policy.estimates import OffPolicy
from model.off_policy.evaluate import CLIP, Log, compare, evaluate, with_part_means
from model.off_policy.weights import effective_size
from model.policy_value import worth
from tests.model.decision_logs import drawn, large, right_means, shares, steep, wrong_means

ESTIMATORS = ("ips", "self_normalised", "doubly_robust", "clipped_ips", "clipped_doubly_robust")


def by_hand(log: Log, contacts: np.ndarray, clip: float) -> dict[str, float]:
    """Return every estimate, and what stands beside it, row by row."""
    assert log.means is not None
    sums = dict.fromkeys([*ESTIMATORS, "weight", "cut"], 0.0)
    per_cluster: dict[int, float] = {}
    largest = 0.0
    for i in range(log.rows):
        pi, e, y = float(contacts[i]), float(log.propensity[i]), float(log.outcome[i])
        m1, m0 = float(log.means[0][i]), float(log.means[1][i])
        w, m = (pi / e, m1) if log.contacted[i] else ((1 - pi) / (1 - e), m0)
        c, direct = min(w, clip), pi * m1 + (1 - pi) * m0
        sums["ips"] += w * y
        sums["self_normalised"] += w * y
        sums["doubly_robust"] += direct + w * (y - m)
        sums["clipped_ips"] += c * y
        sums["clipped_doubly_robust"] += direct + c * (y - m)
        sums["weight"] += w
        sums["cut"] += max(pi - clip * e, 0) + max(1 - pi - clip * (1 - e), 0)
        per_cluster[int(log.cluster[i])] = per_cluster.get(int(log.cluster[i]), 0.0) + w
        largest = max(largest, w)
    found = {name: value / log.rows for name, value in sums.items()}
    found["self_normalised"] /= found["weight"]
    size = sums["weight"] ** 2 / sum(w**2 for w in per_cluster.values())
    return found | {"size": size, "largest": largest}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("clip", [1.0, 1.5, 20.0])
def test_every_estimate_is_the_formula(seed: int, clip: float) -> None:
    """IPS, self-normalised, doubly robust, both clipped; the weights beside them; clusters of four rows."""
    made = drawn(2000, seed, size=4, means=wrong_means)
    contacts = np.random.default_rng(seed).random(2000)
    found, expected = evaluate(made.log, contacts, clip=clip), by_hand(made.log, contacts, clip)
    actual = {name: getattr(found, name).estimate for name in ESTIMATORS}
    assert actual == pytest.approx({name: expected[name] for name in ESTIMATORS})
    assert found.mean_weight.estimate == pytest.approx(expected["weight"])
    assert found.clipped_ips.clipped_share == pytest.approx(expected["cut"])
    assert found.ips.effective_sample_size == pytest.approx(expected["size"])
    assert found.ips.largest_weight == pytest.approx(expected["largest"])
    assert found.clipped_ips.largest_weight == pytest.approx(min(expected["largest"], clip))


def without(log: Log, name: int) -> Log:
    """Return the log without one cluster."""
    return log.take(log.cluster != name)


def test_intervals_leave_each_cluster_out_and_compute_everything_again() -> None:
    """The standard error of every estimate, and of every difference, is the jackknife's, to the last digits."""
    made = drawn(900, 4, size=3, means=wrong_means)
    contacts = large(made.x)

    def estimates(log: Log, rule: np.ndarray) -> np.ndarray:
        found = evaluate(log, rule, clip=1.5)
        return np.array(
            [getattr(holder, name).estimate for holder in (found, found.against_logging) for name in ESTIMATORS]
        )

    every = estimates(made.log, contacts)
    moves = [estimates(without(made.log, g), contacts[made.log.cluster != g]) - every for g in range(300)]
    found = evaluate(made.log, contacts, clip=1.5)
    actual = [getattr(holder, name).se for holder in (found, found.against_logging) for name in ESTIMATORS]
    assert actual == pytest.approx(np.sqrt(299 / 300 * np.sum(np.array(moves) ** 2, axis=0)))


@pytest.mark.parametrize("logging", [steep, shares])
def test_the_logging_policy_itself_is_worth_the_logged_mean_exactly(logging: Any) -> None:
    """The same action probabilities: every weight is 1, every row counts, nothing differs and nothing is uncertain."""
    made = drawn(3000, 0, logging=logging)
    found = evaluate(made.log, made.log.propensity)
    mean = float(np.mean(made.log.outcome))
    assert found.ips.estimate == found.self_normalised.estimate == found.clipped_ips.estimate == mean
    assert (found.logged.estimate, found.logged.se) == (mean, found.ips.se)
    assert (found.ips.effective_sample_size, found.ips.largest_weight) == (3000.0, 1.0)
    gap = found.against_logging
    assert (gap.ips.estimate, gap.ips.se, gap.self_normalised.estimate, gap.clipped_ips.se) == (0.0, 0.0, 0.0, 0.0)
    assert (found.mean_weight.estimate, found.mean_weight.se) == (1.0, 0.0)


def test_a_rule_with_the_shares_of_its_log_is_that_log() -> None:
    """The cut-off in use, explored as it was: `shares.above` and `shares.below`, read from decisions, give weight 1."""
    made = drawn(3000, 0, logging=shares)
    arms = Shares()
    rule = np.where(made.x >= 0.5, arms.above, arms.below)
    logged = np.where(made.log.contacted, made.log.propensity, np.round(1.0 - made.log.propensity, 12))
    log = Log.from_decisions(
        sent=made.log.contacted, logging_propensity=logged, outcome=made.log.outcome, cluster=made.log.cluster
    )
    assert evaluate(log, rule).ips.estimate == float(np.mean(log.outcome))


def test_differences_of_doubly_robust_values_are_the_paired_worths() -> None:
    """mean[(π − π′)·Γ], with the same interval as `model.policy_value` gives."""
    made = drawn(2000, 1, size=2, means=wrong_means)
    log, one, two = made.log, large(made.x), np.full(2000, 0.3)
    assert log.means is not None
    gamma = pseudo_outcome(log.outcome, arms=log.means, contacted=log.contacted, propensity=log.propensity)
    found = compare(log, one, two).difference.doubly_robust
    against = evaluate(log, one).against_logging.doubly_robust
    assert found is not None
    assert against is not None
    expected = [worth(one, gamma).minus(worth(other, gamma), log.cluster) for other in (two, log.propensity)]
    for actual, wanted in zip([found, against], expected, strict=True):
        assert asdict(actual) == pytest.approx(asdict(wanted))


def test_against_nobody_the_doubly_robust_value_is_the_worth() -> None:
    """Relative to contacting nobody, as the report's policy value is."""
    made = drawn(2000, 1, means=right_means)
    log = made.log
    assert log.means is not None
    gamma = pseudo_outcome(log.outcome, arms=log.means, contacted=log.contacted, propensity=log.propensity)
    found = compare(log, large(made.x), np.zeros(2000)).difference.doubly_robust
    assert found is not None
    assert asdict(found) == pytest.approx(asdict(worth(large(made.x), gamma).interval(log.cluster)))


def test_everyone_less_nobody_is_the_difference_in_means_when_the_propensity_is_constant() -> None:
    """Self-normalised, with the same standard error: whatever constant is said to be the propensity."""
    made = drawn(3000, 2, logging=lambda x: np.full(len(x), 0.3), size=3)
    log = made.log
    found = compare(log, np.ones(3000), np.zeros(3000)).difference.self_normalised
    expected = average_effect(log.outcome, contacted=log.contacted, cluster=log.cluster)
    assert asdict(found) == pytest.approx(asdict(expected))


def test_self_normalised_values_move_with_the_level_of_the_outcome() -> None:
    """Ten more for everyone is ten more, however uneven the weights; plain IPS adds the mean weight's error too."""
    made = drawn(1000, 3)
    shifted = replace(made.log, outcome=made.log.outcome + 10.0, bounds=(10.0, 11.0))
    rule = large(made.x)
    low, high = evaluate(made.log, rule), evaluate(shifted, rule)
    assert high.self_normalised.estimate - low.self_normalised.estimate == pytest.approx(10.0)
    assert high.self_normalised.se == pytest.approx(low.self_normalised.se)
    assert high.ips.estimate - low.ips.estimate == pytest.approx(10.0 * low.mean_weight.estimate)
    assert high.ips.se > 5.0 * high.self_normalised.se


def test_the_reversed_comparison_is_the_negative() -> None:
    """Second minus first: the same width on the other side of 0, the worst bias too."""
    made = drawn(2000, 5, logging=shares, means=right_means)
    one, two = (found.difference for found in both_ways(made.log, np.full(2000, 0.5), made.log.propensity))
    for name in ESTIMATORS:
        forth, back = getattr(one, name), getattr(two, name)
        assert (forth.estimate, forth.low, forth.se) == pytest.approx((-back.estimate, -back.high, back.se))
    assert one.clipped_ips.bias is not None
    assert two.clipped_ips.bias is not None
    assert one.clipped_ips.bias.low == pytest.approx(-two.clipped_ips.bias.high)
    assert one.clipped_ips.bias.low < 0.0


def both_ways(log: Log, one: np.ndarray, two: np.ndarray) -> list[Any]:
    """Compare two evaluation policies in both orders, clipped hard."""
    return [compare(log, a, b, clip=5.0) for a, b in ((one, two), (two, one))]


def test_pairing_makes_policies_that_mostly_agree_easy_to_tell_apart() -> None:
    """They differ on a tenth of the rows: the error of the difference is far below that of either value."""
    made = drawn(4000, 6, means=right_means)
    one, two = large(made.x), (made.x > 0.5).astype(float)
    found = compare(made.log, one, two)
    apart = np.hypot(found.first.ips.se, found.second.ips.se)
    assert found.difference.ips.se < 0.5 * apart


def numbers(found: OffPolicy) -> dict[str, tuple[float, float]]:
    """Return estimate and standard error of everything that has them."""
    holders = {"value": found, "gap": found.against_logging}
    return {
        f"{kind} {name}": (getattr(holder, name).estimate, getattr(holder, name).se)
        for kind, holder in holders.items()
        for name in ESTIMATORS
    }


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([1, 2]))
def test_the_order_of_rows_changes_nothing(seed: int, size: int) -> None:
    """Nor do the names of the clusters."""
    made = drawn(1000, seed, size=size, means=wrong_means)
    rule, order = large(made.x), np.random.default_rng(seed).permutation(1000)
    log = made.log
    assert log.means is not None
    shuffled = Log(
        contacted=log.contacted[order],
        propensity=log.propensity[order],
        outcome=log.outcome[order],
        cluster=np.array([f"customer {code}" for code in log.cluster[order]]),
        means=(log.means[0][order], log.means[1][order]),
    )
    actual, expected = numbers(evaluate(shuffled, rule[order])), numbers(evaluate(log, rule))
    assert actual == {name: pytest.approx(pair) for name, pair in expected.items()}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), copies=st.integers(2, 4))
def test_repeating_every_row_of_a_customer_is_no_evidence(seed: int, copies: int) -> None:
    """Estimates, errors and effective sample size stay: copies in the same cluster are one customer."""
    made = drawn(800, seed, means=wrong_means)
    rows = np.repeat(np.arange(800), copies)
    once, many = evaluate(made.log, large(made.x)), evaluate(repeated(made.log, rows), large(made.x)[rows])
    assert numbers(many) == {name: pytest.approx(pair) for name, pair in numbers(once).items()}
    assert many.ips.effective_sample_size == pytest.approx(once.ips.effective_sample_size)
    assert many.clipped_ips.clipped_share == pytest.approx(once.clipped_ips.clipped_share)


def repeated(log: Log, rows: np.ndarray) -> Log:
    """Return some rows of a log, repeats included."""
    assert log.means is not None
    columns = {name: getattr(log, name)[rows] for name in ("contacted", "propensity", "outcome", "cluster")}
    return replace(log, **columns, means=(log.means[0][rows], log.means[1][rows]))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100.0), shift=st.floats(-5.0, 5.0))
def test_outcomes_in_other_units_give_values_in_those_units(seed: int, scale: float, shift: float) -> None:
    """Linear in the outcome: scale moves all; a shift moves all but IPS, whose weights do not sum to 1, by itself."""
    made = drawn(800, seed, means=wrong_means)
    log, rule = made.log, large(made.x)
    assert log.means is not None
    means = (scale * log.means[0] + shift, scale * log.means[1] + shift)
    moved = replace(log, outcome=scale * log.outcome + shift, means=means, bounds=(shift, scale + shift + 1e-9))
    before, after = evaluate(log, rule), evaluate(moved, rule)
    for name in ("self_normalised", "doubly_robust"):
        old, new = getattr(before, name), getattr(after, name)
        assert (new.estimate, new.se) == pytest.approx((scale * old.estimate + shift, scale * old.se), abs=1e-9)
    weight = before.mean_weight.estimate
    assert after.ips.estimate == pytest.approx(scale * before.ips.estimate + shift * weight, abs=1e-9)


@given(
    weights=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30).filter(lambda w: max(w) > 1e-3),
    scale=st.floats(1e-6, 1e6),
)
def test_the_effective_size_does_not_depend_on_the_unit_of_weight(weights: list[float], scale: float) -> None:
    """Between 1 and the number of rows, and the same for c·w."""
    w, rows = np.array(weights), np.arange(len(weights))
    actual = effective_size(scale * w, rows)
    assert actual == pytest.approx(effective_size(w, rows))
    assert 1.0 - 1e-9 <= actual <= len(weights) + 1e-9


@given(st.lists(st.tuples(st.floats(0.01, 100.0), st.integers(0, 5)), min_size=1, max_size=40))
def test_clusters_never_add_to_the_effective_size(rows: list[tuple[float, int]]) -> None:
    """Rows of one customer count together: at most as many as there are customers, at most as many as of rows alone."""
    weights, cluster = (np.array(column) for column in zip(*rows, strict=True))
    actual = effective_size(weights, np.unique(cluster, return_inverse=True)[1])
    assert actual <= min(len(set(cluster.tolist())), effective_size(weights, np.arange(len(weights)))) + 1e-9


@pytest.mark.parametrize("weights", [[0.0, 0.0], [np.inf, 1.0]])
def test_no_weight_and_endless_weight_have_no_size(weights: list[float]) -> None:
    """Zero, so that they are refused."""
    assert effective_size(np.array(weights), np.arange(2)) == 0.0


def test_the_holdout_as_shipped_is_not_clipped() -> None:
    """Nobody, by a log that withholds 5 % above the cut-off: weight 20 stands; everyone, by 2 % below: 50 is cut."""
    made = drawn(20_000, 0, logging=shares)
    found = compare(made.log, np.zeros(20_000), np.ones(20_000))
    nobody, everyone = found.first.clipped_ips, found.second.clipped_ips
    assert (nobody.clipped_rows, nobody.clipped_share, nobody.clip) == (0, 0.0, CLIP)
    assert everyone.clipped_rows == int(np.sum(made.log.contacted & (made.x < 0.5)))
    assert everyone.clipped_share == pytest.approx(np.mean(made.x < 0.5) * (1.0 - 20 * 0.02))
    assert everyone.bias is not None
    assert (everyone.bias.low, everyone.bias.high) == (pytest.approx(-everyone.clipped_share), 0.0)


@pytest.mark.parametrize("clip", [0.5, 0.0, -1.0, float("nan"), float("inf")])
def test_a_clip_that_would_cut_the_log_itself_is_refused(clip: float) -> None:
    """Below 1 even agreement would be clipped."""
    made = drawn(1000, 0)
    with pytest.raises(InvalidInput, match="`clip` is"):
        evaluate(made.log, large(made.x), clip=clip)


def test_without_means_there_is_no_doubly_robust_estimate() -> None:
    """None, and a note that says what to give: a constant would have the name and not the protection."""
    made = drawn(1000, 0)
    found = evaluate(made.log, large(made.x))
    assert (found.doubly_robust, found.clipped_doubly_robust, found.against_logging.doubly_robust) == (None, None, None)
    assert found.notes == (
        "doubly robust: not available, the log has no means; give `means`, or use `with_part_means`",
    )


def test_without_bounds_the_worst_bias_is_not_known() -> None:
    """Net benefits have none unless they are said."""
    made = drawn(1000, 0, means=right_means)
    log = replace(made.log, outcome=made.log.outcome * 3.0, bounds=None)
    found = evaluate(log, large(made.x))
    assert (found.clipped_ips.bias, found.against_logging.clipped_ips.bias) == (None, None)
    assert found.notes == ("clipped: the worst bias is not known, outcomes have no bounds; give `bounds`",)


def test_a_part_in_which_nothing_fitting_was_drawn_is_noted() -> None:
    """A small one that was explored, and not drawn by chance: the estimate stands on the rest, and says so."""
    rows = np.arange(5020)
    rare = rows >= 5000
    log = Log(
        contacted=~rare & (rows % 2 == 0),
        propensity=np.where(rare, 0.1, 0.5),
        outcome=rows % 3 == 0,
        cluster=rows,
        part=np.where(rare, "rare", "usual"),
    )
    notes = evaluate(log, np.ones(5020)).notes
    assert any(
        note.startswith("no row did what the evaluation policy would do in `rare` (20 of 5020") for note in notes
    )


def test_propensities_of_another_log_are_noticed() -> None:
    """The mean weight is 1 in expectation: a log that contacted twice as often as it says is told."""
    made = drawn(4000, 0, logging=lambda x: np.full(len(x), 0.4), propensity=lambda x: np.full(len(x), 0.2))
    found = evaluate(made.log, np.ones(4000))
    assert found.mean_weight.estimate == pytest.approx(2.0, abs=0.1)
    assert found.notes[-1].endswith(
        "where 1 is expected (p < .001): either the propensities are not those of the log (check how they were "
        "logged), or a part is hardly ever explored and what would weigh most was not drawn (the thinnest is "
        "`all rows`, 4000 rows, weights up to 5)"
    )


def test_the_means_of_a_part_never_saw_the_row() -> None:
    """By a loop over folds: cluster modulo five, part and arm; where none is elsewhere, the arm, then all rows."""
    rng = np.random.default_rng(0)
    log = Log(
        contacted=rng.random(60) < 0.5,
        propensity=np.full(60, 0.5),
        outcome=rng.normal(size=60),
        cluster=np.repeat(np.arange(20), 3),
        part=np.where(np.arange(60) < 3, "rare", np.where(np.arange(60) % 2, "odd", "even")),
    )
    found = with_part_means(log).means
    assert found is not None
    assert log.part is not None
    for arm, actual in ((True, found[0]), (False, found[1])):
        for i in range(60):
            elsewhere = (log.cluster % 5 != log.cluster[i] % 5) & (log.contacted == arm)
            same = elsewhere & (log.part == log.part[i])
            assert actual[i] == pytest.approx(log.outcome[same if same.any() else elsewhere].mean())


def test_means_of_an_arm_that_was_never_drawn_are_those_of_all() -> None:
    """A log of contacts only still says something of the level, without a division by nothing."""
    log = Log(contacted=np.ones(4), propensity=np.ones(4), outcome=np.arange(4.0), cluster=np.arange(4))
    found = with_part_means(log, folds=4).means
    assert found is not None
    assert found[1].tolist() == found[0].tolist() == pytest.approx([2.0, 5 / 3, 4 / 3, 1.0])


def test_means_cannot_be_cross_fitted_within_one_customer() -> None:
    """There is nobody else to learn from."""
    log = Log(contacted=np.ones(4), propensity=np.ones(4), outcome=np.arange(4.0), cluster=np.zeros(4, dtype=int))
    with pytest.raises(InvalidInput, match="`cluster` is the same in every row"):
        with_part_means(log)


def test_what_is_said_is_json() -> None:
    """Every number is finite, so that replay can write it."""
    made = drawn(1000, 0, means=right_means, part=lambda x: np.where(x > 0.5, "large", "small"))
    found = asdict(compare(made.log, large(made.x), np.full(1000, 0.5)))
    assert canonical(found)
    assert [part["part"] for part in found["first"]["parts"]] == ["large", "small"]


def test_parts_say_how_well_each_carries_the_answer() -> None:
    """Rows, effective sample size and largest weight of the part alone."""
    made = drawn(10_000, 0, logging=shares, part=lambda x: np.where(x >= 0.5, "above", "below"))
    above, below = evaluate(made.log, np.full(10_000, 0.95)).parts
    expected = effective_size(
        np.where(made.log.contacted, 0.95 / 0.02, 0.05 / 0.98)[made.x < 0.5], np.arange(below.rows)
    )
    assert (above.part, above.effective_sample_size, above.largest_weight) == ("above", above.rows, 1.0)
    assert (below.effective_sample_size, below.largest_weight) == (pytest.approx(expected), pytest.approx(47.5))


@pytest.mark.parametrize("name", ["evaluate", "log", "bias", "expected", "weights"])
def test_the_examples_run(name: str) -> None:
    """What a docstring shows is true."""
    found = doctest.testmod(importlib.import_module(f"model.off_policy.{name}"))
    assert (found.attempted > 0, found.failed) == (True, 0)

"""What METHOD section 9 owes, line by line: where each test stands. Those without a place of their own are here.

Arms, per occasion and fixed per customer
    here: `test_an_arm_per_occasion_holds_its_level`, `test_an_arm_per_customer_does_not`
Round trip logging_propensity ↔ e over arm × above × action
    here: `test_what_is_logged_is_how_often_it_is_done`
    tests/serving/ledger_table/test_columns.py: `test_every_arm_round_trips_to_its_propensity`
Bets that look at their own e are caught under .95/.02
    here: `test_a_stake_sees_nothing_of_its_own_cluster`
    test_betting.py: `test_bets_that_see_their_own_propensity_are_wrong`
Harm correlated with cluster size is covered; harm only below the cut-off shows in R
    here: `test_what_guards_holds_and_what_it_guards_against_does_not`
    test_trials.py: `test_validity_where_harm_comes_with_cluster_size`,
    `test_harm_below_the_cut_off_shows_in_the_estimate`
L of both harms, exactly, at .95/.02, and the limit that is tested
    here: `test_losses_of_explored_rows_are_those_worked_out_by_hand`, `test_the_limit_that_is_tested_is_the_one_given`
Changing `--seed` moves neither split nor order
    test_train.py: `test_the_seed_moves_neither_split_nor_order_nor_scope`
    test_issue.py: `test_the_bets_run_in_the_order_of_the_hash`
Changing one arm's e closes the certificate
    test_train.py: `test_a_wrong_propensity_of_one_arm_closes_the_certificate`
The deployed scorer is the certified one
    test_train.py: `test_the_deployed_scorer_is_the_certified_one`, `test_the_deployed_scorer_is_the_evaluated_one`
Permuted treatment fails the value check
    here: `test_a_gain_by_chance_is_no_value`, `test_shuffled_contact_seldom_reaches_a_lower_bound_above_zero`
    test_train.py: `test_permuted_treatment_fails_the_value_check`
    test_known_truths.py: `test_shuffled_contact_has_no_value`
Validity at the boundary
    here: `test_the_level_holds_at_the_boundary`
    test_trials.py: `test_validity_at_the_boundary`
Power beside the oracle
    here: `test_power_and_margins_beside_the_alternatives`
    test_betting.py: `test_power_is_near_that_of_the_normal_approximation`

The whole grid, 400 repeats a world, is `benchmarks/certificate.py`; permuted treatment, 100 shuffles, is part of it.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.certificate_arms import History, repeat
from benchmarks.certificate_cells import METHODS, STUDIES, Cell, run
from benchmarks.certificate_results import Result, summed
from model.certifying.harm import HARMS, Design
from model.certifying.trials import Ground, Question, try_rules
from model.contracts import Arm, Shares
from model.evaluation import pseudo_outcome
from model.gate import value_check
from model.policy_value import worth
from model.statistics.betting import Moments, p_value, stakes
from model.train import train
from serving.arms import LAYER, arm, logging_propensity, uniform
from tests.model.occasions import evidence, frame, ground, losses_of, risk_of, rows_of, rules, table, trial

LEVEL = Question(alpha={"complaint": 0.05, "opt_out": 0.05}, delta=0.05).level


def beyond_chance(wrong: int, repeats: int) -> bool:
    """Whether so many violations are more than the level explains (one in a thousand)."""
    return bool(binom.sf(wrong - 1, repeats, LEVEL) < 0.001)


@cache
def drawn(*, fixed: bool) -> tuple[int, int]:
    """Of 20 logs of 1,500 customers: those that certified harm at 1.02 α, those with a bound below the truth."""
    found = [repeat(History(fixed=fixed), (9, k), 1500) for k in range(20)]
    return sum(certified for certified, _ in found), sum(below for _, below in found)


def test_an_arm_per_occasion_holds_its_level() -> None:
    """Contact history enters eligibility and harm; the draw is fresh, so e is what was logged."""
    assert [beyond_chance(count, 20) for count in drawn(fixed=False)] == [False, False]


def test_an_arm_per_customer_does_not() -> None:
    """The history tells the arm: a bound is below the truth in half the repeats or more, so the test above can fail."""
    assert (drawn(fixed=True)[1] >= 10, beyond_chance(drawn(fixed=True)[0], 20)) == (True, True)


@pytest.mark.parametrize(
    "shares", [Shares(), Shares(model=0.6, policy_only=0.25, holdout=0.15)], ids=["usual", "other"]
)
@pytest.mark.parametrize("above", [True, False])
def test_what_is_logged_is_how_often_it_is_done(shares: Shares, *, above: bool) -> None:
    """Arm × side × action → logged propensity → e: the same for every arm, and the frequency of 20,000 draws."""
    seen, e = [], set()
    for number in range(20_000):
        own = arm(uniform(b"salt", LAYER, f"u-{number}", "fact"), shares)
        sent = own == Arm.POLICY_ONLY or (own == Arm.MODEL and above)
        logged = logging_propensity(sent=sent, above=above, shares=shares)
        e.add(round(logged if sent else 1.0 - logged, 12))
        seen.append(sent)
    expected = shares.above if above else shares.below
    assert e == {expected}
    assert abs(np.mean(seen) - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)


def stake_of_the_last(change: Callable[[Ground], Ground]) -> tuple[list[float], list[float]]:
    """The last cluster's stakes, of a log of .95/.02 and of the same log with that cluster changed."""
    built, one, two = ground(3, rows=1200, e=(0.95, 0.02), caused=0.02, left=0.02)
    question = Question(alpha={"complaint": 0.05, "opt_out": 0.05}, delta=0.05)
    return tuple(  # type: ignore[return-value]  (two of them)
        [trial.stake[-1] for tried in try_rules(rules(one, two, (0.0, 0.2)), each, question) for trial in tried.trials]
        for each in (built, change(built))
    )


def with_last(built: Ground, **columns: float) -> Ground:
    """The same ground, the last row of D2 changed."""
    half = built.second.half
    changed = {name: np.r_[getattr(half, name)[:-1], value] for name, value in columns.items()}
    changed = {name: value.astype(getattr(half, name).dtype) for name, value in changed.items()}
    return replace(built, second=replace(built.second, half=replace(half, **changed)))


@pytest.mark.parametrize(
    "columns",
    [{"propensity": 0.02}, {"propensity": 0.95}, {"contacted": True, "opt_out": 1.0, "complaint": 1.0}],
    ids=["its e", "its other e", "its harm"],
)
def test_a_stake_sees_nothing_of_its_own_cluster(columns: dict[str, float]) -> None:
    """λ_t is fixed before cluster t is looked at, for both harms and every rule."""
    before, after = stake_of_the_last(lambda built: with_last(built, **columns))
    assert before == after


E = np.array([0.95, 0.02, 0.02, 0.95, 0.02, 0.95])
S = np.array(
    [0.95, 0.02, 0.02, 0.95, 0.95, 0.02]
)  # the last two stand on another side of this cut-off than when logged
CONTACTED, COMPLAINED, LEFT = np.array([[1, 1, 0, 0, 1, 1], [1, 0, 1, 0, 1, 0], [0, 1, 0, 0, 1, 1]])


def by_hand(alpha: float) -> dict[str, list[float]]:
    """L of both harms of the six rows, where .03 would complain either way."""
    complaints = [0.97 / 0.95, -0.03 / 0.02, -0.97 / 0.98, 0.03 / 0.05, 0.97 / 0.02, -0.03 / 0.95]
    return {
        "complaint": [s * (effect - alpha) for s, effect in zip(S, complaints, strict=True)],
        "opt_out": [-alpha, 1.0 - alpha, 0.0, 0.0, 47.5 * (1.0 - alpha), 0.02 / 0.95 * (1.0 - alpha)],
    }


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("alpha", [0.02, 0.021], ids=["α", "1.05 α"])
def test_losses_of_explored_rows_are_those_worked_out_by_hand(harm: str, alpha: float) -> None:
    """Opt-outs weigh s/e, which is 1 only where the rule stands where the log stood; complaints by both arms."""
    built = rows_of(np.zeros((6, 1)), CONTACTED == 1, np.zeros(6), e=E, complaint=COMPLAINED, opt_out=LEFT)
    shown, design = evidence(built), Design(rows_per_cluster=1, highest=0.95)
    found = losses_of(risk_of(harm, shown, S, alpha=alpha, design=design), shown, S, design=design)
    assert (found.caused - alpha * found.exposed).tolist() == pytest.approx(by_hand(alpha)[harm])


@pytest.mark.parametrize("harm", HARMS)
def test_the_limit_that_is_tested_is_the_one_given(harm: str) -> None:
    """The p-value is that of the bets against α, to the last digits; against 1.05 α it would be smaller."""
    built, one, two = ground(4, rows=3000, e=(0.95, 0.02), caused=0.02, left=0.02)
    (rule,) = rules(one, two, (0.0,))
    contacts = [built.design.contacts(score, 0.0) for score in (one, two)]

    def against(alpha: float) -> float:
        risk = risk_of(harm, built.first, contacts[0], alpha=alpha, design=built.design)
        shown = [losses_of(risk, half, s, design=built.design) for half, s in zip(halves, contacts, strict=True)]
        before, now = (each.caused - alpha * each.exposed for each in shown)
        return p_value(now, stakes(now, hi=risk.hi, log_level=6.0, before=Moments.of(before)))

    halves = (built.first, built.second)
    actual = trial(harm, rule, built, alpha=0.04, log_level=6.0).p
    assert actual == pytest.approx(against(0.04), rel=1e-9)
    assert against(1.05 * 0.04) < 0.97 * actual


def test_shuffled_contact_seldom_reaches_a_lower_bound_above_zero() -> None:
    """Two hundred shuffles, everyone contacted: half the gains are above 0 by chance, few are shown to be."""
    rng = np.random.default_rng(8)
    benefit, sent, everyone = rng.random(800) < 0.3, np.arange(800) % 2 == 0, np.ones(800)
    arms = (np.full(800, 0.3), np.full(800, 0.3))
    values = []
    for _ in range(200):
        mixed = rng.permutation(sent)
        gamma = pseudo_outcome(benefit.astype(float), arms=arms, contacted=mixed, propensity=np.full(800, 0.5))
        values.append(worth(everyone, gamma).interval(np.arange(800)))
    shown = sum(value_check(value).passed for value in values)
    assert (sum(value.estimate > 0.0 for value in values) >= 70, shown <= 12) == (True, True)


@pytest.mark.parametrize("seed", [2, 8, 10, 14])
def test_a_gain_by_chance_is_no_value(seed: int) -> None:
    """Shuffles that both halves take for a gain: the estimate is above 0, its lower bound is not, the check fails."""
    data = frame(1500, seed=seed, effect=0.0)
    data["sent"] = data["sent"].to_numpy()[np.random.default_rng(100 + seed).permutation(1500)]
    report = train(table(data, complaint=None, opt_out=None), scorers=("average", "response", "t_logit")).report
    worth_, passed = report["policy_value"]["model"], {c["name"]: c["passed"] for c in report["gate"]["checks"]}
    assert (worth_["estimate"] > 0.0, worth_["low"] > 0.0, passed["value"]) == (True, False, False)


@cache
def played(cell: Cell, repeats: int) -> Result:
    """Some repeats of a cell of the benchmark."""
    return summed(cell, [run(cell, (90, k)) for k in range(repeats)])


BOUNDARY = [
    replace(cell, n=n, kind=kind)
    for cell in STUDIES["boundary"]()
    for n, kind in [(1000, "grid") if cell.name == "both" else (16_000, "one")]
    if cell.n == 2000 and cell.alpha == 0.05 and cell.e in {".5", ".95/.02"}
]


@pytest.mark.parametrize("cell", BOUNDARY, ids=lambda cell: f"{cell.e} {cell.shape} {cell.name}")
def test_the_level_holds_at_the_boundary(cell: Cell) -> None:
    """One harm at 1.02 α, or both at twenty cut-offs: certified no more often than the level says."""
    assert not beyond_chance(played(cell, 12).violations, 12)


STRESS = [
    replace(cell, kind=kind, n=n)
    for cell in STUDIES["stress"]()
    for kind, n in [("grid", 3000) if cell.shape == "falling" else ("one", 12_000)]
]


@pytest.mark.parametrize("cell", STRESS, ids=lambda cell: cell.name.replace("…", "but"))
def test_what_guards_holds_and_what_it_guards_against_does_not(cell: Cell) -> None:
    """Clusters, harm below the cut-off, shares: as METHOD says the level holds, done otherwise it does not."""
    assert beyond_chance(played(cell, 10).violations, 10) == (not cell.holds)


POWER = {(c.kind, c.e, c.alpha, c.truth[0]): c for c in STUDIES["power"]() if c.n == 2000}


@pytest.mark.parametrize(("kind", "e"), list(itertools.product(("one", "everyone"), (".5",))))
def test_power_and_margins_beside_the_alternatives(kind: str, e: str) -> None:
    """Opt-outs at half their limit: the CLT certifies, so do the bets; no bound that holds is a tenth narrower."""
    found = played(replace(POWER[kind, e, 0.05, 0.5], n=4000), 20).compared[1]
    ours, clt = (float(found.power[METHODS.index(name)]) for name in ("bets", "clt"))
    assert (clt >= 0.8, ours >= 0.75 * clt, found.ratio(found.median) <= 1.1) == (True, True, True)


def test_the_exact_tail_is_not_beaten_by_what_holds() -> None:
    """Where everybody is contacted alike the bets give way to Clopper and Pearson: the same bound."""
    found = played(replace(POWER["everyone", ".5", 0.05, 0.5], n=4000), 20).compared[1]
    assert found.median[METHODS.index("bets")] == pytest.approx(found.median[METHODS.index("exact")], abs=1e-9)
    assert found.best(found.median)[1] == "exact"

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.certificate import Terms, certify, refused
from model.certifying.trials import Ground, Question, try_rules
from model.contracts import Certificate, Shares
from tests.model.occasions import ground, rules

QUESTION = Question(alpha={"complaint": 0.05, "opt_out": 0.05}, delta=0.05)
TERMS = Terms(
    scope=(("delivery_update", "chat"),),
    control_rate={"complaint": 0.1, "opt_out": 0.1},
    assumptions=("the future resembles the past",),
    scorer_sha256="ab" * 32,
)
QS = (-0.5, -0.2, 0.0, 0.2)


def tried_and_certified(family: Any, built: Ground, question: Question = QUESTION, terms: Terms = TERMS) -> Certificate:
    """Try the rules and certify."""
    return certify(try_rules(family, built, question), built, question, terms)


def certified(
    *, cutoffs: Any = QS, question: Question = QUESTION, terms: Terms = TERMS, gamma: Any = None, **world: Any
) -> Certificate:
    """Certify rules in a simulated world; `gamma` is Γu as a function of the score."""
    built, one, two = ground(1, **world)
    if gamma is not None:
        built = replace_gamma(built, gamma(two))
    return tried_and_certified(rules(one, two, cutoffs), built, question, terms)


def replace_gamma(built: Ground, gamma: np.ndarray) -> Ground:
    """The same evidence with other net benefits."""
    return replace(built, gamma=gamma)


def test_harmless_contact_is_certified_at_the_smallest_cut_off() -> None:
    """Issued: who is contacted, which harm is bounded, by whom it may be used."""
    found = certified()
    assert (found.issued, found.cutoff, found.scope, found.scorer_sha256) == (True, -0.5, TERMS.scope, "ab" * 32)
    assert (found.share_contacted, found.n, found.expires) == (1.0, 4000, None)
    assert [bound.harm for bound in found.bounds] == ["complaint", "opt_out"]


def test_the_level_is_that_of_the_attempt() -> None:
    """The second attempt on the same data has a quarter of the level, and says so."""
    found = certified(question=replace(QUESTION, attempt=2))
    assert found.delta == pytest.approx(QUESTION.level / 4)
    assert "attempt 2" in found.method


def test_bounds_state_target_control_rate_and_estimate() -> None:
    """What was promised stands beside what happens anyway."""
    complaint, opt_out = certified().bounds
    assert (complaint.alpha, complaint.control_rate) == (0.05, 0.1)
    assert complaint.estimate < complaint.bound < 0.05
    assert 0.0 == opt_out.estimate < opt_out.bound < 0.05
    assert "simultaneous" in certified().method


def test_bounds_hold_for_both_harms_and_every_cut_off_at_once() -> None:
    """Inverted at δ/(2K)."""
    built, one, two = ground(1)
    family = rules(one, two, QS)
    expected = [each.bound(QUESTION.level / 8) for each in try_rules(family, built, QUESTION)[0].trials]
    assert [bound.bound for bound in tried_and_certified(family, built).bounds] == expected


def test_the_rule_that_came_closest_is_the_one_whose_worse_harm_is_best() -> None:
    """Not the one that is only good at one of the two."""
    built, one, two = ground(1, caused=lambda u: np.where(u < 0.0, 0.3, 0.0), left=0.2)
    tested = try_rules(rules(one, two, (-0.5, 0.1)), built, QUESTION)
    assert [each.p for each in tested] == [max(trial.p for trial in each.trials) for each in tested]


def test_alpha_above_the_control_rate_is_a_warning_with_both_figures() -> None:
    """Allowing more harm than happens by itself may be meant, and must be seen."""
    found = certified(terms=replace(TERMS, control_rate={"complaint": 0.012, "opt_out": 0.1}))
    expected = "warning: complaints are allowed up to 0.05 per contact, above their rate without contact of 0.012"
    assert found.reason.endswith(expected)
    assert "warning" not in certified().reason


def test_a_refusal_warns_of_a_limit_above_the_control_rate_too() -> None:
    """Nobody should collect a year of rows for a limit that they would not have chosen."""
    for refusal in ({"rows": 300}, {"gamma": lambda score: np.where(np.arange(len(score)) % 2 == 0, 1.0, -1.0)}):
        found = certified(terms=replace(TERMS, control_rate={"complaint": 0.012, "opt_out": 0.1}), **refusal)
        words = "warning: complaints are allowed up to 0.05 per contact, above their rate without contact of 0.012"
        assert (found.issued, found.reason.endswith(words)) == (False, True)


def test_too_much_harm_is_refused_and_more_rows_would_not_mend_it() -> None:
    """The estimate itself is above the limit."""
    found = certified(left=0.2)
    assert not found.issued
    assert "opt-outs are estimated at" in found.reason
    assert "which more rows would not mend" in found.reason
    assert (found.cutoff, found.share_contacted, found.bounds) == (None, None, ())


def test_too_few_rows_come_with_the_planners_figure() -> None:
    """What is missing, in rows."""
    found = certified(rows=300)
    assert not found.issued
    assert "rows would show it where D2 has 300" in found.reason


def test_a_harm_that_was_just_missed_asks_for_more_rows_than_there_were() -> None:
    """The planner's n is even odds: where D2 had it and missed, twice as many rows would most likely do."""
    found = certified(rows=1000, left=0.02)
    assert not found.issued
    assert "about 2,000 rows would show it where D2 has 1,000" in found.reason


def test_only_the_harm_that_is_missing_is_named() -> None:
    """Opt-outs are shown to be rare, complaints are not."""
    reason = certified(caused=0.2).reason
    assert ("complaints are estimated" in reason, "opt-outs are estimated" in reason) == (True, False)


def test_harm_below_the_cut_off_raises_the_cut_off() -> None:
    """The smallest q at which the rule as deployed is harmless enough."""
    found = certified(rows=12_000, left=lambda u: np.where(u < -0.1, 0.3, 0.0))
    assert (found.issued, found.cutoff) == (True, 0.0)


def test_harmless_contact_that_does_not_pay_is_refused() -> None:
    """The lower bound of the net benefit above the cut-off must be positive as well."""
    found = certified(gamma=lambda score: np.where(np.arange(len(score)) % 2 == 0, 1.0, -1.0))
    assert not found.issued
    assert "both harms are certified at 4 cut-offs, but at none is the lower 95 % bound of the net" in found.reason


@pytest.mark.parametrize("better", [0.02, -0.2])
def test_a_gain_that_is_not_shown_comes_with_the_rows_that_would_show_it(better: float) -> None:
    """(1.96 se / gain)² times as many; none where contact gains nothing."""
    found = certified(cutoffs=(-0.5,), gamma=lambda score: better + np.where(np.arange(len(score)) % 2 == 0, 1.0, -1.0))
    figure = re.search(r"about ([\d,]+) rows would show it where D2 has 4,000$", found.reason)
    assert (found.issued, figure is not None) == (False, better > 0.0)
    if figure:
        assert float(figure[1].replace(",", "")) == pytest.approx((1.96 / better) ** 2, rel=0.01)


def test_the_cut_off_rises_to_where_contact_pays() -> None:
    """Certified everywhere, worth it only above 0."""
    found = certified(gamma=lambda score: np.where(score < 0.0, -2.0, 0.5))
    assert (found.issued, found.cutoff) == (True, 0.0)


def test_rules_that_are_not_deployed_are_tested_and_not_issued() -> None:
    """They count in Holm's family, because D2 decided which rules remain."""
    built, one, two = ground(1)
    family = rules(one, two, QS)
    kept = [*(replace(rule, deployed=False) for rule in family[:2]), *family[2:]]
    found = tried_and_certified(kept, built)
    assert (found.issued, found.cutoff, "over 4 cut-offs" in found.method) == (True, 0.0, True)


@pytest.mark.parametrize("deployed", [None, False])
def test_without_a_rule_to_deploy_nobody_is_contacted(deployed: bool | None) -> None:  # noqa: FBT001  (a case, not a switch)
    """No customer has a net benefit of 0 or more."""
    built, one, two = ground(1, rows=200)
    family = [] if deployed is None else [replace(rule, deployed=False) for rule in rules(one, two, QS)]
    found = tried_and_certified(family, built)
    assert (found.issued, "nobody is to be contacted" in found.reason) == (False, True)


def test_a_wrong_propensity_gives_no_false_certificate_here() -> None:
    """Contact twice as rare as logged halves the harm that is seen: the propensity check must close it, not this."""
    built, one, two = ground(1, rows=4000, left=0.08)
    logged = replace(built.second, half=replace(built.second.half, propensity=np.full(len(two), 0.95)))
    found = tried_and_certified(rules(one, two, QS), replace(built, second=logged))
    assert not found.issued


@pytest.mark.parametrize(("rows", "issued"), [(8, True), (1000, False)])
def test_rows_that_the_learning_half_did_not_foresee_are_said(rows: int, *, issued: bool) -> None:
    """They close the certificate, or weigh on it; the estimate is that of the others, and no row too few is blamed."""
    built, one, two = ground(1)
    e = np.where(np.arange(len(two)) < rows, 0.05, built.second.half.propensity)
    logged = replace(built.second, half=replace(built.second.half, propensity=e))
    found = tried_and_certified(rules(one, two, (-0.5,)), replace(built, second=logged))
    share = f"{rows / len(two):.2%} of the certification half has a propensity that the learning half did not show"
    assert (found.issued, share in found.reason, "would not mend" in found.reason) == (issued, True, False)
    stated = [bound.estimate for bound in found.bounds] or [float(w) for w in re.findall(r"at (\S+) per", found.reason)]
    assert max(stated) < 0.02
    assert "learning half" not in tried_and_certified(rules(one, two, (-0.5,)), built).reason


def test_a_certificate_states_the_shares_it_was_computed_with() -> None:
    """In figures, for serving to compare, and in words."""
    other = Shares(model=0.6, policy_only=0.2, holdout=0.2)
    found = [certified(question=replace(QUESTION, shares=shares)) for shares in (Shares(), other)]
    assert [(each.contact_above, each.contact_below) for each in found] == [(0.95, 0.02), (0.8, 0.2)]
    assert "contact probability 0.8 at or above the cut-off, 0.2 below" in found[1].method


def test_every_reason_is_listed() -> None:
    """Nobody mends one thing to learn of the next."""
    found = refused(["no label", "no propensity"], QUESTION, TERMS, n=10)
    assert (found.issued, found.reason, found.n) == (False, "no label; no propensity", 10)


def test_the_same_evidence_gives_the_same_certificate() -> None:
    """No chance in it."""
    assert certified() == certified()

from functools import cache
from typing import Any

import numpy as np
import pytest

from model.certificate import certify
from model.certifying.issue import closed, control_rate, issue, rules, scope
from model.certifying.planner import GRID
from model.certifying.trials import Ground
from model.contracts import Shares
from model.diagnostics import propensity_check
from model.learning.assess import Assessed, assess
from model.learning.portfolio import learn
from model.learning.prepare import Prepared, prepare
from model.split import PUBLIC, hash_order, unit_hash
from model.table import Table
from tests.model.occasions import frame, table

WEIGHTS = {"benefit": 1.0, "complaint": 1.0, "opt_out": 1.0, "contact": 0.0}
TARGETS = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}


def assessed(data: Table, *, weights: dict[str, float] | None = None) -> tuple[Prepared, Assessed]:
    """Prepare, learn and assess a table."""
    prepared = prepare(data, seed=0)
    scorers = ("average", "response", "t_logit")
    learned = learn(prepared.first, weights=weights or WEIGHTS, folds=prepared.folds, scorers=scorers)
    return prepared, assess(prepared, learned, table=data)


@cache
def usual() -> tuple[Table, Prepared, Assessed]:
    """A table where customers differ."""
    data = table(frame(5000), certificate=TARGETS)
    return data, *assessed(data)


PASSED = {"passed": True, "detail": ""}


@pytest.mark.parametrize(
    ("changes", "check", "count"),
    [
        ({}, PASSED, 0),
        ({"complaint": None}, PASSED, 1),
        ({"complaint": None, "opt_out": None}, PASSED, 2),
        ({"propensity": None}, {"passed": False, "detail": ""}, 1),
        ({}, {"passed": False, "detail": "p 1e-9"}, 1),
        ({"complaint": None, "propensity": None}, PASSED, 2),
    ],
)
def test_what_rules_a_certificate_out(changes: dict[str, Any], check: dict[str, Any], count: int) -> None:
    """Each missing thing once, all of them together."""
    assert len(closed(table(frame(500), **changes), check)) == count


def test_the_family_holds_everyone_beside_the_grid() -> None:
    """At most twenty rules: D2 may retreat to all or none without a second look at its own data."""
    _, _, found = usual()
    family = rules(found)
    assert (found.chosen > 0, len(family) <= GRID) == (True, True)
    assert [rule.constant for rule in family] == [True] + [False] * (len(family) - 1)
    assert [rule.deployed for rule in family] == [False] + [True] * (len(family) - 1)
    assert all(rule.cutoff >= 0.0 for rule in family)


def test_a_difference_that_d2_does_not_confirm_leaves_all_or_none() -> None:
    """Chosen on D1, but the RATE includes 0 on D2: the average is deployed, the grid stays in the family."""
    _, found = assessed(table(frame(5000, effect=0.15), certificate=TARGETS))
    family = rules(found)
    assert (found.chosen > 0, found.rate.low <= 0.0, found.deployed, found.scorer.name) == (True, True, 0, "average")
    assert [rule.deployed for rule in family] == [True] + [False] * (len(family) - 1)


def test_the_grid_is_out_of_fold_and_the_test_as_deployed() -> None:
    """Cut-offs come from D1's out-of-fold scores, decisions on D2 from the deployed scorer."""
    _, prepared, found = usual()
    rule = rules(found)[-1]
    assert rule.cutoff in set(found.fitted[found.chosen].out_of_fold.tolist())
    assert np.array_equal(rule.second, found.scorer.predict(prepared.second.rows.codes).net_benefit)


def test_contact_that_costs_more_than_it_brings_has_no_rule() -> None:
    """With a cost of 1 per contact nobody has a net benefit of 0 or more."""
    data = table(frame(2000), certificate=TARGETS)
    prepared, found = assessed(data, weights=WEIGHTS | {"contact": 1.0})
    certificate = issue(data, prepared, found, propensity=PASSED, attempt=1, shares=Shares()).certificate
    assert (rules(found), certificate.issued) == ([], False)
    assert "nobody is to be contacted" in certificate.reason


def test_a_certificate_names_scorer_and_scope() -> None:
    """Void for another scorer and outside the pairs seen on D2."""
    data, prepared, found = usual()
    certificate = issue(data, prepared, found, propensity=PASSED, attempt=1, shares=Shares()).certificate
    assert certificate.issued, certificate.reason
    assert (certificate.scorer_sha256, certificate.scope) == (found.scorer.sha256(), (("delivery_update", "chat"),))


def test_the_harm_is_that_of_the_shares_asked_about() -> None:
    """More exploration below the cut-off is another rule: other figures, and the certificate says which it is for."""
    data, prepared, found = usual()
    shares = (Shares(), Shares(model=0.35, policy_only=0.6, holdout=0.05))
    one, two = (issue(data, prepared, found, propensity=PASSED, attempt=1, shares=each).certificate for each in shares)
    assert [(each.contact_above, each.contact_below) for each in (one, two)] == [(0.95, 0.02), (0.95, 0.6)]
    assert one.bounds[0].estimate != two.bounds[0].estimate


def test_the_scope_is_what_d2_saw() -> None:
    """A pair that only taught is not certified."""
    data = frame(600)
    data["why"] = np.where(np.arange(600) < 300, "delivery_update", "onboarding")
    checked = table(data, purpose="why")
    assert scope(checked, np.arange(300)) == (("delivery_update", "chat"),)
    assert scope(checked, np.arange(600)) == (("delivery_update", "chat"), ("onboarding", "chat"))


def test_what_only_taught_is_not_in_scope_of_the_certificate() -> None:
    """Onboarding stopped before the later period: it is not certified, and no assumption speaks of it."""
    data = frame(3000)
    data["why"] = np.where(np.arange(3000) < 1000, "onboarding", "delivery_update")
    checked = table(data, certificate=TARGETS, purpose="why", time="at")
    prepared, found = assessed(checked)
    certificate = issue(checked, prepared, found, propensity=PASSED, attempt=1, shares=Shares()).certificate
    assert (prepared.split.kind, certificate.scope) == ("time", (("delivery_update", "chat"),))
    assert "onboarding" not in " ".join(certificate.assumptions)


@pytest.mark.parametrize("role", ["purpose", "channel"])
def test_without_a_role_the_scope_is_empty(role: str) -> None:
    """Half a pair permits nothing."""
    assert scope(table(frame(300), **{role: None}), np.arange(300)) == ()


def test_the_control_rate_is_that_of_the_held_out_on_d2() -> None:
    """With a constant propensity the plain mean."""
    data, prepared, _ = usual()
    rows = prepared.split.second
    assert data.complaint is not None
    expected = data.complaint[rows][~data.contacted[rows]].mean()
    assert control_rate(data, "complaint", prepared) == pytest.approx(expected)
    assert np.isnan(control_rate(table(frame(500), complaint=None), "complaint", prepared))


def test_opt_outs_without_contact_are_counted_and_not_blamed() -> None:
    """They happen: stated beside the certificate, no harm of a message."""
    data = frame(5000)
    held = data.index[data["sent"] == 0]
    data.loc[held[::10], "left"] = 1
    checked = table(data, certificate=TARGETS)
    prepared, found = assessed(checked)
    certificate = issue(checked, prepared, found, propensity=PASSED, attempt=1, shares=Shares()).certificate
    assert certificate.issued, certificate.reason
    assert certificate.bounds[1].control_rate == pytest.approx(0.1, abs=0.02)
    assert any("held-out rows, not counted as harm" in line for line in certificate.assumptions)
    assert prepared.second.opt_out is not None
    assert prepared.second.opt_out[~prepared.second.contacted].sum() == 0.0


def grounds(data: Table, monkeypatch: pytest.MonkeyPatch) -> tuple[Prepared, Ground]:
    """Return what the certificate of a table is tested on."""
    prepared, found = assessed(data)
    seen: list[Ground] = []

    def certified(tested: Any, ground: Ground, question: Any, terms: Any) -> Any:
        seen.append(ground)
        return certify(tested, ground, question, terms)

    monkeypatch.setattr("model.certifying.issue.certify", certified)
    issue(data, prepared, found, propensity=PASSED, attempt=1, shares=Shares())
    return prepared, seen[0]


def test_the_bets_run_in_the_order_of_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of data and cluster: nobody can choose the order by choosing a seed or sorting a file."""
    data = table(frame(3000, customers=1500), certificate=TARGETS, cluster="customer")
    prepared, built = grounds(data, monkeypatch)
    order = built.second.order
    assert order.tolist() == hash_order(prepared.names, data.data_sha256).tolist()
    assert order.tolist() != list(range(len(order)))


def test_m_is_fixed_on_d1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers of D1 have one row each, those of D2 three: one row counts, whatever D2 would have liked."""
    names = [f"u-{number}" for number in range(6000)]
    first = [name for name in names if unit_hash(PUBLIC, name) < 0.6][:2500]
    second = [name for name in names if unit_hash(PUBLIC, name) >= 0.6][:900]
    data = frame(2500 + 3 * 900)
    data["customer"] = first + [name for name in second for _ in range(3)]
    prepared, built = grounds(table(data, certificate=TARGETS, cluster="customer"), monkeypatch)
    assert (built.design.rows_per_cluster, len(prepared.second.contacted)) == (1, 2700)
    assert (built.second.kept.sum(), built.second.kept.mean()) == (900, pytest.approx(1 / 3))


def test_rows_beyond_m_are_not_counted() -> None:
    """One customer with a hundred rows does not set the ceiling; what is left out is stated."""
    data = frame(3000, customers=2500)
    data.loc[:99, "customer"] = "always here"
    checked = table(data, certificate=TARGETS, cluster="customer")
    prepared, found = assessed(checked)
    certificate = issue(checked, prepared, found, propensity=PASSED, attempt=1, shares=Shares()).certificate
    line = next(line for line in certificate.assumptions if "first rows of a cluster count" in line)
    assert int(line.split("=")[1].split()[0]) < 20
    assert certificate.n <= len(prepared.second.contacted)


ASSUMED = (
    "the logged propensities are those of the design, drawn afresh per occasion",
    "contact is as assigned (intention to treat)",
    "from a source that does not depend on the message thread",
    "the longest outcome window of every row had closed",
    "clusters do not influence each other; the future resembles the period of D2",
    "occasions on which every filter had passed",
    "“contact now, then go on as usual”",
    "with probability 0.95 at or above the cut-off and 0.02 below it; with other shares of the arms it does not hold",
    "attempt 2 on these data, at level 0.007599; all attempts together stay at 0.05",
    "D1 has",
    "M = 1 first rows of a cluster count, in the order of the table, which has no `time`; 0.00% of D2 are beyond",
    "held-out rows, not counted as harm",
    "it covers what D2 has seen and nothing else: delivery updates by chat",
    "void outside its scope, for any other scorer, 90 days after its issue, and once messages were sent for 14 days",
)


def test_all_that_it_rests_on_is_said_in_words() -> None:
    """Draws, labels, windows, clusters, eligibility, exploration, attempt, halves, dropped rows, scope, and its end."""
    data, prepared, found = usual()
    certificate = issue(data, prepared, found, propensity=PASSED, attempt=2, shares=Shares()).certificate
    text = "; ".join(certificate.assumptions)
    assert [part for part in ASSUMED if part not in text] == []


def test_assumptions_name_only_what_is_so() -> None:
    """A value-weighted benefit, rows in time, no scope: each changes its own sentence."""
    data = frame(3000).assign(engaged=lambda rows: rows["engaged"] * 2.5)
    checked = table(data, certificate=TARGETS, time="at", channel=None)
    prepared, found = assessed(checked)
    certificate = issue(
        checked, prepared, found, propensity=PASSED, attempt=1, shares=Shares(model=0.6, policy_only=0.3, holdout=0.1)
    ).certificate
    text = "; ".join(certificate.assumptions)
    expected = (
        "asymptotic only",
        "first rows of a cluster count, in time",
        "no purpose and channel: the certificate permits no send",
        "0.9 at or above the cut-off and 0.3 below it",
    )
    assert ([part for part in expected if part not in text], "it covers" in text) == ([], False)


def test_the_check_of_a_real_table_passes() -> None:
    """The draw of the test table is honest."""
    _, prepared, _ = usual()
    found = propensity_check(prepared.first, prepared.second, estimated=False, folds=prepared.folds)
    assert found["passed"] is True

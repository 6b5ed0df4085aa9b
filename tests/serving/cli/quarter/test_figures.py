"""The arithmetic of the simulated quarter: weeks, periods, counterfactuals, and whether promises were kept."""

import json

import pytest

from model.synthetic.accounts import Account, together
from serving.cli.quarter.figures import certified, figures_of, spans
from tests.serving.cli.loop_examples import OURS, QUARTER, days, learned, ways

FOUND = figures_of(QUARTER, ways(), [learned(1, 7), learned(2, 14, promoted=False)])


def test_every_way_is_accounted_for_and_nobody_is_nought() -> None:
    """Three that were lived through, and essential service alone: the same occasions, no contact, no effect."""
    nobody = FOUND["ways"]["nobody"]["total"]
    assert list(FOUND["ways"]) == ["ours", "everyone", "experiment", "nobody"]
    assert [nobody[key] for key in ("occasions", "contacts", "net_per_100", "complaint_per_1000")] == [30, 0, 0.0, None]


def test_weeks_add_up_to_the_quarter() -> None:
    """Of every column that is a sum."""
    for way in FOUND["ways"].values():
        for key in ("occasions", "contacts", "benefit", "complaint", "opt_out"):
            assert sum(week[key] for week in way["weeks"]) == pytest.approx(way["total"][key])


def test_rates_are_those_of_the_sums() -> None:
    """Net benefit per 100 occasions and 100 customers, harm per 1,000 contacts."""
    total, week = FOUND["ways"]["ours"]["total"], FOUND["ways"]["ours"]["weeks"][0]
    net = 2.6 - 0.168 - 0.124
    assert (total["net_per_100"], total["per_100_customers"]) == pytest.approx((100 * net / 30, net))
    assert (week["net_per_100"], week["complaint_per_1000"], week["opt_out_per_1000"]) == pytest.approx(
        (2.0, 40.0, 20.0)
    )


def test_periods_end_where_something_was_learned_and_name_who_decided() -> None:
    """The experiment before the first promotion; after a refusal the champion stays."""
    actual = [(each["weeks"], each["version"], each["ways"]["ours"]["contacts"]) for each in FOUND["periods"]]
    assert actual == [("1-1", None, 5), ("2-2", "1", 8), ("3-3", "1", 8)]


def test_the_rule_without_exploration_is_accounted_for_where_there_is_one() -> None:
    """Per period: not under the experiment, and the champion's after it."""
    rules = [each["rule"] and (each["rule"]["contacts"], each["rule"]["net_per_100"]) for each in FOUND["periods"]]
    assert rules == [None, (9, pytest.approx(11.0)), (9, pytest.approx(11.0))]


def test_nothing_is_in_charge_before_anything_was_promoted() -> None:
    """A refused first round leaves the experiment."""
    found = spans(QUARTER, [learned(1, 7, promoted=False, certified=False), learned(2, 14)])
    assert [each["champion"] and each["champion"]["version"] for each in found] == [None, None, "2"]


def test_certified_is_the_limit_or_the_bound_that_was_shown_below_it() -> None:
    """Per 1,000 contacts; a simultaneous bound beyond the limit takes nothing back."""
    assert certified(learned(1, 7)) == {"complaint": 10.0, "opt_out": 5.0}


def test_what_was_kept_is_said() -> None:
    """It rose from 2 to 10.3 and 10.8, complaints stayed under 10 and opt-outs under 5 per 1,000 contacts."""
    assert FOUND["kept"] == {
        "certified": True,
        "rose": True,
        "largest_fall": pytest.approx(-0.44),
        "complaint_under": True,
        "opt_out_under": True,
    }


@pytest.mark.parametrize(
    ("worse", "key"),
    [
        (Account(occasions=10, contacts=8, benefit=0.1), "rose"),
        (Account(occasions=10, contacts=8, benefit=1.4, complaint=0.081), "complaint_under"),
        (Account(occasions=10, contacts=8, benefit=1.4, opt_out=0.041), "opt_out_under"),
    ],
    ids=["fell below the beginning", "complaints", "opt-outs"],
)
def test_what_was_not_kept_is_said(worse: Account, key: str) -> None:
    """A last week that is worse than promised is never hidden."""
    found = figures_of(QUARTER, ways(ours=(*OURS[:2], worse)), [learned(1, 7), learned(2, 14)])
    assert found["kept"][key] is False


def test_a_fall_between_periods_is_said() -> None:
    """From 10.32 to 9 per 100 occasions."""
    worse = Account(occasions=10, contacts=8, benefit=0.9)
    found = figures_of(QUARTER, ways(ours=(*OURS[:2], worse)), [learned(1, 7), learned(2, 14)])
    assert (found["kept"]["rose"], found["kept"]["largest_fall"]) == (True, pytest.approx(1.32))


def test_without_a_certificate_nothing_rose_and_nothing_was_under() -> None:
    """Not false and not true: there was nothing to keep."""
    rounds = [learned(1, 7, promoted=False, certified=False)]
    kept = figures_of(QUARTER, ways(), rounds)["kept"]
    assert (kept["certified"], kept["rose"], kept["complaint_under"], kept["opt_out_under"]) == (
        False,
        False,
        None,
        None,
    )


def test_figures_are_json() -> None:
    """Without NaN, and the same again from its text."""
    assert json.loads(json.dumps(FOUND, allow_nan=False))["periods"] == FOUND["periods"]


def test_days_are_spread_as_the_examples_say() -> None:
    """Twenty-one days whose sum is that of the weeks."""
    assert (len(days(OURS)), together(days(OURS))) == (21, together(OURS))

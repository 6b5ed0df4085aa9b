"""Truth accounting: what a way of contacting brought, from potential outcomes that only a simulation knows."""

import pytest

from model.synthetic.accounts import Account, account, together
from model.synthetic.live import Effect, LiveWorld

HELPED = Effect(benefit=0.12, complaint=-0.01, opt_out=0.0)
ANNOYED = Effect(benefit=-0.04, complaint=0.1, opt_out=0.06)
BOTH = {"o1": HELPED, "o2": ANNOYED, "o3": HELPED}


def test_only_the_contacted_count_for_effects_and_all_for_occasions() -> None:
    """Two of three contacted: their effects summed, the third an occasion all the same."""
    found = account(BOTH, sent={"o1", "o2"})
    assert (found.occasions, found.contacts) == (3, 2)
    assert (found.benefit, found.complaint, found.opt_out) == pytest.approx((0.08, 0.09, 0.06))


def test_what_was_sent_beside_scored_occasions_does_not_count() -> None:
    """Essential messages go out in every way of contacting, and are in no account."""
    found = account(BOTH, sent={"o1", "essential-7"})
    assert (found.contacts, found.benefit) == (1, 0.12)


def test_nobody_contacted_is_nought_and_has_no_rate_per_contact() -> None:
    """The counterfactual of essential service alone, by definition."""
    found = account(BOTH, sent=set())
    actual = (found.net_benefit, found.net_per_100, found.complaint_per_contact, found.opt_out_per_contact)
    assert actual == (0, 0, None, None)


def test_net_benefit_is_benefit_less_both_harms() -> None:
    """All weights one, no cost of contact; per 100 occasions, whether contacted or not."""
    found = account(BOTH, sent={"o1", "o2"})
    assert (found.net_benefit, found.net_per_100) == pytest.approx((0.08 - 0.09 - 0.06, 100 * (0.08 - 0.15) / 3))


def test_rates_of_harm_are_per_contact() -> None:
    """Below nought where contact prevents complaints."""
    found = [account(BOTH, sent=sent) for sent in ({"o1"}, {"o1", "o2"})]
    assert [each.complaint_per_contact for each in found] == pytest.approx([-0.01, 0.045])
    assert [each.opt_out_per_contact for each in found] == pytest.approx([0.0, 0.03])


def test_no_occasions_no_rate() -> None:
    """A day on which nothing happened is no day of nought."""
    assert Account().net_per_100 is None


def test_days_add_up() -> None:
    """The account of two days is that of all their occasions."""
    one, two = ({"o1": HELPED, "o2": ANNOYED}, {"o1"}), ({"o3": HELPED}, {"o3"})
    apart = together(account(effects, sent=sent) for effects, sent in (one, two))
    assert apart == account(BOTH, sent={"o1", "o3"})


def test_both_potential_outcomes_are_known_whatever_was_done() -> None:
    """The same world contacted and not: without earlier contacts each occasion states the same effects."""
    worlds = [LiveWorld.generate(customers=400, days=3, seed=2) for _ in range(2)]
    names = [row["candidate_id"] for row in worlds[0].rows(0)]
    worlds[0].decided(0, {})
    worlds[1].decided(0, {name: f"d-{name}" for name in names})
    assert worlds[0].truth == worlds[1].truth
    found = [account(worlds[0].truth, sent=sent) for sent in (set(), set(names))]
    assert (found[0].contacts, found[1].contacts, len(worlds[0].truth) > 0) == (0, len(worlds[0].truth), True)

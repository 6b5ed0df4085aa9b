from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest

from model.contracts import Shares
from serving.analytics.occasions import Occasions
from serving.console.effect_figures import Effects, Shown, effects
from serving.models.in_use import InUse
from serving.people.looking import Looking
from tests.occasions import NOW, FixedScorer
from tests.serving.analytics.drawn import occasions

N = 800
HALF = np.arange(N) % 2 == 0
MODEL = InUse(scorer=FixedScorer(shares=Shares()))


@dataclass
class Ledger:
    """What is compared."""

    rows: Occasions

    def effect_rows(self, **_: Any) -> Occasions:
        """Return it, whatever period is asked for."""
        return self.rows


def shown(models: InUse = MODEL, **given: Any) -> Effects:
    """Compare such occasions."""
    return effects(cast("Looking", Ledger(occasions(HALF, **given))), models, NOW)


def first(share: float) -> Any:
    """Mark the first contacted occasions: that share of all contacted ones."""
    return HALF & (np.arange(N) < share * N)


def named(found: Effects, label: str) -> Shown:
    """Return the figure of this label."""
    return next(each for each in found.figures if each.label.startswith(label))


@pytest.mark.parametrize(
    ("benefit", "tone", "words"),
    [
        (first(0.3), "good", "More than chance"),
        (~HALF, "bad", "does harm"),
        (np.arange(N) < 200, "warn", "Chance alone"),
    ],
    ids=["more", "less", "alike"],
)
def test_a_benefit_says_whether_chance_could_be_it(benefit: Any, tone: str, words: str) -> None:
    """By its interval."""
    found = named(shown(benefit=benefit), "Customers helped")
    assert (found.tone, words in found.note, found.interval is not None) == (tone, True, True)


@pytest.mark.parametrize(
    ("harm", "tone", "words"),
    [(0.0, "warn", "more of them"), (0.2, "bad", "That is more")],
    ids=["none of 400", "one in five"],
)
def test_a_harm_is_judged_by_the_certificate(harm: float, tone: str, words: str) -> None:
    """None of four hundred does not show that it is at most five of a thousand."""
    found = named(shown(opt_out=first(harm), benefit=HALF), "Opt-outs")
    assert (found.tone, words in found.note, "allows at most 5.0" in found.note) == (tone, True, True)


def test_a_harm_far_below_the_limit_is_good() -> None:
    """With enough contacts: none of four thousand."""
    rows = occasions(np.arange(8_000) % 2 == 0, benefit=np.arange(8_000) < 100)
    found = named(effects(cast("Looking", Ledger(rows)), MODEL, NOW), "Opt-outs")
    assert (found.value, found.tone) == ("0.0", "good")


def test_a_harm_under_a_certificate_before_is_not_held_against_this_one() -> None:
    """Half of the contacts were made under another, of which a tenth ended badly; of its own none did."""
    before = np.arange(8_000) < 4_000
    t = np.arange(8_000) % 2 == 0
    watch = np.where(before, "the one before", "certificate")
    rows = occasions(t, opt_out=t & (np.arange(8_000) < 400), benefit=t, watch=watch)
    found = named(effects(cast("Looking", Ledger(rows)), MODEL, NOW), "Opt-outs")
    actual = (found.value, found.tone, "its own contacts: 0.0" in found.note)
    assert actual == ("50.0", "good", True)


def test_an_experiment_may_do_what_a_certificate_may_not() -> None:
    """Its harm is in the figure, and not held against the certificate."""
    found = named(shown(opt_out=first(0.2), above=-1, arm=np.full(N, "experiment")), "Opt-outs")
    assert (found.value, found.tone, "too few of its own contacts" in found.note) == ("200.0", None, True)


def test_without_a_certificate_there_is_no_limit() -> None:
    """Which is said."""
    found = named(shown(InUse(), opt_out=first(0.2)), "Complaints caused")
    assert (found.tone, found.note.endswith("No certificate sets a limit now.")) == (None, True)


def test_a_harm_says_of_which_contacts_it_is() -> None:
    """Of those whose windows are closed, whoever made them: the monitor counts others."""
    found = named(shown(opt_out=first(0.2)), "Opt-outs")
    assert found.note.startswith("Of 400 contacts whose 14 days are over, made by the model or in an experiment.")


def test_contacts_prevented_are_counted() -> None:
    """A tenth of the customers who were left out wrote to us; of the four hundred who were told nobody did."""
    found = named(shown(contacted_us=~HALF & (np.arange(N) < 0.1 * N)), "Contacts prevented")
    assert (found.value, found.tone, "400 messages" in found.note) == ("40", "good", True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"closed": np.zeros(N)}, "It is too early"),
        ({"above": 0}, "Nothing was left to chance"),
        ({"customer": np.zeros(N)}, "Too few customers"),
        ({}, "Nobody reports this"),
    ],
    ids=["open", "none", "few", "unreported"],
)
def test_a_figure_that_is_missing_says_why(given: dict[str, Any], words: str) -> None:
    """In a sentence, for all four."""
    found = shown(**given)
    assert [words in (each.missing or "") for each in found.figures] == [True] * 4

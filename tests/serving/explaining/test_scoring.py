"""What would have sent a message that the policy permitted: the gap to the cut-off, and nothing against chance."""

from dataclasses import replace
from typing import Any

import pytest

from model.contracts import Action, Reason
from serving.arms import Exploration
from serving.explaining.flipping import Flip, NoFlip
from serving.explaining.scoring import scored_flip
from serving.ports import Decided
from serving.standing import Standing
from tests.occasions import ALL_MODEL, FixedScorer, decided, mostly, standing, trial

LOW = FixedScorer(net_benefit=0.001)


def refused(**more: Any) -> Decided:
    """Decide a message that every filter lets pass, and that is not sent."""
    ruling = decided(**more)
    assert (ruling.decision.action, ruling.decision.agent_would_send.answer) == (Action.DENY, True)
    return ruling


def told(flip: Flip | NoFlip) -> dict[str, str]:
    """Return what would have to change."""
    return {"nothing": flip.why} if isinstance(flip, NoFlip) else {each.input: each.change for each in flip.changes}


def test_below_the_cutoff_the_gap_is_said() -> None:
    """What it has, what it needs."""
    actual = scored_flip(refused(scorer=LOW))
    assert isinstance(actual, Flip)
    assert (actual.leads_to, told(actual)) == (
        "send",
        {"net_benefit": "a net benefit higher by 0.3 per 100 contacts: it is 0.1, and the cut-off is 0.4"},
    )


def test_what_chance_withheld_nothing_would_have_sent() -> None:
    """Above the cut-off or below it."""
    held = Exploration(shares=mostly("holdout"), salt=b"salt")
    actual = [told(scored_flip(refused(scorer=scorer, exploration=held))) for scorer in (LOW, FixedScorer())]
    assert actual == [{"nothing": "nothing: chance withheld it, so that the effect of outreach stays measured"}] * 2


def test_an_experiment_that_held_it_out_is_chance_too() -> None:
    """No score could have sent it."""
    under = Standing(experiment=trial(share=1e-9))
    exploration = replace(ALL_MODEL, standing=under)
    actual = told(scored_flip(refused(scorer=None, exploration=exploration)))
    assert list(actual) == ["nothing"]


def test_without_a_model_two_things_are_missing() -> None:
    """A model, and a certificate."""
    actual = told(scored_flip(refused(scorer=None)))
    assert list(actual) == ["model", "certificate"]
    assert actual["model"].endswith("with a net benefit at or above the certified cut-off")


def test_a_score_without_a_certificate_says_which_cutoff_it_reaches() -> None:
    """The figures are on record."""
    actual = told(scored_flip(refused(scorer=FixedScorer(cutoff=None))))
    assert list(actual) == ["certificate"]
    assert actual["certificate"].endswith("; its cut-off may be at most the net benefit of 2 per 100 contacts")


@pytest.mark.parametrize("stopped", ["tripped", "silent"])
def test_what_stopped_everything_says_who_releases_it(stopped: str) -> None:
    """In the words of the record."""
    exploration = replace(ALL_MODEL, standing=standing(stopped))
    ruling = refused(exploration=exploration)
    actual = told(scored_flip(ruling))["certificate"]
    assert actual.startswith(ruling.decision.reasons[0].would_change)


def test_the_outranked_would_have_been_asked_about_alone() -> None:
    """Whether they would have been sent nobody can say."""
    ruling = decided(scorer=LOW)
    reason = Reason(code="outranked", outcome=Action.DENY, detail="d", would_change="the other one not being there")
    ruling = replace(ruling, decision=replace(ruling.decision, reasons=(reason,)))
    actual = scored_flip(ruling)
    assert isinstance(actual, Flip)
    assert (actual.leads_to, told(actual)) == ("second_question", {"request": "the other one not being there"})


def test_the_outranked_that_is_essential_would_have_been_sent_alone() -> None:
    """The second question is never asked of it."""
    ruling = decided(scorer=LOW)
    reason = Reason(code="outranked", outcome=Action.DENY, detail="d", would_change="the other one not being there")
    ruling = replace(ruling, essential=True, decision=replace(ruling.decision, reasons=(reason,)))
    actual = scored_flip(ruling)
    assert isinstance(actual, Flip)
    assert (actual.leads_to, told(actual)) == ("send", {"request": "the other one not being there"})


@pytest.mark.parametrize("code", ["", "a_code_of_tomorrow"])
def test_a_record_that_does_not_say_why_gets_no_change(code: str) -> None:
    """Nothing is guessed."""
    ruling = decided(scorer=LOW)
    reasons = (Reason(code=code, outcome=Action.DENY, detail="d", would_change="w"),) if code else ()
    actual = scored_flip(replace(ruling, decision=replace(ruling.decision, reasons=reasons)))
    assert actual == NoFlip("the recorded reasons do not say what would have sent it")


def test_a_draw_that_contradicts_the_reasons_gets_no_change() -> None:
    """An occasion of the holdout is not sent by a higher score, whatever its reasons say."""
    held = Exploration(shares=mostly("holdout"), salt=b"salt")
    ruling = refused(scorer=LOW, exploration=held)
    low = tuple(reason for reason in ruling.decision.reasons if reason.code == "below_cutoff")
    actual = scored_flip(replace(ruling, decision=replace(ruling.decision, reasons=low)))
    assert isinstance(actual, NoFlip)

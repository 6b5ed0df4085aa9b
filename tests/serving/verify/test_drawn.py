"""A draw on record only withholds: a way round score or stop that leads over it is found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from model.contracts import Action, Arm
from serving import decide as deciding
from serving.arms import drawn_before
from serving.decide import decide
from serving.ports import Decided
from serving.standing import Assignment
from serving.verify.drawn import DRAWS, RUNNING, STOPPED, of_draws, wanted
from serving.verify.run import checks
from serving.verify.scoring import CUTOFF, NAN, STANDINGS, Said, World
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, promises

SOME = replace(TINY, thin=17)
GOOD = Said(World("model", "free").shares, 1e9, CUTOFF, permit=True, hold=True, watching="right")


def test_a_recorded_draw_only_withholds() -> None:
    """A sample of draws, scores and standings, through the installed `decide`."""
    part = of_draws(Subject(), SOME)
    assert (list(part.failures), part.cases > 500) == ([], True)
    assert of_draws in checks(Subject())


Draw = Assignment | None


def whatever_the_score(before: Assignment, *, above: bool | None, over: bool) -> Draw:
    """Send what was drawn once, wherever the score stands now."""
    return drawn_before(before, above=above, over=over) and before


def without_leave(before: Assignment, *, above: bool | None, over: bool) -> Draw:
    """Send what was drawn once without a certificate."""
    return before if above is None else drawn_before(before, above=above, over=over)


def of_any_experiment(before: Assignment, *, above: bool | None, over: bool) -> Draw:  # noqa: ARG001  (what is ignored)
    """Let an experiment that is over make its contacts."""
    return drawn_before(before, above=above, over=False)


def withheld_no_more(before: Assignment, *, above: bool | None, over: bool) -> Draw:
    """Contact whom chance held out."""
    now = drawn_before(before, above=above, over=over)
    return now and replace(now, contacted=True)


def always_withheld(before: Assignment, *, above: bool | None, over: bool) -> Draw:
    """Contact nobody any more."""
    now = drawn_before(before, above=above, over=over)
    return now and replace(now, contacted=False)


@pytest.mark.parametrize(
    "broken", [whatever_the_score, without_leave, of_any_experiment, withheld_no_more, always_withheld]
)
def test_a_draw_that_permits_is_found(monkeypatch: pytest.MonkeyPatch, broken: Any) -> None:
    """Promise 3, with the draw, the score and the standing."""
    monkeypatch.setattr(deciding, "drawn_before", broken)
    failures = of_draws(Subject(), SOME).failures
    assert promises(failures) == {3}
    assert {"drawn before", "net benefit", "standing"} <= set(failures[0].example)


def unstopped(*about: Any, **options: Any) -> list[Decided]:
    """Forget the stop for what was drawn before."""
    given = options["exploration"]
    if given is not None and options.get("drawn") is not None:
        options["exploration"] = replace(given, standing=replace(given.standing, trip=None, silent_since=None))
    return decide(*about, **options)


def redrawn(*about: Any, drawn: Sequence[Draw] | None = None, **options: Any) -> list[Decided]:
    """Draw once more."""
    return decide(*about, drawn=None if drawn is None else [None] * len(drawn), **options)


def sent_all_the_same(*about: Any, drawn: Sequence[Draw] | None = None, **options: Any) -> list[Decided]:
    """Send what chance once sent, even if the policy refuses it now."""
    answers = decide(*about, drawn=drawn, **options)
    again = [one is not None and one.contacted for one in drawn or [None] * len(answers)]
    return [
        replace(each, decision=replace(each.decision, action=Action.SEND)) if sent else each
        for each, sent in zip(answers, again, strict=True)
    ]


@pytest.mark.parametrize("broken", [unstopped, redrawn, sent_all_the_same])
def test_a_decision_that_takes_a_draw_for_leave_is_found(broken: Any) -> None:
    """Stops, arms and refusals stand before it."""
    assert promises(of_draws(Subject(decide=broken), SOME).failures) == {3}


def test_a_draw_that_is_recorded_as_another_is_found() -> None:
    """Its probability is that of the first time."""

    def forgetful(*about: Any, **options: Any) -> list[Decided]:
        answers = decide(*about, **options)
        return [
            replace(each, assignment=each.assignment and replace(each.assignment, contact_probability=0.9))
            for each in answers
        ]

    assert any("something else" in each.says for each in of_draws(Subject(decide=forgetful), SOME).failures)


@pytest.mark.parametrize(
    ("draw", "said", "state", "action"),
    [
        ("model, above", GOOD, "free", Action.SEND),
        ("model, above", replace(GOOD, figure=0.0039), "free", Action.DENY),
        ("model, below", GOOD, "free", Action.DENY),
        ("policy_only, below", replace(GOOD, figure=0.0039), "free", Action.SEND),
        ("policy_only, above", replace(GOOD, figure=NAN), "free", Action.DENY),
        ("policy_only, above", replace(GOOD, cut=None), "contacted", Action.DENY),
        ("held out", GOOD, "free", Action.DENY),
        ("model, above", GOOD, "silent", Action.DENY),
        ("experiment, contacted", replace(GOOD, figure="none"), "contacted", Action.SEND),
        ("experiment, contacted", GOOD, "over", Action.DENY),
        ("another experiment, contacted", GOOD, "contacted", Action.DENY),
    ],
)
def test_what_is_wanted(draw: str, said: Said, state: str, action: Action) -> None:
    """By hand."""
    assert wanted(said, state, DRAWS[draw]) is action


def test_draws_and_standings_are_all_there() -> None:
    """Every arm, both ways; every standing is stopped, running or neither."""
    assert {each.arm for each in DRAWS.values()} == {*Arm}
    assert {*STANDINGS} >= STOPPED | RUNNING

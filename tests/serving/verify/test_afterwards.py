"""What follows from a ruling: ends that are forgotten, late holds and sends into the night are found."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Action, Decision
from serving import judging
from serving.decide import decide
from serving.policy import rules
from serving.policy.columns import Columns, Floats
from serving.policy.limits import Limits
from serving.ports import Decided
from serving.verify.afterwards import _odd, holds, of_answers, sends
from serving.verify.occasions import NOW, policy
from serving.verify.run import checks
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, promises

HELD = [*holds()]
SENT = [*sends()]


def test_holds_and_sends_end_as_they_must() -> None:
    """By hand, and of every single change that the instants fit together."""
    part = of_answers(Subject(), TINY)
    assert (list(part.failures), part.cases > len(HELD) + len(SENT)) == ([], True)
    assert of_answers in checks(Subject())


def test_both_sides_of_every_end_are_among_them() -> None:
    """Holds that go on, holds that have expired, holds without an end; sends with and without quiet hours."""
    assert {each.action for each in HELD} == {Action.HOLD, Action.DENY}
    assert {each.action for each in SENT} == {Action.SEND}
    assert any(each.action is Action.HOLD and each.not_before is None for each in HELD)
    assert len({each.name for each in HELD + SENT}) == len(HELD) + len(SENT)


def shifted(function: Any, seconds: float) -> Any:
    """Return it with later instants."""
    return lambda *about: function(*about) + seconds


def awake(c: Columns, limits: Limits, ends: Floats) -> Floats:  # noqa: ARG001  (what is ignored)
    """Know of no night."""
    return ends


def outside_alone(c: Columns, limits: Limits, ends: Floats) -> Floats:
    """Take a session for one that lasts."""
    return np.where(c.outbound == 1, rules.usable_until(c, limits, ends), ends)


def waived_too(c: Columns, limits: Limits, ends: Floats) -> Floats:
    """Let critical messages end at night, too."""
    return rules.usable_until(replace(c, mark=np.zeros_like(c.mark)), limits, ends)


def by_default(c: Columns, _: Limits, ends: Floats) -> Floats:
    """Go by the quiet hours that nobody tightened."""
    return rules.usable_until(c, Limits(), ends)


def first_clock(c: Columns, limits: Limits, ends: Floats) -> Floats:
    """Look at one of two clocks."""
    return rules.usable_until(replace(c, zones=tuple(names[:1] for names in c.zones)), limits, ends)


ODD = {
    "no hold has an end": ("not_before", lambda c, *_: np.full(c.rows, np.nan)),
    "a hold ends a moment early": ("not_before", shifted(rules.not_before, -2e-6)),
    "a hold ends a moment late": ("not_before", shifted(rules.not_before, 2e-6)),
    "nothing expires": ("expiry", lambda c, *_: np.full(c.rows, np.inf)),
    "the request's expiry alone": ("expiry", lambda c, *_: c.expires_at),
    "the evidence's limit alone": (
        "expiry",
        lambda c, limits: rules.expiry(replace(c, expires_at=np.full(c.rows, np.inf)), limits),
    ),
    "no night": ("usable_until", awake),
    "a session that lasts": ("usable_until", outside_alone),
    "critical at night": ("usable_until", waived_too),
    "the default night": ("usable_until", by_default),
    "one of two clocks": ("usable_until", first_clock),
}


@pytest.mark.parametrize("what", list(ODD))
def test_an_end_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """With the occasion, and both instants."""
    monkeypatch.setattr(judging, *ODD[what])
    failures = of_answers(Subject(), TINY).failures
    assert promises(failures) == {2}
    assert {failure.about for failure in failures} <= {each.name for each in HELD + SENT}


def test_a_hold_that_ends_too_late_and_is_held_all_the_same_is_found() -> None:
    """It would be looked at once more when it has expired."""

    def patient(*about: Any, **options: Any) -> list[Decided]:
        answers = decide(*about, **options)
        late = [{each.code for each in answer.decision.reasons} >= {"expired", "cooling_off"} for answer in answers]
        return [
            replace(each, decision=replace(each.decision, action=Action.HOLD)) if held else each
            for each, held in zip(answers, late, strict=True)
        ]

    assert "`hold`" in of_answers(Subject(decide=patient), TINY).failures[0].says


def answer(action: Action, start: datetime | None, end: datetime | None) -> Decision:
    """Return an answer with these instants."""
    made = decide(
        [HELD[0].one.candidate],
        [HELD[0].one.context],
        ids=["1"],
        now=NOW,
        policy=policy(),
        scorer=None,
        exploration=None,
    )[0].decision
    return replace(made, action=action, not_before=start, expires_at=end)


SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("action", "start", "end", "odd"),
    [
        (Action.HOLD, SOON, LATER, 0),
        (Action.HOLD, None, LATER, 0),
        (Action.SEND, None, SOON, 0),
        (Action.DENY, None, None, 0),
        (Action.HOLD, LATER, SOON, 1),
        (Action.HOLD, SOON, SOON, 1),
        (Action.HOLD, NOW, SOON, 1),
        (Action.SEND, SOON, LATER, 1),
        (Action.SEND, None, NOW, 1),
        (Action.SEND, None, None, 1),
        (Action.DENY, None, SOON, 1),
    ],
)
def test_instants_that_do_not_fit_together_are_said(
    action: Action, start: datetime | None, end: datetime | None, odd: int
) -> None:
    """One sentence each."""
    assert len([*_odd(answer(action, start, end))]) == odd

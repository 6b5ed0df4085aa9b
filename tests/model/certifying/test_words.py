from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.certifying.words import CHANNELS, PURPOSES, covered, day, per_thousand, plainly, sentence
from model.contracts import Certificate, Channel, HarmBound, Purpose

ALPHA = {"complaint": 0.005, "opt_out": 0.005}
PAIRS = tuple(sorted(product(("delivery_update", "appointment_update"), ("push", "chat"))))
EXPIRES = datetime(2027, 2, 19, 9, 30, tzinfo=UTC)


def bound(harm: str, upper: float, alpha: float = 0.005) -> HarmBound:
    """A harm that is bounded at `upper`."""
    return HarmBound(harm=harm, estimate=0.001, bound=upper, alpha=alpha, control_rate=0.01)


def certificate(**changes: Any) -> Certificate:
    """The certificate of the issue's example."""
    usual = Certificate(
        issued=True,
        reason="both harms are certified",
        cutoff=0.004,
        share_contacted=0.623,
        bounds=(bound("complaint", 0.00187), bound("opt_out", 0.00314)),
        alpha=ALPHA,
        delta=0.0303964,
        n=17_655,
        scope=PAIRS,
        expires=None,
        method="betting",
        assumptions=("the future resembles the period of D2",),
        scorer_sha256="ab" * 32,
    )
    return replace(usual, **changes)


def refused(reason: str) -> Certificate:
    """A certificate that was not issued, for this reason."""
    return certificate(issued=False, reason=reason, cutoff=None, share_contacted=None, bounds=())


def test_the_sentence_is_this_one() -> None:
    """Its bytes are part of the artefact's format: whoever changes a word changes `FORMAT`."""
    expected = (
        "With 96.9 % confidence, contacting the customers this model picks (62.3 % of occasions), exploration "
        "included, causes on average at most 5 extra complaints and at most 5 opt-outs per 1,000 contacts (shown by "
        "simultaneous bounds: at most 1.9 and 3.2); measured on 17,655 occasions, under the assumptions stated with "
        "it; valid for delivery updates and appointment updates by chat and push; valid until 19 February 2027, "
        "09:30 UTC."
    )
    assert sentence(certificate(), EXPIRES) == expected


def test_without_a_date_it_ends_with_the_scope() -> None:
    """The report's bytes know no date."""
    said = sentence(certificate())
    assert (said.endswith("by chat and push."), "until" in said) == (True, False)


def test_the_confidence_is_that_of_the_attempt() -> None:
    """1 − δ of this attempt, rounded down: .9697 is no 97 %."""
    said = [sentence(certificate(delta=delta)).split(" confidence")[0] for delta in (0.0303, 0.05, 0.0076)]
    assert said == ["With 96.9 %", "With 95 %", "With 99.2 %"]


def test_a_bound_above_its_limit_is_not_shown() -> None:
    """Certified at δ/(K − i), bounded at δ/(2K): the limit is what holds, the bound says less."""
    said = sentence(certificate(bounds=(bound("complaint", 0.0051), bound("opt_out", 0.001))))
    assert ("simultaneous" in said, "at most 5 extra complaints and at most 5 opt-outs per" in said) == (False, True)


@pytest.mark.parametrize(
    ("upper", "alpha", "shown"),
    [
        (0.00187, 0.005, "1.9"),
        (0.00493, 0.00495, "4.95"),
        (1e-16, 0.005, "0.01"),
        (0.0123, 0.02, "13"),
        (0.1, 0.1, "100"),
    ],
)
def test_bounds_are_rounded_up_and_stay_within_their_limit(upper: float, alpha: float, shown: str) -> None:
    """Two digits; what is all but nothing is stated as .01 per 1,000."""
    both = (bound("complaint", upper, alpha), bound("opt_out", upper, alpha))
    said = sentence(certificate(bounds=both, alpha={"complaint": alpha, "opt_out": alpha}))
    assert f"(shown by simultaneous bounds: at most {shown} and {shown})" in said


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-12, 0.999))
def test_at_most_is_never_less_than_the_figure(rate: float) -> None:
    """Three digits, rounded up, and within a hundredth of the figure."""
    shown = Fraction(per_thousand(rate))
    assert 1000 * Fraction(repr(rate)) <= shown <= 1000 * Fraction(repr(rate)) * Fraction(101, 100)


def test_everyone_is_not_a_pick() -> None:
    """A rule that tells nobody apart picks nobody."""
    said = sentence(certificate(share_contacted=1.0))
    assert ("contacting customers on every occasion, exploration included" in said, "picks" in said) == (True, False)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ([("delivery_update", "chat")], "delivery updates by chat"),
        ([("onboarding", "widget"), ("delivery_update", "sms")], "delivery updates by SMS, onboarding by widget"),
        (
            [("delivery_update", "chat"), ("delivery_update", "push"), ("appointment_update", "chat")],
            "delivery updates by chat and push, appointment updates by chat",
        ),
    ],
    ids=["one", "apart", "not the product"],
)
def test_a_scope_lists_its_pairs_and_no_other(scope: list[tuple[str, str]], words: str) -> None:
    """Appointments by push were not seen, so nobody may read that they were."""
    assert covered(scope) == words


def test_every_purpose_and_channel_has_its_words() -> None:
    """A pair without words would be left out in silence."""
    assert (set(PURPOSES), set(CHANNELS)) == (set(Purpose), set(Channel))


def test_without_a_scope_it_permits_nothing_and_says_so() -> None:
    """Issued, and of no use for sending."""
    assert "no purpose and channel was named, so it permits no message." in sentence(certificate(scope=()))


def test_the_date_is_in_utc_whatever_the_zone() -> None:
    """Until one in the morning in Paris is until midnight here."""
    paris = datetime(2027, 2, 19, 1, 0, tzinfo=timezone(timedelta(hours=1)))
    assert (day(paris), day(EXPIRES)) == ("19 February 2027, 00:00 UTC", "19 February 2027, 09:30 UTC")


PER = "about 27,000 rows would show it where D2 has 9,000"
NOT_SHOWN = (
    "harm is not shown to be below its limit at any of 20 cut-offs; closest at 0.01: complaints are estimated at 0.004 "
    f"per contact (limit 0.005, p 0.2), {PER}; opt-outs are estimated at 0.001 per contact (limit 0.005, p 0.1), "
    f"{PER.replace('27', '12')}"
)
SO = ", so nothing discretionary is sent"
MOST = "at most 5 extra complaints and at most 5 opt-outs per 1,000 contacts"
LIMITS = f"it is not shown that contact causes on average {MOST}"
WHY = {
    "complaints": (
        "`complaint` has no label, so that harm cannot be certified: name its column in the roles",
        f"complaints were not recorded{SO}; record every complaint in the window",
    ),
    "opt-outs and propensity": (
        "`opt_out` has no label, so …; the propensity is estimated, not logged: …",
        (
            f"opt-outs were not recorded and the chance of contact was not logged{SO}; record every opt-out with its "
            "message and log it with every decision"
        ),
    ),
    "draw": (
        "the propensity check failed: 0.5 contacted, 0.6 expected",
        (
            f"contact was not drawn with the chances that were logged{SO}; correct the logged chances, or find out "
            "what else decided"
        ),
    ),
    "nobody": (
        "no customer of D1 has a net benefit of 0 or more: nobody is to be contacted",
        f"there is nobody for whom contact is expected to pay{SO}",
    ),
    "does not pay yet": (
        f"both harms are certified at 4 cut-offs, but at none is the lower 95 % bound above 0: at best 0.01, {PER}",
        (
            f"the harm would be low enough, but contact is not shown to gain anything{SO}; about 27,000 occasions of "
            "the certification half would show it, which has 9,000"
        ),
    ),
    "does not pay": (
        "both harms are certified at 4 cut-offs, but at none is the lower 95 % bound above 0: at best -0.01",
        (
            f"the harm would be low enough, but contact is not shown to gain anything{SO}; choose another benefit, or "
            "other occasions, where contact gains something"
        ),
    ),
    "not shown": (
        NOT_SHOWN,
        f"{LIMITS}{SO}; about 27,000 occasions of the certification half would show it, which has 9,000",
    ),
    "too much": (
        f"{NOT_SHOWN}, which more rows would not mend",
        f"{LIMITS}{SO}; more occasions alone would not change that",
    ),
    "logged differently": (
        "harm is not shown to be below its limit at any of 2 cut-offs; closest at 0: opt-outs are estimated at 0.1",
        f"{LIMITS}{SO}; find out why the halves were logged differently",
    ),
    "unknown": ("the moon\x1b[31m is full", f"the moon?[31m is full{SO}"),
}


@pytest.mark.parametrize(("reason", "words"), WHY.values(), ids=WHY.keys())
def test_without_a_certificate_it_says_why_and_what_next(reason: str, words: str) -> None:
    """In plain words, with the larger of the planner's figures; no date, for nothing expires."""
    assert sentence(refused(reason), EXPIRES) == f"No certificate: {words}."


def test_a_reason_without_a_step_gets_none() -> None:
    """Nobody is told to do half of what is missing."""
    assert plainly("`complaint` has no label; no customer of D1 has", ALPHA)[1] == ""

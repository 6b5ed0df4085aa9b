"""The second question: what the scorer is asked, and what becomes of odd answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from model.contracts import JSON, Arm, Shares
from serving.arms import by_certificate
from serving.ports import Scores
from serving.thanks import Thanks, ask, features_of, settle, watch_of
from tests.occasions import NOW, FixedScorer, candidate, context, watch

FIGURES = (0.03, 0.001, 0.001, 0.02)
WATCHED = watch("certificate", above=0.95, below=0.02)


def test_a_feature_is_found_in_history_then_attributes_then_candidate() -> None:
    """The first place that has the name counts, null and NaN are missing, an unknown attribute is ignored."""
    one = candidate(attributes={"contacts_7d": 99, "plan": "plus", "gone": None, "purpose": "mine", "other": 1})
    known = context(history={"contacts_7d": 2.0, "days_since_contact": float("nan")})
    names = ("contacts_7d", "days_since_contact", "plan", "gone", "purpose", "channel", "absent")
    expected = {
        "contacts_7d": 2.0,
        "days_since_contact": None,
        "plan": "plus",
        "gone": None,
        "purpose": "mine",
        "channel": "chat",
        "absent": None,
    }
    assert features_of(names, one, known) == expected


def test_what_is_scored_is_what_is_recorded() -> None:
    """The row that the scorer reads is the row of the decision's features (promise 9)."""
    scorer = FixedScorer()
    [thanks] = ask(scorer, [candidate(attributes={"tenure_days": 3})], [context()], NOW, None)
    assert scorer.seen == [thanks.features]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_no_number_is_no_score(value: float) -> None:
    """Whatever the comparison with the cut-off would say."""
    [thanks] = ask(FixedScorer(net_benefit=value), [candidate()], [context()], NOW, None)
    assert (thanks.figures, thanks.above, settle(thanks, None)) == (None, None, ("score_unavailable",))


@dataclass
class OddScorer:
    """A scorer that answers something else than it should."""

    answer: Any
    version: str = "1"
    cutoff: Any = 0.0
    feature_names: Any = ("a",)
    permit: Any = True
    holds: Any = True
    watched: Any = WATCHED

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:  # noqa: ARG002  (the port's arguments)
        """Return what it was given."""
        return self.answer

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Return what it was given, or raise it."""
        if isinstance(self.permit, Exception):
            raise self.permit
        return self.permit

    def holds_for(self, shares: Shares) -> bool:  # noqa: ARG002  (the port's arguments)
        """Return what it was given, or raise it."""
        if isinstance(self.holds, Exception):
            raise self.holds
        return self.holds

    @property
    def watch(self) -> Any:
        """Return what it was given, or raise it."""
        if isinstance(self.watched, Exception):
            raise self.watched
        return self.watched


def scores(length: int) -> Scores:
    """Return figures for so many rows."""
    row = np.zeros(length)
    return Scores(benefit=row, complaint_effect=row, opt_out=row, net_benefit=row)


WORDS = Scores(**dict.fromkeys(("benefit", "complaint_effect", "opt_out", "net_benefit"), "x"))  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [None, 1.0, scores(0), scores(2), WORDS])
def test_an_answer_of_another_shape_is_no_score(answer: Any) -> None:
    """Too few, too many, or no figures at all."""
    [thanks] = ask(OddScorer(answer), [candidate()], [context()], NOW, None)
    assert settle(thanks, None) == ("score_unavailable",)


@pytest.mark.parametrize(
    "odd",
    [
        {"permit": False},
        {"permit": None},
        {"permit": 1},
        {"permit": ValueError()},
        {"cutoff": None},
        {"cutoff": float("nan")},
        {"cutoff": float("-inf")},
        {"cutoff": "0"},
        {"cutoff": 10**400},
    ],
)
def test_a_certificate_that_is_not_plainly_there_is_not_there(odd: dict[str, Any]) -> None:
    """Only `True` permits, only a finite cut-off cuts."""
    [thanks] = ask(OddScorer(scores(1), **odd), [candidate()], [context()], NOW, None)
    assert (thanks.cutoff, settle(thanks, None)) == (None, ("no_certificate",))


@pytest.mark.parametrize("holds", [False, None, 1, ValueError()])
def test_a_certificate_for_other_shares_is_not_there(holds: Any) -> None:
    """Only `True` holds; a plan has no shares, so that nothing is asked about them."""
    scorer = OddScorer(scores(1), holds=holds)
    thanks = [ask(scorer, [candidate()], [context()], NOW, shares)[0] for shares in (Shares(), None)]
    assert [settle(each, None) for each in thanks] == [("no_certificate",), ()]


@pytest.mark.parametrize(
    "watched",
    [
        None,
        "certificate",
        RuntimeError(),
        watch("certificate", above=0.9, below=0.02),
        watch("x", above=0.95, below=0.1),
    ],
)
def test_what_cannot_be_watched_is_not_permitted(watched: Any) -> None:
    """No watch, no watch at all, one that raises, or one that expects other probabilities than these shares give."""
    scorer = OddScorer(scores(1), watched=watched)
    [thanks] = ask(scorer, [candidate()], [context()], NOW, Shares())
    assert (watch_of(scorer, Shares()), settle(thanks, None)) == (None, ("no_certificate",))


def test_withheld_figures_stay_figures() -> None:
    """What was measured can be read, and acts on nothing."""
    [thanks] = ask(FixedScorer(), [candidate()], [context()], NOW, Shares())
    one = thanks.withheld()
    assert (one.features, one.figures, one.cutoff, one.above, one.watch) == (
        thanks.features,
        thanks.figures,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("scorer", [None, OddScorer(scores(1), feature_names=None)])
def test_without_a_scorer_that_can_be_asked_both_are_missing(scorer: Any) -> None:
    """No model: no score and no certificate."""
    [thanks] = ask(scorer, [candidate()], [context()], NOW, None)
    assert settle(thanks, None) == ("score_unavailable", "no_certificate")


def test_nobody_is_asked_about_nothing() -> None:
    """An empty question does not reach the scorer."""
    assert ask(FixedScorer(fails=ValueError()), [], [], NOW, None) == []


@pytest.mark.parametrize(
    ("net_benefit", "drawn", "expected"),
    [
        (0.004, None, ()),
        (0.004, Arm.MODEL, ()),
        (0.0039, None, ("below_cutoff",)),
        (0.0039, Arm.MODEL, ("below_cutoff",)),
        (0.0039, Arm.POLICY_ONLY, ()),
        (0.004, Arm.POLICY_ONLY, ()),
        (0.004, Arm.HOLDOUT, ("held_out",)),
        (0.0039, Arm.HOLDOUT, ("below_cutoff", "held_out")),
    ],
)
def test_the_arms_settle_it(net_benefit: float, drawn: Arm | None, expected: tuple[str, ...]) -> None:
    """At the cut-off is above it; policy_only sends either way; the holdout never does."""
    above = net_benefit >= 0.004
    thanks = Thanks({}, (*FIGURES[:3], net_benefit), 0.004, above=above)
    assignment = None if drawn is None else by_certificate(drawn, above, "certificate", shares=Shares())
    assert settle(thanks, assignment) == expected


def test_the_scope_is_asked_once_per_purpose_and_channel() -> None:
    """And each row gets its own pair's answer."""
    scorer = FixedScorer(scope=(("delivery_update", "chat"),))
    rows = [candidate(), candidate(channel="sms"), candidate()]
    cutoffs = [thanks.cutoff for thanks in ask(scorer, rows, [context()] * 3, NOW, None)]
    assert cutoffs == [0.004, None, 0.004]

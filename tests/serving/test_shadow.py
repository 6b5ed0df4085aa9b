"""A challenger that is asked beside the model: what it says is recorded, and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.canonical import canonical
from model.contracts import JSON, Candidate, Context, Shares
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.decide import decide
from serving.ports import Decided, Scorer, Scores
from serving.record.record import read_record, record_of
from serving.schemas.answers import decision_bytes
from serving.shadow import opinions
from tests.occasions import NOW, FixedScorer, context, decided, mostly, policy, standing, trial, watch
from tests.scenarios import INSTANTS, Draw, occasion
from tests.serving.test_decide import failed_delivery
from tests.serving.test_experiment import CONTACTED, HELD_OUT, group, under

SHARES = mostly("model")
WATCHED = watch("challenger", above=SHARES.above, below=SHARES.below)


@dataclass
class Odd:
    """A challenger whose every answer is what it was given; an exception is raised instead."""

    answer: Any = None
    names: Any = ("tenure_days",)
    called: Any = "9"
    cut: Any = 0.004
    permit: Any = True
    held: Any = True
    watched: Any = WATCHED

    @staticmethod
    def _given(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    @property
    def version(self) -> str:
        """Return `called`."""
        called: str = self._given(self.called)
        return called

    @property
    def cutoff(self) -> float | None:
        """Return `cut`."""
        cut: float | None = self._given(self.cut)
        return cut

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Return `names`."""
        names: tuple[str, ...] = self._given(self.names)
        return names

    @property
    def watch(self) -> Watch | None:
        """Return `watched`."""
        watched: Watch | None = self._given(self.watched)
        return watched

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Return `answer`, for as many rows as are asked where it is a number; forget what the rows were."""
        answer = self._given(self.answer)
        for row in rows:
            if isinstance(row, dict):
                row.clear()
        if isinstance(answer, float):
            figures = np.full(len(rows), answer)
            answer = Scores(benefit=figures, complaint_effect=figures, opt_out=figures, net_benefit=figures)
        scores: Scores = answer
        return scores

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Return `permit`."""
        return bool(self._given(self.permit))

    def holds_for(self, shares: Shares) -> bool:  # noqa: ARG002  (the port's arguments)
        """Return `held`."""
        return bool(self._given(self.held))


def figures(length: int) -> Scores:
    """Return figures for so many rows."""
    row = np.zeros(length)
    return Scores(benefit=row, complaint_effect=row, opt_out=row, net_benefit=row)


def shadowed(shadow: Scorer, **more: Any) -> Mapping[str, JSON] | None:
    """Decide the good occasion with this shadow, and return its opinion."""
    return decided(shadow=shadow, **more).shadow


def test_a_shadow_says_what_it_would_have_said() -> None:
    """Its version, its figures, its own certified cut-off, and its side of it."""
    actual = shadowed(FixedScorer(net_benefit=0.001, cutoff=0.002, version="8", shares=SHARES))

    assert actual == {
        "version": "8",
        "benefit": 0.001,
        "complaint_effect": 0.001,
        "opt_out": 0.001,
        "net_benefit": 0.001,
        "cutoff": 0.002,
        "above": False,
    }


@pytest.mark.parametrize(
    "changes",
    [{"cutoff": None}, {"scope": ()}, {"shares": Shares()}, {"watched": False}],
    ids=["not issued", "scope", "other shares", "unwatched"],
)
def test_without_a_certificate_of_its_own_it_only_has_figures(changes: dict[str, Any]) -> None:
    """A challenger is measured before it is certified."""
    shown = shadowed(replace(FixedScorer(net_benefit=0.5, shares=SHARES), **changes))

    assert shown is not None
    actual = (shown["net_benefit"], shown["cutoff"], shown["above"])
    assert actual == (0.5, None, None)


@pytest.mark.parametrize(
    ("shadow", "expected"),
    [
        (Odd(ValueError()), {"version": "9", "problem": "it cannot score these features"}),
        (Odd(figures(7)), {"version": "9", "problem": "it cannot score these features"}),
        (Odd(float("nan")), {"version": "9", "problem": "it cannot score these features"}),
        (Odd(0.1, names=KeyError()), {"version": "9", "problem": "it cannot score these features"}),
        (Odd(ValueError(), called=ValueError()), {"version": None, "problem": "it cannot score these features"}),
        (Odd("words", called=8), {"version": "8", "problem": "it cannot score these features"}),
    ],
    ids=["raises", "shape", "nan", "names", "nameless", "words"],
)
def test_what_a_shadow_cannot_say_is_its_problem(shadow: Scorer, expected: dict[str, JSON]) -> None:
    """The record names the version and what went wrong."""
    actual = shadowed(shadow)

    assert actual == expected


def test_who_is_asked_is_who_passed_the_policy_and_is_not_essential() -> None:
    """In an experiment, without a certificate and while everything is stopped, too; nobody else."""
    shadow = FixedScorer(version="8")
    asked = [
        decided(shadow=shadow),
        decided(scorer=None, shadow=shadow),
        decided(scorer=None, exploration=under(CONTACTED), shadow=shadow),
        decided(scorer=None, exploration=under(HELD_OUT), shadow=shadow),
        decided(exploration=under(stopped="tripped"), shadow=shadow),
        decided(exploration=None, shadow=shadow),
    ]
    others = [
        decided(None, context(opted_out=True), shadow=shadow),
        decided(None, context(complaint_open=True), shadow=shadow),
        decided(*failed_delivery(), shadow=shadow),
    ]

    actual = ([one.shadow and one.shadow["version"] for one in asked], [one.shadow for one in others])

    assert actual == (["8"] * 6, [None] * 3)


def test_all_rows_are_asked_about_at_once() -> None:
    """One call of the challenger for the rows of one call."""
    ones, knowns = group(30)
    shadow = FixedScorer()
    ids = [one.user_id for one in ones]
    arms = Exploration(shares=SHARES, salt=b"s")
    answers = decide(ones, knowns, ids=ids, now=NOW, policy=policy(), scorer=None, exploration=arms, shadow=shadow)

    actual = (len(shadow.seen), {one.shadow is not None for one in answers})

    assert actual == (30, {True})


def test_nobody_is_asked_about_nothing() -> None:
    """No rows, no opinions."""
    assert opinions(Odd(ValueError()), [], [], NOW, SHARES) == []


ODD_NUMBERS = st.sampled_from([0.1, -1e9, 1e308, float("nan"), float("inf"), float("-inf")])
ANYTHING = st.sampled_from(
    [None, "words", 7, True, b"x", object(), figures(0), figures(3), ValueError(), MemoryError(), RecursionError()]
)
CUTOFFS = st.sampled_from([0.004, None, float("nan"), 10**400, "0", True, ArithmeticError()])
VERSIONS = st.sampled_from(["9", None, 7, "ü" * 300, ValueError()])
WATCHES = st.sampled_from([None, "w", watch("w", above=0.5, below=0.1), watch("certificate", above=0.95, below=0.02)])
TRUTHS = st.sampled_from([True, False, ValueError()])
NAMES = st.sampled_from([("tenure_days",), (), None, ("a", "a"), (1,), TypeError()])
SHADOWS = st.builds(
    Odd,
    answer=ODD_NUMBERS | ANYTHING,
    names=NAMES,
    called=VERSIONS,
    cut=CUTOFFS,
    permit=TRUTHS,
    held=TRUTHS,
    watched=WATCHES,
)


def drawn(seed: int) -> tuple[list[Candidate], list[Context], datetime]:
    """Return a few random occasions at one clock, mostly good."""
    draw = Draw(seed)
    now = draw.pick([NOW, *INSTANTS])
    pairs = [occasion(draw, now, trouble=0.02) for _ in range(4)]
    return [one for one, _ in pairs], [known for _, known in pairs], now


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, 2**31),
    SHADOWS,
    st.sampled_from([None, FixedScorer(shares=SHARES), FixedScorer(net_benefit=0.001, shares=SHARES)]),
    st.sampled_from(["none", "experiment", "tripped"]),
)
def test_no_shadow_changes_an_answer(seed: int, shadow: Odd, scorer: FixedScorer | None, state: str) -> None:
    """Whatever it does: the answers are the same bytes, all else of the records too, and each record reads back."""
    ones, knowns, now = drawn(seed)
    stands = standing("tripped" if state == "tripped" else None, now=now)
    experiment = trial(now=now, max_contacts=2) if state == "experiment" else None
    exploration = Exploration(shares=SHARES, salt=b"s", standing=replace(stands, experiment=experiment))

    def answers(shadow: Scorer | None) -> list[Decided]:
        return decide(
            ones,
            knowns,
            ids=["a", "b", "c", "d"],
            now=now,
            policy=policy(),
            scorer=scorer,
            exploration=exploration,
            shadow=shadow,
        )

    alone, beside = answers(None), answers(shadow)
    assert [decision_bytes(one.decision) for one in beside] == [decision_bytes(one.decision) for one in alone]
    assert [replace(one, shadow=None) for one in beside] == alone
    for one, known, kept in zip(ones, knowns, beside, strict=True):
        record = record_of(one, known, kept)
        again = read_record(record)
        assert canonical(record_of(again.candidate, again.context, again.decided)) == canonical(record)

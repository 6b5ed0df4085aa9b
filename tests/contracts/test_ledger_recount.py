"""The counts are what a recount from scratch gives: random streams, clocks that jump, reports in any order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from model.contracts import Outcome, OutcomeKind
from model.monitor.detector import WINDOW_DAYS, Cell, Watch
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import TODAY, assigned, counts, day, decide
from tests.contracts.ledgers import NOW

WATCH = Watch(key="lenient", complaint_at_most=0.9, opt_out_at_most=0.9, control_rate=0.5)
WINDOW = timedelta(days=WINDOW_DAYS)
KINDS = (OutcomeKind.COMPLAINED, OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT, OutcomeKind.ENGAGED)
CUSTOMERS, FACTS, LENGTH = 3, 8, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision that the stream made."""

    identity: str
    user: str
    fact: str
    at: datetime
    contacted: bool
    above: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An outcome that the stream reported."""

    outcome: Outcome
    recorded: datetime


def moment(rng: np.random.Generator) -> datetime:
    """Draw a time on a coarse grid of 40 days, so that windows are met at their very ends."""
    return day(float(rng.integers(0, 40)) + float(rng.choice([0.0, 0.0, 0.25, 0.75])))


def made(rng: np.random.Generator, number: int) -> Made:
    """Draw a decision; the clock may be anywhere."""
    return Made(
        identity=f"d-{number}",
        user=f"u-{rng.integers(CUSTOMERS)}",
        fact=f"f-{rng.integers(FACTS)}",
        at=moment(rng),
        contacted=bool(rng.random() < 0.7),
        above=bool(rng.random() < 0.7),
    )


def told(rng: np.random.Generator, known: Sequence[Made]) -> Told:
    """Draw an outcome by decision or by customer, recorded at any time."""
    time, recorded, kind = moment(rng), moment(rng), KINDS[rng.integers(len(KINDS))]
    about = known[rng.integers(len(known))]
    if rng.random() < 0.5:
        return Told(outcome=Outcome(kind=kind, time=time, decision_id=about.identity), recorded=recorded)
    return Told(outcome=Outcome(kind=kind, time=time, user_id=about.user), recorded=recorded)


def stream(seed: int) -> list[Made | Told]:
    """Draw decisions and outcomes, mixed; an outcome by decision follows its decision in the stream."""
    rng = np.random.default_rng(seed)
    decisions = [made(rng, 0)]
    steps: list[Made | Told] = [*decisions]
    for number in range(1, LENGTH):
        if rng.random() < 0.4:
            decisions.append(made(rng, number))
            steps.append(decisions[-1])
        else:
            steps.append(told(rng, decisions))
    return steps


def feed(tx: Transaction, steps: Sequence[Made | Told]) -> None:
    """Record a stream in its order."""
    tx.watch(WATCH)
    for step in steps:
        if isinstance(step, Made):
            drawn = assigned(contacted=step.contacted, above=step.above, watch=WATCH)
            decide(tx, step.identity, drawn, user=step.user, at=step.at, fact=step.fact)
        else:
            tx.add_outcome(step.outcome, recorded_at=step.recorded)


def recount(steps: Sequence[Made | Told]) -> Counter[Cell]:
    """Count from scratch, plainly: every first decision about a fact, with its labels, and every further contact."""
    decisions = [step for step in steps if isinstance(step, Made)]
    first: dict[tuple[str, str], Made] = {}
    for one in decisions:
        first.setdefault((one.user, one.fact), one)
    owner = {one.identity: one.user for one in decisions}
    seen: dict[Outcome, datetime] = {}
    for step in steps:
        if isinstance(step, Told):
            seen.setdefault(step.outcome, min(step.outcome.time, step.recorded))
    further = [one for one in decisions if one.contacted and one not in first.values()]
    return Counter(cell_of(one, seen, owner) for one in first.values()) + Counter(
        replace(cell_of(one, seen, owner), complained=False, again=True) for one in further
    )


def cell_of(one: Made, seen: dict[Outcome, datetime], owner: dict[str, str]) -> Cell:
    """Label one occasion by the definitions."""
    complaints = [
        time
        for outcome, time in seen.items()
        if outcome.kind is OutcomeKind.COMPLAINED and (outcome.user_id or owner[str(outcome.decision_id)]) == one.user
    ]
    own = [
        time
        for outcome, time in seen.items()
        if outcome.kind in (OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT) and outcome.decision_id == one.identity
    ]
    return Cell(
        day=TODAY + (one.at.date() - NOW.date()).days,
        e=WATCH.contact_above if one.above else WATCH.contact_below,
        contacted=one.contacted,
        complained=any(one.at <= time < one.at + WINDOW for time in complaints),
        harmed=one.contacted and any(time < one.at + WINDOW for time in own),
    )


@pytest.mark.parametrize("seed", range(12))
def test_counts_are_what_a_recount_gives(ledger: Ledger, seed: int) -> None:
    """Late, doubled, out of order, by fast and slow clocks, in many transactions: the same counts."""
    steps = stream(seed)
    for number in range(0, len(steps), 7):
        with ledger.transaction() as tx:
            feed(tx, steps[number : number + 7])
    with ledger.transaction() as tx:
        actual = counts(tx, WATCH.key)
    assert actual == dict(recount(steps))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_reports_is_irrelevant(ledger: Ledger, seed: int) -> None:
    """All outcomes before, among or after later decisions, forwards or backwards: the same counts."""
    steps = stream(100 + seed)
    decisions = [step for step in steps if isinstance(step, Made)]
    reports = list({step.outcome: step for step in steps if isinstance(step, Told)}.values())
    shuffled = [reports[place] for place in np.random.default_rng(seed).permutation(len(reports))]
    seen = []
    for order in ([*decisions, *reports], [*decisions, *reversed(reports)], [*decisions, *shuffled]):
        with ledger.transaction() as tx, tx.savepoint(keep=False):
            feed(tx, order)
            seen.append(counts(tx, WATCH.key))
    actual = seen
    assert actual == [dict(recount([*decisions, *reports]))] * 3


def test_the_recount_can_disagree() -> None:
    """The reference is no tautology: a complaint moved out of its window gives other counts."""
    one = Made(identity="d", user="u", fact="f", at=NOW, contacted=True, above=True)
    inside = Told(outcome=Outcome(kind=OutcomeKind.COMPLAINED, time=day(13), user_id="u"), recorded=day(13))
    outside = replace(inside, outcome=replace(inside.outcome, time=day(14)), recorded=day(14))
    actual = recount([one, inside]) == recount([one, outside])
    assert actual is False

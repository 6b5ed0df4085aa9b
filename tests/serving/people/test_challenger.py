"""The model in charge against its challenger: what both said of the same occasions, counted and nothing more."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

from serving.people.challenger import EXAMPLES, Heard, rivals_of
from tests.serving.served import NOON

SIDES = (True, False, None)


def heard(number: int = 0, **changed: Any) -> Heard:
    """An occasion of which both say that they would contact."""
    one = Heard(
        decision_id=f"d-{number}",
        at=NOON - timedelta(minutes=number),
        purpose="delivery_update",
        champion="7",
        challenger="8",
        champion_asked=True,
        champion_contacts=True,
        challenger_contacts=True,
    )
    return replace(one, **changed)


def test_without_a_challenger_there_is_nothing_to_compare() -> None:
    """Nobody was heard."""
    actual = rivals_of([])
    assert actual is None


def test_every_pair_of_answers_is_counted_once() -> None:
    """Nine pairs: who permits nothing there contacts nobody."""
    pairs = product(SIDES, SIDES)
    found = rivals_of([heard(i, champion_contacts=a, challenger_contacts=b) for i, (a, b) in enumerate(pairs)])
    assert found is not None
    total = found.total
    actual = (total.both, total.champion_only, total.challenger_only, total.neither, total.asked, total.agreed)
    assert actual == (1, 2, 2, 4, 9, 5)


def test_the_parts_add_up_by_purpose() -> None:
    """Each purpose has its own; one that nobody was asked about is left out."""
    rows = [heard(0), heard(1, purpose="onboarding", challenger_contacts=False), heard(2, purpose="onboarding")]
    found = rivals_of(rows)
    assert found is not None
    actual = [(words, one.both, one.champion_only) for words, one in found.purposes]
    assert actual == [("news of a delivery", 1, 0), ("first steps", 1, 1)]


def test_only_the_versions_that_met_last_count() -> None:
    """Earlier models are left out, and counted as that; so are experiments, which ask no score."""
    rows = [heard(0), heard(1, champion="6"), heard(2, challenger="5"), heard(3, champion_asked=False)]
    found = rivals_of(rows)
    assert found is not None
    actual = (found.champion, found.challenger, found.total.asked, found.others)
    assert actual == ("7", "8", 1, 3)


def test_the_newest_may_be_an_experiments() -> None:
    """The versions are those that were both asked."""
    found = rivals_of([heard(0, champion_asked=False, champion="9"), heard(1)])
    assert found is not None
    actual = (found.champion, found.total.asked)
    assert actual == ("7", 1)


def test_who_could_not_score_agrees_with_nobody() -> None:
    """A failure is counted by its reason, and is no answer."""
    found = rivals_of([heard(0, problem="it failed (ValueError)", challenger_contacts=None), heard(1)])
    assert found is not None
    actual = (found.total.asked, found.total.failed, found.problems)
    assert actual == (1, 1, {"it failed (ValueError)": 1})


def test_disagreements_can_be_opened() -> None:
    """The newest few of each kind, by their decisions."""
    rows = [heard(i, challenger_contacts=i % 2 == 0) for i in range(40)]
    rows += [heard(i, champion_contacts=False) for i in range(50, 53)]
    found = rivals_of(rows)
    assert found is not None
    actual = (found.champion_only, found.challenger_only)
    assert actual == (tuple(f"d-{i}" for i in range(1, 2 * EXAMPLES, 2)), ("d-50", "d-51", "d-52"))


def test_the_period_is_that_of_what_was_counted() -> None:
    """From the first to the last, whatever their order."""
    found = rivals_of([heard(3), heard(1), heard(9)])
    assert found is not None
    actual = (found.since, found.until)
    assert actual == (NOON - timedelta(minutes=9), NOON - timedelta(minutes=1))

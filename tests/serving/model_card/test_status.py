"""How the model in charge stands, in one line: what stops everything comes first, and each says what to do."""

import dataclasses
from datetime import timedelta

import pytest

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.model_card.status import SOON, Status, left, status_of
from serving.models.in_use import InUse
from serving.standing import Experiment, Standing, Trip
from tests.serving.served import NOON

TRIP = Trip(watch="w", harm="complaint", detail="12 complaints more than allowed", at=NOON)
EXPERIMENT = Experiment(
    id="x", share=0.5, max_contacts=100, until=NOON + timedelta(days=3), by="Mara Lind", started_at=NOON, contacts=40
)


def stands(models: InUse, standing: Standing | None = None, *, shares: Shares | None = None) -> Status:
    """How these models stand at noon."""
    return status_of(models, standing or Standing(), shares or Shares(), NOON)


@pytest.mark.parametrize(
    ("scorer", "title"),
    [
        (None, "No model is in charge"),
        (FakeScorer(cutoff=None), "The model in charge may send nothing"),
        (FakeScorer(expires=NOON), "The model in charge may send nothing"),
        (FakeScorer(shares=Shares(model=0.9, policy_only=0.05, holdout=0.05)), "The model in charge may send nothing"),
        (FakeScorer(expires=NOON + SOON), "In charge, and its certificate ends soon"),
        (FakeScorer(expires=NOON + SOON + timedelta(seconds=1)), "In charge and certified"),
        (FakeScorer(), "In charge and certified"),
    ],
    ids=["none", "uncertified", "expired", "other-shares", "soon", "long", "endless"],
)
def test_each_state_has_its_title(scorer: FakeScorer | None, title: str) -> None:
    """What the first line of the page says."""
    actual = stands(InUse(scorer=scorer)).title
    assert actual == title


def test_only_what_may_send_is_good() -> None:
    """A certificate that holds is good, one that ends soon a warning, all else bad."""
    scorers = [FakeScorer(), FakeScorer(expires=NOON + timedelta(days=1)), FakeScorer(cutoff=None), None]
    actual = [stands(InUse(scorer=scorer)).level for scorer in scorers]
    assert actual == ["good", "warn", "bad", "bad"]


@pytest.mark.parametrize("scorer", [None, FakeScorer(), FakeScorer(cutoff=None)], ids=["none", "good", "uncertified"])
def test_what_stops_everything_comes_first(scorer: FakeScorer | None) -> None:
    """The kill switch, then silence: whatever the model may."""
    models = InUse(scorer=scorer)
    both = Standing(trip=TRIP, silent_since=NOON)
    actual = [stands(models, both).title, stands(models, dataclasses.replace(both, trip=None)).title]
    assert actual == ["Stopped by the monitor", "Stopped: no outcomes are reported"]


def test_an_experiment_is_named_where_nothing_is_certified() -> None:
    """Who started it, and how much it may still send."""
    actual = stands(InUse(), Standing(experiment=EXPERIMENT)).words
    assert "an experiment that Mara Lind started may send 60 contacts more" in actual


def test_what_degraded_the_api_is_said() -> None:
    """The reason of the log stands on the page."""
    actual = stands(InUse(degraded="the folder `m` is not there")).words
    assert "The reason given: the folder `m` is not there." in actual


def test_whoever_is_not_good_is_told_what_to_do() -> None:
    """Every state but the good one has a next step."""
    models = [InUse(), InUse(scorer=FakeScorer(cutoff=None)), InUse(scorer=FakeScorer(expires=NOON))]
    models += [InUse(scorer=FakeScorer(expires=NOON + SOON))]
    found = [*map(stands, models), stands(InUse(), Standing(trip=TRIP)), stands(InUse(), Standing(silent_since=NOON))]
    actual = [bool(one.next) for one in found]
    assert actual == [True] * len(found)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=90), "90 days"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=2, seconds=-1), "47 hours"),
        (timedelta(hours=2, seconds=-1), "119 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(days=-3), "0 minutes"),
    ],
    ids=["ninety", "two", "hours", "minutes", "one", "over"],
)
def test_what_is_left_is_never_rounded_up(span: timedelta, words: str) -> None:
    """Whole days, hours or minutes, so that nobody counts on time that is not there."""
    actual = left(span)
    assert actual == words

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest

from model.contracts import Shares
from model.monitor.detector import Cell, Counts, Watch
from serving.console.standing_lines import Line, standing_lines
from serving.in_words.figures import day
from serving.models.in_use import InUse
from serving.people.looking import Looking
from serving.policy.tightening import Tightening
from serving.standing import Breaker, Standing
from tests.occasions import NOW, FixedScorer, policy, standing, trial

DAY = int(NOW.timestamp() // 86_400)
MODEL = FixedScorer(shares=Shares())


@dataclass
class Ledger:
    """What the lines are read from."""

    stands: Standing = field(default_factory=Standing)
    watches: list[tuple[Watch, Counts]] = field(default_factory=list)
    opened: list[Breaker] = field(default_factory=list)

    def seen(self, _: Any) -> Standing:
        """Return what may go out."""
        return self.stands

    def watched(self) -> list[tuple[Watch, Counts]]:
        """Return what is counted."""
        return self.watches

    def breakers(self, *, released: int) -> list[Breaker]:
        """Return the open breakers."""
        assert released == 0
        return self.opened

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return what was tightened: nothing."""
        assert limit == 1
        return []


def lines(models: InUse | None = None, **known: Any) -> list[Line]:
    """Read the lines of such a ledger."""
    looking = cast("Looking", Ledger(**known))
    return standing_lines(looking, InUse(scorer=MODEL) if models is None else models, Shares(), policy(), NOW)


def counts(*, quiet: int, harmed: int) -> list[tuple[Watch, Counts]]:
    """Count contacts of three weeks ago under the certificate in force, so many of them harmed."""
    watch = MODEL.watch
    assert watch is not None
    cell = {"day": DAY - 21, "e": watch.contact_above, "contacted": True}
    calm = {Cell(**cell, complained=False, harmed=False): quiet}
    loud = {Cell(**cell, complained=True, harmed=True): harmed}
    return [(watch, calm | (loud if harmed else {}))]


def about(found: list[Line], name: str) -> list[tuple[str, str]]:
    """Return level and words of the lines about one thing."""
    return [(each.level, each.said) for each in found if each.about == name]


def test_the_worst_comes_first() -> None:
    """What stopped before what needs a look before what is in order; each says so in a word."""
    opened = Breaker(key="parcel_delayed", at=NOW, volume=900, median=20.0)
    found = lines(stands=standing("tripped"), opened=[opened])
    actual = [(each.about, each.word) for each in found if each.about != "Monitor"]
    assert actual == [("Model", "stopped"), ("Breakers", "look here")]


def test_where_all_is_well_every_line_says_so() -> None:
    """The model, both harms, the breakers; no experiment, no line of one."""
    found = lines(watches=counts(quiet=2_000, harmed=0))
    assert [(each.about, each.level) for each in found] == [
        ("Model", "good"),
        ("Monitor", "good"),
        ("Monitor", "good"),
        ("Breakers", "good"),
    ]


def test_the_monitor_says_how_near_it_is() -> None:
    """The harm so far, of which contacts, the limit, and that it is far from it."""
    found = [said for _, said in about(lines(watches=counts(quiet=2_000, harmed=0)), "Monitor")]
    since = day(NOW - timedelta(days=21))
    expected = [
        (
            f"Complaints that writing causes: −6.3 per 1,000 contacts, of 2,000 since {since} whose 14 days are over, "
            "beside 0 occasions without one; the limit is 5.0. Far from stopping."
        ),
        (
            f"Opt-outs and complaints about a message: 0.0 per 1,000 contacts, of 2,000 since {since}, those included "
            "whose 14 days are not over; the limit is 5.0. Far from stopping."
        ),
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("harmed", "level", "word"),
    [
        (12, "other", "Chance alone could explain that so far, and it is far from stopping"),
        (25, "warn", "evidence"),
        (60, "bad", "evidence"),
    ],
    ids=["above the limit", "near", "tripped"],
)
def test_a_harm_above_its_limit_is_never_in_order(harmed: int, level: str, word: str) -> None:
    """It is watched while chance could explain it, and needs a look once it comes near."""
    found = [
        each for each in about(lines(watches=counts(quiet=2_000, harmed=harmed)), "Monitor") if "Opt-outs" in each[1]
    ]
    assert [(each[0], word in each[1]) for each in found] == [(level, True)]


def test_counts_of_other_watches_say_nothing_of_this_one() -> None:
    """A certificate that was replaced is watched no more."""
    [(watch, counted)] = counts(quiet=10, harmed=10)
    other = Watch(
        key="before",
        complaint_at_most=watch.complaint_at_most,
        opt_out_at_most=watch.opt_out_at_most,
        control_rate=watch.control_rate,
        contact_above=watch.contact_above,
        contact_below=watch.contact_below,
    )
    found = about(lines(watches=[(other, counted)]), "Monitor")
    assert ["no contact counts yet" in said for _, said in found] == [True, True]


def test_an_experiment_says_how_far_it_is() -> None:
    """Who started it, its share, its contacts and its end; the monitor watches it instead of the model."""
    running = trial(contacts=40)
    found = lines(stands=Standing(experiment=running), watches=[(running.watch, {})])
    [(level, said)] = about(found, "Experiment")
    assert (level, "ann started one" in said, "40 of at most 1,000 contacts" in said) == ("good", True, True)


def test_without_a_model_nothing_is_watched() -> None:
    """And the model's line says what that means."""
    found = lines(InUse())
    assert (found[0].about, found[0].level, about(found, "Monitor")[0][0]) == ("Model", "bad", "good")


@pytest.mark.parametrize(
    ("key", "words"),
    [("parcel_delayed", "The message “parcel_delayed” and 1 more"), ("sha256:ab", "A free text and 1")],
)
def test_breakers_name_what_is_held(key: str, words: str) -> None:
    """The one that is open longest, with how much went out and how much is usual."""
    opened = [Breaker(key=name, at=NOW - timedelta(hours=1), volume=900, median=20.0) for name in (key, "other")]
    [(_, said)] = about(lines(opened=opened), "Breakers")
    assert (words in said, "900 went out within an hour, where 20 are usual" in said) == (True, True)


def test_a_breaker_of_new_words_has_no_usual_number() -> None:
    """Nothing went out before, and that is said instead of a nought."""
    opened = [Breaker(key="parcel_delayed", at=NOW, volume=300, median=0.0)]
    [(_, said)] = about(lines(opened=opened), "Breakers")
    assert "300 went out within an hour, and none in the four weeks before." in said

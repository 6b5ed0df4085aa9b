"""No history → experiment → table → certificate → discretionary sends: `docs/cold_start.md`, its commands run in order.

The company is synthetic and its truth known. The clock is the test's: every command reads it where it would read the
system's, so that an experiment begins, ends and matures within one test.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model import train as training
from model.artefact import load
from model.contracts import Certificate, Shares
from model.table import Table
from model.train import Trained
from serving.app import create_app
from serving.arms import EXPERIMENT_LAYER, LAYER, arm, uniform
from serving.cli.table import pages
from serving.ledger_table.columns import table_of
from serving.scorer import load_scorer
from serving.settings import Settings
from serving.standing import Occasion
from tests.end_to_end.company import LEDGER, Company, Row, body, commands, company, effects, kinds, sent
from tests.serving.served import Served, with_keys

QUICK = ("average", "response", "t_logit")  # the recipe's `train` learns these instead of all: seconds, not a minute
WINDOW = timedelta(days=14)
LATER = timedelta(minutes=10)
LIMIT = 0.03
ONLY_ESSENTIAL = {
    "discretionary sent": False,
    "essential sent": True,
    "others for want of a certificate": True,
    "most of them": True,
}


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """The quick portfolio, and everything that a company changes, until the end of the module."""
    with pytest.MonkeyPatch.context() as made:
        made.setattr(training, "train", partial(quick, training.train))
        yield made


def quick(train: Callable[..., Trained], table: Table, **options: Any) -> Trained:
    """Train a small portfolio in this process."""
    return train(table, **{**options, "jobs": 1, "scorers": QUICK})


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happened to the company, phase by phase: answers of each, and what the commands said of it."""

    company: Company
    before: list[Row]
    first: list[Row]
    retried: list[Row]
    trial: list[Row]
    trial_said: str
    gap: list[Row]
    trained_said: str
    promoted_said: str
    certificate: Certificate
    certified: list[Row]
    certified_said: str
    table: pa.Table
    drawn: list[Occasion]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Story:
    """The recipe, run once: a day without anything, an experiment of a month, two weeks of waiting, a certificate."""
    ours = company(tmp_path_factory.mktemp("cold"), patch, customers=10_000, days=60, seed=1, gain=2.0)
    begin = commands("Begin to decide")[1]
    before = ours.live([0], begin)
    (planned,) = commands("How many contacts it takes")
    ours.run(planned)
    started, daily, *asked = commands("The experiment")
    ours.run(started)
    first = ours.live([1], daily)
    retried = ours.ask(1, daily, out="decisions/again", later=LATER)
    trial, day = list(first), 2
    while ours.experiments()[0].stopped_at is None:
        trial += ours.live([day], daily)
        day += 1
    trial_said = "".join(ours.run(each) for each in asked)
    gap = ours.live([day], daily)
    ours.wait(range(day + 1, day + 15))
    for each in commands("The table"):
        ours.run(each)
    trained, promoted = commands("Learn, certify, promote")
    trained_said, promoted_said = ours.run(trained), ours.run(promoted)
    sending, _, watched = commands("Send what the certificate permits")
    certified = ours.live(range(day + 15, 60), sending)
    certified_said = ours.run(watched)
    with ours.books() as books:
        drawn = list(pages(books))
    return Story(
        company=ours,
        before=before,
        first=first,
        retried=retried,
        trial=trial,
        trial_said=trial_said,
        gap=gap,
        trained_said=trained_said,
        promoted_said=promoted_said,
        certificate=load(ours.folder / "artefact").certificate,
        certified=certified,
        certified_said=certified_said,
        table=pq.read_table(ours.folder / "table.parquet"),
        drawn=drawn,
    )


@pytest.mark.parametrize("phase", ["before", "gap"])
def test_without_a_certificate_or_experiment_only_essential_service_goes_out(story: Story, phase: str) -> None:
    """On the first day, and on the day after the experiment: no discretionary send, and essential ones as ever."""
    rows = getattr(story, phase)
    actual = kinds(rows, story.company.world)
    assert actual == ONLY_ESSENTIAL


def test_the_experiment_contacts_its_share_and_ends_by_itself_at_its_size(story: Story) -> None:
    """Three thousand contacts, not one more, recorded as its own doing; a named person had started it."""
    (experiment,) = story.company.experiments()
    contacts = len(effects(story.trial, story.company.world))
    actual = (experiment.contacts, contacts, experiment.by, experiment.stopped_by, experiment.why)
    assert actual == (3000, 3000, "anna", "outreach", "all its contacts are made")


def test_the_experiment_asks_no_score_and_logs_its_propensities(story: Story) -> None:
    """Arm `experiment`; .5 for a send and for a withheld one; essential service has neither arm nor propensity."""
    seen = {
        (row["arm"], row["action"], tuple(row["reasons"]), row["logging_propensity"], row["net_benefit"])
        for row in story.trial
        if row["arm"] is not None
    }
    essential = {row["arm"] for row in story.trial if row["candidate_id"] not in story.company.world.truth}
    assert essential == {None}
    assert seen == {
        ("experiment", "send", (), 0.5, None),
        ("experiment", "deny", ("held_out",), 0.5, None),
    }


def test_half_are_contacted(story: Story) -> None:
    """The share of all that were drawn, within four standard errors."""
    drawn = [row["action"] == "send" for row in story.trial if row["arm"] == "experiment"]
    assert abs(np.mean(drawn) - 0.5) <= 4.0 * 0.5 / np.sqrt(len(drawn))


def test_a_retry_of_the_same_fact_keeps_its_draw(story: Story) -> None:
    """Ten minutes later the held out are held out again, and those who were told are not told twice."""
    again = {row["candidate_id"]: row for row in story.retried}
    held = [again[row["candidate_id"]]["reasons"] for row in story.first if row["reasons"] == ["held_out"]]
    told = [again[name]["reasons"] for name in sent(story.first)]
    waiting = sum(reasons in (["quiet_hours"], ["frequency_cap"]) for reasons in held)
    assert (len(held) > 40, held.count(["held_out"]) + waiting, all("already_told" in each for each in told)) == (
        True,
        len(held),
        True,
    )


def test_status_says_what_was_collected_and_the_monitor_is_quiet(story: Story) -> None:
    """Who started what, how it ended, how much it collected, and that nothing tripped."""
    wanted = ("stopped by outreach: all its contacts are made", "3,000 contacted", "not tripped")
    assert [words for words in wanted if words not in story.trial_said] == []


def test_the_table_is_the_experiment_and_nothing_else(story: Story) -> None:
    """Every drawn occasion once, by its assignment; what was denied without a draw, or is essential, is no row."""
    drawn = {row["decision_id"]: row["action"] == "send" for row in story.trial if row["arm"] == "experiment"}
    cells = story.table.select(["occasion_id", "contacted", "propensity"]).to_pydict()
    rows = dict(zip(cells["occasion_id"], cells["contacted"], strict=True))
    assert (rows, set(cells["propensity"])) == (drawn, {0.5})


def test_replies_are_no_benefit_and_the_table_tells_the_truth(story: Story) -> None:
    """The difference in means of each label is the mean of the true effects, within four standard errors.

    A fifth of those contacted replied by `decision_id`: counted, they would shift the benefit by ten errors.
    """
    names = {row["decision_id"]: row["candidate_id"] for row in story.trial}
    true = [story.company.world.truth[names[name]] for name in story.table["occasion_id"].to_pylist()]
    contacted = story.table["contacted"].to_numpy()
    off = {}
    for column, effect in (("engaged", "benefit"), ("complained", "complaint"), ("opted_out", "opt_out")):
        label = story.table[column].to_numpy().astype(float)
        arms = (label[contacted], label[~contacted])
        error = np.sqrt(sum(arm.var() / len(arm) for arm in arms))
        off[column] = (arms[0].mean() - arms[1].mean() - np.mean([getattr(each, effect) for each in true])) / error
    assert {column: z for column, z in off.items() if abs(z) > 4.0} == {}


def test_a_certificate_is_issued_and_bound_to_its_limits(story: Story) -> None:
    """Both harms at 3 %, for ninety days from the moment of the test's clock; a version became the champion."""
    certificate, expires = story.certificate, story.certificate.expires
    bounds = {bound.harm: bound.bound <= bound.alpha == LIMIT for bound in certificate.bounds}
    assert (certificate.issued, bounds) == (True, {"complaint": True, "opt_out": True}), certificate.reason
    assert "gate: passed" in story.trained_said
    assert "version 1 is the champion, promoted by anna" in story.promoted_said
    assert expires is not None
    assert timedelta(days=80) < expires - story.company.clock <= timedelta(days=90)


def test_with_it_discretionary_messages_go_out(story: Story) -> None:
    """Most occasions above the cut-off are sent; all three arms occur, and the score is in the answer."""
    asked = [row for row in story.certified if row["arm"] is not None]
    arms = Counter(row["arm"] for row in asked)
    assert set(arms) == {"model", "policy_only", "holdout"}
    assert len(effects(story.certified, story.company.world)) > 0.5 * len(asked) > 400
    assert {row["cutoff"] for row in asked} == {story.certificate.cutoff}


def test_the_arms_have_their_shares(story: Story) -> None:
    """93, 2 and 5 in a hundred, each within four standard errors."""
    asked = [row["arm"] for row in story.certified if row["arm"] is not None]
    off = {
        name: abs(asked.count(name) / len(asked) - share) / np.sqrt(share * (1 - share) / len(asked))
        for name, share in (("model", 0.93), ("policy_only", 0.02), ("holdout", 0.05))
    }
    assert {name: z for name, z in off.items() if z > 4.0} == {}


def test_propensities_are_exact_on_both_sides_of_the_cutoff(story: Story) -> None:
    """.95 and .05 at or above it, .02 and .98 below: by side and action, whatever the arm was."""
    seen = {
        (row["net_benefit"] >= row["cutoff"], row["action"], row["logging_propensity"])
        for row in story.certified
        if row["arm"] is not None
    }
    assert seen == {(True, "send", 0.95), (True, "deny", 0.05), (False, "send", 0.02), (False, "deny", 0.98)}


def test_every_draw_is_the_salts(story: Story) -> None:
    """Experiment and arms alike: a hash of salt, layer, customer and fact, and nothing that happened meanwhile."""
    with story.company.books() as books:
        salt = books.salt
    wrong = []
    for made in story.drawn:
        fact, user = made.record["decided"]["fact_key"], made.record["candidate"]["user_id"]
        given = made.assignment
        if given.above is None:
            fits = (uniform(salt, EXPERIMENT_LAYER, user, fact) < 0.5) == given.contacted
        else:
            fits = arm(uniform(salt, LAYER, user, fact), Shares()) == given.arm
        wrong += [] if fits else [made.record["decision_id"]]
    assert (wrong, len(story.drawn)) == ([], len(story.table) + sum(row["arm"] is not None for row in story.certified))


def test_no_skew_between_what_was_scored_and_what_would_be_learned(story: Story) -> None:
    """The next table holds, for every scored occasion, exactly the features that the scorer was given."""
    later = table_of(story.drawn, as_of=story.company.clock + WINDOW)
    place = {name: at for at, name in enumerate(later.columns["occasion_id"])}
    scored = [made for made in story.drawn if made.assignment.above is not None]
    different = [
        (made.record["decision_id"], name)
        for made in scored
        for name, value in made.record["decided"]["features"].items()
        if later.columns[name][place[made.record["decision_id"]]] != value
    ]
    assert (different, len(scored) > 1000) == ([], True)


def test_the_true_harm_is_below_the_certified_limit(story: Story) -> None:
    """Per contact of the discretionary sends, exploration included; below what contacting everybody would do, too."""
    world = story.company.world
    made = effects(story.certified, world)
    everybody = list(world.truth.values())
    for bound in story.certificate.bounds:
        harm = np.mean([getattr(each, bound.harm) for each in made])
        assert harm < bound.bound <= LIMIT
        assert harm < np.mean([getattr(each, bound.harm) for each in everybody])


def test_the_true_benefit_is_above_nothing_and_above_that_of_the_held_back(story: Story) -> None:
    """Per customer contacted, net of both harms; those whom the model held back would have gained less."""
    world = story.company.world
    below = [
        world.truth[row["candidate_id"]].net_benefit
        for row in story.certified
        if row["arm"] is not None and row["net_benefit"] < row["cutoff"]
    ]
    gained = np.mean([each.net_benefit for each in effects(story.certified, world)])
    assert gained > max(0.05, float(np.mean(below)))


def test_the_monitor_is_fed_by_the_batch_and_quiet(story: Story) -> None:
    """It counts every drawn occasion of the certificate's watch, and says that nothing tripped."""
    with story.company.books() as books, books.transaction() as tx:
        newest, counts = tx.watched()[0]
        trips = tx.trips()
    drawn = sum(row["arm"] is not None for row in story.certified)
    actual = (sum(counts.values()), newest.complaint_at_most, trips, story.certified_said.splitlines()[0])
    assert actual == (drawn, LIMIT, [], "not tripped")


def test_the_api_answers_with_the_same_draw(story: Story) -> None:
    """What the batch held out, the API with the promoted artefact holds out too."""
    ours = story.company
    day = max(ours.decided)
    held = {row["candidate_id"] for row in ours.decided[day] if row["reasons"] == ["held_out"]}
    candidate = next(row for row in ours.world.rows(day) if row["candidate_id"] in held)
    scorer = load_scorer(ours.folder / "artefact")
    with ours.books() as books:
        app = create_app(Settings(ledger=LEDGER), scorer=scorer, ledger=with_keys(books, ours.clock), clock=ours.now)
        with Served(app) as api:
            answer = api.post("/v1/decisions", body(candidate)).json()
    actual = (answer["action"], answer["arm"], answer["logging_propensity"], [r["code"] for r in answer["reasons"]])
    assert actual == ("deny", "holdout", 0.05, ["held_out"])


def test_an_experiment_that_is_too_small_gets_no_certificate_and_a_figure(story: Story) -> None:
    """Had it stopped after a week: not issued, with about how many rows would show it; nothing is registered."""
    ours = story.company
    week = ours.world.at(8) + WINDOW
    (ours.folder / "early").mkdir()
    ours.run(f"outreach table --ledger {LEDGER} --out early/table.parquet --as-of {week.isoformat()}")
    ours.run("sed 's/= 0.005/= 0.03/' early/roles.toml > early/limits.toml")
    said = ours.run("outreach train early/table.parquet --roles early/limits.toml --out early/model --no-register")
    found = re.search(r"certificate: not issued; (.*)", said)
    assert found is not None, said
    assert re.search(r"about [\d,]+ rows would show it where D2 has [\d,]+", found[1]), found[1]
    assert load_scorer(ours.folder / "early" / "model").watch is None


@pytest.fixture(scope="module")
def harmful(
    tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch
) -> tuple[Company, list[Row], list[Row]]:
    """A company whose messages annoy one customer in five: its experiment, and three days after that."""
    ours = company(tmp_path_factory.mktemp("harmful"), patch, customers=800, days=12, seed=2, harm=0.2)
    begin = commands("Begin to decide")[1]
    ours.run(re.sub(r" --\w+-\w+-at-most \S+", "", commands("The experiment")[0]))
    trial: list[Row] = []
    day = 0
    while ours.experiments()[0].stopped_at is None:
        trial += ours.live([day], begin)
        day += 1
    return ours, trial, ours.live(range(day, day + 3), begin)


def test_harm_trips_the_monitor_and_ends_the_experiment(harmful: tuple[Company, list[Row], list[Row]]) -> None:
    """Within days, long before its size; the record says which harm, on what evidence."""
    ours, trial, _ = harmful
    (experiment,) = ours.experiments()
    with ours.books() as books, books.transaction() as tx:
        (trip,) = tx.trips()
    actual = (experiment.stopped_by, trip.harm, trip.watch == experiment.id, 0 < experiment.contacts < 400)
    assert actual == ("outreach", "opt_out", True, True)
    assert len(effects(trial, ours.world)) == experiment.contacts


def test_after_a_trip_essential_service_goes_on(harmful: tuple[Company, list[Row], list[Row]]) -> None:
    """And nothing else: the others are `no_certificate`."""
    ours, _, after = harmful
    actual = kinds(after, ours.world)
    assert actual == ONLY_ESSENTIAL


def test_a_release_is_a_persons_and_revives_no_experiment(harmful: tuple[Company, list[Row], list[Row]]) -> None:
    """The switch is lifted by name and reason; what has ended stays ended."""
    ours, _, _ = harmful
    tripped = ours.run("outreach monitor status").splitlines()[0]
    ours.run("outreach monitor release --by anna --why 'the wrong template is withdrawn'")
    released = ours.run("outreach monitor status")
    actual = (tripped, released.splitlines()[0], ours.experiments()[0].stopped_at is None)
    assert actual == (
        "nothing discretionary goes out: the monitor tripped; essential service goes on",
        "not tripped",
        False,
    )
    assert "by anna: the wrong template is withdrawn" in released

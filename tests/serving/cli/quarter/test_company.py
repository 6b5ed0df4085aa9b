"""The simulated company: a real ledger, the batch's decisions, nothing by chance, and a truth that stays outside."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import OutcomeKind
from model.history import FEATURES
from model.synthetic.accounts import together
from model.synthetic.customers import ATTRIBUTES
from model.synthetic.live import Effect
from serving.cli.quarter.company import BOOKS, EXPERIMENT, Company, chosen
from serving.cli.table import build, pages
from serving.ledger_table.columns import LedgerTable
from tests.serving.cli.loop_examples import PLAN, company, quietly

LATER = timedelta(days=40)
LIVED = 6


def live(made: Company, until: int = LIVED) -> Company:
    """Let a company live."""
    made.live(range(made.today, until), None, quietly, what="")
    return made


def learned_from(made: Company) -> LedgerTable:
    """What a learner would be given, long after."""
    with made.books.transaction() as tx:
        for outcome in made.world.outcomes(made.now + LATER):
            tx.add_outcome(outcome, recorded_at=made.now + LATER)
    return build(made.books, as_of=made.now + LATER)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that has lived for six days, of which the first three can be gone on from."""
    place = tmp_path_factory.mktemp("company")
    made = live(company(place / "ours"), 3)
    made.copy_to(place / "copy")
    yield live(made)
    made.close()


def test_what_is_sent_is_what_the_ledger_decided(lived: Company) -> None:
    """Every occasion of the table that was contacted was sent, by its decision's own id; the held out were not."""
    sent = {decision for names in lived.sent for decision in names.values()}
    drawn = {occasion.record["decision_id"]: occasion.assignment.contacted for occasion in pages(lived.books)}
    assert {name for name, contacted in drawn.items() if contacted} <= sent
    assert sent.isdisjoint({name for name, contacted in drawn.items() if not contacted})
    assert len(drawn) > 20


def test_the_account_is_of_the_scored_occasions(lived: Company) -> None:
    """As many contacts as the experiment counts, among as many occasions as the world tells the truth of."""
    total = together(lived.accounts)
    with lived.books.transaction() as tx:
        (experiment,) = tx.experiments()
    assert (total.contacts, total.occasions) == (experiment.contacts, len(lived.world.truth))
    assert (experiment.id, experiment.by, experiment.share) == (EXPERIMENT, "demo", PLAN.share)


def test_the_same_plan_is_the_same_company(lived: Company, tmp_path: Path) -> None:
    """Decisions and accounts, day by day; another seed is another one."""
    again, other = live(company(tmp_path / "again")), live(company(tmp_path / "other", seed=1))
    assert (again.sent, again.accounts) == (lived.sent, lived.accounts)
    assert other.sent != lived.sent
    again.close()
    other.close()


def test_a_copy_goes_on_as_the_original_does(lived: Company) -> None:
    """Resumed from the third day's ledger, the same days bring the same: nothing of the past was left behind."""
    resumed = live(Company.resumed(lived.folder.parent / "copy", lived.plan, lived.sent[:3]))
    assert (resumed.sent, resumed.accounts) == (lived.sent, lived.accounts)
    resumed.close()


@pytest.mark.parametrize(
    ("gain", "cutoff", "wanted"), [(0.2, 0.1, True), (0.1, 0.1, True), (0.05, 0.1, False), (0.2, None, False)]
)
def test_the_rule_itself_is_its_score_against_the_cutoff(gain: float, cutoff: float | None, wanted: bool) -> None:  # noqa: FBT001  (a case of the table)
    """Whatever arm was drawn; without a certificate there is no rule."""
    assert chosen({"net_benefit": gain, "cutoff": cutoff, "arm": "holdout"}) == wanted


def test_without_a_model_no_rule_would_contact(lived: Company) -> None:
    """A day each, with the occasions that the experiment drew, and not one contact."""
    ruled = together(lived.ruled)
    assert (len(lived.ruled), ruled.contacts, ruled.occasions > 0) == (LIVED, 0, True)


class Scrambled(dict[str, Effect]):
    """A truth that says nonsense."""

    def __setitem__(self, name: str, _: Effect) -> None:
        """Keep something else."""
        super().__setitem__(name, Effect(benefit=-9.0, complaint=9.0, opt_out=9.0))


def test_nothing_of_the_truth_reaches_what_is_decided_or_learned(lived: Company, tmp_path: Path) -> None:
    """With a scrambled truth the decisions and the table are the same to the last cell; only the account differs."""
    blind = company(tmp_path / "blind")
    blind.world.truth = Scrambled()
    live(blind)
    seen, own = learned_from(blind), learned_from(lived)
    assert (blind.sent, dict(seen.columns)) == (lived.sent, dict(own.columns))
    assert together(blind.accounts).benefit == -9.0 * together(lived.accounts).contacts
    blind.close()


def test_the_learner_sees_logged_columns_alone(lived: Company) -> None:
    """Attributes that candidates bring, purpose, channel and the ledger's own history: no type, odds or effect."""
    built = learned_from(lived)
    assert set(built.features) == {*ATTRIBUTES, "purpose", "channel", *FEATURES}


def test_outcomes_come_late_by_user_and_by_decision(lived: Company) -> None:
    """As platforms report them: on the morning after, contacted or not, and about the message where it was sent."""
    found = [outcome for occasion in pages(lived.books) for outcome in occasion.outcomes]
    kinds: Mapping[bool, set[OutcomeKind]] = {
        by_user: {each.kind for each in found if (each.decision_id is None) == by_user} for by_user in (True, False)
    }
    assert (OutcomeKind.ENGAGED in kinds[True], OutcomeKind.DELIVERED in kinds[False]) == (True, True)


def test_a_stopped_experiment_contacts_nobody(tmp_path: Path) -> None:
    """Without it and without a model only essential service goes out, which no account has."""
    made = company(tmp_path / "ours")
    made.stop_experiment("for the test")
    live(made, 3)
    total = together(made.accounts)
    assert (total.contacts, total.net_benefit, total.occasions > 0) == (0, 0, True)
    assert sum(len(names) for names in made.sent) > 0
    made.close()


def test_a_quiet_quarter_has_no_trips_and_leaves_a_ledger(lived: Company) -> None:
    """The ledger of ours is an ordinary one, under the name that every command knows."""
    assert (lived.trips(), (lived.folder / BOOKS).exists(), (lived.folder / "today").exists()) == ([], True, False)

"""The ways of contacting that the quarter compares: the same customers, the same chance, another decision each day.

    ours        an experiment until the first certificate, then the champion of each round, with its arms
    experiment  half of those whom the policy permits, for ever: nothing is learned
    everyone    all whom the policy permits: an experiment of the largest share and laxest limits that a ledger takes
    nobody      essential service alone: nought by definition, so it is not run

None of them has a rule of its own: each is decided by the batch, with a ledger of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from model.synthetic.accounts import Account
from serving.cli.progress import progress
from serving.cli.quarter.company import Company
from serving.cli.quarter.plan import Plan
from serving.cli.quarter.rounds import Round, round_of
from serving.ledger.experiments import LIMITS, SHARES
from serving.standing import Trip

Hear = Callable[[Round], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a way came to: its true account of each day, and what its monitor stopped.

    `ruled` is the account as it would have been had the model alone decided, without exploration, on the same days.
    """

    accounts: Sequence[Account]
    trips: Sequence[Trip]
    ruled: Sequence[Account] = ()


def lived(company: Company) -> Lived:
    """Close a company and return what it lived through."""
    trips = company.trips()
    company.close()
    return Lived(accounts=tuple(company.accounts), trips=tuple(trips), ruled=tuple(company.ruled))


def everyone(folder: Path, plan: Plan) -> Lived:
    """Contact all whom the policy permits, the whole quarter."""
    folder.mkdir()
    company = Company.founded(folder, plan)
    company.start_experiment(SHARES[1], at_most=LIMITS[1])
    company.live(range(plan.days), None, quietly, what="")
    return lived(company)


def experiment(folder: Path, plan: Plan, sent: Sequence[Mapping[str, str]]) -> Lived:
    """Go on with the experiment from the copy of a ledger, to the end of the quarter."""
    company = Company.resumed(folder, plan, sent)
    company.live(range(company.today, plan.days), None, quietly, what="")
    return lived(company)


def quietly(_what: str, _share: float) -> None:
    """Say nothing: another way says how far the quarter is."""


class Beside:
    """The ways that run beside ours: in a process of their own, or in a thread where there is one job."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder, self._plan = folder, plan
        self._pool = pool(plan)
        self._ways: dict[str, Future[Lived]] = {"everyone": self._pool.submit(everyone, folder / "everyone", plan)}

    def fork(self, company: Company) -> None:
        """Let another company go on with the experiment from here."""
        folder = self._folder / "experiment"
        company.copy_to(folder)
        self._ways["experiment"] = self._pool.submit(experiment, folder, self._plan, list(company.sent))

    def ended(self) -> dict[str, Lived]:
        """Wait for all of them."""
        return {name: way.result() for name, way in self._ways.items()}

    def end(self) -> None:
        """Begin nothing more, and let go of the process."""
        self._pool.shutdown(cancel_futures=True)


def pool(plan: Plan) -> Executor:
    """Return what runs one way at a time beside ours."""
    if plan.jobs == 1:
        return ThreadPoolExecutor(max_workers=1)
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def ours(company: Company, tracking: str, beside: Beside, hear: Hear) -> tuple[Lived, list[Round]]:
    """Experiment, learn, certify, promote, decide, and learn again; `hear` is told of each round."""
    plan, rounds, scorer = company.plan, list[Round](), None
    company.start_experiment(plan.share, at_most=plan.experiment_at_most)
    for number, day in enumerate((*plan.learning_days, plan.days), 1):
        with progress(left=False) as told:  # learning comes in between
            company.live(range(company.today, day), scorer, told, what="living through the quarter")
        if day == plan.days:
            break
        if number == 1:
            beside.fork(company)
        found = round_of(company, number, tracking)
        if found.scorer is not None and scorer is None:
            company.stop_experiment("the first certificate is in force")
        scorer = found.scorer or scorer
        rounds.append(found)
        hear(found)
    return lived(company), rounds

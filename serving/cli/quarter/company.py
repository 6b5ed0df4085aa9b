"""A simulated company with a real ledger: each day it reports what happened, decides, and sends what was decided.

The customers are `model.synthetic.live`; everything else is what a company runs: the ledger, the batch's decisions, an
experiment that a person started. The clock is simulated, and handed to all of them.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from model.synthetic.accounts import Account, account
from model.synthetic.live import Effect, LiveWorld
from model.synthetic.messages import Row
from serving.arms import Exploration
from serving.batch.run import run_batch
from serving.cli.quarter.plan import Plan
from serving.ledger import open_ledger
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, Preferences, Scorer
from serving.standing import Experiment, Trip

SALT = b"the loop draws the same arms every time"
EXPERIMENT = "loop"
BOOKS = "outreach.db"
BY = "demo"
Tell = Callable[[str, float], None]


class Company:
    """A company in a folder: its ledger, its customers, and what it has sent so far, day by day."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.world = LiveWorld.generate(
            customers=plan.customers, days=plan.days, seed=plan.seed, gain=plan.gain, annoyance=plan.annoyance
        )
        self.sent: list[Mapping[str, str]] = []
        self.accounts: list[Account] = []
        self.ruled: list[Account] = []
        self.policy: Policy = load_policy()
        self.books: Ledger = self._opened()

    @classmethod
    def founded(cls, folder: Path, plan: Plan) -> "Company":
        """Found a company whose customers have said where they live and what they agree to."""
        company = cls(folder, plan)
        with company.books.transaction() as tx:
            for each in company.world.consents():
                said = Preferences(timezone=each.timezone, consent=dict.fromkeys(each.channels, True))
                tx.set_preferences(each.user_id, said, at=company.world.start)
        return company

    @classmethod
    def resumed(cls, folder: Path, plan: Plan, sent: Sequence[Mapping[str, str]]) -> "Company":
        """Go on in a folder with a copy of another company's ledger, after the days of which `sent` was sent."""
        company = cls(folder, plan)
        for day, names in enumerate(sent):
            company.world.outcomes(company.world.at(day))  # in the ledger already
            company._lived(day, company.world.rows(day), names)
        return company

    @property
    def today(self) -> int:
        """The first day that was not decided yet."""
        return len(self.sent)

    @property
    def now(self) -> datetime:
        """The clock of that day."""
        return self.world.at(self.today)

    def start_experiment(self, share: float, *, at_most: float) -> None:
        """Start an experiment for the whole quarter, as `outreach experiment start` does."""
        begun = Experiment(
            id=EXPERIMENT,
            share=share,
            max_contacts=10 * self.plan.customers,
            until=self.world.at(self.plan.days),
            by=BY,
            started_at=self.now,
            complaint_at_most=at_most,
            opt_out_at_most=at_most,
        )
        with self.books.transaction() as tx:
            tx.start_experiment(begun)

    def stop_experiment(self, why: str) -> None:
        """Stop it for good, as `outreach experiment stop` does."""
        with self.books.transaction() as tx:
            tx.stop_experiment(EXPERIMENT, at=self.now, by=BY, why=why)

    def live(self, days: Iterable[int], scorer: Scorer | None, tell: Tell, *, what: str) -> None:
        """Let these days pass, decided by this model or, without one, by the experiment that runs."""
        for day in days:
            self._live(day, scorer)
            tell(what, self.today / self.plan.days)

    def trips(self) -> list[Trip]:
        """What the monitor has stopped."""
        with self.books.transaction() as tx:
            return list(tx.trips())

    def copy_to(self, folder: Path) -> None:
        """Leave a copy of the ledger in a new folder, from which another company can be resumed."""
        self.books.close()
        folder.mkdir()
        shutil.copy(self.folder / BOOKS, folder / BOOKS)
        self.books = self._opened()

    def close(self) -> None:
        """Close the ledger."""
        self.books.close()

    def _opened(self) -> Ledger:
        url = f"sqlite:///{self.folder.resolve() / BOOKS}"
        return open_ledger(url, now=self.world.start, salt=SALT, shipped=shipped_digests())

    def _live(self, day: int, scorer: Scorer | None) -> None:
        """Report what has happened by now, decide the day's candidates, send what was decided."""
        now = self.world.at(day)
        with self.books.transaction() as tx:
            for outcome in self.world.outcomes(now):
                tx.add_outcome(outcome, recorded_at=now)
        rows = self.world.rows(day)
        answers = self._decided(rows, now, scorer) if rows else []
        self._lived(day, rows, {row["candidate_id"]: row["decision_id"] for row in answers if row["action"] == "send"})
        drawn = {row["candidate_id"]: chosen(row) for row in answers if row["arm"] is not None}
        self.ruled.append(account(self._effects(drawn), sent={name for name, wanted in drawn.items() if wanted}))

    def _decided(self, rows: Sequence[Row], now: datetime, scorer: Scorer | None) -> list[Row]:
        """Decide candidates by a batch with the ledger; return its answers."""
        place = self.folder / "today"
        place.mkdir()
        write(place / "candidates.parquet", rows)
        run_batch(
            place / "candidates.parquet",
            place / "decisions",
            now=now,
            policy=self.policy,
            scorer=scorer,
            ledger=self.books,
            exploration=Exploration(shares=self.plan.shares, salt=self.books.salt),
        )
        answers = read(place / "decisions")
        shutil.rmtree(place)
        return answers

    def _lived(self, day: int, rows: Sequence[Row], sent: Mapping[str, str]) -> None:
        """Let what was sent have its effects, and account for it: the truth goes nowhere else."""
        self.world.decided(day, sent)
        self.sent.append(sent)
        self.accounts.append(account(self._effects(row["candidate_id"] for row in rows), sent=sent.keys()))

    def _effects(self, names: Iterable[str]) -> dict[str, Effect]:
        """Return what contact truly does on those of a day's occasions that are scored."""
        return {name: self.world.truth[name] for name in names if name in self.world.truth}


def chosen(answer: Row) -> bool:
    """Whether the model itself would contact, whatever arm was drawn: what its estimate speaks of."""
    gain, cutoff = answer["net_benefit"], answer["cutoff"]
    return gain is not None and cutoff is not None and bool(gain >= cutoff)


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write a candidates file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)


def read(folder: Path) -> list[Row]:
    """Read the decisions of a finished run."""
    shards = sorted(folder.glob("decisions-*.parquet"))
    return [row for shard in shards for row in pq.read_table(shard).to_pylist()]

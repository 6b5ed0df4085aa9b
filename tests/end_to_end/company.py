"""A synthetic company that follows `docs/cold_start.md`: its folder, customers, clock and commands."""

import io
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.synthetic.live import Effect, LiveWorld
from serving.cli import options, run
from serving.ledger import open_ledger
from serving.ports import Ledger, Preferences
from serving.standing import Experiment
from tests.docs.pages import blocks

RECIPE = Path(__file__).resolve().parents[2] / "docs" / "cold_start.md"
SALT = b"the draws of this company are always the same"
LEDGER = "sqlite:///outreach.db"
CLOCKS = ("batch", "experiment", "keys", "learn", "monitor", "options", "table")
SCORE = {"score_unavailable", "no_certificate", "below_cutoff", "held_out"}

Row = dict[str, Any]


def commands(heading: str) -> list[str]:
    """The command lines of the recipe under a heading, in order."""
    (section,) = [part for part in RECIPE.read_text().split("\n## ")[1:] if part.split("\n", 1)[0].endswith(heading)]
    return [line for block in blocks("docs/cold_start.md", "sh") if block in section for line in block.splitlines()]


@dataclass
class Company:
    """A company in a folder of its own: its customers, its clock, its commands."""

    folder: Path
    world: LiveWorld
    clock: datetime
    patch: pytest.MonkeyPatch
    decided: dict[int, list[Row]] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return its present."""
        return self.clock

    def here(self) -> None:
        """Let commands run in its folder, read its clock, and make its ledger with a salt that the tests know."""
        self.patch.chdir(self.folder)
        for name in CLOCKS:
            self.patch.setattr(import_module(f"serving.cli.{name}"), "now", self.now)
        self.patch.setattr(options, "new_salt", lambda: SALT)

    def run(self, command: str) -> str:
        """Run one command line, `outreach` in this process, anything else in a shell; return what it prints."""
        self.here()
        if not command.startswith("outreach "):
            subprocess.run(["bash", "-ec", command], cwd=self.folder, check=True)
            return ""
        with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as wrong:
            code = run(shlex.split(command)[1:])
        assert code == 0, wrong.getvalue()
        return said.getvalue()

    @contextmanager
    def books(self) -> Iterator[Ledger]:
        """Open the ledger, as the API would."""
        self.here()
        opened = open_ledger(LEDGER, now=self.clock, salt=b"", create=False)
        try:
            yield opened
        finally:
            opened.close()

    def prefer(self) -> None:
        """Tell the ledger what customers agreed to, as `PUT /v1/users/{id}/preferences` does."""
        with self.books() as books, books.transaction() as tx:
            for each in self.world.consents():
                said = Preferences(timezone=each.timezone, consent=dict.fromkeys(each.channels, True))
                tx.set_preferences(each.user_id, said, at=self.clock)

    def ask(self, day: int, command: str, *, out: str = "", later: timedelta = timedelta(0)) -> list[Row]:
        """Decide the day's candidates by a command of the recipe, into a folder of the day; return the answers."""
        write(self.folder / "candidates.parquet", self.world.rows(day))
        self.clock = self.world.at(day) + later
        folder = out or f"decisions/on-{day}"
        self.run(re.sub(r"decisions/\S+", folder, command))
        shards = sorted((self.folder / folder).glob("decisions-*.parquet"))
        return [row for shard in shards for row in pq.read_table(shard).to_pylist()]

    def live(self, days: Iterable[int], command: str) -> list[Row]:
        """Let days pass: what happened is reported, the day's candidates decided, what was sent is sent."""
        answers: list[Row] = []
        for day in days:
            self.report(day)
            self.decided[day] = self.ask(day, command)
            self.world.decided(day, sent(self.decided[day]))
            answers += self.decided[day]
        return answers

    def wait(self, days: Iterable[int]) -> None:
        """Let days pass without asking for anything."""
        for day in days:
            self.report(day)
            self.world.decided(day, {})

    def report(self, day: int) -> None:
        """Tell the ledger what has happened by now, as `POST /v1/outcomes` does."""
        self.clock = self.world.at(day)
        with self.books() as books, books.transaction() as tx:
            for outcome in self.world.outcomes(self.clock):
                tx.add_outcome(outcome, recorded_at=self.clock)

    def experiments(self) -> list[Experiment]:
        """All experiments, newest first."""
        with self.books() as books, books.transaction() as tx:
            return tx.experiments()


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write a candidates file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)


def sent(answers: Sequence[Row]) -> dict[str, str]:
    """The decision of each candidate that was sent."""
    return {row["candidate_id"]: row["decision_id"] for row in answers if row["action"] == "send"}


def company(folder: Path, patch: pytest.MonkeyPatch, **world: Any) -> Company:
    """Found a company in a folder, with a population that has told it what it agrees to."""
    made = LiveWorld.generate(**world)
    founded = Company(folder, made, made.start, patch)
    founded.run(commands("Begin to decide")[0])
    founded.prefer()
    return founded


def discretionary(rows: Sequence[Row], world: LiveWorld) -> list[Row]:
    """The answers about scored occasions."""
    return [row for row in rows if row["candidate_id"] in world.truth]


def effects(rows: Sequence[Row], world: LiveWorld) -> list[Effect]:
    """What contact truly does to those that were sent, essential ones aside."""
    return [world.truth[row["candidate_id"]] for row in discretionary(rows, world) if row["action"] == "send"]


def kinds(rows: Sequence[Row], world: LiveWorld) -> dict[str, bool]:
    """What the answers of a day say: who was sent, and whether no certificate was the reason wherever policy passed."""
    asked = discretionary(rows, world)
    passed = [row["reasons"] for row in asked if set(row["reasons"]) <= SCORE]
    return {
        "discretionary sent": any(row["action"] == "send" for row in asked),
        "essential sent": any(row["action"] == "send" for row in rows if row not in asked),
        "others for want of a certificate": all("no_certificate" in reasons for reasons in passed),
        "most of them": len(passed) > 0.8 * len(asked),
    }


def body(row: Row) -> dict[str, Any]:
    """A row of a candidates file as the body of a request; its evidence is on record already."""
    nested: dict[str, Any] = {}
    for name, value in row.items():
        *path, last = name.split(".")
        place = nested
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    evidence = {name: nested["evidence"][name] for name in ("type", "id", "source")}
    return {name: nested[name] for name in ("user", "purpose", "channel", "message")} | {"evidence": evidence}

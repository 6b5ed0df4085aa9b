"""The processes of a plan: how work is shared, and what is said when one of them fails or dies."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving.batch.desk import Desk, Plan, Tell
from serving.batch.ranges import Source
from serving.batch.summary import Run
from serving.batch.workers import Crew, following
from serving.candidates.files import open_candidates
from serving.columnar.firsts import Firsts
from serving.columnar.repeats import Repeated
from tests.serving.batch_examples import POLICY, SCORER, Shipped
from tests.serving.candidate_examples import NOW, candidate, write_parquet


@dataclass(frozen=True)
class Say:
    """A task that says who did it, and in which surroundings."""

    index: int

    def about(self, plan: Plan) -> range:
        """Two rows."""
        return plan.source.span(self.index)

    def run(self, desk: Desk, tell: Tell) -> Any:
        """Tell, and return."""
        tell(self.index, 2)
        time.sleep(0.2)  # so that both have some
        return os.getpid(), os.environ["OMP_NUM_THREADS"], desk.job.policy.version == POLICY.version


@dataclass(frozen=True)
class Fail(Say):
    """A task that fails in one of several ways."""

    how: str = ""

    def run(self, desk: Desk, tell: Tell) -> Any:  # noqa: ARG002  (it does nothing)
        """Fail."""
        if self.how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "ended":
            os._exit(3)
        raise ZeroDivisionError("two\nlines")


def crew(tmp_path: Path, jobs: int, version: str = "fake") -> Crew:
    """Return a crew for a file of eight rows, two in a range."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(8)])
    source = Source(file=open_candidates(path), stamp=(0, 0), rows=8, size=2)
    run = Run.of("0", now=NOW, policy=POLICY, scorer=SCORER, ledger=False)
    plan = Plan(
        run=run,
        source=source,
        firsts=Firsts(),
        users=Repeated(),
        hidden=tmp_path,
        work=tmp_path,
        out=None,
        kept=tmp_path,
        partitions=1,
    )
    return Crew(Desk.of(plan, POLICY, SCORER), Shipped(version), jobs)


def test_two_processes_do_what_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task is done once, by two others, each with one thread for linear algebra; none of them stays."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    told: list[int] = []
    done: list[Any] = []
    with crew(tmp_path, 2) as some:
        some.run([Say(index) for index in range(4)], lambda index, _: told.append(index), done.append)
        processes = [worker.process for worker in some.workers]

    actual = (
        sorted(told),
        len({pid for pid, *_ in done} - {os.getpid()}),
        {rest for _, *rest in map(tuple, done) for rest in [tuple(rest)]},
        [process.is_alive() for process in processes],
        "OMP_NUM_THREADS" in os.environ,
    )

    assert actual == ([0, 1, 2, 3], 2, {("1", True)}, [False, False], False)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("killed", "shard 1, rows 3 to 4: the process that decided them was killed (SIGKILL); is there enough memory"),
        ("ended", "shard 1, rows 3 to 4: the process that decided them ended with 3"),
        ("raised", "shard 1, rows 3 to 4 could not be decided (ZeroDivisionError: two lines)"),
    ],
)
def test_a_task_that_fails_ends_the_run_in_one_line(tmp_path: Path, how: str, said: str) -> None:
    """Which shard, which rows, what happened, what to do; and no process stays."""
    with pytest.raises(Unavailable) as error, crew(tmp_path, 2) as some:
        some.run([Say(0), Fail(1, how), Say(2), Say(3)], lambda *_: None, lambda _: None)

    alive = [worker.process.is_alive() for worker in some.workers]
    text = str(error.value)
    assert (text.startswith(said), "run again" in text, "\n" in text, alive) == (True, True, False, [False, False])


def test_a_model_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    """A process that loads another model than the run's decides nothing."""
    with pytest.raises(Unavailable, match="the model or the policy changed"), crew(tmp_path, 2, "8") as some:
        some.run([Say(0), Say(1)], lambda *_: None, lambda _: None)


def test_one_task_or_one_job_stays_here(tmp_path: Path) -> None:
    """No process is started for it."""
    done: list[Any] = []
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with crew(tmp_path, 2) as some:
        some.run([Say(0)], lambda *_: None, done.append)
    with crew(tmp_path, 1) as alone:
        alone.run([Say(0), Say(1)], lambda *_: None, done.append)

    assert ({pid for pid, *_ in done}, some.workers, alone.workers) == ({os.getpid()}, [], [])


@pytest.mark.parametrize(
    ("pending", "last", "expected"),
    [
        ([0, 1, 2, 3], -1, 0),
        ([1, 2, 3, 4], 0, 1),
        ([1, 2, 3, 4], -1, 3),
        ([2, 3, 4, 5, 6], 9, 4),
        ([0, 4, 5, 6, 7], 0, 6),
        ([7], 3, 7),
    ],
)
def test_a_worker_reads_on_or_begins_in_the_middle_of_what_is_left(
    pending: list[int], last: int, expected: int
) -> None:
    """The next range costs no skipping; a stretch that nobody is at is halved."""
    actual = following(set(pending), last)

    assert actual == expected

"""What an executor checks before it writes anything, without a cluster."""

import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput, Unavailable
from model.trees import kernel
from serving.batch.desk import Plan
from serving.batch.ranges import Source
from serving.batch.summary import Run, versions
from serving.candidates.files import open_candidates
from serving.columnar.firsts import Firsts
from serving.columnar.repeats import Repeated
from serving.spark import working
from serving.spark.working import Told, processor, work
from tests.serving.batch_examples import POLICY, SCORER, Shipped
from tests.serving.candidate_examples import NOW, candidate, write_parquet


class Sent:
    """What Spark would have brought."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def add(self, value: Any) -> None:
        """Take what is heard."""
        self.value |= value


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What executors are told of a plan for two rows; this process forgets what it takes."""
    monkeypatch.setattr(kernel, "_given", [])
    monkeypatch.setattr(working, "_desks", {})
    monkeypatch.setattr(working, "be_lean", lambda: None)
    file = open_candidates(write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(2)]))
    plan = Plan(
        run=Run.of("0", now=NOW, policy=POLICY, scorer=SCORER, ledger=False),
        source=Source(file=file, stamp=file.stamp(), rows=2, size=2),
        firsts=Firsts(),
        users=Repeated(),
        work=tmp_path,
        hidden=tmp_path,
        out=None,
        kept=tmp_path,
        partitions=1,
    )
    return Told(plan=plan, origin=Shipped(), code=b"code", processor=processor(), versions=versions())


class About:
    """A task that says where it may write."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def about(self, plan: Plan) -> range:
        """Return all rows."""
        return plan.source.span(0)

    def run(self, desk: Any, tell: Any) -> str:
        """Say it, or fail."""
        if self.error is not None:
            raise self.error
        tell(0, 1)
        tell(0, 1)
        return str(desk.plan.hidden.relative_to(desk.plan.work))


def worked(told: Told, *tasks: About) -> tuple[list[Any], Any]:
    """Carry tasks out as Spark would call them."""
    heard = Sent(frozenset())
    done = list(work(Sent(told), heard, iter(enumerate(tasks))))  # type: ignore[arg-type]
    return done, heard.value


def test_each_attempt_has_a_folder_of_its_own_and_tells_what_it_did(told: Told) -> None:
    """Outside Spark there is one attempt; what one task tells of a range is one figure."""
    actual = worked(told, About(), About())
    assert actual == ([(0, "attempt-0"), (1, "attempt-0")], frozenset({(0, 0, 2), (1, 0, 2)}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"versions": {"numpy": "0.1"}}, f"`{platform.node()}` has numpy"),
        ({"origin": Shipped("another")}, "the model or the policy changed"),
    ],
    ids=["versions", "model"],
)
def test_what_would_give_other_bytes_is_refused_and_not_tried_again(
    told: Told, change: dict[str, Any], says: str
) -> None:
    """The error comes back as what every task gave."""
    done, _ = worked(replace(told, **change), About(), About())
    assert [place for place, _ in done] == [0, 1]
    assert all(isinstance(error, Unavailable) and str(error).startswith(says) for _, error in done)


def test_an_error_ends_the_tasks_of_this_attempt(told: Told) -> None:
    """Somebody else's fault keeps its words; one of ours says which rows it was about."""
    wrong, _ = worked(told, About(InvalidInput("changed")), About())
    other, _ = worked(told, About(ValueError("two\nlines")), About())
    assert [(place, str(error)) for place, error in wrong] == [(0, "changed")]
    assert [str(error).partition(" (")[0] for _, error in other] == ["shard 0, rows 1 to 2 could not be decided"]


@pytest.mark.parametrize(("where", "expected"), [("here", b"code"), ("elsewhere", b"")])
def test_the_compiled_walk_is_for_the_same_processor_alone(told: Told, where: str, expected: bytes) -> None:
    """On one that can do less it might be no instruction at all."""
    worked(told if where == "here" else replace(told, processor=where), About())
    assert kernel._given[0]() == expected

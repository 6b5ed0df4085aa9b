"""A ledger worked on in ranges: in order, whatever the number of processes, and nothing left of one that dies."""

from pathlib import Path

import pytest

from benchmarks.replay import LIMITS, TEXT
from model.contracts import Shares
from model.errors import InvalidInput, Unavailable
from serving.replay.crew import ranges, results
from serving.replay.proposal_ledger import Trying
from tests.serving.replay.adding import Adding

PARTS = ranges(1, 50, 3)
EXPECTED = [(part[0], sum(part)) for part in PARTS]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_comes_of_the_ranges_is_in_their_order(jobs: int) -> None:
    """Here, or in two processes."""
    actual = list(results(Adding(), PARTS, jobs))
    assert actual == EXPECTED


def test_a_process_that_dies_ends_the_run() -> None:
    """In one line, with what to do."""
    with pytest.raises(Unavailable) as caught:
        list(results(Adding(dies=20), PARTS, 2))
    actual = str(caught.value)
    assert actual == "a process that replays died; is there enough memory? Nothing was written, run again"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_process_refuses_is_refused(jobs: int) -> None:
    """As it was said there."""
    with pytest.raises(InvalidInput) as caught:
        list(results(Adding(fails=20), PARTS, jobs))
    actual = str(caught.value)
    assert actual == "a record is wrong"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_opened_is_said(jobs: int, capfd: pytest.CaptureFixture[str]) -> None:
    """As it was said there, not that a process died; and nothing else is printed."""
    with pytest.raises(Unavailable) as caught:
        list(results(Adding(shut=True), PARTS, jobs))
    actual = (str(caught.value), capfd.readouterr().err)
    assert actual == ("the ledger cannot be read", "")


@pytest.mark.parametrize(
    ("first", "last", "expected"), [(1, 0, []), (5, 5, [range(5, 6)]), (1, 4, [range(1, 4), range(4, 5)])]
)
def test_ranges_cover_every_number_once(first: int, last: int, expected: list[range]) -> None:
    """None, one, or the last one shorter."""
    actual = ranges(first, last, 3)
    assert actual == expected


@pytest.mark.parametrize(("proposal", "expected"), [("text.yaml", True), ("limits.toml", False)])
def test_other_words_are_read_from_records_and_other_limits_are_not(
    tmp_path: Path, proposal: str, *, expected: bool
) -> None:
    """What needs records is worth a second process much earlier."""
    (tmp_path / "text.yaml").write_text(TEXT)
    (tmp_path / "limits.toml").write_text(LIMITS)
    job = Trying(ledger="", policy=None, limits={}, shares=Shares(), other_policy=tmp_path / proposal)
    actual = job.reads_records()
    assert actual is expected

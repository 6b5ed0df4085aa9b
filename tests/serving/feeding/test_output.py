"""Where a feed writes its decisions: never ahead of the ledger, and nothing lost, wherever it dies."""

import errno
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.event_days import policy_in, requests, write_lines
from model.errors import InvalidInput, Unavailable
from serving.feeding.lines import lines_of
from serving.feeding.output import NEXT, DecisionsFile
from tests.serving.feeding.both_ways import BODY_LIMIT, books, fed, feed_of, held, run

TOGETHER = 9


class Died(BaseException):
    """The process is gone."""


class Dying(DecisionsFile):
    """A file whose process dies at one place, when it comes there for the third time."""

    def __init__(self, path: Path, place: str) -> None:
        super().__init__(path)
        self.place, self.left = place, 3

    def dies(self, place: str) -> bool:
        """Whether it is now."""
        self.left -= place == self.place
        return place == self.place and not self.left

    def prepare(self, lines: list[bytes]) -> None:
        """Die before, in the middle of, or after writing beside the file: the transaction does not commit."""
        if self.dies("before prepare"):
            raise Died
        super().prepare(lines)
        if self.dies("in prepare"):
            beside = self._beside.read_bytes()
            self._beside.write_bytes(beside[: len(beside) * 2 // 3])
            raise Died
        if self.dies("before commit"):
            raise Died

    def add(self, lines: list[bytes]) -> None:
        """Die before, in the middle of, or after adding to the file: the transaction has committed."""
        if self.dies("after commit"):
            raise Died
        if self.dies("in add"):
            with self._path.open("ab") as file:
                file.write(b"".join(lines)[: len(lines[0]) // 2])
            raise Died
        super().add(lines)
        if self.dies("after add"):
            raise Died


@dataclass(frozen=True)
class Whole:
    """A file of events, a policy, and what a feed leaves that nothing interrupts."""

    events: Path
    policy: Path
    decisions: bytes
    held: dict[str, list[str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Feed two hundred events."""
    folder = tmp_path_factory.mktemp("whole")
    events, policy, out = folder / "events.jsonl", policy_in(folder / "policy"), folder / "out.jsonl"
    write_lines(events, requests(events=200, customers=30, seed=3))
    fed(events, folder / "fed.db", policy, out=out, together=TOGETHER)
    return Whole(events, policy, out.read_bytes(), held(folder / "fed.db"))


PLACES = ("before prepare", "in prepare", "before commit", "after commit", "in add", "after add")


@pytest.mark.parametrize("place", PLACES)
def test_wherever_it_dies_nothing_is_lost_or_said_twice(tmp_path: Path, whole: Whole, place: str) -> None:
    """The same feed, started again, leaves the same bytes; what stood in the file before is all on record."""
    ledger, out = tmp_path / "fed.db", tmp_path / "out.jsonl"
    with books(ledger) as opened:
        feed = feed_of(opened, whole.policy, out=out, together=TOGETHER)
        feed._output = Dying(out, place)
        with pytest.raises(Died):
            run(feed, lines_of(whole.events, longest=BODY_LIMIT))
        said = [json.loads(line)["decision_id"] for line in out.read_text().splitlines() if line.endswith("}")]
        with opened.transaction() as transaction:
            assert all(transaction.decision(name) is not None for name in said)
    fed(whole.events, ledger, whole.policy, out=out, together=TOGETHER)
    assert (out.read_bytes(), held(ledger)) == (whole.decisions, whole.held)


def test_nothing_lies_beside_a_file_that_is_finished(tmp_path: Path) -> None:
    """What was prepared is removed at the end."""
    output = DecisionsFile(tmp_path / "out.jsonl")
    output._path.touch()
    output.prepare([b"{}\n"])
    output.add([b"{}\n"])
    output.finish()
    actual = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert actual == {"out.jsonl": b"{}\n"}


def test_decisions_are_added_to_what_a_file_holds(tmp_path: Path) -> None:
    """Nothing that stood there is touched, whatever it is."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"another\n")
    with books(tmp_path / "some.db") as ledger:
        output = DecisionsFile(path)
        output.resume(ledger)
    output.prepare([b"1\n", b"2\n"])
    output.add([b"1\n", b"2\n"])
    assert path.read_bytes() == b"another\n1\n2\n"


@pytest.mark.parametrize("holds", [b"", b"x" * 99, b"x" * 100 + b"another"], ids=["nothing", "less", "another"])
def test_a_file_that_was_changed_meanwhile_is_refused(
    tmp_path: Path, holds: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what belongs there: nothing is removed."""
    monkeypatch.setattr("serving.feeding.output._on_record", lambda *_: True)
    path = tmp_path / "out.jsonl"
    path.write_bytes(holds)
    path.with_name(path.name + NEXT).write_bytes(b"100 1\n{}\n")
    with books(tmp_path / "some.db") as ledger, pytest.raises(InvalidInput, match="remove one of them"):
        DecisionsFile(path).resume(ledger)
    assert path.read_bytes() == holds


def test_what_was_added_already_is_not_added_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anything removed that somebody wrote after it."""
    monkeypatch.setattr("serving.feeding.output._on_record", lambda *_: True)
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"before\n{}\nafter\n")
    path.with_name(path.name + NEXT).write_bytes(b"7 1\n{}\n")
    with books(tmp_path / "some.db") as ledger:
        DecisionsFile(path).resume(ledger)
    assert path.read_bytes() == b"before\n{}\nafter\n"


@pytest.mark.parametrize(
    "beside", [b"", b"x", b"7", b"0 2\n{}\n", b"0 1\n{}"], ids=["none", "word", "one", "few", "cut"]
)
def test_what_was_never_whole_is_left_out(tmp_path: Path, beside: bytes) -> None:
    """It was not written to its end, so its transaction never committed."""
    path = tmp_path / "out.jsonl"
    path.with_name(path.name + NEXT).write_bytes(beside)
    with books(tmp_path / "some.db") as ledger:
        DecisionsFile(path).resume(ledger)
    assert path.read_bytes() == b""


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to do: the same feed goes on from there."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("serving.feeding.output.os.fsync", full)
    (tmp_path / "out.jsonl").touch()
    with pytest.raises(Unavailable, match=r"out.jsonl` cannot be written \(No space left on device\); make room"):
        DecisionsFile(tmp_path / "out.jsonl").add([b"{}\n"])

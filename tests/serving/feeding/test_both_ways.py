"""Issue 6: events from a file give the same decisions as live, however they are fed."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.event_days import Request, policy_in, requests, write_lines
from serving.cli import run as outreach
from tests.serving.feeding.both_ways import Json, books, fed, held, lived, without_id

EVENTS, CUSTOMERS = 800, 150
AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Days:
    """The same days as requests and as a file, and what a feed made of them: decisions, and all that is on record."""

    requests: list[Request]
    events: Path
    policy: Path
    decisions: bytes
    held: dict[str, list[str]]

    @property
    def until(self) -> datetime:
        """Until when time goes on."""
        return self.requests[-1].at + AFTER


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Feed some days, a few lines in a transaction."""
    folder = tmp_path_factory.mktemp("days")
    some, policy = list(requests(events=EVENTS, customers=CUSTOMERS, seed=6)), policy_in(folder / "policy")
    events, out = folder / "events.jsonl", folder / "out.jsonl"
    write_lines(events, iter(some))
    fed(events, folder / "fed.db", policy, out=out, together=7, until=some[-1].at + AFTER)
    return Days(some, events, policy, out.read_bytes(), held(folder / "fed.db"))


def firsts(decisions: list[Json]) -> list[Json]:
    """Return what was decided first about each occasion, in order."""
    found: dict[str, Json] = {}
    for one in decisions:
        found.setdefault(one["decision_id"], one)
    return [without_id(one) for one in found.values()]


def test_a_file_gives_the_same_decisions_as_live(tmp_path: Path, days: Days) -> None:
    """Every answer, every later look, every offer and all else on record are equal but for ids; live ones are drawn."""
    answers = lived(days.requests, tmp_path / "live.db", days.policy, until=days.until)
    assert held(tmp_path / "live.db") == days.held
    live = [without_id(one) for answer in answers for one in answer.get("decisions", [])]
    from_file = firsts([json.loads(line) for line in days.decisions.splitlines()])
    assert [one for one in from_file if one in live] == live
    actual = len(from_file) - len(live)
    assert actual == sum(answer.get("pending", 0) for answer in answers) > 0


def test_the_days_hold_every_kind_of_end(days: Days) -> None:
    """Sends, holds, denials, later sends and cancellations, offers, rejected lines: else the comparison says little."""
    told = [json.loads(line) for line in days.decisions.splitlines()]
    seen, counted = set(), Counter()
    for one in told:
        counted[one["action"], one["decision_id"] in seen] += 1
        seen.add(one["decision_id"])
    codes = {reason["code"] for one in told for reason in one["reasons"]}
    kinds = {(name, again) for again in (False, True) for name in ("send", "hold", "cancel" if again else "deny")}
    assert set(counted) == kinds
    assert min(counted.values()) >= 5
    assert {"quiet_hours", "too_soon", "frequency_cap", "outranked", "below_cutoff", "held_out", "dismissed"} <= codes


@pytest.mark.parametrize("together", [1, 256])
def test_how_many_lines_share_a_transaction_changes_nothing(tmp_path: Path, days: Days, together: int) -> None:
    """The decisions are the same bytes, and the ledger holds the same."""
    out = tmp_path / "out.jsonl"
    fed(days.events, tmp_path / "fed.db", days.policy, out=out, together=together, until=days.until)
    assert (out.read_bytes(), held(tmp_path / "fed.db")) == (days.decisions, days.held)


def test_a_packed_file_gives_the_same(tmp_path: Path, days: Days) -> None:
    """Ids follow from the lines, not from the file's bytes; a file in two parts is the same but for its ids."""
    packed, lines = tmp_path / "events.jsonl.gz", days.events.read_bytes().splitlines(keepends=True)
    packed.write_bytes(gzip.compress(b"".join(lines[:200])))
    plain = tmp_path / "events.jsonl"
    plain.write_bytes(b"".join(lines[:200]))
    parts = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    parts[0].write_bytes(b"".join(lines[:90]))
    parts[1].write_bytes(b"".join(lines[90:200]))
    for name, files in {"packed": [packed], "plain": [plain], "parts": parts}.items():
        for file in files:
            fed(file, tmp_path / f"{name}.db", days.policy, out=tmp_path / f"{name}.out")
    outs = [(tmp_path / f"{name}.out").read_bytes() for name in ("packed", "plain", "parts")]
    assert outs[0] == outs[1]
    assert firsts(list(map(json.loads, outs[2].splitlines()))) == firsts(list(map(json.loads, outs[0].splitlines())))
    assert held(tmp_path / "packed.db") == held(tmp_path / "plain.db") == held(tmp_path / "parts.db")


def test_a_file_that_is_fed_again_decides_nothing_again(tmp_path: Path, days: Days) -> None:
    """All its events are on record; nothing is added to the decisions, and the ledger stays as it was."""
    some, out, ledger = tmp_path / "events.jsonl", tmp_path / "out.jsonl", tmp_path / "fed.db"
    some.write_bytes(b"".join(days.events.read_bytes().splitlines(keepends=True)[:150]))
    first = fed(some, ledger, days.policy, out=out)
    before = (out.read_bytes(), held(ledger))
    again = fed(some, ledger, days.policy, out=out)
    assert (out.read_bytes(), held(ledger)) == before
    actual = (again.accepted, again.duplicates, sum(again.decided.values()), sum(again.again.values()))
    assert actual == (0, first.accepted + first.duplicates, 0, 0)


def test_a_feed_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that gets SIGKILL in the middle leaves a ledger and a file that the same command completes."""
    monkeypatch.chdir(tmp_path)
    for name in ("killed", "whole"):
        with books(tmp_path / f"{name}.db"):
            pass
    Path("events.jsonl").write_bytes(3 * days.events.read_bytes())  # long enough that nobody is too late to kill it
    command = ["feed", "events.jsonl", "--policy", str(days.policy), "--ledger"]
    killed, whole = ([f"sqlite:///{name}.db", "--out", f"{name}.jsonl"] for name in ("killed", "whole"))
    python = [sys.executable, "-m", "serving.cli"]
    process = subprocess.Popen([*python, *command, *killed], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    out = tmp_path / "killed.jsonl"
    while process.poll() is None and not (out.exists() and out.stat().st_size):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    part = out.read_bytes()
    assert [outreach([*command, *target]) for target in (killed, whole)] == [2, 2]
    assert part != out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert (out.read_bytes().startswith(part), held(tmp_path / "killed.db")) == (True, held(tmp_path / "whole.db"))

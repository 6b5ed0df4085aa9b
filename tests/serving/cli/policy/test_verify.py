"""`outreach policy verify`: what it prints, and how it ends."""

import json

import pytest

from serving.cli import run
from serving.cli.policy.verify import as_data, as_text
from serving.policy import rules
from serving.verify import subject
from serving.verify.report import Failure, Part
from serving.verify.run import Verified, checks
from serving.verify.subject import FULL, QUICK, Scale, Subject
from tests.serving.verify.broken import without

FAILURE = Failure(promise=2, check="the grid", about="opted_out", says="passes", example={"opted_out": "unknown"})


def outcome(*failures: Failure, scale: Scale = FULL) -> Verified:
    """Return an outcome with these failures."""
    part = Part(name="filters", promises=(2, 4), cases=1_234, failures=failures, notes={"opted_out": {"reads": []}})
    return Verified([part], 1_234, 10**53, scale)


def test_what_holds_is_said_with_its_numbers() -> None:
    """Cases by check and in all, what they stand for, promise by promise."""
    lines = as_text(outcome()).splitlines()
    assert lines[0] == "          1,234  filters (promise 2, 4)"
    assert lines[1] == "          1,234  cases evaluated, for 1.0e+53 combinations of classes and limits"
    assert lines[2] == "promise 1: holds: a message is service because of evidence, never because of a flag"
    assert [line.split(":")[1] for line in lines[2:]] == [" holds"] * 6


def test_what_fails_is_said_with_an_example() -> None:
    """The promise, and below all of them the counterexample."""
    lines = as_text(outcome(FAILURE)).splitlines()
    assert lines[3] == "promise 2: FAILS: unknown means no"
    assert lines[-1] == "        opted_out = unknown"


def test_a_sample_says_that_it_is_one() -> None:
    """Nobody takes a look for a verification."""
    assert "a look, no verification" in as_text(outcome(scale=QUICK))
    assert "a look" not in as_text(outcome())
    assert (as_data(outcome(scale=QUICK))["whole"], as_data(outcome())["whole"]) == (False, True)


def test_the_outcome_as_data() -> None:
    """Exact numbers; an integer of 53 digits is text."""
    actual = as_data(outcome(FAILURE))
    assert (actual["holds"], actual["cases"], actual["stands_for"]) == (False, 1_234, "1" + "0" * 53)
    assert actual["failures"][0]["example"] == {"opted_out": "unknown"}
    assert actual["checks"][0]["notes"] == {"opted_out": {"reads": []}}
    assert json.loads(json.dumps(actual)) == actual


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the sample smaller still."""
    monkeypatch.setattr(subject, "QUICK", Scale(rows=800, minutes=240, thin=401))


def test_the_command_verifies_the_installed_policy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 0, one JSON document on standard output, progress beside it; what is checked is `verify`'s own test."""
    small(monkeypatch)
    some = [
        check for check in checks(Subject()) if getattr(check, "keywords", {}).get("code") in {"dismissed", "opted_out"}
    ]
    monkeypatch.setattr("serving.verify.run.checks", lambda _: some)
    assert run(["policy", "verify", "--quick", "--jobs", "1", "--json"]) == 0
    printed = capsys.readouterr()
    actual = json.loads(printed.out)
    assert (actual["holds"], actual["whole"], len(actual["checks"])) == (True, False, 1)
    assert "filters" in printed.err


def test_the_command_fails_with_a_counterexample(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 for a policy that forgets who opted out where it does not know; that check alone is run."""
    small(monkeypatch)
    found = [check for check in checks(Subject()) if getattr(check, "keywords", {}).get("code") == "opted_out"]
    monkeypatch.setattr("serving.verify.run.checks", lambda _: found)
    monkeypatch.setattr(rules, "FILTERS", without("opted_out", reads=()).filters)
    assert run(["policy", "verify", "--quick", "--jobs", "1"]) == 1
    printed = capsys.readouterr().out
    assert "promise 2: FAILS: unknown means no" in printed
    assert "`opted_out`: passes while `opted_out` is unknown" in printed
    assert "opted_out = unknown" in printed


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """And says what the exit code means."""
    assert run(["policy", "verify", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "Example: outreach policy verify --jobs 2" in printed
    assert "exit 1 where one fails" in " ".join(printed.split())


def test_no_number_of_processes_is_bad_input() -> None:
    """Exit 2, one line."""
    assert run(["policy", "verify", "--jobs", "0"]) == 2

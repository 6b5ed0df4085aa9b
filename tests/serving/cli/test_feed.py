"""`outreach feed` on the command line."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.event_days import START, policy_in
from serving.cli import run
from serving.feeding.fed import Fed
from serving.feeding.lines import lines_of
from serving.policy_files.templates import load_policy
from serving.ports import Approval
from tests.serving.feeding.both_ways import BODY_LIMIT, books, feed_of, held
from tests.serving.feeding.both_ways import run as run_feed
from tests.serving.feeding.test_feed import NOON, agrees, payment, reminder

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but the flags."""
    monkeypatch.chdir(tmp_path)
    policy_in(tmp_path / "policy")


def written(*bodies: Any) -> str:
    """Write values as a file of events; return its name."""
    Path("events.jsonl").write_text("".join(f"{json.dumps(body)}\n" for body in bodies))
    return "events.jsonl"


def feed(*arguments: str) -> int:
    """Run the command on a ledger of its own, with triggers of every kind."""
    return run(["feed", *arguments, "--ledger", "sqlite:///fed.db", "--policy", "policy"])


def test_a_file_is_fed_and_what_came_of_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output in a few lines; nothing is wrong, so the exit code is 0."""
    code = feed(written(agrees(), payment(1), payment(1), reminder(2)))
    expected = [
        "4 lines: 3 events are new, 1 were on record, 0 not taken",
        "decided: send 1, hold 1, deny 0",
        "why not sent: too_soon 1",
        "decided again: send 0, hold 0, cancel 0",
        "the clock stands at 2025-03-27T12:00:00Z",
    ]
    assert (code, capsys.readouterr().out.splitlines()) == (0, expected)


def test_the_decisions_are_written_as_the_api_answers_them(capsys: pytest.CaptureFixture[str]) -> None:
    """With whom and what they are about; what time brings after the last line is there as well."""
    until = (NOON + timedelta(hours=5)).isoformat()
    code = feed(written(agrees(), payment(1), reminder(2)), "--out", "out.jsonl", "--until", until)
    told = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert "decided again: send 1" in capsys.readouterr().out
    assert (code, Path("out.jsonl.next").exists()) == (0, False)
    actual = [(one["matched"], one["action"], one["user"]["id"], one["decided_at"]) for one in told]
    assert actual == [
        ("payment", "send", "u-1", "2025-03-27T12:00:00Z"),
        ("reminder", "hold", "u-1", "2025-03-27T12:00:00Z"),
        ("reminder", "send", "u-1", "2025-03-27T15:00:00Z"),
    ]
    assert told[1]["decision_id"] == told[2]["decision_id"]


def test_lines_that_break_a_rule_are_named_and_the_others_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """By line, element and rule, on standard error; the exit code says that something was wrong."""
    code = feed(written(agrees(), [payment(1), payment(2) | {"time": "noon"}], "x", payment(3)))
    said = capsys.readouterr()
    wrong = [line for line in said.err.splitlines() if line.startswith("outreach:")]
    assert code == 2
    assert wrong == [
        (
            "outreach: `events.jsonl`, line 2, element 1: `#/time` must be a time as in RFC 3339, for example "
            "2026-11-20T18:00:00Z"
        ),
        "outreach: `events.jsonl`, line 3: send one object, or an array of objects",
        "outreach: mend these lines and feed the file again: what is on record is not decided twice",
    ]
    assert said.out.startswith("4 lines: 3 events are new, 0 were on record, 2 not taken")


def test_json_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a program can read it."""
    code = feed(written(agrees(), payment(1), {}), "--json")
    told = json.loads(capsys.readouterr().out)
    actual = (code, told["accepted"], told["rejected"], told["decided"], [one["line"] for one in told["wrong"]])
    assert actual == (2, 2, 1, {"send": 1, "hold": 0, "deny": 0}, [3])


def test_the_command_feeds_as_the_parts_do() -> None:
    """The same file and salt leave the same ledger, whoever composes."""
    file = written(agrees(), *(payment(number) for number in range(9)), reminder(20))
    for name in ("fed.db", "parts.db"):
        with books(Path(name)):
            pass
    feed(file)
    with books(Path("parts.db")) as ledger:
        parts = feed_of(ledger, Path("policy"), scorer=None)
        run_feed(parts, lines_of(Path(file), longest=BODY_LIMIT))
    assert held(Path("fed.db")) == held(Path("parts.db"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.jsonl"], "`none.jsonl` does not exist"),
        (["events.jsonl", "--until", "2999-01-01T00:00:00Z"], "is still to come"),
        (["events.jsonl", "--until", "2025-01-01T00:00:00"], "has no offset"),
        (["policy"], "`policy` is a folder; name a file of events"),
    ],
    ids=["no file", "future", "naive", "folder"],
)
def test_what_cannot_be_fed_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input is exit 2, and nothing is on record."""
    written(payment(1))
    code = feed(*arguments)
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("outreach:")]
    assert (code, len(error), said in error[0]) == (2, 1, True)


def own_policy(*ids: str) -> None:
    """Write a policy of these templates, the first of which a trigger asks for."""
    words = "purpose: account_event, facts: { amount: string }, next_step: Reply., text:"
    templates = "".join(f"  - {{ id: {name}, {words} '{{amount}} failed ({name}). Reply.' }}\n" for name in ids)
    trigger = f"on: account.payment_failed, purpose: account_event, template: {ids[0]}, channel: email"
    Path("own").mkdir(exist_ok=True)
    Path("own/p.yaml").write_text(
        f"templates:\n{templates}triggers:\n  - {{ id: t, {trigger}, facts: {{ amount: event.data.amount }} }}\n"
    )


def approve(*ids: str) -> None:
    """Approve these templates in the ledger, as an admin does."""
    with books(Path("fed.db")) as ledger, ledger.transaction() as tx:
        for name in ids:
            digest = load_policy(Path("own")).digests[name]
            tx.approve(Approval(digest=digest, what=f"template:{name}", by="ann", at=START))


def feed_own(*arguments: str) -> int:
    """Run the command with the policy of one's own."""
    return run(["feed", written(agrees(), payment(1), payment(2)), "--ledger", "sqlite:///fed.db", *arguments])


@pytest.mark.parametrize(
    ("ids", "approved", "expected"),
    [
        ("a", "", "1 of the 1 templates of the policy is not approved in this ledger, and not sent: `a`; approve"),
        ("ab", "a", "1 of the 2 templates of the policy is not approved in this ledger, and not sent: `b`; approve"),
        (
            "abcdef",
            "",
            (
                "6 of the 6 templates of the policy are not approved in this ledger, and not sent: `a`, `b`, `c`, `d`, "
                "`e` …; approve"
            ),
        ),
        ("ab", "ab", None),
    ],
)
def test_templates_that_nobody_approved_are_named(
    ids: str, approved: str, expected: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a file of refusals looks like a policy that refuses; at most five, with the next step."""
    own_policy(*ids)
    approve(*approved)
    code = feed_own("--policy", "own")
    lines = capsys.readouterr().out.splitlines()
    reason = "why not sent: template_not_approved 2" in lines
    named = [line.partition(" them")[0] for line in lines if "not approved" in line]
    assert (code, reason, named) == (0, "a" not in approved, [] if expected is None else [expected])


def test_the_json_has_reasons_and_templates(capsys: pytest.CaptureFixture[str]) -> None:
    """Reasons with their counts, the templates by name."""
    own_policy("a", "b")
    approve("b")
    feed_own("--policy", "own", "--json")
    actual = json.loads(capsys.readouterr().out)
    assert (actual["reasons"], actual["not_approved"]) == ({"template_not_approved": 2}, ["a"])


def test_at_most_five_reasons_are_named_the_most_frequent_first() -> None:
    """Of what was decided first and is not to be sent: a send has none, and a second look is no second refusal."""
    fed = Fed()
    fed.reasons.update({code: count for count, code in enumerate("abcdefg", 1)})
    assert fed.values()["reasons"] == {"g": 7, "f": 6, "e": 5, "d": 4, "c": 3}


def test_a_ledger_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """What is fed is no news: it must not get into the ledger in use by an oversight."""
    code = run(["feed", written(payment(1))])
    assert (code, "--ledger" in capsys.readouterr().err, Path("outreach.db").exists()) == (2, True, False)


def test_what_is_later_than_the_present_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """As the API refuses it: nothing has happened then."""
    code = feed(written(payment(1, START.replace(year=2999))))
    assert (code, "`#/time` is more than 5 minutes ahead" in capsys.readouterr().err) == (2, True)

"""Every case in `tests/cases`, decided: the readable statement of what goes out and what does not."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Candidate, Context, EvidenceRef, Message
from serving.arms import Exploration
from serving.policy.greeting import greets_newcomer
from serving.policy.reasons import CATALOGUE
from serving.standing import Standing
from tests.judging import as_the_oracle_reads
from tests.occasions import (
    NOW,
    RARE,
    FixedScorer,
    candidate,
    codes,
    context,
    decided,
    event,
    mostly,
    policy,
    sent_at,
    session,
    standing,
    trial,
)
from tests.oracle_facts import World
from tests.oracle_time import expected
from tests.worded import judge

CASES = Path(__file__).parents[1] / "cases"
NAMED = [(path.stem, case) for path in sorted(CASES.glob("*.json")) for case in json.loads(path.read_text("utf-8"))]
SCORED = {"net_benefit", "cutoff", "arm", "scorer", "experiment", "stopped"}
WORLD = {"now", "evidence", "session", "sent_minutes_ago", "limits", *SCORED}
KEYS = {"title", "given", "when", "expected"}


def when(value: str | None) -> datetime | None:
    """Read an instant."""
    return None if value is None else datetime.fromisoformat(value)


def known(given: dict[str, Any], now: datetime) -> Context:
    """Make the context of a case."""
    changes: dict[str, Any] = {}
    if "evidence" in given:
        wanted = given["evidence"]
        changes["evidence"] = None if wanted is None else event(wanted["type"], **in_time(wanted))
    if "session" in given:
        changes["session"] = session(**{name: instant(name, value) for name, value in given["session"].items()})
    if "sent_minutes_ago" in given:
        changes |= sent_at(*(timedelta(minutes=ago) for ago in given["sent_minutes_ago"]), now=now)
    for name, value in given.items():
        if name not in WORLD:
            changes[name] = frozenset(value) if isinstance(value, list) else instant(name, value)
    return context(**changes)


def in_time(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an event, `time` as an instant."""
    fields = {name: value for name, value in wanted.items() if name != "type"}
    return fields | ({"time": when(fields["time"])} if "time" in fields else {})


def instant(name: str, value: Any) -> Any:
    """Read fields that are times."""
    return when(value) if name.endswith(("_at", "_since")) else value


def asked(request: dict[str, Any], found: Context) -> Candidate:
    """Make the candidate of a case; it names the event that is on record."""
    changes: dict[str, Any] = {name: instant(name, value) for name, value in request.items()}
    if "message" in changes:
        changes["message"] = Message(**changes["message"])
    if "session" in changes:
        changes["session_id"] = changes.pop("session")
    if changes.get("evidence") is not None:
        changes["evidence"] = EvidenceRef(**changes["evidence"])
    one = candidate()
    if found.evidence is not None:
        one = replace(one, evidence=EvidenceRef(type=found.evidence.type, id=found.evidence.id))
    return replace(one, **changes)


def stands(given: dict[str, Any], now: datetime) -> Standing:
    """Return what may go out in a case: an experiment that draws so, and what stops everything."""
    stopped = standing(given.get("stopped"), now=now)
    if "experiment" not in given:
        return stopped
    share = {"contacted": 1 - RARE, "held_out": RARE}[given["experiment"]]
    return replace(stopped, experiment=trial(now=now, share=share))


def instants(expected: dict[str, Any]) -> dict[str, Any]:
    """Read what a case expects, instants included."""
    return expected | {name: when(expected[name]) for name in ("not_before", "expires_at") if name in expected}


EVERY = pytest.mark.parametrize(("file", "case"), NAMED, ids=[f"{file}: {case['title']}" for file, case in NAMED])


@EVERY
def test_the_case_is_decided_as_expected(file: str, case: dict[str, Any]) -> None:
    """The action, all reasons in order, and every instant and text that the case names."""
    given = case.get("given", {})
    now = when(given["now"]) if "now" in given else NOW
    found = known(given, now)
    scorer = FixedScorer(net_benefit=given.get("net_benefit", 0.02), cutoff=given.get("cutoff", 0.004))
    answer = decided(
        asked(case.get("when", {}), found),
        found,
        now=now,
        rules=policy(given.get("limits")),
        scorer=None if "scorer" in given else scorer,
        exploration=Exploration(shares=mostly(given.get("arm", "model")), salt=b"s", standing=stands(given, now)),
    )
    decision = answer.decision
    actual = {
        "action": str(decision.action),
        "reasons": list(codes(answer)),
        "not_before": decision.not_before,
        "expires_at": decision.expires_at,
        "text": decision.message.text if decision.message else None,
    }
    wanted = instants(case["expected"])
    assert {name: actual[name] for name in wanted} == wanted, file


@EVERY
def test_the_oracle_expects_the_same(file: str, case: dict[str, Any]) -> None:
    """Who wrote the case and who wrote the oracle read the contract alike."""
    given = case.get("given", {})
    now = when(given["now"]) if "now" in given else NOW
    found = known(given, now)
    world = World(
        now,
        policy(given.get("limits")).limits,
        as_the_oracle_reads(),
        lambda text: set(judge(text).codes),
        greets_newcomer,
        net_benefit=None if "scorer" in given else given.get("net_benefit", 0.02),
        cutoff=None if "scorer" in given else given.get("cutoff", 0.004),
        arm=given.get("arm", "model"),
        experiment=given.get("experiment"),
        stopped="stopped" in given,
    )
    answer = vars(expected(asked(case.get("when", {}), found), found, world))
    wanted = instants(case["expected"])
    assert {name: answer[name] for name in wanted if name != "reasons"} == {
        name: value for name, value in wanted.items() if name != "reasons"
    }, file
    assert list(answer["codes"]) == wanted["reasons"], file


def test_there_are_enough_cases_and_each_is_well_formed() -> None:
    """At least two hundred and fifty, no title twice in a file, no key that nobody reads."""
    titles = [(file, case["title"]) for file, case in NAMED]
    assert len(NAMED) >= 250
    assert len(set(titles)) == len(titles)
    assert all(set(case) <= KEYS and {"action", "reasons"} <= set(case["expected"]) for _, case in NAMED)


def test_every_code_of_the_policy_has_a_case() -> None:
    """A code that no case shows is a code that nobody has read; ranking comes before deciding."""
    shown = {code for _, case in NAMED for code in case["expected"]["reasons"]}
    assert {entry.code for entry in CATALOGUE} - shown == {"outranked"}

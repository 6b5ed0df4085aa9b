"""What the simulator finds: the properties that must hold of a history, whatever failed in it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.exact_judge import Judge, act, bears_out

Record = Mapping[str, Any]
Act = Mapping[str, Any]  # what was committed: `record`, and what was `said` of it (None: the decision itself)


@dataclass(slots=True)
class Findings:
    """What clients were told in one seed, how much of everything there was, and what was wrong."""

    answers: dict[str, bytes] = field(default_factory=dict)
    confirmed: list[tuple[str, bytes]] = field(default_factory=list)
    reported: set[tuple[str, str]] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def trace(self, history: Sequence[Act]) -> list[str]:
        """Return, line by line, what happened to the customers that a violation names (or to all)."""
        text = " ".join(self.wrong)
        shown = [one for one in history if not text or one["record"]["candidate"]["user_id"] in text]
        return [_line(one) for one in shown or history]


def _line(one: Act) -> str:
    record, said = one["record"], one["said"]
    what = record["decided"]["decision"]["action"] if said is None else one["action"]
    kind = "decided" if said is None else "confirmed" if "confirmed_at" in said else "reported"
    repeated = "" if one.get("new", True) else " (again)"
    user, decision = record["candidate"]["user_id"], record["decision_id"]
    return f"  {at_of(one):%d %H:%M:%S.%f} {user} …{decision[-4:]} {kind} {what}{repeated}"


def at_of(one: Act) -> datetime:
    """Return the time on record of what happened."""
    said = one["said"]
    text = one["record"]["decided"]["decision"]["decided_at"] if said is None else None
    return datetime.fromisoformat(text or said.get("confirmed_at") or said["recorded_at"])


def violations(records: Sequence[Record], history: Sequence[Act], found: Findings) -> list[str]:
    """Return every property that does not hold, one line each."""
    return [
        *_exact(history, found),
        *_on_record(records, history, found),
        *_after_an_opt_out(history),
        *_consistent(history),
    ]


def _exact(history: Sequence[Act], found: Findings) -> Iterator[str]:
    """No cap is exceeded by recorded time, no fact is told twice."""
    judge = Judge()
    for one in history:
        if one.get("new", True):
            act(judge, one["record"], one["said"], at_of(one))
    found.counted["sends"] += judge.verdict.sends
    found.counted["released"] += judge.verdict.released
    yield from (f"over a cap: {line}" for line in judge.verdict.over)
    yield from (f"told twice: {line}" for line in judge.verdict.twice)


def _on_record(records: Sequence[Record], history: Sequence[Act], found: Findings) -> Iterator[str]:
    """What was acknowledged is on record as it was said; what failed is there whole, or not at all; once per key."""
    by_id = {str(record["decision_id"]): record for record in records}
    committed = [str(one["record"]["decision_id"]) for one in history if one["said"] is None]
    if list(by_id) != committed:
        yield f"on record are {len(by_id)} decisions, committed were {len(committed)}"
    for key, body in found.answers.items():
        answer = json.loads(body)
        if not bears_out(by_id.get(answer["decision_id"]), answer):
            yield f"{key}: what was answered is not what is on record: {body[:80]!r}"
    keys = Counter(str(record["candidate"]["evidence"]["id"]) for record in records)
    yield from (f"{key}: {number} decisions" for key, number in keys.items() if number > 1)
    for decision, body in found.confirmed:
        said = [{**one, "confirmed_at": None} for one in _followed(by_id, decision, "confirmations")]
        if {**json.loads(body), "confirmed_at": None} not in said:
            yield f"{decision}: a confirmation that was answered is not on record: {body[:80]!r}"
    for decision, kind in sorted(found.reported):
        if kind not in {one["kind"] for one in _followed(by_id, decision, "outcomes")}:
            yield f"{decision}: `{kind}` was taken and is not on record"


def _followed(by_id: Mapping[str, Record], decision: str, what: str) -> Sequence[Record]:
    return by_id[decision][what] if decision in by_id else ()


def _after_an_opt_out(history: Sequence[Act]) -> Iterator[str]:
    """Nothing is sent, and no send confirmed, on a channel that the customer said no to before."""
    opted_out: set[tuple[str, str]] = set()
    for one in history:
        record, said = one["record"], one["said"]
        place = (record["candidate"]["user_id"], record["candidate"]["channel"])
        action = record["decided"]["decision"]["action"] if said is None else one["action"]
        if action == "opted_out":
            opted_out.add(place)
        elif action == "send" and place in opted_out:
            yield f"sent after an opt-out: {_line(one)}"


def _consistent(history: Sequence[Act]) -> Iterator[str]:
    """A cancel is final; a send that was confirmed stands until its end, unless something was reported of it."""
    last: dict[str, Act] = {}
    opted_out: set[tuple[str, str]] = set()
    for one in history:
        record, said = one["record"], one["said"]
        decision = record["decision_id"]
        place = (record["candidate"]["user_id"], record["candidate"]["channel"])
        if said is None or not one["new"]:
            continue
        if "confirmed_at" not in said:
            last.pop(decision, None)
            if one["action"] == "opted_out":
                opted_out.add(place)
            continue
        before = last.get(decision)
        if before is not None and before["action"] == "cancel":
            yield f"{decision}: confirmed after it was cancelled: {_line(one)}"
        if before is not None and before["action"] == "send" and place not in opted_out:
            end = before["said"]["expires_at"]
            if end is None or at_of(one) < datetime.fromisoformat(end):
                yield f"{decision}: confirmed anew while the send still stood: {_line(one)}"
        last[decision] = one

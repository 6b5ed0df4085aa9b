"""The filters once more, as conditions that other rule engines can read, and random rows on which all must agree.

A condition stands in the common part of three languages (CEL's spelling; `in_zen` and `in_cedar` change no more than
operators and names). It says when a code refuses a row: concern, waiver and test together, under `limits()`. What they
cannot say stays ours: unknown inputs (every row here is known), broken filters, `filter_failed`, when a hold ends.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.policy.columns import Columns, Flags, Floats, Numbers, Sends, stack
from serving.policy.limits import Limits, tighten
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX
from serving.policy.reasons import POLICY_CODES
from serving.policy.waivers import WAIVED_FROM

NOW = 1_800_000_000
FAR = 10**12  # seconds: never and no end, in languages without infinity
DAY = 86_400
TIGHTENED = {"switched_off": ["onboarding"], "channels_off": ["sms"], "opt_out_binds": ["email"]}
PAGES = f"(purpose == {PURPOSE_INDEX['in_session_help']} || purpose == {PURPOSE_INDEX['onboarding']})"
WIDGET = f"channel == {CHANNEL_INDEX['widget']}"
RANGES = {"purpose": (-2, 8), "channel": (-1, 5), "mark": (0, 2), "ages_as": (0, 3), "approval": (0, 2), "own": (-1, 1)}
RANGES |= {"readable": (1, 1)}
FINE = frozenset(
    {"readable", "found", "fits", "theirs", "complete", "grounded", "next_step", "templated", "same_purpose"}
)
FINE |= {"approval", "allowed", "consent", "zoned", "outbound", "live", "own"}  # 1 where nothing is wrong; others: 0
BINDS = f"channel == {CHANNEL_INDEX['email']}"


def limits() -> Limits:
    """Return limits under which every filter has something to say."""
    return tighten(Limits(), TIGHTENED)


def conditions() -> dict[str, str]:
    """Return one condition per code, in the catalogue's order: all of the policy's but `filter_failed`."""
    tests = {**_evidence(), **_message(), **_reach(), **_timing()}
    return {code: _spared(code, tests[code]) for code in POLICY_CODES if code in tests}


def _spared(code: str, test: str) -> str:
    if code not in WAIVED_FROM:
        return test
    waived = f"mark >= {int(WAIVED_FROM[code])}"
    return (
        f"({test}) && !({waived} && {BINDS.replace('==', '!=')})" if code == "opted_out" else f"({test}) && !({waived})"
    )


def _evidence() -> dict[str, str]:
    own = limits()
    ages = {0: own.evidence_hours * 3600, 1: own.essential_hours * 3600, 2: own.essential_hours * 3600}
    ages[3] = own.widget_minutes * 60
    aged = " || ".join(f"(ages_as == {kind} && now >= evidence_time + {age})" for kind, age in ages.items())
    return {
        "purpose_is_marketing": "purpose == -2",
        "purpose_unknown": "purpose == -1",
        "purpose_switched_off": f"purpose == {PURPOSE_INDEX['onboarding']}",
        "evidence_missing": "found != 1",
        "evidence_wrong_type": "found == 1 && purpose >= 0 && fits != 1",
        "evidence_of_another_customer": "found == 1 && theirs != 1",
        "evidence_stale": f"found == 1 && ((dated == 1 && now >= due_at) || (dated == 0 && ({aged})))",
        "expired": "now >= expires_at",
        "fact_superseded": "found == 1 && (superseded == 1 || outdated == 1)",
        "already_told": "found == 1 && already_told == 1",
        "customer_already_knows": "found == 1 && last_inbound > evidence_time",
    }


def _message() -> dict[str, str]:
    return {
        "promotional_wording": "complete == 1 && promotional == 1",
        "generic_wording": "complete == 1 && generic == 1",
        "facts_missing": "complete != 1 || grounded != 1",
        "next_step_missing": f"purpose != {PURPOSE_INDEX['progress_update']} && next_step != 1",
        "template_not_approved": "templated == 1 && (approval < 1 || same_purpose != 1)",
        "awaiting_approval": (
            "(templated == 1 || outbound == 1 || judged != 1)"
            " && (approval == 2 || ((templated != 1 || judged != 1) && approval != 1))"
        ),
        "breaker_open": "breaker_open == 1",
    }


def _reach() -> dict[str, str]:
    return {
        "channel_not_allowed": f"allowed != 1 || channel == -1 || channel == {CHANNEL_INDEX['sms']}",
        "consent_missing": "outbound == 1 && consent != 1",
        "opted_out": "opted_out == 1",
        "timezone_unknown": "outbound == 1 && zoned != 1",
        "session_missing": f"({WIDGET} || {PAGES}) && live != 1",
        "not_their_session": "own == 0",
        "contradicts_history": f"(purpose == {PURPOSE_INDEX['onboarding']} || newcomer != 0) && returning == 1",
        "complaint_open": "complaint_open == 1",
        "conversation_open": "conversation_open == 1",
    }


def _timing() -> dict[str, str]:
    own = limits()
    start, end = own.quiet_start, own.quiet_end
    ordinary = (
        f"contacts_60m >= {own.contacts_60m} || contacts_24h >= {own.contacts_24h} || contacts_7d >= {own.contacts_7d}"
    )
    capped = f"(mark < 1 && ({ordinary})) || (mark >= 1 && contacts_24h >= {own.essential_24h})"
    return {
        "dismissed": f"now < dismissed_at + {own.dismissal_days * DAY}",
        "quiet_hours": (
            f"outbound == 1 && (minute >= {start} || minute < {end} || minute_too >= {start} || minute_too < {end})"
        ),
        "frequency_cap": (
            f"(outbound == 1 || {WIDGET}) && "
            f"((outbound == 1 && ({capped})) || widget_messages >= {own.widget_per_session})"
        ),
        "cooling_off": f"now < last_complaint + {own.cooling_off_days * DAY}",
        "too_soon": f"now < remind_at || now < settled_since + {own.dwell_seconds}",
    }


def in_zen(condition: str) -> str:
    """Return the condition in ZEN's spelling."""
    for theirs, ours in {"&&": "and", "||": "or", "!(": "not ("}.items():
        condition = condition.replace(theirs, ours)
    return condition


def in_cedar(condition: str) -> str:
    """Return the condition in Cedar's spelling: every name is looked up in the request's context."""
    return re.sub(r"\b[a-z][a-z_0-9]*", lambda name: f"context.{name[0]}", condition)


def random_columns(rows: int, seed: int = 0) -> Columns:
    """Return rows of which every input is known: in a third of them all is by chance, in the others very little."""
    chance = np.random.default_rng(seed)
    trouble = chance.choice([1.0, 0.02, 0.005], rows)
    flags = np.array([_flags(name, trouble, chance) for name in Flags._fields])
    numbers = np.array([_numbers(name, trouble, chance) for name in Numbers._fields])
    return stack(flags.T.tolist(), numbers.T.tolist(), [Sends()] * rows, float(NOW))


def _flags(name: str, trouble: Floats, chance: np.random.Generator) -> Floats:
    low, high = RANGES.get(name, (0, 1))
    odd = chance.random(len(trouble)) < trouble
    return np.where(odd, chance.integers(low, high + 1, len(trouble)), int(name in FINE))


def _numbers(name: str, trouble: Floats, chance: np.random.Generator) -> Floats:
    rows = len(trouble)
    odd = chance.random(rows) < trouble
    if name.startswith("minute"):
        return np.where(odd, chance.integers(0, 1440, rows), 720.0)
    if name.startswith("contacts"):
        return np.where(odd, chance.choice([0.0, 1.0, 2.0, 5.0, 10.0], rows), 0.0)
    if name == "widget_messages":
        return np.where(odd, chance.choice([0.0, 1.0], rows), -np.inf)
    near = NOW + chance.choice([-40 * DAY, -DAY, -3600, -300, -30, -1, 0, 1, 3600, DAY], rows)
    absent = {"due_at": np.nan, "expires_at": np.inf, "evidence_time": NOW - 60.0}.get(name, -np.inf)
    return np.where(odd, near, absent)


def as_rows(c: Columns) -> list[Mapping[str, int]]:
    """Return each row as whole numbers by name, without what no other language knows: infinity and NaN."""
    columns = {name: getattr(c, name).tolist() for name in Flags._fields}
    for name in Numbers._fields:
        columns[name] = np.nan_to_num(getattr(c, name), nan=0.0, posinf=FAR, neginf=-FAR).astype(np.int64).tolist()
    columns["dated"] = (~np.isnan(c.due_at)).astype(int).tolist()
    columns["now"] = [NOW] * c.rows
    read = set(re.findall(r"[a-z][a-z_0-9]*", " ".join(conditions().values())))
    named = [name for name in columns if name in read]
    return [dict(zip(named, values, strict=True)) for values in zip(*(columns[name] for name in named), strict=True)]


def zen_model(rules: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules as a JSON decision model: input, one node with an expression per code, output."""
    expressions = [{"id": code, "key": code, "value": in_zen(rule)} for code, rule in rules.items()]
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "codes", "name": "codes", "type": "expressionNode", "content": {"expressions": expressions}},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("in", "codes"), ("codes", "out"))
    ]
    return {"nodes": nodes, "edges": edges}


def cedar_policies(rules: Mapping[str, str]) -> str:
    """Return the rules as Cedar policies: one permit, and a forbid per code that carries it as its annotation."""
    forbids = [
        f'@id("{code}") forbid (principal, action, resource) when {{ {in_cedar(rule)} }};'
        for code, rule in rules.items()
    ]
    return "\n".join(["permit (principal, action, resource);", *forbids])


def cel_list(rules: Mapping[str, str]) -> str:
    """Return the rules as one CEL expression: a list of truths in the order of the codes."""
    return f"[{', '.join(rules.values())}]"


def codes_of(truths: Sequence[bool]) -> list[str]:
    """Return the codes of a list of truths."""
    return [code for code, true in zip(conditions(), truths, strict=True) if true]

"""What would change a refusal, where the occasion says more than the catalogue: only what would work here."""

from collections.abc import Callable, Mapping

import numpy as np

from serving.policy.columns import NO_END, YES, Columns, Floats
from serving.policy.evidence import evidence_ends
from serving.policy.facts import NOT_FACTS, grounds, same
from serving.policy.limits import Limits
from serving.policy.phrasing import PROMOTIONAL
from serving.policy.purposes import SERVICES
from serving.policy.reading import recorded, visit
from serving.policy.reasons import PREFERENCES, REASONS, TEMPLATES
from serving.policy.saying import MOST_NAMES, NOT_SHOWN, Case, at, names, short
from serving.policy.selling_facts import FACT_RULES
from serving.policy.templates import render
from serving.policy.text_details import facts_that_sell, gaps, odd_facts
from serving.policy.wording import RULES
from serving.policy.zones import zone


def advice(case: Case, code: str) -> str:
    """Return the smallest change that would remove this code; `{until}` stands for the instant at which time does."""
    special = ADVICE.get(code)
    return (special(case) if special is not None else "") or REASONS[code].would_change


def evidence_end(case: Case) -> float:
    """Return when the evidence itself can no longer be used; without any, never."""
    return case.until(usable_until) if case.says("found", YES) else NO_END


def usable_until(c: Columns, limits: Limits, _: Floats) -> Floats:
    """Return until when each row's evidence can be used."""
    return evidence_ends(c, limits)


def own_end_passed(case: Case) -> bool:
    """Whether the request's own expiry has passed."""
    return case.number("expires_at") <= case.c.instant


def differing(case: Case) -> list[str]:
    """Return the names of the facts that the message and its evidence have in common and say differently."""
    event, stated = recorded(case.candidate, case.context), case.candidate.message.facts
    if event is None:
        return []
    return [name for name in stated if name in event.data and not same(stated[name], event.data[name])]


def left_page(case: Case) -> bool:
    """Whether the message is about a page that the customer is no longer on."""
    service, event = SERVICES.get(case.candidate.purpose), recorded(case.candidate, case.context)
    return visit(case.candidate, case.context, service, event, case.c.instant).left_page


def bad_zones(case: Case) -> list[str]:
    """Return where a time zone was given that does not exist: the request, the preferences, both or neither."""
    given = {"`user.timezone`": case.candidate.timezone, PREFERENCES: case.context.timezone}
    return [where for where, name in given.items() if name is not None and zone(name) is None]


def _expired(case: Case) -> str:
    own, waits = case.number("expires_at"), case.waits
    if own_end_passed(case):
        return "a later `expires_at`"
    parts = [f"an `expires_at` after {at(waits)}"] if own <= waits else []
    if evidence_end(case) <= waits:
        asked = not np.isnan(case.number("due_at"))
        parts.append("a reminder of theirs that is due later" if asked else "newer evidence")
    return " and ".join(parts)


def _superseded(case: Case) -> str:
    if case.context.superseded is True:
        return ""
    keys = differing(case)
    parts = [f"the message saying what its evidence says: {names(keys)}"] if keys else []
    if left_page(case):
        parts.append("a message about the page they are on")
    return " and ".join(parts)


def _evidence(case: Case) -> str:
    ref = case.candidate.evidence
    if ref is None:
        return "`evidence` with the type and id of a recorded event that proves the purpose"
    if case.context.evidence is None and ref.source is None:
        return "the event being recorded; where several sources recorded it, `evidence.source`"
    return ""


def _sells(case: Case) -> str:
    """Return what the rules suggest that found something: for each fact by its name, then for the text."""
    facts = facts_that_sell(case)
    parts = [f"for {short(name)}: {FACT_RULES[rule].suggestion}" for name, rule in list(facts.items())[:MOST_NAMES]]
    message = render(case.candidate, case.template)
    found = () if message is None else case.policy.wording.judge(message.text).findings
    said = dict.fromkeys(RULES[each.rule].suggestion for each in found if each.code == PROMOTIONAL)
    return "; ".join([*parts, *list(said)[:MOST_NAMES]])


def _facts(case: Case) -> str:
    if case.no_such_template:
        return TEMPLATES
    lacking, unfit = gaps(case)
    wanted = [f"`{name}`" for name in (*lacking, *unfit)]
    parts = [f"{', '.join(wanted)} in `message.facts`, as its evidence has it"] if wanted else []
    if odd_facts(case):
        parts.append("facts that its evidence names, or plain ones: a number, or at most three words")
    event = case.context.evidence
    if not parts and event is not None and case.says("complete", YES):
        keys = [short(name) for name in grounds(event) if name not in NOT_FACTS]
        known = ", ".join(key for key in keys[:5] if key != NOT_SHOWN)
        parts = [f"a text that says a fact of its evidence: {known}"] if known else []
    return " and ".join(parts)


def _template(case: Case) -> str:
    return "an `admin` approval of this template" if case.says("same_purpose", YES) else TEMPLATES


def _zone(case: Case) -> str:
    bad = bad_zones(case)
    if not bad:
        return ""
    ways = {"`user.timezone`": "in `user.timezone`", PREFERENCES: f"by {PREFERENCES}"}
    return f"an IANA time zone, such as `Europe/Paris`, {' and '.join(ways[where] for where in bad)}"


ADVICE: Mapping[str, Callable[[Case], str]] = {
    "expired": _expired,
    "fact_superseded": _superseded,
    "evidence_missing": _evidence,
    PROMOTIONAL: _sells,
    "facts_missing": _facts,
    "next_step_missing": lambda case: TEMPLATES if case.no_such_template else "",
    "template_not_approved": _template,
    "timezone_unknown": _zone,
    "frequency_cap": lambda case: "another visit of the customer" if case.candidate.channel == "widget" else "",
    "channel_not_allowed": lambda case: (
        "the owner of the configuration switching the channel on again, or another channel"
        if case.candidate.channel in case.limits.channels_off
        else ""
    ),
}

"""Which input each filter needs, and whom it asks: what is not known refuses, what does not concern is not asked."""

from typing import Any

import pytest

from serving.policy.columns import NAN, NEVER, NO_END, Columns, Flags, Numbers, Sends, stack
from serving.policy.engine import BLOCK, FAILED, NOT_ASKED, PASS, PLACE, REFUSE, rule
from serving.policy.limits import Limits
from serving.policy.rules import FILTERS

# An ordinary delivery update in the outbound chat: everything known, nothing against it.
GOOD = Flags(*[1] * len(Flags._fields))._replace(
    purpose=0,
    channel=0,
    mark=0,
    ages_as=0,
    superseded=0,
    outdated=0,
    already_told=0,
    promotional=0,
    generic=0,
    newcomer=0,
    opted_out=0,
    live=0,
    own=-1,
    returning=0,
    complaint_open=0,
    conversation_open=0,
    breaker_open=0,
)
FIGURES = Numbers(*[0.0] * len(Numbers._fields))._replace(
    due_at=NAN,
    expires_at=NO_END,
    remind_at=NEVER,
    last_inbound=NEVER,
    minute=720.0,
    minute_too=NAN,
    last_complaint=NEVER,
    dismissed_at=NEVER,
    settled_since=NEVER,
    widget_messages=NEVER,
)
ONBOARDING, HELP, PROGRESS, WIDGET, SMS, MARKETING = 8, 7, 5, 1, 3, -2
ESSENTIAL, CRITICAL = {"mark": 1, "ages_as": 1}, {"mark": 2, "ages_as": 2}


def row(now: float = 60.0, **changes: Any) -> Columns:
    """Return the good row with changes to flags and numbers."""
    flags = GOOD._replace(**{name: value for name, value in changes.items() if name in Flags._fields})
    numbers = FIGURES._replace(**{name: value for name, value in changes.items() if name in Numbers._fields})
    return stack([flags], [numbers], [Sends(zones=("UTC",))], now)


def codes(**changes: Any) -> tuple[str, ...]:
    """Return all that refuses the good row with changes."""
    return rule(row(**changes), Limits(), FILTERS).codes(0)


def verdict(code: str, **changes: Any) -> int:
    """Return one filter's verdict on it."""
    return int(rule(row(**changes), Limits(), FILTERS).verdicts[PLACE[code], 0])


def test_nothing_is_against_the_good_row() -> None:
    """What refuses below is the change alone."""
    assert codes() == ()


UNKNOWN: list[tuple[str, str, dict[str, Any]]] = [
    ("fits", FAILED, {}),
    ("theirs", FAILED, {}),
    ("evidence_time", "evidence_stale", {}),
    ("expires_at", FAILED, {}),
    ("superseded", FAILED, {}),
    ("outdated", FAILED, {}),
    ("already_told", FAILED, {}),
    ("last_inbound", FAILED, {}),
    ("promotional", FAILED, {}),
    ("generic", FAILED, {}),
    ("breaker_open", FAILED, {}),
    ("allowed", FAILED, {}),
    ("consent", "consent_missing", {}),
    ("opted_out", FAILED, {}),
    ("zoned", "timezone_unknown", {}),
    ("returning", FAILED, {"newcomer": 1}),
    ("returning", FAILED, {"purpose": ONBOARDING, "live": 1}),
    ("newcomer", FAILED, {"returning": -1}),
    ("dismissed_at", FAILED, {}),
    ("complaint_open", FAILED, {}),
    ("conversation_open", FAILED, {}),
    ("contacts_60m", FAILED, {}),
    ("contacts_24h", FAILED, {}),
    ("contacts_7d", FAILED, {}),
    ("widget_messages", FAILED, {"channel": WIDGET, "outbound": 0, "live": 1}),
    ("last_complaint", FAILED, {}),
    ("found", "evidence_missing", {}),
    ("approval", "template_not_approved", {}),
    ("live", FAILED, {}),
    ("live", FAILED, {"templated": 0}),
    ("live", "session_missing", {"channel": WIDGET, "outbound": 0}),
    ("live", "session_missing", {"channel": SMS, "purpose": HELP}),
    ("settled_since", "too_soon", {}),
    ("remind_at", "too_soon", {}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), UNKNOWN, ids=[f"{row[0]} {row[2]}" for row in UNKNOWN])
def test_an_input_that_is_not_known_refuses(name: str, expected: str, changes: dict[str, Any]) -> None:
    """Under the filter's own code, or as `filter_failed`; and nothing else is said."""
    unknown = {name: NAN if name in Numbers._fields else -1}
    assert codes(**{**changes, **unknown}) == (expected,)


ABOUT: list[tuple[str, dict[str, Any], bool]] = [
    *((code, {"found": 0}, False) for code in ("evidence_wrong_type", "evidence_of_another_customer")),
    *((code, {"found": 0}, False) for code in ("evidence_stale", "fact_superseded", "already_told")),
    ("customer_already_knows", {"found": 0}, False),
    ("evidence_wrong_type", {"purpose": MARKETING}, False),
    ("evidence_wrong_type", {"purpose": -1}, False),
    ("promotional_wording", {"complete": 0}, False),
    ("generic_wording", {"complete": 0}, False),
    ("next_step_missing", {"purpose": PROGRESS}, False),
    ("template_not_approved", {"templated": 0}, False),
    ("awaiting_approval", {"templated": 0, "outbound": 0}, False),
    ("awaiting_approval", {"templated": 1, "outbound": 0}, True),
    ("awaiting_approval", {"templated": 0, "outbound": 1}, True),
    ("awaiting_approval", {"templated": 0, "outbound": 0, "judged": 0}, True),
    *((code, {"outbound": 0}, False) for code in ("consent_missing", "timezone_unknown", "quiet_hours")),
    ("frequency_cap", {"outbound": 0}, False),
    ("frequency_cap", {"outbound": 0, "channel": WIDGET}, True),
    ("frequency_cap", {"channel": 2}, True),
    ("session_missing", {}, False),
    ("session_missing", {"channel": WIDGET}, True),
    ("session_missing", {"purpose": HELP}, True),
    ("session_missing", {"purpose": ONBOARDING}, True),
    ("not_their_session", {}, False),
    ("not_their_session", {"live": -1, "channel": SMS}, False),
    ("not_their_session", {"own": 1}, True),
    ("not_their_session", {"own": 0}, True),
    ("contradicts_history", {}, False),
    ("contradicts_history", {"purpose": ONBOARDING}, True),
    ("contradicts_history", {"newcomer": 1}, True),
    ("contradicts_history", {"newcomer": -1}, True),
    *((each.code, {}, True) for each in FILTERS if each.concerns is None),
]


@pytest.mark.parametrize(("code", "changes", "asked"), ABOUT, ids=[f"{row[0]} {row[1]}" for row in ABOUT])
def test_a_filter_asks_whom_it_concerns(code: str, changes: dict[str, Any], asked: bool) -> None:  # noqa: FBT001  (a table)
    """And nobody else: the record says `not_asked` there."""
    assert (verdict(code, **changes) != NOT_ASKED) == asked


WITHOUT = {
    *(
        "purpose_is_marketing",
        "purpose_unknown",
        "purpose_switched_off",
        "evidence_missing",
        "expired",
        "facts_missing",
    ),
    *("breaker_open", "channel_not_allowed", "opted_out", "dismissed", "complaint_open", "conversation_open"),
    *("cooling_off", "too_soon"),
}


def test_these_filters_ask_about_every_message() -> None:
    """No channel, purpose or evidence is out of their reach."""
    assert {each.code for each in FILTERS if each.concerns is None} == WITHOUT


def test_these_filters_know_when_they_end() -> None:
    """Time alone lifts five of them; the answer names the instant, a dismissal's in words only."""
    timed = {each.code for each in FILTERS if each.until is not None}
    assert timed == {"quiet_hours", "frequency_cap", "cooling_off", "too_soon", "dismissed"}


@pytest.mark.parametrize("templated", [0, 1], ids=["text", "template"])
@pytest.mark.parametrize("outbound", [0, 1], ids=["inside", "outbound"])
def test_what_only_a_person_can_judge_awaits_one(templated: int, outbound: int) -> None:
    """On every channel, template or text: approved it passes; changed, without, or not known it waits."""
    words = {"judged": 0, "templated": templated, "outbound": outbound}
    answers = [verdict("awaiting_approval", **words, approval=approval) for approval in (1, 2, 0, -1)]
    assert answers == [PASS, REFUSE, REFUSE, REFUSE]


@pytest.mark.parametrize("mark", [ESSENTIAL, CRITICAL], ids=["essential", "critical"])
def test_essential_evidence_is_asked_about_its_own_cap_only(mark: dict[str, int]) -> None:
    """Nine today, more than any other cap: it passes; ten hold."""
    nine = {"contacts_60m": 9.0, "contacts_24h": 9.0, "contacts_7d": 99.0}
    answers = [verdict("frequency_cap", **mark, **nine), verdict("frequency_cap", **mark, contacts_24h=10.0)]
    assert answers == [PASS, REFUSE]


def test_a_purpose_that_is_none_asks_for_a_next_step_all_the_same() -> None:
    """Only progress is silent: neither a marketing word nor an unknown one."""
    assert [verdict("next_step_missing", purpose=word, next_step=0) for word in (MARKETING, -1)] == [REFUSE] * 2


def test_a_row_that_could_not_be_read_is_refused_whatever_it_says() -> None:
    """Everything else in it may look good; nobody knows."""
    assert codes(readable=0) == (FAILED,)


@pytest.mark.parametrize("rows", [1, 2, BLOCK + 1])
def test_a_ruling_is_of_the_same_kinds_for_few_and_many(rows: int) -> None:
    """Verdicts are bytes, and are read as such; the others are masks."""
    many = stack([GOOD] * rows, [FIGURES] * rows, [Sends()] * rows, 60.0)
    ruling = rule(many, Limits(), FILTERS)
    kinds = [each.dtype.str for each in (ruling.verdicts, ruling.failed, ruling.denied, ruling.held)]
    assert kinds == ["|i1", "|b1", "|b1", "|b1"]

"""What would change a refusal here: only what would work, by the names of facts and fields, never their values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Candidate, Context, EvidenceRef, Message
from serving.policy.advice import ADVICE
from serving.policy.phrasing import PROMOTIONAL
from serving.policy.reasons import POLICY_CODES, REASONS, TEMPLATES
from serving.policy.selling_facts import FACT_RULES
from serving.policy.wording import RULES
from tests.occasions import NOW, about, candidate, context, decided, event, on_page, session

HOUR = timedelta(hours=1)
ETA = "`new_eta` in `message.facts`, as its evidence has it"
NIGHT = datetime(2026, 11, 20, 22, tzinfo=UTC)  # quiet in Paris until 07:00 UTC


def would_change(code: str, one: Candidate | None = None, known: Context | None = None, *, now: datetime = NOW) -> str:
    """Return what would change this refusal."""
    reasons = {reason.code: reason.would_change for reason in decided(one, known, now=now).decision.reasons}
    return reasons[code]


def test_special_advice_is_about_codes_of_the_policy() -> None:
    """Every other code has the catalogue's."""
    assert set(ADVICE) <= set(POLICY_CODES)


@pytest.mark.parametrize(
    ("expires_at", "age", "expected"),
    [
        (NIGHT - HOUR, HOUR, "a later `expires_at`"),
        (NIGHT + HOUR, HOUR, "an `expires_at` after 2026-11-21T07:00:00Z"),
        (None, 16 * HOUR, "newer evidence"),
        (NIGHT + 10 * HOUR, 16 * HOUR, "newer evidence"),
        (NIGHT + HOUR, 16 * HOUR, "an `expires_at` after 2026-11-21T07:00:00Z and newer evidence"),
    ],
    ids=["passed", "request", "evidence", "evidence first", "both"],
)
def test_a_later_expiry_is_advised_only_where_the_requests_own_is_in_the_way(
    expires_at: datetime | None, age: timedelta, expected: str
) -> None:
    """Nobody is sent to change a field that would not help."""
    known = context(evidence=event(time=NIGHT - age))
    assert would_change("expired", candidate(expires_at=expires_at), known, now=NIGHT) == expected


def test_following_the_advice_about_an_expiry_helps() -> None:
    """The hold stays, and nothing has expired."""
    known = context(evidence=event(time=NIGHT - HOUR))
    later = candidate(expires_at=NIGHT + 9 * HOUR + timedelta(seconds=1))
    assert decided(later, known, now=NIGHT).decision.agent_would_send.reasons == ("quiet_hours",)


def test_a_reminder_that_is_due_too_soon_needs_a_later_one() -> None:
    """Newer evidence about the same date would not do."""
    dates = {"remind_at": "2026-11-20T21:00:00Z", "due_at": "2026-11-20T23:30:00Z"}
    asked = event("reminder.requested", time=NIGHT - HOUR, data={"what": "your passport", "due": "today", **dates})
    told = Message(template="requested_reminder", facts={"what": "your passport", "due": "today"})
    one, known = about(asked, purpose="requested_reminder", message=told)
    known = replace(known, requested_channels=frozenset({"chat"}))
    assert would_change("expired", one, known, now=NIGHT) == "a reminder of theirs that is due later"


def test_an_opt_out_stands() -> None:
    """No later consent undoes it (docs/decisions/0007), so nobody is told to fetch one."""
    text = would_change("opted_out", None, context(opted_out=True))
    assert text.startswith("nothing here: an opt-out stands")
    assert "another channel" in text


@pytest.mark.parametrize(
    ("message", "approval", "expected"),
    [
        (Message(template="parcel_late"), "none", TEMPLATES),
        (Message(template="requested_reminder", facts={"what": "A-7", "due": "Friday"}), "approved", TEMPLATES),
        (Message(template="requested_reminder", facts={"what": "A-7", "due": "Friday"}), "none", TEMPLATES),
        (candidate().message, "none", "an `admin` approval of this template"),
    ],
    ids=["no such template", "another purpose's", "another's, not approved", "not approved"],
)
def test_an_approval_is_advised_only_where_it_is_what_lacks(message: Message, approval: str, expected: str) -> None:
    """Elsewhere another template is."""
    actual = would_change("template_not_approved", candidate(message=message), context(approval=approval))
    assert actual == expected


def test_a_message_that_differs_from_its_evidence_is_told_which_facts() -> None:
    """Their names; no newer event is needed."""
    one = candidate(message=Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Monday"}))
    actual = [would_change("fact_superseded", one), would_change("fact_superseded", one, context(superseded=True))]
    assert actual == [
        "the message saying what its evidence says: `new_eta`",
        "the newest event about the same thing, with its facts",
    ]


def test_who_left_the_page_gets_a_message_about_the_one_they_are_on() -> None:
    """Not a newer event about the old one."""
    one, known = on_page(session=session(page="basket"))
    assert would_change("fact_superseded", one, known) == "a message about the page they are on"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (None, "`evidence` with the type and id of a recorded event that proves the purpose"),
        (
            EvidenceRef(type="shipment.delayed", id="ev-9"),
            "the event being recorded; where several sources recorded it, `evidence.source`",
        ),
        (EvidenceRef(type="shipment.delayed", id="ev-9", source="shop"), REASONS["evidence_missing"].would_change),
    ],
    ids=["none named", "not found", "not found in its source"],
)
def test_missing_evidence_says_what_to_give(ref: EvidenceRef | None, expected: str) -> None:
    """A source only where none was named."""
    assert would_change("evidence_missing", candidate(evidence=ref), context(evidence=None)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"parcel": "A-7"}, ETA),
        (
            {"parcel": "A-7", "note": "call 0800 555 01 23 before ten"},
            f"{ETA} and facts that its evidence names, or plain ones: a number, or at most three words",
        ),
    ],
    ids=["missing", "missing and odd"],
)
def test_missing_facts_are_named(facts: dict[str, Any], expected: str) -> None:
    """Where to put them, and whence."""
    one = candidate(message=Message(template="parcel_delayed", facts=facts))
    assert would_change("facts_missing", one) == expected


def test_a_text_without_a_fact_is_told_which_there_are() -> None:
    """By name; names that are none are left out."""
    one = candidate(message=Message(text="Reply to us.", next_step="Reply."))
    known = context(evidence=event(data={"parcel": "A-7", "Jane Doe": 1, "session": "s"}))
    assert would_change("facts_missing", one, known) == "a text that says a fact of its evidence: `parcel`"


def test_a_zone_may_be_told_in_each_way_there_is() -> None:
    """Whoever asks by an event has no request to put it into."""
    actual = [way in REASONS["timezone_unknown"].would_change for way in ("`user.timezone`", "`PUT ", "`identify`")]
    assert actual == [True] * 3


@pytest.mark.parametrize(
    ("given", "kept", "expected"),
    [
        (None, None, REASONS["timezone_unknown"].would_change),
        ("Mars/Olympus", None, "an IANA time zone, such as `Europe/Paris`, in `user.timezone`"),
        (
            "Europe/Paris",
            "Mars/Olympus",
            "an IANA time zone, such as `Europe/Paris`, by `PUT /v1/users/{id}/preferences`",
        ),
    ],
    ids=["none", "request", "preferences"],
)
def test_a_zone_is_corrected_where_it_is_wrong(given: str | None, kept: str | None, expected: str) -> None:
    """Another source does not repair it: each one that is given has to exist."""
    assert would_change("timezone_unknown", candidate(timezone=given), context(timezone=kept)) == expected


SHOP, SHARE = {"note": "see shop.example"}, {"note": "50 %"}
PRICE_CUT = RULES["price_cut"].suggestion


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("Parcel A-7 is late.", SHOP, f"for `note`: {FACT_RULES['fact_link'].suggestion}"),
        ("Parcel A-7 is late.", SHARE, f"for `note`: {FACT_RULES['fact_percentage'].suggestion}"),
        (
            "Parcel A-7 is late.",
            {**SHOP, "hint": "50 %"},
            f"for `note`: {FACT_RULES['fact_link'].suggestion}; for `hint`: {FACT_RULES['fact_percentage'].suggestion}",
        ),
        ("Parcel A-7 is late. Get 20% off!", {}, PRICE_CUT),
        (
            "Parcel A-7 is late. Get 20% off!",
            SHARE,
            f"for `note`: {FACT_RULES['fact_percentage'].suggestion}; {PRICE_CUT}",
        ),
    ],
    ids=["a link", "a percentage", "two facts", "a text", "both"],
)
def test_what_sells_is_told_what_to_write_instead(text: str, facts: dict[str, Any], expected: str) -> None:
    """By the rule that found it: of each fact by its name, then of the text."""
    one = candidate(message=Message(text=text, next_step="Reply.", facts=facts))
    assert would_change(PROMOTIONAL, one) == expected


def test_the_name_of_a_fact_that_is_none_is_not_shown() -> None:
    """Whoever sent it finds it by what is wrong with it."""
    one = candidate(message=Message(text="Parcel A-7 is late.", next_step="Reply.", facts={"Jane Doe": "50 %"}))
    assert would_change(PROMOTIONAL, one) == f"for (not shown): {FACT_RULES['fact_percentage'].suggestion}"


def test_what_would_change_a_fact_works() -> None:
    """Under the name that the advice gives, the same value is no advertisement."""
    links = {"tracking_url": "see shop.example"}
    one = candidate(message=Message(text="Parcel A-7 is late.", next_step="Reply.", facts=links))
    assert PROMOTIONAL not in {reason.code for reason in decided(one).decision.reasons}

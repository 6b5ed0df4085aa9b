"""Why here: every code explains itself with values, and never with what the sender or the customer wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Candidate, Context, EvidenceRef, Message
from serving.policy.details import DETAILS, at, short, span
from serving.policy.reasons import POLICY_CODES, REASONS, TEMPLATES
from tests.occasions import (
    NOW,
    USER,
    about,
    candidate,
    codes,
    context,
    decided,
    event,
    on_page,
    policy,
    sent_at,
    session,
)
from tests.scenarios import INSTANTS, Draw, occasion

SECRET = "Jane Doe, 12 Elm Street"  # what a sender might put anywhere
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SELLS = "promotional_wording"
LACKS_ETA = "the template needs `new_eta`, which `message.facts` lacks"


def detail(code: str, one: Candidate | None = None, known: Context | None = None, *, now: datetime = NOW) -> str:
    """Return the detail of a code that this occasion is refused with."""
    reasons = {reason.code: reason.detail for reason in decided(one, known, now=now).decision.reasons}
    return reasons[code]


def test_every_code_of_the_policy_can_be_explained() -> None:
    """Whatever refuses says why here."""
    assert set(DETAILS) == set(POLICY_CODES)


def test_quiet_hours_name_the_local_time_in_both_zones() -> None:
    """The person who reads it sees which clock it was."""
    text = detail("quiet_hours", candidate(timezone="Asia/Tokyo"), context(timezone="Europe/Paris"), now=NOW + 3 * HOUR)
    assert text == "it is 23:00 in Asia/Tokyo and 15:00 in Europe/Paris; quiet hours are 21:00 to 08:00"


def test_a_cap_names_the_windows_that_are_full_and_no_others() -> None:
    """How much was sent in them, and how much may be."""
    one = detail("frequency_cap", None, context(**sent_at(timedelta(minutes=5))))
    assert one == "1 message in the last 60 min, at most 1"
    text = detail("frequency_cap", None, context(**sent_at(timedelta(minutes=5), 3 * HOUR)))
    assert text == "1 message in the last 60 min, at most 1; 2 messages in the last 24 h, at most 2"


def test_an_essential_cap_names_its_own_limit() -> None:
    """Ten in 24 hours."""
    failed = event("shipment.failed", data={"parcel": "A-7", "reason": "rain"})
    told = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "rain"})
    one = candidate(evidence=EvidenceRef(type="shipment.failed", id="ev-1"), message=told)
    text = detail("frequency_cap", one, context(evidence=failed, **sent_at(*[HOUR] * 10)))
    assert text == "10 messages in the last 24 h, at most 10 of essential service"


def test_a_widget_cap_counts_the_session() -> None:
    """One message a session."""
    text = detail("frequency_cap", *on_page(session=session(widget_messages=2)))
    assert text == "2 messages in this session, at most 1"


def test_what_would_change_a_widget_cap_is_another_visit() -> None:
    """No window passes within a session."""
    answer = decided(*on_page(session=session(widget_messages=1)))
    actual = {reason.code: reason.would_change for reason in answer.decision.reasons}
    assert actual == {"frequency_cap": "another visit of the customer"}


def test_a_channel_that_is_switched_off_says_so() -> None:
    """Whatever the purpose would allow."""
    answer = decided(rules=policy({"channels_off": ["chat"]}))
    actual = [(reason.detail, reason.would_change[:30]) for reason in answer.decision.reasons]
    assert actual == [("`chat` is switched off in the configuration", "the owner of the configuration")]


@pytest.mark.parametrize(
    ("one", "known", "expected"),
    [
        (candidate(evidence=None), context(), "the candidate names no evidence"),
        (
            candidate(),
            context(evidence=None),
            "no event of this type with the id `ev-1` is on record, or several sources recorded one",
        ),
        (
            candidate(evidence=EvidenceRef(type="shipment.delayed", id="ev-1", source="till")),
            context(),
            "no event of this type and source with the id `ev-1` is on record",
        ),
        (
            *about(
                event("item.available", data={"item": "lamp"}),
                purpose="progress_update",
                message=Message(template="item_available", facts={"item": "lamp"}),
            ),
            "`item.available` proves nothing without their own earlier request or order, and none is on record",
        ),
        (
            *about(
                event("reminder.requested", data={"what": "your passport", "due_at": "soon"}),
                purpose="requested_reminder",
            ),
            "`reminder.requested` lacks `remind_at` or `due_at`, as times with an offset",
        ),
        (candidate(), context(evidence=event(age=-HOUR)), "the event lies in the future: 2026-11-20T12:00:00Z"),
    ],
)
def test_missing_evidence_says_what_is_missing(one: Candidate, known: Context, expected: str) -> None:
    """Not named, not found, of another source, without what it needs, or not yet."""
    assert detail("evidence_missing", one, known) == expected


def test_staleness_names_age_and_limit() -> None:
    """How old it is, and until when it could be used."""
    text = detail("evidence_stale", None, context(evidence=event(age=30 * HOUR)))
    assert text == "`shipment.delayed` is 30 h old; usable for 24 h, until 2026-11-20T05:00:00Z"


def test_a_reminder_is_stale_when_what_it_reminds_of_is_due() -> None:
    """It has no age of its own."""
    dates = {"remind_at": "2026-11-18T09:00:00Z", "due_at": "2026-11-19T09:00:00Z"}
    asked = event("reminder.requested", age=72 * HOUR, data={"what": "your passport", "due": "1 May", **dates})
    text = detail("evidence_stale", *about(asked, purpose="requested_reminder"))
    assert text == "what `reminder.requested` reminds of was due at 2026-11-19T09:00:00Z"


def test_the_requests_own_expiry_has_passed() -> None:
    """That is the end which is named."""
    text = detail("expired", candidate(expires_at=NOW - HOUR))
    assert text == "the request's `expires_at` was 2026-11-20T10:00:00Z"


NIGHT = datetime(2026, 11, 20, 22, tzinfo=UTC)  # an hour before midnight in Paris: quiet until 07:00 UTC


@pytest.mark.parametrize(
    ("one", "age", "until", "because"),
    [
        (candidate(), 16 * HOUR, "2026-11-21T06:00:00Z", "its evidence's age"),
        (candidate(expires_at=NIGHT + HOUR), HOUR, "2026-11-20T23:00:00Z", "the request's `expires_at`"),
        (candidate(expires_at=NIGHT + 9 * HOUR), 16 * HOUR, "2026-11-21T06:00:00Z", "its evidence's age"),
    ],
    ids=["evidence", "request", "both"],
)
def test_a_hold_that_ends_too_late_says_which_end_comes_first(
    one: Candidate, age: timedelta, until: str, because: str
) -> None:
    """Nothing has expired yet: the hold outlasts the message."""
    text = detail("expired", one, context(evidence=event(time=NIGHT - age)), now=NIGHT)
    end = f"the message may go out until {until}, because of {because}"
    assert text == f"the hold ends at 2026-11-21T07:00:00Z; {end}"


def test_a_hold_that_outlasts_a_reminder_names_what_is_due() -> None:
    """Its own date, not the age of the request."""
    dates = {"remind_at": "2026-11-20T21:00:00Z", "due_at": "2026-11-20T23:30:00Z"}
    asked = event("reminder.requested", time=NIGHT - HOUR, data={"what": "your passport", "due": "today", **dates})
    one, known = about(
        asked,
        purpose="requested_reminder",
        message=Message(template="requested_reminder", facts={"what": "your passport", "due": "today"}),
    )
    text = detail("expired", one, replace(known, requested_channels=frozenset({"chat"})), now=NIGHT)
    assert text.endswith("until 2026-11-20T23:30:00Z, because of what is due then")


@pytest.mark.parametrize(
    ("given", "kept", "expected"),
    [
        (None, None, "no time zone is given, neither in the request nor in the customer's preferences"),
        ("Mars/Olympus", "Europe/Paris", "no IANA time zone: `user.timezone` of the request"),
        ("Europe/Paris", "Mars/Olympus", "no IANA time zone: that of their preferences"),
        (
            "Mars/Olympus",
            "Mars/Hellas",
            "no IANA time zone: `user.timezone` of the request and that of their preferences",
        ),
    ],
    ids=["none", "request", "preferences", "both"],
)
def test_a_zone_that_is_missing_or_wrong_says_where(given: str | None, kept: str | None, expected: str) -> None:
    """The word itself is not repeated."""
    assert detail("timezone_unknown", candidate(timezone=given), context(timezone=kept)) == expected


def test_preferences_that_could_not_be_read_are_no_missing_zone() -> None:
    """They may hold one."""
    text = detail("timezone_unknown", candidate(), context(unknown=frozenset({"timezone"})))
    assert text == "the customer's preferences, which may hold a time zone, could not be found out"


def test_too_soon_says_how_long_and_where() -> None:
    """On the page, or in the session where only that is known."""
    here = [session(page_since=NOW - timedelta(seconds=3)), session(page_since=None, started_at=NOW - 2 * SECOND)]
    texts = [detail("too_soon", one, replace(known, session=each)) for each in here for one, known in [on_page()]]
    assert texts == ["on the page for 3 s; at least 30 s", "in the session for 2 s; at least 30 s"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"parcel": "A-7"}, LACKS_ETA),
        ({}, "the template needs `parcel`, `new_eta`, which `message.facts` lacks"),
        (
            {"parcel": "A-7", "new_eta": None, "note": SECRET},
            f"{LACKS_ETA}; `note` is not a name in its evidence and no plain value",
        ),
        (
            {"parcel": "A-7", "new_eta": 5},
            "`new_eta` is of another type than the template needs, too long, or says nothing",
        ),
    ],
    ids=["one", "two", "null and another", "wrong type"],
)
def test_a_fact_that_is_missing_or_unfit_is_named(facts: dict[str, Any], expected: str) -> None:
    """By the name that the template gives it."""
    assert detail("facts_missing", candidate(message=Message(template="parcel_delayed", facts=facts))) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Message(), "the message has neither a template nor a text"),
        (Message(template="parcel_delayed", text="Parcel A-7."), "the message has both a template and a text"),
        (Message(text="Parcel {parcel}."), "the text is empty, or something in it is still to be filled in"),
        (Message(text="Reply to us."), "the text says none of the facts of its evidence"),
    ],
    ids=["neither", "both", "gap", "no fact"],
)
def test_a_text_that_is_no_text_says_why(message: Message, expected: str) -> None:
    """Without its words."""
    assert detail("facts_missing", candidate(message=message)) == expected


def test_an_unknown_template_reads_as_one_cause() -> None:
    """Its three reasons say the same, and so does what would change them."""
    reasons = decided(candidate(message=Message(template="parcel_late"))).decision.reasons
    assert [reason.code for reason in reasons] == ["facts_missing", "next_step_missing", "template_not_approved"]
    assert {reason.detail for reason in reasons} == {"template `parcel_late` does not exist"}
    assert {reason.would_change for reason in reasons} == {TEMPLATES}


def test_a_template_of_another_purpose_says_whose_it_is() -> None:
    """Approved or not: it is not this purpose's."""
    other = Message(template="requested_reminder", facts={"what": "A-7", "due": "Friday"})
    text = detail("template_not_approved", candidate(message=other))
    assert text == "template `requested_reminder` is for `requested_reminder`"


def test_wording_quotes_what_it_found() -> None:
    """The phrases, not the names between them; nothing where the letters were pulled apart."""
    selling = [
        "You left Jane Doe's lamps in your cart. Shop now!",
        "S A L E on parcel A-7",
        "Just checking in on parcel A-7.",
    ]
    messages = [candidate(message=Message(text=text, next_step="Reply.")) for text in selling]
    texts = [detail(code, one) for code, one in zip([SELLS, SELLS, "generic_wording"], messages, strict=True)]
    assert texts == [
        'the text says what only marketing says: "left … in your cart", "shop now"',
        "the text says what only marketing says",
        'the text could be said to anybody: "just checking in"',
    ]


def test_a_differing_fact_is_named_but_not_shown() -> None:
    """Its name is enough; its value may be private."""
    one = candidate(message=Message(template="parcel_delayed", facts={"parcel": SECRET, "new_eta": "Friday"}))
    assert detail("fact_superseded", one) == "the message and its evidence differ in `parcel`"


def test_a_time_based_reason_says_when_it_ends() -> None:
    """`would_change` carries the instant; a cap whose times are unknown says so."""
    capped = decided(None, context(**sent_at(timedelta(minutes=5)))).decision.reasons[0]
    uncertain = decided(None, context(contacts_60m=1)).decision.reasons[0]
    assert capped.would_change == "earlier contacts leaving the window, from 2026-11-20T11:55:00Z"
    assert uncertain.would_change == "earlier contacts leaving the window, at an instant that is not known"


def test_a_failed_filter_is_named() -> None:
    """Which question could not be answered."""
    text = detail("filter_failed", None, context(unknown=frozenset({"opted_out", "complaint_open"})))
    assert text == "`opted_out`, `complaint_open` could not be judged: an input is unknown or unreadable"


def spoiled() -> list[tuple[Candidate, Context]]:
    """Return occasions with the secret in every place where a sender can write."""
    said = Message(text=f"{SECRET} 20% off. Just checking in.", next_step=SECRET)
    facts = Message(template=SECRET, facts={SECRET: SECRET})
    odd = event(SECRET, id=SECRET, source=SECRET, subject=SECRET, data={SECRET: SECRET, "parcel": SECRET})
    ref = EvidenceRef(type=SECRET, id=SECRET, source=SECRET)
    everywhere = candidate(
        user_id=SECRET, purpose=SECRET, channel=SECRET, timezone=SECRET, session_id=SECRET, evidence=ref, message=said
    )
    return [
        (everywhere, context(evidence=odd, timezone=SECRET, approval=SECRET)),
        (
            replace(everywhere, purpose="delivery_update", message=facts),
            context(evidence=odd, requested_channels={SECRET}),
        ),
        (
            replace(everywhere, purpose="requested_reminder"),
            context(evidence=None, requested_channels=frozenset({SECRET})),
        ),
        (candidate(message=facts), context(evidence=event(data={"new_eta": SECRET}))),
    ]


@pytest.mark.parametrize(("one", "known"), spoiled())
def test_nothing_that_the_sender_wrote_is_echoed(one: Candidate, known: Context) -> None:
    """Not a fact, an odd id, a word that is no purpose; of the text what sells, in the words of the patterns alone."""
    answer = decided(one, known)
    shown = " ".join(f"{reason.code} {reason.detail} {reason.would_change}" for reason in answer.decision.reasons)
    assert codes(answer)
    assert not any(part in shown.lower() for part in ("jane", "elm", "street"))


def test_every_reason_of_random_occasions_is_explained() -> None:
    """No occasion makes an explanation fail or leave a place unfilled; outcomes are the catalogue's."""
    draw = Draw(5)
    for _ in range(150):
        now = draw.pick(INSTANTS)
        for reason in decided(*occasion(draw, now, trouble=0.2), now=now, rules=policy()).decision.reasons:
            assert reason.detail
            assert "{" not in (reason.detail + reason.would_change).replace("/{id}/", "")  # of an address
            assert reason.outcome is REASONS[reason.code].outcome


def test_short_ids_are_shown_and_others_are_not() -> None:
    """Letters, digits and a few signs, up to forty."""
    assert [short(USER), short("a b"), short("x" * 41), short(None), short("")] == ["`u-17`", *["(not shown)"] * 4]


def test_instants_and_spans_are_plain() -> None:
    """UTC to the second; the largest unit that fits; what is no instant is unknown."""
    assert [at(0.0), at(float("nan")), at(float("inf")), at(1e300)] == ["1970-01-01T00:00:00Z", *["unknown"] * 3]
    assert [span(12), span(90), span(5400), span(90_000), span(200_000)] == [
        "12 s",
        "1.5 min",
        "1.5 h",
        "25 h",
        "2.3 d",
    ]

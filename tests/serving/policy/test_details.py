"""Why here: every code explains itself with values, and never with what the sender or the customer wrote."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from model.contracts import Candidate, Context, EvidenceRef, Message
from serving.policy.details import DETAILS, at, short, span
from serving.policy.reasons import POLICY_CODES, REASONS
from tests.occasions import NOW, USER, candidate, codes, context, decided, event, on_page, policy, sent_at, session
from tests.scenarios import INSTANTS, Draw, occasion

SECRET = "Jane Doe, 12 Elm Street"  # what a sender might put anywhere
HOUR = timedelta(hours=1)


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


def test_a_cap_names_counts_and_limits() -> None:
    """How much was sent, and how much may be."""
    text = detail("frequency_cap", None, context(**sent_at(timedelta(minutes=5), 3 * HOUR)))
    assert text == "1 contacts in 60 min, 2 in 24 h, 2 in 7 d; at most 1, 2 and 5"


def test_an_essential_cap_names_its_own_limit() -> None:
    """Ten in 24 hours."""
    failed = event("shipment.failed", data={"parcel": "A-7", "reason": "rain"})
    told = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "rain"})
    one = candidate(evidence=EvidenceRef(type="shipment.failed", id="ev-1"), message=told)
    text = detail("frequency_cap", one, context(evidence=failed, **sent_at(*[HOUR] * 10)))
    assert text.endswith("essential service has at most 10 in 24 h")


def test_a_widget_cap_counts_the_session() -> None:
    """One message a session."""
    text = detail("frequency_cap", *on_page(session=session(widget_messages=2)))
    assert text == "2 widget messages in this session of at most 1"


@pytest.mark.parametrize(
    ("one", "known", "expected"),
    [
        (candidate(evidence=None), context(), "the candidate names no evidence"),
        (candidate(), context(evidence=None), "no single recorded event of this type has the id `ev-1`"),
        (candidate(), context(evidence=event(age=-HOUR)), "the event lies in the future: 2026-11-20T12:00:00Z"),
    ],
)
def test_missing_evidence_says_what_is_missing(one: Candidate, known: Context, expected: str) -> None:
    """Not named, not found, or not yet."""
    assert detail("evidence_missing", one, known) == expected


def test_staleness_names_age_and_limit() -> None:
    """How old it is, and until when it could be used."""
    text = detail("evidence_stale", None, context(evidence=event(age=30 * HOUR)))
    assert text == "`shipment.delayed` is 1.2 d old; it was usable until 2026-11-20T05:00:00Z"


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
    """Not the text, not a fact, not an odd id, not a word that is no purpose, in no detail and no suggestion."""
    answer = decided(one, known)
    shown = " ".join(f"{reason.code} {reason.detail} {reason.would_change}" for reason in answer.decision.reasons)
    assert codes(answer)
    assert not any(part in shown for part in ("Jane", "Elm", "20%"))


def test_every_reason_of_random_occasions_is_explained() -> None:
    """No occasion makes an explanation fail or leave a place unfilled; outcomes are the catalogue's."""
    draw = Draw(5)
    for _ in range(150):
        now = draw.pick(INSTANTS)
        for reason in decided(*occasion(draw, now, trouble=0.2), now=now, rules=policy()).decision.reasons:
            assert reason.detail
            assert "{" not in reason.detail + reason.would_change
            assert reason.outcome is REASONS[reason.code].outcome


def test_short_ids_are_shown_and_others_are_not() -> None:
    """Letters, digits and a few signs, up to forty."""
    assert [short(USER), short("a b"), short("x" * 41), short(None), short("")] == ["`u-17`", *["(not shown)"] * 4]


def test_instants_and_spans_are_plain() -> None:
    """UTC to the second; the largest unit that fits; what is no instant is unknown."""
    assert [at(0.0), at(float("nan")), at(float("inf")), at(1e300)] == ["1970-01-01T00:00:00Z", *["unknown"] * 3]
    assert [span(12), span(90), span(5400), span(200_000)] == ["12 s", "1.5 min", "1.5 h", "2.3 d"]

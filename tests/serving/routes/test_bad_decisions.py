"""Every field of a candidate with every kind of bad value, over HTTP: a refusal or a problem, and nothing half-done."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from serving.policy.templates import text_digest
from serving.ports import Approval
from serving.schemas.requests import DecisionBody
from tests.serving.bad_values import KINDS, MISSING, UNREADABLE, places, spoilt
from tests.serving.routes.refusing import AGO, Desk, badly_answered, desk, misread
from tests.serving.served import NOON

Body = dict[str, Any]
OPEN_PLACES = ("user.attributes.tenure_days", "evidence.data.parcel", "message.facts.parcel", "message.facts.new_eta")
PLACES = (*places(DecisionBody), *OPEN_PLACES)
TOO_LARGE = frozenset({"10 MB", "a megabyte less"})  # for a batch
TEXT = "Your parcel comes on Friday."
STEP = "Reply to change the address."


def by_reference(number: int) -> Body:
    """Return the usual body: a parcel's delay, on record."""
    return {
        "user": {"id": f"u-{number}", "timezone": "Europe/Paris", "attributes": {"tenure_days": 410}},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": f"ev-{number}", "source": "urn:shop"},
        "message": {"template": "parcel_delayed", "facts": {"parcel": f"A-{number}", "new_eta": "Friday"}},
        "expires_at": "2026-11-20T18:00:00Z",
    }


def inline(number: int) -> Body:
    """Return a body that brings its evidence along."""
    evidence = {
        "type": "shipment.delayed",
        "id": f"new-{number}",
        "source": "urn:shop",
        "subject": f"u-{number}",
        "time": NOON.isoformat(),
        "data": {"parcel": f"B-{number}", "new_eta": "Friday"},
    }
    message = {"template": "parcel_delayed", "facts": {"parcel": f"B-{number}", "new_eta": "Friday"}}
    return by_reference(number) | {"evidence": evidence, "message": message}


def free_text(number: int) -> Body:
    """Return a body with an approved text of its own."""
    return by_reference(number) | {"message": {"text": TEXT, "next_step": STEP, "facts": {"new_eta": "Friday"}}}


def on_a_page(number: int) -> Body:
    """Return a body for help on the page that the customer is on."""
    return by_reference(number) | {
        "purpose": "in_session_help",
        "channel": "widget",
        "evidence": {"type": "page.dwelled", "id": f"page-{number}", "source": "urn:shop"},
        "message": {"template": "compare_plans", "facts": {}},
        "session": {"id": f"s-{number}"},
    }


BODIES = {"by reference": by_reference, "inline": inline, "free text": free_text, "on a page": on_a_page}
OTHERS = {
    "user.id": '"u-other"',
    "evidence.id": '"ev-other"',
    "evidence.subject": '"u-other"',
    "evidence.data.parcel": '"A-other"',
    "message.facts.parcel": '"A-other"',
    "session.id": '"s-other"',
}
ABSENT = {MISSING, "null"}
ANY_ID = {"text", "naive time", "far past", "far future", "out of the calendar", "an address"}  # a text names nothing
PLAIN = {"number", "below zero", "fraction", "text", "naive time", "far past", "another customer's"}  # and not said
USUAL: dict[str, set[str]] = {  # what may be left out, or is another way to say the same: the contract's own words
    "user.attributes.tenure_days": {"number"},
    "evidence.source": ABSENT,
    "evidence.subject": ABSENT,
    "message.text": ABSENT,
    "message.next_step": ABSENT,
    "session": ABSENT,
    "session.id": ANY_ID,
    "expires_at": {*ABSENT, "far future"},
}
RECORDED = USUAL | {"evidence.time": ABSENT, "evidence.data": ABSENT}
ALLOWED: Mapping[str, Mapping[str, set[str]]] = {
    "by reference": RECORDED,
    "inline": USUAL
    | {
        "evidence.id": ANY_ID,
        "evidence.source": {*ABSENT, *ANY_ID, "another customer's"},  # an event of its own
        "evidence.data.parcel": {MISSING},  # the parcel is a plain word, the day stands in the evidence
    },
    "free text": RECORDED
    | {
        "message.template": ABSENT,
        "message.text": set(),
        "message.next_step": set(),
        "message.facts": {*ABSENT, "object"},  # the text says Friday by itself
        "message.facts.parcel": {MISSING},
        "message.facts.new_eta": {MISSING},
    },
    "on a page": RECORDED
    | {
        "user.timezone": {*ABSENT, *ANY_ID, "blank", "another customer's"},  # their own session has no quiet hours
        "session": set(),
        "session.id": set(),
        "message.facts": {*ABSENT, "object"},
        "message.facts.parcel": {MISSING, *PLAIN},
        "message.facts.new_eta": {MISSING, *PLAIN},
    },
}


def cases() -> list[tuple[str, str]]:
    """Return every field with every kind of bad value."""
    return [(place, kind) for place in PLACES for kind in KINDS]


@pytest.fixture
def waiting() -> Iterator[Desk]:
    """Serve as many customers as there are cases, each ready to be written to."""
    with desk(len(cases()) + 1) as made:
        with made.ledger.transaction() as transaction:
            transaction.approve(Approval(digest=text_digest(TEXT, STEP), what="text", by="a person", at=AGO))
        yield made


@pytest.fixture
def few() -> Iterator[Desk]:
    """Serve two customers."""
    with desk(2) as made:
        yield made


def judged(made: Desk, name: str, number: int, place: str, kind: str) -> str | None:
    """Ask about one spoilt body; return what is wrong with the answer, or with what is on record after it."""
    before = made.rows()
    answer = made.send("POST", "/v1/decisions", spoilt(BODIES[name](number), place, kind, OTHERS.get(place)))
    after = made.rows()
    wrong = [*badly_answered(answer), *misread(answer, kind)]
    if answer.status_code != 200 and before != after:
        wrong.append("a refused request left something behind")
    if answer.status_code == 200:
        sent = answer.json()["action"] == "send"
        if sent and kind not in ALLOWED[name].get(place, set()):
            wrong.append("it is sent")
        if (after["decisions"], after["reservations"]) != (before["decisions"] + 1, before["reservations"] + sent):
            wrong.append("its record is not whole")
    return f"{place} = {kind}: {', '.join(wrong)} ({answer.text[:300]})" if wrong else None


@pytest.mark.parametrize("name", BODIES)
def test_no_bad_value_is_sent(waiting: Desk, name: str) -> None:
    """One request per field and kind: nothing is sent but what is listed, no 5xx, no echo, nothing half-done."""
    found = [judged(waiting, name, number, place, kind) for number, (place, kind) in enumerate(cases())]

    good = waiting.send("POST", "/v1/decisions", json.dumps(BODIES[name](len(found))).encode()).json()
    assert ([one for one in found if one], good["action"]) == ([], "send")


def test_there_are_more_than_two_thousand_cases() -> None:
    """Every field of the schema and of what is open in it; a new field brings its own."""
    assert len(BODIES) * len(cases()) >= 2500


@pytest.mark.parametrize("name", BODIES)
def test_no_bad_element_of_a_batch_is_sent(waiting: Desk, name: str) -> None:
    """The same bodies as elements: each has its own refusal, and its good neighbours are sent."""
    numbered = [(n, *case) for n, case in enumerate(cases()) if case[1] not in UNREADABLE | TOO_LARGE]
    sent, wrong = set(), []
    for start in range(0, len(numbered), 100):
        some = numbered[start : start + 100]
        bodies = [spoilt(BODIES[name](n), place, kind, OTHERS.get(place)) for n, place, kind in some]
        answer = waiting.send("POST", "/v1/decisions/batch", b"[" + b",".join(bodies) + b"]")
        wrong += badly_answered(answer)
        told = zip(some, answer.json(), strict=True)
        sent |= {(place, kind) for (_, place, kind), one in told if one.get("action") == "send"}
        wrong += [one["status"] for one in answer.json() if "action" not in one and one["status"] != 422]

    allowed = {(place, kind) for place, kinds in ALLOWED[name].items() for kind in kinds}
    assert (sent - allowed, allowed - sent, wrong) == (set(), set(), [])


@pytest.mark.parametrize("kind", sorted(UNREADABLE))
def test_an_element_that_is_no_json_refuses_the_whole_batch(few: Desk, kind: str) -> None:
    """Nobody can say where such a body ends: nothing of it is decided, not even what stood before."""
    good = json.dumps(by_reference(0)).encode()
    before = few.rows()

    answers = [
        few.send("POST", "/v1/decisions/batch", b"[" + good + b"," + spoilt(by_reference(1), place, kind) + b"]")
        for place in PLACES
    ]

    wrong = [one for answer in answers for one in badly_answered(answer)]
    actual = ({answer.status_code for answer in answers}, wrong, few.rows() == before)
    assert actual == ({422}, [], True)

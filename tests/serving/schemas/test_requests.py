from copy import deepcopy
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from model.contracts import Candidate, Event, EvidenceRef, Message, Outcome, OutcomeKind
from serving.schemas.approvals import ApprovalBody
from serving.schemas.faults import invalid
from serving.schemas.requests import DecisionBody, MessageBody, OutcomeBody, PreferencesBody

CANARY = "canary7391"
WHOLE: dict[str, Any] = {
    "user": {"id": "u-17", "timezone": "Europe/Paris", "attributes": {"tenure_days": 410, "plan": "plus"}},
    "purpose": "delivery_update",
    "channel": "chat",
    "evidence": {"type": "shipment.delayed", "id": "ev-991"},
    "message": {"template": "parcel_delayed", "facts": {"parcel": "A-7", "new_eta": "Friday"}},
    "expires_at": "2026-11-21T18:00:00Z",
    "session": {"id": "s-1"},
}
SMALL: dict[str, Any] = {"user": {"id": "u"}, "purpose": "p", "channel": "sms", "message": {"text": "Hello"}}
TIME = datetime(2026, 11, 20, 17, tzinfo=UTC)
REVIEW: dict[str, Any] = {"reviewer": "Ann", "agent_would_send": True, "customer_would_thank": True}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy in which `path` (dotted) has this value; `...` removes it."""
    copy = deepcopy(body)
    *parents, last = path.split(".")
    at = copy
    for name in parents:
        at = at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return copy


def said(root: Any, body: Any) -> str:
    """Return what the problem document says about a body, as text."""
    with pytest.raises(ValidationError) as refused:
        root.model_validate(body)
    return str(invalid(refused.value, root).document())


def test_the_example_of_the_contract_is_a_candidate() -> None:
    """Every field arrives under its own word, times in UTC."""
    actual = DecisionBody.model_validate(WHOLE).candidate("urn:inline")

    assert actual == Candidate(
        user_id="u-17",
        purpose="delivery_update",
        channel="chat",
        message=Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Friday"}),
        evidence=EvidenceRef(type="shipment.delayed", id="ev-991"),
        timezone="Europe/Paris",
        attributes={"tenure_days": 410, "plan": "plus"},
        expires_at=datetime(2026, 11, 21, 18, tzinfo=UTC),
        session_id="s-1",
    )


def test_the_smallest_body_is_a_candidate() -> None:
    """Missing evidence and session are for the policy to refuse, not for the schema."""
    actual = DecisionBody.model_validate(SMALL).candidate("urn:inline")

    assert actual == Candidate(user_id="u", purpose="p", channel="sms", message=Message(text="Hello"))


@pytest.mark.parametrize(
    "path", ["user.timezone", "user.attributes", "evidence", "expires_at", "session", "message.facts"]
)
def test_null_says_the_same_as_absent(path: str) -> None:
    """Optional fields may be null, as many programs write them."""
    actual = DecisionBody.model_validate(changed(WHOLE, path, None))

    assert actual.candidate("s") == DecisionBody.model_validate(changed(WHOLE, path, ...)).candidate("s")


def test_inline_evidence_is_an_event_about_this_customer() -> None:
    """Source and subject have defaults; the reference then names the source, so that exactly one event matches."""
    evidence = {
        "type": "shipment.delayed",
        "id": "ev-1",
        "time": "2026-11-20T18:00:00+01:00",
        "data": {"parcel": "A-7"},
    }
    body = DecisionBody.model_validate(changed(WHOLE, "evidence", evidence))

    actual = (body.inline_event("urn:inline"), body.candidate("urn:inline").evidence)

    expected = Event(
        source="urn:inline", id="ev-1", type="shipment.delayed", time=TIME, subject="u-17", data={"parcel": "A-7"}
    )
    assert actual == (expected, EvidenceRef(type="shipment.delayed", id="ev-1", source="urn:inline"))


def test_inline_evidence_may_name_source_and_subject() -> None:
    """What was said wins over the defaults."""
    evidence = {"type": "t", "id": "e", "time": "2026-11-20T17:00:00Z", "source": "urn:shop", "subject": "u-18"}
    actual = DecisionBody.model_validate(changed(WHOLE, "evidence", evidence)).inline_event("urn:inline")

    assert actual == Event(source="urn:shop", id="e", type="t", time=TIME, subject="u-18")


def test_recorded_evidence_brings_no_event() -> None:
    """A reference alone records nothing."""
    actual = DecisionBody.model_validate(WHOLE).inline_event("urn:inline")

    assert actual is None


REFUSED: dict[str, tuple[str, Any, str, str]] = {
    "no user": ("user", ..., "#/user", "is required"),
    "no user id": ("user.id", ..., "#/user/id", "is required"),
    "no purpose": ("purpose", ..., "#/purpose", "is required"),
    "no channel": ("channel", ..., "#/channel", "is required"),
    "no message": ("message", ..., "#/message", "is required"),
    "empty message": ("message", {}, "#/message", "exactly one"),
    "template and text": ("message.text", CANARY, "#/message", "exactly one"),
    "template and next step": ("message.next_step", CANARY, "#/message", "leave the field out"),
    "user as text": ("user", CANARY, "#/user", "must be an object"),
    "user id as number": ("user.id", 17, "#/user/id", "must be a string"),
    "user id empty": ("user.id", "", "#/user/id", "at least 1"),
    "user id blank": ("user.id", " ", "#/user/id", "form"),
    "user id long": ("user.id", CANARY * 30, "#/user/id", "at most 256"),
    "user null": ("user", None, "#/user", "must be an object"),
    "channel unknown": ("channel", CANARY, "#/channel", "'chat'"),
    "channel in capitals": ("channel", "CHAT", "#/channel", "'chat'"),
    "purpose as list": ("purpose", [CANARY], "#/purpose", "must be a string"),
    "purpose long": ("purpose", CANARY * 10, "#/purpose", "at most 64"),
    "attributes as list": ("user.attributes", [CANARY], "#/user/attributes", "must be an object"),
    "too many attributes": (
        "user.attributes",
        {f"{CANARY}{n}": n for n in range(501)},
        "#/user/attributes",
        "too many",
    ),
    "attribute name long": ("user.attributes", {CANARY * 20: 1}, "#/user/attributes/*", "at most 128"),
    "unknown field": (CANARY, 1, "#/*", "unknown field"),
    "unknown user field": (f"user.{CANARY}", 1, "#/user/*", "unknown field; known are id, timezone, attributes"),
    "misspelt user field": ("user.timezon", "UTC", "#/user/*", "did you mean `timezone`?"),
    "misspelt field": ("expire_at", None, "#/*", "did you mean `expires_at`?"),
    "urgent": ("urgent", True, "#/*", "unknown field"),
    "naive expiry": ("expires_at", "2026-11-21T18:00:00", "#/expires_at", "no offset"),
    "expiry as number": ("expires_at", 1795284000, "#/expires_at", "RFC 3339"),
    "expiry as date": ("expires_at", "2026-11-21", "#/expires_at", "RFC 3339"),
    "expiry with space": ("expires_at", "2026-11-21 18:00:00Z", "#/expires_at", "RFC 3339"),
    "expiry on 30 February": ("expires_at", "2026-02-30T18:00:00Z", "#/expires_at", "exists"),
    "expiry before year 1": ("expires_at", "0001-01-01T00:00:00+01:00", "#/expires_at", "exists"),
    "expiry in other digits": ("expires_at", "２026-11-21T18:00:00Z", "#/expires_at", "RFC 3339"),
    "evidence without id": ("evidence.id", ..., "#/evidence/id", "is required"),
    "evidence data without time": ("evidence.data", {"parcel": CANARY}, "#/evidence", "needs `time`"),
    "evidence subject without time": ("evidence.subject", CANARY, "#/evidence", "needs `time`"),
    "evidence time naive": ("evidence.time", "2026-11-20T17:00:00", "#/evidence/time", "no offset"),
    "session as text": ("session", CANARY, "#/session", "must be an object"),
    "session without id": ("session", {}, "#/session/id", "is required"),
    "facts as list": ("message.facts", [CANARY], "#/message/facts", "must be an object"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_body_is_refused_at_its_place_and_not_repeated(name: str) -> None:
    """The problem names the place in our own words; nothing that was sent is in it."""
    path, value, pointer, words = REFUSED[name]

    text = said(DecisionBody, changed(WHOLE, path, value))

    actual = (f"'{pointer}'" in text, words in text, CANARY in text)
    assert actual == (True, True, False), text


def test_a_text_of_its_own_with_next_step_and_facts_is_fine() -> None:
    """A free text may say what the next step is and which facts it uses."""
    message = {"text": "Your parcel A-7 is late.", "next_step": "Reply.", "facts": {"parcel": "A-7"}}
    actual = DecisionBody.model_validate(changed(WHOLE, "message", message)).candidate("s").message

    assert actual == Message(text="Your parcel A-7 is late.", next_step="Reply.", facts={"parcel": "A-7"})


@pytest.mark.parametrize("by", ["decision_id", "user_id"])
@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_kinds_belong_to_decisions_or_customers(by: str, kind: OutcomeKind) -> None:
    """Which kinds go with which id is the contract's table, nothing else."""
    table = {
        "decision_id": "delivered not_delivered engaged thanked complained opted_out dismissed",
        "user_id": "engaged complained complaint_closed contacted_us opted_out",
    }
    body = {by: "x", "kind": kind.value, "time": "2026-11-20T17:00:00Z"}

    try:
        actual = OutcomeBody.model_validate(body).outcome() == Outcome(kind=kind, time=TIME, **{by: "x"})  # type: ignore[arg-type]
    except ValidationError:
        actual = False

    assert actual == (kind.value in table[by].split())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "engaged", "time": "2026-11-20T17:00:00Z"}, "exactly one"),
        ({"decision_id": "d", "user_id": "u", "kind": "engaged", "time": "2026-11-20T17:00:00Z"}, "exactly one"),
        ({"user_id": "u", "kind": CANARY, "time": "2026-11-20T17:00:00Z"}, "'delivered'"),
        ({"user_id": "u", "kind": "engaged"}, "is required"),
        ({"user_id": "u", "kind": "engaged", "time": "2026-11-20T17:00:00"}, "no offset"),
        ({"user_id": "u", "kind": "opted_out", "time": "2026-11-20T17:00:00Z", "channel": CANARY}, "'chat'"),
        ({"user_id": "u", "kind": "delivered", "time": "2026-11-20T17:00:00Z"}, "not reported by `user_id`"),
        ({"user_id": "u", "kind": "engaged", "time": "2026-11-20T17:00:00Z", CANARY: 1}, "unknown field"),
        ([CANARY], "must be an object"),
    ],
)
def test_wrong_outcomes_are_refused(body: Any, words: str) -> None:
    """Each refusal says what would be right and repeats nothing."""
    text = said(OutcomeBody, body)

    assert (words in text, CANARY in text) == (True, False), text


@pytest.mark.parametrize(
    ("root", "body", "words"),
    [
        (PreferencesBody, {"consent": {"chat": 1}}, "true or false"),
        (PreferencesBody, {"consent": {"chat": "yes"}}, "true or false"),
        (PreferencesBody, {"consent": {CANARY: True}}, "'chat'"),
        (PreferencesBody, {"consent": [CANARY]}, "must be an object"),
        (PreferencesBody, {"timezone": 1}, "must be a string"),
        (PreferencesBody, {CANARY: 1}, "unknown field"),
        (ApprovalBody, {}, "exactly one"),
        (ApprovalBody, {"template": CANARY, "text": CANARY}, "exactly one"),
        (ApprovalBody, {"template": CANARY, "next_step": CANARY}, "belongs to `text`"),
        (ApprovalBody, {"digest": CANARY}, "form"),
        (ApprovalBody, {"digest": "sha256:" + "A" * 64}, "form"),
        (ApprovalBody, {"breaker": CANARY}, "with a reason"),
        (ApprovalBody, {"breaker": CANARY, "why": " "}, "say why, in words"),
        (ApprovalBody, {"breaker": CANARY, "why": CANARY, "template": CANARY}, "exactly one"),
        (ApprovalBody, {"breaker": CANARY, "why": CANARY, "review": REVIEW}, "leave `review` out"),
        (ApprovalBody, {"why": CANARY}, "exactly one"),
        (ApprovalBody, {"review": REVIEW}, "exactly one"),
        (ApprovalBody, {"template": CANARY, "review": CANARY}, "must be an object"),
        (ApprovalBody, {"template": CANARY, "review": {}}, "is required"),
        (
            ApprovalBody,
            {"template": CANARY, "review": REVIEW | {CANARY: 1}},
            "unknown field; known are reviewer, agent",
        ),
        (ApprovalBody, {"template": CANARY, "review": REVIEW | {"reviewed": CANARY}}, "did you mean `reviewer`?"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"agent_would_send": None}}, "must be true or false"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"agent_would_send": 1}}, "must be true or false"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"customer_would_thank": "yes"}}, "must be true or false"),
        (ApprovalBody, {"text": CANARY, "review": {"reviewer": CANARY, "agent_would_send": True}}, "is required"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": None}}, "must be a string"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": ""}}, "at least 1"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": " – "}}, "a name in one line"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": f"{CANARY}\u200b"}}, "a name in one line"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": f"{CANARY}\n"}}, "a name in one line"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"reviewer": CANARY[0] * 101}}, "at most 100"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"comment": CANARY[0] * 1001}}, "at most 1000"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"comment": " "}}, "form"),
        (ApprovalBody, {"text": CANARY, "review": REVIEW | {"comment": 1}}, "must be a string"),
        (ApprovalBody, {"template": CANARY, "why": CANARY}, "belongs to `breaker`"),
    ],
)
def test_wrong_preferences_and_approvals_are_refused(root: Any, body: Any, words: str) -> None:
    """Truths are truths, channels are channels, and one thing is approved at a time."""
    text = said(root, body)

    assert (words in text, CANARY in text) == (True, False), text


DIGEST = "sha256:" + "a" * 64
ABSENT = object()


def combined(**choices: list[Any]) -> list[dict[str, Any]]:
    """Return every body that takes one of the choices for each member."""
    picked = (zip(choices, values, strict=True) for values in product(*choices.values()))
    return [{name: value for name, value in pairs if value is not ABSENT} for pairs in picked]


WORDS = [ABSENT, None, "x"]
MESSAGES = combined(template=WORDS, text=WORDS, next_step=WORDS)
OUTCOMES = combined(
    decision_id=WORDS, user_id=WORDS, kind=[kind.value for kind in OutcomeKind], time=[TIME.isoformat()]
)
APPROVALS = combined(
    template=WORDS, text=WORDS, next_step=WORDS, digest=[ABSENT, None, DIGEST], breaker=WORDS, why=WORDS
)

REVIEWS = combined(template=WORDS, breaker=WORDS, why=WORDS, review=[ABSENT, None, REVIEW])


@pytest.mark.parametrize(
    ("root", "bodies", "good"),
    [
        (MessageBody, MESSAGES, 10),
        (OutcomeBody, OUTCOMES, 24),
        (ApprovalBody, APPROVALS, 4 * 28 + 16),
        (ApprovalBody, REVIEWS, 12 + 4),
    ],
)
def test_the_schema_says_what_the_reader_does(root: type[BaseModel], bodies: list[dict[str, Any]], good: int) -> None:
    """Of every combination of members, absent and null alike, both take the same ones: exactly one of those named."""
    schema = Draft202012Validator(root.model_json_schema(mode="validation"))
    documented = [schema.is_valid(body) for body in bodies]

    read = []
    for body in bodies:
        try:
            root.model_validate(body)
        except ValidationError:
            read.append(False)
        else:
            read.append(True)

    assert (documented, sum(read)) == (read, good)

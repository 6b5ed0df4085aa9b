"""Templates: what is refused when reading one, how one is filled, what its digest covers."""

from dataclasses import replace
from typing import Any

import pytest

from model.contracts import Message
from model.errors import InvalidInput
from serving.policy.purposes import SERVICES
from serving.policy.templates import Template, digest, parse, render, text_digest
from tests.occasions import candidate, shipped
from tests.worded import judge

GOOD: dict[str, Any] = {
    "id": "parcel_delayed",
    "purpose": "delivery_update",
    "text": "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address.",
    "facts": {"parcel": "string", "new_eta": "string"},
    "next_step": "Reply to change the address.",
}
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("`urgent` is no key of a template; write one of id, purpose, text, facts, next_step", {"urgent": True}),
    ("`nextstep` is no key of a template; did you mean `next_step`?", {"nextstep": "Reply."}),
    ("`7` is no key of a template; write one of", {7: "x"}),
    ("`(not shown)` is no key of a template; write one of", {"a\nb": "x"}),
    ("`id` is not a name", {"id": "Parcel Delayed"}),
    ("`id` is not a name", {"id": 7}),
    ("`purpose` is none of", {"purpose": "promotion"}),
    ("`purpose` is none of", {"purpose": ["delivery_update"]}),
    ("`text` is not 1 to 1000 characters", {"text": "  "}),
    ("`text` is not 1 to 1000 characters", {"text": "x" * 1001}),
    ("`next_step` is missing", {"next_step": None}),
    ("`next_step` is not a plain sentence", {"next_step": " "}),
    ("`next_step` is not a plain sentence", {"next_step": "Reply to {parcel}."}),
    ("`new_eta` is not both a place", {"facts": {"parcel": "string"}}),
    ("`gate` is not both a place", {"facts": {"parcel": "string", "new_eta": "string", "gate": "string"}}),
    ("`facts` does not map names", {"facts": {"parcel": "string", "new_eta": "date"}}),
    ("`facts` does not map names", {"facts": ["parcel", "new_eta"]}),
    ("which is no `{fact}`", {"text": "Parcel {parcel.secret} and {parcel} on {new_eta}."}),
    ("which is no `{fact}`", {"text": "Parcel {parcel!r} and {parcel} on {new_eta}."}),
    ("which is no `{fact}`", {"text": "Parcel {} and {parcel} on {new_eta}."}),
    ("which is no `{fact}`", {"text": "Parcel {{parcel}} on {new_eta}."}),
    ("`text` has `]]`, which is no `{fact}`", {"text": "Parcel {parcel} ]] on {new_eta}."}),
    ("`text` has `U+0000`, which is no `{fact}`", {"text": "Parcel {parcel} \0 on {new_eta}."}),
    ("`facts` does not map names", {"facts": {"parcel": "string", "new_eta": "string", 1: "string"}}),
    ("`facts` does not map names", {"facts": {"parcel": "string", 1: "string"}}),
]
PARCEL = parse(GOOD, "here")


@pytest.mark.parametrize(("problem", "change"), FAULTS)
def test_a_faulty_template_is_refused_with_its_place(problem: str, change: dict[str, Any]) -> None:
    """The error names file and number, the template and the problem, in one line."""
    with pytest.raises(InvalidInput) as caught:
        parse(GOOD | change, "mine.yaml, template 3")
    message = str(caught.value)
    assert message.startswith("mine.yaml, template 3")
    assert problem in message
    assert "\n" not in message


@pytest.mark.parametrize("entry", [None, [], "text", 7])
def test_what_is_no_template_is_refused(entry: Any) -> None:
    """A list or a word is no template; what one has is said."""
    with pytest.raises(InvalidInput) as caught:
        parse(entry, "here")
    assert str(caught.value) == "here: a template is not a list or a text; write `id:`, `purpose:`, `text:`"


@pytest.mark.parametrize(
    ("entry", "missing"), [({}, "`id`, `purpose`, `text`"), ({"id": "x", "facts": {}}, "`purpose`, `text`")]
)
def test_what_half_a_template_lacks_is_named(entry: Any, missing: str) -> None:
    """All of it at once, in the order in which one writes it."""
    with pytest.raises(InvalidInput) as caught:
        parse(entry, "here")
    assert str(caught.value) == f"here: {missing} missing; add it"


def test_a_silent_purpose_needs_no_next_step() -> None:
    """`progress_update` expects no reply."""
    silent = {
        "id": "done",
        "purpose": "progress_update",
        "text": "Request {request} is done.",
        "facts": {"request": "string"},
    }
    assert parse(silent, "here").next_step is None


def filled(facts: dict[str, Any], template: Template = PARCEL) -> str | None:
    """Return the rendered text, or None."""
    one = candidate(message=Message(template=template.id, facts=facts), purpose=template.purpose)
    message = render(one, template)
    return message.text if message else None


def test_a_template_is_filled_with_its_facts() -> None:
    """Surrounding blanks go, facts that the template does not name are left alone."""
    text = filled({"parcel": " A-7 ", "new_eta": "Friday", "extra": "x"})
    assert text == "Your parcel A-7 now arrives on Friday. Reply to change the address."


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"parcel": "A-7"},
        {"parcel": "A-7", "new_eta": None},
        {"parcel": "A-7", "new_eta": ""},
        {"parcel": "A-7", "new_eta": 5},
        {"parcel": "A-7", "new_eta": ["Friday"]},
        {"parcel": "A-7", "new_eta": "undefined"},
        {"parcel": "A-7", "new_eta": "None"},
        {"parcel": "A-7", "new_eta": "{parcel}"},
        {"parcel": "A-7", "new_eta": "{{new_eta}}"},
        {"parcel": "A-7", "new_eta": "<%= eta %>"},
        {"parcel": "A-7", "new_eta": "Friday\nP.S."},
        {"parcel": "A-7", "new_eta": "x" * 200},
    ],
)
def test_what_cannot_be_filled_is_not_said(facts: dict[str, Any]) -> None:
    """A missing, empty, ill-typed, endless or unrendered fact leaves no text at all."""
    assert filled(facts) is None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", 7, "Gate 7."),
        ("integer", 7.0, "Gate 7."),
        ("integer", -7, "Gate -7."),
        ("integer", 7.5, None),
        ("integer", True, None),
        ("integer", "7", None),
        ("integer", None, None),
        ("integer", [7], None),
        ("number", 7.5, "Gate 7.5."),
        ("number", float("nan"), None),
        ("number", float("inf"), None),
        ("string", "7", "Gate 7."),
        ("string", 7, None),
    ],
)
def test_facts_have_the_type_that_the_template_says(kind: str, value: Any, expected: str | None) -> None:
    """A text is no number, a boolean is nothing, what is not finite is not said."""
    gate = Template(id="gate", purpose="progress_update", text="Gate {gate}.", facts={"gate": kind})
    assert filled({"gate": value}, gate) == expected


def test_the_next_step_is_said_once() -> None:
    """A text that says it already is left as it is; another gets it at its end."""
    said = Message(text="It is late. Reply to move it.", next_step="Reply to move it.")
    added = Message(text="It is late.", next_step=" Reply to move it. ")
    texts = [render(candidate(message=one), None) for one in (said, added)]
    assert [one.text for one in texts if one] == ["It is late. Reply to move it."] * 2


@pytest.mark.parametrize(
    ("message", "template"),
    [
        (Message(), None),
        (Message(text="  "), None),
        (Message(template="parcel_delayed"), None),
        (Message(template="parcel_delayed", text="both", facts={"parcel": "A", "new_eta": "B"}), PARCEL),
        (Message(text="Dear {name}"), None),
        (Message(text="Dear [[name]]"), None),
    ],
)
def test_no_message_is_made_of_nothing_or_of_two(message: Message, template: Template | None) -> None:
    """Exactly one of template and text, with nothing left to fill."""
    assert render(candidate(message=message), template) is None


def test_only_what_is_not_silent_expects_a_reply() -> None:
    """A next step that a silent message carries along is said, and no reply expected."""
    spoken = Message(text="R-2 is done.", next_step="Reply if not.")
    answers = [
        render(candidate(message=spoken, purpose=purpose), None) for purpose in ("progress_update", "remediation")
    ]
    assert [one.expects_reply for one in answers if one] == [False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"purpose": "remediation"},
        {"text": "{parcel} {new_eta}!"},
        {"next_step": "Reply."},
        {"facts": {}},
    ],
)
def test_an_approval_is_for_everything_that_a_template_says(change: dict[str, Any]) -> None:
    """Whatever changes, the digest changes."""
    assert digest(replace(PARCEL, **change)) != digest(PARCEL)


def test_free_texts_have_digests_of_their_own() -> None:
    """Text and next step count, and the border between them; a template's digest is never a text's."""
    digests = {text_digest("a", "b"), text_digest("ab"), text_digest("a"), text_digest("ab", ""), digest(PARCEL)}
    assert len(digests) == 5
    assert all(one.startswith("sha256:") and len(one) == 71 for one in digests)


def test_every_purpose_has_a_shipped_template() -> None:
    """Nine services, each with at least one; ids are unique."""
    ids = [template.id for template in shipped()]
    assert {template.purpose for template in shipped()} == set(SERVICES)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("template", shipped(), ids=lambda template: template.id)
def test_a_shipped_template_says_nothing_that_the_policy_refuses(template: Template) -> None:
    """Filled with plain facts it passes the veto, contains its next step, and changes with its facts."""
    text = filled(dict.fromkeys(template.facts, "X-1"), template)
    assert text is not None
    assert judge(text).codes == ()
    assert template.next_step is None or template.next_step in template.text

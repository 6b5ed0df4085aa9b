"""Which words of a message are judged for their language: its own, and never what is filled in."""

from dataclasses import replace

import pytest

from model.contracts import Message
from serving.policy.limits import Limits
from serving.policy.linear import Linear
from serving.policy.policy import make_policy
from serving.policy.rows import columns_of
from serving.policy.templates import Template
from serving.policy.wording import Wording
from serving.policy_files.templates import shipped_wording
from tests.occasions import NOW, candidate, context, decided, on_page

PAKET = "Ihr Paket {parcel} kommt am {new_eta}."
PARCEL = "Your parcel {parcel} arrives on {new_eta}."
FACTS = {"parcel": "A-7", "new_eta": "Friday"}


def judged(message: Message, template: Template | None = None) -> int:
    """Return what the reader says of a message."""
    rules = make_policy(Limits(), [] if template is None else [template], shipped_wording())
    read = columns_of([candidate(message=message)], [context()], now=NOW, policy=rules)
    return int(read.columns.judged[0])


def of_template(text: str, next_step: str = "Reply to change it.", **facts: str) -> int:
    """Return what the reader says of a template."""
    places = {name: "string" for name in FACTS if f"{{{name}}}" in text}
    one = Template(id="t", purpose="delivery_update", text=text, facts=places, next_step=next_step)
    return judged(Message(template="t", facts={**FACTS, **facts}), one)


@pytest.mark.parametrize(
    ("text", "next_step", "expected"),
    [
        (PARCEL, "Reply to change it.", 1),
        (PAKET, "Antworten Sie bitte.", 0),
        (PAKET, "Reply to change it.", 0),
        (PARCEL, "Antworten Sie bitte.", 0),
        ("{parcel} {new_eta}", "", 0),
    ],
)
def test_a_template_is_judged_by_its_own_words(text: str, next_step: str, expected: int) -> None:
    """With its next step; places alone are no words."""
    assert of_template(text, next_step) == expected


def test_what_is_filled_in_does_not_count() -> None:
    """A name in another language makes no English template foreign, and an English one no foreign template English."""
    german = {"new_eta": "morgen zwischen 9 und 12 Uhr"}
    assert (of_template(PARCEL, **german), of_template(PAKET, "Bitte antworten.", new_eta="tomorrow at noon")) == (1, 0)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Message(text="Parcel A-7 is late.", next_step="Reply."), 1),
        (Message(text="Parcel A-7 is late.", next_step="Antworten Sie bitte."), 0),
        (Message(text="Das Paket A-7 kommt heute."), 0),
        (Message(text="  "), 0),
        (Message(), 1),
        (Message(template="nowhere"), 1),
    ],
)
def test_a_free_text_is_judged_whole(message: Message, expected: int) -> None:
    """Without any words there is nothing to judge: other filters refuse it."""
    assert judged(message) == expected


@pytest.mark.parametrize(("approval", "expected"), [("none", "hold"), ("approved", "send")])
def test_on_a_page_a_person_s_approval_suffices(approval: str, expected: str) -> None:
    """Held on the widget, too, with the reason; approved, exactly these words go."""
    one, known = on_page()
    said = Message(text="Was kostet pricing genau?", next_step="Bitte hier fragen.")
    answer = decided(replace(one, message=said), replace(known, approval=approval))
    detail = "this text is not approved; it is in a language, or in signs, that only a person can judge"
    wanted = [("awaiting_approval", detail)] if expected == "hold" else []
    found = [(reason.code, reason.detail) for reason in answer.decision.reasons]
    assert (str(answer.decision.action), found) == (expected, wanted)


UNSURE_MODEL = Linear({}, {}, 1.0, "")  # it gives every text the score .73: marketing where the text is English


@pytest.mark.parametrize(
    ("text", "note", "expected"),
    [
        ("Your parcel {parcel} arrives on {new_eta}.", "Friday", (1, 1)),
        ("Your parcel {parcel} arrives on {new_eta}.", "Freitag, niemand war zu Hause", (1, 1)),
        ("Ihr Paket {parcel} kommt am {new_eta}.", "Freitag", (0, 0)),
        ("Ihr Paket {parcel} kommt am {new_eta}.", "the day after tomorrow, if nobody is at home", (0, 0)),
    ],
)
def test_a_value_in_another_language_hides_no_marketing(text: str, note: str, expected: tuple[int, int]) -> None:
    """A text is either judged or waits for a person, whatever is filled in: never neither."""
    template = Template(id="t", purpose="delivery_update", text=text, facts=dict.fromkeys(FACTS, "string"))
    rules = make_policy(Limits(), [template], Wording(UNSURE_MODEL))
    one = candidate(message=Message(template="t", facts={"parcel": "A-7", "new_eta": note}))
    read = columns_of([one], [context()], now=NOW, policy=rules)
    assert (int(read.columns.promotional[0]), int(read.columns.judged[0])) == expected

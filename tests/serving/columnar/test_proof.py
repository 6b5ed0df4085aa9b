"""What holds for one row of a form holds for all, or is not proved."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Event, EvidenceRef, Message
from serving.columnar.forms import form
from serving.columnar.proof import HIDING, Case, holds_for_all, settled
from serving.policy.alike import NAMED, alike
from serving.policy.plain import plain
from serving.policy.selling_facts import harmless, sells, unread
from serving.policy.templates import Template, render
from tests.serving.columnar.nasty_rows import NOW, PATTERNS, POLICY, filled

WRITTEN = [*"0123459bB/ _-", "for", "For", "pro", "int", "cos", "x"]


def case(
    template: str | None = "parcel_delayed",
    facts: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Case:
    """Return a representative: a delayed parcel by push, if nothing else is said."""
    said = {"parcel": "A-71", "new_eta": "Friday"} if facts is None else facts
    told = said if data is None else data
    own: Template | None = changes.pop("own", POLICY.templates.get(template or ""))
    kind = changes.pop("kind", "shipment.delayed")
    message = Message(template=template, facts=said, text=changes.get("text"), next_step=changes.get("next_step"))
    candidate = Candidate(
        user_id="u-1",
        purpose=changes.get("purpose", "delivery_update"),
        channel=changes.get("channel", "push"),
        message=message,
        evidence=EvidenceRef(type=kind, id="ev-1"),
    )
    event = Event(source="file", id="ev-1", type=kind, time=NOW, subject="u-1", data=told)
    sound, inside = changes.get("sound", True), changes.get("inside", False)
    return Case(candidate, event, render(candidate, own), own, sound, inside)


def test_a_form_hides_all_that_names_a_figure() -> None:
    """Whatever `alike` finds in a text is suspected in the text's form: of every short text of such parts."""
    texts = ["".join(parts) for size in (2, 3, 4) for parts in itertools.product(WRITTEN, repeat=size)]
    actual = [text for text in texts if NAMED.search(text) and not HIDING.search(form(text))]
    assert actual == []


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern.isascii()])
def test_texts_of_a_settled_form_are_judged_alike(pattern: str) -> None:
    """Each reads as its form with fives; what is not settled may not."""
    chance = np.random.default_rng(7)
    texts = [filled(f"Your parcel {pattern} is late.", chance) for _ in range(20)]
    actual = {alike(text) for text in texts if settled(text)}
    assert len(actual) <= 1


@pytest.mark.parametrize("pattern", PATTERNS)
def test_harmless_facts_of_one_form_are_all_plain_or_none(pattern: str) -> None:
    """A fact that the evidence does not name is judged by its form, but for halves."""
    chance = np.random.default_rng(8)
    texts = [filled(pattern, chance) for _ in range(40)]
    actual = {
        (plain(text), sells("reason", text), unread(text)) for text in texts if harmless(form(text)) and "/" not in text
    }
    assert len(actual) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your parcel A-71 is late.", True),
        ("Your parcel is late.", True),
        ("Take 2 for 1.", False),
        ("Take 7 for 9.", False),
        ("It costs 9/9.", False),
        ("Come b9 noon.", False),
        ("A s9le is on.", False),
        ("Z\u00fcrich 9", False),
        ("See &#99; there", False),
        ("9" * 2001, False),
    ],
)
def test_only_texts_without_hidden_figures_are_settled(text: str, *, expected: bool) -> None:
    """Names of figures, figures in words, other scripts, markup and long texts are not."""
    actual = settled(text)
    assert actual is expected


def test_an_ordinary_row_speaks_for_its_class() -> None:
    """The fact is filled into the template between signs, and equal to the evidence's own."""
    actual = holds_for_all(case(), frozenset())
    assert actual is True


def test_a_row_without_figures_speaks_for_itself_alone() -> None:
    """Its class has no other texts: there is nothing to prove."""
    actual = holds_for_all(case("glued", {"parcel": "A", "new_eta": "B"}, {"reason": "C"}), frozenset())
    assert actual is True


@pytest.mark.parametrize(
    "found",
    [
        case("glued", {"parcel": "71", "new_eta": "Friday"}, {"parcel": "71"}),
        case("touching", {"parcel": "A-71", "new_eta": "8"}, {"parcel": "A-71"}),
        case("figured", {"parcel": "A-71", "new_eta": "Friday"}, {"hours": 24}),
        case("figured", {"parcel": "A-71", "new_eta": "Friday"}, {"hours": "24", "new_eta": "Monday"}),
        case("stepped", {"parcel": "A-71", "reason": "rain"}),
        case("before", {"parcel": "7"}),
        case("many", {"parcel": "7", "new_eta": "9"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "9/9"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "7"}, {"parcel": "A-72"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "7"}, {"parcel": "A-71", "new_eta": 7}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "line_7"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday", "reason": "9/9 preis"}, {"parcel": "A-71"}),
        case(None, {}, {"parcel": "A-71"}, text="Your parcel A-71 is late."),
        case(None, {}, {"parcel": "A"}, text="Your parcel A-7 is late.", next_step="Reply 1."),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday", "deep": {"x": 1}}),
        case("parcel_delayed", None, {"parcel": "A-71", "new_eta": "Friday", "affected": ["u-1"]}),
    ],
    ids=range(16),
)
def test_what_figures_may_decide_is_not_proved(found: Case) -> None:
    """Words glued to a place, figures of the template, unequal or untold facts, odd steps, objects."""
    actual = holds_for_all(found, frozenset({"line_5"}))
    assert actual is False


@pytest.mark.parametrize(
    "found",
    [
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday"}, {"new_eta": "Friday", "parcel": "A-72"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday"}, {"parcel": "A-72"}, sound=False),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday"}, {"hours": 3}, inside=True),
        case("parcel_delayed", {"parcel": "A-71"}, {"parcel": "A-72"}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday"}, {"parcel": "A-71", "hours": 3}),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "Friday", "reason": "9 euros"}, {"parcel": "A-72"}),
        case(None, {}, {"place": "Reception"}, text="Your parcel 71 is at the reception."),
        case("numbered", {"count": 3, "line_1": "A"}, {"count": 3}),
        case(kind="reminder.requested", purpose="requested_reminder"),
        case("parcel_delayed", {"parcel": "A-71", "new_eta": "soon"}, {"hidden": True, "other": "elsewhere"}),
    ],
    ids=range(10),
)
def test_what_no_figure_decides_is_proved(found: Case) -> None:
    """A fact without figures is said, nothing asks for one, no text is made, or none has figures."""
    actual = holds_for_all(found, frozenset({"line_5"}))
    assert actual is True


def test_every_figure_that_a_named_pattern_names_is_looked_for() -> None:
    """A figure that `alike` learns to name is one that a form hides: this says which there are."""
    actual = set(re.findall(r"\d", NAMED.pattern))
    assert actual == set("0234")

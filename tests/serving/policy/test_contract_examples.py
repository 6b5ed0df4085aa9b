"""The contract's own examples, decided with the shipped templates: what a reader tries first must work."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import Message
from serving.policy.templates import digest
from serving.policy_files.templates import read_templates
from tests.occasions import about, candidate, codes, context, decided, event, on_page, policy

CONTRACT = Path(__file__).parents[3] / "docs" / "CONTRACT.md"


def block(start: str) -> str:
    """Return the indented block of the contract that begins with this line, without its indent."""
    found = re.search(rf"^    {re.escape(start)}(\n(    .*|))*", CONTRACT.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return "\n".join(line[4:] for line in found[0].splitlines())


def test_the_template_of_section_7_is_the_shipped_one() -> None:
    """Letter by letter: its digest is approved."""
    [example] = read_templates(block("templates:"), "section 7")
    assert digest(example) == policy().digests["parcel_delayed"]


def test_the_parcel_of_section_4_is_told_of_in_the_text_of_section_4() -> None:
    """Request, evidence and answer as they stand there."""
    late = event("shipment.delayed", id="ev-991", data={"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26})
    one, known = about(late)
    message = decided(one, known).decision.message
    expected = '"Your parcel A-7 now arrives on Friday. Reply to change the address.", "expects_reply": true'
    assert message is not None
    assert f'"{message.text}", "expects_reply": true' == expected
    assert expected in CONTRACT.read_text("utf-8")


def test_the_parcel_of_section_4_may_be_told_of_by_an_event_without_the_day() -> None:
    """`new_eta` is plain: evidence that only names the parcel carries it."""
    one, known = about(event("shipment.delayed", data={"parcel": "A-7"}))
    assert codes(decided(one, known)) == ()


@pytest.mark.parametrize("kind", ["page.dwelled", "exit.intended"])
def test_the_trigger_pricing_help_of_section_7_can_send(kind: str) -> None:
    """`compare_plans` on the widget without any facts, 31 seconds on the pricing page."""
    trigger = re.search(r"- id: pricing_help\n(?:  .*\n?)*", block("templates:"))
    assert trigger is not None
    assert "template: compare_plans" in trigger[0]
    assert "facts" not in trigger[0]
    one, known = on_page()
    seen = event(kind, age=timedelta(0), data={"page": "pricing", "seconds": 31, "session": "s-1"})
    asked = candidate(
        purpose="in_session_help",
        channel="widget",
        message=Message(template="compare_plans"),
        evidence=about(seen)[0].evidence,
        session_id=one.session_id,
    )
    answer = decided(asked, context(evidence=seen, session=known.session))
    assert (codes(answer), answer.decision.action) == ((), "send")

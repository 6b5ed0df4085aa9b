"""Of what is longer than any template may be, lint says just that: it takes no longer than reading it."""

import pytest

from serving.linting import lint as module
from serving.linting.draft import Draft
from serving.policy.templates import LONGEST_TEXT
from serving.policy_files.places import _written
from tests.serving.linting.linted import TEMPLATE, TRIGGER, findings, rules, saying

ODD = "sale {a} [x] <b> %N% "


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_text_that_is_too_long_is_one_finding(quote: str) -> None:
    """The reader's own, whatever else stands in it."""
    (only,) = findings(saying(f"{quote}{ODD * 1000}{quote}"))
    said = f"`text` is not 1 to {LONGEST_TEXT} characters; write so much"
    assert (only.rule, only.message.endswith(said)) == ("template", True)


def test_a_next_step_that_is_too_long_is_one_finding() -> None:
    """The reader would take it; nobody would read it."""
    step = '"Reply to change the address."'
    (only,) = findings(TEMPLATE.replace(f"next_step: {step}", f'next_step: "{"Reply to us. " * 100}"') + TRIGGER)
    assert (only.rule, only.spot.line, only.message) == ("template", 6, "`next_step` is longer than 1000 characters")


def test_more_facts_than_a_text_can_have_are_one_finding() -> None:
    """The reader names them all, and the trigger lacks them."""
    many = ", ".join(f"f{number}: string" for number in range(LONGEST_TEXT))
    assert rules(TEMPLATE.replace("facts: {", f"facts: {{ {many},") + TRIGGER) == ["template", "trigger"]


def test_the_longest_text_is_looked_at_whole() -> None:
    """Its characters are counted once, for all that is found in it."""
    before = _written.cache_info()
    text = (ODD * LONGEST_TEXT)[: LONGEST_TEXT - len(ODD)]
    found = findings(saying(f'"{text}"'))
    after = _written.cache_info()
    assert (len(found) > 100, after.misses - before.misses, after.hits - before.hits > 100) == (True, 1, True)


def test_rules_do_not_see_what_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule is asked at all."""
    asked: list[Draft] = []
    monkeypatch.setattr(module, "_left_over", lambda draft: asked.append(draft) or iter(()))
    findings(saying(f'"{ODD * 1000}"'))
    assert asked == []

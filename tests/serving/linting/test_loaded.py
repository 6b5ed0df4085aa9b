"""Lint of a policy that is loaded: each finding at its template and part, as lint of the files says it."""

from collections import Counter

import pytest

from serving.linting.lint import lint
from serving.linting.loaded import Noticed, lint_loaded
from serving.policy.limits import Limits
from serving.policy.policy import Policy, make_policy
from serving.policy_files.strict_yaml import document
from serving.policy_files.templates import load_policy, read_templates
from serving.policy_files.triggers import load_triggers, read_triggers
from serving.triggers.trigger import Trigger
from tests.serving.linting.linted import TEMPLATE, TRIGGER, VETO, saying

SELLS = '"Your parcel {parcel} now arrives on {new_eta}. Get 20% off! Reply to change the address."'
STEP = "Reply to change the address."


def loaded(text: str) -> tuple[Policy, list[Trigger]]:
    """Load a policy as a process does, from one file."""
    policy = make_policy(Limits(), read_templates(text, "a.yaml"), VETO)
    return policy, [each.trigger for each in read_triggers(document(text, "a.yaml"), policy.templates).tallies()]


def noticed(text: str) -> dict[str, tuple[Noticed, ...]]:
    """What lint finds in the loaded policy."""
    policy, triggers = loaded(text)
    return dict(lint_loaded(policy, triggers))


def test_what_comes_with_the_project_has_no_findings() -> None:
    """Every template has an entry, and none a finding or a note."""
    policy = load_policy()
    triggers = [each.trigger for each in load_triggers(None, policy.templates).tallies()]
    actual = lint_loaded(policy, triggers)
    assert actual == dict.fromkeys(policy.templates, ())


@pytest.mark.parametrize(
    ("text", "rule", "part", "said"),
    [
        (saying(SELLS), "price_cut", "text", "% off"),
        (TEMPLATE.replace(f'step: "{STEP}"', 'step: "Get 20% off!"'), "price_cut", "next_step", "% off"),
        (
            TEMPLATE.replace(f'step: "{STEP}"', 'step: "A step, of sorts, for you."'),
            "next_step_unclear",
            "next_step",
            "A",
        ),
        (TEMPLATE, "no_trigger", None, ""),
        (saying('"LATE! {parcel} IS LATE: IT COMES ON {new_eta}. REPLY TO US ABOUT IT."'), "shouting", None, ""),
    ],
    ids=["in the text", "in the next step", "the whole next step", "of the template", "of no words"],
)
def test_a_finding_stands_at_its_part(text: str, rule: str, part: str | None, said: str) -> None:
    """The words that it is about are those of its span there."""
    found = [each for each in noticed(text)["late"] if each.finding.rule == rule]
    actual = [(each.part, each.finding.said[: len(said)]) for each in found]
    assert actual == [(part, said)]


def test_findings_are_those_of_the_files() -> None:
    """Whatever the order of templates: what lint says of two files it says of the policy that was made of them."""
    other = saying(SELLS).replace("id: late", "id: sells").replace("template: late", "template: sells")
    text = TEMPLATE.replace("'", "") + other.split("triggers:")[0].split("templates:\n")[1] + TRIGGER
    expected = Counter(each.rule for each in lint([document(text, "a.yaml")], VETO).findings)
    found = noticed(text)
    actual = Counter(each.finding.rule for one in found.values() for each in one)
    assert (actual, [bool(found[name]) for name in ("late", "sells")]) == (expected, [False, True])

"""What the server refuses to start with, lint has an error for: nothing that it leaves out is left unsaid."""

from collections.abc import Mapping

import pytest

from model.errors import InvalidInput
from serving.linting.finding import Severity
from serving.policy.limits import Limits
from serving.policy.policy import make_policy
from serving.policy_files.strict_yaml import document
from serving.policy_files.templates import read_templates
from serving.policy_files.triggers import read_triggers
from tests.serving.linting.linted import TEMPLATE, TEXT, TRIGGER, VETO, linted, rules, saying

SIGNS = ["]]", "[[", "%(", "<%", "%>", "{", "}", "{}", "[[0]]", "<%= a %>", "{{parcel}}", "[{parcel}[", "\\0", "a]]]"]
FACTS = ["1: string", "null: string", "true: string", "gate: string", "1.5: number", "gate: text"]
ENTRIES: Mapping[str, str] = {
    "no step": TEMPLATE.replace('    next_step: "Reply to change the address."\n', ""),
    "a step of another kind": TEMPLATE.replace('next_step: "Reply to change the address."', "next_step: 7"),
    "a step with a place": TEMPLATE.replace('next_step: "Reply to', 'next_step: "Reply [[x]] to'),
    "another key": TEMPLATE + "    urgent: true\n",
    "no name": TEMPLATE.replace("id: late", "id: Too Late"),
    "no purpose": TEMPLATE.replace("delivery_update", "upsell"),
    "no text": TEMPLATE.replace(f'"{TEXT}"', '""'),
    "a long text": TEMPLATE.replace("Your parcel", "Your parcel " * 99),
    "few words": TEMPLATE.replace("Your parcel {parcel} now arrives on {new_eta}.", "{parcel}{new_eta}"),
    "no facts": TEMPLATE.replace("facts: { parcel: string, new_eta: string }", "facts: [parcel, new_eta]"),
    "twice": TEMPLATE + TEMPLATE.removeprefix("templates:\n").replace("Your", "The"),
}
TRIGGERS = {
    "another template": TRIGGER.replace("template: late", "template: early"),
    "another, which cannot be read": TRIGGER.replace("template: late", "template: Too Late"),
    "another fact": TRIGGER.replace("facts: {", "facts: { 1: event.data.box,"),
    "another event": TRIGGER.replace("shipment.delayed", "page.viewed"),
    "another channel": TRIGGER.replace("chat", "fax"),
    "no expression": TRIGGER.replace("event.data.parcel", "event.data.parcel ++"),
}
FILES = {
    **{
        f"text: {sign}": saying(f'"Your parcel {{parcel}} {sign} now arrives on {{new_eta}}. {TEXT}"') for sign in SIGNS
    },
    **{f"fact: {fact}": TEMPLATE.replace("new_eta: string", f"new_eta: string, {fact}") + TRIGGER for fact in FACTS},
    **{f"only: {fact}": TEMPLATE.replace("new_eta: string", fact) + TRIGGER for fact in FACTS},
    **{f"template: {what}": text + TRIGGER for what, text in ENTRIES.items()},
    **{f"trigger: {what}": TEMPLATE + text for what, text in TRIGGERS.items()},
    **{f"both: {what}": ENTRIES["no name"] + text for what, text in TRIGGERS.items()},
}


def loads(text: str) -> bool:
    """Whether a server would start with this file alone."""
    try:
        policy = make_policy(Limits(), read_templates(text, "a.yaml"), VETO)
        read_triggers(document(text, "a.yaml"), policy.templates)
    except InvalidInput:
        return False
    return True


def test_what_loads_is_told_from_what_does_not() -> None:
    """The good file does."""
    assert loads(TEMPLATE + TRIGGER) is True


@pytest.mark.parametrize("what", FILES)
def test_what_does_not_load_is_an_error(what: str) -> None:
    """Whatever the reader refuses, some rule says."""
    errors = [each for each in linted(FILES[what]).findings if each.severity is Severity.ERROR]
    assert (loads(FILES[what]), errors != []) == (False, True)


@pytest.mark.parametrize("sign", ["]]", "[[", "%(", "<%", "%>"])
def test_the_signs_of_other_templates_are_found_where_they_stand(sign: str) -> None:
    """Once, by the rule for places; the reader's own words are left out."""
    found = [each for each in linted(FILES[f"text: {sign}"]).findings if each.severity is Severity.ERROR]
    assert [(each.rule, each.said) for each in found] == [("unfilled_place", sign)]


@pytest.mark.parametrize("fact", ["1: string", "null: string", "true: string"])
def test_the_name_of_a_fact_is_a_text(fact: str) -> None:
    """Beside others or in place of one: the reader says so, and lint after it."""
    others = ["fact_undeclared", "template", "trigger"]
    assert [rules(FILES[f"{how}: {fact}"]) for how in ("fact", "only")] == [["template"], others]


def test_what_no_rule_says_of_the_text_is_said_by_the_reader() -> None:
    """Two brackets that only a place keeps apart: a finding about the next step is none about the text."""
    text = FILES["text: [{parcel}["]
    assert rules(text) == ["template"]


def test_a_trigger_that_names_a_template_in_passing_is_still_judged() -> None:
    """Only one that names a template that cannot be read is left out: the template's own fault is said."""
    lost = ENTRIES["no name"].replace("Too Late", "x y")
    named = TRIGGER.replace("on: shipment.delayed", 'on: "`x y` is no template"')
    assert [rules(lost + text) for text in (TRIGGER.replace("template: late", "template: x y"), named)] == [
        ["template"],
        ["template", "trigger"],
    ]

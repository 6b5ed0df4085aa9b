"""Linting one file that stands in the test."""

from serving.linting.finding import Finding
from serving.linting.lint import Linted, lint
from serving.policy.linear import SILENT
from serving.policy.wording import Wording
from serving.policy_files.strict_yaml import document

VETO = Wording(SILENT)  # the rules alone: what the model adds is tested with the model
TEMPLATE = """\
templates:
  - id: late
    purpose: delivery_update
    text: "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
"""
TRIGGER = """\
triggers:
  - id: late
    on: shipment.delayed
    purpose: delivery_update
    template: late
    facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }
    channel: chat
"""
TEXT = "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address."


def linted(text: str, **more: str) -> Linted:
    """What is found in `a.yaml`, and in further files by their names."""
    return lint([document(text, "a.yaml"), *(document(said, f"{name}.yaml") for name, said in more.items())], VETO)


def findings(text: str, **more: str) -> list[Finding]:
    """The findings that are no notes."""
    return [each for each in linted(text, **more).findings if each.severity == "error"]


def rules(text: str, **more: str) -> list[str]:
    """Their rules, in the order of files and lines."""
    return [each.rule for each in findings(text, **more)]


def saying(text: str) -> str:
    """The good file with another text, which has its next step in it."""
    return TEMPLATE.replace(f'"{TEXT}"', text) + TRIGGER


def words(text: str, rule: str) -> list[str]:
    """The words that a rule found in a template with this text."""
    return [each.said for each in findings(saying(text)) if each.rule == rule]

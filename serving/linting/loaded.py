"""Lint of the policy that a process has loaded: by template, and by the part of it that each finding is about.

The files may have changed since, and are not read again: what is looked at is what is sent.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from model.contracts import JSON
from serving.linting.draft import Draft, drafts
from serving.linting.finding import Finding
from serving.linting.lint import lint
from serving.policy.policy import Policy
from serving.policy.templates import Template
from serving.policy_files.strict_yaml import Document, document
from serving.triggers.trigger import Trigger

PLACE = "policy"  # what stands for the file in findings
PARTS = ("text", "next_step")


@dataclass(frozen=True, slots=True)
class Noticed:
    """A finding about a template; `part` is `text` or `next_step` where it has a span, else None."""

    finding: Finding
    part: str | None


def lint_loaded(policy: Policy, triggers: Iterable[Trigger]) -> Mapping[str, tuple[Noticed, ...]]:
    """Return what lint finds in each template of a policy, by id; an id without findings has none."""
    written = _written(policy, triggers)
    entries = list(drafts(written))
    starts = [draft.node.start_mark.line + 1 for draft in entries]
    found: dict[str, tuple[Noticed, ...]] = dict.fromkeys(policy.templates, ())
    for each in lint([written], policy.wording).findings:
        place = bisect_right(starts, each.spot.line) - 1
        if place >= 0 and each.spot.line <= entries[place].node.end_mark.line:
            draft = entries[place]
            found[draft.said("id")] += (Noticed(each, _part(each, draft)),)
    return found


def _part(finding: Finding, draft: Draft) -> str | None:
    """Return the part on whose line a finding stands; each value has a line of its own."""
    if finding.span is None:
        return None
    return next((part for part in PARTS if draft.at(part).line == finding.spot.line), None)


def _written(policy: Policy, triggers: Iterable[Trigger]) -> Document:
    """Write a policy as a file again: every value on one line, in quotes."""
    content = {
        "templates": [_template(each) for each in policy.templates.values()],
        "triggers": [_trigger(each) for each in triggers if each.template in policy.templates],
    }
    return document(
        yaml.dump(content, default_style='"', width=float("inf"), sort_keys=False, allow_unicode=True), PLACE
    )


def _template(template: Template) -> dict[str, JSON]:
    entry: dict[str, JSON] = {"id": template.id, "purpose": str(template.purpose), "text": template.text}
    entry |= {"facts": dict(template.facts)} if template.facts else {}
    return entry if template.next_step is None else entry | {"next_step": template.next_step}


def _trigger(trigger: Trigger) -> dict[str, JSON]:
    names = ("id", "on", "when", "purpose", "template", "channel")
    entry: dict[str, JSON] = {name: str(getattr(trigger, name)) for name in names if getattr(trigger, name) is not None}
    return entry | ({"facts": dict(trigger.facts)} if trigger.facts else {})

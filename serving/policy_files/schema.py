"""A policy file as JSON Schema, for the completion of an editor; `data/schema/policy_file.json` is made of it.

It says less than the reader: what an expression means, and whether a template exists, is seen when a policy is loaded.
"""

from model.contracts import JSON
from serving.events.catalogue import TYPES
from serving.policy.purposes import SERVICES
from serving.policy.templates import FACT_TYPES, KEYS, LONGEST_TEXT, NAME, REQUIRED
from serving.policy_files.triggers import KEYS as TRIGGER_KEYS
from serving.policy_files.triggers import REQUIRED as TRIGGER_REQUIRED
from serving.triggers.expressions import LONGEST

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_PURPOSE = {"enum": [str(purpose) for purpose in SERVICES]}


def policy_schema() -> dict[str, JSON]:
    """Return the schema of one `*.yaml` of a policy folder."""
    return {
        "title": "PolicyFile",
        "description": "Templates and triggers (CONTRACT section 7).",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "templates": {"type": ["array", "null"], "items": _template()},
            "triggers": {"type": ["array", "null"], "items": _trigger()},
        },
    }


def _template() -> dict[str, JSON]:
    fields: dict[str, JSON] = {
        "id": {**_NAME, "description": "its name, unique in the policy"},
        "purpose": {**_PURPOSE, "description": "the service that it is for"},
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": "`{fact}` is filled in"},
        "facts": {
            "type": ["object", "null"],
            "additionalProperties": {"enum": list(FACT_TYPES)},
            "description": "each fact in the text, and whether it is a text or a number",
        },
        "next_step": {"type": ["string", "null"], "description": "what the customer can do"},
    }
    return _closed({name: fields[name] for name in sorted(KEYS)}, sorted(REQUIRED))


def _trigger() -> dict[str, JSON]:
    expression = {"type": "string", "maxLength": LONGEST}
    fields: dict[str, JSON] = {
        "id": {**_NAME, "description": "its name, unique in the policy"},
        "on": {"type": "string", "description": "the type of event", "enum": _on([str(each) for each in SERVICES])},
        "purpose": {**_PURPOSE, "description": "the service that it is for; the event must prove it"},
        "template": {**_NAME, "description": "what is said, a template of the same purpose"},
        "channel": {"type": "string", "description": "where it is said"},
        "when": {**expression, "type": ["string", "null"], "description": "Common Expression Language; a truth"},
        "facts": {
            "type": ["object", "null"],
            "additionalProperties": expression,
            "description": "an expression for each fact of the template",
        },
    }
    fitting = [_fitting(str(purpose)) for purpose in SERVICES]
    return {**_closed({name: fields[name] for name in TRIGGER_KEYS}, list(TRIGGER_REQUIRED)), "allOf": fitting}


def _fitting(purpose: str) -> dict[str, JSON]:
    channels = sorted(str(channel) for channel in SERVICES[purpose].channels)
    return {
        "if": {"properties": {"purpose": {"const": purpose}}},
        "then": {"properties": {"on": {"enum": _on([purpose])}, "channel": {"enum": channels}}},
    }


def _on(purposes: list[str]) -> list[str]:
    proving = {kind for purpose in purposes for kind in SERVICES[purpose].evidence}
    return [kind for kind in TYPES if kind in proving]


def _closed(properties: dict[str, JSON], required: list[str]) -> dict[str, JSON]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}

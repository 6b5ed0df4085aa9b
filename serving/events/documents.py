"""One JSON Schema per type of event: the whole CloudEvent, its attributes and the names in its data."""

from collections.abc import Mapping

from model.contracts import JSON
from serving.events.catalogue import IDENTIFIED, TYPES
from serving.events.checking import CLOCK, DAY, OF_TYPE, OFFSET

NULL: Mapping[str, JSON] = {"type": "null"}
TIME = f"^(?!0000){DAY}[Tt]{CLOCK}([Zz]|{OFFSET})$"
EXTENSION: Mapping[str, JSON] = {"type": ["string", "integer", "boolean", "null"]}


def document_of(event_type: str, attributes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the schema of one type; `attributes` are those of any event, by name, as JSON Schema.

    Data in another form than JSON (`data_base64`) is not described: where it holds JSON, the same rules apply to it.
    """
    told = TYPES[event_type]
    names = {
        name: {"anyOf": [dict(rule.schema), NULL], "description": told.names[name].about}
        for name, rule in OF_TYPE[event_type].items()
    }
    properties = {name: schema for name, schema in attributes.items() if name != "data_base64"}
    properties["type"] = {"const": event_type}
    properties["time"] = {**attributes["time"], "pattern": TIME}
    properties["data"] = {"type": ["object", "null"], "properties": names, "additionalProperties": True}
    required = ["source", "id", "type", "time"]
    if event_type == IDENTIFIED:
        required.append("subject")
        properties["subject"] = next(one for one in attributes["subject"]["anyOf"] if one != NULL)
    return {
        "title": event_type,
        "description": told.about,
        "type": "object",
        "required": required,
        "properties": properties,
        "patternProperties": {f"^(?!({'|'.join(sorted(properties))})$)[a-z0-9]{{1,64}}$": EXTENSION},
        "additionalProperties": False,
    }

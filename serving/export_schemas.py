"""`python -m serving.export_schemas data/schema`: the shared words, the wire types and the HTTP API as JSON Schema.

Same code, same bytes: keys are sorted, nothing depends on the machine. A test compares the files with a fresh export.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from model.contracts import JSON, Candidate, Certificate, Context, Decision, Event, Gate, Outcome
from model.errors import InvalidInput
from serving.app import create_app
from serving.events.catalogue import TYPES
from serving.events.documents import document_of
from serving.policy_files.schema import DIALECT, policy_schema
from serving.ports import UNRECORDED, Decided
from serving.schemas.answers import ConfirmationAnswer, DecisionAnswer, EventsAnswer, OutcomesAnswer, ProblemAnswer
from serving.schemas.approvals import ApprovalBody
from serving.schemas.events import EventBody
from serving.schemas.offers import OfferBody, OffersAnswer
from serving.schemas.requests import DecisionBody, OutcomeBody, PreferencesBody
from serving.schemas.segment import SegmentBatch, SegmentBody
from serving.settings import Settings

WORDS = (Candidate, Certificate, Context, Decided, Decision, Event, Gate, Outcome)
BODIES: dict[str, type[BaseModel]] = {
    "approval_request": ApprovalBody,
    "decision_request": DecisionBody,
    "event_request": EventBody,
    "outcome_request": OutcomeBody,
    "preferences_request": PreferencesBody,
    "segment_batch_request": SegmentBatch,
    "segment_request": SegmentBody,
}
ANSWERS: dict[str, type[BaseModel]] = {
    "confirmation_answer": ConfirmationAnswer,
    "decision_answer": DecisionAnswer,
    "events_answer": EventsAnswer,
    "offer": OfferBody,
    "offers_answer": OffersAnswer,
    "outcomes_answer": OutcomesAnswer,
    "problem": ProblemAnswer,
}


def documents() -> dict[str, JSON]:
    """Return every document by its file name: the words as recorded, bodies as read, answers as written."""
    made: dict[str, JSON] = {}
    for word in WORDS:
        made[word.__name__.lower()] = _as_recorded(word)
    for name, body in BODIES.items():
        made[name] = body.model_json_schema(mode="validation")
    for name, answer in ANSWERS.items():
        made[name] = answer.model_json_schema(mode="serialization")
    attributes = made["event_request"]["properties"]
    for event_type in TYPES:
        made[f"events/{event_type}"] = document_of(event_type, attributes)
    schemas = {f"{name}.json": {"$schema": DIALECT, **document} for name, document in made.items()}
    schemas["policy_file.json"] = {"$schema": DIALECT, **policy_schema()}
    return schemas | {"openapi.json": create_app(Settings()).openapi()}


def _as_recorded(word: type) -> dict[str, JSON]:
    """Return the schema of a word as a record has it: without what no record has, and what that alone is made of."""
    found: dict[str, JSON] = TypeAdapter(word).json_schema(mode="serialization")
    unrecorded = [each.name for each in fields(word) if UNRECORDED in each.metadata]
    for name in unrecorded:
        del found["properties"][name]
    while unrecorded and (alone := [name for name in found["$defs"] if f'"#/$defs/{name}"' not in json.dumps(found)]):
        for name in alone:
            del found["$defs"][name]
    return found


def written(document: JSON) -> str:
    """Return the text of a file."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def export(folder: Path) -> list[str]:
    """Write every document into `folder` and return the names."""
    made = documents()
    for name, document in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(written(document), encoding="utf-8")
    return sorted(made)


def main(arguments: Sequence[str]) -> None:
    """Run as a program: one argument, the folder."""
    if len(arguments) != 1:
        raise InvalidInput("name one folder, for example `python -m serving.export_schemas data/schema`")
    export(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])

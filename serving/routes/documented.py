"""What the OpenAPI document says of bodies, parameters and problems, since bodies are read by our own strict reader."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic.json_schema import models_json_schema

from model.contracts import JSON
from serving.access.widgets import LONGEST
from serving.errors import PROBLEM_JSON
from serving.routes.access import Admission
from serving.routes.bodies import JSON_TYPE
from serving.routes.visits import OrWidget
from serving.schemas.answers import ProblemAnswer
from serving.schemas.approvals import ApprovalBody
from serving.schemas.events import EventBody
from serving.schemas.requests import DecisionBody, OutcomeBody, PreferencesBody
from serving.schemas.segment import SegmentBatch, SegmentBody
from serving.schemas.several import MANY

REF = "#/components/schemas/{model}"
READ_BY_US = (DecisionBody, EventBody, OutcomeBody, PreferencesBody, ApprovalBody, SegmentBody, SegmentBatch)
WORDS = {
    401: "no key, or none that is known and active",
    403: "the key has not the scope that this needs",
    404: "there is no such thing on record",
    409: "the first request with this Idempotency-Key is still running",
    413: "the body is larger than 1 MiB",
    415: "the body is not in a format that is read here",
    422: "the request breaks a rule; `errors` says which, where",
    429: "this key asked too much lately; nothing was read or done",
    503: "not available now; nothing was recorded and nothing may be sent",
}
CHALLENGE = {401: "WWW-Authenticate", 403: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
IDEMPOTENCY_KEY: dict[str, JSON] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours give the same bytes; another body is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
NO_BODY: dict[str, Any] = {
    "requestBody": {"content": {JSON_TYPE: {"schema": {"type": "object", "maxProperties": 0}}}, "required": False}
}
OUTREACH_SESSION: dict[str, JSON] = {
    "name": "Outreach-Session",
    "in": "header",
    "required": False,
    "description": "With a key of scope `widget`: the session that it speaks for, drawn by the page or signed.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document these refusals as problem documents."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": WORDS[status],
        "content": {PROBLEM_JSON: {"schema": {"$ref": REF.format(model="Problem")}}},
    }
    if status in CHALLENGE:
        said["headers"] = {CHALLENGE[status]: {"schema": {"type": "string"}}}
    return said


def body_of(
    model: str,
    *,
    many: bool = False,
    one: bool = True,
    media_types: tuple[str, ...] = (JSON_TYPE,),
    parameters: tuple[dict[str, JSON], ...] = (),
) -> dict[str, Any]:
    """Document a body of this wire type: one, an array of at most 1,000, or either."""
    single = {"$ref": REF.format(model=model)}
    array = {"type": "array", "items": single, "maxItems": MANY}
    schema: dict[str, Any] = {"oneOf": [single, array]} if many and one else array if many else single
    content = {media_type: {"schema": schema} for media_type in media_types}
    extra: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    return extra | ({"parameters": list(parameters)} if parameters else {})


def openapi_of(app: FastAPI, signatures: Mapping[str, JSON]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document, once made; `signatures` are the security schemes that are no keys."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        _say_scopes(app, document["paths"])
        _, ours = models_json_schema(
            [*((model, "validation") for model in READ_BY_US), (ProblemAnswer, "serialization")],
            ref_template=REF,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(ours["$defs"])
        schemas["Problem"] = schemas.get("Problem") or schemas["ProblemAnswer"]
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        document["components"].setdefault("securitySchemes", {}).update(signatures)
        app.openapi_schema = document
    return app.openapi_schema


def _say_scopes(app: FastAPI, paths: dict[str, Any]) -> None:
    """Name the scope that an operation needs, as the very dependency that demands it has it, and that it has a rate."""
    for route in iter_route_contexts(app.routes):
        needed = [part.call.scope for part in _dependencies(route) if isinstance(part.call, Admission | OrWidget)]
        for method in route.methods or () if needed else ():
            operation = paths[str(route.path_format)][method.lower()]
            operation["x-scope"] = needed[0]
            responses = operation["responses"] | {"429": _problem(429)}
            operation["responses"] = {status: responses[status] for status in sorted(responses)}
            if any(isinstance(part.call, OrWidget) for part in _dependencies(route)):
                operation["parameters"] = [*operation.get("parameters", []), OUTREACH_SESSION]
            operation["description"] += f"\n\nNeeds a key with scope `{needed[0]}`."


def _dependencies(route: Any) -> list[Any]:
    """Return what is asked before the route; a plain one, such as the document's own, asks nothing."""
    found: list[Any] = getattr(getattr(route, "dependant", None), "dependencies", [])
    return found

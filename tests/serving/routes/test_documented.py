import json
from typing import Any

import jsonschema
import pytest

from tests.serving.served import Served, candidate, consent, event

DIALECT = jsonschema.Draft202012Validator


@pytest.fixture
def document(api: Served) -> Any:
    """The OpenAPI document as served."""
    return api.get("/openapi.json", key=None).json()


def operations(document: Any) -> list[tuple[str, str, Any]]:
    """Return every operation with its method and path."""
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def resolved(document: Any, schema: Any) -> Any:
    """Return a validator for a schema within the document."""
    return DIALECT({**schema, "components": document["components"]})


def test_it_is_openapi_3_1(document: Any) -> None:
    """Version and title are there, and the whole can be written as JSON."""
    assert (document["openapi"][:4], document["info"]["title"]) == ("3.1.", "Outreach")


def test_every_endpoint_is_documented(document: Any) -> None:
    """What is served is what is described."""
    actual = sorted((method, path) for method, path, _ in operations(document))

    assert actual == [
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/v1/approvals"),
        ("GET", "/v1/decisions"),
        ("GET", "/v1/decisions/{decision_id}"),
        ("GET", "/v1/users/{user_id}/embargo"),
        ("GET", "/v1/users/{user_id}/preferences"),
        ("GET", "/version"),
        ("POST", "/v1/approvals"),
        ("POST", "/v1/decisions"),
        ("POST", "/v1/decisions/batch"),
        ("POST", "/v1/decisions/{decision_id}/confirm"),
        ("POST", "/v1/events"),
        ("POST", "/v1/outcomes"),
        ("PUT", "/v1/users/{user_id}/preferences"),
    ]


def test_every_reference_leads_somewhere(document: Any) -> None:
    """No `$ref` points to a schema that is not there."""
    text = json.dumps(document)
    wanted = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    missing = wanted - set(document["components"]["schemas"])

    assert missing == set()


def test_every_schema_is_a_schema(document: Any) -> None:
    """Each component is valid JSON Schema 2020-12."""
    for schema in document["components"]["schemas"].values():
        DIALECT.check_schema(schema)

    assert len(document["components"]["schemas"]) > 10


def test_every_closed_path_documents_its_refusals(document: Any) -> None:
    """401, 403, 422 and 503 stand as problem documents wherever a key is needed."""
    wanting = [
        (method, path, status)
        for method, path, operation in operations(document)
        if path.startswith("/v1/")
        for status in ("401", "403", "422", "503")
        if "application/problem+json" not in operation["responses"].get(status, {}).get("content", {})
    ]

    assert wanting == []


def test_every_closed_path_documents_its_key(document: Any) -> None:
    """The bearer scheme is named, and open paths have none."""
    secured = {path.startswith("/v1/"): "security" in operation for _, path, operation in operations(document)}

    assert (secured, document["components"]["securitySchemes"]["HTTPBearer"]["scheme"]) == (
        {True: True, False: False},
        "bearer",
    )


def test_a_real_request_fits_its_schema(document: Any) -> None:
    """What the tests send is what the document asks for."""
    content = document["paths"]["/v1/decisions"]["post"]["requestBody"]["content"]["application/json"]["schema"]

    errors = [error.message for error in resolved(document, content).iter_errors(candidate())]

    assert errors == []


@pytest.mark.parametrize("known", [True, False])
def test_real_answers_fit_their_schemas(api: Served, document: Any, *, known: bool) -> None:
    """A send, a denial and a problem are what the document promises."""
    if known:
        api.post("/v1/events", event())
        consent(api, "u-17")
    responses = document["paths"]["/v1/decisions"]["post"]["responses"]
    good = api.post("/v1/decisions", candidate()).json()
    bad = api.post("/v1/decisions", {}).json()

    errors = [
        *resolved(document, responses["200"]["content"]["application/json"]["schema"]).iter_errors(good),
        *resolved(document, responses["422"]["content"]["application/problem+json"]["schema"]).iter_errors(bad),
    ]

    assert [error.message for error in errors] == []


def test_the_docs_page_loads_nothing_from_elsewhere(api: Served) -> None:
    """Page, script, style and icon come from here; no address of another host is in the page."""
    page = api.get("/docs", key=None).text
    files = {
        name: api.get(f"/docs/{name}", key=None) for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js")
    }

    types = {name: answer.headers["content-type"].split(";")[0] for name, answer in files.items()}
    expected = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "start.js": "text/javascript"}
    assert ("://" in page, types, min(len(answer.content) for answer in files.values()) > 100) == (
        False,
        expected,
        True,
    )


def test_real_confirmations_fit_their_schema(api: Served, document: Any) -> None:
    """A send, and the cancel of a denial, whose word a decision does not have."""
    told = document["paths"]["/v1/decisions/{decision_id}/confirm"]["post"]["responses"]["200"]
    schema = resolved(document, told["content"]["application/json"]["schema"])
    api.post("/v1/events", event())
    names = [api.post("/v1/decisions", candidate()).json()["decision_id"]]
    consent(api, "u-17")
    names.append(api.post("/v1/decisions", candidate()).json()["decision_id"])
    answers = [api.call("POST", f"/v1/decisions/{name}/confirm").json() for name in names]

    errors = [error.message for answer in answers for error in schema.iter_errors(answer)]

    wrong = list(schema.iter_errors(answers[0] | {"action": "deny"}))
    assert ([one["action"] for one in answers], errors, len(wrong)) == (["cancel", "send"], [], 1)

import json
from typing import Any

import jsonschema
import pytest

from serving.access.keys import SCOPES
from serving.policy.reasons import REASONS
from tests.serving.served import Served, candidate, consent, event, token

CLOSED = ("/v1/", "/metrics")
DIALECT = jsonschema.Draft202012Validator
SIGNED = "/v1/adapters/"  # a signature in place of a key


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
    """401, 403, 422, 429 and 503 stand as problem documents wherever a key is needed."""
    wanting = [
        (method, path, status)
        for method, path, operation in operations(document)
        if path.startswith(CLOSED)
        for status in ("401", "403", "422", "429", "503")
        if not (path.startswith(SIGNED) and status == "403")
        if "application/problem+json" not in operation["responses"].get(status, {}).get("content", {})
    ]

    assert wanting == []


def test_every_closed_path_documents_its_key(document: Any) -> None:
    """The bearer scheme is named, or the signature that stands in for it, and open paths have none."""
    secured = {path.startswith(CLOSED): "security" in operation for _, path, operation in operations(document)}

    signed = {
        path for _, path, operation in operations(document) if "security" in operation and path.startswith(SIGNED)
    }
    schemes = document["components"]["securitySchemes"]
    assert (secured, schemes["HTTPBearer"]["scheme"]) == ({True: True, False: False}, "bearer")
    assert {path.removeprefix(SIGNED) for path in signed} == schemes.keys() - {"HTTPBearer"}
    assert schemes["segment"]["name"] == "X-Signature"


def test_every_closed_path_names_the_scope_that_it_demands(api: Served, document: Any) -> None:
    """What the document says is what a key without it is told, and with it is let through; open paths name none."""
    said, told = {}, {}
    for method, path, operation in operations(document):
        said[method, path] = operation.get("x-scope")
        for held in SCOPES:
            answer = api.call(method, path, key=token(held), json={} if method != "GET" else None)
            if answer.status_code == 403:
                demanded = answer.headers["www-authenticate"].split('scope="')[1].rstrip('"')
                assert (demanded == held, told.setdefault((method, path), demanded)) == (False, demanded)
    without = {name: None for name in said if not name[1].startswith(CLOSED) or name[1].startswith(SIGNED)}
    assert said == told | without


def test_the_scope_can_be_read_as_well(document: Any) -> None:
    """The page of the documentation shows descriptions, not extensions."""
    wanting = [
        (method, path)
        for method, path, operation in operations(document)
        if "x-scope" in operation
        and not operation["description"].endswith(f"Needs a key with scope `{operation['x-scope']}`.")
    ]
    assert wanting == []


def test_a_reason_is_one_of_the_catalogue(document: Any) -> None:
    """Whoever generates a client gets the codes, in their order."""
    schemas = document["components"]["schemas"]
    actual = [
        schemas["ReasonAnswer"]["properties"]["code"]["enum"],
        schemas["AgentAnswer"]["properties"]["reasons"]["items"]["enum"],
        schemas["VerdictAnswer"]["properties"]["code"]["enum"],
    ]
    assert actual == [list(REASONS)] * 3


def test_real_records_fit_their_schema_and_hold_nothing_undeclared(api: Served, document: Any) -> None:
    """One record and a page: sent, confirmed and reported on, refused, held."""
    api.post("/v1/events", event())
    names = [api.post("/v1/decisions", candidate(purpose="survey")).json()["decision_id"]]
    consent(api, "u-17")
    names += [api.post("/v1/decisions", candidate()).json()["decision_id"] for _ in range(2)]
    api.call("POST", f"/v1/decisions/{names[1]}/confirm")
    api.post("/v1/outcomes", {"decision_id": names[1], "kind": "engaged", "time": "2026-11-20T11:30:00Z"})
    one, page = (
        resolved(document, document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"])
        for path in ("/v1/decisions/{decision_id}", "/v1/decisions")
    )
    records = [api.get(f"/v1/decisions/{name}").json() for name in names]
    listed = api.get("/v1/decisions").json()
    errors = [error.message for record in records for error in one.iter_errors(record)]
    errors += [error.message for error in page.iter_errors(listed)]
    declared = document["components"]["schemas"]["RecordAnswer"]["properties"]
    followed = [(len(record["confirmations"]), len(record["outcomes"])) for record in records]
    assert (errors, [list(record) for record in records], followed[1]) == ([], [list(declared)] * 3, (1, 1))


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

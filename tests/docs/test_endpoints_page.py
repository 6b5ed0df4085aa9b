"""docs/endpoints.md: each path once, in the order of the OpenAPI document, with its scope and status codes."""

import re
from typing import Any

from fastapi.routing import iter_route_contexts

from tests.docs.pages import page
from tests.serving.served import Served, app_of

PAGE = page("docs/endpoints.md")
ROW = re.compile(r"^\| `([A-Z]+) (/\S*)` \| (?:`(\w+)`|(a signature|open)) \| ([\d ]+) \| (.+) \|$", re.MULTILINE)
ASIDE = re.compile(r"^\| `(/[\w.]+)` \| .+ \| .+ \|$", re.MULTILINE)
SCOPED, BODY = {401, 403, 422, 429, 503}, {413, 415}
Row = tuple[str, str, str, set[int]]


def listed() -> list[Row]:
    """Return the rows of the page, with the codes that it says of all of a kind."""
    return [
        (method, path, scope or other, {*map(int, codes.split())} | common(method, scope, other))
        for method, path, scope, other, codes, _ in ROW.findall(PAGE)
    ]


def common(method: str, scope: str, other: str) -> set[int]:
    """Return the codes that the page gives to every path with this scope and method."""
    refused = SCOPED if scope else SCOPED - {403} if other == "a signature" else set()
    return refused | BODY if refused and method != "GET" else refused


def served(document: Any) -> list[Row]:
    """Return what the document says of each operation."""
    return [
        (method.upper(), path, scope_of(operation), {*map(int, operation["responses"])})
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def scope_of(operation: Any) -> str:
    """Return the scope of an operation, or what stands in its place."""
    return str(operation.get("x-scope") or ("a signature" if "security" in operation else "open"))


def bare(path: str) -> str:
    """Return the path of a route as the document writes it, without what its parameters may look like."""
    return re.sub(r":\w+}", "}", path)


def test_every_endpoint_is_documented() -> None:
    """Both ways: method, path, scope and status codes; none is left out, and none is invented."""
    with Served(app_of()) as api:
        assert listed() == served(api.get("/openapi.json", key=None).json())


def test_every_route_is_an_endpoint_of_the_page() -> None:
    """What is served and not in the document lies below a page of the second table."""
    routes = [each.original_route for each in iter_route_contexts(app_of().routes)]
    described = {(method, path) for method, path, _, _ in listed()}
    found: Any = {(method, bare(each.path), each.include_in_schema) for each in routes for method in each.methods}
    beside = {"/" + path.split("/")[1] for method, path, told in found if not told and method in ("GET", "POST")}
    assert {(method, path) for method, path, told in found if told} == described
    assert beside == set(ASIDE.findall(PAGE))

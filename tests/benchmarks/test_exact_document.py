"""Schemathesis over the whole OpenAPI document; `benchmarks/exact_document.py` is the long run of the same."""

from typing import Any

import pytest

from benchmarks.exact_document import Found, found_of
from serving.routes import documented
from serving.schemas.answers import VersionAnswer

EXAMPLES = 5  # of what fits and of what does not, for every operation


def test_every_answer_is_as_the_document_says() -> None:
    """No server error, and no status, media type, header or body that the document does not name."""
    found = found_of(EXAMPLES, seed=20261122)

    wrong = {kind: found.examples[kind] for kind in found.differs}
    errors = [asked for asked in found.statuses if asked[1] >= 500]
    assert (wrong, errors, found.statuses.total() > 150) == ({}, [], True)


def test_a_document_that_says_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: an answer that lacks what is promised, and a status that nobody named."""
    real = documented.openapi_of

    def wrong(app: Any, signatures: Any) -> dict[str, Any]:
        document = real(app, signatures)
        document["paths"] = {path: document["paths"][path] for path in ("/version", "/v1/triggers")}
        document["paths"]["/v1/triggers"]["get"]["responses"].pop("401")
        document["components"]["schemas"][VersionAnswer.__name__]["required"] = ["what nobody gives"]
        return document

    monkeypatch.setattr("serving.app.openapi_of", wrong)
    found: Found = found_of(EXAMPLES, seed=1)

    assert {label for label, _ in found.differs} == {"GET /version", "GET /v1/triggers"}

"""Spans by FastAPI's own switch: one for each request, and nothing in them that was sent."""

import json
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from model.errors import InvalidInput
from serving.app import create_app
from serving.server import tracing
from serving.settings import Settings
from tests.serving.served import Served, app_of, candidate, event

CANARY = "canary7391"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Keep what would be exported, and let nothing in the environment export anything."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    kept, made = InMemorySpanExporter(), tracing.tracer_provider()
    made.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "tracer_provider", lambda: made)
    yield kept
    made.shutdown()


def test_each_request_has_its_span(spans: InMemorySpanExporter) -> None:
    """Named by method and route, with its status; who was traced before is followed."""
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    with Served(app_of(settings=Settings(telemetry=True))) as api:
        api.post("/v1/events", event(), headers=headers)
        api.get("/v1/decisions/d-1")
    found = [one for one in spans.get_finished_spans() if one.kind.name == "SERVER"]
    told = [(one.name, dict(one.attributes or {})["http.response.status_code"]) for one in found]
    assert told == [("POST /v1/events", 202), ("GET /v1/decisions/{decision_id}", 404)]
    assert f"{found[0].context.trace_id:032x}" == TRACE


def test_nothing_that_was_sent_is_in_a_span(spans: InMemorySpanExporter) -> None:
    """Path, query, host, method, headers, bodies, errors: of none a word."""
    said = {"host": f"{CANARY}.example", "user-agent": CANARY, "tracestate": f"{CANARY}=1", "baggage": f"a={CANARY}"}
    said |= {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    with Served(app_of(settings=Settings(telemetry=True))) as api:
        api.get(f"/v1/decisions/{CANARY}?{CANARY}={CANARY}", headers=said)
        api.get(f"/{CANARY}", headers=said)
        api.call(CANARY.upper(), "/v1/decisions", headers=said)
        api.post("/v1/decisions", candidate(CANARY, purpose=CANARY) | {CANARY: CANARY}, headers=said)
        api.post("/v1/decisions", candidate(CANARY, user=CANARY), headers=said)
    written = [one.to_json() for one in spans.get_finished_spans()]
    assert len(written) >= 5
    assert CANARY not in json.dumps(written).lower()


def test_when_it_is_off_nothing_is_made_and_the_short_way_is_open(spans: InMemorySpanExporter) -> None:
    """The default: no span, no detour; on, every request takes the long way."""
    quiet, traced = app_of(), app_of(settings=Settings(telemetry=True))
    with Served(quiet) as api:
        api.post("/v1/events", event())
    assert spans.get_finished_spans() == ()
    assert (quiet.direct is None, traced.direct is None) == (False, True)  # type: ignore[attr-defined]


def test_without_the_extra_the_next_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of the settings, before anything listens."""
    monkeypatch.setattr(tracing, "NEEDED", ("opentelemetry.no_such_part",))
    with pytest.raises(InvalidInput, match=r"outreach\[telemetry\]"):
        create_app(Settings(telemetry=True))

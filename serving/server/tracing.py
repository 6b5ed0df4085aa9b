"""OpenTelemetry, by FastAPI's own switch: a span for each request, without anything that a sender wrote.

Where the spans go, how many of them, and under which name, is said by OpenTelemetry's own variables
(`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` …). FastAPI writes path, query, host and
method as they came: they are replaced when a span begins, and the route's template stands in `http.route`. Its metrics
are left to `GET /metrics`, and its log, which repeats messages of exceptions, is left out.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from fastapi.telemetry import TelemetryConfig

from model.errors import InvalidInput

if TYPE_CHECKING:  # the SDK is an extra
    from opentelemetry.sdk.trace import TracerProvider

QUIET: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
NEEDED: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
UNSAID: Final = "unsaid"
WRITTEN: Final = ("url.path", "url.query", "http.request.method_original", "server.address")
DROPPED: Final = frozenset({b"tracestate", b"baggage"})  # headers that travel on with a span, whatever they say


def telemetry_of(*, wanted: bool) -> TelemetryConfig:
    """Return what FastAPI is told.

    Raises:
        InvalidInput: it is wanted, and what it needs is not installed.
    """
    if not wanted:
        return QUIET
    if any(not _is_there(name) for name in NEEDED):
        raise InvalidInput(
            "setting `telemetry` is `true`, and OpenTelemetry is not installed; "
            'run `pip install "outreach[telemetry]"`, or leave it `false`'
        )
    return QUIET | {
        "tracing": True,
        "operation_spans": True,
        "auto_configure": True,
        "tracer_provider": tracer_provider(),
    }


def tracer_provider() -> "TracerProvider":
    """Return what makes spans of this process, each without what a sender wrote."""
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415  (an extra)

    class Unsaying(SpanProcessor):
        """Replaces what was written by a sender, as soon as a span begins."""

        def on_start(self, span: Any, parent_context: Any = None) -> None:
            """Replace it in this span."""
            del parent_context
            span.set_attributes({name: UNSAID for name in WRITTEN if name in (span.attributes or {})})
            if "server.port" in (span.attributes or {}):
                span.set_attribute("server.port", 0)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Unsaying())
    return provider


def without_words(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without the headers whose words would travel on; `traceparent` stays, which is but numbers."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in DROPPED]}


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False

"""The composition root: settings, policy, scorer, ledger and clock become one application (HOUSE section 3).

Nothing is read at import. `create_app` reads the policy and the artefact; the ledger is opened by the decide loop, on
its own thread, when the first request needs it, and again after it failed (never created again then).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.pace import Pace
from serving.access.shared_secrets import CHOSEN, HS256, Form, secrets_of
from serving.clock.steady import SteadyClock
from serving.clock.vouching import Vouching
from serving.console import console
from serving.ledger import LedgerFile
from serving.ledger.opening import is_in_memory
from serving.ledger.reading import Reading
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider, about_of
from serving.loop.group_writing import Job
from serving.loop.happening import Happenings
from serving.loop.heartbeat import Heartbeat
from serving.loop.loop import DecideLoop
from serving.loop.retaining import Retaining
from serving.loop.timekeeper import Timekeeper
from serving.metrics.metrics import Metrics
from serving.metrics.reporting import Reporting
from serving.models.in_use import InUse
from serving.models.start import Models, models_of
from serving.policy_files.templates import load_policy, shipped_digests
from serving.policy_files.triggers import load_triggers
from serving.ports import Clock, Ledger, Scorer
from serving.routes import (
    adapters,
    analytics,
    approvals,
    confirm,
    cors,
    decisions,
    docs,
    events,
    health,
    metrics,
    offers,
    outcomes,
    records,
    script,
    triggers,
    users,
)
from serving.routes.api import Api
from serving.routes.counted import Counted
from serving.routes.direct import Direct
from serving.routes.documented import openapi_of
from serving.routes.edge import BODY_LIMIT, Edge
from serving.routes.handlers import say_problems
from serving.routes.keyring import Keyring
from serving.routes.visits import verifying
from serving.schemas.answers import confirmation_bytes, decision_bytes, offered_bytes
from serving.scorer import ArtefactScorer
from serving.server.tracing import telemetry_of, without_words
from serving.settings import Settings
from serving.system import boot, elapsed, new_id, new_salt, now
from serving.triggers.engine import Triggers

if TYPE_CHECKING:  # it loads an HTTP client: see `_webhooks`
    from serving.adapters.webhooks import Webhooks

ABOUT = (
    "Decides whether a company should contact a customer first: two questions, both answers, all reasons. "
    "Every refusal is a problem document (RFC 9457)."
)


class Application(FastAPI):
    """FastAPI within `Edge`, so that no answer leaves without what that adds.

    Our own connections ask `direct` before either; where it is None, or is not asked, all go the long way.
    """

    direct: Direct | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Answer one request: two layers of FastAPI's, without telemetry, do nothing for it but what these lines do."""
        if scope["type"] != "http":
            return super().__call__(scope, receive, send)
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        return self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the edge around everything of FastAPI's, its own error handling and body limit included; and count."""
        return Counted(Edge(super().build_middleware_stack()), self.state.api.metrics)

    def openapi(self) -> dict[str, object]:
        """Return the OpenAPI 3.1 document, with the bodies that our own reader reads."""
        return openapi_of(self, adapters.SCHEMES)


class Traced(Application):
    """The same where each request has its span: all go the long way, without the words that would travel on with it."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Answer one request, through the layers in which FastAPI makes spans."""
        said = without_words(scope) if scope["type"] == "http" else scope
        return FastAPI.__call__(self, said, receive, send)


def create_app(  # noqa: PLR0913  (the composition root: each argument is one part of the whole)
    settings: Settings,
    *,
    scorer: Scorer | None = None,
    shadow: Scorer | None = None,
    ledger: Ledger | None = None,
    clock: Clock | None = None,
    create: bool = True,
    figures: Path | None = None,
) -> FastAPI:
    """Compose the API; what is passed is used, the rest is made from the settings.

    A missing or invalid artefact leaves the API degraded: only essential service goes out. A `shadow` is asked about
    the same occasions, for the record alone; where it cannot be loaded the log says so. Without `create` the ledger
    file must exist when it is first needed. A `clock` that is passed is the caller's to drive. In `figures` several
    workers leave what they counted, for each other.

    Raises:
        InvalidInput: the policy folder or a setting is wrong.
    """
    ticks = clock is None
    clock = clock or SteadyClock(now, elapsed)
    vouching = Vouching(clock, boot()) if isinstance(clock, SteadyClock) else None
    opening = _opener(settings, ledger, clock, vouching, create=create)
    in_use = InUse(scorer=scorer, shadow=shadow)
    counting = Metrics(in_use)
    models = models_of(settings, in_use, clock=clock, told=counting.changed)
    reading = Reading(settings.ledger) if ledger is None and not is_in_memory(settings.ledger) else None
    api = _compose(
        settings, models, opening, clock, vouching, counting=counting, reading=reading, ticks=ticks, figures=figures
    )
    app = (Traced if settings.telemetry else Application)(
        title="Outreach",
        version=_version(),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        max_body_size=BODY_LIMIT,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry=telemetry_of(wanted=settings.telemetry),
    )
    app.state.api = api
    if not settings.telemetry:
        app.direct = Direct(api)
    app.router.routes.extend(route for router in _routers() for route in router.routes)
    say_problems(app)
    return app


@cache
def _version() -> str:
    """Return what is installed, whose whole description is parsed for it."""
    return version("outreach")


def _routers() -> tuple[APIRouter, ...]:
    """Return all routes, in the order of the document; those of the last need no key of the API.

    They stand in the application as they are: `include_router` would build each a second time at the first request.
    """
    return (
        decisions.router,
        confirm.router,
        records.router,
        events.router,
        offers.router,
        triggers.router,
        outcomes.router,
        analytics.router,
        users.users_router(),
        approvals.router,
        cors.router,
        adapters.router,
        metrics.router,
        health.router,
        docs.router,
        script.router,
        *console.routers(),
    )


def _compose(  # noqa: PLR0913  (as above)
    settings: Settings,
    models: Models,
    opening: Callable[[], Ledger],
    clock: Clock,
    vouching: Vouching | None,
    *,
    counting: Metrics,
    reading: Reading | None,
    ticks: bool,
    figures: Path | None,
) -> Api:
    policy = load_policy(settings.policy, settings.limits)
    decider = Decider(
        policy=policy,
        models=models.in_use,
        shares=settings.shares,
        clock=clock,
        new_id=new_id,
        encode=decision_bytes,
    )
    confirmer = Confirmer(
        policy=policy,
        models=models.in_use,
        shares=settings.shares,
        clock=clock,
        encode=confirmation_bytes,
    )
    matcher = Triggers()
    if settings.policy is not None or settings.shipped_triggers:
        matcher = load_triggers(settings.policy, policy.templates)
    happenings = Happenings(matcher=matcher, decider=decider, clock=clock, offering=offered_bytes)
    pace = Pace(settings.requests_per_second, clock=monotonic)
    loop = DecideLoop(opening, decider.answer, about=about_of, between=models.changes, watch=counting)
    heartbeat = Heartbeat(loop, clock)
    return Api(
        settings=settings,
        clock=clock,
        policy=policy,
        models=models.in_use,
        changes=models.changes,
        watch=models.watch,
        loop=loop,
        keyring=Keyring(loop, clock),
        reading=reading,
        verify=verifying(_secrets(settings.widget_secret, HS256)),
        secrets={one.name: _secrets(getattr(settings, one.setting), CHOSEN) for one in adapters.PLATFORMS},
        once=adapters.HEADERS,
        pace=pace,
        heartbeat=heartbeat,
        confirmer=confirmer,
        happenings=happenings,
        timekeeper=Timekeeper(
            loop,
            confirmer,
            clock,
            offering=offered_bytes,
            deciding=happenings.decide_waiting,
            retaining=_retaining(settings, clock, vouching),
        ),
        metrics=counting,
        reporting=Reporting(
            metrics=counting,
            loop=loop,
            heartbeat=heartbeat,
            models=models.in_use,
            matcher=matcher,
            pace=pace,
            shares=settings.shares,
            clock=clock,
            versions=(_version(), policy.version),
            figures=figures,
        ),
        webhooks=_webhooks(settings, loop, clock, confirmer),
        ticks=ticks,
        vouching=vouching if figures is None else None,
    )


def _secrets(setting: str | None, form: Form) -> tuple[bytes, ...]:
    return () if setting is None else secrets_of(setting, form)


def _webhooks(settings: Settings, loop: DecideLoop[Any, Any], clock: Clock, confirmer: Confirmer) -> "Webhooks | None":
    """Return what delivers offers, where there is an address; only then is its HTTP client loaded."""
    if settings.webhook_url is None:
        return None
    from serving.adapters.webhooks import Webhooks  # noqa: PLC0415  (a sixth of the start, and 10 MB)

    return Webhooks(loop, settings, clock, confirmer=confirmer)


def _opener(
    settings: Settings, ledger: Ledger | None, clock: Clock, vouching: Vouching | None, *, create: bool
) -> Callable[[], Ledger]:
    """Return what opens the ledger, once and again; one that it creates gets a salt, and the shipped templates."""
    if ledger is not None:
        return lambda: ledger
    return LedgerFile(
        settings.ledger,
        now=clock(),
        new_salt=new_salt,
        shipped=shipped_digests(),
        create=create,
        opened=(lambda _: None) if vouching is None else vouching.opened,
    )


def _retaining(settings: Settings, clock: Clock, vouching: Vouching | None) -> Job[int]:
    keep = None if settings.retention_days is None else timedelta(days=settings.retention_days)
    if vouching is None:
        return Retaining(clock, keep)
    return vouching.before(Retaining(clock, keep, calm=vouching.calm))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    api: Api = app.state.api
    await api.start()
    for scorer in (api.models.scorer, api.models.shadow):
        if isinstance(scorer, ArtefactScorer):
            scorer.hasten()
    try:
        yield
    finally:
        await api.stop()

"""`/console`: what was sent and what was not, whether customers are better off for it, and what needs a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from serving.console.complaints import causes_lately
from serving.console.effect_figures import effects
from serving.console.frame import Views, console_router, page, part, read
from serving.console.periods import PERIODS, period_named
from serving.console.standing_lines import standing_lines
from serving.console.today_figures import funnel
from serving.console.worth_reading import annoyed, campaign, story
from serving.people.awaiting import APPROVED, awaiting
from serving.people.looking import Looking
from serving.policy.policy import Policy
from serving.routes.api import api_of
from serving.routes.reading import remembered_beside

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """So many things of one kind wait for a person, and where."""

    count: int
    one: str
    many: str
    path: str

    @property
    def words(self) -> str:
        """Say what waits, one or several."""
        return self.one if self.count == 1 else self.many


@router.get("/console")
async def today(request: Request, viewer: Views, period: str | None = None) -> Response:
    """Show how it goes."""
    api = api_of(request)
    now, chosen = api.clock(), period_named(period)

    def look(looking: Looking) -> dict[str, Any]:
        return {
            "counted": funnel(looking, chosen, now),
            "lines": standing_lines(looking, api.models, api.settings.shares, api.policy, now),
            "waits": _waits(looking, api.policy, now),
        }

    found = await read(request, look)
    return await page(
        request, viewer, "today.html.j2", title="Today", here="today", period=chosen, periods=PERIODS, **found
    )


@router.get("/console/today/effect")
async def effect(request: Request, viewer: Views) -> Response:
    """Show what writing changed."""
    api = api_of(request)
    now = api.clock()
    found = await remembered_beside(request, "effect", now, lambda looking: effects(looking, api.models, now))
    return await part(
        request, viewer, "today_effect.html.j2", title="What writing changed", here="today", effects=found
    )


@router.get("/console/today/reading")
async def reading(request: Request, viewer: Views) -> Response:
    """Show what is worth reading; who said thank you is looked up each time, as nobody who was erased is named."""
    now = api_of(request).clock()
    causes = await causes_lately(request, now)
    pointers = [
        *await read(request, story),
        *await remembered_beside(request, "campaign", now, lambda looking: campaign(looking, now)),
        *annoyed(causes),
    ]
    return await part(request, viewer, "today_reading.html.j2", title="Worth reading", here="today", pointers=pointers)


def _waits(looking: Looking, policy: Policy, now: datetime) -> list[Waits]:
    """Return what waits for a person, the most urgent first."""
    found = awaiting(looking, policy, now)
    tripped = any(trip.released_at is None for trip in looking.trips())
    changed = sum(one.state != APPROVED for one in found.templates)
    approvals, messages = "/console/approvals", "/console/templates"
    each = (
        Waits(count=int(tripped), one="kill switch that fell waits for its release", many="", path=approvals),
        Waits(
            count=len(found.breakers),
            one="message is held back, since it went out unusually often",
            many="messages are held back, since they went out unusually often",
            path=approvals,
        ),
        Waits(
            count=len(found.texts),
            one="free text waits for approval",
            many="free texts wait for approval",
            path=approvals,
        ),
        Waits(
            count=changed,
            one="message is not approved as it reads now",
            many="messages are not approved as they read now",
            path=messages,
        ),
    )
    return [one for one in each if one.count]

"""`/console/model`: the model in charge: what it may do, on what evidence, and what its challenger says."""

from typing import Any, Final

from fastapi import Request, Response

from serving.console.frame import Views, console_router, page, part, read
from serving.metrics.states import Reading
from serving.model_card.card import card_of
from serving.model_card.moved import moved_of
from serving.model_card.status import left, status_of
from serving.people.challenger import rivals_of
from serving.routes.api import api_of
from serving.scorer import ArtefactScorer

NEWEST: Final = 2_000  # decisions that are looked through for what a challenger said
router = console_router()


@router.get("/console/model")
async def model(request: Request, viewer: Views) -> Response:
    """Show the card of the model in charge, or what it means that there is none."""
    api = api_of(request)
    now, scorer = api.clock(), api.models.scorer
    standing, card = await read(
        request,
        lambda looking: (looking.seen(now), card_of(scorer) if isinstance(scorer, ArtefactScorer) else None),
    )
    readings: list[Reading] = await api.reporting.drift()
    return await page(
        request,
        viewer,
        "model.html.j2",
        title="Model",
        here="model",
        status_line=status_of(api.models, standing, api.settings.shares, now),
        scorer=scorer,
        card=card,
        remaining=left(card.expires - now) if card is not None and card.expires is not None else None,
        moved=moved_of(readings),
        shadow=api.models.shadow,
    )


@router.get("/console/model/challenger")
async def challenger(request: Request, viewer: Views) -> Response:
    """Show what the model in charge and its challenger said of the same occasions."""
    rivals = await read(request, lambda looking: rivals_of(looking.challenged(newest=NEWEST)))
    values: dict[str, Any] = {"rivals": rivals, "newest": NEWEST}
    return await part(request, viewer, "challenger.html.j2", title="Model and challenger", here="model", **values)

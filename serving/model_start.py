"""The models that a process starts with, and whoever looks after them from then on."""

import logging
from dataclasses import dataclass

from model.errors import OutreachError
from serving.changing import Changes, Role
from serving.in_use import InUse
from serving.model_watch import Folder, ModelWatch, Watching
from serving.ports import Clock, Scorer
from serving.settings import Settings

NO_MODEL = "no model is configured: only essential service goes out"
REGISTERED = "models:/"
NOT_FETCHED = "the model was not fetched from the registry: only essential service goes out"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What answers, how it changes, and who looks whether it should."""

    in_use: InUse
    changes: Changes
    watch: ModelWatch


def models_of(settings: Settings, *, scorer: Scorer | None, shadow: Scorer | None, clock: Clock) -> Models:
    """Load what the settings name, where nothing is passed; only what they name is watched.

    A model that is missing or invalid leaves the API degraded, a challenger that is, without one.
    """
    in_use = InUse(scorer=scorer, shadow=shadow)
    changes = Changes(in_use, shares=settings.shares, clock=clock)
    watching = []
    if scorer is None:
        in_use.degraded = NO_MODEL
        if settings.model is not None:
            watching += _model(settings, changes)
    if shadow is None and settings.shadow is not None:
        watching += _shadow(settings, changes)
    return Models(in_use=in_use, changes=changes, watch=ModelWatch(watching, seconds=settings.poll_seconds))


def _model(settings: Settings, changes: Changes) -> list[Watching]:
    """Put the model in charge in, or why there is none: the log says it in full, the answer repeats no path."""
    models, named = changes.models, str(settings.model)
    watching = _watching("model", named, settings.model_version, changes)
    if watching is None:
        models.degraded = NOT_FETCHED
        return []
    try:
        models.scorer, models.degraded = watching.first(), None
    except (OutreachError, OSError) as error:
        log.warning("model `%s` is not used: %s; only essential service goes out", named, _said(error))
        why = f"the artefact failed verification ({type(error).__name__})"
        models.degraded = f"{why}: only essential service goes out"
    return [watching]


def _shadow(settings: Settings, changes: Changes) -> list[Watching]:
    """Put the challenger in; one that cannot be loaded is said in the log, and left out."""
    named = str(settings.shadow)
    watching = _watching("shadow", named, settings.shadow_version, changes)
    if watching is None:
        return []
    try:
        changes.models.shadow = watching.first()
    except (OutreachError, OSError) as error:
        log.warning("shadow `%s` is not used: %s; decisions are made as without it", named, _said(error))
    return [watching]


def _watching(role: Role, named: str, version: str | None, changes: Changes) -> Watching | None:
    """Return who looks after a folder; what a registry names was not fetched, and whoever tried has said so."""
    if named.startswith(REGISTERED):
        return None
    return Watching(role, Folder(named, version), changes)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())

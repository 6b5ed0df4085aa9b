"""The models that a process starts with, and whoever looks after them from then on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from model.errors import OutreachError, Unavailable, one_line
from model.uri import is_registered
from serving.models.changing import Change, Changes
from serving.models.in_use import InUse
from serving.models.pulled import Pulled
from serving.models.watch import Folder, ModelWatch, Place, Watching
from serving.ports import Clock
from serving.settings import Settings

NO_MODEL = "no model is configured: only essential service goes out"
NOT_PULLED = "the model was not pulled from the registry yet: only essential service goes out"
POINTER_SECONDS = 1.0  # between two looks at the pointers that the child of `serve` moves
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What answers, how it changes, and who looks whether it should."""

    in_use: InUse
    changes: Changes
    watch: ModelWatch


def models_of(settings: Settings, in_use: InUse, *, clock: Clock, told: Callable[[Change], None]) -> Models:
    """Load what the settings name, where nothing is in use; only what they name is watched, and `told` hears of it.

    A model that is missing or invalid leaves the API degraded, a challenger that is, without one.
    """
    changes = Changes(in_use, shares=settings.shares, clock=clock, told=told)
    watched = []
    missing = in_use.scorer is None
    if missing:
        in_use.degraded = NO_MODEL
    if missing and settings.model is not None:
        watching = Watching("model", place_of(settings.model, settings), changes)
        _model(settings.model, watching, in_use)
        watched.append((settings.model, watching))
    if in_use.shadow is None and settings.shadow is not None:
        watching = Watching("shadow", place_of(settings.shadow, settings), changes)
        _shadow(settings.shadow, watching, in_use)
        watched.append((settings.shadow, watching))
    return Models(in_use=in_use, changes=changes, watch=_watch(watched, settings.poll_seconds))


def _model(named: str, watching: Watching, models: InUse) -> None:
    """Put the model in charge in, or why there is none: the log says it in full, the answer repeats no path."""
    try:
        models.scorer, models.degraded = watching.first(), None
    except (OutreachError, OSError) as error:
        log.warning("model `%s` is not used: %s; only essential service goes out", named, one_line(error))
        why = f"the artefact failed verification ({type(error).__name__}): only essential service goes out"
        models.degraded = NOT_PULLED if isinstance(error, Unavailable) else why


def _shadow(named: str, watching: Watching, models: InUse) -> None:
    """Put the challenger in; one that cannot be loaded is said in the log, and left out."""
    try:
        models.shadow = watching.first()
    except (OutreachError, OSError) as error:
        log.warning("shadow `%s` is not used: %s; decisions are made as without it", named, one_line(error))


def place_of(named: str, settings: Settings) -> Place:
    """Return the folder that is named, or wherever the pointer leads that the child of `serve` moves."""
    return Pulled(named, settings.tracking_uri) if is_registered(named) else Folder(named)


def _watch(watched: list[tuple[str, Watching]], poll_seconds: int) -> ModelWatch:
    """Look at folders every `poll_seconds`, and where a registry names one, at all of them as often as at a pointer.

    Without polling no folder is looked at again, and a pointer until its child has done its one pull, and after.
    """
    pulled = any(is_registered(named) for named, _ in watched)
    every = [one for named, one in watched if poll_seconds or is_registered(named)]
    return ModelWatch(every, seconds=POINTER_SECONDS if pulled else poll_seconds)

"""Whether the model in charge may send anything now: one line for the first page and for its own, the worst first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from model.certifying.words import day
from model.contracts import Shares
from model.in_words.numbers import counted
from serving.models.in_use import InUse
from serving.models.withheld import lacking
from serving.ports import Scorer
from serving.standing import Standing

Level = Literal["good", "warn", "bad"]
SOON: Final = timedelta(days=14)  # an expiry within it is worth a warning: learning and certifying takes days
ESSENTIAL: Final = "Essential service goes out as before; of everything else nothing is sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the model stands: `title` names it, `words` say what it means, `next` what to do (empty: nothing)."""

    level: Level
    title: str
    words: str
    next: str = ""


def status_of(models: InUse, standing: Standing, shares: Shares, now: datetime) -> Status:
    """Return how the model in charge stands at `now`, what stops everything before what stops the model alone."""
    stopped = _stopped(standing)
    if stopped is not None:
        return stopped
    if models.scorer is None:
        return _none(models, standing)
    why = lacking(models.scorer, shares, now)
    if why:
        words = f"{_sentence(why)} {_without(standing)}"
        return Status(level="bad", title="The model in charge may send nothing", words=words, next=_mend(why))
    return _permitted(models.scorer, now)


def _stopped(standing: Standing) -> Status | None:
    """Say what keeps everything back, whatever the model says."""
    if standing.trip is not None:
        words = f"The kill switch fell on {day(standing.trip.at)}: {standing.trip.detail}. {ESSENTIAL}"
        return Status(
            level="bad",
            title="Stopped by the monitor",
            words=words,
            next="Find out what annoyed customers; then a named person releases it on the page “Approvals”.",
        )
    if standing.silent_since is not None:
        words = (
            f"No outcome has been reported since {day(standing.silent_since)}, so nobody would see harm. {ESSENTIAL}"
        )
        return Status(
            level="bad",
            title="Stopped: no outcomes are reported",
            words=words,
            next="Have your chat platform report what became of messages; it goes on by itself then.",
        )
    return None


def _none(models: InUse, standing: Standing) -> Status:
    why = "" if models.degraded is None else f" The reason given: {models.degraded.rstrip('.')}."
    return Status(
        level="bad",
        title="No model is in charge",
        words=f"Nobody can say which customers would thank you.{why} {_without(standing)}",
        next="Learn a model from your history and have a named person promote it, or start an experiment.",
    )


def _without(standing: Standing) -> str:
    """Say what goes out without a certificate: essential service, and what an experiment draws."""
    running = standing.experiment
    if running is None:
        return ESSENTIAL
    left = counted(running.remaining, "contact")
    return f"Essential service goes out as before, and an experiment that {running.by} started may send {left} more."


def _mend(why: str) -> str:
    """Say what to do about what a certificate lacks."""
    if "expired" in why:
        return "Learn and certify again from what was recorded since."
    if "shares" in why:
        return "Set `shares` to those of the certificate, or certify again for the ones you want."
    return "See below why there is none; then learn and certify again, or start an experiment."


def _permitted(scorer: Scorer, now: datetime) -> Status:
    """Say until when it may send, and warn before that ends."""
    ends = getattr(scorer, "expires_at", None)
    if not isinstance(ends, datetime):
        return Status(level="good", title="In charge and certified", words="Its certificate has no end.")
    words = f"Its certificate holds until {day(ends)}: {left(ends - now)} left."
    if ends - now <= SOON:
        return Status(
            level="warn",
            title="In charge, and its certificate ends soon",
            words=f"{words} After that only essential service is sent.",
            next="Learn and certify again before then.",
        )
    return Status(level="good", title="In charge and certified", words=words)


def left(span: timedelta) -> str:
    """Write how long is left: whole days, below two days whole hours, below two hours minutes; never below 0.

    Example:
        >>> left(timedelta(days=89, hours=5)), left(timedelta(hours=30)), left(timedelta(seconds=-1))
        ('89 days', '30 hours', '0 minutes')
    """
    minutes = max(0, span // timedelta(minutes=1))
    if minutes >= 2 * 24 * 60:
        return counted(minutes // (24 * 60), "day")
    return counted(minutes // 60, "hour") if minutes >= 2 * 60 else counted(minutes, "minute")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

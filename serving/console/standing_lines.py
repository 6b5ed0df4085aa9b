"""How things stand, one line each, the worst first: the model, the monitor, breakers, limits, the experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from model.contracts import Shares
from model.monitor.detector import COMPLAINT, WINDOW_DAYS, Counts, Signal, Watch, counting, signals
from model.monitor.words import progress
from serving.in_words.figures import day, minute, number, per_thousand, percent, without_id
from serving.in_words.limits import difference_in_words
from serving.model_card.status import Level, status_of
from serving.models.in_use import InUse
from serving.people.looking import Looking
from serving.policy.policy import Policy
from serving.policy.tightening import in_force
from serving.standing import Breaker, Experiment, Standing

FIRST: Final = ("bad", "warn")
LEVELS: Final = {"bad": "stopped", "warn": "look here", "good": "in order", "other": "watched"}
NEAR: Final = 0.5  # of the evidence that stops everything: worth a look
DAY_SECONDS: Final = 86_400
HARMS: Final = {True: "Complaints that writing causes", False: "Opt-outs and complaints about a message"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what it is about, what is so, what to do where something is to be done, and where.

    `other` is neither in order nor in need of anybody: a harm above its limit that chance alone could explain.
    """

    level: Level | Literal["other"]
    about: str
    said: str
    next: str
    path: str
    path_words: str

    @property
    def word(self) -> str:
        """The level in a word: colours alone say nothing."""
        return LEVELS[self.level]


def standing_lines(looking: Looking, models: InUse, shares: Shares, policy: Policy, now: datetime) -> list[Line]:
    """Return every line, the worst first."""
    standing = looking.seen(now)
    lines = [
        _of_model(models, standing, shares, now),
        *_of_watch(looking.watched(), models, standing, now),
        _of_breakers([each for each in looking.breakers(released=0) if each.released_at is None]),
        _of_limits(looking, policy),
        _of_experiment(standing.experiment),
    ]
    order = {level: place for place, level in enumerate(FIRST)}
    return sorted((each for each in lines if each is not None), key=lambda each: order.get(each.level, len(FIRST)))


def _of_model(models: InUse, standing: Standing, shares: Shares, now: datetime) -> Line:
    """Say how the model stands, in the words of its own page."""
    found = status_of(models, standing, shares, now)
    where = ("/console/approvals", "Release it") if standing.trip is not None else ("/console/model", "The model")
    return Line(
        level=found.level,
        about="Model",
        said=f"{found.title}. {found.words}",
        next=found.next,
        path=where[0],
        path_words=where[1],
    )


def _of_watch(watched: Sequence[tuple[Watch, Counts]], models: InUse, standing: Standing, now: datetime) -> list[Line]:
    """Say how near the monitor is to stopping everything, of what is in force now."""
    running = standing.experiment
    in_force = models.scorer.watch if running is None and models.scorer is not None else None
    key = running.id if running is not None else None if in_force is None else in_force.key
    counts = next((counts for watch, counts in watched if watch.key == key), {})
    watch = running.watch if running is not None else in_force
    if watch is None:
        said = "Nothing is watched: without a certificate or an experiment nothing that needs watching is sent."
        return [_monitor("good", said)]
    today = int(now.timestamp() // DAY_SECONDS)
    return [_of_signal(each, counting(each.harm, counts, today=today)) for each in signals(counts, watch, today=today)]


def _of_signal(signal: Signal, counts: Counts) -> Line:
    """Say what one harm comes to, of which contacts, and how near that is."""
    harm, limit = HARMS[signal.harm == COMPLAINT], per_thousand(signal.at_most)
    if signal.estimate is None:
        waits = " (complaints count 15 days after a decision)" if signal.harm == COMPLAINT else ""
        return _monitor("good", f"{harm}: no contact counts yet{waits}. The limit is {limit} per 1,000 contacts.")
    near, of = progress(signal), _counted(signal.harm, counts)
    said = f"{harm}: {per_thousand(signal.estimate)} per 1,000 contacts, {of}; the limit is {limit}."
    if near < NEAR and signal.estimate > signal.at_most:
        return _monitor("other", f"{said} Chance alone could explain that so far, and it is far from stopping.")
    if near < NEAR:
        return _monitor("good", f"{said} Far from stopping.")
    said = f"{said} {percent(near)} of the evidence that stops everything has come together."
    if signal.tripped:
        return _monitor("bad", said)
    return _monitor("warn", said, "Find out who complains, and of what, before the monitor stops everything.")


def _counted(harm: str, counts: Counts) -> str:
    """Say which contacts a figure of the monitor is of: other ones than those of the last thirty days."""
    contacts = sum(n for cell, n in counts.items() if cell.contacted)
    since = day(datetime.fromtimestamp(min(cell.day for cell in counts) * DAY_SECONDS, tz=UTC))
    if harm == COMPLAINT:
        without = sum(counts.values()) - contacts
        return (
            f"of {number(contacts)} since {since} whose {WINDOW_DAYS} days are over, "
            f"beside {number(without)} occasions without one"
        )
    return f"of {number(contacts)} since {since}, those included whose {WINDOW_DAYS} days are not over"


def _monitor(level: Level | Literal["other"], said: str, then: str = "") -> Line:
    return Line(
        level=level, about="Monitor", said=said, next=then, path="/console/complaints", path_words="Who complains"
    )


def _of_breakers(opened: Sequence[Breaker]) -> Line:
    """Say which texts went out so often that they are held."""
    if not opened:
        return Line(
            level="good",
            about="Breakers",
            said="No text goes out unusually often.",
            next="",
            path="/console/templates",
            path_words="Messages",
        )
    first = opened[0]
    more = "" if len(opened) == 1 else f" and {len(opened) - 1} more"
    return Line(
        level="warn",
        about="Breakers",
        said=f"{_text(first.key)}{more} is held since {minute(first.at)}: {first.volume:,} went out within an hour, "
        + (f"where {first.median:g} are usual." if first.median else "and none in the four weeks before."),
        next="See whether it is right, then release it with a reason.",
        path="/console/approvals",
        path_words="Release it",
    )


def _text(key: str) -> str:
    """Name what a breaker is of: a template, or a text that nobody gave a name."""
    return "A free text" if key.startswith("sha256:") else f"The message “{key}”"


def _of_limits(looking: Looking, policy: Policy) -> Line | None:
    """Say which limits are stricter now than the configuration, who wanted that, and since when."""
    stricter = difference_in_words(policy.limits, in_force(looking, policy).limits)
    if not stricter:
        return None
    [newest] = looking.tightenings(limit=1)
    return Line(
        level="good",
        about="Limits",
        said=f"Stricter than configured since {minute(newest.at)}, by {without_id(newest.by)}. {'; '.join(stricter)}.",
        next="",
        path="/console/what-if",
        path_words="All limits",
    )


def _of_experiment(running: Experiment | None) -> Line | None:
    """Say how far the experiment that runs has come."""
    if running is None:
        return None
    said = (
        f"{without_id(running.by)} started one on {minute(running.started_at)}: chance writes to "
        f"{percent(running.share)} of those whom it could help. {running.contacts:,} of at most "
        f"{running.max_contacts:,} contacts are made; it ends by {minute(running.until)}."
    )
    return Line(
        level="good", about="Experiment", said=said, next="", path="/console/model", path_words="What it is for"
    )

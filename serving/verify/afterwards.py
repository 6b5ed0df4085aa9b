"""What follows from a ruling: when a hold ends, that one which ends too late has expired, until when a send is good.

Each hold whose end is known, alone and over another, with an expiry just before, at and just after its end; sends of
each mark, with one clock and two, inside a session and outside. The instants are restated by hand, not computed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from model.contracts import Action, Decision
from serving.policy.limits import Limits
from serving.verify.changing import changes
from serving.verify.occasions import NAMES, NOW, SESSION, Occasion, occasion, policy
from serving.verify.report import MOST_SHOWN, Failure, Part
from serving.verify.scoring import CUTOFF, Said, World
from serving.verify.subject import Scale, Subject
from serving.verify.visits import evidence_of, session_of_page

MICROSECOND, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
NIGHT = "America/Los_Angeles"  # 03:00 at `NOW`; quiet until 08:00, five hours later
PARIS_QUIET, NIGHT_QUIET, KOLKATA_QUIET = NOW + 9 * HOUR, NOW + 18 * HOUR, NOW + 4.5 * HOUR  # where 21:00 comes next


@dataclass(frozen=True, slots=True)
class After:
    """An occasion; what must be answered, when a hold ends (None: not known), until when the answer is good."""

    name: str
    one: Occasion
    action: Action
    not_before: datetime | None = None
    expires_at: datetime | None = None
    limits: Limits | None = None


def holds() -> Iterator[After]:
    """Yield holds with every expiry about their end, and those without an end."""
    for name, (one, end, limit) in _held().items():
        yield After(f"{name}, no expiry", one, Action.HOLD, end, limit)
        for how, expiry in (("before", end - MICROSECOND), ("at", end), ("after", end + MICROSECOND)):
            expiring = one.but(candidate={"expires_at": expiry})
            late = how != "after"
            found = (Action.DENY, None, None) if late else (Action.HOLD, end, expiry)
            yield After(f"{name}, expiring {how} its end", expiring, *found)
    for how, ends in (("before", 23 * HOUR - MICROSECOND), ("at", 23 * HOUR)):  # the evidence's limit is in 23 hours
        one = _cooling(NOW + ends)
        found = (Action.DENY, None, None) if how == "at" else (Action.HOLD, NOW + ends, NOW + 23 * HOUR)
        yield After(f"a cooling-off that ends {how} the evidence's limit", one, *found)
    endless: Mapping[str, Mapping[str, Any]] = {
        "an open complaint": {"complaint_open": True},
        "contacts of unknown times": {"contacts_24h": 2, "contacts_7d": 2},
        "an open complaint after another": {"complaint_open": True, "last_complaint_at": NOW - 14 * 24 * HOUR + HOUR},
    }
    for name, context in endless.items():
        yield After(name, occasion("ordinary").but(context=context), Action.HOLD, None, NOW + 23 * HOUR)


def _held() -> dict[str, tuple[Occasion, datetime, datetime]]:
    """Return holds by name: the occasion, its end, and the limit of its evidence."""
    ordinary, page = occasion("ordinary"), occasion("on_page")
    counts = {"contacts_60m": 1, "contacts_24h": 1, "contacts_7d": 1}
    lately = {"contacts": (NOW - 30 * MINUTE,), **counts}
    twice = {"contacts": (NOW - 12 * HOUR, NOW - 13 * HOUR), "contacts_24h": 2, "contacts_7d": 2}
    reminder = evidence_of("reminder")
    later = replace(reminder, data={**reminder.data, "remind_at": (NOW + HOUR).isoformat()})
    since = replace(session_of_page(), page_since=NOW - timedelta(seconds=29))
    limit = NOW + 23 * HOUR
    return {
        "a cooling-off": (_cooling(NOW + HOUR), NOW + HOUR, limit),
        "a cap": (ordinary.but(context=lately), NOW + 30 * MINUTE, limit),
        "a cap that ends at night": (ordinary.but(context=twice), NOW + 20 * HOUR, limit),
        "quiet hours": (ordinary.but(candidate={"timezone": NIGHT}), NOW + 5 * HOUR, limit),
        "quiet hours of one of two": (ordinary.but(context={"timezone": NIGHT}), NOW + 5 * HOUR, limit),
        "a cooling-off by night": (_cooling(NOW + HOUR).but(candidate={"timezone": NIGHT}), NOW + 5 * HOUR, limit),
        "a reminder too soon": (occasion("reminder").but(context={"evidence": later}), NOW + HOUR, limit),
        "a page too soon": (page.but(context={"session": since}), NOW + timedelta(seconds=1), NOW + 4 * MINUTE),
    }


def _cooling(end: datetime) -> Occasion:
    return occasion("ordinary").but(context={"last_complaint_at": end - timedelta(days=14)})


def sends() -> Iterator[After]:
    """Yield what goes, and until when it is good: the request's expiry, the evidence's limit, the next quiet start."""
    essential, critical, ordinary = (occasion(name) for name in ("essential", "critical", "ordinary"))
    inside = ordinary.but(candidate={"session_id": SESSION}, context={"session": session_of_page()})
    strict = Limits(quiet_start=20 * 60)
    for name, one, until, limits in (
        ("essential", essential, PARIS_QUIET, None),
        ("ordinary", ordinary, PARIS_QUIET, None),
        ("a reminder", occasion("reminder"), PARIS_QUIET, None),
        ("critical", critical, NOW + 71 * HOUR, None),
        ("critical, no clock", critical.but(candidate={"timezone": None}), NOW + 71 * HOUR, None),
        ("expiring before", essential.but(candidate={"expires_at": NOW + HOUR}), NOW + HOUR, None),
        ("expiring later", essential.but(candidate={"expires_at": NOW + 10 * HOUR}), PARIS_QUIET, None),
        ("a second clock", essential.but(context={"timezone": "Asia/Kolkata"}), KOLKATA_QUIET, None),
        ("an earlier quiet start", essential, PARIS_QUIET - HOUR, strict),
        ("in the chat", inside, PARIS_QUIET, None),
        ("in the chat by night", inside.but(candidate={"timezone": NIGHT}), NIGHT_QUIET, None),
        ("in the chat, no clock", inside.but(candidate={"timezone": None}), NOW + 23 * HOUR, None),
        ("on a page", occasion("on_page"), NOW + 4 * MINUTE, None),
    ):
        yield After(name, one, Action.SEND, None, until, limits)


def of_answers(subject: Subject, scale: Scale) -> Part:
    """Check holds and sends by hand, and of every single change that the instants of its answer fit together."""
    by_hand = [*holds(), *sends()]
    failures = [failure for each in by_hand for failure in _wrong(each, _answers(subject, [each.one], each.limits)[0])]
    made = [
        change.made(occasion(name)) for name in NAMES for change in [*changes(occasion(name))][:: min(scale.thin, 9)]
    ]
    failures += [
        _failure(f"{one.candidate.purpose} on {one.candidate.channel}", says)
        for one, answer in zip(made, _answers(subject, made, None), strict=True)
        for says in _odd(answer)
    ]
    cases = len(by_hand) + len(made)
    return Part(name="ends of holds and sends", promises=(2, 6), cases=cases, failures=failures[:MOST_SHOWN])


def _answers(subject: Subject, made: list[Occasion], limits: Limits | None) -> list[Decision]:
    """Decide in a plan, with a score that would have everything go."""
    leave = Said(World("plan", "free").shares, 1e9, CUTOFF, permit=True, hold=True, watching="right")
    decided = subject.decide(
        [each.candidate for each in made],
        [each.context for each in made],
        ids=[str(place) for place in range(len(made))],
        now=NOW,
        policy=policy(limits),
        scorer=leave,
        exploration=None,
    )
    return [each.decision for each in decided]


def _wrong(each: After, answer: Decision) -> Iterator[Failure]:
    expired = "expired" in {reason.code for reason in answer.reasons}
    if (answer.action, expired) != (each.action, each.action is Action.DENY):
        codes = ", ".join(reason.code for reason in answer.reasons) or "nothing"
        yield _failure(each.name, f"is answered `{answer.action}` ({codes}) where it must be `{each.action}`")
    elif (answer.not_before, answer.expires_at) != (each.not_before, each.expires_at):
        given, right = (
            f"{a} until {b}" for a, b in ((answer.not_before, answer.expires_at), (each.not_before, each.expires_at))
        )
        yield _failure(each.name, f"may go from {given} where it is from {right}")


def _odd(answer: Decision) -> Iterator[str]:
    """Yield what does not fit together in an answer's instants, whatever it answers."""
    start, end = answer.not_before, answer.expires_at
    if start is not None and (answer.action is not Action.HOLD or start <= NOW):
        yield f"`not_before` is {start} on a `{answer.action}` at {NOW}"
    if end is not None and (answer.action is Action.DENY or end <= (start or NOW)):
        yield f"`expires_at` is {end} on a `{answer.action}` that may go from {start or NOW}"
    if end is None and answer.action is not Action.DENY:
        yield f"a `{answer.action}` never expires"


def _failure(about: str, says: str) -> Failure:
    return Failure(promise=2, check="ends of holds and sends", about=about, says=says)

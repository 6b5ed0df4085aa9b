"""What people did, in one list: who, when, what about, and why; for whoever has to answer for it. Pure.

Each act is read from what the ledger keeps of it anyhow; nothing is kept twice. Who makes or ends a key works at the
command line, which asks for no name: such an act has nobody (`by` None).

Example:
    >>> in_order([])
    []
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from serving.policy.tightening import Tightening
from serving.ports import Approval, KeyRecord
from serving.reviewing import Review
from serving.standing import Breaker, Experiment, Trip

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "approved": "approved a message",
        "reviewed_yes": "reviewed a message: yes to both questions",
        "reviewed_no": "reviewed a message: no",
        "breaker_released": "released a breaker",
        "switch_released": "released the kill switch",
        "experiment_started": "started an experiment",
        "experiment_stopped": "stopped an experiment",
        "limits_tightened": "tightened limits",
        "limits_reset": "went back to the configured limits",
        "key_made": "made a key",
        "key_revoked": "revoked a key",
        "signed_in": "signed in to the console",
        "signed_out": "signed out of the console",
    }
)
UNTHANKED: Final = "the customer would not thank us"
SHIPPED: Final = "shipped"  # who approved the templates that come with a ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act; `kind` is one of `KINDS`, `about` what it was done to, `why` in the words of whoever did it."""

    at: datetime
    kind: str
    about: str
    by: str | None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in to the console: whose key, when, and when it was ended by them (None: never)."""

    key_id: str
    at: datetime
    ended_at: datetime | None = None


def in_order(found: Iterable[Act], *, since: datetime | None = None, until: datetime | None = None) -> list[Act]:
    """Return the acts from `since` until before `until`, the newest first."""
    wanted = (each for each in found if (since is None or each.at >= since) and (until is None or each.at < until))
    return sorted(wanted, key=lambda each: (each.at, each.kind, each.about), reverse=True)


def of_wordings(approvals: Iterable[Approval], reviews: Sequence[Review]) -> Iterator[Act]:
    """Yield reviews, and the approvals that were given without one."""
    given = {(each.digest, each.at, each.by) for each in reviews if each.approves}
    for one in approvals:
        if (one.digest, one.at, one.by) not in given:
            yield Act(at=one.at, kind="approved", about=_about(one.what, one.digest), by=one.by)
    for review in reviews:
        kind = "reviewed_yes" if review.approves else "reviewed_no"
        answers = (("an agent would not send it", review.agent_would_send), (UNTHANKED, review.customer_would_thank))
        said = [words for words, answer in answers if not answer]
        why = "; ".join([*said, *([review.comment] if review.comment else [])])
        by = review.by if review.reviewer in review.by else f"{review.reviewer}, recorded by {review.by}"
        yield Act(at=review.at, kind=kind, about=_about(review.what, review.digest), by=by, why=why or None)


def _about(what: str, digest: str) -> str:
    """Return a template by its name, and words without one by their digest."""
    return what if what.startswith("template:") else f"{what}:{digest}"


def of_stops(breakers: Iterable[Breaker], trips: Iterable[Trip]) -> Iterator[Act]:
    """Yield the releases of breakers and of the kill switch."""
    for breaker in breakers:
        if breaker.released_at is not None:
            by, why = breaker.released_by, breaker.why
            yield Act(at=breaker.released_at, kind="breaker_released", about=breaker.key, by=by, why=why)
    for trip in trips:
        if trip.released_at is not None:
            about = f"{trip.harm} of {trip.watch}"
            yield Act(at=trip.released_at, kind="switch_released", about=about, by=trip.released_by, why=trip.why)


def of_experiments(experiments: Iterable[Experiment]) -> Iterator[Act]:
    """Yield beginnings and ends; one that reached a bound ended by itself, `outreach` says so."""
    for one in experiments:
        bounds = f"at most {one.max_contacts:,} contacts, with a share of {one.share:g}"
        yield Act(at=one.started_at, kind="experiment_started", about=one.id, by=one.by, why=bounds)
        if one.stopped_at is not None:
            yield Act(at=one.stopped_at, kind="experiment_stopped", about=one.id, by=one.stopped_by, why=one.why)


def of_limits(tightened: Iterable[Tightening]) -> Iterator[Act]:
    """Yield what was tightened, and what was taken back."""
    for one in tightened:
        kind = "limits_reset" if one.limits == "{}" else "limits_tightened"
        yield Act(at=one.at, kind=kind, about=one.limits, by=one.by, why=one.why)


def of_keys(keys: Sequence[KeyRecord], sign_ins: Iterable[SignIn]) -> Iterator[Act]:
    """Yield what was done with keys: who signed in is the key that they used."""
    named = {key.id: f"{key.name} ({key.id})" for key in keys}
    for key in keys:
        scopes = f"may: {', '.join(key.scopes)}"
        yield Act(at=key.created_at, kind="key_made", about=named[key.id], by=None, why=scopes)
        if key.revoked_at is not None:
            yield Act(at=key.revoked_at, kind="key_revoked", about=named[key.id], by=None)
    for one in sign_ins:
        who = named.get(one.key_id, one.key_id)
        yield Act(at=one.at, kind="signed_in", about="console", by=who)
        if one.ended_at is not None:
            yield Act(at=one.ended_at, kind="signed_out", about="console", by=who)

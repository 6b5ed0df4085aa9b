"""Filters about purpose and evidence: is this a service at all, and does a recorded event prove it now?"""

from functools import lru_cache

import numpy as np

from serving.policy.columns import YES, Columns, Floats, Mask, among, before, differs, equal, opposite
from serving.policy.engine import Filter, refuses
from serving.policy.limits import Limits
from serving.policy.purposes import MARKETING_WORD, PURPOSE_INDEX, SERVICES, UNKNOWN_WORD

ON_PAGE = [place for place, service in enumerate(SERVICES.values()) if service.on_page]
SILENT = [place for place, service in enumerate(SERVICES.values()) if service.silent]
HOUR = 3600.0


def found(c: Columns) -> Mask:
    """Whether there is evidence to ask about."""
    return equal(c.found, YES)


def evidence_ends(c: Columns, limits: Limits) -> Floats:
    """Return when each row's evidence becomes stale: its time plus its limit of age, or the reminder's `due_at`."""
    ages = _ages(limits.evidence_hours, limits.essential_hours, limits.widget_minutes)
    aged = c.evidence_time + ages.take(c.ages_as)
    return np.where(np.isnan(c.due_at), aged, c.due_at)


@lru_cache(maxsize=64)
def _ages(evidence_hours: int, essential_hours: int, widget_minutes: int) -> Floats:
    """Return the limits of age in seconds, by what a row's evidence ages as."""
    return np.array([evidence_hours, essential_hours, essential_hours, widget_minutes / 60]) * HOUR


@refuses("purpose_is_marketing")
def is_marketing(c: Columns, _: Limits) -> Mask:
    """The sender's own word for it is one of the marketing purposes."""
    return equal(c.purpose, MARKETING_WORD)


@refuses("purpose_unknown")
def is_unknown(c: Columns, _: Limits) -> Mask:
    """The purpose is none of the nine services and none of the marketing words: the list is closed."""
    return equal(c.purpose, UNKNOWN_WORD)


@refuses("purpose_switched_off")
def is_switched_off(c: Columns, limits: Limits) -> Mask:
    """Configuration switched this service off."""
    return among(c.purpose, [PURPOSE_INDEX[purpose] for purpose in limits.switched_off])


@refuses("evidence_missing")
def has_no_evidence(c: Columns, _: Limits) -> Mask:
    """No event is on record, or it lacks what the purpose needs of it (two dates; their earlier request)."""
    return differs(c.found, YES)


@refuses("evidence_wrong_type", concerns=lambda c: found(c) & (c.purpose >= 0), reads=("fits",))
def proves_something_else(c: Columns, _: Limits) -> Mask:
    """The event is of a type that does not prove this purpose."""
    return differs(c.fits, YES)


@refuses("evidence_of_another_customer", concerns=found, reads=("theirs",))
def is_about_another(c: Columns, _: Limits) -> Mask:
    """The event is neither about this customer nor lists them among the affected."""
    return differs(c.theirs, YES)


@refuses("evidence_stale", concerns=found, reads=("evidence_time",), unknown_as="evidence_stale")
def is_stale(c: Columns, limits: Limits) -> Mask:
    """The evidence has reached its limit of age; no limit that can be computed means stale."""
    return opposite(before(c.now, evidence_ends(c, limits)))


@refuses("expired", reads=("expires_at",))
def has_expired(c: Columns, _: Limits) -> Mask:
    """The sender's own expiry has passed (a hold that ends too late adds this code in `serving.decide`)."""
    return c.now >= c.expires_at


@refuses("fact_superseded", concerns=found, reads=("superseded", "outdated"))
def is_superseded(c: Columns, _: Limits) -> Mask:
    """Something newer is known: a later event on the same entity, another fact in the evidence, another page."""
    return equal(c.superseded, YES) | equal(c.outdated, YES)


@refuses("already_told", concerns=found, reads=("already_told",))
def was_told(c: Columns, _: Limits) -> Mask:
    """This customer has been told this fact."""
    return equal(c.already_told, YES)


@refuses("customer_already_knows", concerns=found, reads=("last_inbound",))
def knows_already(c: Columns, _: Limits) -> Mask:
    """They wrote to us about it after it happened."""
    return c.last_inbound > c.evidence_time


FILTERS: tuple[Filter, ...] = (
    is_marketing,
    is_unknown,
    is_switched_off,
    has_no_evidence,
    proves_something_else,
    is_about_another,
    is_stale,
    has_expired,
    is_superseded,
    was_told,
    knows_already,
)

"""Filters about the message itself: what it says, whether it is complete, and who approved it."""

from serving.policy.columns import APPROVED, CHANGED, YES, Columns, Mask, among, differs, equal, opposite
from serving.policy.engine import Filter, refuses
from serving.policy.evidence import SILENT
from serving.policy.limits import Limits


def has_text(c: Columns) -> Mask:
    """Whether there is a text to judge; where there is none, `facts_missing` refuses."""
    return equal(c.complete, YES)


@refuses("promotional_wording", concerns=has_text, reads=("promotional",))
def is_promotional(c: Columns, _: Limits) -> Mask:
    """The text sells, rewards, celebrates, asks for a rating or fishes for consent."""
    return equal(c.promotional, YES)


@refuses("generic_wording", concerns=has_text, reads=("generic",))
def is_generic(c: Columns, _: Limits) -> Mask:
    """The text could be said to anybody at any time."""
    return equal(c.generic, YES)


@refuses("facts_missing")
def lacks_facts(c: Columns, _: Limits) -> Mask:
    """No complete text; one that says no fact of its evidence; or a fact that the evidence cannot vouch for."""
    return differs(c.complete, YES) | differs(c.grounded, YES)


@refuses("next_step_missing", concerns=lambda c: opposite(among(c.purpose, SILENT)))
def lacks_next_step(c: Columns, _: Limits) -> Mask:
    """The message leaves the customer without anything to do next."""
    return differs(c.next_step, YES)


@refuses("template_not_approved", concerns=lambda c: equal(c.templated, YES))
def is_not_approved(c: Columns, _: Limits) -> Mask:
    """Nobody approved this template, it does not exist, or it is one for another purpose."""
    return (c.approval < APPROVED) | differs(c.same_purpose, YES)


def may_await(c: Columns) -> Mask:
    """Whether it is a template, reaches out, or only a person can judge it."""
    return equal(c.templated, YES) | equal(c.outbound, YES) | differs(c.judged, YES)


@refuses("awaiting_approval", concerns=may_await)
def awaits_approval(c: Columns, _: Limits) -> Mask:
    """A template changed since its approval; an outbound free text, or words that only a person can judge, without."""
    needs_one = differs(c.templated, YES) | differs(c.judged, YES)
    return equal(c.approval, CHANGED) | (needs_one & differs(c.approval, APPROVED))


@refuses("breaker_open", reads=("breaker_open",))
def is_broken(c: Columns, _: Limits) -> Mask:
    """Far more of this template went out in an hour than it ever does, and nobody has released it yet."""
    return equal(c.breaker_open, YES)


FILTERS: tuple[Filter, ...] = (
    is_promotional,
    is_generic,
    lacks_facts,
    lacks_next_step,
    is_not_approved,
    awaits_approval,
    is_broken,
)

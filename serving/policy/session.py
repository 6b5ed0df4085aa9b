"""Filters about the session and the customer's history with us."""

from serving.policy.columns import NO, UNKNOWN, YES, Columns, Floats, Mask, among, before, differs, equal
from serving.policy.engine import Filter, refuses
from serving.policy.evidence import ON_PAGE
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX
from serving.policy.zones import DAY

CHAT, WIDGET = CHANNEL_INDEX["chat"], CHANNEL_INDEX["widget"]
ONBOARDING = PURPOSE_INDEX["onboarding"]


def needs_session(c: Columns) -> Mask:
    """Whether the message only makes sense in the customer's own session."""
    return equal(c.channel, WIDGET) | among(c.purpose, ON_PAGE)


def dismissal_ends(c: Columns, limits: Limits, _: Floats) -> Floats:
    """Return when a dismissal is forgotten."""
    return c.dismissed_at + limits.dismissal_days * DAY


@refuses("session_missing", concerns=needs_session)
def has_no_session(c: Columns, _: Limits) -> Mask:
    """No session is named, it is not on record, it ended, or nothing happened in it for 30 minutes."""
    return differs(c.live, YES)


def names_session(c: Columns) -> Mask:
    """Whether a session is on record under the name given, or a chat names one that could not be found out."""
    return differs(c.own, UNKNOWN) | (equal(c.channel, CHAT) & equal(c.live, UNKNOWN))


@refuses("not_their_session", concerns=names_session, reads=("live",))
def is_in_another_session(c: Columns, _: Limits) -> Mask:
    """The named session is somebody else's, or the evidence did not happen in it."""
    return equal(c.own, NO)


def welcomes(c: Columns) -> Mask:
    """Whether a first-time visitor is welcomed, by the purpose or by the text."""
    return equal(c.purpose, ONBOARDING) | differs(c.newcomer, NO)


@refuses("contradicts_history", concerns=welcomes, reads=("returning",))
def contradicts_history(c: Columns, _: Limits) -> Mask:
    """A first-time visitor is welcomed who has been here before."""
    return equal(c.returning, YES)


@refuses("dismissed", reads=("dismissed_at",), until=dismissal_ends)
def was_dismissed(c: Columns, limits: Limits) -> Mask:
    """The customer closed such a message lately."""
    return before(c.now, dismissal_ends(c, limits, c.dismissed_at))


@refuses("complaint_open", reads=("complaint_open",))
def has_open_complaint(c: Columns, _: Limits) -> Mask:
    """A complaint is open: a person is at it, or should be."""
    return equal(c.complaint_open, YES)


@refuses("conversation_open", reads=("conversation_open",))
def is_in_conversation(c: Columns, _: Limits) -> Mask:
    """A conversation is open: what there is to say is said in it."""
    return equal(c.conversation_open, YES)


FILTERS: tuple[Filter, ...] = (
    has_no_session,
    is_in_another_session,
    contradicts_history,
    was_dismissed,
    has_open_complaint,
    is_in_conversation,
)

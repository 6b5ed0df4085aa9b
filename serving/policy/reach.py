"""Filters about consent and channel: may we reach this customer this way at all?"""

from serving.policy.columns import UNKNOWN, YES, Columns, Mask, among, differs, equal
from serving.policy.engine import Filter, refuses
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNEL_INDEX


def outbound(c: Columns) -> Mask:
    """Whether the message would reach out: every channel but the widget and the chat in their own live session."""
    return equal(c.outbound, YES)


@refuses("channel_not_allowed", reads=("allowed",))
def is_not_for_this_channel(c: Columns, limits: Limits) -> Mask:
    """The purpose does not appear on this channel, the customer did not ask for it, or it is switched off."""
    if not limits.channels_off:
        return differs(c.allowed, YES)
    off = [CHANNEL_INDEX[channel] for channel in limits.channels_off]
    return differs(c.allowed, YES) | among(c.channel, [UNKNOWN, *off])


@refuses("consent_missing", concerns=outbound, reads=("consent",), unknown_as="consent_missing")
def lacks_consent(c: Columns, _: Limits) -> Mask:
    """The customer did not say yes to this channel; unknown is no."""
    return differs(c.consent, YES)


@refuses("opted_out", reads=("opted_out",))
def has_opted_out(c: Columns, _: Limits) -> Mask:
    """The customer said no to this channel, or to all of them (in a session, too)."""
    return equal(c.opted_out, YES)


@refuses("timezone_unknown", concerns=outbound, reads=("zoned",), unknown_as="timezone_unknown")
def has_no_clock(c: Columns, _: Limits) -> Mask:
    """No zone is known, or a given one does not exist."""
    return differs(c.zoned, YES)


FILTERS: tuple[Filter, ...] = (is_not_for_this_channel, lacks_consent, has_opted_out, has_no_clock)

"""Segment's webhook destination, and RudderStack's: the calls that `POST /v1/events` reads too, and nothing else.

No time is signed: a request that is sent again is the same `messageId` again, and changes nothing.
"""

from datetime import datetime
from typing import Final

from model.contracts import JSON, Event
from serving.adapters.platform import Delivery, Platform
from serving.errors import Fault, Invalid
from serving.routes.bodies import MANY
from serving.routes.event_bodies import event_of, values_in
from serving.schemas.segment import WHICH, hint, is_call
from serving.signatures import SEGMENT as SIGNING

CALL: Final[dict[str, JSON]] = {"$ref": "#/components/schemas/SegmentBody"}


def calls_in(delivery: Delivery) -> list[JSON]:
    """Return the calls of a body, each still unchecked: one, an array, or an envelope of at most 1,000."""
    return values_in(delivery.body)


def call_of(value: JSON, now: datetime) -> Event:
    """Return a call as an event: whoever has Segment's secret cannot make evidence under another source.

    Raises:
        Invalid: it is none of Segment's calls, or breaks a rule.
    """
    if not is_call(value):
        said = f"{WHICH}{hint(value)}" if isinstance(value, dict) else "must be one of Segment's calls"
        raise Invalid("this is none of Segment's calls", errors=[Fault("#/type", said)])
    return event_of(value, now)


SEGMENT: Final = Platform(
    name="segment",
    about="Record what Segment, or RudderStack, sends: one call, an array, or an envelope of at most 1,000. "
    "Signed with the setting `segment_secret`. A call that comes twice is one event; nothing is decided again.",
    signed="HMAC-SHA1 of the raw body under the setting `segment_secret`, in hex.",
    signing=SIGNING,
    events=calls_in,
    read=call_of,
    body={"oneOf": [CALL, {"type": "array", "items": CALL, "maxItems": MANY}]},
    status=202,
    lenient=False,  # its page of deliveries shows what was refused, and a 4xx ends its retries
)

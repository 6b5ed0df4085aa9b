"""Segment's webhook destination, and RudderStack's: the calls that `POST /v1/events` reads too, and nothing else.

    track, identify, page, screen, alias, group   the event that `serving.schemas.segment` makes of it
    any other word (delete, a test)               `segment.<word>`, with nothing in it: stored, read by no rule

Here nobody reads an answer, so what is missing does not cost the call: without a `messageId` it has a digest of its own
for an id, without any time it happened when it came, without a user it concerns nobody, and a time zone that does not
exist is left out; so is a time that cannot be read, where another says when it happened. Of a consent that cannot be
read whole each no counts, and no yes. CloudEvents are nobody's here: whoever has the secret cannot make evidence under
another source.

Segment signs the body (Webhooks and Webhooks (Actions) destinations). Of an array `X-Signature` covers the first call
alone, so it is none to us; with their setting *Use X-Segment-Signature Header* all of it is signed. RudderStack signs
nothing, and can add a header: `X-API-Key`, with the secret. No time is signed: what is sent again is the same id again,
and changes nothing. Segment sends again what it heard 5xx to, for four hours; other refusals its page of deliveries
shows. (Their pages on these destinations, and the published source of Webhooks (Actions).)
"""

from collections.abc import Iterable
from typing import Final

from model.contracts import JSON
from serving.access.signatures import OneOf, Scheme, Shown
from serving.adapters.platform import Delivery, Platform, at, digest_of, name_at, time_at
from serving.events.checking import CHANNELS, PREFERENCES
from serving.schemas.base import write_time
from serving.schemas.segment import SOURCE, TIMES, is_call, zoned
from serving.schemas.several import MANY, values_in

CALL: Final[dict[str, JSON]] = {"$ref": "#/components/schemas/SegmentBody"}
NOT_THEIRS: Final = frozenset({"source", "specversion"})  # what only a CloudEvent has
CONSENT: Final = PREFERENCES["consent"]
CLOCKS: Final = frozenset({"sentAt", "receivedAt"})  # they differ when it is sent again
STATED: Final = ("timestamp", "originalTimestamp")  # when it happened; the others say when it went on
OBJECTS: Final = frozenset({"properties", "traits", "context"})


def calls_in(delivery: Delivery) -> list[JSON]:
    """Return what a body holds, each still unchecked: one, an array, or an envelope of at most 1,000."""
    return [_of_theirs(value, delivery) for value in values_in(delivery.body)]


def _of_theirs(value: JSON, delivery: Delivery) -> JSON:
    """Return a call whole, any other word as an event that says nothing; None is rejected."""
    if not isinstance(value, dict) or not NOT_THEIRS.isdisjoint(value):
        return None
    lasting = {name: part for name, part in value.items() if name not in CLOCKS}
    came, message = write_time(delivery.sent_at), name_at(value, "messageId") or digest_of(lasting)
    if is_call(value):
        value = _consented(_timed(_objects(value)))
        timed, traits = any(value.get(name) is not None for name in TIMES), value.get("traits")
        more = ({} if timed else {"timestamp": came}) | ({"traits": zoned(traits)} if isinstance(traits, dict) else {})
        return {**value, "messageId": message, **more}
    word = name_at(value, "type")
    time = next(filter(None, (time_at(value, name) for name in TIMES)), None)
    subject = name_at(value, "userId") or name_at(value, "anonymousId")
    return word and delivery.event(f"{SOURCE}.{word}", source=SOURCE, key=message, subject=subject, time=time)


def _objects(call: dict[str, JSON]) -> dict[str, JSON]:
    """Return a call without what is no object where one belongs: PHP writes an empty one as a list."""
    return {name: part for name, part in call.items() if name not in OBJECTS or isinstance(part, dict)}


def _timed(call: dict[str, JSON]) -> dict[str, JSON]:
    """Return a call with its times as we write them; one that cannot be read is left out beside one that says when."""
    told: dict[str, JSON] = {name: time_at(call, name) for name in {*TIMES, *CLOCKS} if call.get(name) is not None}
    known = any(told.get(name) for name in STATED)
    return {**call, **told} if known or None not in told.values() else call


def _consented(call: dict[str, JSON]) -> dict[str, JSON]:
    """Return a call whose consent can be read: where some of it cannot, each no in it counts, and no yes beside it."""
    places = [at(call, "context", "traits"), at(call, "traits")]
    said = [consent for place in places if (consent := at(place, "consent")) is not None]
    if all(map(CONSENT.fits, said)):
        return call
    last = said[-1]
    counts = {**(last if isinstance(last, dict) and CONSENT.fits(last) else {}), **_noes(said)}
    known, traits = ({name: told for name, told in _members(place) if name != "consent"} for place in places)
    context = {**dict(_members(call.get("context"))), "traits": known}
    return {**call, "context": context, "traits": traits | ({"consent": counts} if counts else {})}


def _noes(said: Iterable[JSON]) -> dict[str, JSON]:
    """Return the channels that somebody says no to, whatever stands beside; `false` alone is a no to all."""
    told = [pair for one in said for pair in (dict.fromkeys(CHANNELS, one).items() if one is False else _members(one))]
    noes = {name.strip().lower() for name, answer in told if answer is False}
    return {channel: False for channel in CHANNELS if channel in noes}


def _members(value: JSON) -> Iterable[tuple[str, JSON]]:
    return value.items() if isinstance(value, dict) else ()


SEGMENT: Final = Platform(
    name="segment",
    about="Record what Segment, or RudderStack, sends: one call, an array, or an envelope of at most 1,000. "
    "Signed with the setting `segment_secret`. A call that comes twice is one event; nothing is decided again.",
    signed="HMAC-SHA1 of the raw body under the setting `segment_secret`, in hex, here or as `X-Segment-Signature`; "
    "or the secret itself as `X-API-Key`, from RudderStack, which signs nothing.",
    signing=OneOf(
        (
            Scheme(header="x-signature", digest="sha1"),
            Scheme(header="x-segment-signature", digest="sha1"),
            Shown(header="x-api-key"),
        )
    ),
    events=calls_in,
    body={"oneOf": [CALL, {"type": "array", "items": CALL, "maxItems": MANY}]},
    status=202,
    lenient=False,  # their pages of deliveries show what was refused, and it is not sent again
)

"""Hand what may be sent to Segment, for a destination that sends it: one `track`, to that destination alone.

For channels that a destination of yours sends on (e-mail, SMS, push). What it does with the call, its own mapping says.
`messageId` is the decision's id: Segment drops a second call with the same one for about a day, so a try of which
nobody knows is made again within that time, and never after it. Segment promises that of 99 in 100; and its 200 says
that it took the call, not that anybody was written to: report `not_delivered` yourself where the destination failed.

    OUTREACH_URL, OUTREACH_KEY, WEBHOOK_SECRET, BOOK    the relay
    SEGMENT_WRITE_KEY      of a source of your servers: never one that stands in a page
    SEGMENT_DESTINATION    the destination, by the name that `integrations` has for it
    SEGMENT_CHANNELS       what it sends on, with blanks between: email sms
    SEGMENT_URL            https://api.segment.io, or https://events.eu1.segmentapis.com for a workspace in the EU
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx

from model.contracts import JSON
from serving.relay.application import required, serve
from serving.relay.messenger import Found, Offer, Posted, Verdict, judged
from serving.system import id_of, now

REMEMBERED: Final = timedelta(hours=23)  # Segment knows ids "for at least 24 hours"


@dataclass(frozen=True)
class Segment:
    """One source, and the destination that sends; `http` has the address, and the write key as a user's name."""

    http: httpx.Client
    destination: str
    channels: frozenset[str]
    clock: Callable[[], datetime] = now

    def takes(self, offer: Offer) -> bool:
        """Take what the destination sends on."""
        return offer.channel in self.channels

    def post(self, offer: Offer) -> Posted:
        """Track it once; nobody but the destination hears of it. What may be there is repeated only while young."""
        if offer.maybe and not self._is_young(offer):
            return Posted(Verdict.REFUSED)
        told: dict[str, JSON] = {"decision_id": offer.decision_id, "channel": offer.channel, "purpose": offer.purpose}
        call: dict[str, JSON] = {
            "userId": offer.user_id,
            "event": "Service Message Decided",
            "messageId": offer.decision_id,
            "timestamp": self.clock().isoformat(),
            "properties": told | {"text": offer.text, "expires_at": offer.expires_at.isoformat()},
            "integrations": {"All": False, self.destination: True},
        }
        return judged(self.http.post("/v1/track", json=call))

    def find(self, offer: Offer) -> Found | None:
        """Nothing can be looked up there; while the decision is young, a second call is dropped."""
        return Found.REPEATABLE if self._is_young(offer) else None

    def _is_young(self, offer: Offer) -> bool:
        return offer.decision_id > id_of(self.clock() - REMEMBERED, 0)  # the id begins with its time


def main() -> None:
    """Relay until the process is told to end."""
    given = os.environ
    url = given.get("SEGMENT_URL", "https://api.segment.io")
    http = httpx.Client(base_url=url, auth=(required("SEGMENT_WRITE_KEY"), ""), timeout=10.0)
    segment = Segment(http, required("SEGMENT_DESTINATION"), frozenset(required("SEGMENT_CHANNELS").split()))
    with http:
        serve(segment)


if __name__ == "__main__":
    main()

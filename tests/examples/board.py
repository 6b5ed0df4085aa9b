"""The plainest platform there can be, and the messenger for it."""

from dataclasses import dataclass

import httpx

from serving.relay.messenger import Offer, Posted, judged
from tests.examples.frame import Asked, Platform, Reply


class Board(Platform):
    """`POST /messages` writes, `GET /messages` lists."""

    def answer(self, asked: Asked) -> Reply:
        """Take a message or list them."""
        if self.posts(asked):
            body = asked.json()
            assert set(body) == {"mark", "user", "text"}
            self.messages.append(body)
            return Reply(201)
        assert (asked.method, asked.path) == ("GET", "/messages")
        return Reply(200, self.messages)

    def posts(self, asked: Asked) -> bool:
        """Whether it writes."""
        return (asked.method, asked.path) == ("POST", "/messages")


@dataclass
class Pinned:
    """Writes on the board; `blind`: cannot read there."""

    http: httpx.Client
    blind: bool = False

    def takes(self, offer: Offer) -> bool:
        """Chat only."""
        return offer.channel == "chat"

    def post(self, offer: Offer) -> Posted:
        """Write it."""
        body = {"mark": offer.decision_id, "user": offer.user_id, "text": offer.text}
        try:
            return judged(self.http.post("/messages", json=body))
        except httpx.HTTPError as error:
            return judged(error)

    def find(self, offer: Offer) -> bool | None:
        """Read all of them."""
        if self.blind:
            return None
        answer = self.http.get("/messages").raise_for_status()
        return any(each["mark"] == offer.decision_id for each in answer.json())

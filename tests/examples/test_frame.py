"""The stage itself, with the plainest platform there can be."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from serving.relay.messenger import Offer, Posted, judged
from tests.examples.frame import BLIND, CASES, PATIENCE, Asked, Case, Platform, Reply, Stage, played


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


@pytest.mark.parametrize("case", [*CASES, *BLIND], ids=str)
def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path) -> None:
    """One message at most, and what is on record is what happened to it."""
    with ExitStack() as stack:
        board = stack.enter_context(Board())
        http = stack.enter_context(httpx.Client(base_url=board.url, timeout=PATIENCE, trust_env=False))
        stage = stack.enter_context(Stage(Pinned(http, blind=case.blind), tmp_path))
        actual = played(stage, board, case)
    assert actual == case.expected

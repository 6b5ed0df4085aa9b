"""What a relay says in its log: whatever is away or to be mended, and nothing of a message or a customer."""

import logging
from typing import Any

import httpx
import pytest

from serving.client import NoAnswer
from serving.relay.messenger import Verdict, before_posting
from serving.relay.relay import Relay
from tests.serving.relay.relaying import REFUSED_401, WORDS, Asked, Told, body, headers, on, took
from tests.serving.served import Watch

AWAY = NoAnswer(why="unreachable")


def test_nothing_of_a_message_or_a_customer_is_logged(
    relay: Relay, asked: Asked, told: Told, clock: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails, and whatever its error says."""
    asked.says = [AWAY, REFUSED_401, "send"]
    told.posts, told.finds = [RuntimeError(WORDS), Verdict.UNSURE], [RuntimeError(WORDS), False, None]
    bad = body().replace(b'"chat"', b"7")
    with caplog.at_level(logging.DEBUG):
        took(relay)
        relay.take(headers(bad), bad)
        on(relay, clock)
    assert [word in caplog.text for word in (WORDS, "u-17", "A-7", "d-1")] == [False, False, False, True]


@pytest.mark.parametrize(
    ("says", "takes", "posts", "expected"),
    [
        ([AWAY, "send"], [True], [Verdict.DELIVERED], "waits: no answer of Outreach (unreachable)"),
        (["send"], [False, True], [Verdict.DELIVERED], "is reported later: no answer of Outreach"),
        (["send"], [True], [Verdict.AGAIN, Verdict.DELIVERED], "waits: the platform took nothing"),
    ],
    ids=["outreach", "report", "platform"],
)
def test_what_waits_is_said(  # noqa: PLR0917  (fixtures are arguments)
    relay: Relay,
    asked: Asked,
    told: Told,
    clock: Watch,
    caplog: pytest.LogCaptureFixture,
    says: list[Any],
    takes: list[bool | Exception],
    posts: list[Any],
    expected: str,
) -> None:
    """Somebody who is away is seen in the log, once for each try; where all is well it is empty."""
    asked.says, asked.takes, told.posts = says, takes, posts
    took(relay)
    on(relay, clock)
    assert [record.getMessage() for record in caplog.records] == [f"decision d-1 {expected}"]


def test_why_a_look_up_failed_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """An address without `https://` is to be mended, and looks like a platform that is down."""
    before_posting(httpx.UnsupportedProtocol(WORDS))
    assert [record.getMessage() for record in caplog.records] == ["a look-up failed: UnsupportedProtocol"]

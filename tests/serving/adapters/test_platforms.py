"""What holds for every platform alike, signed as each signs; and for the chats, whose answers nobody there reads."""

import json
from typing import Any

import httpx
import pytest

from serving.adapters.platform import Platform
from serving.routes.adapters import PLATFORMS
from serving.settings import Settings
from tests.serving.adapters import chatwoot_bodies, test_intercom, zendesk_payloads
from tests.serving.adapters.signing import SECRET, signed
from tests.serving.privacy.ledgers import DAYS, Wrapped
from tests.serving.served import Served, app_of, memory_ledger

CHATS = {  # what somebody wrote: three events each
    "chatwoot": chatwoot_bodies.message(),
    "intercom": test_intercom.notification("conversation.user.created", test_intercom.talk()),
    "zendesk": zendesk_payloads.posted(zendesk_payloads.message()),
}


def settings_of(chat: str) -> Settings:
    """Share two secrets with a chat."""
    secret: dict[str, Any] = {f"{chat}_secret": f"the-one-after-this-one {SECRET}"}
    return Settings(**secret)


def delivered(api: Served, chat: str, body: Any) -> httpx.Response:
    """Post a body as a chat does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **signed(chat, raw)}
    return api.call("POST", f"/v1/adapters/{chat}", key=None, content=raw, headers=sent)


def counted(answer: httpx.Response) -> tuple[int, int, int, int]:
    """Return the status, and how many events were accepted, known already, and rejected."""
    said = answer.json()
    return answer.status_code, said["accepted"], said["duplicates"], len(said["rejected"])


@pytest.mark.parametrize("platform", PLATFORMS, ids=[each.name for each in PLATFORMS])
def test_whatever_shows_that_it_is_theirs_may_come_once(platform: Platform) -> None:
    """The signature, and what is signed beside the body: of two nobody can say which one counts."""
    assert {name.lower() for name in signed(platform.name, b"{}")} - {*platform.headers} == set()


@pytest.mark.parametrize("chat", CHATS)
def test_what_is_delivered_is_recorded_once(chat: str) -> None:
    """However often it is sent; and 200 each time."""
    with Served(app_of(settings=settings_of(chat))) as api:
        actual = [counted(delivered(api, chat, CHATS[chat])) for _ in range(2)]
    assert actual == [(200, 3, 0, 0), (200, 0, 3, 0)]


@pytest.mark.parametrize("body", [b"", b"{", b'{"events": [NaN}', b'{"id": Infinit}', b"\xff"])
@pytest.mark.parametrize("chat", CHATS)
def test_signed_nonsense_is_not_sent_again(chat: str, body: bytes) -> None:
    """It is theirs, so it is 200; what is wrong stands in the answer, and nothing is recorded."""
    with Served(app_of(settings=settings_of(chat))) as api:
        assert counted(delivered(api, chat, body)) == (200, 0, 0, 1)


@pytest.mark.parametrize("day", ["away", "broken", "broken at the end"])
@pytest.mark.parametrize("chat", CHATS)
def test_what_cannot_be_recorded_is_sent_again(chat: str, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, which is tried again. Nothing is half done: once the ledger is back the same delivery is taken whole."""
    ledger = memory_ledger()
    turning = Wrapped(ledger, lambda real: real)
    with Served(app_of(turning, settings=settings_of(chat))) as api:
        with monkeypatch.context() as patched:
            patched.setattr(turning, "transaction", DAYS[day](ledger).transaction)
            refused = delivered(api, chat, CHATS[chat])
        back = delivered(api, chat, CHATS[chat])
    assert (refused.status_code, "retry-after" in refused.headers, counted(back)) == (503, True, (200, 3, 0, 0))

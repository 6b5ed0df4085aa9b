"""What Intercom's REST API takes, and that there is one message at most."""

import runpy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.relay.messenger import Offer, Posted, Verdict
from tests.examples.frame import BLIND, CASES, PATIENCE, Asked, Case, Fault, Platform, Reply, Stage, played

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "intercom.py"))
TOKEN = "an-access-token"
SURE = [case for case in CASES if {*case.faults} <= {Fault.BUSY, Fault.REFUSES}]  # of the others see BLIND
USER = {"type": "contact", "id": "64f0c0ffee", "external_id": "u-17", "role": "user"}
LEAD = {"type": "contact", "id": "1ead", "external_id": None, "role": "lead"}


class Api(Platform):
    """`POST /contacts/search` and `POST /messages`, as of version 2.14."""

    contacts = (USER, LEAD)
    instead: Callable[[Asked], Reply | None] = staticmethod(lambda _: None)

    def answer(self, asked: Asked) -> Reply:
        """Take a request as it is documented."""
        assert asked.method == "POST"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["intercom-version"] == "2.14"
        assert asked.headers["content-type"] == "application/json"
        return self.instead(asked) or {"/contacts/search": self.search, "/messages": self.write}[asked.path](
            asked.json()
        )

    def search(self, body: Any) -> Reply:
        """Search by one field."""
        query = body["query"]
        assert (set(body), set(query), query["operator"]) == ({"query"}, {"field", "operator", "value"}, "=")
        found = [one for one in self.contacts if one[query["field"]] == query["value"]]
        return Reply(200, {"type": "list", "data": found, "total_count": len(found)})

    def write(self, body: Any) -> Reply:
        """Create a message from an admin to a user or a lead."""
        assert set(body) == {"message_type", "body", "from", "to"}
        assert (body["message_type"], body["from"]) == ("in_app", {"type": "admin", "id": 31})
        assert body["to"] in [{"type": one["role"], "id": one["id"]} for one in (USER, LEAD)]
        self.messages.append(body)
        return Reply(200, {"type": "admin_message", "id": "19", "message_type": "inapp", "body": body["body"]})

    def posts(self, asked: Asked) -> bool:
        """Whether it writes."""
        return asked.path == "/messages"


def staged(stack: ExitStack, folder: Path) -> tuple[Api, Stage]:
    """Return the platform and the stage."""
    platform = stack.enter_context(Api())
    headers = {"Authorization": f"Bearer {TOKEN}", "Intercom-Version": "2.14"}
    http = httpx.Client(base_url=platform.url, headers=headers, timeout=PATIENCE, trust_env=False)
    messenger = EXAMPLE["Intercom"](stack.enter_context(http), 31)
    return platform, stack.enter_context(Stage(messenger, folder))


@pytest.mark.parametrize("case", [*SURE, *BLIND, Case((Fault.CUT_AFTER,), 1, "delivered", blind=True)], ids=str)
def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path) -> None:
    """What may have been sent is not sent again."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, case)
    assert actual == case.expected


@pytest.mark.parametrize(
    ("user", "to"),
    [("u-17", {"type": "user", "id": "64f0c0ffee"}), ("intercom:contact:1ead", {"type": "lead", "id": "1ead"})],
)
def test_to_whom_it_goes(user: str, to: dict[str, str], tmp_path: Path) -> None:
    """By the company's own id, or by Intercom's where that is all there is."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, Case((), 1, "delivered"), user=user)
        (message,) = platform.messages
    assert (actual, message["to"]) == ((1, ["delivered"]), to)


def test_who_looked_for_too_long_says_nothing(tmp_path: Path) -> None:
    """The confirmation is too old by the time the contact is found."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        real = stage.messenger.post
        late: list[Offer] = []

        def post(offer: Offer) -> Posted:
            late.append(offer)
            return real(replace(offer, late=lambda: len(late) < 3))

        object.__setattr__(stage.messenger, "post", post)
        decision_id = stage.offer()
        stage.work()
        actual = (len(late), len(platform.messages), stage.outcomes(decision_id), len(platform.asked))
    assert actual == (3, 1, ["delivered"], 4)


def test_what_is_no_html_stays_none(tmp_path: Path) -> None:
    """Intercom reads the body as HTML: a sign of it is written as one."""
    text = "Stock < 5 & falling"
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        data = {"user_id": "u-17", "channel": "chat", "purpose": "progress_update", "session_id": None, "text": text}
        more = {"expires_at": stage.clock(), "raw": {}}
        posted = stage.messenger.post(Offer(decision_id="d-1", **data, **more))
        bodies = [one["body"] for one in platform.messages]
    assert (posted.verdict, bodies) == (Verdict.DELIVERED, ["<p>Stock &lt; 5 &amp; falling</p>"])


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/contacts/search", Reply(500)),
        ("/contacts/search", Reply(408)),
        ("/contacts/search", Reply(200, {"type": "list", "data": []})),
        ("/contacts/search", Reply(200, {"type": "list", "data": [USER, LEAD]})),
        ("/contacts/search", Reply(200, ["nonsense"])),
        ("/contacts/search", Reply(429)),
        ("/messages", Reply(404, {"type": "error.list", "errors": [{"code": "not_found"}]})),
        ("/messages", Reply(429)),
    ],
    ids=[
        "search fails",
        "search is slow",
        "nobody yet",
        "two",
        "nonsense",
        "too many searches",
        "nobody to write to yet",
        "too many",
    ],
)
@pytest.mark.parametrize("for_good", [False, True])
def test_what_was_not_sent_is_tried_again(path: str, reply: Reply, *, for_good: bool, tmp_path: Path) -> None:
    """A contact that is new is there minutes later; and where it never is, that is said."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        left = [reply]
        platform.instead = lambda asked: (
            None if asked.path != path else reply if for_good else left.pop() if left else None
        )
        actual = played(stage, platform, Case((), 0, None))
    assert actual == ((0, ["not_delivered"]) if for_good else (1, ["delivered"]))


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_ended_loses_nothing(status: int, tmp_path: Path) -> None:
    """It is mended, and the message goes."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        left = [Reply(status, {"type": "error.list"})] * 3
        platform.instead = lambda _: left.pop() if left else None
        actual = played(stage, platform, Case((), 0, None))
    assert actual == (1, ["delivered"])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": "1795176010", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, timedelta(seconds=10)),
        ({"X-RateLimit-Reset": "1795175000", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, timedelta()),
        ({"X-RateLimit-Reset": "soon", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, None),
        ({"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, None),
    ],
    ids=["later", "passed", "no number", "none"],
)
def test_how_long_intercom_asks_us_to_wait(headers: dict[str, str], wait: timedelta | None) -> None:
    """By its own clock."""
    actual = EXAMPLE["_heard"](Posted(Verdict.AGAIN), httpx.Response(429, headers=headers))
    assert actual == Posted(Verdict.AGAIN, wait)


def test_other_channels_are_left_to_others(tmp_path: Path) -> None:
    """It is acknowledged; nothing is sent, and nothing is reported."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        decision_id = stage.offer(channel="email")
        stage.work()
        actual = (platform.asked, stage.outcomes(decision_id))
    assert actual == ([], [])

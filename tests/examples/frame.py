"""The stage for examples: the real Outreach in this process, a relay, and a platform's API that misbehaves as told.

A test of an example writes the platform's fake, which checks what it is asked against the platform's documentation:

    class Chatwoot(Platform):
        def answer(self, asked: Asked) -> Reply:
            assert asked.headers["api_access_token"] == TOKEN
            if asked.method == "POST" and asked.path == "/api/v1/accounts/1/conversations/10/messages":
                self.messages.append(asked.json()["content"])        # what the customer sees
                return Reply(200, {"id": 7})
            ...

        def posts(self, asked: Asked) -> bool:                       # the one request that makes a message
            return asked.method == "POST" and asked.path.endswith("/messages")

and asserts for every `CASES` that there is one message at most, and what is on record:

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path) -> None:
        with Chatwoot() as platform, Stage(messenger(platform.url), tmp_path) as stage:
            assert played(stage, platform, case) == case.expected
"""

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

from serving.access.shared_secrets import secrets_of
from serving.client import Outreach
from serving.offers.offering import offer_body, signed
from serving.ports import Transaction
from serving.relay.messenger import Messenger
from serving.relay.relay import Relay
from serving.system import now
from tests.serving.listening import Listening, body_of, headers_of
from tests.serving.served import EVERYTHING, Served, Watch, app_of, consent

SECRET = "whsec_" + "b25lIHNlY3JldCB0aGF0IG5vYm9keSBoYXMgIQ=="
PATIENCE = 0.8  # seconds: the timeout that a messenger of a test should have; `SILENT` is longer
SILENT = 10.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, its header names in lower case; `path` without the query."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the platform answers: a status, JSON, more headers."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Fault(Enum):
    """What happens to a request that would make a message."""

    NONE = "none"
    BUSY = "429 with Retry-After"
    REFUSES = "4xx"
    FAILS = "5xx, not processed"
    CUT = "cut, not processed"
    FAILS_AFTER = "processed, then 5xx"
    SILENT_AFTER = "processed, then nothing"
    CUT_AFTER = "processed, then cut"


@dataclass(frozen=True)
class Case:
    """Faults one after the other, from the first try on, then none; the messages there are then, and what is reported.

    `blind`: the platform cannot be searched (`find` says None), and the same message posted twice would be two.
    """

    faults: tuple[Fault, ...]
    messages: int
    outcome: str | None
    blind: bool = False

    @property
    def expected(self) -> tuple[int, list[str]]:
        """What `played` returns."""
        return self.messages, [] if self.outcome is None else [self.outcome]

    def __str__(self) -> str:
        words = [fault.value for fault in self.faults] or ["no fault"]
        told = f"{len(words)} times {words[0]}" if len(words) > 3 else "; then ".join(words)
        return f"{told}; blind" if self.blind else told


CASES = (
    Case((), 1, "delivered"),
    Case((Fault.BUSY,), 1, "delivered"),
    Case((Fault.BUSY, Fault.BUSY, Fault.FAILS), 1, "delivered"),
    Case((Fault.REFUSES,), 0, "not_delivered"),
    Case((Fault.BUSY, Fault.REFUSES), 0, "not_delivered"),
    Case((Fault.FAILS,), 1, "delivered"),
    Case((Fault.CUT,), 1, "delivered"),
    Case((Fault.FAILS_AFTER,), 1, "delivered"),
    Case((Fault.SILENT_AFTER,), 1, "delivered"),
    Case((Fault.CUT_AFTER,), 1, "delivered"),
    Case((Fault.FAILS, Fault.CUT, Fault.SILENT_AFTER), 1, "delivered"),
    Case((Fault.BUSY,) * 200, 0, "not_delivered"),
)
BLIND = (  # nobody can say: it is not tried again, and counts as told
    Case((Fault.FAILS,), 0, "delivered", blind=True),
    Case((Fault.CUT,), 0, "delivered", blind=True),
    Case((Fault.SILENT_AFTER,), 1, "delivered", blind=True),
)


class Platform(Listening):
    """`with Chatwoot() as platform`: a real HTTP server on this machine; `messages` are what the customer sees."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.messages: list[Any] = []
        self.faults: list[Fault] = []
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """Check a request as the platform's API documents it, process it, and answer."""
        raise NotImplementedError

    def posts(self, asked: Asked) -> bool:
        """Whether this request makes a message: it is this one that faults happen to."""
        raise NotImplementedError

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request, or have its fault happen to it."""
        parts = urlsplit(request.path)
        asked = Asked(
            method=request.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers_of(request),
            body=body_of(request),
        )
        with self._lock:
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults and self.posts(asked) else Fault.NONE
            reply = self._reply(asked, fault)
        if fault is Fault.SILENT_AFTER:
            self.ended.wait(SILENT)
        if reply is None:
            request.close_connection = True
            return
        _say(request, reply)

    def _reply(self, asked: Asked, fault: Fault) -> Reply | None:
        """Process it or not, as the fault has it; None: the connection is cut."""
        instead = {
            Fault.BUSY: Reply(429, {"error": "slow down"}, {"Retry-After": "7"}),
            Fault.REFUSES: Reply(422, {"error": "no"}),
            Fault.FAILS: Reply(500, {"error": "no"}),
            Fault.CUT: None,
        }
        if fault in instead:
            return instead[fault]
        try:
            reply = self.answer(asked)
        except (AssertionError, LookupError, TypeError, ValueError) as error:
            self.wrong.append(f"{asked.method} {asked.path}: {type(error).__name__}: {error}")
            return Reply(400, {"error": "this is not as it is documented"})
        if fault is Fault.FAILS_AFTER:
            return Reply(502, {"error": "too late"})
        return None if fault is Fault.CUT_AFTER else reply


def _say(request: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = b"" if reply.body is None else json.dumps(reply.body).encode()
    request.send_response(reply.status)
    sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
    for name, text in sent.items():
        request.send_header(name, text)
    request.end_headers()
    request.wfile.write(body)


@dataclass
class InProcess(httpx.BaseTransport):
    """The way from a client to an API that is served in this process."""

    api: Served

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask it."""
        said = self.api.call(
            request.method,
            request.url.raw_path.decode(),
            key=None,
            headers=dict(request.headers),
            content=request.read(),
        )
        return httpx.Response(said.status_code, headers=said.headers, content=said.content)


class Stage:
    """`with Stage(messenger, folder) as stage`: Outreach and a relay by one clock, which stands until it is turned.

    The clock begins at the present instant, so that what a messenger signs or reads by the real clock is right.
    """

    def __init__(self, messenger: Messenger, folder: Path) -> None:
        self.clock = Watch(now())
        self.messenger = messenger
        self.book = folder / "relay.db"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.api = self._stack.enter_context(Served(app_of(clock=self.clock)))
        self.outreach = self._stack.enter_context(
            Outreach("http://test", EVERYTHING, transport=InProcess(self.api), clock=self.clock)
        )
        self.relay = self._opened()
        return self

    def __exit__(self, *_: object) -> None:
        self.relay.close()
        self._stack.close()

    def _opened(self) -> Relay:
        def passing() -> float:
            return self.clock().timestamp()

        return Relay(self.outreach, self.messenger, self.book, secret=SECRET, clock=self.clock, passing=passing)

    def restart(self) -> None:
        """Close the relay and open it again: what is not in its book is forgotten."""
        self.relay.close()
        self.relay = self._opened()

    def decided(self, number: int = 1, *, user: str = "u-17", **more: Any) -> str:
        """Decide about something critical, at any hour of the day; return the id of the send."""
        consent(self.api, user)
        answer = self.api.post("/v1/decisions", critical(number, self.clock(), user=user) | more)
        assert answer.json().get("action") == "send", answer.text
        return str(answer.json()["decision_id"])

    def deliver(self, decision_id: str, *, number: int = 1) -> int:
        """Deliver a decision's offer to the relay, signed as Outreach does; return the status that it answers."""
        headers, body = self.delivery(decision_id, number=number)
        return self.relay.take(headers, body)

    def delivery(self, decision_id: str, *, number: int = 1) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a delivery."""
        answer = self.api.call("POST", f"/v1/decisions/{decision_id}/confirm")
        assert answer.json()["action"] == "send", answer.text

        def body(transaction: Transaction) -> bytes:
            known = transaction.confirmable(decision_id)
            assert known is not None
            return offer_body(known.record, answer.content)

        offered = self.api._wait(self.api.app.state.api.loop.submit(lambda _, transaction: body(transaction)))
        return signed(f"offer_{number}_{decision_id}", self.clock(), offered, secrets_of(SECRET)), offered

    def offer(self, number: int = 1, **more: Any) -> str:
        """Decide and deliver; return the decision's id. More of a candidate: `channel="widget"`, `session=…`."""
        decision_id = self.decided(number, **more)
        assert self.deliver(decision_id, number=number) == 200
        return decision_id

    def work(self, until: timedelta = timedelta(days=4)) -> None:
        """Let time pass until nothing is left to do, or so much time has passed."""
        end = self.clock() + until
        self.relay.step()
        while (due := self.relay.book.next_due()) is not None and due <= end:
            self.clock.at = max(due, self.clock())
            self.relay.step()

    def outcomes(self, decision_id: str) -> list[str]:
        """Return what is on record of a decision."""
        record = self.api.get(f"/v1/decisions/{decision_id}").json()
        return [each["kind"] for each in record["outcomes"]]


def critical(number: int, at: datetime, *, user: str) -> dict[str, Any]:
    """Return a candidate that waits for no hour of the day and for no model."""
    facts = {"amount": f"EUR {number}"}
    return {
        "user": {"id": user},
        "purpose": "account_event",
        "channel": "chat",
        "evidence": {"type": "account.fraud_suspected", "id": f"ev-{number}", "time": at.isoformat(), "data": facts},
        "message": {"template": "fraud_suspected", "facts": facts},
    }


def played(stage: Stage, platform: Platform, case: Case, **more: Any) -> tuple[int, list[str]]:
    """Offer one message under a case's faults; return how many messages there are, and what is on record of it."""
    platform.faults = list(case.faults)
    decision_id = stage.offer(**more)
    stage.work()
    assert platform.wrong == []
    return len(platform.messages), stage.outcomes(decision_id)

"""A company in a few lines: its own templates and triggers, customers, what happens to them, and what is said then.

Everything goes through the HTTP API of an app in this process; the clock stands until a test turns it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from serving.fakes import FakeScorer
from serving.policy_files.strict_yaml import document
from serving.settings import Settings
from tests.copied import in_memory
from tests.occasions import mostly
from tests.serving.served import NOON, Served, Watch, app_of, with_keys

parsed = lru_cache(16)(document)  # who tests one company a hundred times has its file parsed once; nobody changes it
CHANNELS = ("chat", "push", "sms", "email", "whatsapp")
SHARES = mostly("model")
Said = tuple[str, list[str]]


def said(*decisions: Mapping[str, Any]) -> list[Said]:
    """Return action and reason codes of each."""
    return [(one["action"], [no["code"] for no in one["reasons"]]) for one in decisions]


@dataclass
class Shop:
    """What a company does with us: it tells what happens, and acts on what is to be sent."""

    api: Served
    clock: Watch
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    seen: int = 0

    def event(self, kind: str, user: str | None, *, ago: float = 0, name: str | None = None, **data: Any) -> Any:
        """Return an event of so many seconds ago as it is sent; `name` is its id."""
        body = {
            "specversion": "1.0",
            "source": "shop",
            "id": name or f"ev-{next(self.numbers)}",
            "type": kind,
            "time": (self.clock.at - timedelta(seconds=ago)).isoformat(),
            "data": data,
        }
        return body if user is None else body | {"subject": user}

    def tells(self, *events: Any) -> list[dict[str, Any]]:
        """Send events in one request; return its decisions."""
        answer = self.answer(*events)
        assert answer["rejected"] == [], answer["rejected"]
        decisions: list[dict[str, Any]] = answer["decisions"]
        return decisions

    def answer(self, *events: Any) -> dict[str, Any]:
        """Send events in one request; return the whole answer."""
        answer = self.api.post("/v1/events", list(events))
        assert answer.status_code == 202, answer.text
        values: dict[str, Any] = answer.json()
        return values

    def happens(self, kind: str, user: str | None = "u-1", **given: Any) -> list[Said]:
        """Let one thing happen; return action and codes of each decision."""
        return said(*self.tells(self.event(kind, user, **given)))

    def knows(self, *users: str, zone: str | None = "Europe/Paris", consent: bool = True) -> None:
        """Let these customers have told their time zone, and yes (or no) to every channel."""
        for user in users:
            body = {"timezone": zone, "consent": dict.fromkeys(CHANNELS, consent)}
            answer = self.api.call("PUT", f"/v1/users/{user}/preferences", json=body)
            assert answer.status_code == 200, answer.text

    def visits(self, page: str = "pricing", *, session: str = "s-1", user: str | None = "u-1") -> list[Said]:
        """Let a session begin on a page, now."""
        of_session: dict[str, Any] = {"session": session, "page": page}
        return said(
            *self.tells(
                self.event("session.started", user, **of_session), self.event("page.viewed", user, **of_session)
            )
        )

    def stays(
        self, seconds: float, page: str = "pricing", *, session: str = "s-1", user: str | None = "u-1"
    ) -> list[dict[str, Any]]:
        """Let so many seconds pass on a page, and the widget tell so; return the decisions."""
        self.clock.turn(seconds=seconds)
        return self.tells(self.event("page.dwelled", user, session=session, page=page, seconds=seconds))

    def leaves(self, page: str = "pricing", *, session: str = "s-1", user: str | None = "u-1") -> list[dict[str, Any]]:
        """Let the pointer go for the window's edge; return the decisions."""
        return self.tells(self.event("exit.intended", user, session=session, page=page))

    def reports(self, decision: Mapping[str, Any], kind: str) -> None:
        """Report what became of a message."""
        outcome = {"decision_id": decision["decision_id"], "kind": kind, "time": self.clock.at.isoformat()}
        answer = self.api.post("/v1/outcomes", outcome)
        assert answer.json()["accepted"] == 1, answer.text

    def ticks(self, **later: float) -> int:
        """Do what is due after so much time (a timedelta's arguments); return how much that was."""
        self.clock.turn(**later)
        done: int = self.api._wait(self.api.app.state.api.timekeeper.tick())
        return done

    def offered(self) -> list[dict[str, Any]]:
        """Return the decisions that were offered since this was asked last."""
        page = self.api.get(f"/v1/offers?cursor={self.seen}&limit=1000").json()["offers"]
        self.seen = page[-1]["number"] if page else self.seen
        return [offer["decision"] for offer in page]

    def became(self, decision: Mapping[str, Any]) -> Said:
        """Return what was said last of a decision, with its codes."""
        record = self.api.get(f"/v1/decisions/{decision['decision_id']}").json()
        last = (record["confirmations"] or [record])[-1]
        return last["action"], [no["code"] for no in last["reasons"]]

    def texts(self) -> list[tuple[str, str]]:
        """Return customer and text of what was offered since this was asked last."""
        return [(one["user"]["id"], one["message"]["text"]) for one in self.offered()]


@contextmanager
def shop(folder: Path, policy: str, *, at: datetime = NOON, limits: Mapping[str, Any] | None = None) -> Iterator[Shop]:
    """Open a company with this policy file; an admin approves its templates."""
    (folder / "policy").mkdir(exist_ok=True)
    (folder / "policy" / "shop.yaml").write_text(policy, encoding="utf-8")
    clock = Watch(at)
    settings = Settings(policy=folder / "policy", shares=SHARES, limits=limits or {})
    scorer = FakeScorer(cutoff=0.004, shares=SHARES)
    ledger = with_keys(in_memory(now=at, salt=b"a fixed salt for tests"), at)
    with patch("serving.policy_files.strict_yaml.document", parsed):
        app = app_of(ledger, clock=clock, scorer=scorer, settings=settings)
    with Served(app) as api:
        for template in api.get("/v1/approvals").json()["templates"]:
            answer = api.post("/v1/approvals", {"template": template["template"]})
            assert answer.status_code == 200, answer.text
        yield Shop(api, clock)

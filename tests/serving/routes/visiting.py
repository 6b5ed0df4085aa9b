"""A page of a shop: what its script sends with the widget's key, and with what session."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from serving.settings import Settings
from tests.serving.routes.refusing import ALWAYS
from tests.serving.served import NOON, ORIGIN, Served, token

SECRET = b"a secret of the shop's own server"
SETTINGS: Settings = replace(ALWAYS, shipped_triggers=True, widget_secret="whsec_" + base64.b64encode(SECRET).decode())
DRAWN = "session-that-the-page-drew-itself-1"
VISITOR = "visitor-" + "v" * 22
SOURCE = "urn:outreach:widget:key-widget"


def signed(user: str = "u-17", session: str = "s-1", **more: Any) -> str:
    """Sign a session for an hour as the shop's server does."""
    claims = {"sid": session, "sub": user, "aud": ORIGIN, "exp": (NOON + timedelta(hours=1)).timestamp()} | more
    return jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET)


@dataclass
class Page:
    """A page that is open: its script asks with the widget's key, from this origin, for this session."""

    api: Served
    session: str = DRAWN
    says: str | None = None  # in the header; None: the session as it was drawn
    subject: str | None = VISITOR
    origin: str | None = ORIGIN
    key: str = "widget"

    def headers(self, **more: str) -> dict[str, str]:
        """Return what the browser and the script put into the head of a request."""
        given = {"Outreach-Session": self.says or self.session} | (
            {} if self.origin is None else {"Origin": self.origin}
        )
        return given | more

    def post(self, path: str, body: Any, **more: str) -> httpx.Response:
        """Post JSON."""
        return self.api.post(path, body, key=token(self.key), headers=self.headers(**more))

    def event(self, name: str, kind: str = "page.viewed", *, at: datetime = NOON, **more: Any) -> dict[str, Any]:
        """Return an event of this page."""
        about = {} if self.subject is None else {"subject": self.subject}
        data = {"session": self.session, "page": "pricing"} | more.pop("data", {})
        said = {"specversion": "1.0", "id": name, "type": kind, "time": at.isoformat(), "data": data}
        return said | about | more

    def dwelled(self, name: str = "dwelled") -> list[dict[str, Any]]:
        """Return the events of a visitor who is on the page of prices for a while."""
        begun = self.event(f"{name}-0", "session.started", at=NOON - timedelta(minutes=1))
        return [begun, self.event(name, "page.dwelled", data={"seconds": 40})]

    def shown(self, name: str = "dwelled") -> dict[str, Any]:
        """Stay on the page until something is shown; return the decision as the page hears it."""
        answer = self.post("/v1/events", self.dwelled(name))
        assert answer.status_code == 202, answer.text
        (decision,) = answer.json()["decisions"]
        heard: dict[str, Any] = decision
        return heard

    def confirm(self, decision_id: str) -> httpx.Response:
        """Ask whether it may still be shown."""
        return self.api.call(
            "POST", f"/v1/decisions/{decision_id}/confirm", key=token(self.key), headers=self.headers()
        )

    def report(self, decision_id: str, kind: str = "engaged", **more: Any) -> dict[str, Any]:
        """Report what followed; return what became of it."""
        outcome = {"decision_id": decision_id, "kind": kind, "time": NOON.isoformat()} | more
        answer = self.post("/v1/outcomes", outcome)
        assert answer.status_code == 202, answer.text
        told: dict[str, Any] = answer.json()
        return told

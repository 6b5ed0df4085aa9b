"""Opening the demo's shop: an API for its pages on the demo's ledger, a widget's key, and Anna, whom it knows.

The shop has an API of its own because there the shipped triggers are asked. At the demo's other one nothing is decided
unasked: its scenes and the README's lines report an event, and then ask about it themselves. Both have the same ledger,
model and keys. A page says one thing in a visit; so that it is what the page is about, and not the greeting of a first
visit, `onboarding` is switched off here.
"""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, Final

from model.contracts import Channel
from model.errors import Unavailable
from serving.access.keys import WIDGET, Bounds, key_record
from serving.cli.scenes import ABOUT, LIVELY, zone_where
from serving.cli.shop.pages import in_words
from serving.cli.shop.site import Site
from serving.cli.shop.visits import CUSTOMER, Visits
from serving.ledger import open_ledger
from serving.settings import Settings
from serving.system import new_id, new_salt, new_token, now

PORTS: Final = (*range(8090, 8100), 0)
FIRST_PARCEL: Final = 31
SOURCE: Final = "urn:demo:parcels"
NOT_ON_PAGE: Final = "No page: none of Anna's has said yet that it is open, or something was said in this visit."
Ask = Callable[[str, str, dict[str, Any] | None], Any]  # method, path, body: of the shop's API, with the demo's key


def bound() -> Site:
    """Take a port of this machine for the shop; of several demos each has its own."""
    for port in PORTS:
        try:
            return Site(port)
        except OSError:
            continue
    raise Unavailable("no port of 127.0.0.1 is free for the demo's shop; stop a program that listens there")


def settings_of(settings: Settings, port: int) -> Settings:
    """Return the settings of the shop's API, with a secret of its own to sign visits with."""
    secret = "whsec_" + base64.b64encode(new_salt()).decode()
    off = {**settings.limits, "switched_off": ["onboarding"]}
    return replace(settings, port=port, shipped_triggers=True, widget_secret=secret, limits=off)


def key_of(site: Site, settings: Settings) -> str:
    """Make a widget's key for the pages of the shop."""
    token = new_token()
    bounds = Bounds(origin=site.origin)
    ledger = open_ledger(settings.ledger, now=now(), salt=new_salt(), create=False)
    with ledger.transaction() as tx:
        tx.add_key(key_record(token, key_id=new_id(now()), name="demo shop", scopes=[WIDGET], at=now(), bounds=bounds))
    ledger.close()
    return token


@contextmanager
def opened(site: Site, settings: Settings, ask: Ask) -> Iterator[None]:
    """Serve the shop while the block runs; `settings` are those of its API, which is ready."""
    secret = base64.b64decode((settings.widget_secret or "").removeprefix("whsec_"))
    site.api = f"http://{settings.host}:{settings.port}"
    site.key = key_of(site, settings)
    site.visits = Visits(origin=site.origin, secret=secret, clock=now, draw=new_token)
    shop = Server(ask, now)
    site.late, site.over = shop.late, shop.over
    introduce(ask, now())
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


def introduce(ask: Ask, at: datetime) -> None:
    """Tell the API what the shop knows of Anna: where it is day for her, and how she uses the shop.

    She agreed to no messages outside the shop's pages: what is not for a page now waits for it, and goes nowhere else.
    """
    said = {"timezone": zone_where(14, at), "consent": {"chat": False}}
    ask("PUT", f"/v1/users/{CUSTOMER}/preferences", said)
    ask("POST", "/v1/events", _event("customer.identified", "anna-1", at, {"traits": {**ABOUT, **LIVELY}}))


@dataclass(frozen=True, slots=True)
class Server:
    """What the shop's server reports: each time the button is pressed the next parcel is late."""

    ask: Ask
    clock: Callable[[], datetime]
    numbers: Iterator[int] = field(default_factory=lambda: count(FIRST_PARCEL))

    def late(self) -> list[str]:
        """Tell the API that the next parcel is late; return what was decided, in words."""
        parcel = f"A-{next(self.numbers)}"
        facts = {"parcel": parcel, "new_eta": "Friday", "delay_hours": 26}
        try:
            answer = self.ask("POST", "/v1/events", _event("shipment.delayed", parcel, self.clock(), facts))
        except (Unavailable, OSError):
            return [f"Parcel {parcel}: the API did not answer, so nothing is said."]
        on_page = any(decision["channel"] == Channel.WIDGET for decision in answer["decisions"])
        return [*map(in_words, answer["decisions"]), *([] if on_page else [NOT_ON_PAGE])]

    def over(self, session: str) -> None:
        """Tell the API that a visit is over; where it does not answer, half an hour of silence will."""
        with suppress(Unavailable, OSError):
            self.ask("POST", "/v1/events", _event("session.ended", session, self.clock(), {"session": session}))


def _event(kind: str, name: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    said = {"specversion": "1.0", "source": SOURCE, "id": f"{kind}-{name}", "type": kind, "subject": CUSTOMER}
    return said | {"time": at.isoformat(), "data": data}

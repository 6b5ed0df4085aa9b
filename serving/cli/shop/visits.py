"""Who visits the demo's shop: signed-in visits, each signed for the widget as a shop's own server does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import jwt

CUSTOMER: Final = "anna"
SIGNED_FOR: Final = timedelta(hours=12)  # longer than a page is left open; each page that is loaded has it signed anew
IDLE: Final = timedelta(minutes=30)  # a visit is over then, and the next page begins another


@dataclass(slots=True)
class Visit:
    """One visit of Anna's: its session, when it was last seen, and what was decided when her parcel was late."""

    session: str
    seen: datetime
    news: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The visits that go on, by what their browser shows; `secret` is the setting `widget_secret`, decoded."""

    origin: str
    secret: bytes = field(repr=False)
    clock: Callable[[], datetime]
    draw: Callable[[], str]
    known: dict[str, Visit] = field(default_factory=dict)

    def begin(self) -> str:
        """Sign Anna in; return what her browser is to show from now on."""
        shown = self.draw()
        self.known[shown] = Visit(self.draw(), self.clock())
        return shown

    def end(self, *shown: str) -> list[str]:
        """Sign her out in these browsers; return the sessions that are over."""
        ended = [self.known.pop(one, None) for one in shown]
        return [visit.session for visit in ended if visit is not None]

    def of(self, shown: str) -> Visit | None:
        """Return the visit that a browser shows, None where it shows none; after half an hour it is a new one."""
        visit = self.known.get(shown)
        if visit is None:
            return None
        if self.clock() - visit.seen >= IDLE:
            visit.session, visit.news = self.draw(), ()
        visit.seen = self.clock()
        return visit

    def signed(self, visit: Visit) -> str:
        """Sign a visit for the widget: this page, this session, this customer, until then (docs/keys.md)."""
        ends = int((self.clock() + SIGNED_FOR).timestamp())
        claims = {"aud": self.origin, "sid": visit.session, "sub": CUSTOMER, "exp": ends}
        return jwt.encode(claims, self.secret, algorithm="HS256")

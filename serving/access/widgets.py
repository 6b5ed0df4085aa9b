"""What a widget's key may do: it stands in a public page, so what it says counts for one session alone. Pure.

The header `Outreach-Session` names that session. Either the page drew it, too long to be guessed: then it speaks for
nobody. Or the shop's own server signed it, as a compact JWS: then it speaks for the customer that it names.

    alg   HS256, under the setting `widget_secret` (one of several)
    aud   the page, as the key's origin
    sid   the session
    sub   the customer
    exp   when it ends, at most 24 hours ahead (`nbf`, where it is there: when it begins)

Whatever else stands in it is not read.

What a page drew is never the same session as what was signed, nor as what a page of another key drew, however alike
their names are: it is on record as `drawn:KEY_ID:SESSION`, and no `sid` has a colon. A signed session is the company's
own, on record under the name that its servers use.
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from model.contracts import JSON, Channel, Event, Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.events.catalogue import TYPES
from serving.strict_json import NotJson, parse

LONGEST: Final = 2048  # characters of the header
AHEAD_SECONDS: Final = 24 * 3600
DRAWN: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
SIGNED: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
NAMED: Final = re.compile(r"[A-Za-z0-9._~-]{1,128}")  # a session, as the shop calls it
VISITOR: Final = re.compile(r"visitor-[A-Za-z0-9_-]{22,128}")
FAMILIES: Final = ("page.", "exit.", "session.")
DISMISSED: Final = "message.dismissed"
REPORTED: Final = frozenset({*(name for name in TYPES if name.startswith(FAMILIES)), DISMISSED})
KINDS: Final = frozenset(
    {
        *(OutcomeKind.DELIVERED, OutcomeKind.NOT_DELIVERED, OutcomeKind.ENGAGED, OutcomeKind.THANKED),
        *(OutcomeKind.DISMISSED, OutcomeKind.OPTED_OUT),
    }
)
NO_FIGURES: Final = ("answer", "benefit", "complaint_effect", "opt_out", "net_benefit", "cutoff")
Verify = Callable[[str], bytes | None]  # of a compact JWS, what was signed under one of the secrets; None: it was not


@dataclass(frozen=True, slots=True)
class Visit:
    """Whom a request with a widget's key speaks for: one session of one page, and a customer, or nobody."""

    key_id: str
    session: str
    user: str | None = None

    @property
    def source(self) -> str:
        """The source of its events: no other sender's, so that no id of theirs can be taken."""
        return f"urn:outreach:widget:{self.key_id}"

    @property
    def recorded(self) -> str:
        """The session's name on record: the company's own where it signed, else one that nobody else can have."""
        return self.session if self.user is not None else f"drawn:{self.key_id}:{self.session}"

    @property
    def digest(self) -> str:
        """What stands for the session and its customer where their names are not wanted."""
        return hashlib.sha256(f"{self.recorded}\x00{self.user or ''}".encode()).hexdigest()[:32]

    def wrong_event(self, event: Event) -> tuple[str, str] | None:
        """Return where and why an event is not this visit's to report, or None."""
        if event.type not in REPORTED:
            return "#/type", f"a widget reports {', '.join(f'`{name}`' for name in sorted(REPORTED))} only"
        if event.source != self.source:
            return "#/source", f"must be `{self.source}`, or be left out"
        if event.data.get("session") != self.session:
            return "#/data/session", "must be the session that `Outreach-Session` names"
        if self.user is not None and event.subject != self.user:
            return "#/subject", "must be the customer whom `Outreach-Session` names"
        if self.user is None and event.subject is not None and not VISITOR.fullmatch(event.subject):
            return "#/subject", "must be left out, or be `visitor-` and 22 or more letters and digits that were drawn"
        return None

    def wrong_outcome(self, outcome: Outcome) -> tuple[str, str] | None:
        """Return where and why an outcome is not a widget's to report, or None."""
        if outcome.decision_id is None:
            return "#/decision_id", "a widget reports what followed a decision, and names it"
        if outcome.kind not in KINDS:
            return "#/kind", f"a widget reports {', '.join(sorted(KINDS))}"
        if outcome.channel not in (None, Channel.WIDGET):
            return "#/channel", f"must be `{Channel.WIDGET}`, or be left out"
        return None

    def speaks_for(self, subject: str | None, customer: Callable[[str], str]) -> bool:
        """Return whether an event may be about this subject, now that it is known who that is.

        A visitor who turned out to be a customer is one: whoever speaks for nobody does not speak for them.
        """
        return self.user is not None or subject is None or VISITOR.fullmatch(customer(subject)) is not None

    def owns(self, record: Mapping[str, JSON], customer: Callable[[str], str], owner: Callable[[str], str]) -> bool:
        """Return whether a decision on record is of this session, on channel widget, and about whom it speaks for.

        That is the very customer for whom the session was signed, by whatever name; where nobody signed, a visitor whom
        nobody knows. `customer` says whom an id stands for that comes in, `owner` whose a record under it is.
        """
        candidate = record.get("candidate")
        if not isinstance(candidate, Mapping) or candidate.get("channel") != Channel.WIDGET:
            return False
        user = candidate.get("user_id")
        if candidate.get("session_id") != self.recorded or not isinstance(user, str):
            return False
        theirs = owner(user)
        if self.user is None:
            return VISITOR.fullmatch(theirs) is not None and customer(user) == theirs
        return theirs == customer(self.user)


def visit_of(header: str, *, key_id: str, origin: str, verify: Verify, now: datetime) -> Visit:
    """Return whom the header speaks for.

    Raises:
        InvalidInput: it is neither drawn nor signed, or what was signed does not hold here and now.
    """
    if DRAWN.fullmatch(header):
        return Visit(key_id, header)
    if len(header) > LONGEST or not SIGNED.fullmatch(header):
        raise InvalidInput(
            "it is neither 32 to 128 letters and digits that the page drew, nor a signed session; send one of them"
        )
    payload = verify(header)
    if payload is None:
        raise InvalidInput("its signature is not HS256 under `widget_secret`; sign it with that")
    try:
        claims = parse(payload)
    except NotJson:
        claims = None
    if not isinstance(claims, dict):
        raise InvalidInput("what was signed is no JSON object with each name once; sign one")
    _holds(claims, origin, now.timestamp())
    return Visit(key_id, str(claims["sid"]), str(claims["sub"]))


def _holds(claims: Mapping[str, JSON], origin: str, now: float) -> None:
    """Refuse what was signed for another page or time, or does not name a session and a customer."""
    session, user = claims.get("sid"), claims.get("sub")
    if claims.get("aud") != origin:
        raise InvalidInput("`aud` must be the origin of the page")
    if not isinstance(session, str) or not NAMED.fullmatch(session):
        raise InvalidInput("`sid` must be 1 to 128 letters, digits and `._~-`")
    if not isinstance(user, str) or not user.strip() or len(user) > 256 or "\x00" in user:
        raise InvalidInput("`sub` must be a customer's id of 1 to 256 characters")
    ends, begins = _instant(claims, "exp"), _instant(claims, "nbf")
    if ends is None or ends <= now:
        raise InvalidInput("`exp` is missing or over; have the session signed again")
    if ends > now + AHEAD_SECONDS:
        raise InvalidInput("`exp` is more than 24 hours ahead; sign for a shorter time")
    if begins is not None and begins > now:
        raise InvalidInput("`nbf` is still to come; leave it out, or set the clock of who signs")


def _instant(claims: Mapping[str, JSON], name: str) -> float | None:
    """Return seconds since 1970, None where nothing is said; anything else than a number never holds."""
    said = claims.get(name)
    if said is None:
        return None
    good = isinstance(said, int | float) and not isinstance(said, bool) and abs(said) < 2**53
    return float(said) if good and isinstance(said, int | float) else math.inf


def trimmed(decision: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a decision as a page may hear it: what to do, and nothing of why.

    Example:
        >>> said = trimmed({"trigger": True, "reasons": ["a"], "customer_would_thank": {"asked": True, "benefit": 0.1}})
        >>> said["reasons"], said["customer_would_thank"]["benefit"]
        ([], None)
    """
    return {
        **decision,
        "agent_would_send": {"answer": decision["trigger"], "reasons": []},
        "customer_would_thank": {"asked": False} | dict.fromkeys(NO_FIGURES),
        "reasons": [],
        "arm": None,
        "logging_propensity": None,
        "model_version": None,
    }


def shown(visit: Visit, decision: Mapping[str, JSON], *, user: str | None) -> dict[str, JSON]:
    """Return a decision as this visit hears it: `user` and session as it names them, evidence only of its own."""
    evidence = decision["evidence"]
    own = isinstance(evidence, Mapping) and evidence.get("source") == visit.source
    here = {"user": {"id": user}, "session": {"id": visit.session}, "evidence": evidence if own else None}
    return trimmed(decision) | here


def hears(visit: Visit, decisions: Sequence[Mapping[str, JSON]], subjects: Mapping[str, str | None]) -> list[JSON]:
    """Return those of the decisions on its events that a visit hears of: what is shown in its session now.

    `subjects` are the customers as its events named them, by the event's id: who they turned out to be stays here, as
    does the session's name on record.
    """
    heard: list[JSON] = []
    for decision in decisions:
        evidence, session = decision["evidence"], decision["session"]
        where = session.get("id") if isinstance(session, dict) else None
        if decision["action"] == "send" and decision["channel"] == Channel.WIDGET and where == visit.recorded:
            named = str(evidence["id"]) if isinstance(evidence, dict) else ""
            heard.append(shown(visit, decision, user=subjects.get(named)))
    return heard

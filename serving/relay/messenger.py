"""What a relay knows of a chat platform: whether an offer is for it, how one is posted, and how it is found again.

A platform is a `Messenger` of one's own; `docs/examples/` has some. Its answers are read by `judged`:

    2xx                                               delivered
    429, 425                                          again, and not before `Retry-After`
    401, 403, 404, 407                                again: a token or an address to be mended, or not there yet
    no connection at all                              again
    every other 4xx but 408, 409 and 499              refused
    whatever else                                     unsure: it may have been processed all the same

A 404 is no refusal, since an address that is wrong says it of every offer; none of those was processed, so that nothing
is lost by a wait. What is only looked up before a message is posted is read by `before_posting`: never unsure.

Example:
    >>> judged(httpx.Response(422)).verdict
    <Verdict.REFUSED: 'refused'>
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, StrEnum
from typing import Final, Protocol

import httpx

from model.contracts import JSON
from model.errors import InvalidInput
from serving.offers.offering import SEND
from serving.offers.waits import retry_after
from serving.strict_json import parse
from serving.system import EPOCH

EARLY: Final = 425
BUSY: Final = 429
TO_MEND: Final = (401, 403, 404, 407)
CONFLICTS: Final = (408, 409, 499)  # 408 and 499 proxies say of what is behind them; 409 may be of our own earlier try
log = logging.getLogger(__name__)
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Verdict(StrEnum):
    """What one try came to."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # it was not processed, and never will be
    AGAIN = "again"  # it was certainly not processed; later it may be
    UNSURE = "unsure"  # it may have been processed


class Found(Enum):
    """What `find` says where it cannot look, and need not."""

    REPEATABLE = "repeatable"  # the platform drops a repeat: it may be posted again, whether it is there or not


@dataclass(frozen=True, slots=True)
class Posted:
    """One try; `wait` is how long the platform asked us to wait."""

    verdict: Verdict
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A message that may be sent until `expires_at`; `raw` is all that the webhook says of it.

    `maybe`: an earlier try may have been processed, and is repeated since `find` said `REPEATABLE`. `late()`: the
    confirmation is too old by now; whoever looked something up asks it just before the message goes.
    """

    decision_id: str
    user_id: str
    channel: str
    purpose: str
    session_id: str | None
    text: str = field(repr=False)
    expires_at: datetime
    raw: Mapping[str, JSON] = field(repr=False)
    maybe: bool = False
    late: Callable[[], bool] = field(default=lambda: False, repr=False, compare=False)


class Messenger(Protocol):
    """One platform. Nothing here need be tried twice, or raise: the relay decides what comes next.

    Each call is made on a thread of its own, and left to itself where it hangs: then another may run beside it.
    """

    def takes(self, offer: Offer) -> bool:
        """Whether an offer is for this platform; what is not is acknowledged, and left to others."""

    def post(self, offer: Offer) -> Posted:
        """Try once, and mark the message with the decision's id where the platform can keep it."""

    def find(self, offer: Offer) -> bool | Found | None:
        """Whether a message with that mark is there; None: cannot say. False is believed: no try was processed."""


def offer_of(body: bytes) -> Offer | None:
    """Read the body of a webhook; None where it is about something else.

    Raises:
        InvalidInput: it is no JSON, or what an offer must say is missing.
    """
    whole = parse(body)
    if not isinstance(whole, dict) or whole.get("type") != SEND:
        return None
    try:
        return _offer(whole["data"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"this offer cannot be read: {type(error).__name__}; upgrade this program where a newer version sends"
        ) from None


def worded(body: bytes, text: str) -> bytes:
    """Return the body with the words that are said now: a message is looked for by what was posted."""
    whole = parse(body)
    whole["data"]["message"]["text"] = text
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _offer(data: JSON) -> Offer:
    session = data.get("session")
    expires_at = datetime.fromisoformat(data["expires_at"])
    if expires_at.tzinfo is None:
        raise ValueError
    return Offer(
        decision_id=_text(data, "decision_id"),
        user_id=_text(data["user"], "id"),
        channel=_text(data, "channel"),
        purpose=_text(data, "purpose"),
        session_id=None if session is None else _text(session, "id"),
        text=_text(data["message"], "text"),
        expires_at=expires_at,
        raw=data,
    )


def _text(of: JSON, name: str) -> str:
    text = of[name]
    if not isinstance(text, str) or not text:
        raise TypeError
    return text


def judged(answer: httpx.Response | Exception) -> Posted:
    """Return what a platform's answer to one try means, or what became of the try without an answer."""
    if isinstance(answer, Exception):
        return Posted(Verdict.AGAIN if isinstance(answer, NOT_SENT) else Verdict.UNSURE)
    if answer.is_success:
        return Posted(Verdict.DELIVERED)
    if answer.status_code in (EARLY, BUSY):
        return Posted(Verdict.AGAIN, _wait(answer.headers))
    if answer.status_code in TO_MEND:
        log.error("the platform answers %d: are the token and the address right?", answer.status_code)
        return Posted(Verdict.AGAIN, _wait(answer.headers))
    refused = answer.is_client_error and answer.status_code not in CONFLICTS
    return Posted(Verdict.REFUSED if refused else Verdict.UNSURE)


def before_posting(failed: httpx.Response | Exception) -> Posted:
    """Return what a look-up that failed means, by an answer or an error: nothing was posted, it is tried again."""
    answer = failed.response if isinstance(failed, httpx.HTTPStatusError) else failed
    if not isinstance(answer, httpx.Response):
        log.warning("a look-up failed: %s", type(answer).__name__)
        return Posted(Verdict.AGAIN)
    judged(answer)  # says in the log what is to be mended
    return Posted(Verdict.AGAIN, _wait(answer.headers))


def _wait(headers: httpx.Headers) -> timedelta | None:
    """Return what `Retry-After` asks for; a date is read by the platform's own clock, where it shows one."""
    asked = headers.get("retry-after")
    try:
        return retry_after(asked, parsedate_to_datetime(headers.get("date", "")))
    except ValueError:
        return retry_after(asked, EPOCH) if asked and asked.isdecimal() else None

"""Signing in: an API key becomes a cookie, whose token the ledger knows by its hash; forms prove where they come from.

    cookie       HttpOnly, SameSite=Lax, Path=/console, Secure where the page came by https; ends with the browser
    session      12 hours, or until signed out, or until its key is over: every request looks
    form token   HMAC-SHA256 of the session's token: nobody else's page can know it
    origin       a form of another page is refused, whatever its token: by `Sec-Fetch-Site`, which no page can set, else
                 by `Origin`, which must be the host that was asked (a proxy may name another one)

Sources: OWASP Session Management and Cross-Site Request Forgery Prevention cheat sheets.
"""

import hashlib
import hmac
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from serving.access.keys import digest
from serving.errors import Forbidden
from serving.ports import KeyRecord
from serving.routes.api import api_of

COOKIE: Final = "outreach_console"
_FORMS: Final = b"a form of the console"
FORGED: Final = "this form was sent by another page, or is old; open the page again and send it once more"


def form_token(token: str) -> str:
    """Return what a form of this session carries."""
    return hmac.new(token.encode(), _FORMS, hashlib.sha256).hexdigest()


async def session_of(request: Request, token: str) -> KeyRecord | None:
    """Return the key that signed in with this token, where both are good now; None says nothing about why.

    Raises:
        Unavailable: the ledger cannot be asked.
    """
    api = api_of(request)
    name = digest(token)
    if api.reading is None:
        found = await api.loop.submit(lambda _, transaction: transaction.signed_in(name), own=True)
    else:
        found = await run_in_threadpool(api.reading, lambda looking: looking.signed_in(name))
    if found is None or api.clock() >= found.expires_at:
        return None
    return await api.keyring.of(found.key_id)


def refuse_forged(headers: Headers, sent: str | None, own: str) -> None:
    """Refuse a form that another page sent, or one without its session's token."""
    refuse_foreign(headers)
    if sent is None or not hmac.compare_digest(sent.encode(), own.encode()):
        raise Forbidden(FORGED)


def refuse_foreign(headers: Headers) -> None:
    """Refuse what a browser says another page sent; who says nothing is no browser of today."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        raise Forbidden(FORGED)
    if site != "same-origin" and origin is not None and _parts(origin).netloc != headers.get("host"):
        raise Forbidden(FORGED)


def is_secure(request: Request) -> bool:
    """Whether the page came by https, as far as anybody says: to this process, or to a proxy before it."""
    origin, proxy = request.headers.get("origin", ""), request.headers.get("x-forwarded-proto")
    return "https" in (request.url.scheme, _parts(origin).scheme, proxy)


def _parts(origin: str) -> SplitResult:
    """Split an address; what is none, `null` too, has no parts."""
    try:
        return urlsplit(origin)
    except ValueError:
        return urlsplit("")

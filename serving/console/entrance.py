"""`/console/login` and `/console/logout`: a key that reads opens the console; signing out ends it in the ledger."""

from typing import Final
from urllib.parse import unquote, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from serving.access.keys import allows, digest
from serving.access.signing_in import LASTS, SignedIn
from serving.console.frame import SignInFirst, console_router, form_of, rendered
from serving.console.sessions import COOKIE, form_token, is_secure, refuse_foreign, refuse_forged, session_of
from serving.ports import Transaction
from serving.routes.api import api_of
from serving.system import new_token

HOME: Final = "/console"
LOGIN: Final = "/console/login"
LONGEST_KEY: Final = 512
UNKNOWN: Final = "This key is not known, or it is over. Keys are made with `outreach keys create`."
NO_READER: Final = (
    "This key may not read. The console needs a key with scope `read`; with `admin` as well, you may act."
)
router = console_router()


@router.get(LOGIN)
async def ask(request: Request) -> Response:
    """Ask for a key."""
    return _asked(request, wanted(request.query_params.get("next")))


@router.post(LOGIN)
async def sign_in(request: Request) -> Response:
    """Open a session for a key that may read; the one that this browser had before ends with it."""
    refuse_foreign(request.headers)
    form = await form_of(request)
    api, to = api_of(request), wanted(form.get("next"))
    key = form.get("key", "").strip()
    record = await api.keyring.find(key) if 0 < len(key) <= LONGEST_KEY else None
    if record is None:
        return _asked(request, to, UNKNOWN)
    api.pace.admit(record)
    if not allows(record, "read"):
        return _asked(request, to, NO_READER)
    api.pace.admit_sign_in(record)
    token, at = new_token(), api.clock()
    session = SignedIn(sha256=digest(token), key_id=record.id, at=at, expires_at=at + LASTS)
    before = request.cookies.get(COOKIE, "")
    await api.loop.submit(lambda _, transaction: _begin(transaction, session, ends=digest(before)))
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(COOKIE, token, path=HOME, httponly=True, samesite="lax", secure=is_secure(request))
    return answer


@router.post("/console/logout")
async def sign_out(request: Request) -> Response:
    """End the session, here and in the ledger."""
    token = request.cookies.get(COOKIE)
    if token is None or await session_of(request, token) is None:
        raise SignInFirst
    form = await form_of(request)
    refuse_forged(request.headers, form.get("form_token"), form_token(token))
    api = api_of(request)
    await api.loop.submit(lambda _, transaction: transaction.sign_out(digest(token), at=api.clock()))
    answer = RedirectResponse(LOGIN, status_code=303)
    answer.delete_cookie(COOKIE, path=HOME, httponly=True, samesite="lax", secure=is_secure(request))
    return answer


def _begin(transaction: Transaction, session: SignedIn, *, ends: str) -> None:
    transaction.sign_out(ends, at=session.at)
    transaction.sign_in(session)


def wanted(to: str | None) -> str:
    """Return where to go after signing in: a page of the console, never anywhere else.

    Example:
        >>> wanted("/console/model"), wanted("//evil.example/console"), wanted("/console/../v1"), wanted(None)
        ('/console/model', '/console', '/console', '/console')
        >>> wanted("http://[")
        '/console'
    """
    if to is None or not to.isprintable() or "\\" in to or not to.isascii():
        return HOME
    try:
        parts = urlsplit(to)
    except ValueError:
        return HOME
    inside = parts.path == HOME or parts.path.startswith(f"{HOME}/")
    plain = not (parts.scheme or parts.netloc or ".." in map(unquote, parts.path.split("/")))
    return to if inside and plain and parts.path != LOGIN else HOME


def _asked(request: Request, to: str, wrong: str | None = None) -> Response:
    """Render the form; what was typed is not shown again."""
    status = 200 if wrong is None else 401
    return rendered(request, "login.html.j2", status, viewer=None, title="Sign in", next=to, wrong=wrong)

"""Who comes from a web page: a widget's key, used from its own page, for one session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from model.errors import InvalidInput
from serving.access.keys import WIDGET
from serving.access.widgets import Verify, Visit, visit_of
from serving.errors import Forbidden, Invalid, TooLarge, Unauthenticated
from serving.ports import KeyRecord
from serving.routes.access import REALM, Documented, require, shown_key
from serving.routes.api import Api, api_of
from serving.routes.cors import shared
from serving.routes.edge import MORE_HEADERS

SESSION_HEADER: Final = "outreach-session"
ALGORITHM: Final = "HS256"
WIDGET_BODY: Final = 16 * 1024  # bytes: whoever has the key, and anybody may, fills the disk no faster than it allows
DIGITS: Final = 9  # of a length; Python reads no number of thousands of them
WIDGET_MANY: Final = 50  # elements
LARGE: Final = f"the body is larger than {WIDGET_BODY} bytes, a widget's limit; send fewer elements at once"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key, and, where that stands in a page, for which visit."""

    key: KeyRecord
    visit: Visit | None = None

    async def body(self, request: Request) -> bytes:
        """Return the body; that of a visit is small, and no more of it than that is read."""
        if self.visit is None:
            return await request.body()
        declared, read = request.headers.get("content-length", ""), bytearray()
        if declared.isdecimal() and (len(declared) > DIGITS or int(declared) > WIDGET_BODY):
            raise TooLarge(LARGE)
        async for part in request.stream():
            read += part
            if len(read) > WIDGET_BODY:
                raise TooLarge(LARGE)
        return bytes(read)

    def charge(self, api: Api, elements: int) -> None:
        """Count what this request brought, its first element aside, before anything is done of it.

        Raises:
            Invalid: it is more than a visit may send at once.
            TooMany: others owe.
        """
        if self.visit is not None and elements > WIDGET_MANY:
            raise Invalid(f"a widget sends at most {WIDGET_MANY} elements at once; send several")
        api.pace.charge(self.key, max(0, elements - 1), session=None if self.visit is None else self.visit.digest)


@dataclass(frozen=True, slots=True)
class OrWidget:
    """Admits active keys with one scope, and a widget's for its own session.

    Raises (when called):
        Unauthenticated: no key that is known and active, or a widget's without a session that holds.
        TooMany: the key, or the session, asked too much lately.
        Forbidden: the key has other scopes, or comes from another page.
    """

    scope: str

    async def __call__(self, request: Request, _: Documented) -> Caller:
        """Return who asks."""
        record, api = await shown_key(request), api_of(request)
        if record.scopes != (WIDGET,) or record.origin is None:
            api.pace.admit(record)
            require(record, self.scope)
            return Caller(record)
        if request.headers.getlist("origin") != [record.origin]:
            api.pace.admit(record)
            challenge = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{self.scope}"'}
            raise Forbidden(
                "a widget's key is used from its own page alone; use another key, or make one for this page",
                headers=challenge,
            )
        request.scope.get(MORE_HEADERS, []).extend(shared(record.origin))
        visit = _visit(request, record, record.origin, api)
        api.pace.admit_visit(record, visit.digest)
        return Caller(record, visit)


def _visit(request: Request, record: KeyRecord, origin: str, api: Api) -> Visit:
    """Return whom a request speaks for."""
    challenge = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
    given = request.headers.getlist(SESSION_HEADER)
    if len(given) != 1:
        raise Unauthenticated(
            "a widget sends one header `Outreach-Session` with every request; add it", headers=challenge
        )
    try:
        return visit_of(given[0], key_id=record.id, origin=origin, verify=api.verify, now=api.clock())
    except InvalidInput as error:
        raise Unauthenticated(f"`Outreach-Session`: {error}", headers=challenge) from None


def verifying(secrets: Sequence[bytes]) -> Verify:
    """Return what checks that one of these signed a session; its library is loaded only where there is one."""
    if not secrets:
        return lambda _: None
    from jwt import PyJWS  # noqa: PLC0415  (it loads cryptography)

    signatures = PyJWS(algorithms=[ALGORITHM])

    def under(secret: bytes, token: str) -> bytes | None:
        try:
            signed: bytes = signatures.decode(token, secret, algorithms=[ALGORITHM])
        except Exception:  # noqa: BLE001  (whatever is wrong with it, it is not signed)
            return None
        return signed

    def verify(token: str) -> bytes | None:
        found = (under(secret, token) for secret in secrets)
        return next((signed for signed in found if signed is not None), None)

    return verify

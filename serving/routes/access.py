"""Who may do what: a bearer key with the scope that the path needs. Nobody is anonymous, not even on loopback."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers

from serving.access.keys import allows, bearer
from serving.errors import Forbidden, Unauthenticated
from serving.ports import KeyRecord
from serving.routes.api import Api, api_of

REALM = 'Bearer realm="outreach"'
BEARER: Final = HTTPBearer(auto_error=False, description="An API key, as `outreach keys create` printed it once.")
Documented = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]  # for OpenAPI; `bearer` reads


@dataclass(frozen=True, slots=True)
class Admission:
    """Admits active keys with one scope; the document reads here which one.

    Without `lately` a key that was active when the ledger was last read is admitted while the ledger is away.

    Raises (when called):
        Unauthenticated: no key, or none that is known and active.
        TooMany: the key asked too much lately.
        Forbidden: the key has other scopes.
    """

    scope: str
    lately: bool = True

    async def __call__(self, request: Request, _: Documented) -> KeyRecord:
        """Return the key of a request."""
        record = await known_key(request, lately=self.lately)
        require(record, self.scope)
        return record

    def at_once(self, api: Api, headers: Headers) -> KeyRecord | None:
        """Return the key of a request that is known at this moment to be good; None says nothing about it."""
        key = bearer(headers.get("authorization"))
        record = None if key is None else api.keyring.known(key)
        good = record is not None and allows(record, self.scope) and api.pace.is_open(record)
        return record if good else None


async def known_key(request: Request, *, lately: bool = True) -> KeyRecord:
    """Return the key of a request, which counts at its rate.

    Raises:
        Unauthenticated: no key, or none that is known and active.
        TooMany: the key asked too much lately.
    """
    record = await shown_key(request, lately=lately)
    api_of(request).pace.admit(record)
    return record


async def shown_key(request: Request, *, lately: bool = True) -> KeyRecord:
    """Return the key of a request, not counted yet.

    Raises:
        Unauthenticated: no key, or none that is known and active.
    """
    key = bearer(request.headers.get("authorization"))
    if key is None:
        raise Unauthenticated("send `Authorization: Bearer` and an API key", headers={"WWW-Authenticate": REALM})
    record = await api_of(request).keyring.find(key, lately=lately)
    if record is None:
        challenge = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        raise Unauthenticated(
            "this key is not known, or it was revoked; ask who runs Outreach for one", headers=challenge
        )
    return record


def needs(scope: str, *, lately: bool = True) -> Admission:
    """Return the dependency that admits active keys with `scope`."""
    return Admission(scope, lately)


def require(record: KeyRecord, scope: str) -> None:
    """Refuse a key without `scope`."""
    if not allows(record, scope):
        challenge = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}
        raise Forbidden(f"this needs a key with scope `{scope}`; ask who runs Outreach for one", headers=challenge)

"""`Outreach`: the client at one address, with its connections; what is asked again and when is in `calls`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import sleep
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from model.contracts import JSON
from model.errors import InvalidInput
from serving.background import begun
from serving.client.answers import (
    Decision,
    NoAnswer,
    Offered,
    Recorded,
    Refused,
    decision_of,
    offers_of,
    recorded_of,
)
from serving.client.calls import Call, Failed, Patience, Said, answered, part, usable, written
from serving.offers.receiver import is_loopback
from serving.system import elapsed, new_token, now

T = TypeVar("T")
LONGEST_ANSWER: Final = 2**25  # bytes


class Outreach:
    """The API at an address, asked with a key. It may be used by several threads, and is closed at the end.

    Raises:
        InvalidInput: the address or the key cannot be used.
    """

    def __init__(  # noqa: PLR0913  (the last three are for tests)
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 2.0,
        patience: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = now,
        passing: Callable[[], float] = elapsed,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._url = _address(base_url)
        self._given = Patience(timeout=timeout, patience=patience, clock=clock, passing=passing, pause=pause)
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {usable(key)}", "Accept-Encoding": "identity"},
            transport=transport,
            trust_env=not is_loopback(self._url),
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Outreach({self._url!r}, key='***')"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def decide(self, candidate: Mapping[str, JSON], *, idempotency_key: str | None = None) -> Decision | NoAnswer:
        """Ask whether this message should go to this customer now; `candidate` is the body of `POST /v1/decisions`.

        Give an `idempotency_key` where you may ask again after this process has died: it is decided once.

        Raises:
            Refused: the key, or the candidate, is to be mended.
        """
        call = Call(
            method="POST",
            path="/v1/decisions",
            key=new_token() if idempotency_key is None else idempotency_key,
            body=written(dict(candidate)),
        )
        return self._answer(call, self._decision)

    def confirm(self, decision_id: str) -> Decision | NoAnswer:
        """Ask whether it may still go, now; `action` is send, hold (it comes again) or cancel (for ever).

        Raises:
            Refused: there is no such decision (404), or the key may not.
        """

        def read(value: JSON) -> Decision:
            return decision_of(value, now=self._given.clock(), about=decision_id)

        path = f"/v1/decisions/{part(decision_id)}/confirm"
        return self._answer(Call(method="POST", path=path, key=new_token()), read)

    def report(
        self,
        kind: str,
        *,
        decision_id: str | None = None,
        user_id: str | None = None,
        time: datetime | None = None,
    ) -> bool:
        """Report what followed; the same again changes nothing. False: nobody answered, report it again.

        Raises:
            Refused: there is no such decision (404), no such `kind`, or the key may not.
        """
        about = {"decision_id": decision_id, "user_id": user_id}
        body = {name: value for name, value in about.items() if value is not None}
        at = (time or self._given.clock()).isoformat()
        call = Call(
            method="POST",
            path="/v1/outcomes",
            status=202,
            key=new_token(),
            body=written(body | {"kind": kind, "time": at}),
        )
        told = self._answer(call, self._recorded)
        if isinstance(told, NoAnswer):
            return False
        for wrong in told.rejected:
            raise Refused(wrong.status, wrong.detail, wrong.errors, unknown=wrong.unknown)
        return True

    def record(
        self, events: Sequence[Mapping[str, JSON]], *, idempotency_key: str | None = None
    ) -> Recorded | NoAnswer:
        """Record events, at most 1,000, and hear what their triggers decided; what was not taken is named by index.

        Raises:
            Refused: none of it was read, or the key may not.
        """
        call = Call(
            method="POST",
            path="/v1/events",
            status=202,
            key=new_token() if idempotency_key is None else idempotency_key,
            body=written([dict(each) for each in events]),
        )
        return self._answer(call, self._recorded)

    def offers(self, *, cursor: int | None = None) -> list[Offered] | NoAnswer:
        """List at most 100 sends that wait for somebody to act on them, made after the one with the number `cursor`.

        Raises:
            Refused: the key may not.
        """
        params: dict[str, int | str] = {"state": "waiting"} | ({} if cursor is None else {"cursor": cursor})
        call = Call(method="GET", path="/v1/offers", key=new_token(), params=params)
        return self._answer(call, lambda value: offers_of(value, now=self._given.clock()))

    def preferences(self, user_id: str, *, consent: Mapping[str, bool], timezone: str | None = None) -> bool:
        """Replace what a customer told you: consent per channel, and zone. False: nobody answered.

        Raises:
            Refused: a channel or the zone is unknown, or the key may not.
        """
        body = written({"consent": dict(consent), "timezone": timezone})
        path = f"/v1/users/{part(user_id)}/preferences"
        call = Call(method="PUT", path=path, key=new_token(), body=body)
        return not isinstance(self._answer(call, lambda _: True), NoAnswer)

    def _decision(self, value: JSON) -> Decision:
        return decision_of(value, now=self._given.clock())

    def _recorded(self, value: JSON) -> Recorded:
        return recorded_of(value, now=self._given.clock())

    def _answer(self, call: Call, read: Callable[[JSON], T]) -> T | NoAnswer:
        return answered(call, self._ask, read, self._given)

    def _ask(self, call: Call, timeout: float) -> Said | Failed:
        """Try once: neither a name's look-up nor a slow header has an end of its own."""
        try:
            return begun(lambda: self._said(call, timeout)).result(timeout)
        except (httpx.TimeoutException, TimeoutError):
            return Failed(why="timeout")
        except httpx.ConnectError:
            return Failed(why="unreachable")
        except httpx.HTTPError:
            return Failed(why="broken")

    def _said(self, call: Call, timeout: float) -> Said:
        end = elapsed() + timeout
        headers = {"Idempotency-Key": call.key} | ({} if call.body is None else {"Content-Type": "application/json"})
        with self._client.stream(
            call.method, self._url + call.path, content=call.body, params=call.params, headers=headers, timeout=timeout
        ) as answer:
            body = bytearray()
            for piece in answer.iter_bytes():
                if elapsed() >= end:  # httpx ends a wait for the next piece, and never the pieces
                    raise httpx.ReadTimeout("the answer did not end in time")
                body += piece
                if len(body) > LONGEST_ANSWER:
                    raise httpx.RemoteProtocolError("the answer is too long")
            wait = answer.headers.get("retry-after")
            return Said(status=answer.status_code, body=bytes(body), retry_after=wait)


def _address(base_url: str) -> str:
    """Return the address without a slash at its end."""
    try:
        url, parts = httpx.URL(base_url), urlsplit(base_url)
    except (httpx.InvalidURL, ValueError):
        url, parts = httpx.URL(""), urlsplit("")
    if url.scheme not in ("http", "https") or not url.host or set("?#") & set(base_url) or "@" in parts.netloc:
        raise InvalidInput("this is no address of an API; give `https://HOST`, without user, query or fragment")
    return base_url.rstrip("/")

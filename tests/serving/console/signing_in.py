"""A person at the console: signs in with a key, keeps the cookie, and sends forms with the token of their session."""

import re
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from serving.console.sessions import COOKIE, form_token
from tests.serving.served import Served, token

ORIGIN = "http://test"  # of what is served in tests


@dataclass
class Person:
    """Somebody with a browser; `cookie` is their session's, None before they signed in."""

    api: Served
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return self._call("GET", path, **more)

    def post(self, path: str, form: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Send a form as this console's own page would."""
        own = {} if self.cookie is None else {"form_token": form_token(self.cookie)}
        return self._call("POST", path, data=own | (form or {}), **({"headers": {"Origin": ORIGIN}} | more))

    def sign_in(self, key: str, *, to: str | None = None) -> httpx.Response:
        """Give a key; where it is taken, keep the cookie."""
        answer = self._call("POST", "/console/login", data={"key": key} | ({} if to is None else {"next": to}))
        found = re.match(rf"{COOKIE}=([^;]+)", answer.headers.get("set-cookie", ""))
        self.cookie = None if found is None else found[1]
        return answer

    def with_cookie(self, cookie: str | None) -> Self:
        """Return the same person with another cookie."""
        return type(self)(self.api, cookie, self.headers)

    def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask with the cookie that this person has, and with no other."""
        headers = {**self.headers, **(more.pop("headers", None) or {})}
        if self.cookie is not None:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        answer = self.api.call(method, path, key=None, headers=headers, **more)
        self.api.forget()
        return answer


def signed_in(api: Served, scope: str, *, key: str | None = None) -> Person:
    """Return somebody who signed in with the key of this scope."""
    person = Person(api)
    answer = person.sign_in(token(scope) if key is None else key)
    assert answer.status_code == 303, answer.text
    return person

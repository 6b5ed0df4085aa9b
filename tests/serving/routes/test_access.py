import time
from datetime import timedelta
from typing import Any

import pytest

from serving.access.keys import SCOPES, key_record
from serving.ledger import open_ledger
from serving.routes import keyring
from tests.serving.served import (
    EVERYTHING,
    NOON,
    Counting,
    Served,
    Watch,
    app_of,
    candidate,
    event,
    memory_ledger,
    token,
)

PATHS = [
    ("POST", "/v1/decisions", "decide"),
    ("POST", "/v1/decisions/batch", "decide"),
    ("POST", "/v1/decisions/x/confirm", "decide"),
    ("GET", "/v1/decisions", "read"),
    ("GET", "/v1/decisions/x", "read"),
    ("POST", "/v1/events", "events"),
    ("POST", "/v1/outcomes", "outcomes"),
    ("PUT", "/v1/users/u/preferences", "admin"),
    ("GET", "/v1/analytics", "read"),
    ("GET", "/v1/users/u", "read"),
    ("GET", "/v1/users/u/preferences", "read"),
    ("POST", "/v1/approvals", "admin"),
    ("GET", "/v1/approvals", "admin"),
    ("GET", "/metrics", "read"),
]


@pytest.mark.parametrize(("method", "path", "_scope"), PATHS)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer canary7391",
        f"Bearer {'x' * 43}",
        f"Bearer {'x' * 5000}",
        f"Token {EVERYTHING}",
        EVERYTHING,
        f"Bearer {EVERYTHING} {EVERYTHING}",
        f"Bearer {EVERYTHING[:-1]}",
        f"Bearer {EVERYTHING.upper()}",
    ],
)
def test_nobody_is_anonymous(api: Served, method: str, path: str, _scope: str, authorization: str | None) -> None:
    """Without a key that is known the answer is 401, with the challenge, before the body is looked at."""
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = api.call(method, path, key=None, headers=headers, content=b"not even json")

    actual = (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["www-authenticate"].startswith("Bearer"),
        "canary7391" in answer.text,
    )
    assert actual == (401, "application/problem+json", True, False)


@pytest.mark.parametrize(("method", "path", "scope"), PATHS)
@pytest.mark.parametrize("held", SCOPES)
def test_each_path_has_one_scope(api: Served, method: str, path: str, scope: str, held: str) -> None:
    """A key with another scope is 403 and told which one it needs; with the scope the path answers."""
    answer = api.call(method, path, key=token(held), json={} if method != "GET" else None)

    refused = answer.status_code == 403 and f'scope="{scope}"' in answer.headers["www-authenticate"]
    assert refused == (held != scope)


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/version", "/openapi.json", "/docs", "/docs/swagger-ui.css", "/widget.js"]
)
def test_open_paths_need_no_key(api: Served, path: str) -> None:
    """Probes, versions and documentation are open."""
    assert api.get(path, key=None).status_code == 200


def test_a_bearer_by_any_case_is_a_bearer(api: Served) -> None:
    """The scheme has no case (RFC 9110)."""
    answer = api.get("/v1/decisions", key=None, headers={"Authorization": f"bearer {EVERYTHING}"})

    assert answer.status_code == 200


def test_a_revoked_key_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its second of memory is over, a revoked key is 401."""
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 0.0)
    ledger = memory_ledger()
    with Served(app_of(ledger)) as api:
        before = api.get("/v1/decisions", key=token("read"))
        with ledger.transaction() as transaction:
            transaction.revoke_key("key-read", at=NOON)
        after = api.get("/v1/decisions", key=token("read"))

    assert (before.status_code, after.status_code) == (200, 401)


def test_a_key_ends_at_its_instant_and_does_not_revive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is remembered: at that moment it is 401, and stays so where the clock is set back."""
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 60.0)
    ledger, watch = memory_ledger(), Watch()
    with ledger.transaction() as transaction:
        transaction.expire_key("key-read", at=NOON + timedelta(hours=1))
    told = []
    with Served(app_of(ledger, clock=watch)) as api:
        for hours in (0.5, 1.0, 0.5):
            watch.at = NOON + timedelta(hours=hours)
            told.append(api.get("/v1/decisions", key=token("read")).status_code)
    assert told == [200, 401, 401]


def test_keys_are_remembered_for_a_second() -> None:
    """That is how long a revocation or a new key may take to be seen, and no longer."""
    assert keyring.REMEMBERED_SECONDS <= 1.0


def test_a_key_made_while_serving_works_within_a_second() -> None:
    """Having been unknown is forgotten as soon as having been known."""
    ledger = memory_ledger()
    fresh = "fresh-".ljust(43, "k")
    with Served(app_of(ledger)) as api:
        before = api.get("/v1/decisions", key=fresh)
        with ledger.transaction() as transaction:
            transaction.add_key(key_record(fresh, key_id="f", name="f", scopes=["read"], at=NOON + timedelta(1)))
        time.sleep(keyring.REMEMBERED_SECONDS)
        after = api.get("/v1/decisions", key=fresh)

    assert (before.status_code, after.status_code) == (401, 200)


def test_trying_keys_does_not_occupy_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred different unknown keys, one after the other and at once, cost the ledger one reading."""
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 60.0)
    ledger = Counting(memory_ledger())
    with Served(app_of(ledger)) as api:
        turns = [("GET", "/v1/decisions", {"headers": {"Authorization": f"Bearer {n:043}"}}) for n in range(200)]
        alone = {api.get("/v1/decisions", key=f"unknown-{n}".ljust(43, "k")).status_code for n in range(100)}
        together = {answer.status_code for answer in api.together(turns)}

    assert (alone, together, ledger.transactions) == ({401}, {401}, 1)


def test_a_ledger_without_keys_lets_nobody_in() -> None:
    """There is no default key."""
    empty = open_ledger("sqlite://", now=NOON, salt=b"salt", shipped={})
    with Served(app_of(empty)) as api:
        answer = api.post("/v1/decisions", candidate())

    assert answer.status_code == 401


def test_who_may_only_read_changes_nothing(api: Served) -> None:
    """A refused event is not recorded."""
    refused: Any = api.post("/v1/events", event(), key=token("read"))

    again = api.post("/v1/events", event()).json()
    assert (refused.status_code, again["accepted"], again["duplicates"]) == (403, 1, 0)

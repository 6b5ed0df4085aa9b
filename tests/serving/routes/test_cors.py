from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from serving.routes import keyring
from serving.routes.cors import PATHS
from tests.serving.routes.visiting import SETTINGS, Page
from tests.serving.served import EVERYTHING, NOON, ORIGIN, Served, app_of, event, memory_ledger, token

ASKS = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
WHERE = [path.replace("{decision_id}", "d") for path in PATHS]


@pytest.fixture
def api() -> Iterator[Served]:
    """Serve an API with a widget's key for one page."""
    with Served(app_of(settings=SETTINGS)) as served:
        yield served


def shared(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer says to a browser about other pages."""
    return {
        name: value for name, value in answer.headers.items() if name.startswith("access-control-") or name == "vary"
    }


@pytest.mark.parametrize("path", WHERE)
def test_a_browser_is_told_what_a_page_may_send(api: Served, path: str) -> None:
    """Without a key, to the very origin, without cookies, for ten minutes."""
    answer = api.call("OPTIONS", path, key=None, headers=ASKS)
    assert (answer.status_code, answer.content, shared(answer)) == (
        204,
        b"",
        {
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "authorization, content-type, outreach-session, idempotency-key",
            "access-control-max-age": "600",
            "vary": "Origin",
        },
    )


@pytest.mark.parametrize("path", WHERE)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": ORIGIN},
        ASKS | {"Origin": "https://other.example"},
        ASKS | {"Origin": "null"},
        ASKS | {"Origin": f"{ORIGIN}.other.example"},
        ASKS | {"Access-Control-Request-Method": "PUT"},
        {"Access-Control-Request-Method": "POST"},
    ],
    ids=range(7),
)
def test_nobody_else_is_told_anything(api: Served, path: str, headers: dict[str, str]) -> None:
    """405, as for any method that a path does not take."""
    answer = api.call("OPTIONS", path, key=None, headers=headers)
    assert (answer.status_code, answer.headers["allow"], shared(answer)) == (405, "POST", {})


@pytest.mark.parametrize("path", WHERE)
@pytest.mark.parametrize("twice", [("POST", "POST"), ("POST", "DELETE"), ("DELETE", "POST")])
def test_two_methods_are_asked_for_in_vain(api: Served, path: str, twice: tuple[str, str]) -> None:
    """Another reader may take the other one."""
    headers = [("Origin", ORIGIN), *(("Access-Control-Request-Method", method) for method in twice)]
    answer = api._wait(api._client.request("OPTIONS", path, headers=headers))
    assert (answer.status_code, shared(answer)) == (405, {})


@pytest.mark.parametrize("path", WHERE)
def test_a_page_may_read_what_it_is_answered(api: Served, path: str) -> None:
    """Refusals too: the script must see that it is to wait, or what is wrong."""
    page = Page(api)
    answers = [
        page.post(path, {}),
        api.post(path, {}, key=token("widget"), headers={"Origin": ORIGIN}),
        api.call("POST", path, key=token("widget"), headers=page.headers(), content=b"{"),
    ]
    said = {tuple(shared(answer).items()) for answer in answers}
    assert said == {
        (
            ("access-control-allow-origin", ORIGIN),
            ("vary", "Origin"),
            ("access-control-expose-headers", "retry-after, date"),
        )
    }


def test_no_other_path_and_no_other_key_is_shared_with_pages(api: Served) -> None:
    """Over all operations of the document and the open pages, with and without a key, asked and asked beforehand."""
    document = api.get("/openapi.json", key=None).json()
    paths = {path: list(item) for path, item in document["paths"].items()} | {
        "/docs": ["get"],
        "/openapi.json": ["get"],
    }
    paths["/nowhere"] = ["get"]
    wrong = []
    for path, methods in paths.items():
        keys = [None, EVERYTHING] + ([] if path in PATHS else [token("widget")])
        asked: list[tuple[str, Any]] = [(method, key) for method in methods for key in keys]
        asked += [] if path in PATHS else [("options", None)]
        for method, key in asked:
            answer = api.call(method, path, key=key, headers=ASKS, json=None if method != "post" else {})
            wrong += [(method, path, shared(answer))] if shared(answer) else []
    assert wrong == []


def test_the_companys_own_requests_say_nothing_of_pages(api: Served) -> None:
    """Though they name an origin: a key that is no widget's is never for a browser."""
    answer = api.post("/v1/events", event(), headers={"Origin": ORIGIN})
    assert (answer.status_code, shared(answer)) == (202, {})


def test_a_revoked_widget_is_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page is told nothing from then on."""
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 0.0)
    ledger = memory_ledger()
    with Served(app_of(ledger)) as api:
        before = api.call("OPTIONS", WHERE[0], key=None, headers=ASKS).status_code
        with ledger.transaction() as transaction:
            transaction.revoke_key("key-widget", at=NOON)
        after = api.call("OPTIONS", WHERE[0], key=None, headers=ASKS).status_code
    assert (before, after) == (204, 405)

"""What a widget's key may cost: it stands in public, so anybody may use it for as long as it lasts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from serving.access.keys import Bounds, key_record
from serving.access.pace import SESSION_PER_SECOND, WIDGET_PER_SECOND
from serving.routes.visits import WIDGET_BODY, WIDGET_MANY
from serving.routes.widget import DATA_BYTES
from tests.serving.routes.seconds import Seconds
from tests.serving.routes.visiting import DRAWN, SETTINGS, Page
from tests.serving.served import NOON, ORIGIN, Served, app_of, memory_ledger, token

EVENTS = "/v1/events"
OUTCOMES = "/v1/outcomes"
CONFIRM = "/v1/decisions/d/confirm"


@pytest.fixture
def api(seconds: Seconds) -> Iterator[Served]:
    """Serve an API with a widget's key, another of three a second, and a company's of twelve."""
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        for name, scopes, bounds in (
            ("slow", ["widget"], Bounds(origin=ORIGIN, per_second=3)),
            ("quick", ["widget"], Bounds(origin=ORIGIN, per_second=1000)),
            ("twelve", ["outcomes"], Bounds(per_second=12)),
        ):
            transaction.add_key(key_record(token(name), key_id=name, name=name, scopes=scopes, at=NOON, bounds=bounds))
    with Served(app_of(ledger, settings=SETTINGS)) as served:
        assert seconds.at == 1000.0
        yield served


def pages(api: Served, count: int, **more: Any) -> list[Page]:
    """Return as many pages, each with a session of its own."""
    return [Page(api, session=f"{DRAWN}-{number}", subject=None, **more) for number in range(count)]


@pytest.mark.parametrize("path", [EVENTS, OUTCOMES, CONFIRM])
def test_a_large_body_is_not_read(api: Served, path: str) -> None:
    """With its length declared, and in pieces; one of just that size is read, and judged."""
    headers = {"Authorization": f"Bearer {token('widget')}", "Content-Type": "application/json"} | Page(api).headers()

    async def pieces(size: int) -> AsyncIterator[bytes]:
        for _ in range(0, size, 1024):
            yield b" " * 1024

    told = [
        api.call("POST", path, key=token("widget"), headers=headers, content=content)
        for content in (b" " * (WIDGET_BODY + 1), pieces(WIDGET_BODY + 1024), b" " * WIDGET_BODY)
    ]
    assert [one.status_code for one in told] == [413, 413, 422]
    assert told[0].json()["detail"] == told[1].json()["detail"]
    assert {one.headers["access-control-allow-origin"] for one in told} == {ORIGIN}


@pytest.mark.parametrize("path", [EVENTS, OUTCOMES])
def test_many_elements_are_refused_and_cost_one(api: Served, path: str) -> None:
    """More than a page has to say at once: nothing of it is recorded, and it does not count for all of them."""
    page = Page(api)
    told = [page.post(path, [{}] * number).status_code for number in (WIDGET_MANY + 1, WIDGET_MANY)]
    assert told == [422, 202]


def test_data_is_small(api: Served) -> None:
    """Whatever is in it; one that is just as large is kept."""
    page = Page(api)
    said = len(b'{"session":"","page":"pricing","note":""}') + len(DRAWN)
    body = [page.event(f"e-{more}", data={"note": "n" * (DATA_BYTES - said + more)}) for more in (0, 1)]
    answer = page.post(EVENTS, body).json()
    (rejected,) = answer["rejected"]
    told = (rejected["index"], rejected["problem"]["status"], rejected["problem"]["errors"][0]["pointer"])
    assert (answer["accepted"], told) == (1, (1, 422, "#/data"))


@pytest.mark.parametrize(("key", "most"), [("widget", WIDGET_PER_SECOND), ("slow", 3), ("quick", 1000)])
def test_all_who_look_at_a_page_share_a_rate(api: Served, key: str, most: int) -> None:
    """As many requests as the key says, or a few hundred where it says nothing."""
    pace, record = (
        api.app.state.api.pace,
        key_record(
            token(key),
            key_id="x",
            name="x",
            scopes=["widget"],
            at=NOON,
            bounds=Bounds(origin=ORIGIN, per_second=None if key == "widget" else most),
        ),
    )
    passed = 0
    while pace.is_open(record):
        pace.admit(record)
        passed += 1
    assert passed == most


def test_a_page_can_read_that_it_must_wait(api: Served) -> None:
    """Also at the key's own rate: status and `Retry-After` are shown to its origin."""
    told = [page.post(EVENTS, page.event("e")) for page in pages(api, 4, key="slow")]
    last = told[-1]
    assert [one.status_code for one in told] == [202, 202, 202, 429]
    shown = (last.headers["access-control-allow-origin"], last.headers["access-control-expose-headers"])
    assert (shown, last.headers["retry-after"]) == ((ORIGIN, "retry-after, date"), "1")


def test_what_one_session_is_refused_costs_the_others_nothing(api: Served) -> None:
    """A session that asks without end takes its own ten of the key's two hundred, and no more."""
    one, *others = pages(api, 1 + WIDGET_PER_SECOND - SESSION_PER_SECOND)
    told = [one.post(EVENTS, one.event("e")).status_code for _ in range(3 * SESSION_PER_SECOND)]
    passed = {page.post(OUTCOMES, []).status_code for page in others}
    assert (told.count(202), passed) == (SESSION_PER_SECOND, {202})


def at_once(api: Served, heads: list[dict[str, str]], body: bytes) -> list[httpx.Response]:
    """Send the heads of all requests, and their bodies when the last of them was let in."""
    let_in, all_in = 0, asyncio.Event()

    async def content() -> AsyncIterator[bytes]:
        nonlocal let_in
        let_in += 1
        if let_in == len(heads):
            all_in.set()
        await asyncio.wait_for(all_in.wait(), 30)
        yield body

    return api.together([("POST", OUTCOMES, {"headers": one, "content": content()}) for one in heads])


@pytest.mark.parametrize(("key", "number", "elements"), [("twelve", 12, 1000), ("widget", 120, WIDGET_MANY)])
def test_of_those_let_in_at_once_one_goes_into_debt(
    api: Served, seconds: Seconds, key: str, number: int, elements: int
) -> None:
    """However many are let in before the first body is read: one owes, the others are told to wait before any work."""
    common = {"Authorization": f"Bearer {token(key)}", "Content-Type": "application/json"}
    heads = [common | (page.headers() if key == "widget" else {}) for page in pages(api, number)]
    told = at_once(api, heads, b"[" + b"0," * (elements - 1) + b"0]")
    passed = [one.status_code for one in told].count(202)
    rate = 12 if key == "twelve" else WIDGET_PER_SECOND
    seconds.at += max(int(one.headers.get("retry-after", 0)) for one in told)
    page = Page(api, session=f"{DRAWN}-later")
    again = api.post(OUTCOMES, [], key=token(key), headers=page.headers())
    assert {one.status_code for one in told} == {202, 429}
    assert (passed * elements <= rate + elements, again.status_code, seconds.at <= 1000 + elements / rate + 2) == (
        True,
        202,
        True,
    )

"""`docs/adapters.md`: its tables are what the code does, and the adapter that it shows runs."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from serving.access.signatures import OneOf
from serving.adapters.platform import Delivery, Platform
from serving.routes.adapters import PLATFORMS, add
from serving.setting_values import PLATFORM_SECRETS
from serving.settings import Settings
from tests.docs.pages import block
from tests.serving.adapters.test_segment import JSONS, one
from tests.serving.served import NOON, Served, app_of, candidate

PAGE = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text("utf-8")
SECRET = "what-aftership-signs-with"


def rows(heading: str, columns: int) -> list[list[str]]:
    """Return the rows of the first table under a heading, without its head."""
    part = PAGE.split(f"\n{heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines[1:] if len(line) == columns]


def ticked(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def headers(platform: Platform) -> list[str]:
    """Return the headers that show that a request is a platform's."""
    ways = platform.signing.ways if isinstance(platform.signing, OneOf) else (platform.signing,)
    return [way.header for way in ways]


def test_the_first_table_has_every_platform() -> None:
    """Its path, its setting, its headers and its answer."""
    table = PAGE.split("\n## ")[0]
    said = [line.strip("| ").split(" | ") for line in table.splitlines() if "/v1/adapters/" in line and line[0] == "|"]
    actual = {
        ticked(path)[0]: (ticked(setting)[0], [name.lower() for name in ticked(shown)], int(status))
        for _, path, setting, shown, status in said
    }
    expected = {f"/v1/adapters/{each.name}": (each.setting, headers(each), each.status) for each in PLATFORMS}
    assert actual == expected


@pytest.mark.parametrize(("call", "becomes"), rows("## Segment", 2))
def test_the_table_of_segments_calls_is_what_becomes_of_them(call: str, becomes: str) -> None:
    """Of each kind, one."""
    words = ticked(call)
    more = {"type": words[0] if words else "ping", "previousId": "a-9"}
    if "another name" in call:
        more["event"] = "Report Submitted"
    expected = "Report Submitted" if "under that name" in becomes else ticked(becomes)[0]
    kind = one(**more).type
    assert kind == ("segment.ping" if expected == "segment." else expected)


def test_the_names_of_the_table_are_all_that_there_are() -> None:
    """No kind of call is missing."""
    named = {word for call, _ in rows("## Segment", 2) for word in ticked(call)}
    assert named == {"track", "page", "screen", "identify", "alias", "group", "delete"}


@pytest.fixture(scope="module")
def aftership() -> Platform:
    """Run the adapter of the page."""
    names: dict[str, Any] = {}
    exec(compile(block("docs/adapters.md", "python"), "adapters.md", "exec"), names)  # noqa: S102  (our own page)
    platform: Platform = names["AFTERSHIP"]
    return platform


@pytest.fixture
def api(aftership: Platform) -> Iterator[Served]:
    """Serve an API that has this platform as well."""
    app = app_of(settings=Settings(shipped_triggers=True))
    router = APIRouter()
    add(router, aftership)
    app.include_router(router)
    app.state.api.secrets[aftership.name] = (SECRET.encode(),)
    with Served(app) as served:
        yield served


def posted(api: Served, raw: bytes, *, secret: str | None = SECRET) -> httpx.Response:
    """Post a body as AfterShip does."""
    sent = {"Content-Type": "application/json"}
    if secret is not None:
        sent["AfterShip-HMAC-SHA256"] = base64.b64encode(
            hmac.new(secret.encode(), raw, hashlib.sha256).digest()
        ).decode()
    return api.call("POST", "/v1/adapters/aftership", key=None, content=raw, headers=sent)


def test_the_adapter_of_the_page_is_short() -> None:
    """A platform is sixty lines, docstring included."""
    assert len(block("docs/adapters.md", "python").splitlines()) <= 60


def test_what_it_yields_is_what_the_page_says(aftership: Platform) -> None:
    """The delivery of the page becomes the event of the page."""
    delivery = Delivery(body=json.loads(block("docs/adapters.md", "json")), id="x", sent_at=NOON, now=NOON)
    assert list(aftership.events(delivery)) == [json.loads(block("docs/adapters.md", "json", 1))]


def test_a_signed_delivery_of_it_is_an_event_and_an_offer(api: Served) -> None:
    """Over HTTP; the same delivery twice is one event, and one offer."""
    api.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    raw = block("docs/adapters.md", "json").encode()
    answers = [posted(api, raw) for _ in range(2)]
    offers = api.get("/v1/offers").json()["offers"]
    counted = [(each.status_code, each.json()["accepted"], each.json()["duplicates"]) for each in answers]
    about = [each["decision"]["evidence"]["id"] for each in offers]
    assert (counted, about) == ([(200, 1, 0), (200, 0, 1)], ["0e5b9a52-7c1f-4c39-9f0e-2f4a2d1f6a10"])


@pytest.mark.parametrize("secret", [None, "not-what-aftership-signs-with"])
def test_one_that_is_not_signed_is_nobodys(api: Served, secret: str | None) -> None:
    """401, and nothing is on record."""
    raw = block("docs/adapters.md", "json").encode()
    refused, good = posted(api, raw, secret=secret), posted(api, raw)
    assert (refused.status_code, good.json()["accepted"]) == (401, 1)


def test_what_it_does_not_know_takes_nothing_away(api: Served) -> None:
    """A parcel that goes on its way supersedes no news of it: its number has another name."""
    parcel = {"tag": "InTransit", "tracking_number": "A-7", "custom_fields": {"customer_id": "u-17"}}
    told = {"event": "tracking_update", "ts": NOON.timestamp(), "msg": parcel}
    news = {"specversion": "1.0", "type": "shipment.delayed", "id": "ev-7", "source": "urn:shop", "subject": "u-17"}
    news |= {"time": "2026-11-20T11:00:00Z"}
    api.post("/v1/events", news | {"data": {"parcel": "A-7", "new_eta": "Friday"}})
    api.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    answer = posted(api, json.dumps(told).encode()).json()
    decided = api.post("/v1/decisions", candidate(7)).json()
    assert (answer["accepted"], "about_nobody" in answer, decided["reasons"]) == (1, False, [])


@given(body=JSONS | st.fixed_dictionaries({"event": st.just("tracking_update"), "msg": JSONS, "ts": JSONS}))
def test_it_reads_any_json(body: Any, aftership: Platform) -> None:
    """Nothing is raised, whatever is signed."""
    delivery = Delivery(body=body, id="x", sent_at=NOON, now=NOON)
    assert len(list(aftership.events(delivery))) == 1


def test_every_platform_has_its_setting() -> None:
    """With the form of a secret: without one it is never let in."""
    assert {each.setting for each in PLATFORMS} - set(PLATFORM_SECRETS) == set()

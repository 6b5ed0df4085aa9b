"""The OWASP API Security Top 10 (2023), one by one, by real requests; `docs/threat-model.md` names these tests."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from serving.access.keys import COMPANY
from serving.ledger import open_ledger
from serving.routes.adapters import PLATFORMS
from serving.settings import Settings
from tests.serving.adapters.webhooks.hooked import hooked, offer, offered, tick
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, memory_ledger, token

PAGE = Path(__file__).resolve().parents[2] / "docs" / "threat-model.md"
NAMED = re.compile(r"test_api\d+_\w+")
FOREIGN = "https://elsewhere.example"


@pytest.fixture
def api() -> Iterator[Served]:
    """Serve an API with a ledger in memory and a key for each scope."""
    with Served(app_of()) as served:
        yield served


def operations() -> list[tuple[str, str]]:
    """Return every operation that OpenAPI documents, with parts of its path filled."""
    paths = app_of().openapi()["paths"]
    return [(method.upper(), re.sub(r"{\w+}", "1", path)) for path, item in paths.items() for method in item]


def test_api1_broken_object_level_authorization(api: Served) -> None:
    """What one key was answered no other hears by guessing a name; evidence serves only whom it is about."""
    consent(api, "u-17", "u-18")
    api.post("/v1/events", [event(1), event(2)])
    named = {"Idempotency-Key": "order-1"}
    mine = api.post("/v1/decisions", candidate(1), headers=named, key=token("decide"))
    theirs = api.post("/v1/decisions", candidate(2, user="u-18"), headers=named)
    path = f"/v1/decisions/{mine.json()['decision_id']}"
    unread = api.get(path, key=token("decide")).status_code
    unknown = {
        api.call("POST", "/v1/decisions/01ARZ3NDEKTSV4RRFFQ69G5FAV/confirm").status_code,
        api.get("/v1/decisions/01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code,
    }
    refused = "evidence_of_another_customer" in theirs.json()["agent_would_send"]["reasons"]

    assert ("idempotency-replayed" in theirs.headers, refused, unread, unknown) == (False, True, 403, {404})


def test_api2_broken_authentication(api: Served) -> None:
    """A key counts in its header and whole, and nowhere else; every other way in is 401 with the challenge."""
    whole = token("read")
    tries: list[dict[str, Any]] = [
        {"headers": {}},
        {"headers": {"Authorization": "Bearer null"}},
        {"headers": {"Authorization": f"Basic {whole}"}},
        {"headers": {"Authorization": f"Bearer {whole[:-1]}"}},
        {"headers": {"Cookie": f"key={whole}", "X-Api-Key": whole}},
        {"params": {"key": whole, "access_token": whole}},
    ]
    answers = [api.get("/v1/decisions", key=None, **one) for one in tries]
    seen = {(one.status_code, one.headers["www-authenticate"].partition(" ")[0]) for one in answers}

    assert (seen, api.get("/v1/decisions", key=whole).status_code) == ({(401, "Bearer")}, 200)


def test_api3_broken_object_property_level_authorization(api: Served) -> None:
    """Nobody sets what is ours to decide, and who may only ask hears the answer alone: no input, no feature."""
    forced = ("action", "score", "arm", "trigger", "recorded", "logging_propensity", "essential", "override")
    statuses = [api.post("/v1/decisions", candidate() | {name: "send"}).status_code for name in forced]
    told = api.post("/v1/decisions", candidate(), key=token("decide")).json()
    documented = app_of().openapi()["components"]["schemas"]["DecisionAnswer"]["properties"]

    assert (set(statuses), set(told) - set(documented)) == ({422}, set())
    assert not {"features", "inputs", "user", "attributes", "context"} & set(told)


def test_api4_unrestricted_resource_consumption() -> None:
    """Size, number, depth and rate are bounded, and a refusal says when to come again."""
    deep = b'{"data":' * 100 + b"1" + b"}" * 100
    sent = {"content": deep, "headers": {"Content-Type": "application/json"}}
    with Served(app_of()) as api:
        large = api.call("POST", "/v1/events", content=b" " * (1024 * 1024 + 1), headers=sent["headers"])
        many = api.post("/v1/events", [event(number) for number in range(1001)])
        nested = api.call("POST", "/v1/events", **sent)
        asked = api.get("/v1/decisions?limit=1000000")
    with Served(app_of(settings=Settings(requests_per_second=1))) as api:
        fast = [api.get("/v1/decisions") for _ in range(5)]
    waits = {int(one.headers["retry-after"]) >= 1 for one in fast if one.status_code == 429}

    assert [one.status_code for one in (large, many, nested, asked)] == [413, 422, 422, 422]
    assert waits == {True}


def test_api5_broken_function_level_authorization(api: Served) -> None:
    """Each operation of the document opens to one scope of the company's; a signed one to no key at all."""
    admitted: dict[str, list[str]] = {}
    for method, path in operations():
        if path.startswith("/v1/"):
            found = [scope for scope in COMPANY if _passes(api, method, path, token(scope))]
            admitted[f"{method} {path}"] = found
    wrong = {path: found for path, found in admitted.items() if len(found) != int("/adapters/" not in path)}

    assert (wrong, len(admitted) > 15) == ({}, True)


def _passes(api: Served, method: str, path: str, key: str) -> bool:
    return api.call(method, path, key=key, json={}).status_code not in {401, 403}


def test_api6_unrestricted_access_to_sensitive_business_flows(api: Served) -> None:
    """Messages are the flow that hurts: however often somebody asks, and all at once, one goes out in an hour."""
    consent(api, "u-17")
    api.post("/v1/events", [event(number) for number in range(20)])
    bodies = [candidate(number) for number in range(20)] + [candidate(1)] * 20
    answers = api.together([("POST", "/v1/decisions", {"json": body}) for body in bodies])
    sends = [one.json()["message"]["text"] for one in answers if one.json()["action"] == "send"]

    assert len(sends) == 1  # in 60 minutes


def test_api7_server_side_request_forgery(api: Served) -> None:
    """No address that is sent is ever asked: whatever the field, nobody connects."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.3)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        told = event(
            1, source=url, dataschema=url, data={"parcel": url, "new_eta": url, "$ref": url, "webhook_url": url}
        )
        body = candidate(1) | {"evidence": {"type": "shipment.delayed", "id": "ev-1", "source": url}}
        text = candidate(1) | {"message": {"text": f"See {url}", "next_step": url}}
        headers = {"Host": url[7:-2], "X-Forwarded-Host": url, "Referer": url, "Link": f"<{url}>", "Origin": url[:-2]}
        statuses = [
            api.post("/v1/events", told, headers=headers).status_code,
            *(api.post("/v1/decisions", one, headers=headers).status_code for one in (body, text)),
        ]
        with pytest.raises(TimeoutError):
            listening.accept()

    assert statuses == [202, 200, 200]


def test_api8_security_misconfiguration(api: Served, tmp_path: Path) -> None:
    """Safe as installed: every answer has its headers, no page elsewhere may read one, the file is its owner's."""
    wrong = []
    for method, path in [*operations(), ("GET", "/docs"), ("GET", "/openapi.json"), ("TRACE", "/v1/decisions")]:
        answer = api.call(method, path, headers={"Origin": FOREIGN})
        said = answer.headers
        wrong += [path] * (said.get("x-content-type-options") != "nosniff" or "content-security-policy" not in said)
        wrong += [path] * ("access-control-allow-origin" in said or "server" in said or "Traceback" in answer.text)
    asked = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
    before = [api.call("OPTIONS", path, key=None, headers=asked) for _, path in operations()]
    ledger = tmp_path / "ledger.db"
    open_ledger(f"sqlite:///{ledger}", now=NOON, salt=b"salt").close()

    assert (wrong, [one for one in before if "access-control-allow-origin" in one.headers]) == ([], [])
    assert (ledger.stat().st_mode & 0o077, Settings().host) == (0, "127.0.0.1")


def test_api9_improper_inventory_management(api: Served) -> None:
    """What is served is what is documented, in one version, but for the pages: of the document, and of the console.

    Those are for people; `docs/console.md` says what each answers, and `tests.serving.console` tries every one.
    """
    app: Any = api.app
    documented = {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}
    served = {(method, re.sub(r":\w+}", "}", route.path)) for route in _routes(app) for method in route.methods}
    unsaid = served - documented
    preflights = {(method, path) for method, path in unsaid if method == "OPTIONS" and ("POST", path) in documented}
    asked_first = {("HEAD", f"/v1/adapters/{one.name}") for one in PLATFORMS if one.asked_first}
    console = {(method, path) for method, path in unsaid if path == "/console" or path.startswith("/console/")}
    plain = {route.path for route in app.routes if isinstance(route, Route) and not isinstance(route, APIRoute)}
    others = {api.get(path).status_code for path in ("/v2/decisions", "/decisions", "/v1", "/admin", "/debug", "/.git")}

    assert documented - served == set()
    assert unsaid - preflights - asked_first - console == {
        ("GET", path) for path in ("/docs", "/docs/start.js", "/docs/{name}", "/widget.js")
    }
    assert (plain, others) == ({"/openapi.json"}, {404})


def _routes(app: Any) -> list[APIRoute]:
    """Return all routes, those of included routers too."""
    found: list[APIRoute] = []
    waiting = [*app.routes]
    for route in waiting:
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            waiting += getattr(getattr(route, "original_router", None), "routes", [])
    return found


def test_api10_unsafe_consumption_of_apis() -> None:
    """Other systems are not believed: an unsigned call records nothing, a receiver's redirect is not followed."""
    call = {
        "type": "track",
        "messageId": "m-1",
        "userId": "u-17",
        "event": "Shipment Delayed",
        "timestamp": NOON.isoformat(),
    }
    ledger = memory_ledger()
    with Served(app_of(ledger, settings=Settings(segment_secret="which-segment-has-as-well"))) as api:
        statuses = {
            api.post("/v1/adapters/segment", call, headers=headers).status_code
            for headers in ({}, {"X-Signature": "0" * 40}, {"X-Signature": "sha1=" + "0" * 40})
        }
    with (
        Receiver() as elsewhere,
        Receiver(Said(status=302, headers={"Location": elsewhere.url})) as receiver,
        hooked(receiver, Watch()) as api,
    ):
        number = offer(api)
        tick(api)
        error = offered(api, number).error

    assert (statuses, error, elsewhere.got) == ({401}, "redirect", [])


def test_the_threat_model_names_exactly_these() -> None:
    """Each item of the list stands on the page with its test, and no test is named that is not here."""
    own = {name for name in globals() if NAMED.fullmatch(name)}
    assert (set(NAMED.findall(PAGE.read_text(encoding="utf-8"))), len(own)) == (own, 10)

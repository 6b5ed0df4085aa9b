"""What is somebody's and what is our own; and what a connection answers before any route is asked."""

import httpx
import pytest

from serving.server import guarded
from tests.serving.metrics.reading import Samples, grown, labels, read, samples
from tests.serving.served import EVERYTHING, Served, app_of, candidate
from tests.serving.server.test_connection import Served as OverHttp
from tests.serving.server.test_connection import played
from tests.serving.server.test_guarded import ENDED, get, post, told

GROUPS, STAGES, REQUESTS = "outreach_group_size_count", "outreach_stage_seconds_count", "outreach_requests_total"


def test_what_nobody_asked_for_is_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings of keys, readiness and metrics, and the timekeeper's looks: none is a group, a wait or a stage."""
    for name in ("routes.keyring", "loop.heartbeat"):
        monkeypatch.setattr(f"serving.{name}.REMEMBERED_SECONDS", 0.0)
    app = app_of()
    with Served(app) as api:
        before = read(api)
        for _ in range(3):
            assert api.get("/readyz").status_code == 200
            api._wait(app.state.api.timekeeper.tick())
        after = read(api)
    assert (grown(before, after, GROUPS), grown(before, after, STAGES)) == ({}, {})


def test_a_group_is_as_large_as_those_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """One decision: one group of one, that one wait, and each stage once, whatever our own went along with it."""
    monkeypatch.setattr("serving.routes.keyring.REMEMBERED_SECONDS", 0.0)
    with Served(app_of()) as api:
        before = read(api)
        assert api.post("/v1/decisions", candidate()).status_code == 200
        after = read(api)
    assert grown(before, after, GROUPS) == {labels(): 1}
    assert grown(before, after, "outreach_group_size_sum") == {labels(): 1}
    assert set(grown(before, after, STAGES).values()) == {1}


def counted(*sent: bytes) -> dict[frozenset[tuple[str, str]], float]:
    """Send each over a connection of its own; return the requests that were counted, those for metrics left out."""

    async def metrics(served: OverHttp) -> Samples:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as client:
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {EVERYTHING}"})
        return samples(answer.text)

    async def play(served: OverHttp) -> tuple[Samples, Samples]:
        before = await metrics(served)
        for one in sent:
            await told(served, one)
        return before, await metrics(served)

    found = grown(*played(play), REQUESTS)
    return {key: value for key, value in found.items() if ("path", "/metrics") not in key}


@pytest.mark.parametrize("name", ["no HTTP", "a long address", "many headers", "a chunk of no size"])
def test_what_a_connection_refuses_is_counted(name: str) -> None:
    """Once, without a route; neither its method nor its path is a label."""
    sent, status = ENDED[name]
    assert sum(counted(sent).values()) == 1
    assert {dict(one)["status"] for one in counted(sent)} == {str(status)}


def test_what_was_begun_is_counted_once_with_its_route() -> None:
    """A body on the long way that turns out to be none, after the application has begun to read it: 400, not 499."""
    sent = post(b"Transfer-Encoding: chunked", body=b"2\r\n[]\r\nzz\r\n")
    assert counted(sent) == {labels(method="POST", path="/v1/events", status="400"): 1}


def test_what_is_not_complete_in_time_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """408, once: with its route where there was a head, without one where there was none."""
    monkeypatch.setattr(guarded, "REQUEST_SECONDS", 0.2)
    assert counted(get()[:-2]) == {labels(method="other", path="other", status="408"): 1}
    slow = post(b"Content-Length: 100000", body=b"[")
    assert counted(slow) == {labels(method="POST", path="/v1/events", status="408"): 1}


def test_a_refused_one_behind_a_good_one_is_counted_beside_it() -> None:
    """Both once, each with its own status."""
    good = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    found = counted(good + ENDED["a chunk of no size"][0])
    assert {dict(key)["status"]: value for key, value in found.items()} == {"200": 1, "400": 1}

"""The relay behind a real server: deliveries over HTTP, work on a thread, and an end in order."""

import socket
import threading
from pathlib import Path

import httpx
import pytest

from serving.relay.application import LARGEST
from serving.relay.relay import Relay
from serving.relay.states import State
from serving.system import now
from tests.serving.relay.relaying import NOON, Asked, Told, body, headers, relaying
from tests.serving.relay.serving_relays import running, until
from tests.serving.served import Watch


def post(url: str, content: bytes, **more: str) -> int:
    """Deliver; return the status."""
    with httpx.Client(trust_env=False) as http:
        return http.post(url, content=content, headers=headers(content) | more).status_code


def test_a_delivery_is_taken_and_worked_off(tmp_path: Path) -> None:
    """From a request to a message, without anybody's help."""
    asked, told = Asked(), Told()
    with relaying(tmp_path, asked, told, Watch(NOON)) as relay:
        with running(relay) as server:
            status = post(server.url, body())
            until(lambda: relay.book.state_of("d-1") is State.REPORTED)
        assert relay.stopping.is_set()
    assert (status, len(told.posted), [kind for kind, *_ in asked.reported]) == (200, 1, ["delivered"])


def test_the_work_goes_on_after_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of a step ends neither the thread nor the server."""
    asked, told = Asked(), Told()
    with relaying(tmp_path, asked, told, Watch(NOON)) as relay:
        real, failures = relay.step, [RuntimeError("once"), RuntimeError("twice")]

        def step() -> int:
            if failures:
                raise failures.pop()
            return real()

        monkeypatch.setattr(relay, "step", step)
        with running(relay) as server:
            for number in range(3):
                post(server.url, body(f"d-{number}"))
            until(lambda: relay.book.counts() == {State.REPORTED: 3})
    assert len(told.posted) == 3


@pytest.mark.parametrize(
    ("method", "content", "more", "expected"),
    [
        ("POST", body(), {}, 200),
        ("POST", body(), {"webhook-signature": "v1,AAAA"}, 401),
        ("POST", b"x", {}, 400),
        ("POST", b"x" * (LARGEST + 1), {}, 413),
        ("GET", b"", {}, 200),
        ("HEAD", b"", {}, 405),
        ("DELETE", b"", {}, 405),
        ("PUT", body(), {}, 405),
    ],
    ids=["good", "signature", "no-json", "large", "get", "head", "delete", "put"],
)
def test_what_is_answered(tmp_path: Path, method: str, content: bytes, more: dict[str, str], expected: int) -> None:
    """A status and nothing else; without lifespan nothing is worked off."""
    told = Told()
    with relaying(tmp_path, Asked(), told, Watch(NOON)) as relay, running(relay, lifespan="off") as server:
        with httpx.Client(trust_env=False) as http:
            answer = http.request(method, server.url, content=content, headers=headers(content) | more)
        assert (answer.status_code, answer.content, told.posted) == (expected, b"", [])


def test_a_header_that_comes_twice_is_none_of_ours(tmp_path: Path) -> None:
    """Two readers could read two signatures."""
    content = body()
    with relaying(tmp_path, Asked(), Told(), Watch(NOON)) as relay, running(relay, lifespan="off") as server:
        pairs = [*headers(content).items()]
        with httpx.Client(trust_env=False) as http:
            twice = [http.post(server.url, content=content, headers=[*pairs, pair]).status_code for pair in pairs]
    assert twice == [401] * 3


def test_a_delivery_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """It is delivered again."""
    with relaying(tmp_path, Asked(), Told(), Watch(NOON)) as relay, running(relay, lifespan="off") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as link:
            link.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{")
        assert post(server.url, body("d-2")) == 200
        assert relay.book.counts() == {State.WAITING: 1}


def test_many_deliver_at_once(tmp_path: Path) -> None:
    """Each of them is in the book, once."""
    with relaying(tmp_path, Asked(), Told(), Watch(NOON)) as relay, running(relay, lifespan="off") as server:
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda number=number: statuses.append(post(server.url, body(f"d-{number % 10}"))))
            for number in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (statuses, relay.book.counts()) == ([200] * 30, {State.WAITING: 10})


def test_the_real_clock_is_the_default(tmp_path: Path) -> None:
    """Nothing else is asked for the time."""
    relay = Relay(Asked(), Told(), tmp_path / "relay.db", secret="whsec_" + "YWFh" * 8)  # type: ignore[arg-type]
    relay.close()
    assert relay._clock is now

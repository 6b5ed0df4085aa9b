import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serving.access.keys import Bounds, key_record
from serving.app import Application
from serving.settings import Settings
from tests.serving.routes.seconds import Seconds
from tests.serving.routes.ways import DECISIONS, EVENTS, KNOWN, LAST, noted, post, raw_answers
from tests.serving.served import NOON, Served, app_of, candidate, event, memory_ledger, token
from tests.serving.server.test_connection import Served as Listening
from tests.serving.server.test_connection import played

OUTCOME = {"user_id": "u-17", "kind": "engaged", "time": "2026-11-20T11:30:00Z"}


@pytest.fixture
def api(seconds: Seconds) -> Iterator[Served]:
    """Serve an API of which one key may ask ten things in a second."""
    with Served(app_of(settings=Settings(requests_per_second=10))) as served:
        assert seconds.at == 1000.0
        yield served


def refused(api: Served) -> int:
    """Return how many requests were told to wait."""
    count: int = api.app.state.api.pace.refused
    return count


def test_a_key_that_asks_too_much_is_told_when_to_come_again(api: Served, seconds: Seconds) -> None:
    """Ten pass, the eleventh is a problem document with `Retry-After`; after that second it passes."""
    passed = [api.get("/v1/triggers").status_code for _ in range(10)]
    answer = api.get("/v1/triggers")
    seconds.at += int(answer.headers["retry-after"])
    again = api.get("/v1/triggers").status_code
    told = (answer.status_code, answer.headers["retry-after"], answer.headers["content-type"], answer.json()["type"])
    assert (passed, told, again, refused(api)) == (
        [200] * 10,
        (429, "1", "application/problem+json", "urn:outreach:problem:too-many-requests"),
        200,
        1,
    )


def test_nothing_is_done_of_what_is_refused(api: Served, seconds: Seconds) -> None:
    """An event that is refused is not on record, and may be sent again."""
    for _ in range(10):
        api.get("/v1/triggers")
    answers = [api.post(EVENTS, event())]
    seconds.at += 1
    answers.append(api.post(EVENTS, event()))
    assert [answers[0].status_code, answers[1].json()["accepted"]] == [429, 1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EVENTS, [event(number) for number in range(100)]),
        (EVENTS, [{"bad": number} for number in range(100)]),
        (f"{DECISIONS}/batch", [candidate()] * 100),
        (f"{DECISIONS}/batch?dry_run=true", [candidate()] * 100),
        ("/v1/outcomes", [OUTCOME] * 100),
    ],
    ids=["events", "bad events", "candidates", "dry run", "outcomes"],
)
def test_an_array_counts_for_each_of_its_elements(api: Served, seconds: Seconds, path: str, body: Any) -> None:
    """A hundred pass whole, at ten a second; the next request waits for what they owe."""
    first = api.post(path, body).status_code
    answer = api.get("/v1/triggers")
    waited = int(answer.headers["retry-after"])
    seconds.at += waited
    again = api.get("/v1/triggers").status_code
    assert (first < 300, answer.status_code, waited, again) == (True, 429, 10, 200)


def test_keys_do_not_pay_for_each_other(api: Served) -> None:
    """One that is told to wait leaves the others alone."""
    told = {api.get("/v1/triggers", key=token("read")).status_code for _ in range(20)}
    other = api.get("/v1/offers").status_code
    assert (told, other) == ({200, 429}, 200)


def test_a_key_may_have_a_rate_of_its_own(seconds: Seconds) -> None:
    """Less than the settings say, for this key alone; more than they say, it does not get."""
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        for name, rate in (("slow", 3), ("fast", 1000)):
            made = key_record(
                token(name), key_id=name, name=name, scopes=["read"], at=NOON, bounds=Bounds(per_second=rate)
            )
            transaction.add_key(made)
    told = {}
    with Served(app_of(ledger, settings=Settings(requests_per_second=10))) as api:
        for name in ("slow", "fast", "read"):
            answers = [api.get("/v1/triggers", key=token(name)).status_code for _ in range(20)]
            told[name] = answers.count(200)
    assert (told, seconds.at) == ({"slow": 3, "fast": 10, "read": 10}, 1000.0)


def test_what_needs_no_key_has_no_rate(api: Served) -> None:
    """Whether it runs can be asked at any time, and who has no key is told so rather than to wait."""
    open_paths = {api.get(path, key=None).status_code for path in ("/livez", "/version") for _ in range(30)}
    nobody = {api.get("/v1/triggers", key=None).status_code for _ in range(30)}
    assert (open_paths, nobody, refused(api)) == ({200}, {401}, 0)


def test_a_scope_that_is_not_held_cannot_be_tried_faster(api: Served) -> None:
    """A refusal for want of a scope counts as any other request."""
    told = [api.get("/v1/approvals", key=token("read")).status_code for _ in range(12)]
    assert told == [403] * 10 + [429] * 2


def test_every_path_that_needs_a_key_has_a_rate(api: Served) -> None:
    """Over all operations of the document: a key that owes gets 429, whatever else is wrong with what it asks."""
    api.post(EVENTS, [event(number) for number in range(1000)])
    document = api.get("/openapi.json", key=None).json()
    asked = {
        (method, path): api.call(method, path, json=None if method == "get" else {}).status_code
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "x-scope" in operation
    }
    assert (set(asked.values()), len(asked) > 10) == ({429}, True)


@pytest.mark.parametrize(("path", "elements"), [(EVENTS, 1), (EVENTS, 60), (DECISIONS, 1)])
@pytest.mark.usefixtures("seconds")
def test_both_ways_hold_a_key_to_the_same_rate(app: Callable[..., Application], path: str, elements: int) -> None:
    """One request after the other: the same pass, the same are refused with the same bytes, and as many are counted."""
    body = json.dumps(candidate() if path == DECISIONS else [event(number) for number in range(elements)]).encode()

    async def play(served: Listening) -> list[list[bytes]]:
        return [await raw_answers(served, sent, 10**6) for sent in (KNOWN, *[post(path, body) + LAST] * 12)]

    told, short = [], []
    for way in (True, False):
        composed = app(short=way, settings=Settings(requests_per_second=10))
        took = noted(composed)
        told.append((played(play, composed), composed.state.api.pace.refused))
        short.append(sum(took))
    assert (told[0], told[0][1], short) == (told[1], 3 if elements == 1 else 11, [9 if elements == 1 else 1, 0])

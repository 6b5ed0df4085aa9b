from typing import Any

import pytest

from serving.loop.deciding import MEMORY
from tests.serving.served import Served, Watch, candidate, consent, event, token

NAME = {"Idempotency-Key": "a-1"}


@pytest.fixture(autouse=True)
def _told(api: Served) -> None:
    """Put three delays and a consent on record."""
    api.post("/v1/events", [event(number) for number in range(3)])
    consent(api, "u-17")


def test_the_same_body_gives_the_same_bytes(api: Served) -> None:
    """A repeat is answered with what was stored, and says so; nothing is decided twice."""
    first = api.post("/v1/decisions", candidate(), headers=NAME)

    again = api.post("/v1/decisions", candidate(), headers=NAME)

    records = api.get("/v1/decisions").json()["decisions"]
    actual = (again.status_code, again.content == first.content, again.headers["idempotency-replayed"], len(records))
    assert actual == (200, True, "true", 1)


def test_bodies_are_compared_as_canonical_json(api: Served) -> None:
    """Order of keys and blanks do not make another body."""
    first = api.post("/v1/decisions", candidate(), headers=NAME)
    reordered = dict(reversed(candidate().items()))

    again = api.post("/v1/decisions", reordered, headers=NAME)

    assert again.content == first.content


def test_another_body_is_refused(api: Served) -> None:
    """The key stands for one request."""
    api.post("/v1/decisions", candidate(1), headers=NAME)

    answer = api.post("/v1/decisions", candidate(2), headers=NAME)

    records = api.get("/v1/decisions").json()["decisions"]
    assert (answer.status_code, "another body" in answer.json()["detail"], len(records)) == (422, True, 1)


def test_keys_of_other_clients_do_not_meet(api: Served) -> None:
    """The same Idempotency-Key under another API key is another request."""
    first = api.post("/v1/decisions", candidate(1), headers=NAME)

    other = api.post("/v1/decisions", candidate(1), headers=NAME, key=token("decide"))

    assert (other.status_code, other.json()["decision_id"] == first.json()["decision_id"]) == (200, False)


def test_refusals_are_not_stored(api: Served) -> None:
    """A 422 is forgotten: the corrected body under the same key is decided."""
    wrong = api.post("/v1/decisions", candidate() | {"channel": "pigeon"}, headers=NAME)

    right = api.post("/v1/decisions", candidate(), headers=NAME)

    assert (wrong.status_code, right.status_code, right.json()["action"]) == (422, 200, "send")


def test_denials_are_stored(api: Served) -> None:
    """A 200 that says no is an answer like any other."""
    body = candidate(purpose="upsell")

    first, again = (api.post("/v1/decisions", body, headers=NAME).content for _ in range(2))

    assert again == first


def test_a_key_is_forgotten_after_a_day(api: Served, clock: Watch) -> None:
    """Until 24 hours have passed the stored answer is given, then the request is decided anew."""
    first = api.post("/v1/decisions", candidate(), headers=NAME).json()
    clock.at += MEMORY
    clock.turn(seconds=-1)
    within = api.post("/v1/decisions", candidate(), headers=NAME).json()
    clock.turn(seconds=2)

    after = api.post("/v1/decisions", candidate(), headers=NAME).json()

    assert (within == first, after["decision_id"] == first["decision_id"]) == (True, False)


def test_a_dry_run_stores_nothing(api: Served) -> None:
    """The key is still free afterwards."""
    api.post("/v1/decisions?dry_run=true", candidate(1), headers=NAME)

    answer = api.post("/v1/decisions", candidate(2), headers=NAME)

    assert (answer.status_code, answer.json()["recorded"]) == (200, True)


def test_of_many_at_once_one_decides(api: Served) -> None:
    """Fifty identical requests: one send; the others are that same answer, or are told that it still runs."""
    answers = api.together(("POST", "/v1/decisions", {"json": candidate(), "headers": NAME}) for _ in range(50))

    good = {answer.content for answer in answers if answer.status_code == 200}
    kinds = {answer.status_code for answer in answers}
    records = api.get("/v1/decisions").json()["decisions"]
    assert (len(good), kinds <= {200, 409}, len(records)) == (1, True, 1)


def test_the_still_running_are_told_so(api: Served) -> None:
    """A second request under the same key, while the first one runs, is 409 with a problem document."""
    answers = api.together(("POST", "/v1/decisions", {"json": candidate(), "headers": NAME}) for _ in range(5))

    running = [answer for answer in answers if answer.status_code == 409]
    assert {(answer.json()["type"], len(running) > 0) for answer in running} == {
        ("urn:outreach:problem:still-running", True)
    }


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "caf\xe9", "a\tb"])
def test_what_is_no_key_is_refused(api: Served, name: str) -> None:
    """1 to 255 printable ASCII characters; anything else is 422 and decides nothing."""
    answer = api.post("/v1/decisions", candidate(), headers={"Idempotency-Key": name.encode("latin-1")})

    assert answer.status_code == 422


def test_a_batch_is_remembered_element_by_element(api: Served) -> None:
    """Sent again, a batch gives the same bytes and decides nothing."""
    body = [candidate(number) for number in range(3)]
    first = api.post("/v1/decisions/batch", body, headers=NAME)

    again = api.post("/v1/decisions/batch", body, headers=NAME)

    records = api.get("/v1/decisions").json()["decisions"]
    assert (again.content == first.content, len(records)) == (True, 3)


def test_another_batch_is_refused_as_a_whole(api: Served) -> None:
    """No element of a batch under a used key is decided."""
    api.post("/v1/decisions/batch", [candidate(0), candidate(1)], headers=NAME)

    answer = api.post("/v1/decisions/batch", [candidate(0), candidate(2)], headers=NAME)

    assert (answer.status_code, len(api.get("/v1/decisions").json()["decisions"])) == (422, 2)


INVALID: dict[str, str] = {"canary7391": "x"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([candidate(0)], [INVALID]),
        ([INVALID], [candidate(0)]),
        ([INVALID], [INVALID, INVALID]),
        ([candidate(0)], []),
        ([], [candidate(0)]),
        ([INVALID, candidate(1)], [candidate(0), INVALID]),
        ([candidate(0)], [INVALID, candidate(1)]),
        ([candidate(0)], [candidate(0), candidate(1)]),
    ],
)
def test_a_key_stands_for_one_batch_whatever_is_in_it(api: Served, first: list[Any], second: list[Any]) -> None:
    """Which elements could be read makes no difference; a key is no key for half of a body."""
    before = api.post("/v1/decisions/batch", first, headers=NAME)
    records = api.get("/v1/decisions").json()["decisions"]

    answer = api.post("/v1/decisions/batch", second, headers=NAME)

    again = api.post("/v1/decisions/batch", first, headers=NAME)
    actual = (answer.status_code, again.content == before.content, api.get("/v1/decisions").json()["decisions"])
    assert actual == (422, True, records)


def test_a_batch_is_forgotten_after_a_day(api: Served, clock: Watch) -> None:
    """Then the key may stand for another body."""
    first = api.post("/v1/decisions/batch", [candidate(0), INVALID], headers=NAME).json()
    clock.at += MEMORY
    clock.turn(seconds=1)

    after = api.post("/v1/decisions/batch", [candidate(2)], headers=NAME)

    assert (first[1]["status"], after.status_code) == (422, 200)


def test_a_key_for_one_is_not_a_key_for_a_batch(api: Served) -> None:
    """The two paths do not share keys."""
    api.post("/v1/decisions", candidate(0), headers=NAME)

    answer = api.post("/v1/decisions/batch", [candidate(1)], headers=NAME)

    assert answer.status_code == 200

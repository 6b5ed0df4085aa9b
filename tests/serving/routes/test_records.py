from typing import Any
from urllib.parse import quote

import pytest

from tests.serving.served import NOON, Served, Watch, candidate, consent, event


def listed(api: Served, query: str = "") -> list[str]:
    """Return the ids of one page."""
    answer = api.get(f"/v1/decisions?{query}")
    assert answer.status_code == 200, answer.text
    return [record["decision_id"] for record in answer.json()["decisions"]]


@pytest.fixture
def made(api: Served, clock: Watch) -> list[str]:
    """Decide about two customers, a minute apart each time; the first about each is a send."""
    api.post("/v1/events", [event(number, user="ab"[number % 2]) for number in range(10)])
    consent(api, "a", "b")
    ids = []
    for number in range(10):
        clock.turn(minutes=1)
        ids.append(api.post("/v1/decisions", candidate(number, user="ab"[number % 2])).json()["decision_id"])
    return ids


def test_pages_follow_one_another(api: Served, made: list[str]) -> None:
    """Every record once, in the order they were made, until there is no next page."""
    found: list[str] = []
    cursor, pages = "", 0
    while cursor is not None and pages < 10:
        answer = api.get(f"/v1/decisions?limit=4{cursor and f'&cursor={cursor}'}").json()
        found += [record["decision_id"] for record in answer["decisions"]]
        cursor, pages = answer["next_cursor"], pages + 1

    assert (found, pages) == (made, 3)


def test_the_last_page_says_so(api: Served, made: list[str]) -> None:
    """A page that holds all that is left has no next one."""
    answers = [api.get(f"/v1/decisions?limit={limit}").json()["next_cursor"] for limit in (9, 10, 11)]

    assert answers == [made[8], None, None]


def test_filters(api: Served, made: list[str]) -> None:
    """By action, by customer, by time, and together."""
    since = quote(NOON.replace(minute=6).isoformat())

    actual = [
        listed(api, "action=send"),
        listed(api, "action=deny"),
        listed(api, "user=b"),
        listed(api, f"since={since}"),
        listed(api, f"since={since}&user=a&action=hold"),
        listed(api, "user=nobody"),
    ]

    assert actual == [made[:2], [], made[1::2], made[5:], made[6::2], []]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("action=x", {"pointer": "#/action", "detail": "must be 'send', 'hold' or 'deny'"}),
        ("limit=0", {"pointer": "#/limit", "detail": "must be greater than or equal to 1"}),
        (
            "canary7391=1",
            {"pointer": "#/*", "detail": "unknown parameter; known are action, user, since, reason, cursor, limit"},
        ),
    ],
)
def test_a_parameter_that_is_wrong_is_named(api: Served, query: str, fault: dict[str, str]) -> None:
    """Ours by its name, the sender's by a star with the names that there are."""
    answer = api.get(f"/v1/decisions?{query}")

    assert (answer.status_code, answer.json()["errors"]) == (422, [fault])


def test_a_record_is_whole(api: Served, made: list[str]) -> None:
    """Inputs, context, features, the verdict of every filter, the answer, and outcomes."""
    api.post("/v1/outcomes", {"decision_id": made[0], "kind": "engaged", "time": NOON.isoformat()})

    record: Any = api.get(f"/v1/decisions/{made[0]}").json()

    actual = (
        record["candidate"]["user_id"],
        record["context"]["evidence"]["id"],
        record["decision_id"],
        set(record["verdicts"].values()) <= {"pass", "refuse", "waived", "not_asked"},
        [outcome["kind"] for outcome in record["outcomes"]],
    )
    assert actual == ("a", "ev-0", made[0], True, ["engaged"])


def test_a_record_begins_with_the_answer_as_it_was_given(api: Served) -> None:
    """Whoever reads the answer of a decision reads its record the same way."""
    given = api.post("/v1/decisions", candidate(99, user="z")).json()

    record: Any = api.get(f"/v1/decisions/{given['decision_id']}").json()

    assert dict(list(record.items())[: len(given)]) == given


def test_a_hold_says_what_would_change_it(api: Served, made: list[str]) -> None:
    """The record of a no names, reason by reason, what would flip it."""
    record: Any = api.get(f"/v1/decisions/{made[-1]}").json()

    reasons = record["reasons"]
    assert ([reason["code"] for reason in reasons], all(reason["would_change"] for reason in reasons)) == (
        ["frequency_cap"],
        True,
    )

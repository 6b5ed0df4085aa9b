from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from serving.policy.reasons import REASONS
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


def test_a_record_explains_itself(api: Served, made: list[str]) -> None:
    """Both questions in plain words, every verdict in order, and what would change it, after all that was there."""
    sent, held = (api.get(f"/v1/decisions/{name}").json() for name in (made[0], made[-1]))

    assert list(sent)[-1] == "explanation"
    assert sent["explanation"]["agent_would_send"].startswith("Yes: ")
    assert sent["explanation"]["customer_would_thank"].startswith("Yes: of 100 customers like this one")
    assert [row["code"] for row in sent["explanation"]["verdicts"]] == list(REASONS)
    assert sent["explanation"]["flip"]["changes"][0]["input"] == "time"
    assert held["explanation"]["flip"]["until"] == held["not_before"]


def test_waiting_as_long_as_the_explanation_says_flips_the_answer(api: Served, made: list[str], clock: Watch) -> None:
    """Through the API: the same question, asked again at that time, is a send."""
    held: Any = api.get(f"/v1/decisions/{made[-1]}").json()
    until = datetime.fromisoformat(held["explanation"]["flip"]["until"])

    clock.at = until - timedelta(milliseconds=1)
    before = api.post("/v1/decisions?dry_run=true", candidate(9, user="b")).json()["action"]
    clock.at = until
    after = api.post("/v1/decisions?dry_run=true", candidate(9, user="b")).json()["action"]

    assert (before, after) == ("hold", "send")


def test_what_is_listed_is_not_explained(api: Served, made: list[str]) -> None:
    """A page of a thousand records would take long: each says why when it is asked for."""
    answer = api.get("/v1/decisions?limit=1").json()

    assert ("explanation" in answer["decisions"][0], answer["decisions"][0]["decision_id"]) == (False, made[0])


def test_refused_marketing_has_no_flip(api: Served) -> None:
    """Nothing makes it a service."""
    given = api.post("/v1/decisions", candidate(1, purpose="win_back")).json()

    explanation = api.get(f"/v1/decisions/{given['decision_id']}").json()["explanation"]

    assert (explanation["flip"], explanation["no_flip"]) == (None, REASONS["purpose_is_marketing"].would_change)

"""`GET /v1/outcomes`: what was reported, pulled page by page."""

import pytest

from tests.serving.served import NOON, Served, token


def test_what_was_reported_is_pulled(api: Served) -> None:
    """In order, page after page, and then what came since."""
    for number in range(3):
        api.post("/v1/outcomes", {"user_id": f"u-{number}", "kind": "engaged", "time": NOON.isoformat()})
    first = api.get("/v1/outcomes?limit=2", key=token("outcomes")).json()
    second = api.get(f"/v1/outcomes?limit=2&cursor={first['next_cursor']}", key=token("outcomes")).json()
    actual = [[each["user_id"] for each in page["outcomes"]] for page in (first, second)]
    assert (actual, second["next_cursor"]) == ([["u-0", "u-1"], ["u-2"]], None)
    since = api.get(f"/v1/outcomes?cursor={second['outcomes'][0]['cursor']}&since=2026-11-20T12:00:00Z").json()
    assert since == {"outcomes": [], "next_cursor": None}


@pytest.mark.parametrize("scope", ["read", "decide", "events", "widget"])
def test_another_scope_pulls_nothing(api: Served, scope: str) -> None:
    """Only who reports may see what was reported."""
    assert api.get("/v1/outcomes", key=token(scope)).status_code == 403


def test_a_cursor_of_nobody_is_refused(api: Served) -> None:
    """In words of our own."""
    answer = api.get("/v1/outcomes?cursor=7391")
    assert (answer.status_code, "7391" in answer.text) == (422, False)

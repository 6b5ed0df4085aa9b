"""`DELETE /v1/users/{id}`: the person goes, the protection stays."""

from tests.serving.served import Served, candidate, consent, event


def test_a_customer_is_erased(api: Served) -> None:
    """What was said of them can be read no more; told again, nothing is known but what protects them."""
    api.call("PUT", "/v1/users/ann/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    gone = api.call("DELETE", "/v1/users/ann")
    told = api.get("/v1/users/ann/preferences").json()
    expected = {"decisions": 0, "events": 0, "outcomes": 0}
    assert (gone.status_code, gone.json(), told) == (200, expected, {"timezone": None, "consent": {}})


def test_a_stranger_is_404(api: Served) -> None:
    """Nothing is erased where nothing is known."""
    assert api.call("DELETE", "/v1/users/nobody").status_code == 404


def test_a_second_erasure_says_that_nothing_was_left(api: Served) -> None:
    """The counts are those of the call, so that who asks twice is not told twice that something went."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    api.post("/v1/decisions", candidate())
    told = [api.call("DELETE", "/v1/users/u-17").json() for _ in range(2)]
    assert [(one["decisions"], one["events"]) for one in told] == [(1, 1), (0, 0)]

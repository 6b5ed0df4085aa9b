from datetime import timedelta

import pytest

from tests.serving.routes.test_bad_events import call
from tests.serving.routes.test_events import counts
from tests.serving.served import NOON, Served, Watch, candidate, consent, event


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [(-86400 * 365 * 2000, 1), (-86400 * 365, 1), (0, 1), (299, 1), (300, 1), (301, 0), (86400, 0)],
)
def test_clocks_that_differ(api: Served, ahead: int, accepted: int) -> None:
    """A little ahead is fine and more than five minutes is not; the far past is stored, in either dialect."""
    at = (NOON + timedelta(seconds=ahead)).isoformat()

    answer = api.post("/v1/events", [event(time=at), call(timestamp=at)])

    assert answer.json()["accepted"] == 2 * accepted


def test_the_far_past_is_harmless(api: Served) -> None:
    """An old event is evidence of nothing that could still be said."""
    consent(api, "u-17")
    api.post("/v1/events", event(at=NOON - timedelta(days=365 * 2000)))

    reasons = [reason["code"] for reason in api.post("/v1/decisions", candidate()).json()["reasons"]]

    assert "evidence_stale" in reasons


@pytest.mark.parametrize(
    ("hours", "sent_after", "accepted"), [(3, 2, 1), (30_000, 2, 1), (3, -600, 0), (-3, 2, 1), (3, None, 0)]
)
def test_a_fast_clock_of_a_device_is_set_right(api: Served, hours: int, sent_after: int | None, accepted: int) -> None:
    """By when it says that it sent the call; without that nobody knows how fast it runs."""
    at = NOON + timedelta(hours=hours)
    sent = {} if sent_after is None else {"sentAt": (at + timedelta(seconds=sent_after)).isoformat()}

    answer = api.post("/v1/events", call(timestamp=at.isoformat(), **sent))

    assert answer.json()["accepted"] == accepted


def test_clocks_beyond_the_calendar_are_refused(api: Served) -> None:
    """The difference of two impossible clocks is a problem like any other."""
    body = call(timestamp="0001-01-01T00:00:00Z", sentAt="9999-12-31T00:00:00Z")

    assert counts(api.post("/v1/events", [body, call(2)])) == (202, 1, 0, [0])


def test_an_envelope_sets_the_clock_of_its_calls(api: Served) -> None:
    """Libraries say once, on the envelope, when they sent it."""
    at, sent = NOON + timedelta(hours=3), NOON + timedelta(hours=3, seconds=2)

    answer = api.post("/v1/events", {"batch": [call(timestamp=at.isoformat())], "sentAt": sent.isoformat()})

    assert answer.json()["accepted"] == 1


def test_late_and_out_of_order_events_change_nothing_twice(api: Served, clock: Watch) -> None:
    """The newest by its own time counts, whenever it comes; a repeat of it years later is a repeat."""
    consent(api, "u-17")
    newer = event("new", at=NOON - timedelta(minutes=5), data={"parcel": "A-1", "new_eta": "Monday"})
    older = event(1, at=NOON - timedelta(hours=1))
    first = [counts(api.post("/v1/events", one)) for one in (newer, older)]
    said = api.post("/v1/decisions", candidate()).json()
    clock.turn(days=700)

    again = [counts(api.post("/v1/events", one)) for one in (older, newer)]

    codes = [reason["code"] for reason in said["reasons"]]
    assert (first, again, "fact_superseded" in codes) == ([(202, 1, 0, [])] * 2, [(202, 0, 1, [])] * 2, True)

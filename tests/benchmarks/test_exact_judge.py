"""The judge of the exactness scripts sees what it is there to see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.exact_judge import Judge, Sent, judged
from benchmarks.exact_naive import counted

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return an instant so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def sent(minutes: float, **given: Any) -> Sent:
    """Describe an outbound send about a fact of its own."""
    return Sent(at=at(minutes), **({"outbound": True, "essential": False, "fact": f"of {minutes}"} | given))


def found(judge: Judge) -> tuple[int, int]:
    """Return how many sends were over a cap, and how many facts were told twice."""
    return len(judge.verdict.over), len(judge.verdict.twice)


@pytest.mark.parametrize(
    ("minutes", "over"),
    [
        ((0, 60), 0),
        ((0, 59.9), 1),
        ((59.9, 0), 1),
        ((0, 60, 1440), 0),
        ((0, 60, 1439), 1),
        ([1440 * day for day in range(5)], 0),
        ([1000 * number for number in range(6)], 1),
        ([1440 * day for day in (0, 1, 2, 3, 4, 7)], 0),
    ],
)
def test_each_cap_is_rolling(minutes: list[float], over: int) -> None:
    """One in 60 minutes, two in 24 hours, five in 7 days, and exactly a window later it is free."""
    judge = Judge()
    for number, one in enumerate(minutes):
        judge.send("u", str(number), sent(one))
    assert found(judge) == (over, 0)


@pytest.mark.parametrize(("count", "over"), [(10, 0), (11, 1)])
def test_essential_ones_are_ten_a_day(count: int, over: int) -> None:
    """They have a cap of their own."""
    judge = Judge()
    for number in range(count):
        judge.send("u", str(number), sent(number, essential=True))
    assert found(judge) == (over, 0)


def test_a_fact_is_told_once() -> None:
    """To one customer, even months later; another one may hear it."""
    judge = Judge()
    for number, (user, minutes) in enumerate([("u", 0), ("w", 1), ("u", 100_000)]):
        judge.send(user, str(number), sent(minutes, fact="f"))
    assert found(judge) == (0, 1)


def test_what_is_inside_a_session_counts_for_no_cap() -> None:
    """Only outbound messages do; the fact is told all the same."""
    judge = Judge()
    judge.send("u", "d", sent(0, outbound=False, fact="f"))
    judge.send("u", "e", sent(1, fact="f"))
    assert found(judge) == (0, 1)


@pytest.mark.parametrize(
    ("act", "over"), [("failed", 0), ("cancelled", 0), ("held", 0), ("arrived", 1), ("failed late", 1)]
)
def test_only_what_is_released_leaves_room(act: str, over: int) -> None:
    """Not delivered, cancelled, held past its end; what reached the customer stays, whatever is said of it."""
    judge = Judge()
    judge.send("u", "d", sent(0))
    if act == "held":
        judge.hold("u", "d", at(5))
    if act in ("arrived", "failed late"):
        judge.arrived("u", "d", sent(0))
    if act == "cancelled":
        judge.cancel("u", "d")
    if act.startswith("failed"):
        judge.failed("u", "d", time=at(1), recorded=at(1))
    judge.send("u", "e", sent(10))
    assert found(judge) == (over, 0)


def test_an_earlier_try_that_failed_releases_no_later_one() -> None:
    """It was confirmed as a send since."""
    judge = Judge()
    judge.send("u", "d", sent(0))
    judge.send("u", "d", sent(10, again=True))
    judge.failed("u", "d", time=at(1), recorded=at(11))
    judge.send("u", "e", sent(12))
    assert found(judge) == (1, 0)


def test_what_arrived_after_all_counts_again() -> None:
    """A receipt that comes after the failure, of a hold as of a send."""
    judge = Judge()
    judge.send("u", "d", sent(0, fact="f"))
    judge.failed("u", "d", time=at(1), recorded=at(1))
    judge.arrived("u", "d", sent(2, fact="f"))
    judge.send("u", "e", sent(10, fact="f"))
    assert found(judge) == (1, 1)


def test_what_arrived_after_all_counts_from_when_it_was_sent() -> None:
    """Not from when somebody said that it arrived: that may be much later."""
    judge = Judge()
    judge.send("u", "d", sent(0))
    judge.failed("u", "d", time=at(1), recorded=at(1))
    judge.arrived("u", "d", sent(50))
    judge.send("u", "e", sent(60))
    assert found(judge) == (0, 0)


def record(identity: str, minutes: float, *after: dict[str, Any]) -> dict[str, Any]:
    """Return a send as the ledger gives it, with what followed."""
    return {
        "decision_id": identity,
        "candidate": {"user_id": "u"},
        "decided": {
            "decision": {"action": "send", "decided_at": at(minutes).isoformat()},
            "outbound": True,
            "essential": False,
            "fact_key": identity,
        },
        "confirmations": [one for one in after if "confirmed_at" in one],
        "outcomes": [one for one in after if "kind" in one],
    }


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((), (2, 2, 1, 0)),
        (({"kind": "not_delivered", "time": at(1).isoformat(), "recorded_at": at(2).isoformat()},), (2, 2, 0, 1)),
        (({"kind": "not_delivered", "time": at(1).isoformat(), "recorded_at": at(20).isoformat()},), (2, 2, 1, 1)),
        (({"kind": "delivered", "time": at(1).isoformat(), "recorded_at": at(2).isoformat()},), (2, 2, 1, 0)),
        (({"confirmed_at": at(3).isoformat(), "action": "cancel", "expires_at": None},), (2, 2, 0, 1)),
        (({"confirmed_at": at(3).isoformat(), "action": "hold", "expires_at": at(5).isoformat()},), (2, 2, 0, 0)),
        (({"confirmed_at": at(3).isoformat(), "action": "send", "expires_at": None},), (2, 3, 1, 0)),
    ],
)
def test_records_are_read_in_the_order_of_their_times(
    after: tuple[dict[str, Any], ...], expected: tuple[int, int, int, int]
) -> None:
    """Decisions, confirmations and outcomes together: what happened between two sends decides about the second."""
    verdict = judged([record("d", 0, *after), record("e", 10)])
    assert (verdict.decisions, verdict.sends, len(verdict.over), verdict.released) == expected


def test_the_naive_way_is_found_out() -> None:
    """Two clients that read before either inserts: the customer who got two messages is counted once."""
    assert counted([(1, 7), (2, 8), (3, 7), (4, 7)], NOON) == {"sends": 4, "over a cap": 1}

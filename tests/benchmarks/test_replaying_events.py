"""The benchmark of feeding: its days are the same for the same seed, and what differs is counted."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

from benchmarks.event_days import Request, requests, write_lines
from benchmarks.replaying_events import differing_lines, differing_rows, report

DAYS = list(requests(events=600, customers=40, seed=1))


def flat(some: list[Request]) -> list[dict[str, object]]:
    """Return the events of requests."""
    return [one for each in some for one in (each.body if isinstance(each.body, list) else [each.body])]


def test_the_days_follow_from_the_seed() -> None:
    """The same requests in the same order; more of them begin alike."""
    again, more = (list(requests(events=events, customers=40, seed=1)) for events in (600, 900))
    others = list(requests(events=600, customers=40, seed=2))
    assert again == DAYS == more[: len(DAYS)]
    assert others != DAYS


def test_requests_come_in_the_order_of_their_times() -> None:
    """By the clock of who receives them; the events in them have happened before."""
    assert all(one.at <= other.at for one, other in pairwise(DAYS))
    stamps = [one.get("recordedtime") or one.get("receivedAt") or one["time"] for one in flat(DAYS)]
    times = [one.get("time") or one["timestamp"] for one in flat(DAYS)]
    actual = [str(time) <= str(stamp) for time, stamp in zip(times, stamps, strict=True)]
    assert all(actual)


def test_the_days_are_as_untidy_as_life() -> None:
    """Both dialects, arrays, duplicates, late and wrong events, visitors without a name, an incident."""
    events = flat(list(requests(events=3000, customers=150, seed=1)))
    ids = Counter(str(one.get("id") or one["messageId"]) for one in events)
    late = sum(str(one.get("recordedtime", one.get("time"))) > str(one.get("time", "z")) for one in events)
    wrong = sum(isinstance(one.get("data"), dict) and one["data"].get("seconds", 0) < 0 for one in events)  # type: ignore[union-attr]
    kinds = {str(one["type"]) for one in events}
    arrays = sum(isinstance(one.body, list) for one in DAYS)
    nameless = sum(str(one.get("subject", "")).startswith("a-") for one in events)
    assert {"track", "incident.update", "customer.identified", "reminder.requested", "message.dismissed"} <= kinds
    assert min(arrays, sum(count > 1 for count in ids.values()), late, wrong, nameless) > 0


def test_a_file_of_them_has_one_request_a_line(tmp_path: Path) -> None:
    """As JSON."""
    written = write_lines(tmp_path / "events.jsonl", iter(DAYS))
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [one.body for one in DAYS]
    assert written == len(DAYS)


def test_what_differs_is_counted(tmp_path: Path) -> None:
    """Rows that one ledger has and the other not, tables that only one has, and lines at other places."""
    one = {"same": ["a", "a"], "less": ["a"], "more": ["a", "b"], "gone": ["a"]}
    other = {"same": ["a", "a"], "less": ["a", "a"], "more": ["c", "d", "e"], "new": []}
    (tmp_path / "short").write_text("1\n2\n3\n")
    (tmp_path / "long").write_text("1\n9\n3\n4\n")
    (tmp_path / "shorter").write_text("1\n")
    lines = [differing_lines(tmp_path / "short", tmp_path / name) for name in ("short", "long", "shorter")]
    assert differing_rows(one, other) == {"same": 0, "less": 1, "more": 3, "gone": 1, "new": 0}
    assert lines == [0, 1, 2]


def test_a_small_run_says_that_nothing_differs(tmp_path: Path) -> None:
    """The whole of it, with few events."""
    text, differing = report(tmp_path, events=420, sample=330)
    assert differing == 0
    assert "**0 decisions and other rows differ" in text

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from serving.people.remembering import FRESH, MOST, Remembered
from tests.occasions import NOW


def counting() -> tuple[list[int], Callable[[], int]]:
    """Return what was made, and what makes one more."""
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    return made, make


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(0), 0), (FRESH - timedelta(microseconds=1), 0), (FRESH, 1), (-timedelta(seconds=1), 1)],
    ids=["at once", "within the minute", "after it", "a clock that jumped back"],
)
def test_what_was_made_is_fresh_for_a_minute(later: timedelta, expected: int) -> None:
    """After that it is made anew."""
    kept, (_, make) = Remembered(), counting()
    kept.get("a", NOW, make)
    assert kept.get("a", NOW + later, make) == expected


@pytest.mark.parametrize(("later", "expected"), [(199, 0), (200, 1)])
def test_what_took_long_is_fresh_for_twenty_times_as_long(later: int, expected: int) -> None:
    """Ten seconds of work are done every 200 seconds, not every minute."""
    seconds = iter([0.0, 10.0, 10.0, 20.0])
    kept, (_, make) = Remembered(stopwatch=lambda: next(seconds)), counting()
    kept.get("a", NOW, make)
    assert kept.get("a", NOW + timedelta(seconds=later), make) == expected


def test_each_name_has_its_own() -> None:
    """And of too many the oldest goes."""
    kept, (made, make) = Remembered(), counting()
    for number in range(MOST + 1):
        kept.get(str(number), NOW, make)
    again = [kept.get(name, NOW, make) for name in (str(MOST), "0")]
    assert (again, len(made)) == ([MOST, MOST + 1], MOST + 2)


def test_what_fails_is_not_remembered() -> None:
    """Whoever asks next tries again."""
    kept = Remembered()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", NOW, lambda: 1 // 0)
    left = dict(kept._locks)
    assert (kept.get("a", NOW, lambda: 7), left) == (7, {})


def test_many_who_ask_at_once_wait_for_one() -> None:
    """It is made once, and everybody has it."""
    kept, (made, make) = Remembered(), counting()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(kept.get("a", NOW, make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, made) == ([0] * 8, [0])


def test_nobody_waits_for_something_else() -> None:
    """While one thing is being made another is; and what is made may ask for what else is remembered."""
    kept, begun, go_on = Remembered(), threading.Event(), threading.Event()

    def slowly() -> int:
        begun.set()
        assert go_on.wait(30)
        return 1

    slow = threading.Thread(target=lambda: kept.get("slow", NOW, slowly))
    slow.start()
    assert begun.wait(30)
    found = kept.get("outer", NOW, lambda: kept.get("inner", NOW, lambda: 7))
    go_on.set()
    slow.join()
    assert (found, kept.get("slow", NOW, lambda: 2)) == (7, 1)

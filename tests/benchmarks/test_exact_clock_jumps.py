"""A wall clock that is set: the small version of the script, and what a clock that is believed at once would do."""

from benchmarks.exact_clock_jumps import VIOLATIONS, run


def test_no_limit_is_loosened() -> None:
    """Clocks that come back and clocks that stay: no cap, no fact told twice, no key with two answers, nothing gone."""
    found = run(seed=0, seeds=6, steps=25, naive=False)
    happened = [found[name] > 0 for name in ("jumps", "answered 503", "repeated", "sends by real time")]
    assert ({name: found[name] for name in VIOLATIONS}, happened) == (dict.fromkeys(VIOLATIONS, 0), [True] * 4)


def test_the_wall_clock_as_it_is_would_loosen_them() -> None:
    """Believed at once, it lets more through than the caps, answers keys twice and forgets what is fresh."""
    found = run(seed=0, seeds=10, steps=40, naive=True)
    assert [found[name] > 0 for name in ("over a cap", "two answers to a key", "forgotten")] == [True] * 3

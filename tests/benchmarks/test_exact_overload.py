"""More than a server can do: the small version of the script."""

from pathlib import Path

from benchmarks.exact_overload import VIOLATIONS, options, run

SMALL = ["--seconds", "3", "--times", "10", "--connections", "10"]


def test_what_is_too_much_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    """Ten times as much as it can do, for seconds, among clients that do not behave: 200, 429 and 503 alone."""
    found = run(tmp_path, options(SMALL))
    happened = [found[name] > 0 for name in ("answered 200", "acknowledged decisions", "health answers")]
    refused = found.get("answered 503", 0) + found.get("answered 429", 0) > 0
    actual = ({name: found[name] for name in VIOLATIONS}, happened, refused)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), [True] * 3, True)

"""Killing `outreach batch`: the small version of the script, and what it would find."""

from pathlib import Path

from benchmarks.exact_batch_kills import VIOLATIONS, Asking, Rounds


def test_a_batch_that_is_killed_becomes_what_it_would_have_been(tmp_path: Path) -> None:
    """One round: killed at a random moment, then left alone; every byte is that of an undisturbed run."""
    found = Rounds(tmp_path, Asking(rounds=1, rows=200, seed=3)).run()
    killed = found["group killed"] + found["one process killed"]

    assert ({name: found[name] for name in VIOLATIONS}, killed >= 1) == (dict.fromkeys(VIOLATIONS, 0), True)


def test_what_a_kill_spoilt_is_seen(tmp_path: Path) -> None:
    """Where what a kill left is changed, and what is known of it agrees, the comparison finds it."""
    found = Rounds(tmp_path, Asking(rounds=1, rows=200, seed=4, naive=True)).run()

    assert found["files that differ"] >= 1

"""Killing `outreach batch`: the small version of the script, and what it would find."""

from pathlib import Path

from benchmarks.exact_batch_kills import VIOLATIONS, Asking, Rounds


def test_a_batch_that_is_killed_becomes_what_it_would_have_been(tmp_path: Path) -> None:
    """One round: killed twice at random moments, then left alone; every byte is that of an undisturbed run."""
    found = Rounds(tmp_path, Asking(rounds=1, rows=600, shard_rows=50, seed=3)).run()
    killed = found["group killed"] + found["one process killed"]

    assert ({name: found[name] for name in VIOLATIONS}, killed >= 1) == (dict.fromkeys(VIOLATIONS, 0), True)

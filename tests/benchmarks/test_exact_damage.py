"""Logs that are cut off and garbled: the small version of the script, and what it would find."""

import numpy as np
import pytest

from benchmarks.exact_damage import DAMAGES, FRAME, HEADER, KINDS, Written, damaged, log_of, naive, tried, written


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A writer that was killed."""
    return written(tmp_path_factory.mktemp("written"))


def test_what_is_left_is_whole(writer: Written) -> None:
    """Sixty damages of all kinds: the first decisions in order, each whole, and room for another."""
    found = damaged(writer, 60, seed=1)
    assert (set(found), found.total()) == (set(KINDS), 61)


def test_what_is_lost_is_seen(writer: Written) -> None:
    """A log that ends early, where none should be missing."""
    log = log_of(writer.folder / "ledger.db").read_bytes()
    assert tried(writer, log[: len(log) // 2], len(log), None) == ["lost before the damage"]


def test_who_asks_no_checksum_takes_halves_for_whole(writer: Written) -> None:
    """In the middle of a transaction its ids stand there already."""
    assert naive(writer) > 0


@pytest.mark.parametrize("kind", sorted(DAMAGES))
def test_a_damage_is_one(kind: str) -> None:
    """Each changes the log."""
    log = np.random.default_rng(0).bytes(HEADER + 3 * FRAME)
    assert DAMAGES[kind](log, HEADER + FRAME + 5, np.random.default_rng(1)) != log

"""Hostile bodies, a thousand of them; `benchmarks/exact_bodies.py` asks a hundred thousand."""

import numpy as np

from benchmarks.exact_bodies import main, run
from benchmarks.exact_mutants import CANARY, GOOD, mutant

BODIES, WIRE = 1000, 150


def test_hostile_bodies_are_refused_or_read_and_nothing_else() -> None:
    """No server error, no status that is not documented, no echo, an answer to each; some are good all the same."""
    judged, _ = run(BODIES, WIRE, seed=20261122)

    asked = judged.statuses.total()
    good, refused = judged.statuses[200] + judged.statuses[202], judged.statuses[422]
    assert (dict(judged.wrong), judged.examples, asked) == ({}, {}, BODIES + WIRE)
    assert (good > 100, refused > 500) == (True, True)


def test_reading_without_care_is_found() -> None:
    """FastAPI's own reading repeats what it was sent, and the script ends with 1."""
    assert main(["--naive", "--bodies", "40", "--wire", "0"]) == 1


def test_every_good_body_is_changed_and_carries_its_canary() -> None:
    """The same seed gives the same bodies; hardly any is without the mark that an echo would show."""
    drawn = [mutant(np.random.default_rng((3, index))) for index in range(2000)]

    again = [mutant(np.random.default_rng((3, index))) for index in range(2000)]
    marked = sum(CANARY.encode() in one.body or CANARY in one.path for one in drawn)
    assert (drawn == again, {one.operation for one in drawn}) == (True, {operation for *_, operation, _, _ in GOOD})
    assert marked > len(drawn) // 2

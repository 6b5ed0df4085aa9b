"""Requests without end against a real server; `benchmarks/exact_large.py` sends 300 MB of each."""

from benchmarks.exact_large import GROWTH, REFUSED, run

SOME = (
    "a body with its length",
    "a body in chunks, one candidate",
    "a body for nobody",
    "headers without end",
    "a trailer without end",
)


def test_requests_without_end_cost_no_memory() -> None:
    """Each is refused or cut off, and the server's peak stays where it was."""
    found = run(megabytes=8, ways=SOME)

    grown = {name: grew for name, (_, grew) in found.items() if grew > GROWTH}
    taken = {name: status for name, (status, _) in found.items() if status not in (None, 200, *REFUSED)}
    assert (grown, taken, set(found)) == ({}, {}, set(SOME))

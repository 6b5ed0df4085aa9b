"""The verdicts of benchmarks/spark_batch.py follow from the seconds that it found."""

import pytest

from benchmarks.spark_batch import LOCAL, PEER, SPARK, report


@pytest.mark.parametrize(
    ("ours", "peer", "expected"),
    [
        ([2.0, 4.0, 3.0], 9.0, ["reached (333,333)", "reached (3.00 ×)"]),
        ([10.0], 12.0, ["NOT reached (100,000)", "NOT reached (1.20 ×)"]),
    ],
    ids=["fast", "slow"],
)
def test_the_middle_round_counts(ours: list[float], peer: float, expected: list[str]) -> None:
    """A million rows; both figures to reach have a line."""
    lines = report({SPARK: ours, LOCAL: [5.0], PEER: [peer]}, 1_000_000).splitlines()
    assert [line.partition(": ")[2] for line in lines[-2:]] == expected

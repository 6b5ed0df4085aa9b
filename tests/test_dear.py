"""What takes long stands first, where several workers share the tests."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dear import DEAR, dear_first

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Found:
    """A test in a file."""

    path: Path


def test_the_dear_ones_come_first_and_each_keeps_its_place() -> None:
    """Nothing is left out, and what belongs together stays together."""
    names = ["tests/model/test_a.py", "tests/spark/test_b.py", "tests/test_c.py", "tests/spark/test_a.py"]
    actual = dear_first([Found(ROOT / name) for name in names], ROOT)
    assert actual == [Found(ROOT / names[place]) for place in (1, 3, 0, 2)]


@pytest.mark.parametrize("part", DEAR)
def test_what_is_called_dear_is_there(part: str) -> None:
    """A place that moved would be dear no more."""
    actual = [path for path in (ROOT / "tests").rglob("test_*.py") if part in path.relative_to(ROOT).as_posix()]
    assert actual != []

"""What takes long on its own: where several workers share the tests, one begins with it, and none waits for it last.

The others begin with what is cheap, and take over what is left: so few of the dear ones, which are processes that talk
to each other, compete for the same processors.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

DEAR = (
    "notebooks",  # each notebook in a kernel of its own
    "tests/end_to_end/",  # processes that start, serve, learn and die
    "tests/spark/",  # clusters
    "tests/docs/",  # an API for the blocks of every page
    "tests/scheduling/",
    "tests/serving/verify/",  # every class of input through the whole policy
)


class Item(Protocol):
    """A collected test, as far as its place says."""

    path: Path


Placed = TypeVar("Placed", bound=Item)


def dear_first(tests: Iterable[Placed], root: Path) -> list[Placed]:
    """Return the tests with the dear ones before all others; among themselves each keeps its place."""

    def place(test: Placed) -> bool:
        """Whether it comes after the dear ones."""
        name = test.path.relative_to(root).as_posix()
        return not any(part in name for part in DEAR)

    return sorted(tests, key=place)

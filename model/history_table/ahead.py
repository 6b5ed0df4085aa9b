"""One step ahead: the next is made in a thread of its own while the last is used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Made = TypeVar("Made")


def ahead(made: Iterable[Made]) -> Iterator[Made]:
    """Yield the same, in the same order."""
    source = iter(made)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(lambda: list(islice(source, 1)))
        while found := coming.result():
            coming = pool.submit(lambda: list(islice(source, 1)))
            yield found[0]


def each(work: Callable[[int], Made], count: int, threads: int) -> Iterator[Made]:
    """Yield `work(0)`, `work(1)` …, made by so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, range(count))

"""Work for a crew that is nothing but sums; by itself, for every process of a crew loads where its work comes from."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from model.errors import InvalidInput, Unavailable


@dataclass(frozen=True)
class Adding:
    """Adds its numbers; `dies` and `fails` name a number that ends the process, or is refused; `shut` opens nothing."""

    dies: int | None = None
    fails: int | None = None
    shut: bool = False

    @contextmanager
    def open(self) -> Iterator["Adding"]:
        """Open nothing, or say why not."""
        if self.shut:
            raise Unavailable("the ledger cannot be read")
        yield self

    def work(self, numbers: range) -> tuple[int, int]:
        """Return the first number, and the sum."""
        if self.dies in numbers:
            os._exit(9)
        if self.fails in numbers:
            raise InvalidInput("a record is wrong")
        return numbers[0], sum(numbers)

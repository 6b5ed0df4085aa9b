"""A clock of seconds for what is measured by one: rates."""

from dataclasses import dataclass


@dataclass
class Seconds:
    """Stands until it is turned."""

    at: float = 1000.0

    def __call__(self) -> float:
        """Return the present second."""
        return self.at

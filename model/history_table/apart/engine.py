"""Who carries parcels to their places, and runs a step at each place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from model.history_table.apart.parcels import TOLD, Parcel, said

Step = Callable[[Iterator[Parcel]], Iterator[Parcel]]


class Heap(Protocol):
    """The parcels that a step made, wherever they lie."""

    def told(self) -> list[Mapping[str, Any]]:
        """Return what the step found out, in no order."""
        ...

    def parcels(self) -> Iterator[Parcel]:
        """Yield all other parcels, by place, in the order in which each place made them."""
        ...


class Engine(Protocol):
    """Runs a step once at each place, on the parcels for it; a step may be run again, and its first result be lost."""

    @property
    def width(self) -> int:
        """How many places are worked on at once."""
        ...

    def spread(self, parcels: Sequence[Parcel], step: Step) -> Heap:
        """Run the step on each of the parcels alone."""
        ...

    def run(self, heaps: Sequence[Heap], what: Sequence[str], places: int, step: Step) -> Heap:
        """Run the step at each of the places [0, places), on what came for it of these kinds."""
        ...


@dataclass(frozen=True, slots=True)
class Pile:
    """Parcels in memory, by the place that made them."""

    made: tuple[tuple[Parcel, ...], ...]

    def told(self) -> list[Mapping[str, Any]]:
        """Return what the step found out."""
        return [said(parcel) for place in self.made for parcel in place if parcel.what == TOLD]

    def parcels(self) -> Iterator[Parcel]:
        """Yield all other parcels."""
        return (parcel for place in self.made for parcel in place if parcel.what != TOLD)


@dataclass(frozen=True, slots=True)
class Here:
    """This process, one place after the other: the honest stand-in for a cluster."""

    width: int = 2

    def spread(self, parcels: Sequence[Parcel], step: Step) -> Pile:
        """Run the step on each of the parcels alone."""
        return Pile(tuple(tuple(step(iter([parcel]))) for parcel in parcels))

    def run(self, heaps: Sequence[Heap], what: Sequence[str], places: int, step: Step) -> Pile:
        """Run the step at each place."""
        for_each: list[list[Parcel]] = [[] for _ in range(places)]
        for heap in heaps:
            for parcel in heap.parcels():
                if parcel.what in what:
                    for_each[parcel.place].append(parcel)
        return Pile(tuple(tuple(step(iter(each))) for each in for_each))

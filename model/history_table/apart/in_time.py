"""Rows of all customers, brought together by time, and sorted: each place has a span of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from model.history_table.apart.parcels import ROWS, Parcel, packed, unpacked

BY = [("decided_at", "ascending"), ("occasion_id", "ascending")]


@dataclass(frozen=True)
class InTime:
    """The rows of a span, by time and id, as the whole table has them."""

    def __call__(self, parcels: Iterator[Parcel]) -> Iterator[Parcel]:
        """Yield the rows in order."""
        came = list(parcels)
        places = {parcel.place for parcel in came}
        if len(places) > 1:
            raise RuntimeError(f"spans {sorted(places)[:5]} came to one place; report this")  # no input does this
        if came:
            whole = pa.concat_tables([unpacked(parcel) for parcel in came]).sort_by(BY)
            for start in range(0, whole.num_rows, ROWS):
                yield packed(came[0].place, "sorted", whole.slice(start, ROWS).combine_chunks())


def bounds_of(times: Sequence[tuple[int, int]], spans: int) -> list[int]:
    """Cut time into so many spans of about as many rows; samples are an instant and for how many rows it stands."""
    ordered = sorted(times)
    whole, before = sum(weight for _, weight in ordered), 0
    bounds: list[int] = []
    for instant, weight in ordered:
        before += weight
        if before * spans >= whole * (len(bounds) + 1) and len(bounds) < spans - 1:
            bounds.append(instant)
    return bounds

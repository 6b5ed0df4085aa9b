"""What the filters read of a decision, as it was read: kept beside its record, so that nobody has to read it again.

What a filter reads never depends on the limits, and of the templates only on the message's own. So a past decision can
be judged under other limits from this alone (`serving.record.readings`); `version` says under which template, wording
and source it was read.
"""

from collections.abc import Sequence
from typing import NamedTuple

from model.contracts import Candidate
from serving.policy.columns import Packed, Sends
from serving.policy.policy import Policy, version_of
from serving.policy.rows import NOTHING_READ, Read


class Kept(NamedTuple):
    """One row as it was packed for the columns, what it knows of contacts and zones, and the version of its reading."""

    packed: Packed
    sends: Sends
    version: int


def kept_of(read: Read, candidates: Sequence[Candidate], policy: Policy) -> list[Kept | None]:
    """Return what is kept of each row; None where it could not be read, so that its record is all there is."""
    versions: dict[str | None, int] = {}
    rows: list[Kept | None] = []
    for candidate, packed, sends in zip(candidates, read.values, read.sends, strict=True):
        if packed is NOTHING_READ[0]:
            rows.append(None)
            continue
        template = candidate.message.template
        version = versions.get(template)
        if version is None:
            version = versions[template] = version_of(policy, template)
        rows.append(Kept(packed, sends, version))
    return rows

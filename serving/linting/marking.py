"""A text in pieces, to be shown with its places and with the words that lint found marked; nothing of it is lost.

Example:
    >>> [(piece.text, piece.place, piece.findings) for piece in pieces("Parcel {parcel} is late", [])]
    [('Parcel ', False, ()), ('{parcel}', True, ()), (' is late', False, ())]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from serving.linting.finding import Finding
from serving.people.wording_found import why
from serving.policy.templates import PLACE
from serving.policy.wording import RULES, Wording
from serving.policy_files.places import Spot


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a text; `place` says that a fact is put there, `findings` what lint says of them."""

    text: str
    place: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """Return the fact that is put here."""
        return self.text.strip("{}")


def pieces(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """Cut a text where a place or a finding begins or ends; a finding without a span marks nothing."""
    spans = [(max(0, each.span[0]), min(len(text), each.span[1]), each) for each in findings if each.span is not None]
    places = [found.span() for found in PLACE.finditer(text)]
    edges = {0, len(text), *(edge for start, end, _ in spans for edge in (start, end)), *(e for p in places for e in p)}
    return [
        Piece(
            text[start:end],
            place=any(first <= start and end <= last for first, last in places),
            findings=tuple(each for first, last, each in spans if first <= start and end <= last),
        )
        for start, end in pairwise(sorted(edge for edge in edges if 0 <= edge <= len(text)))
    ]


def judged(veto: Wording, text: str) -> list[Finding]:
    """Return what the veto on wording finds in a free text, where it stands."""
    return [
        Finding(
            spot=Spot("text", 1),
            rule=each.rule,
            code=each.code,
            message=why(each.rule, each.code, " ".join(text[each.start : each.end].split())),
            source=RULES[each.rule].source,
            suggestion=RULES[each.rule].suggestion,
            said=text[each.start : each.end],
            span=(each.start, each.end),
        )
        for each in veto.judge(text).findings
    ]


def as_judged(veto: Wording, text: str) -> list[Piece]:
    """Cut a free text where the veto finds something; what looks like a place is none."""
    return [Piece(each.text, findings=each.findings) for each in pieces(text, judged(veto, text))]

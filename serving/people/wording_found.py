"""What the veto on wording finds in words that a person reads: an approval outweighs no veto, and they should know.

A template is judged as it reads, with its places and its next step: what is filled in may sell as well.
"""

from dataclasses import dataclass

from model.contracts import JSON
from serving.policy.templates import whole
from serving.policy.wording import LEARNED, Wording

_KINDS = {"promotional_wording": "is what only marketing says", "generic_wording": "is said to anybody"}
_READS = "reads like marketing, all its words together"


@dataclass(frozen=True, slots=True)
class Found:
    """The words that a rule found, on one line, and the code of the refusal."""

    rule: str
    code: str
    said: str

    def as_data(self) -> dict[str, JSON]:
        """Return it as it is answered."""
        return {"rule": self.rule, "code": self.code, "said": self.said}


def found_in(wording: Wording, text: str, next_step: str | None) -> list[Found]:
    """Return what the veto finds in a text with its next step, each phrase of a rule once, as they stand."""
    read = whole(text, next_step)
    findings = wording.judge(read).findings
    found = (Found(each.rule, each.code, " ".join(read[each.start : each.end].split())) for each in findings)
    return list(dict.fromkeys(found))


def why(rule: str, code: str, said: str) -> str:
    """Say of a phrase why it is refused.

    Example:
        >>> why("price_cut", "promotional_wording", "% off")
        '“% off” is what only marketing says'
    """
    return f"“{said}” {_READS if rule == LEARNED.id else _KINDS[code]}"

"""Every filter's verdict on a row, in words. Rows are many, patterns of verdicts few: each pattern is worded once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from model.contracts import Action, AgentWouldSend
from serving.policy.engine import REFUSE, VERDICTS, Ruling
from serving.policy.reasons import POLICY_CODES, REASONS, SCORE_CODES

RANKED_ELSEWHERE = "outranked"  # by whoever has several candidates at once, before `decide`
HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One combination of verdicts: the refusing codes in order, the action they make, and all verdicts in words."""

    codes: tuple[str, ...]
    action: Action
    agent: AgentWouldSend
    verdicts: Mapping[str, str]
    _scored: dict[tuple[tuple[str, ...], bool], Mapping[str, str]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def with_score(self, refused: tuple[str, ...], *, asked: bool = True) -> Mapping[str, str]:
        """Return the verdicts of a row that passed, with these refusals of score and chance.

        Not `asked`: an experiment drew it, and of the score's codes only the draw has a verdict.
        """
        which = refused, asked
        if which not in self._scored:
            codes = [code for code in SCORE_CODES if code != RANKED_ELSEWHERE] if asked else [HELD_OUT]
            score = {code: "refuse" if code in refused else "pass" for code in codes}
            self._scored[which] = MappingProxyType({**self.verdicts, **score})
        return self._scored[which]

    def ranked_behind(self) -> Mapping[str, str]:
        """Return the verdicts of a row that passed every filter and was outranked: nothing of the score was asked."""
        return MappingProxyType({**self.verdicts, RANKED_ELSEWHERE: "refuse"})


def patterns(ruling: Ruling) -> Iterator[Pattern]:
    """Yield the rows of a ruling as patterns, in order."""
    rows = np.ascontiguousarray(ruling.verdicts.T)
    width = rows.shape[1]
    whole = rows.tobytes()
    return (worded(whole[start : start + width]) for start in range(0, len(whole), width))


@lru_cache(maxsize=4096)
def worded(verdicts: bytes) -> Pattern:
    """Put one row's verdicts (one byte each) into words: any deny denies, else any hold holds, else send."""
    codes = tuple(code for code, verdict in zip(POLICY_CODES, verdicts, strict=True) if verdict == REFUSE)
    outcomes = {REASONS[code].outcome for code in codes}
    words = {code: VERDICTS[verdict] for code, verdict in zip(POLICY_CODES, verdicts, strict=True)}
    return Pattern(
        codes=codes,
        action=Action.DENY if Action.DENY in outcomes else Action.HOLD if outcomes else Action.SEND,
        agent=AgentWouldSend(answer=not codes, reasons=codes),
        verdicts=MappingProxyType({**words, **dict.fromkeys(SCORE_CODES, "not_asked")}),
    )

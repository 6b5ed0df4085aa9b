"""The model in charge against its challenger, about the very same occasions: what was recorded of both.

The challenger (`shadow`) is asked beside the model and has no say. An occasion counts where the versions that met last
were both asked about it; who would contact follows from each one's own certified cut-off. It is a description of these
occasions, not an estimate: which of the two is right, only a comparison of outcomes can tell (the gate makes one).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from model.contracts import JSON
from serving.in_words.contract import PURPOSES, of_purpose

EXAMPLES: Final = 5  # decisions to open, of each kind of disagreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What both said of one occasion: True contacts, False does not, None permits or can score nothing there.

    `problem` says why the challenger said nothing. An experiment asks no score: then `champion_asked` is False.
    """

    decision_id: str
    at: datetime
    purpose: str
    champion: str | None
    challenger: str | None
    champion_asked: bool
    champion_contacts: bool | None
    challenger_contacts: bool | None
    problem: str | None = None


@dataclass(slots=True, kw_only=True)
class Meeting:
    """How often each of the four answers was given; `failed`: the challenger could not score, and neither counts."""

    both: int = 0
    neither: int = 0
    champion_only: int = 0
    challenger_only: int = 0
    failed: int = 0

    @property
    def asked(self) -> int:
        """Of how many occasions both said something."""
        return self.both + self.neither + self.champion_only + self.challenger_only

    @property
    def agreed(self) -> int:
        """Of how many they said the same."""
        return self.both + self.neither

    def note(self, one: Heard) -> None:
        """Count an occasion; a certificate that permits nothing there contacts nobody."""
        if one.problem is not None:
            self.failed += 1
        elif one.champion_contacts is True:
            self.both += one.challenger_contacts is True
            self.champion_only += one.challenger_contacts is not True
        else:
            self.challenger_only += one.challenger_contacts is True
            self.neither += one.challenger_contacts is not True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Both models by version, over `total` and each purpose, from the first to the last of these occasions.

    `unpermitted` counts the occasions at which the challenger has no certificate that would let it contact anybody;
    `others` those of earlier versions, and of experiments, which are left out.
    """

    champion: str | None
    challenger: str | None
    since: datetime
    until: datetime
    total: Meeting
    purposes: tuple[tuple[str, Meeting], ...]
    champion_only: tuple[str, ...]
    challenger_only: tuple[str, ...]
    unpermitted: int
    others: int
    problems: Mapping[str, int] = field(default_factory=dict)


def rivals_of(heard: Sequence[Heard]) -> Rivals | None:
    """Compare what was heard, the newest first; None where no challenger was asked."""
    if not heard:
        return None
    newest = next((one for one in heard if one.champion_asked), heard[0])
    pair = (newest.champion, newest.challenger)
    met = [one for one in heard if one.champion_asked and (one.champion, one.challenger) == pair]
    total, purposes = Meeting(), {words: Meeting() for words in PURPOSES}
    problems: dict[str, int] = {}
    for one in met:
        total.note(one)
        purposes.setdefault(one.purpose, Meeting()).note(one)
        if one.problem is not None:
            problems[one.problem] = problems.get(one.problem, 0) + 1
    times = [one.at for one in met] or [newest.at]
    named = ((of_purpose(name), meeting) for name, meeting in purposes.items())
    return Rivals(
        champion=newest.champion,
        challenger=newest.challenger,
        since=min(times),
        until=max(times),
        total=total,
        purposes=tuple((words, meeting) for words, meeting in named if meeting.asked or meeting.failed),
        champion_only=_examples(met, champion=True),
        challenger_only=_examples(met, champion=False),
        unpermitted=sum(one.problem is None and one.challenger_contacts is None for one in met),
        others=len(heard) - len(met),
        problems=problems,
    )


def _examples(met: Iterable[Heard], *, champion: bool) -> tuple[str, ...]:
    """Return the newest decisions of which only the one (or only the other) would have contacted the customer."""
    apart = (
        one.decision_id
        for one in met
        if one.problem is None
        and (one.champion_contacts is True) is champion
        and (one.challenger_contacts is True) is not champion
    )
    return tuple(each for each, _ in zip(apart, range(EXAMPLES), strict=False))


def heard_in(record: Mapping[str, JSON]) -> Heard | None:
    """Read what both said from a decision's record; None where no challenger was asked."""
    decided = record["decided"]
    shadow, decision = decided.get("shadow"), decided["decision"]
    if not isinstance(shadow, Mapping):
        return None
    thanks = decision["customer_would_thank"]
    problem = shadow.get("problem")
    above = shadow.get("above")
    return Heard(
        decision_id=decision["decision_id"],
        at=datetime.fromisoformat(decision["decided_at"]),
        purpose=str(record["candidate"]["purpose"]),
        champion=decision["model_version"],
        challenger=shadow.get("version"),
        champion_asked=thanks["asked"] is True,
        champion_contacts=_above(thanks),
        challenger_contacts=above if isinstance(above, bool) else None,
        problem=None if problem is None else str(problem),
    )


def _above(thanks: Mapping[str, JSON]) -> bool | None:
    """Return on which side of the cut-off the score lay; None where nothing was permitted, or nothing scored."""
    if thanks["net_benefit"] is None or thanks["cutoff"] is None:
        return None
    return bool(thanks["net_benefit"] >= thanks["cutoff"])

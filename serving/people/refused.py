"""Marketing that was refused, for the people who own marketing: what would have been said, how often, to how many.

By its own word (`purpose_is_marketing`) or disguised as service (`promotional_wording`), when it was decided or when it
was to be sent. Either denies, so none of it was sent. Two messages are the same where purpose, channel, template or
text, and these reasons are; what a template would have said is told by the facts of the last one.

Example:
    >>> audit([]).groups
    ()
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from model.contracts import JSON

MARKETING = ("purpose_is_marketing", "promotional_wording")  # in the catalogue's order


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What would have been said: `purpose` is the sender's word, `reasons` are those that make it marketing."""

    purpose: str
    channel: str
    template: str | None
    text: str | None
    next_step: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One message that was refused; `matched` is the trigger that asked for it, None: a program or a file did."""

    decision_id: str
    at: datetime
    user_id: str
    said: Said
    facts: Mapping[str, JSON]
    matched: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The same message, refused `times` times, to so many different customers.

    `last_id` is the latest decision, `last_facts` those that it would have put into its template.
    """

    said: Said
    times: int
    customers: int
    first: datetime
    last: datetime
    last_id: str
    last_facts: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All that was refused, the most frequent first; a customer counts once in `customers`, whatever the message."""

    groups: tuple[Group, ...]
    messages: int
    customers: int


def refused_of(record: Mapping[str, JSON]) -> Refused:
    """Read what matters here of a decision's record; `reasons` are empty where it is no marketing.

    What its confirmations said counts as well; `at` is when marketing was said first.
    """
    candidate, decision = record["candidate"], record["decided"]["decision"]
    message, answers = candidate["message"], [(decision["decided_at"], decision["reasons"])]
    answers += [(one["confirmed_at"], one["reasons"]) for one in record.get("confirmations", ())]
    told = [(at, {reason["code"] for reason in reasons}) for at, reasons in answers]
    codes = set().union(*(each for _, each in told))
    said = Said(
        purpose=candidate["purpose"],
        channel=candidate["channel"],
        template=message["template"],
        text=message["text"],
        next_step=message["next_step"],
        reasons=tuple(code for code in MARKETING if code in codes),
    )
    at = next((at for at, each in told if not each.isdisjoint(MARKETING)), decision["decided_at"])
    return Refused(
        decision_id=record["decision_id"],
        at=datetime.fromisoformat(at),
        user_id=candidate["user_id"],
        said=said,
        facts=message["facts"],
        matched=candidate.get("matched"),
    )


@dataclass(slots=True)
class _Tally:
    """What is known of one message so far."""

    first: Refused
    last: Refused
    times: int = 0
    users: set[str] = field(default_factory=set)

    def add(self, one: Refused) -> None:
        """Count one more; of the same instant the one that came first is the first, the later one the last."""
        self.times += 1
        self.users.add(one.user_id)
        if one.at < self.first.at:
            self.first = one
        if one.at >= self.last.at:
            self.last = one


def audit(refused: Iterable[Refused]) -> Audit:
    """Group by what would have been said; the most frequent first, then the latest, then as the words sort."""
    tallies: dict[Said, _Tally] = {}
    for one in refused:
        tallies.setdefault(one.said, _Tally(one, one)).add(one)
    groups = [
        Group(
            said=said,
            times=tally.times,
            customers=len(tally.users),
            first=tally.first.at,
            last=tally.last.at,
            last_id=tally.last.decision_id,
            last_facts=tally.last.facts,
        )
        for said, tally in tallies.items()
    ]
    return Audit(
        groups=tuple(sorted(groups, key=_place)),
        messages=sum(group.times for group in groups),
        customers=len(set().union(*(tally.users for tally in tallies.values()))),
    )


def _place(group: Group) -> tuple[JSON, ...]:
    said = group.said
    words = (said.purpose, said.channel, said.template or "", said.text or "", said.next_step or "", said.reasons)
    return (-group.times, -group.last.timestamp(), *words)

"""What is worth reading: a story that went well, the marketing that was refused, and who is annoyed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from model.contracts import OutcomeKind, Purpose
from serving.analytics.causes import Causes
from serving.campaigns import Campaign, campaigns
from serving.complaining import Reaction
from serving.console.plainly import of_channel, of_purpose
from serving.console.words import in_path, minute, number, per_thousand
from serving.looking import Looking

BACK: Final = timedelta(days=30)
MOST_MARKETING: Final = 5_000  # messages of each reason
THANKS: Final = 50  # the newest, to find one that is told well
MARKETING_WORDS: Final = {"win_back": "win-back", "cross_sell": "cross-selling", "cart_abandonment": "cart reminders"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One thing to read: what it is, in a sentence, and where."""

    title: str
    said: str
    path: str
    path_words: str


def worth_reading(looking: Looking, found: Causes, now: datetime) -> list[Pointer]:
    """Return what there is of the three."""
    refused = campaigns(looking.marketing(since=now - BACK, most=MOST_MARKETING))
    pointers = (
        _of_story(looking.reactions((OutcomeKind.THANKED,), limit=THANKS)),
        _of_campaign(refused[0]) if refused else None,
        _of_annoyed(found),
    )
    return [each for each in pointers if each is not None]


def _of_story(thanks: list[Reaction]) -> Pointer | None:
    """Point to a customer who said thank you, for news of a delivery where there is such a one."""
    named = [each for each in thanks if each.named is not None]
    parcels = [each for each in named if each.named and each.named.purpose == Purpose.DELIVERY_UPDATE]
    if not named:
        return None
    one = (parcels or named)[0]
    told = one.named
    if told is None:
        return None
    return Pointer(
        title="A message that was welcome",
        said=f"On {minute(told.at)} a customer got {of_purpose(told.purpose)} by {of_channel(told.channel)}, "
        "and said thank you. Read what was known, what was decided, and what followed.",
        path=f"/console/customers/{in_path(one.user_id)}",
        path_words="Read their story",
    )


def _of_campaign(found: Campaign) -> Pointer:
    """Point to the marketing that would have reached most customers."""
    what = MARKETING_WORDS.get(found.purpose, found.purpose.replace("_", " "))
    return Pointer(
        title="Marketing that was refused",
        said=f"Somebody asked to send {number(found.times)} messages of {what} to {number(found.customers)} customers. "
        "None of them went out.",
        path="/console/refused",
        path_words="See its words",
    )


def _of_annoyed(found: Causes) -> Pointer | None:
    """Point to the group of customers with the surest excess of complaints."""
    groups = [each for each in found.groups if each.of == "customer" and each.sure]
    if not groups:
        return None
    first = groups[0]
    beside = "" if first.others is None else f", of all others {per_thousand(first.others)}"
    return Pointer(
        title="Customers who are annoyed",
        said=f"Of 1,000 contacts with customers of “{first.kind.replace('_', ' ')}: {first.name}”, "
        f"{per_thousand(first.rate)} end in a complaint or an opt-out about the message{beside}.",
        path="/console/complaints",
        path_words="See who complains, and why",
    )

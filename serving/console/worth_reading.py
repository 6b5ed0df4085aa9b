"""What is worth reading: a story that went well, the marketing that was refused, and who is annoyed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from model.contracts import Action, OutcomeKind, Purpose
from serving.analytics.causes import Causes
from serving.analytics.segments import Compared
from serving.console.templating import in_path
from serving.in_words.contract import of_channel, of_purpose
from serving.in_words.figures import minute, number, per_thousand
from serving.people.campaigns import Campaign, campaigns
from serving.people.complaining import Told
from serving.people.looking import Looking

BACK: Final = timedelta(days=30)
MOST_MARKETING: Final = 5_000  # messages of each reason
THANKS: Final = 50  # the newest, to find one that is told well
LATEST: Final = 100  # outcomes of one customer
NIGHT: Final = "quiet_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One thing to read: what it is, in a sentence, and where."""

    title: str
    said: str
    path: str
    path_words: str


def story(looking: Looking) -> list[Pointer]:
    """Point to a customer who said thank you: for news that waited for the morning, else of a delivery, else any."""
    thanks = looking.reactions((OutcomeKind.THANKED,), limit=THANKS)
    named = [(each.user_id, each.named) for each in thanks if each.named is not None]
    parcels = [each for each in named if each[1].purpose == Purpose.DELIVERY_UPDATE]
    slept = next(((user, told, morning) for user, told in parcels if (morning := _morning(looking, user, told))), None)
    if not named:
        return []
    user, told = (parcels or named)[0] if slept is None else slept[:2]
    return [_of_story(user, told, None if slept is None else slept[2])]


def _of_story(user: str, told: Told, morning: datetime | None) -> Pointer:
    got = f"{of_purpose(told.purpose)} by {of_channel(told.channel)}"
    said = (
        f"On {minute(told.at)} a customer got {got}, and said thank you."
        if morning is None
        else f"It was night for a customer when there was {got} on {minute(told.at)}. It waited until "
        f"{minute(morning)}; they said thank you, and did not have to ask."
    )
    return Pointer(
        title="A message that was welcome",
        said=f"{said} Read what was known, what was decided, and what followed.",
        path=f"/console/customers/{in_path(user)}",
        path_words="Read their story",
    )


def _morning(looking: Looking, user: str, told: Told) -> datetime | None:
    """Return when a message went out that the night held back; None where none did, or its customer asked after all."""
    record = looking.decision(told.decision_id)
    if record is None:
        return None
    held = any(each["code"] == NIGHT for each in record["decided"]["decision"]["reasons"])
    sent = [each["confirmed_at"] for each in record["confirmations"] if each["action"] == Action.SEND]
    if not held or not sent:
        return None
    asked = [each for each in looking.outcomes_about(user, limit=LATEST) if each["kind"] == OutcomeKind.CONTACTED_US]
    at = datetime.fromisoformat(sent[0])
    return None if any(datetime.fromisoformat(each["time"]) >= told.at for each in asked) else at


def campaign(looking: Looking, now: datetime) -> list[Pointer]:
    """Point to the marketing that would have reached most customers."""
    refused = campaigns(looking.marketing(since=now - BACK, most=MOST_MARKETING))
    return [_of_campaign(each) for each in refused[:1]]


def _of_campaign(found: Campaign) -> Pointer:
    return Pointer(
        title="Marketing that was refused",
        said=f"Somebody asked to send {number(found.times)} messages to {number(found.customers)} customers, for "
        f"“{of_purpose(found.purpose)}”. None of them went out.",
        path="/console/refused",
        path_words="See its words",
    )


def annoyed(found: Causes) -> list[Pointer]:
    """Point to the group of customers with the surest excess of complaints."""
    groups = [each for each in found.groups if each.of == "customer" and each.sure]
    return [_of_annoyed(each) for each in groups[:1]]


def _of_annoyed(first: Compared) -> Pointer:
    beside = "" if first.others is None else f", of all others {per_thousand(first.others)}"
    return Pointer(
        title="Customers who are annoyed",
        said=f"Of 1,000 contacts with customers of “{first.kind.replace('_', ' ')}: {first.name}”, "
        f"{per_thousand(first.rate)} end in a complaint or an opt-out about the message{beside}.",
        path="/console/complaints",
        path_words="See who complains, and why",
    )

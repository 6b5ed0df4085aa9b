"""A customer's story as sentences: each thing that happened as one entry, with why, and with what would change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from model.contracts import JSON
from serving.console.prose import sentence
from serving.events.catalogue import TYPES
from serving.explaining.figures import against
from serving.in_words.contract import OUTCOMES, of_channel, of_purpose, of_reason
from serving.people.stories import Happened, Happening

TONES = {"send": "send", "hold": "hold", "deny": "deny", "cancel": "deny"}
GOOD, BAD = frozenset({"engaged", "thanked", "complaint_closed"}), frozenset({"complained", "opted_out", "dismissed"})
VISITS = ("page.", "session.", "exit.")  # what a visit consists of: told as one
SHOWN = 12  # names of an event's data
LONGEST = 600  # characters of a text that somebody else wrote
BELOW = "below_cutoff"
SAID, SAID_NOT = "It said", "It would have said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One reason: what it is in a few words, the detail of this very case, and what would change it."""

    code: str
    said: str
    detail: str
    would_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a timeline. `decision` is the id of the decision that it is about; `facts` are name and value.

    `linked_as` is what its link is called where the entry is not the decision's own; else it stands below.
    """

    at: datetime
    title: str
    tone: str = ""
    quote: str | None = None
    quoted_as: str = SAID
    lines: Sequence[str] = ()
    because: Sequence[Because] = ()
    facts: Sequence[tuple[str, str]] = field(default=())
    decision: str | None = None
    linked_as: str = ""


def entries(happened: Sequence[Happening]) -> list[Entry]:
    """Tell what happened, in the order given; what belongs to one visit is told as one."""
    told: list[Entry] = []
    for visiting, run in groupby(happened, key=_is_visit):
        some = list(run)
        told.extend([_visit(some)] if visiting else map(entry, some))
    return told


def entry(one: Happening) -> Entry:
    """Tell one thing that happened."""
    tell = {
        Happened.KNOWN_AS: _known_as,
        Happened.EVENT: _event,
        Happened.PREFERENCES: _preferences,
        Happened.DECISION: _decision,
        Happened.CONFIRMATION: _confirmation,
        Happened.OUTCOME: _outcome,
    }[one.kind]
    return tell(one.at, one.what)


def _is_visit(one: Happening) -> bool:
    return one.kind is Happened.EVENT and str(one.what["type"]).startswith(VISITS)


def _visit(some: Sequence[Happening]) -> Entry:
    """Tell a visit to the pages by its last moment: which pages, and how much happened."""
    pages = [one.what["data"].get("page") for one in reversed(some)]
    named = list(dict.fromkeys(page for page in pages if isinstance(page, str)))
    where = f"They were on {'the page' if len(named) == 1 else 'the pages'} {', '.join(named[:SHOWN])}"
    noted = f"{len(some)} things were noted of the visit." if len(some) > 1 else ""
    return Entry(at=some[0].at, title=where if named else "They visited", lines=[noted] if noted else ())


def _known_as(at: datetime, what: Mapping[str, JSON]) -> Entry:
    return Entry(at=at, title=f"The id {what['id']} turned out to be theirs", lines=["Its story is part of this one."])


def _event(at: datetime, what: Mapping[str, JSON]) -> Entry:
    """Tell an event by what its type means; what the customer wrote is quoted."""
    kind, data = what["type"], what["data"]
    text = data.get("text") if kind == "message.received" else None
    title = happened(kind)
    facts = facts_of(data)
    quote = cut(text) if isinstance(text, str) else None
    return Entry(at=at, title=title, quote=quote, quoted_as="They wrote", facts=() if quote else facts)


def happened(kind: str) -> str:
    """Say what a type of event means, as a title.

    Example:
        >>> happened("shipment.delayed"), happened("shop.opened")
        ('A parcel arrives later than promised', 'Something else was reported: shop.opened')
    """
    known = TYPES.get(kind)
    return f"Something else was reported: {kind}" if known is None else known.about.removesuffix(".")


def facts_of(data: Mapping[str, JSON]) -> list[tuple[str, str]]:
    """Return what an event's data, or a message's facts, say: names as words, plain values only, as many as fit."""
    plain = ((name, value) for name, value in data.items() if isinstance(value, str | int | float))
    return [(name.replace("_", " "), cut(_written(value))) for name, value in list(plain)[:SHOWN]]


def _written(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:g}"


def cut(text: str) -> str:
    """Keep a text of somebody else's to a length that a page bears."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _preferences(at: datetime, what: Mapping[str, JSON]) -> Entry:
    consent = [f"{of_channel(channel)}: {'yes' if given else 'no'}" for channel, given in what["consent"].items()]
    said = [f"May we write? {', '.join(consent)}." if consent else "No channel was named."]
    if what["timezone"]:
        said.append(f"Time zone: {what['timezone']}.")
    if what["whole"]:
        said.append("What is not named is a no.")
    return Entry(at=at, title="They said what they permit", lines=said)


def _decision(at: datetime, record: Mapping[str, JSON]) -> Entry:
    """Tell what was decided about a message: what it was for, because of what, in which words, and why."""
    asked, decision = record["candidate"], record["decided"]["decision"]
    purpose, channel = of_purpose(asked["purpose"]), of_channel(asked["channel"])
    began = {"send": "We wrote to them", "hold": "A message waits", "deny": "We did not write"}[decision["action"]]
    return Entry(
        at=at,
        title=f"{began} by {channel}: {purpose}",
        tone=TONES[decision["action"]],
        quote=text_of(record),
        quoted_as=SAID if decision["action"] == "send" else SAID_NOT,
        lines=list(_lines(record)),
        because=because(decision),
        facts=facts_of(asked["message"]["facts"]) if text_of(record) is None else (),
        decision=record["decision_id"],
    )


def _lines(record: Mapping[str, JSON]) -> Iterator[str]:
    """Say because of what it was asked, and why it went out."""
    asked, decision, event = record["candidate"], record["decided"]["decision"], record["context"]["evidence"]
    if event is not None:
        yield f"Because of: {happened(event['type'])[:1].lower()}{happened(event['type'])[1:]}."
    if decision["action"] == "send":
        yield why_sent(record)
    elif decision["not_before"] is not None:
        yield sentence(f"it may be asked again from {decision['not_before']}")
    if asked["message"]["text"] is None and asked["message"]["template"] is not None and decision["action"] != "send":
        yield f"Text: the template {asked['message']['template']}."


def why_sent(record: Mapping[str, JSON]) -> str:
    """Say in one sentence why a message went out."""
    decided = record["decided"]
    decision, thank = decided["decision"], decided["decision"]["customer_would_thank"]
    if decided.get("essential"):
        return "Every check passed. It is essential, so it goes out without a score."
    if decision["arm"] == "policy_only" and thank["answer"] is False:
        return "Every check passed. The score spoke against it, and chance sent it all the same, to check the score."
    if decision["arm"] == "experiment":
        return "Every check passed. A trial that a person started drew them to be written to."
    if thank["answer"]:
        return "Every check passed, and the score says that this customer would rather have it."
    return "Every check passed."


def text_of(record: Mapping[str, JSON]) -> str | None:
    """Return the words that were sent, or asked about; None where only a template was named."""
    rendered, asked = record["decided"]["decision"]["message"], record["candidate"]["message"]
    text = asked["text"] if rendered is None else rendered["text"]
    return None if text is None else cut(text)


def because(answer: Mapping[str, JSON]) -> list[Because]:
    """Tell every reason of an answer in plain words, in its order."""
    return [
        Because(
            code=reason["code"],
            said=sentence(of_reason(reason["code"])),
            detail=sentence(_detail(reason, answer["customer_would_thank"])),
            would_change=sentence(reason["would_change"]),
        )
        for reason in answer["reasons"]
    ]


def _detail(reason: Mapping[str, JSON], thank: Mapping[str, JSON]) -> str:
    """Return the detail as it was answered; the score's in figures per hundred, as everywhere here."""
    net, cutoff = thank["net_benefit"], thank["cutoff"]
    if reason["code"] != BELOW or net is None or cutoff is None:
        return str(reason["detail"])
    return against(net, cutoff)


def _confirmation(at: datetime, what: Mapping[str, JSON]) -> Entry:
    """Tell what was said when it was asked about again."""
    ends = {"send": "it was sent", "hold": "it still waits", "cancel": "it was cancelled"}
    what_for = f": {of_purpose(what['purpose'])}" if "purpose" in what else ""
    action, message = what["action"], what.get("message")
    return Entry(
        at=at,
        title=f"Looked at again, and {ends[action]}{what_for}",
        tone=TONES[action],
        quote=None if message is None else cut(message["text"]),
        lines=() if what["asked"] else ("Nobody had to ask: its time had come.",),
        because=because(what),
        decision=what["decision_id"],
    )


def _outcome(at: datetime, what: Mapping[str, JSON]) -> Entry:
    kind, about = what["kind"], what["decision_id"]
    tone = "good" if kind in GOOD else "bad" if kind in BAD else ""
    title = OUTCOMES[kind]
    if kind == "opted_out":
        title += f": {of_channel(what['channel'])}" if what["channel"] else ": on every channel"
    if kind == "engaged" and about is None:
        title = "They came to us: they used the service"
    if kind == "complained" and about is not None:
        title += " about a message of ours"
    return Entry(at=at, title=title, tone=tone, decision=about, linked_as="the message")

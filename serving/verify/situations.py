"""Small situations, made by hand: what is said, and what must be read of it (sessions, pages: `serving.verify.visits`).

Each starts from a good occasion (`serving.verify.occasions`), whose columns stand here in full, and names every column
that its change makes another one; no other may move. `codes` are all of the policy's reasons.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from model.contracts import Message
from serving.policy.columns import NAN, NEVER, NO, NO_END, UNKNOWN, YES, Flags
from serving.policy.limits import Limits
from serving.policy.policy import Policy, make_policy
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_wording
from serving.verify.occasions import NOW, STEP, Occasion, occasion, policy

AT = NOW.timestamp()
Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Situation:
    """A good occasion with a change: the columns that are another value then, and the codes that refuse."""

    name: str
    base: str
    candidate: Mapping[str, Any]
    context: Mapping[str, Any]
    differs: Values
    codes: tuple[str, ...] = ()

    def made(self) -> Occasion:
        """Return the occasion with its change."""
        return occasion(self.base).but(candidate=self.candidate, context=self.context)

    def columns(self) -> dict[str, float]:
        """Return what every column must be."""
        return {**COMMON, **OWN[self.base], **self.differs}


COMMON: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(Flags._fields, YES)
    | dict.fromkeys(("superseded", "outdated", "already_told", "promotional", "generic", "newcomer", "mark"), NO)
    | dict.fromkeys(("opted_out", "returning", "complaint_open", "conversation_open", "breaker_open", "ages_as"), NO)
    | {"live": NO, "own": UNKNOWN, "evidence_time": AT - 3600, "remind_at": NEVER, "due_at": NAN, "expires_at": NO_END}
    | dict.fromkeys(("last_inbound", "last_complaint", "dismissed_at", "settled_since", "widget_messages"), NEVER)
    | {"minute": 720.0, "minute_too": NAN, "contacts_60m": 0.0, "contacts_24h": 0.0, "contacts_7d": 0.0}
)
_ESSENTIAL, _CRITICAL = {"mark": 1, "ages_as": 1}, {"mark": 2, "ages_as": 2}
_WIDGET = {"channel": 1, "outbound": NO, "live": YES, "own": YES, "widget_messages": 0.0}
_PAGE = _WIDGET | {"ages_as": 3, "evidence_time": AT - 60}
_DUE = {"remind_at": AT - 3600, "due_at": AT + 23 * 3600}
OWN: Mapping[str, Mapping[str, float]] = MappingProxyType(  # of each good occasion; places in the contract's order
    {
        "ordinary": {"purpose": 0, "channel": 0},
        "essential": {"purpose": 0, "channel": 3, **_ESSENTIAL},
        "critical": {"purpose": 2, "channel": 4, **_CRITICAL},
        "appointment": {"purpose": 1, "channel": 2},
        "incident": {"purpose": 3, "channel": 4, **_ESSENTIAL},
        "reminder": {"purpose": 4, "channel": 4, **_ESSENTIAL, **_DUE},
        "progress": {"purpose": 5, "channel": 5},
        "unresolved": {"purpose": 6, "channel": 0},
        "on_page": {"purpose": 7, **_PAGE, "settled_since": AT - 120},
        "first_visit": {"purpose": 8, **_PAGE, "settled_since": AT - 600},
    }
)
LATER, SALE, ANYBODY = "Parcel {parcel} comes later.", "Get 20% off your next order!", "How can I help you today?"
TEXTS = {  # template: purpose, text, next step
    "sells": ("delivery_update", f"{LATER} {SALE}", STEP),
    "sells_at_its_end": ("delivery_update", LATER, SALE),
    "generic": ("delivery_update", f"{LATER} {ANYBODY}", STEP),
    "greets": ("delivery_update", f"Is this your first visit? {LATER}", STEP),
    "bare": ("delivery_update", "Your parcel comes later.", STEP),
    "stepless": ("delivery_update", LATER, None),
    "elsewhere": ("remediation", LATER, STEP),
    "noted": ("delivery_update", "Parcel {parcel} comes later: {note}.", STEP),
    "abroad": ("delivery_update", "Das Paket {parcel} kommt am Freitag.", "Bitte antworten."),
    "bare_page": ("in_session_help", "We can tell you more about this page.", STEP),
}


def situations_policy(limits: Limits | None = None) -> Policy:
    """Return the occasions' policy with templates that are wrong, each in one way."""
    more = [
        Template(
            id=name,
            purpose=purpose,
            text=text,
            facts={place: "string" for place in ("parcel", "note", "page") if f"{{{place}}}" in text},
            next_step=step,
        )
        for name, (purpose, text, step) in TEXTS.items()
    ]
    return make_policy(limits or Limits(), [*policy().templates.values(), *more], shipped_wording())


def messages() -> Iterator[Situation]:
    """Yield the good occasions as they are, then templates and texts."""
    yield from (Situation(f"{name}, good", name, {}, {}, {}) for name in OWN)
    yield from _templates()
    yield from _texts()
    yield from _approved()
    yield from _abroad()


def _said(
    name: str, message: Message, differs: Values, *codes: str, base: str = "ordinary", **context: Any
) -> Situation:
    return Situation(name, base, {"message": message}, context, differs, codes)


PARCEL = MappingProxyType({"parcel": "A-7"})
SAID = "Parcel A-7 comes later."
NO_TEXT: Values = {"complete": NO, "grounded": NO}
FREE: Values = {"templated": NO, "same_purpose": NO}


def _templates() -> Iterator[Situation]:
    def of(template: str, **facts: Any) -> Message:
        return Message(template=template, facts={**PARCEL, **facts})

    yield _said("a template that sells", of("sells"), {"promotional": YES}, "promotional_wording")
    yield _said("a next step that sells", of("sells_at_its_end"), {"promotional": YES}, "promotional_wording")
    yield _said("a template for anybody", of("generic"), {"generic": YES}, "generic_wording")
    yield _said("a template for newcomers", of("greets"), {"newcomer": YES})
    greeted: Values = {"newcomer": YES, "returning": YES}
    yield _said("the same, to others", of("greets"), greeted, "contradicts_history", returning=True)
    yield _said("a template without a fact", of("bare"), {"grounded": NO}, "facts_missing")
    yield _said("a template without a step", of("stepless"), {"next_step": NO}, "next_step_missing")
    stepped = replace(of("stepless"), next_step=STEP)
    yield _said("the same, and a step beside it", stepped, {"next_step": NO}, "next_step_missing")
    yield _said("another purpose's template", of("elsewhere"), {"same_purpose": NO}, "template_not_approved")
    yield from _with_facts(of)
    nowhere: Values = {**NO_TEXT, "next_step": NO, "same_purpose": NO}
    refused = ("facts_missing", "next_step_missing", "template_not_approved")
    yield _said("a template that does not exist", of("nowhere"), nowhere, *refused)
    yield _said("template and text", replace(of("ordinary"), text="Parcel A-7 is late."), NO_TEXT, "facts_missing")
    yield _said("neither", Message(), {**NO_TEXT, **FREE, "next_step": NO}, "facts_missing", "next_step_missing")
    yield _said("essential and sells", of("sells"), {"promotional": YES}, "promotional_wording", base="essential")
    silent = Message(template="progress", facts={"item": "K-2"})
    yield _said("silent, as it may be", silent, {}, base="progress")
    quiet = Message(text="Item K-2 has arrived.")
    yield _said("silent, in a text", quiet, {**FREE, "next_step": NO}, base="progress")


def _with_facts(of: Callable[..., Message]) -> Iterator[Situation]:
    """Facts of a template: one of their own, one that sells, none, and another than its evidence has."""
    yield _said("a plain fact of their own", of("noted", note="nobody was home"), {})
    advertised: Values = {"grounded": NO, "promotional": YES}
    refuse = ("promotional_wording", "facts_missing")
    yield _said("a fact that links", of("noted", note="see shop.example"), advertised, *refuse)
    yield from _held(of)
    yield _said("a fact that is left out", of("noted"), NO_TEXT, "facts_missing")
    yield _said("a fact that says nothing", of("noted", note="undefined"), NO_TEXT, "facts_missing")
    other: Values = {"outdated": YES, "grounded": NO}
    yield _said("another parcel", of("ordinary", parcel="B-9"), other, "fact_superseded", "facts_missing")


def _held(of: Callable[..., Message]) -> Iterator[Situation]:
    """Facts that the evidence holds, word by word, and that sell all the same."""
    event = occasion("ordinary").context.evidence
    for value in ("Rabatt", "Use SAVE20", "5 % more", "12 EUR", "www.shop.example", "It is late! Call us now."):
        recorded = None if event is None else replace(event, data={**PARCEL, "note": value})
        sells, held = of("noted", note=value), {"promotional": YES}
        yield _said(f"an evidence that sells: {value}", sells, held, "promotional_wording", evidence=recorded)


def _text(text: str, **rest: Any) -> Message:
    return Message(**{"text": text, "next_step": STEP, **rest})


def _texts() -> Iterator[Situation]:
    of, late = _text, SAID
    yield _said("a text", of(late), FREE)
    yield _said("a text in capitals", of(late.upper()), FREE)
    yield _said("a text that sells", of(f"{late} {SALE}"), {**FREE, "promotional": YES}, "promotional_wording")
    yield _said("a step that sells", of(late, next_step=SALE), {**FREE, "promotional": YES}, "promotional_wording")
    yield _said("a text for anybody", of(f"{late} {ANYBODY}"), {**FREE, "generic": YES}, "generic_wording")
    yield _said("a text for newcomers", of(f"Is this your first visit? {late}"), {**FREE, "newcomer": YES})
    yield _said("a text without a fact", of("It comes later."), {**FREE, "grounded": NO}, "facts_missing")
    yield _said("a longer number", of("Parcel A-71 comes later."), {**FREE, "grounded": NO}, "facts_missing")
    for step in (None, "", "  "):
        yield _said(f"a step of {step!r}", of(late, next_step=step), {**FREE, "next_step": NO}, "next_step_missing")
    yield _said("a place left open", of("Parcel A-7, {name}."), {**FREE, **NO_TEXT}, "facts_missing")
    yield _said("a text of spaces", of("  "), {**FREE, **NO_TEXT}, "facts_missing")
    other: Values = {**FREE, "outdated": YES}
    yield _said("another parcel beside the text", of(late, facts={"parcel": "B-9"}), other, "fact_superseded")
    linked: Values = {**FREE, "grounded": NO, "promotional": YES}
    offered = of(late, facts={"note": "10 % more"})
    yield _said("an offer beside the text", offered, linked, "promotional_wording", "facts_missing")


def _approved() -> Iterator[Situation]:
    """Texts and templates that nobody approved as they are: on a page a text needs no approval."""
    of, late = _text, SAID
    for word, value in (("none", NO), ("changed", 2), ("perhaps", UNKNOWN)):
        awaited: Values = {**FREE, "approval": value}
        yield _said(f"a text, {word}", of(late), awaited, "awaiting_approval", approval=word)
    template = occasion("ordinary").candidate.message
    yield _said("a template, none", template, {"approval": NO}, "template_not_approved", approval="none")
    yield _said("a template, changed", template, {"approval": 2}, "awaiting_approval", approval="changed")
    pages = {**FREE, "approval": NO}
    there = of("The page prices has more.")
    yield _said("a text on a page", there, pages, base="on_page", approval="none")
    nowhere = {**pages, "grounded": NO}
    yield _said("a text on any page", of("There is more."), nowhere, "facts_missing", base="on_page", approval="none")
    yield _said("a template on any page", Message(template="bare_page"), {}, base="on_page")


def _abroad() -> Iterator[Situation]:
    """What only a person can judge: approved it goes, else it waits, on a page, too."""
    unread: Values = {"judged": NO}
    paket = Message(template="abroad", facts=PARCEL)
    yield _said("a template in another language", paket, unread)
    none: Values = {**unread, "approval": NO}
    refuse = ("template_not_approved", "awaiting_approval")
    yield _said("the same, not approved", paket, none, *refuse, approval="none")
    changed: Values = {**unread, "approval": 2}
    yield _said("the same, changed", paket, changed, "awaiting_approval", approval="changed")
    there = Message(text="Die Seite prices hat mehr dazu.", next_step="Bitte hier fragen.")
    yield _said("a text in another language on a page", there, {**FREE, **unread}, base="on_page")
    waits: Values = {**FREE, **none}
    yield _said("the same, not approved there", there, waits, "awaiting_approval", base="on_page", approval="none")

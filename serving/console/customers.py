"""`/console/customers`: finding a customer; and the whole story of one, as a timeline in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.convertors import register_url_convertor

from serving.console.decisions import Line, line
from serving.console.frame import Views, console_router, page, read
from serving.console.prose import times
from serving.console.telling import entries
from serving.embargo import NO_END, embargo
from serving.errors import Invalid, NotFound
from serving.in_words.contract import CHANNELS, capital, of_channel
from serving.people.leafing import Sought
from serving.people.looking import Looking
from serving.people.stories import Complained, Person
from serving.policy.limits import Limits
from serving.policy.tightening import in_force
from serving.routes.api import api_of
from serving.routes.user_ids import ANY_TEXT, AnyText, UserId

PAGE: Final = 40
FURTHEST: Final = 10_000  # things that happened to one customer, on pages
LONGEST: Final = 256
FOUND: Final = 50
LATELY: Final = 10
BECAUSE: Final = {
    "service_message": "a message of ours reached them within the last 24 hours",
    "cooling_off": "they complained lately",
    "incident": "a fault hit them within the last 3 days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of how a customer stands: what it is, what is so, and whether that is a no."""

    name: str
    said: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found: the very id, ids that begin like it, or do in other capitals; and who stands below."""

    known: bool = False
    like: Sequence[str] = ()
    otherwise: Sequence[str] = ()
    complained: Sequence[Complained] = ()
    lately: Sequence[Line] = ()


async def customers(request: Request, viewer: Views) -> Response:
    """Find a customer by id, or among those who complained last."""
    sought = request.query_params.get("id", "").strip()[:LONGEST]
    if "\0" in sought:
        raise Invalid("an id has no such sign; check how it is written")
    found = await read(request, lambda looking: _sought(looking, sought, request))
    if found.known:
        return RedirectResponse(f"/console/customers/{quote(sought, safe='')}", status_code=303)
    return await page(
        request,
        viewer,
        "customers.html.j2",
        title="Customers",
        here="customers",
        sought=sought,
        like=found.like,
        most=FOUND,
        otherwise=found.otherwise,
        complained=found.complained,
        lately=found.lately,
    )


def _sought(looking: Looking, sought: str, request: Request) -> Found:
    """Look for exactly this id, then for those that begin like it, then for those that do but for capitals."""
    now = api_of(request).clock()
    if sought and looking.person(sought, now=now) is not None:
        return Found(known=True)
    return Found(
        like=looking.ids_like(sought, limit=FOUND) if sought else (),
        otherwise=in_other_capitals(looking, sought) if sought else (),
        complained=looking.complaining(limit=LATELY),
        lately=[line(one) for one in looking.leaf(Sought(), after=None, limit=LATELY).found],
    )


def in_other_capitals(looking: Looking, sought: str) -> list[str]:
    """Return ids that begin like this in small letters, in capitals, with one capital, or the other way round."""
    spelt = dict.fromkeys((sought.lower(), sought.upper(), sought.capitalize(), sought.swapcase()))
    found = [name for each in spelt if each != sought for name in looking.ids_like(each, limit=FOUND)]
    return list(dict.fromkeys(found))[:FOUND]


async def customer(request: Request, viewer: Views, user_id: UserId) -> Response:
    """Tell the story of one customer."""
    api = api_of(request)
    now, skip = api.clock(), _skip(request.query_params.get("skip", "0"))
    person, happened, limits = await read(
        request,
        lambda looking: (
            looking.person(user_id, now=now),
            entries(looking.happenings(user_id, skip=skip, limit=PAGE + 1)),
            in_force(looking, api.policy).limits,
        ),
    )
    if person is None:
        raise NotFound("nothing is on record of a customer with this id; look whether it is written exactly so")
    until = embargo(person.recent, now=now, cooling_off_days=limits.cooling_off_days)
    return await page(
        request,
        viewer,
        "customer.html.j2",
        title=f"Customer {person.id}",
        here="customers",
        person=person,
        attributes=plain_attributes(person),
        standing=standing(person, limits),
        embargo=until,
        no_end=until.until == NO_END,
        because=None if until.because is None else BECAUSE[until.because],
        entries=happened[:PAGE],
        newer=max(skip - PAGE, 0) if skip else None,
        older=skip + PAGE if len(happened) > PAGE and skip + PAGE <= FURTHEST else None,
    )


def _skip(text: str) -> int:
    """Read how many entries are passed over."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(FURTHEST)) or int(text) > FURTHEST:
        raise Invalid("this address names no page of the story; begin with the newest")
    return int(text)


def standing(person: Person, limits: Limits) -> list[Standing]:
    """Say how a customer stands now: what is open, what they permit, how often we wrote."""
    everything = None in person.opted_out
    channels = [_channel(word, person) for word in CHANNELS if everything or _is_said(word, person)]
    said = [
        Standing(
            name="Time zone",
            said=person.timezone or "not known: nobody is written to outside a visit",
            tone="" if person.timezone else "warn",
        )
    ]
    return [
        *(
            [Standing(name="Complaint", said="one is open: only what cannot wait is sent", tone="deny")]
            if person.complaint_open
            else []
        ),
        *(
            [Standing(name="Conversation", said="one is open: what is discussed there is not announced", tone="hold")]
            if person.conversation_open
            else []
        ),
        *channels,
        *([] if channels else [Standing(name="May we write?", said="they agreed to no channel", tone="warn")]),
        *said,
        *_caps(person, limits),
    ]


def _is_said(word: str, person: Person) -> bool:
    return word in person.consent or word in person.opted_out


def _channel(word: str, person: Person) -> Standing:
    """Say whether a channel is open: an opt-out is stronger than a consent."""
    name = capital(of_channel(word))
    if word in person.opted_out or None in person.opted_out:
        return Standing(name=name, said="they asked not to be written to", tone="deny")
    agreed = person.consent.get(word) is True
    return Standing(name=name, said="they agreed" if agreed else "they said no", tone="send" if agreed else "deny")


def _caps(person: Person, limits: Limits) -> list[Standing]:
    """Say how many messages count against each cap now."""
    caps: Mapping[str, int] = {
        "Messages in the last 60 minutes": limits.contacts_60m,
        "Messages in the last 24 hours": limits.contacts_24h,
        "Messages in the last 7 days": limits.contacts_7d,
    }
    return [
        Standing(name=name, said=f"{used} of at most {cap}", tone="hold" if used >= cap else "")
        for (name, cap), used in zip(caps.items(), person.contacts, strict=True)
    ]


def plain_attributes(person: Person) -> list[tuple[str, Any]]:
    """Return what is known of a customer beside their story, names as words."""
    return [(name.replace("_", " "), times(str(value))) for name, value in sorted(person.attributes.items())]


@cache
def customers_router() -> APIRouter:
    """Return the routes; an id may be any text, which only now Starlette gets to know."""
    register_url_convertor(ANY_TEXT, AnyText())
    router = console_router()
    router.get("/console/customers")(customers)
    router.get(f"/console/customers/{{user_id:{ANY_TEXT}}}")(customer)
    return router

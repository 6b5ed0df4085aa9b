"""`/console/refused`: marketing that was refused, in campaigns, for the people who own marketing."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from fastapi import Request, Response

from serving.console.frame import Views, console_router, page, read
from serving.console.periods import DAY, PERIODS, Period
from serving.linting.marking import Piece, as_judged
from serving.people.campaigns import Campaign, Words, campaigns
from serving.people.refused import Refused, Said
from serving.people.spreadsheets import table_line
from serving.policy.templates import whole
from serving.policy.wording import Wording
from serving.record.record import timestamp
from serving.routes.api import api_of
from serving.routes.written import kept_as

T = TypeVar("T")
HERE: Final = "refused"
MOST: Final = 10_000  # messages that one page weighs: half a second
QUARTER: Final = Period(name="90d", words="90 days", step=DAY, steps=90)
SPANS: Final[Mapping[str, Period]] = dict(zip(("1", "7", "30", "90"), (*PERIODS, QUARTER), strict=True))
USUAL: Final = "30"
SHOWN: Final = 3  # texts of a campaign that stand open
CAMPAIGNS: Final = 100  # on the page; the table has them all
HEADINGS: Final = (
    *("campaign", "purpose", "template", "text", "next_step", "times", "customers", "channels", "reasons"),
    *("campaign_first", "campaign_last", "campaign_customers", "triggers", "last_facts", "last_decision_id"),
)
router = console_router()


@router.get("/console/refused")
async def refused(request: Request, viewer: Views) -> Response:
    """Show the campaigns of a period, those that would have reached most people first."""
    days = _days(request)
    rows, found = await _read(request, days, lambda rows: (rows, campaigns(rows)))
    return await page(
        request,
        viewer,
        "refused.html.j2",
        title="Refused",
        here=HERE,
        campaigns=found,
        messages=len(rows),
        customers=len({one.user_id for one in rows}),
        days=days,
        periods={name: each.words for name, each in SPANS.items()},
        since=_since(request, days),
        cut=len(rows) >= MOST,
        most=MOST,
        open_texts=SHOWN,
        most_campaigns=CAMPAIGNS,
        marked=partial(marked, api_of(request).policy.wording),
    )


@router.get("/console/refused.csv")
async def refused_csv(request: Request, _: Views) -> Response:
    """Give the same as a table: one line for each text of a campaign."""
    text = await _read(request, _days(request), table)
    return Response(text, media_type="text/csv; charset=utf-8", headers=kept_as("refused_marketing.csv"))


def table(rows: list[Refused]) -> bytes:
    """Return the table as a file."""
    return "".join([table_line(HEADINGS), *lines(campaigns(rows))]).encode("utf-8", "replace")


def marked(veto: Wording, said: Said) -> list[Piece]:
    """Return a free text as it would have read, with the words that sell marked."""
    return as_judged(veto, whole(said.text or "", said.next_step))


def lines(found: tuple[Campaign, ...]) -> Iterator[str]:
    """Yield the lines of a table, without its headings."""
    for number, campaign in enumerate(found, start=1):
        for words in campaign.words:
            yield table_line(_cells(number, campaign, words))


def _cells(number: int, campaign: Campaign, words: Words) -> list[str | int | None]:
    """Return the cells of one text, in the order of `HEADINGS`."""
    said = words.said
    return [
        *(number, campaign.purpose, campaign.template, said.text, said.next_step, words.times, words.customers),
        *(" ".join(campaign.channels), " ".join(campaign.reasons)),
        *(timestamp(campaign.first), timestamp(campaign.last), campaign.customers, " ".join(campaign.triggers)),
        *(", ".join(f"{name}: {fact}" for name, fact in words.last_facts.items()), words.last_id),
    ]


def _days(request: Request) -> str:
    """Return the period that was asked for, in days; the usual one for any other word."""
    days = request.query_params.get("days", USUAL)
    return days if days in SPANS else USUAL


async def _read(request: Request, days: str, made: Callable[[list[Refused]], T]) -> T:
    """Return what is made of the messages of these days, beside the event loop."""
    since = _since(request, days)
    return await read(request, lambda looking: made(looking.marketing(since=since, most=MOST)))


def _since(request: Request, days: str) -> datetime:
    """Return when the period begins."""
    return SPANS[days].start(api_of(request).clock())

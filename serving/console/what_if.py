"""`/console/what-if`: what other limits, or another cut-off, would have done; an administrator puts limits in force."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response

from model.contracts import Action
from model.errors import InvalidInput
from serving.console.frame import Acts, Views, back, console_router, page, part, read
from serving.console.limits_form import choices_shown, fields_shown, proposed
from serving.errors import Changed, Invalid, TooMany
from serving.in_words.limits import CHOICES, difference_in_words, in_words, untried
from serving.people.looking import Looking
from serving.policy.limits import TIGHTER, Limits
from serving.policy.tightening import LONGEST_WHY, in_force, last_change, tightening
from serving.ports import Transaction
from serving.replay.effects import Effects
from serving.replay.judging import Proposal
from serving.replay.tallying import WHY_LEFT_OUT, Replay
from serving.replay.what_if import Asked, worked_out
from serving.routes.api import Api, api_of
from serving.routes.reading import read_beside

PATH: Final = "/console/what-if"
COUNTS: Final = (5_000, 50_000, 500_000)
DEFAULT: Final = 50_000
LISTED: Final = 20  # earlier changes
PATIENCE: Final = 30.0  # seconds to wait for another replay: each takes the processor that decisions need
ACTIONS: Final = (("send", "Sent"), ("hold", "Held"), ("deny", "Not sent"))
router = console_router()


@router.get(PATH)
async def what_if(request: Request, viewer: Views) -> Response:
    """Show the limits in force and the form; what was asked is worked out once the page is there."""
    api, query = api_of(request), dict(request.query_params)
    limits, past = await read(request, lambda looking: (_now(looking, api), looking.tightenings(limit=LISTED)))
    named, wrong, asked = _asked(query, api.policy.limits, limits)
    return await page(
        request,
        viewer,
        "what_if.html.j2",
        title="What if",
        here="what-if",
        stricter=difference_in_words(api.policy.limits, limits),
        newest=past[0] if past else None,
        seen=past[0].seq if past else 0,
        past=[(one, in_words(one.named())) for one in past],
        fields=fields_shown(api.policy.limits, limits, query, wrong),
        choices=choices_shown(api.policy.limits, limits, query),
        labels=CHOICES,
        wrong=wrong,
        asked=bool(query.keys() & _names()) and not wrong,
        changes=_said(asked),
        replay=f"{PATH}/replay?{urlencode(query)}",
        cutoff=None if api.models.scorer is None else api.models.scorer.cutoff,
        query=query,
        counts=COUNTS,
        default=DEFAULT,
        longest=LONGEST_WHY,
        named=named,
    )


@router.get(f"{PATH}/replay")
async def replay(request: Request, viewer: Views) -> Response:
    """Work out what was asked, over the newest decisions, on a thread of its own."""
    api, query, now = api_of(request), dict(request.query_params), api_of(request).clock()

    def work(looking: Looking) -> tuple[Limits, int, Asked, Proposal, Replay, Effects]:
        limits, newest = _now(looking, api), last_change(looking)
        _, wrong, asked = _asked(query, api.policy.limits, limits)
        if wrong:
            raise Invalid("what was asked cannot be tried; open What if again and correct the marked fields")
        shares = api.settings.shares
        return limits, newest, asked, *worked_out(looking, asked, configured=api.policy, shares=shares, now=now)

    async with _alone(api):
        limits, newest, asked, proposal, found, weighed = await read_beside(request, work)
    return await part(
        request,
        viewer,
        "what_if_replay.html.j2",
        title="What it would have done",
        here="what-if",
        found=found,
        weighed=weighed,
        asked=asked,
        funnel=_funnel(found),
        purposes=sorted(found.purposes.items(), key=lambda one: (-one[1].flipped, one[0])),
        flips=sorted(found.reasons.items(), key=lambda one: (-one[1].count, one[0])),
        left_out=[(WHY_LEFT_OUT[why], count) for why, count in found.left_out.most_common()],
        changes=_said(asked),
        untried=untried(proposal.limits, limits),
        limits_change=proposal.limits != limits,
        own=_own(asked),
        seen=newest,
        stale=query.get("seen", str(newest)) != str(newest),
        longest=LONGEST_WHY,
    )


@router.post(f"{PATH}/limits")
async def put_in_force(request: Request, acting: Acts) -> Response:
    """Record limits with who and why, unless somebody did since this was shown; they count from the next decision."""
    api = api_of(request)
    named, wrong = proposed({"form": "1", **acting.form}, api.policy.limits, api.policy.limits)
    if wrong:
        raise Invalid("limits only become stricter than the configuration; go back and correct them")
    try:
        made = tightening(api.policy, named, by=acting.viewer.by, why=acting.form.get("why", ""), at=api.clock())
    except InvalidInput:
        raise Invalid(f"say why, in words and at most {LONGEST_WHY} characters: others will read it later") from None
    seen = acting.form.get("seen")

    def record(transaction: Transaction) -> None:
        if seen != str(last_change(transaction)):
            raise Changed("somebody changed the limits meanwhile; open What if again and look at what is in force now")
        transaction.add_tightening(made)

    await api.loop.submit(lambda _, transaction: record(transaction))
    return back(PATH, "tightened" if named else "configured")


@asynccontextmanager
async def _alone(api: Api) -> AsyncIterator[None]:
    """Be the only one who replays; whoever waits for it holds no thread.

    Raises:
        TooMany: others are at it for too long.
    """
    try:
        await asyncio.wait_for(api.replaying.acquire(), PATIENCE)
    except TimeoutError:
        raise TooMany("somebody else is trying something out; try again in a minute", retry_after=60) from None
    try:
        yield
    finally:
        api.replaying.release()


def _now(looking: Looking, api: Api) -> Limits:
    """Return the limits in force."""
    return in_force(looking, api.policy).limits


def _names() -> frozenset[str]:
    return frozenset({*TIGHTER, "form", "cutoff"})


def _asked(query: Mapping[str, str], configured: Limits, now: Limits) -> tuple[dict[str, Any], dict[str, str], Asked]:
    """Return what is proposed beyond the configuration, what is wrong with it by field, and all of it."""
    named, wrong = proposed(query, configured, now)
    cutoff, since, until = (query.get(name, "").strip() for name in ("cutoff", "since", "until"))
    asked = Asked(limits=named, count=_count(query.get("count", "")))
    try:
        asked = replace(asked, cutoff=_per_hundred(cutoff), since=_day(since), until=_day(until))
    except ValueError:
        wrong["period"] = "Write the cut-off as a number, and days as 2026-11-20."
    return named, wrong, asked


def _count(text: str) -> int:
    known = {str(count): count for count in COUNTS}
    return known.get(text, DEFAULT)


def _per_hundred(text: str) -> float | None:
    value = float(text) / 100 if text else None
    if value is not None and not math.isfinite(value):
        raise ValueError(text)
    return value


def _day(text: str) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None


def _said(asked: Asked) -> list[str]:
    """Say what is proposed: the limits beyond the configuration, and the cut-off."""
    said = in_words(asked.limits) or ["All limits as the configuration has them"]
    return [*said, f"Cut-off: {100 * asked.cutoff:g} per 100 contacts"] if asked.cutoff is not None else said


def _own(asked: Asked) -> dict[str, str]:
    """Return the proposal as fields of the form that puts it in force."""
    return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in asked.limits.items()}


def _funnel(found: Replay) -> list[tuple[str, str, int, int]]:
    before, after = found.whole.before, found.whole.after
    return [(word, label, before[Action(word)], after[Action(word)]) for word, label in ACTIONS]

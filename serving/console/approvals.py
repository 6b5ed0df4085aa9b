"""`/console/approvals`: what waits for a person, and what people did about it: texts, breakers, the kill switch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Request, Response

from model.contracts import JSON
from serving.console.frame import Acting, Acts, Views, back, console_router, page, read
from serving.console.messages import lint_once, named, reviewed, triggers_of
from serving.console.reviews import review_in
from serving.console.wordings import Shown, shown
from serving.errors import Changed, Invalid
from serving.linting.marking import Piece, as_judged
from serving.people.acts import KINDS, SHIPPED, Act
from serving.people.awaiting import LOOK_BACK, Waiting, texts
from serving.people.looking import Looking
from serving.policy.templates import whole
from serving.policy.wording import Wording
from serving.reviewing import HeldFor
from serving.routes.api import Api, api_of
from serving.routes.bodies import read_as
from serving.schemas.approvals import ApprovalBody
from serving.standing import Breaker, Standing

HERE: Final = "approvals"
PATH: Final = "/console/approvals"
TEXTS: Final = 1000  # held texts that are looked up
ACTS: Final = 30  # of the history; all of it is on the page of the audit
DECIDED: Final = frozenset(
    {
        *("approved", "reviewed_yes", "reviewed_no", "breaker_released", "switch_released"),
        *("limits_tightened", "limits_reset", "experiment_started", "experiment_stopped"),
    }
)
GONE: Final = "somebody did this already, or it does not wait any more; open Approvals again"
router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldText:
    """A free text that waits: how it would read, with what the veto on wording finds, and for whom it was held."""

    waiting: Waiting
    words: list[Piece]
    held: HeldFor | None

    @property
    def never_sent(self) -> bool:
        """Whether it is refused for its words, whoever approves it."""
        return any(piece.findings for piece in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """All that waits, and what was done last."""

    texts: list[HeldText]
    breakers: list[Breaker]
    standing: Standing
    templates: list[Shown]
    acts: list[Act]


@router.get(PATH)
async def approvals(request: Request, viewer: Views) -> Response:
    """Show what waits for a person, the most urgent first, and who did what lately."""
    api = api_of(request)
    now, policy, triggers = api.clock(), api.policy, triggers_of(api)

    def look(looking: Looking) -> Waits:
        found = shown(looking, policy, triggers, lint_once(policy, triggers), now=now)
        return Waits(
            texts=held_texts(looking, policy.wording, now),
            breakers=looking.breakers(released=0),
            standing=looking.seen(now),
            templates=[one for one in found if one.waits],
            acts=decided(looking.doings(since=None, until=None, sign_ins=False)),
        )

    waits = await read(request, look)
    pages = {each.key: named(policy, each.key) for each in waits.breakers}
    values: dict[str, Any] = {"waits": waits, "pages": pages, "most": ACTS, "kinds": KINDS}
    return await page(request, viewer, "approvals.html.j2", title="Approvals", here=HERE, **values)


def decided(acts: Iterable[Act]) -> list[Act]:
    """Leave out who came and went, and what came approved with the ledger."""
    return [each for each in acts if each.kind in DECIDED and each.by != SHIPPED]


def held_texts(looking: Looking, veto: Wording, now: datetime) -> list[HeldText]:
    """Return the free texts of the last week that wait, those that would have reached most people first."""
    since = now - LOOK_BACK
    whom = {(one.message.text, one.message.next_step): one for one in looking.held_for(since=since, most=TEXTS)}
    found = [
        HeldText(waiting=one, words=_words(one, veto), held=whom.get((one.message.text, one.message.next_step)))
        for one in texts(looking, now)
    ]
    return sorted(found, key=lambda one: -(one.held.customers if one.held is not None else 0))


def _words(one: Waiting, veto: Wording) -> list[Piece]:
    return as_judged(veto, whole(one.message.text or "", one.message.next_step))


@router.post(f"{PATH}/text")
async def review_text(request: Request, acting: Acts) -> Response:
    """Record a review of a free text that waits: two yeses approve these very words."""
    api = api_of(request)
    at, digest = api.clock(), acting.form.get("digest", "")
    waiting = await api.loop.submit(lambda _, transaction: {one.digest for one in texts(transaction, at)})
    if digest not in waiting:
        raise Changed(GONE)
    given = review_in(acting, digest=digest, what="text", at=at)
    return back(PATH, await reviewed(api, given))


@router.post(f"{PATH}/breaker")
async def release_breaker(request: Request, acting: Acts) -> Response:
    """Release a breaker that is open, with a reason."""
    api, key = api_of(request), acting.form.get("breaker", "")
    why, at, by = _why(acting, breaker=key), api.clock(), acting.viewer.by
    if not await api.loop.submit(lambda _, transaction: transaction.release_breaker(key, at=at, by=by, why=why)):
        raise Changed(GONE)
    return back(PATH, "released")


@router.post(f"{PATH}/switch")
async def release_switch(request: Request, acting: Acts) -> Response:
    """Let discretionary messages go out again after the monitor stopped them, with what was found."""
    api: Api = api_of(request)
    why, at, by = _why(acting, breaker="switch"), api.clock(), acting.viewer.by
    if acting.form.get("sure") != "yes":
        raise Invalid("say that the cause was found and removed, by its box; go back and tick it")
    if not await api.loop.submit(lambda _, transaction: transaction.release(at=at, by=by, why=why)):
        raise Changed(GONE)
    return back(PATH, "released")


def _why(acting: Acting, *, breaker: str) -> str:
    """Return the reason that was given, as `POST /v1/approvals` takes it."""
    body: dict[str, JSON] = {"breaker": breaker, "why": acting.form.get("why", "")}
    return read_as(ApprovalBody, body).why or ""

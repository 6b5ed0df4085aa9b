"""`/console/templates`: every message that may go out by itself, and the two questions that approve it."""

from collections import Counter
from typing import Final

from fastapi import Request, Response

from serving.console.frame import Acts, Views, back, console_router, page, read
from serving.console.reviews import review_in
from serving.console.wordings import MONTH, LintOnce, Shown, shown
from serving.errors import Changed, NotFound
from serving.policy.policy import Policy
from serving.reviewing import Review, review_template
from serving.routes.api import Api, api_of
from serving.triggers.trigger import Trigger

HERE: Final = "templates"
REVIEWS: Final = 1000  # how many are looked through for those of one message
UNKNOWN: Final = "there is no message of this name in the policy that is loaded; see Messages, which lists them all"
router = console_router()
lint_once = LintOnce()


@router.get("/console/templates")
async def messages(request: Request, viewer: Views) -> Response:
    """List every message by its purpose; with `?show=waiting` those that wait for a person."""
    found = await _shown(request)
    waiting = [one for one in found if one.waits]
    only = request.query_params.get("show") == "waiting"
    listed = waiting if only else found
    purposes = dict.fromkeys(one.template.purpose for one in listed)
    return await page(
        request,
        viewer,
        "messages.html.j2",
        title="Messages",
        here=HERE,
        groups=[(each, [one for one in listed if one.template.purpose == each]) for each in purposes],
        number=len(found),
        waiting=len(waiting),
        findings=sum(bool(one.errors) for one in found),
        states=Counter(one.state for one in found),
        sent=sum(one.counts.get("send", 0) for one in found),
        only=only,
        since=MONTH.start(api_of(request).clock()),
    )


@router.get("/console/templates/{name}")
async def message(request: Request, viewer: Views, name: str) -> Response:
    """Show one message: how it reads, what is wrong with it, what sends it, how it went, who reviewed it."""
    one = next((each for each in await _shown(request) if each.template.id == name), None)
    if one is None:
        raise NotFound(UNKNOWN)
    reviews, breakers = await read(
        request, lambda looking: (looking.reviews(limit=REVIEWS), looking.breakers(released=0))
    )
    return await page(
        request,
        viewer,
        "message.html.j2",
        title=name,
        here=HERE,
        one=one,
        since=MONTH.start(api_of(request).clock()),
        reviews=[each for each in reviews if each.what == f"template:{name}"],
        breaker=next((each for each in breakers if each.key == name), None),
    )


@router.post("/console/templates/{name}/review")
async def review(request: Request, acting: Acts, name: str) -> Response:
    """Record a review of a message as it reads now: two yeses approve it, any no withdraws every approval it has."""
    api = api_of(request)
    digest = api.policy.digests.get(name)
    if digest is None:
        raise NotFound(UNKNOWN)
    if acting.form.get("digest") != digest:
        raise Changed("this message reads differently now than when you opened it; open it again and read it")
    given = review_in(acting, digest=digest, what=f"template:{name}", at=api.clock())
    return back(f"/console/templates/{name}", await reviewed(api, given))


async def reviewed(api: Api, given: Review) -> str:
    """Record a review, and return the notice that says what came of it."""
    approved = await api.loop.submit(
        lambda _, transaction: (
            review_template(transaction, given) if given.what.startswith("template:") else transaction.review(given)
        )
    )
    return "approved" if approved else "withdrawn"


async def _shown(request: Request) -> list[Shown]:
    """Read every message; lint and ledger on the thread that reads."""
    api = api_of(request)
    policy, triggers, now = api.policy, triggers_of(api), api.clock()
    return await read(request, lambda looking: shown(looking, policy, triggers, lint_once(policy, triggers), now=now))


def triggers_of(api: Api) -> list[Trigger]:
    """Return the triggers that are loaded, in the order of the files."""
    return [each.trigger for each in api.happenings.matcher.tallies()]


def named(policy: Policy, key: str) -> str | None:
    """Return the page of a message that this key names, or None: it is a text's digest."""
    return f"/console/templates/{key}" if key in policy.templates else None

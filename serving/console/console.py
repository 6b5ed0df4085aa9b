"""All routes of the console; the last one says that there is no such page."""

from fastapi import APIRouter, Response

from serving.console import (
    approvals,
    audit,
    complaints,
    decisions,
    entrance,
    files,
    messages,
    model,
    refused,
    today,
    what_if,
)
from serving.console.customers import customers_router
from serving.console.frame import Views, console_router
from serving.errors import NotFound

nowhere = console_router()


@nowhere.get("/console/{rest:path}")
async def nothing(_: Views, rest: str) -> Response:
    """Say that there is no such page."""
    del rest
    raise NotFound("there is no such page in the console; go on by the links above")


def routers() -> tuple[APIRouter, ...]:
    """Return the routes of every page, in the order in which they are tried."""
    return (
        entrance.router,
        files.router,
        today.router,
        complaints.router,
        customers_router(),
        decisions.router,
        model.router,
        messages.router,
        approvals.router,
        refused.router,
        what_if.router,
        audit.router,
        nowhere,
    )

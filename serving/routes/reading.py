"""Reading for people: the ledger as it stands, on a thread of its own, beside the writer."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import TypeVar, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from serving.people.looking import Looking
from serving.routes.api import api_of

T = TypeVar("T")


async def read_beside(request: Request, job: Callable[[Looking], T]) -> T:
    """Return what the job finds in the ledger as it stands: on a thread of its own, waiting for no decision.

    Raises:
        Unavailable: the ledger cannot be read.
    """
    api = api_of(request)
    if api.reading is None:  # a ledger in memory has one connection
        return await api.loop.submit(lambda _, transaction: job(cast("Looking", transaction)), own=True)
    return await run_in_threadpool(api.reading, job)


async def remembered_beside(request: Request, name: Hashable, now: datetime, job: Callable[[Looking], T]) -> T:
    """Return what the job found lately under this name, or have it find it now: one thing at a time.

    Whoever waits for another meanwhile holds no thread.

    Raises:
        Unavailable: the ledger cannot be read.
    """
    api = api_of(request)
    known: T | None = api.remembered.known(name, now)
    if known is not None:
        return known
    async with api.working:
        return await read_beside(request, lambda looking: api.remembered.get(name, now, lambda: job(looking)))

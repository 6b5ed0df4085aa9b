"""A process of its own that does what is due, by a clock that stands, and prints a line after each job: `… URL AT`."""

import asyncio
import sys
from datetime import datetime

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.confirmer import Confirmer
from serving.loop.loop import DecideLoop
from serving.loop.timekeeper import Timekeeper
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy
from serving.ports import Ledger, Transaction
from serving.schemas.answers import confirmation_bytes, offered_bytes


def none_wait(_: Ledger, __: Transaction, ___: int) -> int:
    """Decide no matches: there are none. What came before is durable when this is asked."""
    print("job", flush=True)  # noqa: T201  (the parent reads it)
    return 0


async def main(url: str, at: str) -> None:
    """Tick once: everything that is due."""
    now = datetime.fromisoformat(at)
    confirmer = Confirmer(
        policy=load_policy(),
        models=InUse(scorer=FakeScorer()),
        shares=Shares(),
        clock=lambda: now,
        encode=confirmation_bytes,
    )
    loop = DecideLoop[None, None](lambda: open_ledger(url, now=now, salt=b"s", patience=60.0), lambda *_: [])
    await loop.start()
    keeper = Timekeeper(loop, confirmer, lambda: now, offering=offered_bytes, deciding=none_wait)
    print("ready", flush=True)  # noqa: T201  (the parent reads it)
    print(await keeper.tick(), flush=True)  # noqa: T201  (the parent reads it)
    await loop.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

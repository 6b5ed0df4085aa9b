"""What the running API holds, made once by the composition root and reached from every request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from fastapi import Request

from serving.confirmer import Confirmer
from serving.deciding import Answer, Question
from serving.happening import Happenings
from serving.in_use import InUse
from serving.loop import DecideLoop
from serving.policy.policy import Policy
from serving.ports import Clock
from serving.routes.keyring import Keyring
from serving.routes.pace import Pace
from serving.routes.readiness import Readiness
from serving.settings import Settings
from serving.timekeeper import Timekeeper

if TYPE_CHECKING:  # it loads an HTTP client: see `serving.app`
    from serving.adapters.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The parts of one process. `models` are those that answer now, and why there may be none.

    `webhooks` is None where offers wait to be asked for. `ticks`: what time brings is done by itself, not by a caller.

    `running` holds the Idempotency-Keys whose first request has no answer yet.
    """

    settings: Settings
    clock: Clock
    policy: Policy
    models: InUse
    loop: DecideLoop[Question, Answer]
    keyring: Keyring
    pace: Pace
    readiness: Readiness
    confirmer: Confirmer
    happenings: Happenings
    timekeeper: Timekeeper
    webhooks: "Webhooks | None" = None
    ticks: bool = False
    running: set[tuple[str, str]] = field(default_factory=set)

    async def start(self) -> None:
        """Take work; where nobody drives the clock, do what time brings."""
        await self.loop.start()
        if self.ticks:
            await self.timekeeper.start()
            if self.webhooks is not None:
                await self.webhooks.start()

    async def stop(self) -> None:
        """Begin nothing by itself any more, then finish what was taken."""
        await self.timekeeper.stop()
        if self.webhooks is not None:
            await self.webhooks.stop()
        await self.loop.stop()


def api_of(request: Request) -> Api:
    """Return the parts that answer this request."""
    return cast("Api", request.scope["app"].state.api)

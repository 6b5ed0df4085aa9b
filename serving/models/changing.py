"""Another model put in between two groups: offered by who verified it, taken by the writer's thread, told in one line.

An offer waits until a group is about to begin, so no group is decided by two models; `DecideLoop` also begins no group
in the middle of an array that somebody sent, while an offer waits, so no answer to an array mixes them either. A later
offer replaces one that was not taken. What is refused never gets here but to be told: the model in use stays.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from model.contracts import Shares
from serving.clock.steady import ClockSet
from serving.models.in_use import InUse
from serving.models.withheld import lacking
from serving.ports import Clock
from serving.record.record import timestamp
from serving.scorer import ArtefactScorer

Role = Literal["model", "shadow"]
SWAPPED: Final = "swapped"
REFUSED: Final = "refused"
UNTOLD: Final = "the clock was set, so nobody knows whether its certificate still holds"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What came of one model that was found: `outcome` is `swapped` or `refused`, `said` its certificate or the fault.

    `before` is the version in use until then, `after` the one from then on; where it was refused they are the same.
    One that does not permit anything, as far as is known, was put in as well, and is no good news.
    """

    role: Role
    outcome: str
    before: str | None
    after: str | None
    said: str
    permits: bool = True


class Changes:
    """The offers for the models of one process.

    `told` hears of every change, on the thread where it happened; what it raises changes nothing.
    """

    def __init__(
        self, models: InUse, *, shares: Shares, clock: Clock, told: Callable[[Change], None] | None = None
    ) -> None:
        self.models = models
        self._told = told
        self._shares = shares
        self._clock = clock
        self._offered: dict[Role, ArtefactScorer] = {}
        self._lock = threading.Lock()

    @property
    def wanted(self) -> bool:
        """Whether an offer waits for the next group."""
        return bool(self._offered)

    def offer(self, role: Role, scorer: ArtefactScorer) -> None:
        """Have a verified model put in before the next group."""
        with self._lock:
            self._offered[role] = scorer

    def refuse(self, role: Role, problem: str) -> None:
        """Tell that what was found cannot be used, and what stays in use."""
        before = self._version(role)
        self._tell(Change(role=role, outcome=REFUSED, before=before, after=before, said=problem))

    def make(self) -> None:
        """Put in what was offered: called on the writer's thread, before a group is begun."""
        with self._lock:
            offered, self._offered = self._offered, {}
        for role, scorer in offered.items():
            before = self._version(role)
            if role == "shadow":
                self.models.shadow = scorer
            else:
                self.models.scorer, self.models.degraded = scorer, None
            permits, said = self._certificate(scorer)
            change = Change(role=role, outcome=SWAPPED, before=before, after=scorer.version, said=said, permits=permits)
            self._tell(change)

    def _version(self, role: Role) -> str | None:
        scorer = self.models.shadow if role == "shadow" else self.models.scorer
        return None if scorer is None else scorer.version

    def _certificate(self, scorer: ArtefactScorer) -> tuple[bool, str]:
        """Say whether and until when it permits something, or why nothing; or that nobody can tell now."""
        try:
            why = lacking(scorer, self._shares, self._clock())
        except ClockSet:
            return False, UNTOLD
        if why:
            return False, f"{why}: only essential service goes out"
        return True, f"certified until {timestamp(scorer.expires_at)}" if scorer.expires_at else "certified"

    def _tell(self, change: Change) -> None:
        if change.outcome == SWAPPED:
            level = logging.INFO if change.permits else logging.WARNING
            log.log(level, "%s %s → %s: %s", change.role, change.before or "none", change.after, change.said)
        else:
            stays = f"`{change.before}` stays" if change.before else "there is still none"
            log.warning("another %s was found and is not used: %s; %s", change.role, change.said, stays)
        try:
            if self._told is not None:
                self._told(change)
        except Exception as error:  # noqa: BLE001  (who listens has no say: the change is made all the same)
            log.error("a change of the %s was not told: %s", change.role, type(error).__name__)  # noqa: TRY400

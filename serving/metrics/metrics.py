"""What a process counts: looks on at the decide loop, and is told of every request at the edge."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from types import MappingProxyType
from typing import Final

from model.contracts import JSON, Candidate
from serving.loop.witness import Told
from serving.metrics.catalogue import (
    CONFIRMATIONS,
    DECISIONS,
    EVENTS,
    GROUP_SIZE,
    LEDGER_FAILURES,
    REASONS,
    REQUEST_SECONDS,
    REQUESTS,
    STAGE_SECONDS,
    SWAPS,
    UNKNOWN_ATTRIBUTES,
)
from serving.metrics.drift import Drift
from serving.metrics.logs import tell_decision, tells_decisions
from serving.metrics.noting import Noting
from serving.metrics.tally import Tally
from serving.models.changing import Change
from serving.models.in_use import InUse
from serving.policy.purposes import CHANNEL_INDEX, PURPOSE_INDEX
from serving.ports import Transaction

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
METHODS: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")}
)
STATUSES: Mapping[int, str] = MappingProxyType({number: str(number) for number in range(100, 600)})
log = logging.getLogger(__name__)


class Metrics:
    """Counts what one process does. Nothing that it meets changes an answer."""

    def __init__(self, models: InUse) -> None:
        self.tally = Tally()
        self.drift = Drift(models)

    def begun(self, waited: Sequence[float], /) -> None:
        """Count a group that is handed over, by those of it who asked; our own housekeeping is none."""
        if not waited:
            return
        self.tally.observe(GROUP_SIZE, (len(waited),))
        self.tally.observe(STAGE_SECONDS, waited, "queue")

    @contextmanager
    def transaction(
        self, opened: AbstractContextManager[Transaction], /, *, asked: bool = True
    ) -> Iterator[Transaction]:
        """Count what a transaction holds, once it is durable; how long it took where somebody waited for it."""
        began = perf_counter()
        with opened as transaction:
            noting, inside = Noting(transaction), perf_counter()
            yield noting.transaction
            worked = perf_counter()
        try:
            if asked:
                self._stages(noting, began, inside, worked)
            self._noted(noting, perf_counter() - began)
        except Exception as error:  # noqa: BLE001  (it is durable: it is answered, whatever the counting met)
            log.error("a group was not counted: %s", type(error).__name__)  # noqa: TRY400  (a traceback could show input)

    def failed(self) -> None:
        """Count a group that is not recorded."""
        self.tally.add(LEDGER_FAILURES)

    def changed(self, change: Change) -> None:
        """Count another model that was found."""
        self.tally.add(SWAPS, change.role, change.outcome)

    def rejected(self, events: int) -> None:
        """Count events that were not taken."""
        if events:
            self.tally.add(EVENTS, "rejected", by=events)

    def answered(self, method: str, path: str | None, status: int, seconds: float) -> None:
        """Count a request; `path` is its route's, None where it has none."""
        route = path or OTHER
        self.tally.add(REQUESTS, METHODS.get(method, OTHER), route, STATUSES.get(status, OTHER))
        self.tally.observe(REQUEST_SECONDS, (seconds,), route)

    def unheard(self, status: int) -> None:
        """Count what a connection refused before any route was asked; it took no time, and its method may be none."""
        self.tally.add(REQUESTS, OTHER, OTHER, STATUSES.get(status, OTHER))

    def _stages(self, noting: Noting, began: float, inside: float, worked: float) -> None:
        deciding = worked - inside - noting.reading - noting.keeping
        for stage, seconds in (
            ("begin", inside - began),
            ("contexts", noting.reading),
            ("decide", deciding),
            ("keep", noting.keeping),
            ("commit", perf_counter() - worked),
        ):
            self.tally.observe(STAGE_SECONDS, (seconds,), stage)

    def _noted(self, noting: Noting, seconds: float) -> None:
        for metric, *labels in noting.noted:
            self.tally.add(metric, *labels)
        self._told(noting.told)
        self.drift.note(noting.told)
        if noting.told and tells_decisions():
            for one in noting.told:
                tell_decision(_line(one, seconds))

    def _told(self, told: Iterable[Told]) -> None:
        for one in told:
            candidate, decision = one.candidate, one.decision
            counted = CONFIRMATIONS if one.again else DECISIONS
            self.tally.add(counted, one.action, *_closed(candidate))
            for reason in decision.reasons:
                self.tally.add(REASONS, reason.code)
            if one.features and (ignored := len(candidate.attributes.keys() - one.features.keys())):
                self.tally.add(UNKNOWN_ATTRIBUTES, by=ignored)


def _closed(candidate: Candidate) -> tuple[str, str]:
    """Return purpose and channel as words of closed sets: what somebody made up is `unknown`."""
    purpose = str(candidate.purpose) if candidate.purpose in PURPOSE_INDEX else UNKNOWN
    return purpose, str(candidate.channel) if candidate.channel in CHANNEL_INDEX else UNKNOWN


def _line(told: Told, seconds: float) -> dict[str, JSON]:
    """Return what the log says of a decision; `milliseconds` is what its group took, from begin to commit."""
    purpose, channel = _closed(told.candidate)
    return {
        "decision_id": told.decision.decision_id,
        "action": told.action,
        "again": told.again,
        "purpose": purpose,
        "channel": channel,
        "reasons": [reason.code for reason in told.decision.reasons],
        "model_version": told.decision.model_version,
        "milliseconds": round(seconds * 1000, 3),
    }

"""Decisions as the ledger would give them back: through JSON, with what followed."""

import json
from typing import Any

from model.contracts import Candidate, Context
from serving.explaining.case import Case
from serving.policy.policy import Policy
from serving.ports import Decided
from serving.record.record import record_of
from tests.occasions import NOW, candidate, context, decided, policy


def case(one: Candidate | None = None, known: Context | None = None, **more: Any) -> Case:
    """Return the good occasion, or these, at noon in Paris under the shipped policy."""
    given = {"at": NOW, "policy": policy()} | more
    return Case(candidate=one or candidate(), context=known or context(), **given)


def stored(one: Candidate, known: Context, ruling: Decided) -> dict[str, Any]:
    """Return the record as it is read back."""
    record = {**record_of(one, known, ruling), "confirmations": [], "outcomes": []}
    read: dict[str, Any] = json.loads(json.dumps(record))
    return read


def record(one: Candidate | None = None, known: Context | None = None, **more: Any) -> dict[str, Any]:
    """Decide an occasion and return its record."""
    one, known = one or candidate(), known or context()
    return stored(one, known, decided(one, known, **more))


def under(overrides: dict[str, Any]) -> Policy:
    """Return the shipped policy with tightened limits."""
    return policy(overrides)

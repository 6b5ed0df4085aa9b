"""Ids of decisions that follow from where they come from: the same file gives the same bytes."""

import hashlib
from datetime import datetime

from model.canonical import canonical
from serving.ports import Scorer
from serving.system import id_of


class DerivedIds:
    """Ids that follow from a line, what was decided before within it, the clock, the model and the policy."""

    def __init__(self, *, policy_version: str, scorer: Scorer | None) -> None:
        model = None if scorer is None else [scorer.version, getattr(scorer, "sha256", None)]
        self._stem = hashlib.sha256(canonical([model, policy_version]))
        self.begin(0)

    def begin(self, number: int, body: bytes = b"") -> None:
        """Let what follows be of this line; 0 is none: what time brings after the last."""
        self._line = self._stem.copy()
        self._line.update(b"|%d|%d|" % (number, len(body)) + body)
        self._made = 0

    def __call__(self, at: datetime) -> str:
        """Return the next id."""
        self._made += 1
        digest = self._line.copy()
        digest.update(f"|{self._made}|{at.isoformat()}".encode())
        return id_of(at, int.from_bytes(digest.digest()))

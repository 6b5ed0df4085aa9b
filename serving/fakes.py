"""Honest fakes of the ports, shipped so that tests and integrations need no training: simple, and true to the port.

Example:
    >>> FakeScorer(cutoff=0.01).score([{}]).net_benefit.tolist()
    [0.027]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from model.contracts import JSON, Shares
from model.errors import InvalidInput
from model.feature_rows import encode_rows
from model.features import Bools, Feature, Floats
from model.monitor.detector import Watch
from serving.ports import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeScorer:
    """A scorer that says the same of every customer, or reads the net benefit from one feature.

    As a real one: NaN where that feature is absent or no number, nothing permitted outside `scope` (None: every pair),
    from `expires` on (None: never), or without a cut-off; certified for `shares` alone. What it permits is watched at
    `at_most` for both harms, but not with `watched=False`: then nothing is permitted.
    """

    version: str = "fake"
    cutoff: float | None = 0.0
    benefit: float = 0.03
    complaint_effect: float = 0.002
    opt_out: float = 0.001
    feature: str | None = None
    scope: frozenset[tuple[str, str]] | None = None
    expires: datetime | None = None
    shares: Shares = field(default_factory=Shares)
    at_most: float = 0.005
    watched: bool = True

    @property
    def expires_at(self) -> datetime | None:
        """When its certificate ends, as the scorer of an artefact says it; None: never."""
        return self.expires

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The one feature that is read, if any."""
        return () if self.feature is None else (self.feature,)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Return the fixed figures, or with `feature` its number as benefit and net benefit without harm."""
        return self.score_codes(*encode_rows(self.features, rows))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The one feature that is read, a number, if any."""
        return tuple(Feature(name=name, kind="number") for name in self.feature_names)

    def score_codes(self, codes: Floats, wrong: Bools) -> Scores:
        """Do what `score` does for rows that are codes already, float64[n, 0] or [n, 1]."""
        rows = len(wrong)
        if self.feature is not None:
            numbers = codes[:, 0]
            harmless = np.where(np.isnan(numbers), np.nan, 0.0)
            return Scores(benefit=numbers, complaint_effect=harmless, opt_out=harmless, net_benefit=numbers)
        return Scores(
            benefit=np.full(rows, self.benefit),
            complaint_effect=np.full(rows, self.complaint_effect),
            opt_out=np.full(rows, self.opt_out),
            net_benefit=np.full(rows, self.benefit - self.complaint_effect - self.opt_out),
        )

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:
        """Whether there is a cut-off, the pair is in scope and the certificate has not expired."""
        in_scope = self.scope is None or (purpose, channel) in self.scope
        return self.cutoff is not None and in_scope and (self.expires is None or now < self.expires)

    def holds_for(self, shares: Shares) -> bool:
        """Whether these are the shares that it is certified for."""
        return self.shares == shares

    @property
    def watch(self) -> Watch | None:
        """The watch of its certificate; None without one, unwatched, or where an arm has no share."""
        if self.cutoff is None or not self.watched:
            return None
        above, below = self.shares.above, self.shares.below
        try:
            return Watch(
                key=f"{self.version}@{self.at_most}/{above}/{below}",
                complaint_at_most=self.at_most,
                opt_out_at_most=self.at_most,
                control_rate=self.at_most,
                contact_above=above,
                contact_below=below,
            )
        except InvalidInput:
            return None

"""A verified artefact as the `Scorer` that deciding needs: scores rows, and says where its certificate holds.

Only numpy and the standard library are reached from here: no mlflow, scikit-learn or pandas on the request path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from model.artefact import Artefact, load
from model.contracts import JSON, Shares
from model.features import encode_rows
from serving.ports import Scores

VERSION_DIGITS = 12  # of the manifest's SHA-256, where no registry gave a version


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArtefactScorer:
    """The scorer of one artefact folder. `sha256` identifies its bytes, `version` is what the answers show."""

    artefact: Artefact
    version: str
    bound: bool  # the certificate names this very scorer

    @property
    def sha256(self) -> str:
        """The manifest's SHA-256: two scorers with the same one give the same scores."""
        return self.artefact.sha256

    @property
    def cutoff(self) -> float | None:
        """The certified cut-off in net-benefit units; None where no certificate was issued."""
        certificate = self.artefact.certificate
        return certificate.cutoff if certificate.issued else None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that the model reads, in its order."""
        return tuple(feature.name for feature in self.artefact.scorer.features)

    @property
    def expires_at(self) -> datetime | None:
        """When the certificate ends; None where there is none."""
        return self.artefact.certificate.expires

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Score feature mappings, float64[n] each; a wrong type or a figure that overflows makes the row NaN."""
        scorer = self.artefact.scorer
        X, wrong = encode_rows(scorer.features, rows)
        with np.errstate(all="ignore"):  # what overflows becomes NaN below, and NaN is a refusal
            effects = scorer.predict(X).stacked()
        effects[wrong | ~np.isfinite(effects).all(axis=1)] = np.nan
        benefit, complaint_effect, opt_out, net_benefit = (np.ascontiguousarray(column) for column in effects.T)
        return Scores(benefit=benefit, complaint_effect=complaint_effect, opt_out=opt_out, net_benefit=net_benefit)

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:
        """Whether an issued certificate of this very scorer covers the pair and has not expired (METHOD section 4)."""
        certificate = self.artefact.certificate
        return (
            certificate.issued
            and self.bound
            and certificate.cutoff is not None
            and (purpose, channel) in certificate.scope
            and certificate.expires is not None
            and now < certificate.expires
        )

    def holds_for(self, shares: Shares) -> bool:
        """Whether these shares contact as often as the certificate assumed, exploration being part of the harm."""
        certificate = self.artefact.certificate
        return (certificate.contact_above, certificate.contact_below) == (shares.above, shares.below)


def load_scorer(folder: Path, *, version: str | None = None) -> ArtefactScorer:
    """Verify the artefact in `folder` and return it as a scorer; `version` is the registry's, where it has one.

    Raises:
        InvalidArtefact: the folder cannot be trusted; nothing of it is used.

    Example:
        >>> load_scorer(Path("model-out")).permits("delivery_update", "chat", now)     # doctest: +SKIP
        True
    """
    artefact = load(folder)
    return ArtefactScorer(
        artefact=artefact,
        version=version or artefact.sha256[:VERSION_DIGITS],
        bound=artefact.certificate.scorer_sha256 == artefact.scorer.sha256(),
    )

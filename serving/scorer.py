"""A verified artefact as the `Scorer` that deciding needs: scores rows, and says where its certificate holds.

Only numpy and the standard library are reached from here: no mlflow, scikit-learn or pandas on the request path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from model.artefact import Artefact, load
from model.contracts import JSON, Shares
from model.errors import InvalidInput
from model.features import Bools, Feature, Floats
from model.monitor.detector import COMPLAINT, OPT_OUT, Watch
from serving.ports import Scores

VERSION_DIGITS = 12  # of the manifest's SHA-256, where no registry gave a version


@dataclass(frozen=True, kw_only=True, eq=False)
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
    def features(self) -> tuple[Feature, ...]:
        """The features that the model reads, in its order, and how each is read."""
        return self.artefact.scorer.features

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of `features`."""
        return tuple(feature.name for feature in self.features)

    @property
    def expires_at(self) -> datetime | None:
        """When the certificate ends; None where there is none."""
        return self.artefact.certificate.expires

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Score feature mappings, float64[n] each; a wrong type or a figure that overflows makes the row NaN."""
        return self.score_codes(*self.artefact.scorer.encode(rows))

    def score_codes(self, codes: Floats, wrong: Bools) -> Scores:
        """Score rows that are codes of `features` already, float64[n, f]; `wrong` [n] are those with a wrong type."""
        with np.errstate(all="ignore"):  # what overflows becomes NaN below, and NaN is a refusal
            effects = self.artefact.scorer.table(codes)
        finite = np.isfinite(effects)
        if wrong.any() or not finite.all():
            effects[:, wrong | ~finite.all(axis=0)] = np.nan
        benefit, complaint_effect, opt_out, net_benefit = effects
        return Scores(benefit=benefit, complaint_effect=complaint_effect, opt_out=opt_out, net_benefit=net_benefit)

    @property
    def steps(self) -> int:
        """Through how many nodes of trees a row goes; 0 where there are no trees."""
        forest = self.artefact.scorer.forest
        return 0 if forest is None else forest.steps

    def hasten(self) -> None:
        """Begin to compile what walks the trees, in the background and giving way to all other work."""
        forest = self.artefact.scorer.forest
        if forest is not None:
            forest.switch.hasten(yielding=True)

    def walked(self, seconds: float) -> str | None:
        """Return what walks the trees, `compiled` or `numpy`, once that is settled; None where there are no trees."""
        forest = self.artefact.scorer.forest
        return None if forest is None else forest.switch.wait(seconds)

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

    @cached_property
    def watch(self) -> Watch | None:
        """The limits, control rate and contact probabilities of an issued certificate of this very scorer.

        None without one, or where it says too little to be watched.
        """
        certificate = self.artefact.certificate
        control = {bound.harm: bound.control_rate for bound in certificate.bounds}
        alpha = certificate.alpha
        if not (certificate.issued and self.bound and COMPLAINT in control and {COMPLAINT, OPT_OUT} <= set(alpha)):
            return None
        try:
            return Watch(
                key=self.sha256,
                complaint_at_most=alpha[COMPLAINT],
                opt_out_at_most=alpha[OPT_OUT],
                control_rate=control[COMPLAINT],
                contact_above=certificate.contact_above,
                contact_below=certificate.contact_below,
            )
        except InvalidInput:
            return None

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

"""The second question: would the customer thank us? Asked only where every filter passed and it is not essential."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from model.contracts import JSON, Arm, Candidate, Context, CustomerWouldThank, Reason, Shares
from serving.arms import HOLDOUT, POLICY_ONLY
from serving.policy.reasons import REASONS
from serving.ports import Scorer, Scores

Figures = tuple[float, float, float, float]
FIGURES = ("benefit", "complaint_effect", "opt_out", "net_benefit")


@dataclass(frozen=True, slots=True)
class Thanks:
    """One row's answer: `figures` None where it could not be scored, `cutoff` None where no certificate permits it.

    `above` says whether the net benefit reaches the cut-off; None where that cannot be said.
    """

    features: Mapping[str, JSON]
    figures: Figures | None
    cutoff: float | None
    above: bool | None = None

    def answer(self) -> CustomerWouldThank:
        """Return the answer as the customer of the API sees it; asked without an answer means no."""
        benefit, complaint_effect, opt_out, net_benefit = self.figures or (None, None, None, None)
        return CustomerWouldThank(
            asked=True,
            answer=self.above is True,
            benefit=benefit,
            complaint_effect=complaint_effect,
            opt_out=opt_out,
            net_benefit=net_benefit,
            cutoff=self.cutoff,
        )


def settle(thanks: Thanks, drawn: Arm | None) -> tuple[str, ...]:
    """Return the score's refusals under an arm (None: as `model`), in the catalogue's order; none means send."""
    if thanks.above is None:
        return ("score_unavailable",) * (thanks.figures is None) + ("no_certificate",) * (thanks.cutoff is None)
    if drawn is POLICY_ONLY or (thanks.above and drawn is not HOLDOUT):
        return ()
    return ("below_cutoff",) * (not thanks.above) + ("held_out",) * (drawn is HOLDOUT)


def explain_score(thanks: Thanks, codes: Sequence[str]) -> tuple[Reason, ...]:
    """Return the reasons for these codes of the score."""
    if not codes:
        return ()
    net = None if thanks.figures is None else thanks.figures[3]
    details = {
        "score_unavailable": "no verified model, or it cannot score these features",
        "no_certificate": "no issued certificate covers this purpose, this channel and these shares of the arms now",
        "below_cutoff": f"net benefit {_figure(net)} is below the cut-off {_figure(thanks.cutoff)}",
        "held_out": "this occasion was drawn into the holdout",
    }
    return tuple(
        Reason(code=code, outcome=REASONS[code].outcome, detail=details[code], would_change=REASONS[code].would_change)
        for code in codes
    )


def _figure(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.6g}"


def features_of(names: Sequence[str], candidate: Candidate, context: Context) -> Mapping[str, JSON]:
    """Look features up by name: the ledger's history, the user's attributes, the candidate; null or NaN is missing."""
    own = {"purpose": candidate.purpose, "channel": candidate.channel}
    return {name: _present(name, (context.history, candidate.attributes, own)) for name in names}


def _present(name: str, places: Sequence[Mapping[str, JSON]]) -> JSON:
    for place in places:
        if name in place:
            value = place[name]
            return None if isinstance(value, float) and math.isnan(value) else value
    return None


def ask(
    scorer: Scorer | None,
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    now: datetime,
    shares: Shares | None,
) -> list[Thanks]:
    """Ask the scorer about these rows, all at once; a scorer that fails, or answers out of shape, answers nothing.

    A certificate is for the `shares` that it was computed with: under others it permits nothing. None is a plan, which
    contacts nobody.
    """
    if scorer is None or not candidates:
        return [Thanks({}, None, None)] * len(candidates)
    try:
        names = scorer.feature_names
        rows = [features_of(names, *pair) for pair in zip(candidates, contexts, strict=True)]
    except Exception:  # noqa: BLE001  (a scorer that cannot name its features cannot score: refused as score_unavailable)
        return [Thanks({}, None, None)] * len(candidates)
    figures = _figures(scorer, rows)
    holds = shares is None or _holds(scorer, shares)
    cutoffs = _cutoffs(scorer, candidates, now) if holds else [None] * len(rows)
    return [_thanks(*each) for each in zip(rows, figures, cutoffs, strict=True)]


def _thanks(features: Mapping[str, JSON], figures: Figures | None, cutoff: float | None) -> Thanks:
    above = None if figures is None or cutoff is None else figures[3] >= cutoff
    return Thanks(features, figures, cutoff, above)


def _figures(scorer: Scorer, rows: Sequence[Mapping[str, JSON]]) -> list[Figures | None]:
    try:
        scores: Scores = scorer.score(rows)
        table = np.stack([np.asarray(getattr(scores, name), dtype=np.float64) for name in FIGURES], axis=1)
    except Exception:  # noqa: BLE001  (a failing model withholds: score_unavailable)
        return [None] * len(rows)
    if table.shape != (len(rows), len(FIGURES)):
        return [None] * len(rows)
    finite = np.asarray(np.isfinite(table).all(axis=1)).tolist()
    return [
        (row[0], row[1], row[2], row[3]) if fine else None for row, fine in zip(table.tolist(), finite, strict=True)
    ]


def _holds(scorer: Scorer, shares: Shares) -> bool:
    try:
        return scorer.holds_for(shares) is True
    except Exception:  # noqa: BLE001  (a certificate that does not say what it is for is for nothing: no_certificate)
        return False


def _cutoffs(scorer: Scorer, candidates: Sequence[Candidate], now: datetime) -> list[float | None]:
    permitted: dict[tuple[str, str], float | None] = {}
    for candidate in candidates:
        scope = (candidate.purpose, candidate.channel)
        if scope not in permitted:
            permitted[scope] = _cutoff(scorer, *scope, now)
    return [permitted[candidate.purpose, candidate.channel] for candidate in candidates]


def _cutoff(scorer: Scorer, purpose: str, channel: str, now: datetime) -> float | None:
    try:
        cutoff = scorer.cutoff
        permits = scorer.permits(purpose, channel, now)
    except Exception:  # noqa: BLE001  (a certificate that cannot be read permits nothing: no_certificate)
        return None
    return cutoff if permits is True and isinstance(cutoff, int | float) and math.isfinite(cutoff) else None

"""The second question: would the customer thank us? Asked only where every filter passed and it is not essential."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import ne
from typing import NamedTuple

import numpy as np

from model.contracts import JSON, Candidate, Context, CustomerWouldThank, Shares
from model.monitor.detector import Watch
from serving.arms import MODEL
from serving.ports import Floats, Scorer, Scores
from serving.standing import Assignment

Figures = tuple[float, float, float, float]
FIGURES = ("benefit", "complaint_effect", "opt_out", "net_benefit")
NOT_ASKED = CustomerWouldThank(asked=False)


class Thanks(NamedTuple):
    """One row's answer: `figures` None where it could not be scored, `cutoff` None where no certificate permits it.

    `above` says whether the net benefit reaches the cut-off; None where that cannot be said. `watch` names what watches
    the certificate that permits it; None in a plan.
    """

    features: Mapping[str, JSON]
    figures: Figures | None
    cutoff: float | None
    above: bool | None = None
    watch: str | None = None

    def withheld(self) -> "Thanks":
        """Return the same figures without leave to act on them."""
        return Thanks(self.features, self.figures, None)

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


def settle(thanks: Thanks, drawn: Assignment | None) -> tuple[str, ...]:
    """Return what score and chance refuse, in the catalogue's order; none means send.

    Without a draw (a plan, or nothing that may be acted on) it is settled as in arm `model`.
    """
    if drawn is not None:
        withheld = ("below_cutoff",) * (drawn.above is False) + ("held_out",) * (drawn.arm is not MODEL)
        return () if drawn.contacted else withheld or ("held_out",)  # not contacted is never sent
    if thanks.above is None:
        return ("score_unavailable",) * (thanks.figures is None) + ("no_certificate",) * (thanks.cutoff is None)
    return () if thanks.above else ("below_cutoff",)


def features_of(names: Sequence[str], candidate: Candidate, context: Context) -> Mapping[str, JSON]:
    """Look features up by name: the ledger's history, the user's attributes, the candidate; null or NaN is missing."""
    about = candidate.purpose, candidate.channel
    return features_among(names, about, candidate.attributes, context.history)


def features_among(
    names: Sequence[str], about: tuple[str, str], attributes: Mapping[str, JSON], history: Mapping[str, JSON]
) -> Mapping[str, JSON]:
    """Look features up as `features_of` does; `about` are purpose and channel."""
    purpose, channel = about
    look = {"purpose": purpose, "channel": channel, **attributes, **history}.get
    features = {name: look(name) for name in names}
    if any(map(ne, features.values(), features.values())):  # NaN is what differs from itself
        return {name: None if isinstance(each, float) and math.isnan(each) else each for name, each in features.items()}
    return features


def ask(  # noqa: PLR0913  (what is asked about, when, and under which shares)
    scorer: Scorer | None,
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    now: datetime,
    shares: Shares | None,
    *,
    present: datetime | None = None,
) -> list[Thanks]:
    """Ask the scorer about these rows, all at once; a scorer that fails, or answers out of shape, answers nothing.

    A certificate is for the `shares` that it was computed with: under others it permits nothing, and neither does one
    that the monitor cannot watch. None is a plan, which contacts nobody. It must hold at `now`, and at `present` where
    the real clock is another one.
    """
    if scorer is None or not candidates:
        return [Thanks({}, None, None)] * len(candidates)
    try:
        names = scorer.feature_names
        rows = [features_of(names, *pair) for pair in zip(candidates, contexts, strict=True)]
    except Exception:  # noqa: BLE001  (a scorer that cannot name its features cannot score: refused as score_unavailable)
        return [Thanks({}, None, None)] * len(candidates)
    figures = figures_of(said_by(lambda: scorer.score(rows), len(rows)), len(rows))
    watch = None if shares is None else watch_of(scorer, shares)
    permitted = shares is None or watch is not None
    clocks = (now,) if present is None else (now, present)
    cutoffs = _cutoffs(scorer, candidates, clocks) if permitted else [None] * len(rows)
    key = None if watch is None else watch.key
    return [thanked(*each, key) for each in zip(rows, figures, cutoffs, strict=True)]


def thanked(
    features: Mapping[str, JSON], said: Figures | None, cutoff: float | None, watch: str | None = None
) -> Thanks:
    """Return one row's answer of its figures and the cut-off that permits it, each None where there is none."""
    return Thanks(features, said, cutoff, None if said is None or cutoff is None else said[3] >= cutoff, watch)


def said_by(answer: Callable[[], Scores], rows: int) -> Floats | None:
    """Return what a scorer answers, float64[4, rows] in the order of `FIGURES`; None: it failed, or is out of shape."""
    try:
        scores = answer()
        table = np.array([getattr(scores, name) for name in FIGURES], dtype=np.float64)
    except Exception:  # noqa: BLE001  (a failing model withholds: score_unavailable)
        return None
    return table if table.shape == (len(FIGURES), rows) else None


def figures_of(table: Floats | None, rows: int) -> list[Figures | None]:
    """Return the figures of each row; None where any of them is not finite, or nothing was said at all."""
    if table is None:
        return [None] * rows
    figures: list[Figures | None] = list(zip(*table.tolist(), strict=True))
    if np.isfinite(table).all():
        return figures
    return [each if each is not None and all(map(math.isfinite, each)) else None for each in figures]


def watch_of(scorer: Scorer | None, shares: Shares) -> Watch | None:
    """Return how the certificate is watched where it holds for these shares; None where it does not, or is unwatched.

    A watch that expects other probabilities could not be fed.
    """
    try:
        if scorer is None or scorer.holds_for(shares) is not True:
            return None
        watch = scorer.watch
    except Exception:  # noqa: BLE001  (a certificate that does not say what it is for is for nothing: no_certificate)
        return None
    if not isinstance(watch, Watch) or (watch.contact_above, watch.contact_below) != (shares.above, shares.below):
        return None
    return watch


def _cutoffs(scorer: Scorer, candidates: Sequence[Candidate], clocks: Sequence[datetime]) -> list[float | None]:
    permitted: dict[tuple[str, str], float | None] = {}
    for candidate in candidates:
        scope = (candidate.purpose, candidate.channel)
        if scope not in permitted:
            permitted[scope] = cutoff_of(scorer, *scope, clocks)
    return [permitted[candidate.purpose, candidate.channel] for candidate in candidates]


def cutoff_of(scorer: Scorer, purpose: str, channel: str, clocks: Sequence[datetime]) -> float | None:
    """Return the cut-off that the certificate permits such a message at by all these clocks; None where it does not."""
    try:
        cutoff = scorer.cutoff
        if not isinstance(cutoff, int | float) or not math.isfinite(cutoff):
            return None
        permitted = all(scorer.permits(purpose, channel, clock) is True for clock in clocks)
        return float(cutoff) if permitted else None
    except Exception:  # noqa: BLE001  (a certificate that cannot be read permits nothing: no_certificate)
        return None

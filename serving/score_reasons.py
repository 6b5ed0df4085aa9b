"""Why the second question, or chance, said no: the figures behind it, and what would change it."""

from collections.abc import Sequence

from model.contracts import Reason
from serving.policy.details import at
from serving.policy.reasons import REASONS
from serving.standing import Assignment, Standing
from serving.thanks import Thanks

DETAILS = {
    "score_unavailable": "no verified model, or it cannot score these features",
    "held_out": "this occasion was drawn into the holdout",
}
RELEASE = "a named person's `outreach monitor release`"
HARMS = {"complaint": "complaints", "opt_out": "opt-outs"}


def explain_score(
    thanks: Thanks, codes: Sequence[str], standing: Standing, *, over: Assignment | None = None
) -> tuple[Reason, ...]:
    """Return the reasons for these codes of the score, under what `standing` says of all discretionary messages.

    `over` is the draw of an experiment that is over, where that is why.
    """
    return tuple(_reason(code, thanks, standing, over) for code in codes)


def explain_experiment() -> tuple[Reason, ...]:
    """Return the reason of an occasion that its experiment holds out."""
    return (_said("held_out", "this occasion was drawn into the part of the experiment that is not contacted"),)


def explain_outranked() -> tuple[Reason, ...]:
    """Return the reason of a message that another one to the same customer, in the same request, goes before."""
    return (_said("outranked", "another message to this customer, in the same request, was ranked before this one"),)


def _reason(code: str, thanks: Thanks, standing: Standing, over: Assignment | None) -> Reason:
    if code == "no_certificate":
        return _said(code, *_closed(standing, over))
    if code == "below_cutoff":
        net = None if thanks.figures is None else thanks.figures[3]
        return _said(code, f"net benefit {_figure(net)} is below the cut-off {_figure(thanks.cutoff)}")
    return _said(code, DETAILS[code])


def _said(code: str, detail: str, would_change: str | None = None) -> Reason:
    entry = REASONS[code]
    return Reason(code=code, outcome=entry.outcome, detail=detail, would_change=would_change or entry.would_change)


def _closed(standing: Standing, over: Assignment | None) -> tuple[str, str]:
    """Say why nothing is permitted, and what would permit it again."""
    if standing.trip is not None:
        harm = HARMS.get(standing.trip.harm, standing.trip.harm)
        seen = f"the monitor tripped on {harm} at {at(standing.trip.at.timestamp())}"
        return f"{seen}; everything discretionary waits until a named person releases it", RELEASE
    if standing.silent_since is not None:
        seen = f"messages went out for 14 days, since {at(standing.silent_since.timestamp())}"
        return f"{seen}, and no outcome was reported: whoever reports one releases it", "a reported outcome"
    if over is not None:
        return f"the experiment `{over.watch}`, which drew this, is over", "a new decision, which is drawn anew"
    closed = "no issued certificate covers this purpose, this channel and these shares of the arms now"
    return closed, f"{REASONS['no_certificate'].would_change}, or an experiment that a named person starts"


def _figure(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.6g}"

"""The smallest change that turns a refusal of the second question into a send: settled again with the same draw."""

from model.contracts import Reason, Shares
from serving.arms import by_certificate
from serving.explaining.figures import higher_by, hundredth
from serving.explaining.flipping import SECOND_QUESTION, SEND, Change, Flip, NoFlip
from serving.ports import Decided
from serving.thanks import Thanks, settle

BY_CHANCE = "held_out"
OUTRANKED = "outranked"
BELOW = "below_cutoff"
INPUTS = {"score_unavailable": "model", "no_certificate": "certificate", BELOW: "net_benefit", OUTRANKED: "request"}


def scored_flip(decided: Decided) -> Flip | NoFlip:
    """Return what would have sent a message that every filter passed, or why nothing would have."""
    reasons = decided.decision.reasons
    codes = [reason.code for reason in reasons]
    if BY_CHANCE in codes:
        return NoFlip("nothing: chance withheld it, so that the effect of outreach stays measured")
    if OUTRANKED in codes:
        leads_to = SEND if decided.essential else SECOND_QUESTION
        return Flip(leads_to=leads_to, changes=tuple(_change(decided, reason) for reason in reasons))
    if not reasons or any(code not in INPUTS for code in codes) or _settled(decided):
        return NoFlip("the recorded reasons do not say what would have sent it")
    return Flip(leads_to=SEND, changes=tuple(_change(decided, reason) for reason in reasons))


def _settled(decided: Decided) -> tuple[str, ...]:
    """Settle it again with a score, a certificate and a net benefit at its cut-off; return what still refuses."""
    thank, drawn = decided.decision.customer_would_thank, decided.assignment
    cutoff = thank.cutoff if thank.cutoff is not None else thank.net_benefit or 0.0
    at_cutoff = Thanks({}, (0.0, 0.0, 0.0, cutoff), cutoff, above=True)
    return settle(at_cutoff, None if drawn is None else by_certificate(drawn.arm, True, drawn.watch, shares=Shares()))


def _change(decided: Decided, reason: Reason) -> Change:
    thank = decided.decision.customer_would_thank
    said = reason.would_change
    net, cutoff = thank.net_benefit, thank.cutoff
    if reason.code == BELOW and net is not None and cutoff is not None:
        held = f"it is {hundredth(net)}, and the cut-off is {hundredth(cutoff)}"
        said = f"a net benefit {higher_by(net, cutoff)} per 100 contacts: {held}"
    elif reason.code == "no_certificate" and net is not None:
        said = f"{said}; its cut-off may be at most the net benefit of {hundredth(net)} per 100 contacts"
    elif reason.code == "score_unavailable":
        said = f"{said}, with a net benefit at or above the certified cut-off"
    return Change(input=INPUTS[reason.code], codes=(reason.code,), change=said)

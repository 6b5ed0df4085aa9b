"""Propensities are checked, not trusted: what is on record of an occasion's chance must fit (METHOD section 2).

    arm          contacted                e
    model        above                    P(contacted | above), or below
    policy_only  yes                      the same: e is marginal over the arms
    holdout      no                       the same
    experiment   by its own share         the share

and `logging_propensity` is e of what was sent, 1 − e of what was withheld.
"""

from collections.abc import Mapping

from model.contracts import JSON, Arm
from model.errors import InvalidInput
from model.monitor.detector import Watch
from serving.standing import Assignment

EXACT = 1e-9  # what is logged is rounded to twelve digits


def refuse_contradiction(decision: Mapping[str, JSON], assignment: Assignment, watches: Mapping[str, Watch]) -> None:
    """Check one occasion: its decision as recorded against what chance is said to have done.

    `watches` hold P(contacted) on each side of the cut-off, by their key; one that is not known (an older ledger's)
    says nothing.

    Raises:
        InvalidInput: they contradict each other; the message names the decision.
    """
    problem = _problem(decision, assignment, watches.get(assignment.watch))
    if problem is not None:
        raise InvalidInput(
            f"decision `{decision['decision_id']}`: propensities that contradict the arms ({problem}); "
            "nothing can be learned from such a ledger: restore it from a backup"
        )


def _problem(decision: Mapping[str, JSON], assignment: Assignment, watch: Watch | None) -> str | None:
    """Say what does not fit, or None."""
    e, sent = assignment.contact_probability, decision["action"] == "send"
    if decision["arm"] != assignment.arm:
        return f"it was logged as arm `{decision['arm']}` and assigned to `{assignment.arm}`"
    if sent != assignment.contacted:
        return f"its action is `{decision['action']}` and it was assigned {_arm_word(contacted=assignment.contacted)}"
    if not 0.0 < e < 1.0:
        return f"P(contacted) is `{e}`"
    logged, due = decision["logging_propensity"], e if sent else 1.0 - e
    if logged is None or abs(logged - due) > EXACT:
        return f"it was logged with `{logged}`, and P(contacted) `{e}` makes that {due:.12g}"
    return _wrong_side(decision, assignment) or _wrong_watch(assignment, watch)


def _wrong_side(decision: Mapping[str, JSON], assignment: Assignment) -> str | None:
    """Say where arm, side of the cut-off and contact do not go together."""
    if (assignment.arm is Arm.EXPERIMENT) != (assignment.above is None):
        return f"arm `{assignment.arm}` with a score's side `{assignment.above}`"
    if assignment.above is None:
        return None
    thanks = decision["customer_would_thank"]
    net, cutoff = thanks["net_benefit"], thanks["cutoff"]
    if net is None or cutoff is None or (net >= cutoff) != assignment.above:
        return f"net benefit `{net}` and cut-off `{cutoff}` with the side `{_side(above=assignment.above)}`"
    due = assignment.arm is Arm.POLICY_ONLY or (assignment.arm is Arm.MODEL and assignment.above)
    if assignment.contacted != due:
        word = _arm_word(contacted=assignment.contacted)
        return f"arm `{assignment.arm}` {_side(above=assignment.above)} the cut-off was {word}"
    return None


def _wrong_watch(assignment: Assignment, watch: Watch | None) -> str | None:
    """Say where P(contacted) is not what the certificate or experiment in force contacts with."""
    if watch is None:
        return None
    due = watch.contact_below if assignment.above is False else watch.contact_above
    if abs(assignment.contact_probability - due) > EXACT:
        return f"P(contacted) `{assignment.contact_probability}` where `{assignment.watch}` contacts with {due:.12g}"
    return None


def _arm_word(*, contacted: bool) -> str:
    return "contacted" if contacted else "held out"


def _side(*, above: bool) -> str:
    return "above" if above else "below"

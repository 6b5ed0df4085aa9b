"""Both questions as plain sentences: from the record alone, nothing is decided here."""

from collections.abc import Sequence

from model.contracts import Action, Arm, Decision, Event
from serving.explaining.figures import against, effects, second
from serving.policy.purposes import EVENT_TYPES, Mark, mark_of
from serving.policy.reasons import POLICY_CODES
from serving.ports import Decided
from serving.record.record import Recorded

OUTRANKED = "outranked"
PASS, REFUSE, WAIVED = "pass", "refuse", "waived"


def first_question(recorded: Recorded) -> str:
    """Say whether a competent agent would have sent it, why not, and what was waived."""
    agent, decision = recorded.decided.decision.agent_would_send, recorded.decided.decision
    waived = _waived(recorded)
    if agent.answer:
        passed = [recorded.decided.verdicts.get(code) for code in POLICY_CODES].count(PASS)
        return f"Yes: {passed} filters pass, none refuses.{waived}"
    details = [reason.detail for reason in decision.reasons if reason.code in agent.reasons]
    number = "" if len(details) == 1 else f", for {len(details)} reasons"
    later = "" if decision.not_before is None else f" It may be asked again from {second(decision.not_before)}."
    return f"No{number}: {listed(details)}.{later}{waived}"


def listed(parts: Sequence[str]) -> str:
    """Put parts in one line, numbered where there are several.

    Example:
        >>> listed(["a fact is missing"]), listed(["one; two", "three"])
        ('a fact is missing', '(1) one; two (2) three')
    """
    return parts[0] if len(parts) == 1 else " ".join(f"({place}) {part}" for place, part in enumerate(parts, 1))


def second_question(recorded: Recorded) -> str:
    """Say whether the customer would have thanked us, in figures out of a hundred, or why nobody asked."""
    decided = recorded.decided
    decision, thank = decided.decision, decided.decision.customer_would_thank
    if not thank.asked:
        return f"Not asked: {why_not_asked(decided)}.{_chance(decision)}"
    figures = effects(thank)
    details = [reason.detail for reason in decision.reasons if reason.code in {"score_unavailable", "no_certificate"}]
    held = "" if thank.net_benefit is None or thank.cutoff is None else against(thank.net_benefit, thank.cutoff)
    said = "; ".join(part for part in (figures, held, *details) if part)
    return f"{'Yes' if thank.answer else 'No'}: {said}.{_chance(decision)}"


def why_not_asked(decided: Decided) -> str:
    """Say why nobody asked for a score."""
    if not decided.decision.agent_would_send.answer:
        return "the first question was answered no"
    if decided.essential:
        return "this is essential service, which goes out without a score"
    if decided.verdicts.get(OUTRANKED) == REFUSE:
        return "another message of the same request was ranked before it"
    return "an experiment draws without a score"


def _waived(recorded: Recorded) -> str:
    """Say what was waived, and for what evidence."""
    codes = [code for code, verdict in recorded.decided.verdicts.items() if verdict == WAIVED]
    return f" Waived, because {why_waived(recorded)}: {', '.join(codes)}." if codes else ""


def why_waived(recorded: Recorded) -> str:
    """Name the evidence that waives, and its mark."""
    event = recorded.context.evidence
    mark = Mark.ORDINARY if event is None else mark_of(recorded.candidate.purpose, event.type)
    return f"{_kind(event)} is {mark.name.lower()} (CONTRACT section 5)"


def _kind(event: Event | None) -> str:
    return f"`{event.type}`" if event is not None and event.type in EVENT_TYPES else "its evidence"


def _chance(decision: Decision) -> str:
    """Say what chance did, where it decided something."""
    arm, sent = decision.arm, decision.action is Action.SEND
    if arm is Arm.EXPERIMENT:
        return " It was drawn to be contacted." if sent else " It was drawn not to be contacted."
    if arm is Arm.HOLDOUT:
        return " It was withheld by chance, so that the effect of outreach stays measured."
    if arm is Arm.POLICY_ONLY and sent and decision.customer_would_thank.answer is False:
        return " It was sent all the same by chance, so that the score stays checked."
    return ""

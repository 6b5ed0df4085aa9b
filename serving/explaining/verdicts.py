"""Every verdict of a record in plain words: what was asked, what the answer was, and the rule behind it."""

from model.contracts import JSON, Reason
from serving.explaining.figures import against
from serving.explaining.questions import NOT_ASKED, QUESTIONS
from serving.explaining.sentences import PASS, WAIVED, why_not_asked, why_waived
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.record.record import Recorded

FAILED, BELOW, HELD_OUT = "filter_failed", "below_cutoff", "held_out"
UNREADABLE = "the message, or what is known of the customer, could not be read"
UNJUDGED = "an input of it is unknown, see `filter_failed`"


def verdict_rows(recorded: Recorded) -> list[dict[str, JSON]]:
    """List code, verdict, clause, source, detail and what would change it, in the catalogue's order.

    `would_change` is null where nothing has to change.
    """
    reasons = {reason.code: reason for reason in recorded.decided.decision.reasons}
    rows: list[dict[str, JSON]] = []
    for code, entry in REASONS.items():
        reason = reasons.get(code)
        answer = _answer(code, recorded) if reason is None else f"No: {_refused(reason, recorded)}."
        rows.append(
            {
                "code": code,
                "verdict": recorded.decided.verdicts.get(code, "not_asked"),
                "clause": entry.clause,
                "source": entry.source,
                "detail": f"{QUESTIONS[code]} {answer}",
                "would_change": None if reason is None else reason.would_change,
            }
        )
    return rows


def _refused(reason: Reason, recorded: Recorded) -> str:
    """Repeat the reason as it was answered; the figures of the score as they are said everywhere here."""
    thank = recorded.decided.decision.customer_would_thank
    if reason.code != BELOW or thank.net_benefit is None or thank.cutoff is None:
        return reason.detail
    return against(thank.net_benefit, thank.cutoff)


def _answer(code: str, recorded: Recorded) -> str:
    """Answer a question that is no reason: passed, waived, or not asked."""
    verdict = recorded.decided.verdicts.get(code)
    if verdict == WAIVED:
        return f"No, but that is waived: {why_waived(recorded)}."
    if verdict == PASS:
        return _passed(code, recorded)
    if code in POLICY_CODES:
        return f"Not asked: {_why(code, recorded)}."
    alone = NOT_ASKED.get(code)  # nothing ranks a message that is alone
    return f"Not asked: {why_not_asked(recorded.decided) if alone is None else alone}."


def _passed(code: str, recorded: Recorded) -> str:
    """Say yes, but for what a score that is not there, or chance, let pass."""
    decision = recorded.decided.decision
    thank = decision.customer_would_thank
    if code == BELOW and (thank.net_benefit is None or thank.cutoff is None):
        return "That cannot be said without both."
    if code == BELOW and not thank.answer:
        return "No, but chance sent it whatever the score says."
    if code == HELD_OUT and decision.arm is None:
        return "Nothing was drawn."
    return "Yes."


def _why(code: str, recorded: Recorded) -> str:
    """Say why a filter of the policy was not asked."""
    decided = recorded.decided
    if all(decided.verdicts.get(each) == "not_asked" for each in POLICY_CODES if each != FAILED):
        return UNREADABLE
    unjudged = "".join(reason.detail for reason in decided.decision.reasons if reason.code == FAILED)
    return UNJUDGED if f"`{code}`" in unjudged else NOT_ASKED.get(code, UNJUDGED)

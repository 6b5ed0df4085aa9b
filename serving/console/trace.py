"""A decision's trace as values: the checks in groups, the score against its cut-off, chance, and what followed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.contracts import JSON
from serving.console.prose import sentence, times
from serving.explaining.figures import hundredth
from serving.explaining.questions import QUESTIONS
from serving.in_words.contract import GROUPS, SCORED, of_reason

SIGNS = {"pass": "passes", "refuse": "says no", "waived": "waived", "not_asked": "does not apply"}
ROOM = 0.12  # of the scale, left free at both of its ends
CHANCE = {
    "model": "the score decided",
    "policy_only": "sent whatever the score says, so that the score stays checked",
    "holdout": "left out, so that it can be measured what writing does",
    "experiment": "drawn by the trial that a person started",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: what it asks, how it came out, the answer, what would change it, and the rule behind it."""

    code: str
    verdict: str
    sign: str
    question: str
    answer: str
    would_change: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Checks that belong together; `refuses` where any of them says no."""

    title: str
    said: str
    refuses: bool
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The net benefit and its cut-off on one scale, per 100 contacts; places are hundredths of its width."""

    net: str
    cutoff: str | None
    above: bool
    zero_at: float
    net_at: float
    cutoff_at: float | None

    @property
    def from_left(self) -> float:
        """Where the bar between nothing and the net benefit begins."""
        return round(min(self.zero_at, self.net_at), 2)

    @property
    def wide(self) -> float:
        """How wide that bar is: it can always be seen."""
        return round(max(abs(self.net_at - self.zero_at), 0.6), 2)


def groups(verdicts: Sequence[Mapping[str, JSON]]) -> list[Group]:
    """Put the first question's checks in groups; none where the record cannot be read back."""
    known = {row["code"]: row for row in verdicts}
    return [_group(title, [_check(known[code]) for code in codes]) for title, codes in GROUPS.items()] if known else []


def scored(verdicts: Sequence[Mapping[str, JSON]]) -> list[Check]:
    """Return the checks of the second question, in the order in which they are asked."""
    known = {row["code"]: row for row in verdicts}
    return [_check(known[code]) for code in SCORED] if known else []


def _group(title: str, checks: Sequence[Check]) -> Group:
    """Say in a few words how a group came out."""
    refused = sum(check.verdict == "refuse" for check in checks)
    waived = sum(check.verdict == "waived" for check in checks)
    passed = sum(check.verdict == "pass" for check in checks)
    said = f"{refused} of {len(checks)} say{'s' if refused == 1 else ''} no" if refused else _without_no(passed, waived)
    return Group(title=title, said=said, refuses=bool(refused), checks=checks)


def _without_no(passed: int, waived: int) -> str:
    also = f", {waived} waived" if waived else ""
    if not passed and not waived:
        return "none applies"
    return ("the one that applies passes" if passed == 1 else f"all {passed} that apply pass") + also


def first_answer(verdicts: Sequence[Mapping[str, JSON]], reasons: Sequence[Mapping[str, JSON]]) -> str | None:
    """Answer the first question in a sentence; None where the record cannot be read back."""
    signs = [row["verdict"] for row in verdicts if row["code"] not in SCORED]
    refused, waived = signs.count("refuse"), signs.count("waived")
    if not signs:
        return None
    also = f" {waived} more would say no, but that is waived because of what happened." if waived else ""
    if not refused:
        return f"Yes: {signs.count('pass')} checks pass, and none says no.{also}"
    why = "; ".join(of_reason(row["code"]) for row in reasons if row["code"] not in SCORED)
    return f"No: {why}.{also}"


def _check(row: Mapping[str, JSON]) -> Check:
    question = QUESTIONS[row["code"]]
    return Check(
        code=row["code"],
        verdict=row["verdict"],
        sign=SIGNS[row["verdict"]],
        question=question,
        answer=times(row["detail"].removeprefix(question).strip()),
        would_change=None if row["would_change"] is None else times(row["would_change"]),
        source=row["source"],
    )


def scale(thank: Mapping[str, JSON]) -> Scale | None:
    """Return the score on a scale; None where there was none.

    Example:
        >>> found = scale({"net_benefit": 0.03, "cutoff": 0.01})
        >>> found and (found.net, found.cutoff, found.above, found.zero_at < found.cutoff_at < found.net_at)
        ('3', '1', True, True)
    """
    net, cutoff = thank["net_benefit"], thank["cutoff"]
    if net is None:
        return None
    values: list[float] = [0.0, net, *([] if cutoff is None else [cutoff])]
    low, high = min(values), max(values)
    wide = (high - low) or 1.0

    def place(value: float) -> float:
        return round(100 * (ROOM + (1 - 2 * ROOM) * (value - low) / wide), 2)

    return Scale(
        net=_signed(net),
        cutoff=None if cutoff is None else _signed(cutoff),
        above=cutoff is not None and net >= cutoff,
        zero_at=place(0.0),
        net_at=place(net),
        cutoff_at=None if cutoff is None else place(cutoff),
    )


def _signed(rate: float) -> str:
    return hundredth(rate).replace("minus ", "−")


def chance(record: Mapping[str, JSON]) -> str | None:
    """Say what chance did and how often it does; None where nothing was drawn."""
    if record["arm"] is None:
        return None
    often = record["logging_propensity"]
    share = "" if often is None else f" Of 100 such occasions {hundredth(often)} go this way."
    return f"Drawn: {CHANCE.get(record['arm'], record['arm'])}.{share}"


def flip_said(told: Mapping[str, JSON]) -> dict[str, Any]:
    """Say what would have changed it; `note` where that was worked out under other rules than those of then."""
    flip = told["flip"]
    note = None if told["note"] is None else "The rules have changed since: this is worked out under those of today."
    if flip is None:
        return {"said": sentence(told["no_flip"]), "parts": [], "others": [], "note": note}
    parts = [sentence(change["change"]) for change in flip["changes"]]
    leads = {
        "send": "It would have been sent",
        "second_question": "It would have gone on to the second question",
        "hold": "It would have been held",
        "deny": "It would not have been sent",
    }[flip["leads_to"]]
    said = f"{leads} with {'this' if len(parts) == 1 else 'all of these'}:"
    others = [sentence(change["change"]) for change in flip["others"]]
    return {"said": said, "parts": parts, "others": others, "note": note}

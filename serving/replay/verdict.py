"""What a replay comes to, in plain sentences: what would change, what that does to customers, and what to do.

Advice is that of `serving.replay.judgement`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.certificate_words import listed
from model.contracts import JSON
from model.report_numbers import counted, digits, number, percent
from serving.replay.effects import NOTHING, OPEN
from serving.replay.judgement import LOOK, Tone, advice, refused_texts
from serving.replay.unanswered import still

ANSWERS: Final = {"send": "sent", "hold": "held", "deny": "not sent"}
ONE_MORE: Final = {"benefit": "customers helped", "complaint": "complaints", "opt_out": "opt-outs"}
CONCERNED: Final = ("changed", "delayed", "open_changed", "open_delayed")  # in how many occasions


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The first thing that is read: what it comes to, what would change, what to do."""

    title: str
    sentence: str
    do: str
    tone: Tone


def verdict(report: Mapping[str, JSON]) -> Verdict:
    """Return what a report comes to."""
    decisions, effects = report["decisions"], report["effects"]
    if not decisions["replayed"]:
        left = sum(decisions["left_out"].values())
        return Verdict(
            title="Nothing could be decided again",
            sentence=f"{unasked(report)} No decision of this period could be replayed; "
            f"{counted(left, 'decision')} had to be left out.".strip(),
            do="See below why, and choose another period.",
            tone="unclear",
        )
    if not decisions["flipped"] and not any(effects[each] for each in CONCERNED):
        return _nothing(report)
    if many := refused_texts(report):
        do = f"The policy takes {counted(many, 'message')} of it for marketing. See why: `outreach policy lint`."
        return Verdict(title="The new text is refused: mend it", sentence=flips(report), do=do, tone="bad")
    title, do, tone = advice(report)
    return Verdict(title=title, sentence=_sentence(report), do=do, tone=tone)


def _sentence(report: Mapping[str, JSON]) -> str:
    """Say who passes that nobody asked about, who is told otherwise, and what that does."""
    never = unasked(report)
    told = customers(report["effects"], never_asked=bool(never))
    return " ".join(part for part in (never, flips(report), told) if part)


def unasked(report: Mapping[str, JSON]) -> str:
    """Say how many more the filters would let pass, of which nobody asked whether the customer would thank us."""
    never = report["decisions"]["left_out"].get("never_asked", 0)
    return f"{never:,} more would pass the filters; whether they would be sent, nobody asked." if never else ""


def _nothing(report: Mapping[str, JSON]) -> Verdict:
    if unasked(report):
        title = "More would pass, and what comes of them nobody knows"
        return Verdict(title=title, sentence=_sentence(report), do=LOOK, tone="unclear")
    if any(each["kind"] == "limit" for each in report["not_answered"]):
        said = "What is proposed cannot be seen in the past: it counts over all customers, as messages go out."
        return Verdict(
            title="The past cannot tell", sentence=said, do="See below what it cannot answer.", tone="unclear"
        )
    said = f"Not one of {counted(report['decisions']['replayed'], 'decision')} would have been answered otherwise."
    do = "Nobody would have noticed. Whether that is the purpose of the change, only you know."
    return Verdict(title="Nothing would change", sentence=said, do=do, tone="unclear")


def flips(report: Mapping[str, JSON]) -> str:
    """Say how many decisions are answered otherwise, and which way."""
    replayed, flipped, funnel = report["decisions"]["replayed"], report["decisions"]["flipped"], report["funnel"]
    if not flipped:
        return f"Not one of {replayed:,} first answers would have been another."
    both = {word: (funnel["before"][action], funnel["after"][action]) for action, word in ANSWERS.items()}
    said = [f"{after:,} {word} instead of {before:,}" for word, (before, after) in both.items() if before != after]
    sums = f": {listed(said)}" if said else ", as many one way as the other"
    share = percent(flipped / replayed)
    return f"Of {replayed:,} decisions {flipped:,} ({share}) would have been answered otherwise{sums}."


def customers(effects: Mapping[str, JSON], *, never_asked: bool = False) -> str:
    """Say what that does to customers, for each 1,000 contacts where they change one way, else for occasions."""
    said = [_said(name, each) for name, each in effects["outcomes"].items() if each["difference"]]
    if effects["missing"] == OPEN:
        return f"{still(effects)} What that does is not known yet."
    if effects["missing"] == NOTHING and never_asked:
        return ""
    if effects["missing"] == NOTHING:
        return "No message that chance may leave out is among them, so nothing compares customers with and without it."
    if not said:
        return "What that does to benefit and complaints this log cannot answer."
    if any(each["per_contact"] for each in effects["outcomes"].values()):
        which = "less" if effects["contacts"]["less"] else "more"
        return f"Each 1,000 contacts {which} would have meant {listed(said)}."
    return f"Over 1,000 occasions that would have meant {listed(said)}."


def _said(name: str, outcome: Mapping[str, JSON]) -> str:
    figure = outcome["per_contact"] or outcome["difference"]
    value, *ends = (1000.0 * figure[name] for name in ("estimate", "low", "high"))
    n = digits(ends[0], ends[1], 1)
    if ends[0] <= 0.0 <= ends[1]:
        apart = f"between {number(abs(ends[0]), n)} fewer and {number(ends[1], n)} more {ONE_MORE[name]}"
        return f"{apart} (not told apart from none)"
    low, high = (number(end, n, signed=True) for end in ends)
    return f"{number(abs(value), n)} {'more' if value > 0.0 else 'fewer'} {ONE_MORE[name]} ({low} to {high})"

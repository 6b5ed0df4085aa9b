"""What a replay comes to, in plain sentences: what would change, what that does to customers, and what to do.

Advice is that of `serving.replay.judgement`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.certifying.words import listed
from model.contracts import JSON
from model.in_words.numbers import counted, digits, number, percent
from serving.in_words.figures import written_minute
from serving.in_words.limits import written_in_words
from serving.replay.effects import NOTHING, OPEN
from serving.replay.judgement import LOOK, Tone, advice, in_charge, refused_texts
from serving.replay.judging import NEVER_ASKED
from serving.replay.texts import sent_in_other_words
from serving.replay.unanswered import GO_BACK, proposed_in_vain, stays_in_force, still
from serving.replay.units import OCCASIONS, by_unit, unit

ANSWERS: Final = {"send": "sent", "hold": "held", "deny": "not sent"}
ONE_MORE: Final = {"benefit": "customers helped", "complaint": "complaints", "opt_out": "opt-outs"}
CONCERNED: Final = ("changed", "delayed", "open_changed", "open_delayed")  # in how many occasions
A_LITTLE: Final = 0.05  # of the decisions: so many left out are not worth a word in the first sentence


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
        return _none_replayed(report)
    if not decisions["flipped"] and not any(effects[each] for each in CONCERNED):
        return _nothing(report)
    if many := refused_texts(report):
        do = f"The policy takes {counted(many, 'message')} of it for marketing. See why: `outreach policy lint FOLDER`."
        return Verdict(title="The new text is refused: mend it", sentence=flips(report), do=do, tone="bad")
    title, do, tone = advice(report)
    return Verdict(title=title, sentence=_sentence(report), do=do, tone=tone)


def _sentence(report: Mapping[str, JSON]) -> str:
    """Say who passes that nobody asked about, who is told otherwise, and what that does."""
    never = unasked(report)
    told = customers(report["effects"], never_asked=bool(never))
    return " ".join(part for part in (left_out(report["decisions"]), never, flips(report), told) if part)


def unasked(report: Mapping[str, JSON]) -> str:
    """Say how many more the filters would let pass, of which nobody asked whether the customer would thank us."""
    never = report["decisions"]["left_out"].get("never_asked", 0)
    return f"{never:,} more would pass the filters; whether they would be sent, nobody asked." if never else ""


def _none_replayed(report: Mapping[str, JSON]) -> Verdict:
    """Say that there is nothing, or that all of it was left out."""
    left, since = sum(report["decisions"]["left_out"].values()), report["compared"]["since"]
    title, do = "Nothing could be decided again", "See below why, and choose another period."
    said = f"No decision of this period could be replayed; {counted(left, 'decision')} had to be left out."
    said = f"{unasked(report)} {said}".strip()
    if not left:
        title, do = "There is nothing to decide again", "Check that `--ledger` names the ledger of your deployment."
        said = "No decision is on record."
    if since and not left:
        said, do = f"No decision is on record since {written_minute(since)}.", "Choose an earlier `--since`."
    return Verdict(title=title, sentence=said, do=do, tone="unclear")


def left_out(decisions: Mapping[str, JSON]) -> str:
    """Say which share of the decisions could not be decided again, where it is more than a little.

    Those that nobody asked about have a sentence of their own.
    """
    left = sum(many for why, many in decisions["left_out"].items() if why != NEVER_ASKED)
    every = left + decisions["replayed"]
    if left < A_LITTLE * every:
        return ""
    return f"{left:,} of {counted(every, 'decision')} ({percent(left / every)}) had to be left out: see below why."


def _nothing(report: Mapping[str, JSON]) -> Verdict:
    left, overruled = left_out(report["decisions"]), report["compared"]["overruled"]
    if overruled:
        proposed = "; ".join(written_in_words(proposed_in_vain(report["compared"])))
        stays = stays_in_force(report["compared"], {name: pair["in_force"] for name, pair in overruled.items()})
        said = f"{left} Proposed is: {proposed}. {stays}".strip()
        return Verdict(title="What is in force is stricter", sentence=said, do=GO_BACK, tone="unclear")
    if unasked(report):
        title = "More would pass, and what comes of them nobody knows"
        return Verdict(title=title, sentence=_sentence(report), do=LOOK, tone="unclear")
    if any(each["kind"] == "limit" for each in report["not_answered"]):
        said = "What is proposed cannot be seen in the past: it counts over all customers, as messages go out."
        return Verdict(
            title="The past cannot tell", sentence=said, do="See below what it cannot answer.", tone="unclear"
        )
    every = counted(report["decisions"]["replayed"], "decision")
    said = f"{left} Not one of {every} would have been answered otherwise.".strip()
    if words := sent_in_other_words(report):
        said += f" {counted(words, 'message')} would have gone out with another text."
        return Verdict(title="The same answers, in other words", sentence=said, do=_WORDS, tone="unclear")
    if in_charge(report):
        title, do, tone = advice(report)
        return Verdict(title=title, sentence=said, do=do, tone=tone)
    return Verdict(title="Nothing would change", sentence=said, do=_LEFT if left else _UNNOTICED, tone="unclear")


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
    said = [_said(name, found) for name, each in effects["outcomes"].items() if (found := by_unit(each))]
    if effects["missing"] == OPEN:
        return f"{still(effects)} What that does is not known yet."
    if effects["missing"] == NOTHING and never_asked:
        return ""
    if effects["missing"] == NOTHING:
        return "No message that chance may leave out is among them, so nothing compares customers with and without it."
    if not said:
        return "What that does to benefit and complaints this log cannot answer."
    if unit(effects) == OCCASIONS:
        return f"Over 1,000 {OCCASIONS} that would have meant {listed(said)}."
    return f"Each 1,000 {unit(effects)} would have meant {listed(said)}."


def _said(name: str, figure: Mapping[str, JSON]) -> str:
    value, *ends = (1000.0 * figure[name] for name in ("estimate", "low", "high"))
    n = digits(ends[0], ends[1], 1)
    if ends[0] <= 0.0 <= ends[1]:
        apart = f"between {number(abs(ends[0]), n)} fewer and {number(ends[1], n)} more {ONE_MORE[name]}"
        return f"{apart} (not told apart from none)"
    low, high = (number(end, n, signed=True) for end in ends)
    return f"{number(abs(value), n)} {'more' if value > 0.0 else 'fewer'} {ONE_MORE[name]} ({low} to {high})"


_UNNOTICED: Final = "Nobody would have noticed. Whether that is the purpose of the change, only you know."
_LEFT: Final = "What it would do to those that are left out is not known: see below from when on there are fewer."
_WORDS: Final = (
    "Read the old and the new words. What customers make of the new ones is on no record, and a person approves them "
    "before they go out."
)

"""What a replay comes to, in plain sentences: what would change, what that does to customers, and what to do.

Advice looks at intervals alone. A proposal is good where something better is shown and nothing worse; it is bad where
something worse is shown and nothing better; where both are, it is for people to weigh; where neither is, nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from model.certificate_words import listed
from model.contracts import JSON
from model.report_numbers import counted, digits, number, percent
from serving.replay.effects import DELAYED, NOTHING, OPEN
from serving.replay.unanswered import come_back, still

BETTER: Final = {"benefit": 1.0, "complaint": -1.0, "opt_out": -1.0}
ANSWERS: Final = {"send": "sent", "hold": "held", "deny": "not sent"}
ONE_MORE: Final = {"benefit": "customers helped", "complaint": "complaints", "opt_out": "opt-outs"}
CONCERNED: Final = ("changed", "delayed", "open_changed", "open_delayed")  # in how many occasions
Tone = Literal["good", "bad", "unclear"]


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
            sentence=f"No decision of this period could be replayed; {counted(left, 'decision')} had to be left out.",
            do="See below why, and choose another period.",
            tone="unclear",
        )
    if not decisions["flipped"] and not any(effects[each] for each in CONCERNED):
        return _nothing(report)
    title, do, tone = _judged(report)
    return Verdict(title=title, sentence=f"{flips(report)} {customers(effects)}", do=do, tone=tone)


def _nothing(report: Mapping[str, JSON]) -> Verdict:
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


def customers(effects: Mapping[str, JSON]) -> str:
    """Say what that does to customers, for each 1,000 contacts where they change one way, else for occasions."""
    said = [_said(name, each) for name, each in effects["outcomes"].items() if each["difference"]]
    if effects["missing"] == OPEN:
        return f"{still(effects)} What that does is not known yet."
    if effects["missing"] == NOTHING:
        return "No message that chance may leave out is among them, so nothing compares customers with and without it."
    if not said:
        return "What that does to benefit and complaints this log cannot answer."
    less, more = effects["contacts"]["less"], effects["contacts"]["more"]
    by = "Over 1,000 occasions"
    if min(less, more) == 0.0:
        by = f"Each 1,000 contacts {'less' if less else 'more'} would have meant"
        return f"{by} {listed(said)}."
    return f"{by} that would have meant {listed(said)}."


def _said(name: str, outcome: Mapping[str, JSON]) -> str:
    figure = outcome["per_contact"] or outcome["difference"]
    value, *ends = (1000.0 * figure[name] for name in ("estimate", "low", "high"))
    n = digits(ends[0], ends[1], 1)
    low, high = (number(end, n, signed=True) for end in ends)
    return f"{number(abs(value), n)} {'more' if value > 0.0 else 'fewer'} {ONE_MORE[name]} ({low} to {high})"


def shown(effects: Mapping[str, JSON]) -> tuple[list[str], list[str]]:
    """Return which outcomes are shown to be better, and which worse: the whole interval lies on one side of 0."""
    better, worse = [], []
    for name, each in effects["outcomes"].items():
        ends = each["difference"] and sorted(BETTER[name] * each["difference"][end] for end in ("low", "high"))
        if ends and ends[0] > 0.0:
            better.append(name)
        elif ends and ends[1] < 0.0:
            worse.append(name)
    return better, worse


def _judged(report: Mapping[str, JSON]) -> tuple[str, str, Tone]:
    """Return title, advice and tone."""
    effects = report["effects"]
    if effects["missing"] == OPEN:
        do = f"{_READ} {come_back(effects)}: then what came of them is known."
        return "Who is told otherwise is known, what it does to them is not yet", do, "unclear"
    if effects["missing"] == DELAYED:
        do = f"Chance delays nobody, so no figure says what that does. {_READ}"
        return "Messages would only go out later", do, "unclear"
    if not any(each["difference"] for each in effects["outcomes"].values()):
        do = _READ if effects["missing"] == NOTHING else _LOOK
        return "Who is told otherwise is known, what it does to them is not", do, "unclear"
    better, worse = shown(effects)
    named = [f"{_NAMES[name]} better" for name in better] + [f"{_NAMES[name]} worse" for name in worse]
    said = f"Shown: {listed(named)}." if named else ""
    if better and worse:
        return "Better and worse at once: for you to weigh", f"{said} Decide which counts more.", "unclear"
    if worse:
        return "Customers would be worse off", f"{said} Do not put it in force as it is.", "bad"
    return _better(report, said) if better else ("Neither better nor worse is shown", _UNCERTAIN, "unclear")


def _better(report: Mapping[str, JSON], said: str) -> tuple[str, str, Tone]:
    """Judge where nothing is shown to be worse: good, if everything is known."""
    unknown = [_NAMES[name] for name, each in report["effects"]["outcomes"].items() if each["difference"] is None]
    if unknown:
        return "Better, as far as it is known", f"{said} Not known: {listed(unknown)}. {_LOOK}", "unclear"
    return "Customers would be better off", f"{said} {_PROMOTE if report['asked'] else _FORCE}", "good"


_NAMES: Final = {"benefit": "benefit", "complaint": "complaints", "opt_out": "opt-outs"}
_READ: Final = "Read the examples below, and decide on who is told otherwise."
_LOOK: Final = f"{_READ[:-1]}; or start an experiment."
_FORCE: Final = "Put it in force, and look again in two weeks."
_PROMOTE: Final = "Promote it if its gate let it pass, and if it did not learn from these very decisions."
_UNCERTAIN: Final = "All intervals include 0. Look at a longer period, or start an experiment before you rely on it."

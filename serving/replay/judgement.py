"""What a replay advises: title, what to do, and whether it is good, bad or unclear for customers.

One interval decides, that of the net benefit: good where all of it lies above 0 and complaints are not shown to be
worse; bad where all of it lies below, or complaints are shown to be worse and benefit not shown to be better. So of
twenty proposals that change nothing one would be told apart from none by chance. Good is only said where nothing that
matters is left out of the figures (`unknown`), and where what was logged agrees with itself.
"""

from collections.abc import Mapping
from typing import Final, Literal

from model.certifying.words import listed
from model.contracts import JSON
from model.in_words.numbers import counted, digits, number, percent
from serving.replay.effects import DELAYED, NOTHING, OPEN
from serving.replay.unanswered import come_back

BETTER: Final = {"net_benefit": 1.0, "benefit": 1.0, "complaint": -1.0, "opt_out": -1.0}
NAMES: Final = {"benefit": "benefit", "complaint": "complaints", "opt_out": "opt-outs"}
MARKETING: Final = frozenset({"purpose_is_marketing", "promotional_wording"})
READ: Final = "Read the examples below, and decide on who is told otherwise."
LOOK: Final = f"{READ[:-1]}; or start an experiment."
ONE_TEST: Final = "The advice rests on one interval, that of the net benefit; of twenty such, one misses by chance."
FEW_LEFT_OUT: Final = 0.01  # of all decisions: more of them, and the figures are of another past
Tone = Literal["good", "bad", "unclear"]
Advice = tuple[str, str, Tone]


def advice(report: Mapping[str, JSON]) -> Advice:
    """Return title, advice and tone."""
    effects = report["effects"]
    if in_charge(report):
        do = "There is nothing to promote. What differs: experiments, earlier models, or other settings made it so."
        return "This model is already in charge", do, "unclear"
    if effects["missing"] == OPEN:
        do = f"{READ} {come_back(effects)}: then what came of them is known."
        return "Who is told otherwise is known, what it does to them is not yet", do, "unclear"
    if effects["missing"] == DELAYED:
        do = f"Chance delays nobody, so no figure says what that does. {READ}"
        return "Messages would only go out later", do, "unclear"
    if not any(each["difference"] for each in effects["outcomes"].values()):
        do = READ if effects["missing"] == NOTHING else LOOK
        return "Who is told otherwise is known, what it does to them is not", do, "unclear"
    if contradicted(effects):
        do = "Find out why before you believe any figure: the weights that were logged cannot be those of the draw."
        return "The log contradicts itself", do, "unclear"
    return _by_net(report)


def in_charge(report: Mapping[str, JSON]) -> bool:
    """Whether the model that is tried is the one that the newest decision was asked of."""
    model = report["compared"]["model"]
    return bool(report["asked"]) and model["before"] == model["after"]


def contradicted(effects: Mapping[str, JSON]) -> bool:
    """Whether an evaluation has a note: chances that were logged do not fit who was contacted, or nobody was."""
    return any(each["notes"] for each in effects["outcomes"].values())


def shown(effects: Mapping[str, JSON]) -> tuple[list[str], list[str]]:
    """Return which outcomes are shown to be better, and which worse: the whole interval lies on one side of 0."""
    sides = {name: side(each["difference"], BETTER[name]) for name, each in effects["outcomes"].items()}
    return [name for name in sides if sides[name] > 0], [name for name in sides if sides[name] < 0]


def side(figure: Mapping[str, float] | None, better: float = 1.0) -> int:
    """Return 1 where a whole interval is better, -1 where it is worse, else 0."""
    low, high = sorted(better * figure[end] for end in ("low", "high")) if figure else (0.0, 0.0)
    return 1 if low > 0.0 else -1 if high < 0.0 else 0


def _by_net(report: Mapping[str, JSON]) -> Advice:
    effects = report["effects"]
    better, worse = shown(effects)
    net = side(effects["net_benefit"] and effects["net_benefit"]["difference"])
    said = _said(better, worse, net)
    if "complaint" in worse and (net > 0 or "benefit" in better):
        return "Better and worse at once: for you to weigh", f"{said} Decide which counts more.", "unclear"
    if net < 0 or "complaint" in worse:
        return "Customers would be worse off", f"{said} Do not put it in force as it is. {ONE_TEST}", "bad"
    if net > 0:
        return _better(report, said)
    return _undecided(effects, better, worse, said)


def _said(better: list[str], worse: list[str], net: int) -> str:
    named = [f"net benefit {'better' if net > 0 else 'worse'}"] * bool(net)
    named += [f"{NAMES[name]} better" for name in better] + [f"{NAMES[name]} worse" for name in worse]
    return f"Shown: {listed(named)}." if named else ""


def _better(report: Mapping[str, JSON], said: str) -> Advice:
    """Judge where the net benefit is better: good, if everything is known."""
    if gaps := unknown(report):
        return "Better, as far as it is known", f"{said} Not in the figures: {listed(gaps)}. {LOOK}", "unclear"
    if report["asked"] and not report["compared"]["since"]:
        do = f"{said} Replay it with `--since`, from after the last decision in its training table."
        return "Better, if it has not learned from these decisions", do, "unclear"
    do = "Promote it if its gate let it pass." if report["asked"] else "Put it in force, and look again in two weeks."
    return "Customers would be better off", f"{said} {do} {ONE_TEST}", "good"


def unknown(report: Mapping[str, JSON]) -> list[str]:
    """Name what changes, or might, and is in no figure."""
    effects, decisions, left = report["effects"], report["decisions"], report["decisions"]["left_out"]
    names = [NAMES[name] for name, each in effects["outcomes"].items() if each["difference"] is None]
    never, others = left.get("never_asked", 0), sum(left.values()) - left.get("never_asked", 0)
    undrawn, all_of_them = report["asked"].get("undrawn", 0), decisions["replayed"] + sum(left.values())
    names += [f"{counted(effects['delayed'], 'message')} that would go out later"] * bool(effects["delayed"])
    names += [f"{counted(undrawn, 'decision')} that chance never drew"] * bool(undrawn)
    names += [f"{counted(never, 'decision')} more that would pass the filters"] * bool(never)
    if others > FEW_LEFT_OUT * all_of_them:
        names.append(f"{counted(others, 'decision')} left out ({percent(others / all_of_them)})")
    return names + ["messages that a looser limit brings about"] * report["compared"]["looser"]


def _undecided(effects: Mapping[str, JSON], better: list[str], worse: list[str], said: str) -> Advice:
    """Judge where the net benefit is not told apart from none, or is not known."""
    if [*better, *worse] == ["opt_out"]:
        title = f"{'Fewer' if better else 'More'} opt-outs; what it {'costs in' if better else 'brings in'} benefit "
        return f"{title}is not known{_ends(effects)}", f"{said} {LOOK}", "unclear"
    if effects["net_benefit"] is None:
        missing = [NAMES[name] for name, each in effects["outcomes"].items() if each["difference"] is None]
        title = "Better, as far as it is known" if better and not worse else "What counts most is not known"
        return title, f"{said} Not known: {listed(missing)}. {LOOK}".strip(), "unclear"
    do = "The interval of the net benefit includes 0. Look at a longer period, or start an experiment before you rely "
    return "Neither better nor worse is shown", f"{said} {do}on it.".strip(), "unclear"


def _ends(effects: Mapping[str, JSON]) -> str:
    """Say between what the benefit lies, by 1,000 occasions."""
    figure = effects["outcomes"]["benefit"]["difference"]
    if figure is None:
        return ""
    low, high = (1000.0 * figure[end] for end in ("low", "high"))
    n = digits(low, high, 1)
    return f" ({number(low, n, signed=True)} to {number(high, n, signed=True)} by 1,000 occasions)"


def refused_texts(report: Mapping[str, JSON]) -> int:
    """Return how many messages a new text makes marketing, and so are not sent."""
    counts = [each["count"] for each in report["reasons"] if each["code"] in MARKETING and each["after"] != "send"]
    return sum(counts) if report["compared"]["templates"] else 0

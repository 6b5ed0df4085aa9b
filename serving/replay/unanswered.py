"""What a log cannot answer about a proposal, named part by part: what, why, of how many, and what would answer it.

Read from the report itself, so that nothing is refused in it without standing here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from model.contracts import JSON
from model.in_words.numbers import counted
from serving.in_words.contract import of_channel, of_purpose
from serving.in_words.figures import without_id, written_minute
from serving.in_words.limits import GROUPS, in_words, written_in_words
from serving.replay.effects import DELAYED, FEW, NONE, NOTHING, OPEN, WHERE
from serving.replay.gates import LEAST_EVENTS
from serving.replay.judging import NEVER_ASKED, OTHERWISE, UNREADABLE
from serving.replay.tallying import WHY_LEFT_OUT
from serving.replay.texts import sent_in_other_words

OUTCOMES: Final = {"benefit": "customers who benefit", "complaint": "complaints", "opt_out": "opt-outs"}
DO: Final = {
    UNREADABLE: "Nothing brings it back. Choose a later period to have fewer of them.",
    NEVER_ASKED: "Replay them with `--model`, or put them before customers in an experiment.",
}
EXPERIMENT: Final = (
    "Start an experiment there: `outreach experiment start --share 0.5 --max-contacts N --until TIME --by NAME`."
)
GO_BACK: Final = "To have it, an administrator first goes back to the limits of the configuration: `/console/what-if`."
ASKED: Final = {
    "undrawn": (
        "that chance never drew",
        "The model answers them, and what comes of a message there is on no record.",
        EXPERIMENT,
    ),
    "unscored": ("without a score", "The model could not score them, so nothing would be sent.", ""),
    "uncertified": (
        "outside the certificate",
        "Its scope does not cover them, or it did not hold at that time, so nothing would be sent.",
        "Certify the model for them: `outreach train TABLE --roles ROLES --out FOLDER`.",
    ),
}
MORE: Final = "Look at a longer period, or wait until chance has left out more customers."


def unanswered(report: Mapping[str, JSON]) -> list[dict[str, JSON]]:
    """Return everything that the log cannot answer: `kind`, `what`, `why`, `count` (null where nobody knows), `do`."""
    effects = report["effects"]
    return [
        *_untried(report["compared"]["limits"]),
        *_overruled(report["compared"]),
        *_texts(report),
        *_left_out(report["decisions"]["left_out"], report["compared"]),
        *_asked(report["asked"]),
        *_outside(effects["outside"]),
        *_refused(effects, flipped=report["decisions"]["flipped"]),
        *_few_events(effects),
        *_purposes(effects["purposes"]),
        *_drawn_otherwise(effects),
        *_delayed(effects),
        *_open(effects),
        *_learned(report["asked"]),
        *_always(),
    ]


def _entry(kind: str, what: str, why: str, *, do: str = "", count: int | None = None) -> dict[str, JSON]:
    return {"kind": kind, "what": what, "why": why, "count": count, "do": do}


def _untried(limits: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    for each in (one for fields in GROUPS.values() for one in fields if one.note and one.name in limits):
        [said] = in_words({each.name: limits[each.name]["after"]})
        yield _entry("limit", said, f"It is {each.note}.", do="Put it in force for a week and look at Today.")


def _overruled(compared: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Name the limits that are proposed in vain."""
    for name, pair in compared["overruled"].items():
        [said] = written_in_words({name: pair["proposed"]})
        yield _entry("overruled", said, stays_in_force(compared, {name: pair["in_force"]}), do=GO_BACK)


def stays_in_force(compared: Mapping[str, JSON], limits: Mapping[str, str]) -> str:
    """Say what is in force in place of limits that are proposed, since when and by whom."""
    last = compared["tightened"]
    since = f", since {written_minute(last['at'])}, by {without_id(last['by'])}" if last else ""
    return f"In force is: {'; '.join(written_in_words(limits))}{since}, and the stricter one counts."


def proposed_in_vain(compared: Mapping[str, JSON]) -> dict[str, str]:
    """Return the limits that are overruled, as they are proposed."""
    return {name: pair["proposed"] for name, pair in compared["overruled"].items()}


def _texts(report: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Name the messages that would go out in other words."""
    if many := sent_in_other_words(report):
        what = f"What customers make of {counted(many, 'message')} in other words"
        why = "What they did on record was with the old text. Here the new one counts as approved as the old one was."
        do = "In force it waits until a person approves it under Messages."
        yield _entry("text", what, why, do=do, count=many)


def _left_out(left_out: Mapping[str, int], compared: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    for why, count in sorted(left_out.items(), key=lambda each: (-each[1], each[0])):
        yield _entry(
            "left_out",
            f"{counted(count, 'decision')} left out",
            f"{WHY_LEFT_OUT[why][0].upper()}{WHY_LEFT_OUT[why][1:]}.",
            do=_since(compared) if why == OTHERWISE else DO[why],
            count=count,
        )


def _since(compared: Mapping[str, JSON]) -> str:
    """Say from when on there are fewer that would be answered otherwise without any change."""
    last = compared["tightened"]
    if last and compared["oldest"] and last["at"] > compared["oldest"]:
        return f"Since limits were changed on record last there are fewer: `--since {last['at']}`."
    return "Choose a later period with `--since`: from when limits, texts and program were those of now."


def _asked(asked: Mapping[str, int]) -> Iterator[dict[str, JSON]]:
    """Name the rows of another model that say less than the others."""
    for name, (what, why, do) in ASKED.items():
        if asked.get(name):
            yield _entry(name, f"{counted(asked[name], 'decision')} {what}", why, do=do, count=asked[name])


def _outside(parts: list[dict[str, JSON]]) -> Iterator[dict[str, JSON]]:
    for part in parts:
        never, always = part["never_contacted"], part["always_contacted"]
        whys = [f"In {never:,} of {part['rows']:,} occasions a message would go out where none ever did."] * bool(never)
        whys += [f"In {always:,} of {part['rows']:,} occasions none would go out where one always did."] * bool(always)
        yield _entry("outside", _part(part["part"]), " ".join(whys), do=EXPERIMENT, count=never + always)


def _part(name: str) -> str:
    """Name a part of the log in plain words: what it is for, and where it appears."""
    purpose, _, channel = name.removesuffix(WHERE).rpartition(" by ")
    said = of_purpose(purpose)
    return f"{said[0].upper()}{said[1:]}, by {of_channel(channel)}"


def _refused(effects: Mapping[str, JSON], *, flipped: int) -> Iterator[dict[str, JSON]]:
    """Say why there is no figure at all."""
    what = "Benefit, complaints and opt-outs"
    if effects["missing"] == FEW:
        why = f"Too little like it was ever tried. In full: {effects['said']}."
        yield _entry("refused", what, why, do=MORE, count=effects["changed"])
    elif effects["missing"] == NONE:
        yield _entry("refused", what, "No occasion that chance drew has its 14 days behind it.", do="Come back later.")
    elif effects["missing"] == OPEN:
        why = f"{still(effects)} Among those whose 14 days are over nothing changes."
        yield _entry("refused", what, why, do=f"{come_back(effects)}.", count=effects["open_changed"])
    elif effects["missing"] == NOTHING and flipped:
        why = "No message that chance may leave out is concerned: only essential service, or what never went that far."
        yield _entry("refused", what, why)
    elif effects["missing"] == DELAYED:
        yield _entry("refused", what, "Messages would only go out later, and chance delays nobody.")


def _few_events(effects: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    for name, each in effects["outcomes"].items():
        if each["difference"] is None:
            said = f"{each['events']['contacted']:,} among those written to"
            said += f", {each['events']['held_out']:,} among those left out by chance" * (name != "opt_out")
            takes = f"{LEAST_EVENTS}{' of each' if name != 'opt_out' else ''}, seen and to be expected"
            why = f"Too few with it, or without it, where something would change: {said}; it takes {takes}."
            yield _entry("few_events", OUTCOMES[name].capitalize(), why, do=MORE)


def _purposes(purposes: list[dict[str, JSON]]) -> Iterator[dict[str, JSON]]:
    """Name the purposes that have no figures of their own."""
    names = [of_purpose(each["purpose"]) for each in purposes if each["missing"] == FEW]
    if names:
        yield _entry("purposes", f"By itself: {', '.join(names)}", "Too little like it was ever tried there.", do=MORE)


def _drawn_otherwise(effects: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    count, changed = effects["drawn_otherwise"], effects["changed"]
    if count:
        what = f"{count:,} of {counted(changed, 'occasion')} that change drew an experiment or an earlier model"
        why = "They are changes from what was done then, which may not be what is done now."
        yield _entry("drawn_otherwise", what, why, do="Choose a later period: `--since`.", count=count)


def _delayed(effects: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    if later := effects["delayed"] + effects["open_delayed"]:
        what = f"{counted(later, 'message')} that would go out later"
        why = "They count as they were: chance delays nobody, so nothing on record says what a delay does."
        yield _entry("delayed", what, why, count=later)


def _open(effects: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    if effects["open"]:
        what = f"{counted(effects['open'], 'occasion')} whose 14 days are not over"
        why = f"What comes of them is not known yet. {still(effects) if effects['open_changed'] else ''}".strip()
        yield _entry("open", what, why, do=f"{come_back(effects)}.", count=effects["open"])


def still(effects: Mapping[str, JSON]) -> str:
    """Say in how many occasions that are too young to count a chance changes."""
    changed, later = effects["open_changed"], effects["open_delayed"]
    said = f"In {counted(changed, 'occasion')} whose 14 days are not over the chance of a message changes"
    return f"{said}, in {later:,} it would go out later." if later else f"{said}."


def come_back(effects: Mapping[str, JSON]) -> str:
    """Say when the last of those are over."""
    return f"Come back after {written_minute(effects['over_at'])}" if effects["over_at"] else "Come back later"


def _learned(asked: Mapping[str, int]) -> Iterator[dict[str, JSON]]:
    if asked:
        why = "If the model learned from these very decisions, it knows what came of them, and the figures flatter it."
        do = "Replay it with `--since`, from after the last decision in its training table."
        yield _entry("learned", "How the model does on what it has not seen", why, do=do)


def _always() -> Iterator[dict[str, JSON]]:
    """Say what no replay knows."""
    yield _entry(
        "alone",
        "How weeks would have gone",
        "Each decision is judged alone. A message that would not have gone out still counts against the customer’s "
        "later ones here, so over weeks the difference can be smaller or larger.",
    )

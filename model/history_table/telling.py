"""What became of every line, said in lines a person reads."""

from collections.abc import Iterator
from datetime import timedelta

from model.history_table.building import EPOCH, Built
from model.history_table.counting import DAY


def told(built: Built) -> list[str]:
    """Say what stands in the table, what does not, and what to look at."""
    tally, lines, windows = built.tally, built.lines, built.asked.windows
    return [
        f"{tally.rows:,} rows: {tally.contacted:,} contacted, {tally.rows - tally.contacted:,} held out",
        f"{lines.open:,} occasions not yet mature, {lines.repeats:,} repeats of a fact left out",
        f"{lines.marketing:,} marketing contacts dropped; {lines.essential:,} essential or never drawn are no rows",
        f"{tally.opted_out_held_out:,} of the held out opted out within {windows.opt_out} days, by no message of ours",
        *(f"note: {note}" for note in (*_doubts(built), *_curious(built), *built.records.notes)),
    ]


def _doubts(built: Built) -> Iterator[str]:
    """Say what `outreach train` would refuse, or could not certify."""
    tally, held_out = built.tally, built.tally.rows - built.tally.contacted
    if "propensity" not in built.schema.names:
        yield "no `propensity`, so it has to be estimated, and no certificate is issued"
    if not held_out or not tally.contacted:
        group = "held out" if not held_out else "contacted"
        yield f"nobody was {group}, so no effect can be learned: `outreach train` refuses such a table"
    elif not tally.benefit_held_out:
        yield (
            f"`{built.asked.benefit}` is never seen among the {held_out:,} held out: it seems to be reported only with "
            "a contact, and `outreach train` refuses such a benefit"
        )


def _curious(built: Built) -> Iterator[str]:
    """Say what in the logs may be a mistake."""
    lines = built.lines
    counted = (
        (lines.by_contact, "engagements name a contact: responses to it, analytics, no benefit and no history"),
        (lines.other_kinds, "lines are of a kind that means none of our words: left out"),
        (lines.unknown_contacts, "complaints or opt-outs name a contact that is not in the log"),
        (
            lines.another,
            "complaints or opt-outs name the contact of another customer: its harm all the same",
        ),
        (built.tally.unknown, "rows are of customers without a record by then: their attributes are empty"),
    )
    yield from (f"{count:,} {what}" for count, what in counted if count)
    yield from (
        f"`{file}`: {count:,} lines are of customers whom no contact of ours names: if that is many, compare how both "
        "write an id"
        for file, count in lines.nowhere.items()
        if count
    )
    yield from lines.others
    longest = built.asked.windows.longest
    for file, latest in lines.latest.items():
        silent = (built.asked.as_of - latest) // DAY
        if silent > longest:
            last = (EPOCH + timedelta(microseconds=latest)).isoformat()
            yield f"`{file}` ends {silent:,} days before `as_of` ({last}); if it was exported then, say so as `as_of`"

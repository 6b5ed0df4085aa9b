"""The rules that lint adds to those of wording (`serving.policy.wording.RULES`), by name."""

from collections.abc import Mapping

from serving.linting.finding import LintRule, Severity

_OWN = "our own decision: {}"
_FACTS = "CONTRACT section 5: a text that uses none of its evidence's facts is refused"
_STEP = "CONTRACT section 6: `next_step_missing` (non-silent)"
_FORMAT = "CONTRACT section 7: the format of templates and triggers"

FILE = LintRule("file", _FORMAT, "mend the file: nothing else in it was looked at")
TEMPLATE = LintRule("template", _FORMAT, "write it as docs/policy_files.md says")
TRIGGER = LintRule("trigger", _FORMAT, "write it as docs/policy_files.md says")
TRIGGER_NAME = LintRule(
    "trigger_name",
    "docs/events.md: names that are not in the catalogue are your own",
    "nothing, if your events carry this name; else write the one that they carry",
    severity=Severity.NOTE,
)
ID_TWICE = LintRule("id_twice", _FORMAT, "rename one of them")
NOT_READ = LintRule("not_read", _FORMAT, "rename it to `*.yaml`, or remove it", severity=Severity.NOTE)
NO_TRIGGER = LintRule(
    "no_trigger",
    _FORMAT,
    "nothing, if your programs name it in `POST /v1/decisions`; else write a trigger, or remove it",
    severity=Severity.NOTE,
)
NOT_JUDGED = LintRule(
    "not_judged",
    _OWN.format("the veto on wording reads English; a text in another language goes where a person approved it"),
    "let somebody who reads the language approve it",
    severity=Severity.NOTE,
)
PROMOTION_FIRST = LintRule(
    "promotion_first",
    "16 CFR 316.3(a)(2): what begins with something else than the transaction is commercial",
    "begin with what happened, and leave out what sells",
    code="promotional_wording",
)
STEP_MISSING = LintRule(
    "next_step_missing", _STEP, "say what the customer can do, and repeat it as `next_step`", "next_step_missing"
)
STEP_UNCLEAR = LintRule(
    "next_step_unclear",
    _STEP,
    "write a question, or what to do: “Reply to change the address.”",
)
SILENT_ASKS = LintRule(
    "silent_asks",
    "CONTRACT section 5: `progress_update` expects no reply",
    "leave the request out, or use a purpose that expects a reply",
)
UNFILLED = LintRule(
    "unfilled_place",
    "CONTRACT section 7: only `{fact}` is filled in",
    "write `{name}` and list the name in `facts`, or write what it stands for",
    "facts_missing",
)
UNDECLARED = LintRule("fact_undeclared", _FORMAT, "add it to `facts`, as `string`, `number` or `integer`")
UNUSED = LintRule("fact_unused", _FORMAT, "write it into `text` as a place, or remove it from `facts`")
NO_FACTS = LintRule("no_facts", _FACTS, "say which parcel, appointment, request … this is about", "facts_missing")
MOSTLY_PLACES = LintRule(
    "mostly_places",
    _OWN.format("whoever approves a template approves what it says; here whoever fills it would decide that"),
    "write the sentence out, and leave places for names, dates and numbers only",
)
TOO_LONG = LintRule(
    "too_long", _OWN.format("two short messages of 160 characters are the most that a service text takes"), "write less"
)
MAYBE_TOO_LONG = LintRule(
    "too_long", TOO_LONG.source, "write less, or let a trigger send it on other channels only", severity=Severity.NOTE
)
SHOUTING = LintRule("shouting", _OWN.format("capital letters shout"), "write it in small letters")
HIDDEN = LintRule(
    "hidden_sign",
    "Unicode UTS #39 (look-alikes) and UAX #9 (direction): what is read is not what is written",
    "type the word again, in plain letters",
)
MARKUP = LintRule("markup", _OWN.format("channels show a text as it is, and markup as signs"), "write plain text")
URGENCY = LintRule(
    "urgency",
    "CONTRACT section 5: a sender's word for urgency counts for nothing",
    "give the date by which something happens, and what happens then",
)
SAME_TEXT = LintRule(
    "same_text", _OWN.format("two templates that say the same are approved, counted and changed apart"), "keep one"
)

RULES: Mapping[str, LintRule] = {
    rule.id: rule
    for rule in (
        *(
            FILE,
            TEMPLATE,
            TRIGGER,
            TRIGGER_NAME,
            ID_TWICE,
            NOT_READ,
            NO_TRIGGER,
            NOT_JUDGED,
            PROMOTION_FIRST,
            STEP_MISSING,
        ),
        *(STEP_UNCLEAR, SILENT_ASKS, UNFILLED, UNDECLARED, UNUSED, NO_FACTS, MOSTLY_PLACES, TOO_LONG, SHOUTING),
        *(HIDDEN, MARKUP, URGENCY, SAME_TEXT),
    )
}

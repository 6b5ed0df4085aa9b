"""Everything that is wrong with a policy folder is found at once, each at its place; what is right is left alone."""

import re
from importlib.resources import files

import pytest

from serving.linting.lint import lint
from serving.linting.rules import RULES
from serving.policy.wording import RULES as WORDING
from serving.policy_files.places import Flaw, Spot
from serving.policy_files.strict_yaml import document, documents
from serving.policy_files.templates import shipped_wording
from tests.serving.linting.linted import TEMPLATE, TEXT, TRIGGER, VETO, findings, linted, rules, saying, words


def test_what_comes_with_the_project_has_no_findings() -> None:
    """All its files together, and no notes either."""
    found = lint(list(documents(None)), shipped_wording())
    shipped = [each for each in files("serving.policy").joinpath("shipped").iterdir() if each.name.endswith(".yaml")]
    assert (found.findings, len(found.texts), found.templates >= 30) == ((), len(shipped), True)


def test_a_good_file_has_none() -> None:
    """It is counted."""
    found = linted(TEMPLATE + TRIGGER)
    assert (found.templates, found.triggers, found.findings) == (1, 1, ())


STEP = "Reply to change the address."
CASES = [
    ("Get 20% off! Your parcel {parcel} comes on {new_eta}.", ["promotion_first", "price_cut"]),
    ("Your parcel {parcel} comes on {new_eta}. Get 20% off!", ["price_cut"]),
    ("Your parcel {parcel} comes on {new_eta}, [Name]. It is on its way.", ["unfilled_place"]),
    ("Your parcel {parcel} comes on {new_eta}, {Name}. It is on its way.", ["unfilled_place"]),
    ("Your parcel {parcel} comes on {new_eta} from {place}. It is on its way.", ["fact_undeclared"]),
    ("Your parcel {parcel} comes tomorrow. It is on its way.", ["fact_unused"]),
    ("{parcel}: {new_eta}.", ["mostly_places", "template"]),
    ("Your {parcel} is {new_eta}.", ["mostly_places"]),
    ("Your parcel {parcel}: {new_eta}, more or less, unless it comes a day before that.", []),
    ("YOUR PARCEL {parcel} ARRIVES ON {new_eta}. IT IS ON ITS WAY TO YOU, AND WILL BE THERE SOON.", ["shouting"]),
    ("Your <b>parcel</b> {parcel} comes on {new_eta}.", ["markup", "markup"]),
    ("Your p\\u0430rcel {parcel} comes on {new_eta}.", ["hidden_sign"]),
    ("Your par\\u200bcel {parcel} comes on {new_eta}.", ["hidden_sign"]),
    ("URGENT: your parcel {parcel} comes on {new_eta}.", ["urgency"]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_each_rule_finds_what_it_is_for(text: str, expected: list[str]) -> None:
    """One fault, one finding, wherever the text has its next step."""
    assert rules(saying(f'"{text} {STEP}"')) == expected


def test_every_finding_says_where_why_and_what_to_write() -> None:
    """Line, column and end; the words; code, source and suggestion."""
    [found] = findings(saying(f'"Your parcel {{parcel}} comes on {{new_eta}}. Get 20% off! {STEP}"'))
    line = f'    text: "Your parcel {{parcel}} comes on {{new_eta}}. Get 20% off! {STEP}"'
    assert (found.spot, line[(found.spot.column or 0) - 1 : (found.spot.end_column or 0) - 1]) == (
        Spot("a.yaml", 4, line.index("% off") + 1, 4, line.index("% off") + 6),
        "% off",
    )
    rule = WORDING["price_cut"]
    assert (found.said, found.code, found.source, found.suggestion) == (
        "% off",
        "promotional_wording",
        rule.source,
        rule.suggestion,
    )


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("|\n      Your parcel {parcel} comes on {new_eta}.\n      Get 20% off!\n      " + STEP, 6, 13),
        (">\n      Your parcel {parcel} comes on {new_eta}.\n      Get 20% off!\n      " + STEP, 6, 13),
        ("Your parcel {parcel} comes on {new_eta}.\n      Get 20% off!\n      " + STEP, 5, 13),
        ("'It''s late, {parcel}, {new_eta}. Get 20% off! " + STEP + "'", 4, 51),
        ('"It\\u0027s late, {parcel}, {new_eta}. Get 20% off! ' + STEP + '"', 4, 55),
    ],
    ids=["literal", "folded", "plain", "single", "escaped"],
)
def test_words_are_found_however_the_text_is_written(text: str, line: int, column: int) -> None:
    """YAML has five ways to write a text over lines."""
    [spot] = [each.spot for each in findings(saying(text)) if each.rule == "price_cut"]
    assert (spot.line, spot.column, spot.end_column) == (line, column, column + 5)


def test_a_next_step_in_the_text_is_read_once() -> None:
    """What is wrong with it is one finding, where the text says it."""
    text = (TEMPLATE + TRIGGER).replace(STEP, "URGENT, reply!")
    assert [(each.rule, each.spot.line) for each in findings(text)] == [("urgency", 4)]


def test_what_sells_from_beginning_to_end_has_no_order() -> None:
    """Nothing comes after what sells: leaving that out leaves nothing."""
    text = saying('"Shop now! Get 20% off {parcel} and {new_eta}! Shop now!"').replace(STEP, "Shop now!")
    assert "promotion_first" not in rules(text)


def test_an_abbreviation_ends_no_sentence() -> None:
    """What sells behind it stands in the first sentence, all of the text."""
    text = saying('"Your parcel {parcel} waits at approx. St. Mary\'s Clinic on {new_eta}, get 20% off. Reply."')
    assert rules(text.replace(f'"{STEP}"', "Reply.")) == ["promotion_first", "price_cut"]


def test_few_words_beside_a_next_step_are_few() -> None:
    """Three for each place, with the next step."""
    text = saying('"Your parcel {parcel} {new_eta} now. Reply."').replace(f'"{STEP}"', "Reply.")
    assert rules(text) == ["mostly_places"]


def test_a_next_step_that_sells_is_found_where_it_stands() -> None:
    """The text and its next step are judged as one."""
    text = TEMPLATE.replace(STEP + '"\n    facts', '"\n    facts').replace(f'"{STEP}"', '"Shop now."')
    unclear, found = findings(text + TRIGGER)
    assert (found.rule, found.spot, found.said) == ("purchase", Spot("a.yaml", 6, 17, 6, 25), "Shop now")
    assert unclear.rule == "next_step_unclear"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("", ["next_step_missing"]),
        ('    next_step: ""\n', ["template"]),
        ("    next_step: null\n", ["next_step_missing"]),
        ("    next_step: [Reply]\n", ["template"]),
        ("    next_step: We will call you.\n", ["next_step_unclear"]),
        ("    next_step: Is that too late for you?\n", []),
        ("    next_step: Reply, {parcel}.\n", ["template"]),
    ],
    ids=range(7),
)
def test_a_next_step_is_there_and_can_be_taken(step: str, expected: list[str]) -> None:
    """A question or an imperative."""
    assert rules(TEMPLATE.replace(f'    next_step: "{STEP}"\n', step) + TRIGGER) == expected


SILENT = """\
templates:
  - id: moved_on
    purpose: progress_update
    text: "Your request {request} has moved on: {status}.%s"
    facts: { request: string, status: string }
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", []),
        (" You will hear from us again.", []),
        (" Reply STOP to opt out.", []),
        (" Reply if that is wrong.", ["silent_asks"]),
        (" Is that right?", ["silent_asks"]),
        (" It waits at St. Mary's Clinic, approx. 20 min away.", []),
    ],
)
def test_a_silent_purpose_asks_nothing(said: str, expected: list[str]) -> None:
    """`progress_update` expects no reply; how to opt out is a footer."""
    assert rules(SILENT % said) == expected


def test_a_silent_purpose_has_no_next_step() -> None:
    """It is found once, also where the text says it as well."""
    assert rules(SILENT % " Reply if not." + '    next_step: "Reply if not."\n') == ["silent_asks"]


def test_an_unknown_key_is_named_where_it_stands() -> None:
    """With the one that was probably meant."""
    entry = f'id: late\n    purpose: delivery_update\n    text: "It is late. {STEP}"\n    nextstep: "{STEP}"\n'
    text = f"templates:\n  - {entry}"
    said = [(each.spot.line, each.message) for each in findings(text) if each.rule == "template"]
    assert said == [(5, "`nextstep` is no key of a template; did you mean `next_step`?")]


def test_what_says_no_fact_is_always_refused() -> None:
    """Outside the customer's own session; inside it a person approved the words."""
    text = f'templates:\n  - id: late\n    purpose: %s\n    text: "It is late. {STEP}"\n    next_step: "{STEP}"\n'
    assert (rules(text % "delivery_update"), rules(text % "in_session_help")) == (["no_facts"], [])


def long(channel: str | None) -> list[tuple[str, str]]:
    """What is found of a text of about 400 characters on a channel; None: no trigger sends it."""
    text = saying(f'"Your parcel {{parcel}} comes on {{new_eta}}. {"It is still on its way to you. " * 10}{STEP}"')
    shown = text.replace("chat", channel) if channel is not None else text[: text.index("triggers:")]
    return [(each.rule, each.severity) for each in linted(shown).findings if each.rule == "too_long"]


def test_a_short_message_is_short() -> None:
    """An error where a trigger sends it by SMS, a note where nobody says how it is sent."""
    assert (long("sms"), long("email"), long(None)) == ([("too_long", "error")], [], [("too_long", "note")])


def test_two_templates_that_say_the_same_are_found() -> None:
    """In one file or in two; under another purpose it is another template."""
    second = TEMPLATE.replace("id: late", "id: later")
    [found] = findings(TEMPLATE + TRIGGER, b=second)
    assert (found.rule, found.spot.file, found.message) == ("same_text", "b.yaml", "`late` at a.yaml:2 says the same")
    assert rules(TEMPLATE + TRIGGER, b=second.replace("delivery_update", "appointment_update")) == []


def test_one_id_stands_once() -> None:
    """Across files; the second is still read."""
    found = findings(
        TEMPLATE + TRIGGER, b=TEMPLATE.replace("Your parcel", "Your new parcel").replace("string }", "x }")
    )
    assert [(each.rule, each.spot.file, each.spot.line) for each in found] == [
        ("id_twice", "b.yaml", 2),
        ("template", "b.yaml", 5),
    ]


def test_a_template_that_cannot_be_read_is_one_finding_and_its_text_is_judged() -> None:
    """Its triggers are checked as if it were there; the other templates as well."""
    text = TEMPLATE.replace("delivery_update", "upsell") + TEMPLATE[11:].replace("late", "later").replace(
        "Your parcel", "Shop now! Your parcel"
    )
    assert rules(text) == ["template", "promotion_first", "purchase"]
    assert rules(text + TRIGGER) == ["template", "promotion_first", "purchase"]
    broken = TEMPLATE.replace("new_eta: string", "new_eta: date")
    assert rules(broken + TRIGGER.replace("event.data.parcel", "event.data.parsel")) == ["template", "trigger"]


@pytest.mark.parametrize(
    ("entry", "line"),
    [("- foo", 2), ("- []", 2), ("- {id: a}", 2), ("- {id: 7, purpose: x, text: y}", 2), ("- null", 2)],
)
def test_what_is_no_template_is_one_finding(entry: str, line: int) -> None:
    """Never more than that, and never an error of the program."""
    found = findings(f"templates:\n  {entry}\n")
    assert [(each.rule, each.spot.line) for each in found] == [("template", line)]


def test_a_section_that_is_no_list_is_a_finding() -> None:
    """For templates and triggers."""
    found = findings("templates: {}\ntriggers: {}\n")
    assert [(each.rule, each.spot.line) for each in found] == [("template", 1), ("trigger", 2)]


def test_triggers_may_name_templates_of_another_file() -> None:
    """All that was given is one policy; a shipped template that is not among it is named as such."""
    assert rules(TEMPLATE, b=TRIGGER) == []
    [found] = findings(TRIGGER.replace("template: late", "template: parcel_delayed"))
    assert (found.rule, found.spot, "the project brings one" in found.message) == (
        "trigger",
        Spot("a.yaml", 5, 15, 5, 29),
        True,
    )


def test_an_expression_has_line_and_column() -> None:
    """As when it is loaded."""
    text = TRIGGER.replace("    purpose", "    when: event.data.delay_hour >= 12\n    purpose", 1)
    [found] = findings(TEMPLATE + text)
    assert (found.spot.line, found.spot.column, "did you mean `event.data.delay_hours`?" in found.message) == (
        10,
        22,
        True,
    )


def notes(text: str) -> list[tuple[str, int]]:
    """The notes with their lines."""
    return [(each.rule, each.spot.line) for each in linted(text).findings if each.severity == "note"]


def test_templates_without_a_trigger_are_noted() -> None:
    """Each of them; all at once where there is no trigger at all; a trigger with a fault is one."""
    second = TEMPLATE[11:].replace("late", "later").replace("parcel {", "new parcel {")
    assert notes(TEMPLATE + second) == [("no_trigger", 2)]
    assert notes(TEMPLATE + second + TRIGGER) == [("no_trigger", 7)]
    assert notes(TEMPLATE + TRIGGER.replace("chat", "fax")) == []


def test_a_name_of_ones_own_is_noted() -> None:
    """It may be right: the catalogue does not know what else a company's events carry."""
    assert notes(TEMPLATE + TRIGGER.replace("event.data.parcel", "event.data.box_number")) == [("trigger_name", 12)]


def test_a_file_that_is_none_is_one_finding_and_the_others_are_read() -> None:
    """With the line that the reader names."""
    broken = Flaw(Spot("b.yaml", 3), "not valid YAML")
    found = lint([broken, document(TEMPLATE.replace("Your parcel", "Shop now!"), "a.yaml")], VETO, unread=["c.yml"])
    assert [(each.rule, each.spot.file, each.spot.line) for each in found.findings if each.rule != "no_trigger"] == [
        ("promotion_first", "a.yaml", 4),
        ("purchase", "a.yaml", 4),
        ("file", "b.yaml", 3),
        ("not_read", "c.yml", 1),
    ]


def test_every_rule_has_its_words() -> None:
    """A name, who says so, and what to write instead; in one line, and no name of the veto's."""
    odd = [
        rule.id
        for rule in RULES.values()
        if not (re.fullmatch(r"[a-z_]+", rule.id) and rule.source and rule.suggestion and "\n" not in rule.suggestion)
    ]
    assert (odd, RULES.keys() & WORDING.keys()) == ([], set())


def test_the_words_of_a_finding_are_those_of_the_text() -> None:
    """Also behind a place of another system that holds one of ours."""
    text = f'"Your parcel {{{{parcel}}}} comes on {{new_eta}}. {TEXT}"'
    assert words(text, "unfilled_place") == ["{{parcel}}"]


GERMAN = f"""\
templates:
  - id: late
    purpose: delivery_update
    text: "Ihr Paket {{parcel}} kommt nun am {{new_eta}} bei Ihnen an. %s"
    facts: {{ parcel: string, new_eta: string }}
    next_step: "%s"
{TRIGGER}"""


def test_another_language_is_noted_and_its_next_step_is_left_to_people() -> None:
    """A person who reads it approves it; what is found in it all the same is a finding."""
    step = "Antworten Sie, wenn das nicht passt."
    assert notes(GERMAN % (step, step)) == [("not_judged", 4)]
    assert rules(GERMAN % (step, step)) == []
    assert rules(GERMAN % (f"Black Friday! {step}", step)) == ["offer"]


@pytest.mark.parametrize(
    "text",
    [
        "templates:\n- {id: x, purpose: delivery_update, text: 'Hi {a}', next_step: Reply.}\n",
        "templates:\n- {1: 2, null: 3}\n- {id: {a: 1}, purpose: [x], text: 2020-01-01}\n",
        "templates: [[[]]]\ntriggers: [1, null, {template: {a: b}, channel: [x]}, {template: [x]}]\n",
        "templates:\n- {id: a, purpose: delivery_update, text: a, facts: {1: string}}\n- {id: b, facts: [x]}\n",
        "templates:\n- {id: a, purpose: onboarding, text: ' ', next_step: {a: b}}\n- {id: b, text: '...'}\n",
        "templates: !!set {a, b}\n",
        "templates:\n- {id: !!binary aGk=, purpose: onboarding, text: '{}{{}}{a', next_step: '?'}\n",
    ],
    ids=range(7),
)
def test_yaml_of_any_shape_has_findings_and_no_fault(text: str) -> None:
    """Places without facts, keys and values of other kinds, empty texts."""
    found = findings(text)
    assert (len(found) > 0, all(each.spot.line >= 1 for each in found)) == (True, True)


def test_a_file_from_windows_has_the_same_places() -> None:
    """Its lines end in two signs; words in a block stand where an editor shows them."""
    text = saying("|\n      Your parcel {parcel} comes on {new_eta}.\n      Get 20% off!\n      " + STEP)
    spots = [[each.spot for each in findings(said)] for said in (text, text.replace("\n", "\r\n"))]
    assert spots[0] == spots[1] != []

"""Reading triggers: every fault in one line, with the file, the line, what is wrong and what to write."""

from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.policy_files.places import position
from serving.policy_files.strict_yaml import document
from serving.policy_files.templates import load_policy, read_templates
from serving.policy_files.triggers import load_triggers
from tests.serving.triggers.asking import TEMPLATES, TRIGGERS, triggers


def fault(text: str) -> str:
    """What is wrong with a file."""
    with pytest.raises(InvalidInput) as caught:
        triggers(text)
    return str(caught.value)


def test_the_contracts_triggers_are_read() -> None:
    """`on:` is a key, not a truth; expressions and places are kept as they stand."""
    first, second = (tally.trigger for tally in triggers().tallies())
    assert (first.on, first.when, dict(first.facts), first.place) == (
        "shipment.delayed",
        "event.data.delay_hours >= 12",
        {"parcel": "event.data.parcel", "new_eta": "event.data.new_eta"},
        "t.yaml:3",
    )
    assert (second.id, second.purpose, second.template, second.channel, second.place) == (
        "pricing_help",
        "in_session_help",
        "compare_plans",
        "widget",
        "t.yaml:10",
    )


def test_the_shipped_triggers_are_read() -> None:
    """They fit the shipped templates, and have no name that is nobody's."""
    found = load_triggers(None, load_policy().templates)
    assert found.notes == ()


def test_a_folder_is_read_in_order_of_its_files(tmp_path: Path) -> None:
    """Templates and triggers may stand in any of them."""
    (tmp_path / "b.yaml").write_text(TEMPLATES, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(
        TRIGGERS.replace("pricing_help", "z").replace("id: parcel_delayed", "id: y"), "utf-8"
    )
    (tmp_path / "a.yaml").write_text(TRIGGERS, encoding="utf-8")
    found = load_triggers(tmp_path, load_policy(tmp_path).templates)
    assert [tally.trigger.id for tally in found.tallies()] == ["parcel_delayed", "pricing_help", "y", "z"]


def test_a_folder_without_triggers_has_none(tmp_path: Path) -> None:
    """A company may send what it decides itself, and nothing by rule."""
    (tmp_path / "a.yaml").write_text(TEMPLATES, encoding="utf-8")
    assert load_triggers(tmp_path, load_policy(tmp_path).templates).tallies() == []


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    """As for templates: never an empty policy by mistake."""
    with pytest.raises(InvalidInput, match="is not a folder"):
        load_triggers(tmp_path, {})


WHEN = "when: event.data.delay_hours >= 12"
D = "trigger `parcel_delayed`: "
CHANGES = [
    ("channel: chat", "chanel: chat", f"t.yaml:9: {D}`chanel` is no key of a trigger; did you mean `channel`?"),
    ("channel: chat", "priority: 1", "`priority` is no key of a trigger; write one of id, on, purpose"),
    ("    channel: chat\n", "", f"t.yaml:3: {D}`channel` missing; add it"),
    ("channel: chat", "channel:", "`channel` missing; add it"),
    ("channel: chat", "channel: [chat]", f"t.yaml:9: {D}`channel` is not a text"),
    (
        "channel: widget",
        "channel: email",
        "t.yaml:15: trigger `pricing_help`: `email` is no channel of `in_session_help`",
    ),
    ("channel: chat", "channel: fax", "`fax` is no channel of `delivery_update`; write one of chat"),
    (
        "on: shipment.delayed",
        "on: shipment.delayd",
        f"t.yaml:4: {D}`shipment.delayd` is no evidence of `delivery_update`; did you mean `shipment.delayed`?",
    ),
    (
        "on: shipment.delayed",
        "on: page.viewed",
        "`page.viewed` is no evidence of `delivery_update`; write one of shipment.delayed",
    ),
    ("on: shipment.delayed", "on: true", "`on` is not a text; put it between quotes"),
    (
        "purpose: delivery_update",
        "purpose: delivery_updates",
        f"t.yaml:6: {D}`delivery_updates` is no purpose; did you mean",
    ),
    (
        "purpose: delivery_update",
        "purpose: upsell",
        "`upsell` is marketing, and nothing here sends any; remove the trigger",
    ),
    (
        "template: parcel_delayed",
        "template: parcel_delay",
        f"t.yaml:7: {D}`parcel_delay` is no template; did you mean `parcel_delayed`?",
    ),
    (
        "template: parcel_delayed",
        "template: compare_plans",
        "template `compare_plans` is for `in_session_help`; name one for `delivery_update`",
    ),
    ("parcel: event.data.parcel, ", "", f"t.yaml:8: {D}template `parcel_delayed` also needs `parcel`"),
    ("parcel: event.data.parcel", "parcl: event.data.parcel", "has no fact `parcl`; did you mean `parcel`?"),
    ("parcel: event.data.parcel", "parcel: 3", "`facts` does not map names to expressions"),
    ("channel: widget", "channel: widget\n    facts: { a: event.id }", "template `compare_plans` has no fact `a`"),
    (
        "facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }",
        "facts: [event.data.parcel]",
        "`facts` does not map",
    ),
    (WHEN, "when: true", f"t.yaml:5: {D}`when` is not a text"),
    (WHEN, "when: event.data.delay_hours >= && 12", f"t.yaml:5:37: {D}`when`: unexpected"),
    (
        WHEN,
        "when: event.data.dely_hours >= 12",
        f"t.yaml:5:22: {D}`when`: `shipment.delayed` has no `dely_hours`; did you mean",
    ),
    (WHEN, "when: 'event.data.dely_hours >= 12'", "t.yaml:5:23: "),
    (WHEN, "when: |\n      event.data.delay_hours >= 12 &&\n        event.data.dely_hours < 3", "t.yaml:7:20: "),
    (
        WHEN,
        "when: >\n      event.data.delay_hours >= 12 &&\n      event.data.dely_hours < 3",
        f"t.yaml:5: {D}`when`, character 44: ",
    ),
    ("parcel: event.data.parcel", "parcel: event.data.parsel", f"t.yaml:8:33: {D}`facts.parcel`: "),
    (
        "parcel: event.data.parcel",
        "parcel: event.time",
        "the template wants a string, and this is a time; `string(…)` makes a text",
    ),
    ("id: parcel_delayed", "id: Parcel", "t.yaml:3: `id` is not a name of lower-case letters"),
    ("id: parcel_delayed", "id: 7", "t.yaml:3: `id` is not a text"),
    ("id: pricing_help", "id: parcel_delayed", f"t.yaml:10: {D}the same `id` stands at t.yaml:3"),
    (WHEN, "when: !event.data.own", "put expressions that begin with `!` or hold `: ` between quotes"),
    (WHEN, "when: event.data.own ? true : false", "between quotes"),
    ("triggers:", "triggers: {}\nx:", "a policy file has `templates` and `triggers`, nothing else"),
    (TRIGGERS, "triggers: {a: b}", "t.yaml: `triggers` is not a list"),
    (TRIGGERS, "triggers: [a]", "t.yaml:1: a trigger is not a list or a text"),
    (TRIGGERS, "triggers: [{on: a, on: b}]", "a key stands twice"),
    (TRIGGERS, "triggers: [{}]", "`id`, `on`, `purpose`, `template`, `channel` missing"),
]


@pytest.mark.parametrize(("before", "after", "problem"), CHANGES, ids=range(len(CHANGES)))
def test_every_fault_has_its_place_and_its_next_step(before: str, after: str, problem: str) -> None:
    """Keys, words, names, kinds: one change to a file that was right."""
    actual = fault(
        TRIGGERS.replace(before, after, 1) if before != "id: pricing_help" else TRIGGERS.replace(before, after)
    )
    assert (problem in actual, actual.startswith("t.yaml:"), "\n" in actual) == (True, True, False), actual


def test_several_faults_are_told_together() -> None:
    """At most ten of them, and how many more."""
    entry = "  - { id: a%d, on: x, purpose: delivery_update, template: parcel_delayed, channel: chat }\n"
    actual = fault("triggers:\n" + "".join(entry % number for number in range(12)))
    assert (actual.count("is no evidence of"), actual.endswith("; and 2 more")) == (10, True)


def test_names_of_ones_own_are_listed() -> None:
    """With file and line, for whoever starts the program to see."""
    text = TRIGGERS.replace("delay_hours >= 12", "warehouse == 'north'").replace(
        "event.data.new_eta", "event.data.promised"
    )
    assert [note.split(" is ")[0] for note in triggers(text).notes] == [
        "t.yaml:5: `event.data.warehouse`",
        "t.yaml:8: `event.data.promised`",
    ]


@pytest.mark.parametrize(
    ("written", "offset", "expected"),
    [
        ("a: x y", 2, (1, 6)),
        ('a: "x y"', 2, (1, 7)),
        ("a: 'x y'", 0, (1, 5)),
        ("a: 'x '' y'", 4, (1, None)),
        ("a: |\n  x\n    y", 4, (3, 5)),
        ("a: |\n\n  x\n  y", 3, (4, 3)),
        ("a: |-\n   x\n   y", 0, (2, 4)),
        ("a: >\n  x\n  y", 2, (1, None)),
        ("a: x\n  y", 2, (1, None)),
    ],
)
def test_a_character_is_found_in_its_file(written: str, offset: int, expected: tuple[int, int | None]) -> None:
    """Line and column from 1, where YAML has not folded the text."""
    found = document("triggers:\n" + "".join(f"  {line}\n" for line in written.split("\n")), "t.yaml")
    node = found.root.value[0][1].value[0][1]  # type: ignore[union-attr]  # the value of `a`
    line, column = position(found.text, node, offset)
    assert (line - 1, column and column - 2) == expected


def test_only_true_and_false_are_truths() -> None:
    """`on`, `off`, `yes` and `no` are words, as in YAML 1.2."""
    found = document("triggers: [on, Off, yes, NO, n, true, False]", "t.yaml")
    assert found.content["triggers"] == ["on", "Off", "yes", "NO", "n", True, False]


def test_templates_are_read_beside_triggers() -> None:
    """One reader for both: a file may hold either, or both."""
    assert [each.id for each in read_templates(TEMPLATES + TRIGGERS, "t.yaml")] == [
        "parcel_delayed",
        "parcel_late",
        "compare_plans",
    ]

"""Where something stands in a policy file: of a fault, of a node, of some characters of a text."""

import pytest

from serving.policy_files.places import Flaw, Spot, spot_of, spot_within
from serving.policy_files.strict_yaml import document
from serving.policy_files.templates import read_templates
from serving.policy_files.triggers import check_triggers
from tests.serving.triggers.asking import TEMPLATES, TRIGGERS, triggers


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("templates: [", Spot("t.yaml", 1, 13)),
        ("templates:\n  - id: a: b", Spot("t.yaml", 2, 10)),
        ("templates: []\ntemplates: []", Spot("t.yaml", 1, 1)),
        ("templates: []\nlimits: {}", Spot("t.yaml", 2, 1, 2, 7)),
        ("- a", Spot("t.yaml", 1)),
        ("templates:\n  # \x07", Spot("t.yaml", 2)),
        ("\ud800: a", Spot("t.yaml", 1)),
    ],
    ids=range(7),
)
def test_what_is_no_policy_file_has_a_place(text: str, spot: Spot) -> None:
    """A line at least; what YAML cannot even read is told in one line as well."""
    with pytest.raises(Flaw) as caught:
        document(text, "t.yaml")
    assert (caught.value.spot, str(caught.value)) == (spot, f"t.yaml: {caught.value.problem}")


@pytest.mark.parametrize(
    ("written", "words", "expected"),
    [
        ("x: say it now", "it", Spot("t.yaml", 1, 8, 1, 10)),
        ('x: "say it now"', "now", Spot("t.yaml", 1, 12, 1, 15)),
        ('x: "say \\"it\\" now"', "now", Spot("t.yaml", 1, 16, 1, 19)),
        ('x: "say \\u0069t it"', "it", Spot("t.yaml", 1, 9, 1, 16)),
        ('x: "say \\u0069t \\\n  it"', "it it", Spot("t.yaml", 1)),
        ("x: 'say it''s now'", "now", Spot("t.yaml", 1, 15, 1, 18)),
        ("x: |\n  say\n  it now", "it", Spot("t.yaml", 3, 3, 3, 5)),
        ("x: |\n  say\n  it now", "say\nit", Spot("t.yaml", 2, 3, 3, 5)),
        ("x: >\n  say\n  it now", "say it", Spot("t.yaml", 2, 3, 3, 5)),
        ("x: say\n  it now", "now", Spot("t.yaml", 2, 6, 2, 9)),
        ("x: >\n  it or\n  it", "it", Spot("t.yaml", 1)),
    ],
    ids=range(11),
)
def test_words_are_found_where_they_are_written(written: str, words: str, expected: Spot) -> None:
    """On one line, in a block, folded or escaped; the line alone where that cannot be told."""
    text = written.replace("x:", "templates:")
    found = document(text, "t.yaml")
    node = found.root.value[0][1]  # type: ignore[union-attr]  # the value of `templates`
    shift = len("templates") - 1
    start = node.value.index(words)
    spot = spot_within("t.yaml", text, node, start, start + len(words))
    on_first = spot.line == 1 and spot.column is not None
    actual = Spot("t.yaml", 1, spot.column - shift, 1, (spot.end_column or 0) - shift) if on_first else spot  # type: ignore[operator]
    assert actual == expected


def test_a_node_over_several_lines_has_only_a_beginning() -> None:
    """An editor would underline half of the file."""
    found = document("templates:\n  - id: a\n    text: b\n", "t.yaml")
    [entry] = found.entries("templates")
    assert (spot_of("t.yaml", entry), spot_of("t.yaml", entry.value[1][1])) == (
        Spot("t.yaml", 2, 5),
        Spot("t.yaml", 3, 11, 3, 12),
    )


TRIGGER = "on: shipment.delayed, purpose: delivery_update, template: late, channel: chat"


def test_every_trigger_has_its_own_fault() -> None:
    """All of them are read, whatever is wrong with one; a section that is none is a fault, too."""
    first = document(f"triggers:\n  - {{ id: A, {TRIGGER} }}\n  - {{ id: b, {TRIGGER} }}\n", "a.yaml")
    second = document("triggers: {}", "b.yaml")
    checked = check_triggers([first, second], {})
    assert [(flaw.spot.file, flaw.spot.line, flaw.problem.split("; ")[0]) for flaw in checked.flaws] == [
        ("b.yaml", 1, "`triggers` is not a list"),
        ("a.yaml", 2, "`id` is not a name of lower-case letters, digits and `_`"),
        ("a.yaml", 3, "trigger `b`: `late` is no template"),
    ]


def test_a_shipped_template_that_a_folder_lacks_is_named() -> None:
    """Files of one's own stand in for those of the project: nothing of them is left."""
    text = f"triggers:\n  - {{ id: b, {TRIGGER.replace(': late', ': parcel_delayed')} }}\n"
    [flaw] = check_triggers([document(text, "a.yaml")], {}).flaws
    assert (flaw.spot.line, "the project brings one" in flaw.problem, "copy it" in flaw.problem) == (2, True, True)


def test_a_name_of_ones_own_is_noted_where_it_stands() -> None:
    """What is right has notes with places, and the loaded triggers have the same as lines."""
    text = TRIGGERS.replace("delay_hours >= 12", "warehouse == 'north'")
    known = {template.id: template for template in read_templates(TEMPLATES, "templates.yaml")}
    [note] = check_triggers([document(text, "t.yaml")], known).notes
    assert (note.spot, str(note)) == (Spot("t.yaml", 5, 11, 5, 42), triggers(text).notes[0])

"""The schema for editors: it takes what the reader takes, and refuses what an editor can see."""

from importlib.resources import files

import pytest
import yaml
from jsonschema import Draft202012Validator

from model.contracts import JSON
from serving.policy_files.schema import policy_schema
from serving.policy_files.strict_yaml import document
from tests.serving.policy_files.test_triggers import CHANGES
from tests.serving.triggers.asking import TEMPLATES, TRIGGERS

SCHEMA = Draft202012Validator(policy_schema())
BEYOND = ("when: ", "template: ", "parcel: event")  # the language, and other files


def content(text: str) -> JSON:
    """What a file says."""
    return document(text, "t.yaml").content


def test_the_schema_is_one() -> None:
    """By the rules of its own dialect."""
    Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize("text", [TEMPLATES, TRIGGERS, TEMPLATES + TRIGGERS, "templates:", "triggers:", "triggers: []"])
def test_what_the_reader_takes_fits(text: str) -> None:
    """The contract's examples, both sections, either, none."""
    assert list(SCHEMA.iter_errors(content(text))) == []


def test_the_shipped_policy_fits() -> None:
    """Every file of it."""
    shipped = [each for each in files("serving.policy").joinpath("shipped").iterdir() if each.name.endswith(".yaml")]
    assert [list(SCHEMA.iter_errors(content(each.read_text(encoding="utf-8")))) for each in shipped] == [[]] * len(
        shipped
    )


OTHERWISE = ("also needs", "has no fact", "the same `id`", "between quotes", "stands twice", "nothing else")
SEEN = [
    (before, after)
    for before, after, problem in CHANGES
    if after == "when: true" or not (after.startswith(BEYOND) or any(word in problem for word in OTHERWISE))
]


@pytest.mark.parametrize(("before", "after"), SEEN, ids=range(len(SEEN)))
def test_what_the_reader_refuses_does_not_fit(before: str, after: str) -> None:
    """Keys, words, channels, evidence: all that does not take another file, or the language, to see."""
    assert list(SCHEMA.iter_errors(content(TRIGGERS.replace(before, after, 1)))) != []


@pytest.mark.parametrize("change", [{"purpose": "upsell"}, {"text": ""}, {"facts": {"a": "money"}}, {"link": "x"}])
def test_a_template_that_is_refused_does_not_fit(change: dict[str, JSON]) -> None:
    """The same for templates."""
    said = yaml.safe_load(TEMPLATES)
    said["templates"][0] |= change
    assert list(SCHEMA.iter_errors(said)) != []

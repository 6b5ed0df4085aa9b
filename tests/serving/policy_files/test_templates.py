"""Reading a policy folder: strict YAML, errors with their place, tightened limits."""

from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.policy.limits import Limits
from serving.policy_files.templates import load_policy, read_templates, shipped_digests

GOOD = """
templates:
  - id: parcel_delayed
    purpose: delivery_update
    text: "Parcel {parcel} is late. Reply to move it."
    facts: { parcel: string }
    next_step: "Reply to move it."
triggers:
  - id: parcel_delayed
    on: shipment.delayed
"""


def test_without_a_folder_the_shipped_templates_are_read() -> None:
    """Under the default limits, with every digest among those that come approved."""
    policy = load_policy()
    assert policy.limits == Limits()
    assert {digest: f"template:{name}" for name, digest in policy.digests.items()} == shipped_digests()


def test_a_folder_replaces_the_shipped_templates(tmp_path: Path) -> None:
    """All `*.yaml` files of it, in order of their names; triggers are read elsewhere."""
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD.replace("parcel_delayed", "parcel_late"), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not yaml: [", encoding="utf-8")
    assert list(load_policy(tmp_path).templates) == ["parcel_delayed", "parcel_late"]


def test_an_empty_file_has_no_templates(tmp_path: Path) -> None:
    """Nothing is nothing; every template name is then unknown."""
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    assert dict(load_policy(tmp_path).templates) == {}


def test_overrides_tighten() -> None:
    """They reach the limits, and what loosens is refused."""
    assert load_policy(overrides={"contacts_24h": 1}).limits.contacts_24h == 1
    with pytest.raises(InvalidInput, match="would loosen the policy"):
        load_policy(overrides={"contacts_24h": 3})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("templates: [", "not valid YAML"),
        ("templates: 1\ntemplates: 2", "a key stands twice"),
        ("templates:\n  - {id: a, id: b}", "a key stands twice"),
        ("templates: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("a: &a [*a]", "anchors (`&`) and aliases (`*`) are not read"),
        ("- a", "nothing else"),
        ("limits: {}", "nothing else"),
        ("templates: {}", "is not a list"),
        ("templates: {a: b}", "is not a list"),
        ("templates:\n  - id: x", "here, template 1: `purpose`, `text` missing; add it"),
        ("{? [a]: b}", "not valid YAML"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(text: str, problem: str) -> None:
    """YAML faults, duplicate keys, objects, other keys; with the file's name first."""
    with pytest.raises(InvalidInput) as caught:
        read_templates(text, "here")
    assert str(caught.value).startswith("here")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    """A missing folder, a file, a folder of something else: never an empty policy by mistake."""
    (tmp_path / "x.txt").write_text("", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "x.txt"):
        with pytest.raises(InvalidInput, match=r"is not a folder with `\*\.yaml` files"):
            load_policy(folder)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Other encodings, other things."""
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match=r"a\.yaml: cannot be read \(UnicodeDecodeError\)"):
        load_policy(tmp_path)


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    """A megabyte of templates is not a policy that anybody has read."""
    (tmp_path / "a.yaml").write_text("#" * (1 << 20) + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="split the file"):
        load_policy(tmp_path)


def test_two_files_cannot_define_one_template(tmp_path: Path) -> None:
    """Neither wins."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(InvalidInput, match="defined twice"):
        load_policy(tmp_path)

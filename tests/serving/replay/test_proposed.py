"""What `--policy FILE` proposes: a folder, one file of templates, or an `outreach.toml`."""

from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput
from serving.policy.limits import Limits, tighten
from serving.policy.policy import limited
from serving.policy_files.templates import load_policy
from serving.replay.proposed import is_looser, proposed, templates_that_differ

STRICT = limited(load_policy(), tighten(Limits(), {"contacts_24h": 1}))
TEMPLATE = """templates:
  - id: {name}
    purpose: delivery_update
    text: "Your parcel {{parcel}} now arrives on {{new_eta}}, we are sorry. Reply to change the address."
    facts: {{ parcel: string, new_eta: string }}
    next_step: "Reply to change the address."
"""


def written(path: Path, name: str = "parcel_delayed") -> Path:
    """Write one template."""
    path.write_text(TEMPLATE.format(name=name), encoding="utf-8")
    return path


def test_a_file_replaces_templates_of_its_ids_and_adds_others(tmp_path: Path) -> None:
    """The other templates and all limits stay."""
    changed = proposed(written(tmp_path / "a.yaml"), STRICT)
    added = proposed(written(tmp_path / "b.yml", "parcel_lost"), STRICT)
    actual = [(templates_that_differ(STRICT, each), each.limits) for each in (changed, added)]
    assert actual == [({"parcel_delayed": "changed"}, STRICT.limits), ({"parcel_lost": "added"}, STRICT.limits)]


def test_a_folder_has_all_templates_there_are(tmp_path: Path) -> None:
    """What is not in it is gone; the limits stay."""
    written(tmp_path / "a.yaml", "parcel_lost")
    found = proposed(tmp_path, STRICT)
    differ = templates_that_differ(STRICT, found)
    actual = (set(found.templates), differ["parcel_lost"], differ["parcel_delayed"], found.limits == STRICT.limits)
    assert actual == ({"parcel_lost"}, "added", "removed", True)


def test_a_toml_of_limits_leaves_the_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are its own, whatever this environment says; they may be looser than what is configured now."""
    monkeypatch.setenv("OUTREACH_LIMITS", '{"contacts_7d": 0}')
    at_hand = proposed(written(tmp_path / "own.yaml"), STRICT)
    path = tmp_path / "proposal.toml"
    path.write_text("[limits]\ncontacts_7d = 2\n", encoding="utf-8")
    found = proposed(path, at_hand)
    actual = (found.limits, templates_that_differ(at_hand, found), is_looser(at_hand.limits, found.limits))
    assert actual == (tighten(Limits(), {"contacts_7d": 2}), {}, True)


def test_a_toml_of_texts_leaves_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder is read as from `outreach.toml`; settings that decide nothing are left aside."""
    (tmp_path / "texts").mkdir()
    written(tmp_path / "texts" / "a.yaml", "parcel_lost")
    monkeypatch.chdir(tmp_path)
    Path("proposal.toml").write_text('policy = "texts"\nport = 8081\n', encoding="utf-8")
    found = proposed(Path("proposal.toml"), STRICT)
    actual = (
        set(found.templates),
        found.limits,
        found.version == limited(load_policy(Path("texts")), found.limits).version,
    )
    assert actual == ({"parcel_lost"}, STRICT.limits, True)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("no.yaml", None, "does not exist"),
        ("a.txt", "x", "name a folder of templates, a `.yaml` file, or an `outreach.toml`"),
        ("a.yaml", "triggers: []", "holds no `templates`"),
        ("a.yaml", "template: []", "a policy file has `templates` and `triggers`, nothing else"),
        ("a.toml", "[limits]\ncontacts_7d = 9\n", "would loosen the policy"),
        ("a.toml", "limit = 1\n", "there is no setting `limit`"),
        (
            "a.toml",
            'model = "m"\n[shares]\nmodel = 0.5\npolicy_only = 0.25\nholdout = 0.25\n',
            "also sets `model` and `shares`; what it can try is `policy` and `[limits]`: take the rest out, and",
        ),
    ],
    ids=[
        "not there",
        "another kind",
        "no templates",
        "no policy",
        "looser than ever",
        "no setting",
        "what is no policy",
    ],
)
def test_what_is_no_policy_is_refused(name: str, text: str | None, expected: str, tmp_path: Path) -> None:
    """With what would do."""
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        proposed(tmp_path / name, STRICT)
    actual = str(caught.value)
    assert expected in actual


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"contacts_24h": 1}, False),
        ({"contacts_24h": 1}, {}, True),
        ({"cooling_off_days": 20}, {}, True),
        ({}, {"cooling_off_days": 20}, False),
        ({"switched_off": ["onboarding"]}, {"switched_off": ["remediation"]}, True),
        ({"contacts_24h": 1}, {"contacts_7d": 1}, True),
        ({}, {}, False),
    ],
)
def test_looser_is_whatever_refuses_less(before: dict[str, Any], after: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  (what is expected)
    """In any limit, whatever the others do."""
    actual = is_looser(tighten(Limits(), before), tighten(Limits(), after))
    assert actual is expected

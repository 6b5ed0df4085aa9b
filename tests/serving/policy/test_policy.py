"""A policy as one value: its version covers whatever can change an answer."""

from dataclasses import replace

import pytest

from model.contracts import Message
from model.errors import InvalidInput
from serving.policy import policy as policy_module
from serving.policy.limits import Limits, tighten
from serving.policy.linear import SILENT
from serving.policy.policy import digest_of, make_policy
from serving.policy.templates import digest, text_digest
from serving.policy.wording import RULES, Wording
from serving.policy_files.source import source_digest
from serving.policy_files.templates import shipped_wording
from tests.occasions import candidate, policy, shipped


def test_the_same_policy_has_the_same_version() -> None:
    """Whatever the order of the files."""
    assert (
        make_policy(Limits(), shipped(), shipped_wording()).version
        == make_policy(Limits(), shipped()[::-1], shipped_wording()).version
    )


@pytest.mark.parametrize("overrides", [{"contacts_24h": 1}, {"quiet_start": "20:00"}, {"switched_off": ["onboarding"]}])
def test_another_limit_is_another_version(overrides: dict[str, object]) -> None:
    """Every limit counts."""
    assert make_policy(tighten(Limits(), overrides), shipped(), shipped_wording()).version != policy().version


def test_another_template_is_another_version() -> None:
    """A changed word, a template more or less."""
    changed = replace(shipped()[0], text=shipped()[0].text + " Thanks.")
    versions = {
        make_policy(Limits(), templates, shipped_wording()).version
        for templates in (shipped(), shipped()[1:], (changed, *shipped()[1:]))
    }
    assert len(versions) == 3


def test_another_wording_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The veto's rules and its model are part of the policy."""
    before = make_policy(Limits(), shipped(), Wording(SILENT)).version
    other = make_policy(Limits(), shipped(), Wording(replace(SILENT, sha256="another"))).version
    monkeypatch.setattr(policy_module, "RULES", {})
    assert len({before, other, make_policy(Limits(), shipped(), Wording(SILENT)).version}) == 3


def test_another_hint_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint refuses nothing by itself, and the model weighs it."""
    before = policy().version
    assert make_policy(Limits(), shipped(), shipped_wording()).version == before
    rules = {name: replace(rule, hints="") for name, rule in RULES.items()}
    monkeypatch.setattr(policy_module, "RULES", rules)
    assert make_policy(Limits(), shipped(), shipped_wording()).version != before


@pytest.mark.parametrize("name", ["said", "words_digest"])
def test_other_rules_on_facts_and_other_words_are_another_version(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What a fact may say, and the words by which a language is told, decide as well."""
    before = policy().version
    monkeypatch.setattr(policy_module, name, lambda: "other")
    assert make_policy(Limits(), shipped(), shipped_wording()).version != before


def test_another_source_is_another_version() -> None:
    """Whatever stands in no list above is covered by what the modules say."""
    wordings = [Wording(SILENT, source=source) for source in ("", "sha256:0", "sha256:1")]
    versions = {make_policy(Limits(), shipped(), wording).version for wording in wordings}
    assert (len(versions), shipped_wording().source) == (3, source_digest())


def test_two_templates_of_one_name_are_refused() -> None:
    """Which of them was approved could not be said."""
    with pytest.raises(InvalidInput, match=r"template `parcel_delayed` is defined twice; rename one of them"):
        make_policy(Limits(), [shipped()[0], shipped()[0]], shipped_wording())


def test_the_digest_to_approve_is_the_template_s_or_the_text_s() -> None:
    """What does not exist has none."""
    rules = policy()
    messages = [
        Message(template="parcel_delayed"),
        Message(template="nowhere"),
        Message(text="a", next_step="b"),
        Message(),
    ]
    expected = [digest(rules.templates["parcel_delayed"]), None, text_digest("a", "b"), None]
    assert [digest_of(candidate(message=message), rules) for message in messages] == expected


def test_a_policy_cannot_be_changed() -> None:
    """Neither its fields nor its templates."""
    with pytest.raises(AttributeError):
        policy().limits = Limits()  # type: ignore[misc]
    with pytest.raises(TypeError):
        policy().templates["x"] = shipped()[0]  # type: ignore[index]

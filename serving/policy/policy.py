"""A policy as one value: limits and templates, with a version over everything that can change an answer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType

from model.contracts import Candidate
from model.errors import InvalidInput
from serving.policy.courting import TIED
from serving.policy.facts import canonical
from serving.policy.greeting import GREETING
from serving.policy.language import words_digest
from serving.policy.limits import Limits
from serving.policy.purposes import SERVICES
from serving.policy.reasons import REASONS
from serving.policy.selling_facts import said
from serving.policy.templates import Template, digest, text_digest
from serving.policy.waivers import WAIVED_FROM
from serving.policy.wording import RULES, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `decide` decides by; `digests` maps template ids to what is approved, `version` is `sha256:…`."""

    limits: Limits
    templates: Mapping[str, Template]
    digests: Mapping[str, str]
    wording: Wording
    version: str


def make_policy(limits: Limits, templates: Sequence[Template], wording: Wording) -> Policy:
    """Put a policy together; raises InvalidInput where two templates share an id."""
    by_id: dict[str, Template] = {}
    for template in templates:
        if template.id in by_id:
            raise InvalidInput(f"template `{template.id}` is defined twice; rename one of them")
        by_id[template.id] = template
    digests = {name: digest(template) for name, template in by_id.items()}
    return Policy(
        limits=limits,
        templates=MappingProxyType(by_id),
        digests=MappingProxyType(digests),
        wording=wording,
        version=_version(limits, digests, _marks(wording)),
    )


def limited(policy: Policy, limits: Limits) -> Policy:
    """Return the same policy under other limits: what it would be if the configuration had set them."""
    if limits == policy.limits:
        return policy
    return replace(policy, limits=limits, version=_version(limits, policy.digests, _marks(policy.wording)))


def version_of(policy: Policy, template: str | None) -> int:
    """Return what the columns of a message of this template depend on, beside the message: a number below 2**63.

    That is the template's text, the wording, and the source of all; never the limits, nor any other template. Free
    text, and a template that the policy does not have, are read alike.
    """
    digest = None if template is None else policy.digests.get(template)
    return _version_of_one(None if digest is None else template, digest, _marks(policy.wording))


@lru_cache(maxsize=4096)
def _version_of_one(template: str | None, digest: str | None, marks: tuple[str, str]) -> int:
    named = canonical([_version_of_none(marks), template, digest])
    return int.from_bytes(hashlib.sha256(named).digest()[:8], "big") >> 1


@lru_cache(maxsize=64)
def _version_of_none(marks: tuple[str, str]) -> str:
    return _version(Limits(), {}, marks)


def _marks(wording: Wording) -> tuple[str, str]:
    """Return what tells one wording from another."""
    return wording.model.sha256, wording.source


def _version(limits: Limits, digests: Mapping[str, str], marks: tuple[str, str]) -> str:
    """Return the SHA-256 over limits, templates, catalogue, purposes, waivers, wording, and the source of all."""
    set_limits = {each.name: getattr(limits, each.name) for each in fields(limits)}
    plain = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in set_limits.items()}
    services = [
        [purpose, service.evidence, sorted(service.channels), service.silent, service.on_page, service.until_due]
        for purpose, service in SERVICES.items()
    ]
    catalogue = [[entry.code, entry.outcome, entry.question] for entry in REASONS.values()]
    rules = [[rule.id, rule.code, rule.words, list(rule.patterns()), list(rule.hinting())] for rule in RULES.values()]
    whole = [
        plain,
        digests,
        catalogue,
        services,
        WAIVED_FROM,
        rules,
        TIED,
        GREETING,
        *marks,
        said(),
        words_digest(),
    ]
    return f"sha256:{hashlib.sha256(canonical(whole)).hexdigest()}"


def digest_of(candidate: Candidate, policy: Policy) -> str | None:
    """Return the digest whose approval the ledger looks up; None for a template that does not exist, or no message."""
    message = candidate.message
    if message.template is not None:
        return policy.digests.get(message.template)
    return None if message.text is None else text_digest(message.text, message.next_step)

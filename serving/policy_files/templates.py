"""Reading templates from files: with limits they are the policy.

A folder holds `*.yaml` with `templates:` (and `triggers:`, which `serving.policy_files.triggers` reads). Without a
folder the shipped templates are read; their digests come approved with a new ledger.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy.limits import Limits, tighten
from serving.policy.policy import Policy, make_policy
from serving.policy.templates import Template, digest, parse
from serving.policy.wording import Wording
from serving.policy_files.source import source_digest
from serving.policy_files.strict_yaml import Document, document, documents
from serving.policy_files.weights import shipped_model


def load_policy(folder: Path | None = None, overrides: Mapping[str, JSON] | None = None) -> Policy:
    """Read a policy folder (None: the shipped templates) under tightened limits.

    Raises:
        InvalidInput: an unreadable or malformed file, an invalid template, a limit that would loosen, or no source.
    """
    templates = _shipped() if folder is None else [each for found in documents(folder) for each in _templates(found)]
    return make_policy(tighten(Limits(), overrides or {}), templates, shipped_wording())


def shipped_templates() -> list[Template]:
    """Return the templates that come with the project."""
    return list(_shipped())


@cache
def _shipped() -> tuple[Template, ...]:
    """Read them once; no template can be changed."""
    return tuple(template for found in documents(None) for template in _templates(found))


def shipped_wording() -> Wording:
    """Return the veto on wording with the model that comes with the project; there is no other.

    Raises:
        InvalidInput: the source of a module that judges cannot be read.
    """
    return Wording(shipped_model(), source_digest())


def shipped_digests() -> dict[str, str]:
    """Return digest → what (`template:parcel_delayed`) of the shipped templates, approved when a ledger is made."""
    return {digest(template): f"template:{template.id}" for template in shipped_templates()}


def read_templates(text: str, place: str) -> list[Template]:
    """Read the templates of one file's text; `place` names it in errors. Raises InvalidInput."""
    return _templates(document(text, place))


def _templates(found: Document) -> list[Template]:
    entries = found.content.get("templates")
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise InvalidInput(f"{found.place}: `templates` is not a list; start each template with `- id:`")
    return [parse(entry, f"{found.place}, template {number}") for number, entry in enumerate(entries, start=1)]

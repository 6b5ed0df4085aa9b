"""Reading a policy from files: the only place where the policy meets a disk.

A folder holds `*.yaml` with `templates:` (and `triggers:`, which are read elsewhere). Without a folder the shipped
templates are read; their digests come approved with a new ledger.
"""

from collections.abc import Hashable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy.limits import Limits, tighten
from serving.policy.policy import Policy, make_policy
from serving.policy.templates import Template, digest, parse

TOP = frozenset({"templates", "triggers"})
LARGEST = 1 << 20  # bytes of one file


class _StrictLoader(yaml.SafeLoader):
    """YAML without objects and without duplicate keys (the second would silently win)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  (PyYAML's signature)
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(repr, names))) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice in one mapping", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def load_policy(folder: Path | None = None, overrides: Mapping[str, JSON] | None = None) -> Policy:
    """Read a policy folder (None: the shipped templates) under tightened limits.

    Raises:
        InvalidInput: an unreadable or malformed file, an invalid template, a limit that would loosen.
    """
    templates = shipped_templates() if folder is None else _folder(folder)
    return make_policy(tighten(Limits(), overrides or {}), templates)


def shipped_templates() -> list[Template]:
    """Return the templates that come with the project."""
    text = files("serving.policy").joinpath("shipped", "templates.yaml").read_text(encoding="utf-8")
    return read_templates(text, "shipped/templates.yaml")


def shipped_digests() -> dict[str, str]:
    """Return digest → what (`template:parcel_delayed`) of the shipped templates, approved when a ledger is made."""
    return {digest(template): f"template:{template.id}" for template in shipped_templates()}


def read_templates(text: str, place: str) -> list[Template]:
    """Read the templates of one file; `place` names it in errors. Raises InvalidInput."""
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  (a SafeLoader, stricter)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InvalidInput(f"{place}: not valid YAML ({problem}); mend the file") from None
    if document is None:
        return []
    if not isinstance(document, dict) or not set(document) <= TOP:
        raise InvalidInput(f"{place}: a policy file has `templates` and `triggers`, nothing else")
    entries = document.get("templates")
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise InvalidInput(f"{place}: `templates` is not a list; start each template with `- id:`")
    return [parse(entry, f"{place}, template {number}") for number, entry in enumerate(entries, start=1)]


def _folder(folder: Path) -> list[Template]:
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise InvalidInput(f"`policy`: `{folder}` is not a folder with `*.yaml` files; name one, or leave it out")
    templates: list[Template] = []
    for path in paths:
        try:
            raw = path.read_bytes()
            text = raw.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path.name}: cannot be read ({type(error).__name__}); save it as UTF-8 text") from None
        if len(raw) > LARGEST:
            raise InvalidInput(f"{path.name}: {len(raw)} bytes is more than {LARGEST}; split the file")
        templates.extend(read_templates(text, path.name))
    return templates

"""A template as it stands in a file, read as far as it can be: also one that the reader refuses has its text judged."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from model.contracts import JSON
from serving.policy.purposes import SERVICES, Service
from serving.policy.templates import PLACE
from serving.policy_files.places import Spot, spot_of, spot_within
from serving.policy_files.strict_yaml import Document, members

Part = tuple[str, str]  # `text` or `next_step`, and what it says


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry of `templates`: what it says and where, the `number` counts from 1."""

    found: Document
    content: JSON
    node: yaml.Node
    number: int

    def said(self, name: str) -> str:
        """Return a value that is a text; empty where there is none."""
        value = self.content.get(name) if isinstance(self.content, Mapping) else None
        return value if isinstance(value, str) else ""

    @property
    def service(self) -> Service | None:
        """Return what its purpose is, or None where that is none."""
        return SERVICES.get(self.said("purpose"))

    @property
    def facts(self) -> Mapping[str, JSON]:
        """Return the facts that it declares; none where they are not a mapping."""
        value = self.content.get("facts") if isinstance(self.content, Mapping) else None
        return (
            {name: kind for name, kind in value.items() if isinstance(name, str)} if isinstance(value, Mapping) else {}
        )

    @property
    def parts(self) -> list[Part]:
        """Return what the customer reads: the text, and a next step that the text does not say already."""
        text, step = self.said("text"), self.said("next_step")
        return [("text", text), *([("next_step", step)] if step.strip() not in text else [])]

    @property
    def whole(self) -> str:
        """Return the text as it is sent, with its places."""
        return " ".join(value for _, value in self.parts)

    @property
    def own(self) -> list[Part]:
        """Return the parts with digits in place of the places, so that every character stays where it is."""
        return [(name, PLACE.sub(_digits, value)) for name, value in self.parts]

    def at(self, *names: str) -> Spot:
        """Return where a value stands; where there is none, the `id`, or the entry itself."""
        node = self.node
        for name in names or ("id",):
            node = members(node).get(name, (node, node))[1]
        return spot_of(self.found.place, node)

    def key(self, *names: str) -> Spot:
        """Return where the last of these names stands itself, as a key."""
        *above, last = names
        node = self.node
        for name in above:
            node = members(node).get(name, (node, node))[1]
        return spot_of(self.found.place, members(node).get(last, (node, node))[0])

    def within(self, name: str, start: int, end: int) -> Spot:
        """Return where these characters of the text or the next step stand."""
        node = members(self.node).get(name, (self.node, self.node))[1]
        if not isinstance(node, yaml.ScalarNode):
            return spot_of(self.found.place, node)
        return spot_within(self.found.place, self.found.text, node, start, end)

    def split(self, start: int, end: int) -> tuple[str, int, int]:
        """Return the part in which characters of `whole` stand, and where in it; of what crosses both, the first."""
        before = 0
        for name, value in self.parts:
            if start < before + len(value):
                return name, start - before, min(end - before, len(value))
            before += len(value) + 1
        return self.parts[-1][0], 0, len(self.parts[-1][1])


def _digits(match: re.Match[str]) -> str:
    return "0" * len(match[0])


def drafts(found: Document) -> Iterator[Draft]:
    """Yield the templates of a file; none where the section is not a list."""
    section = found.content.get("templates")
    if isinstance(section, list):
        for number, (content, node) in enumerate(zip(section, found.entries("templates"), strict=True), start=1):
            yield Draft(found, content, node, number)

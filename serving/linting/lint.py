"""Everything that is wrong with the files of a policy, each at its own place; nothing stops at the first fault."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.errors import InvalidInput
from serving.linting.draft import Draft, drafts
from serving.linting.filling import facts, length, mostly_places
from serving.linting.finding import Finding, LintRule, found, order
from serving.linting.leftovers import Noted, markup, shouting, unfilled, urgency
from serving.linting.rules import (
    FILE,
    HIDDEN,
    ID_TWICE,
    MARKUP,
    NO_TRIGGER,
    NOT_READ,
    SAME_TEXT,
    SHOUTING,
    TEMPLATE,
    TRIGGER,
    TRIGGER_NAME,
    UNFILLED,
    URGENCY,
)
from serving.linting.signs import hidden
from serving.linting.wording import next_step, wording
from serving.policy.purposes import SERVICES
from serving.policy.templates import FACT_TYPES, KEYS, NAME, Template, parse
from serving.policy.wording import Wording
from serving.policy_places import Flaw, Spot, spot_of
from serving.policy_yaml import Document, members
from serving.trigger_files import check_triggers

BETTER_SAID = ("has a brace that", "is not both a place", "`next_step` is missing")  # by a rule with its place
LEFT_OVER: tuple[tuple[LintRule, Callable[[str], Iterator[Noted]]], ...] = (
    (UNFILLED, unfilled),
    (MARKUP, markup),
    (URGENCY, urgency),
)


@dataclass(frozen=True, slots=True)
class Linted:
    """What was looked at, and what was found, in the order of files and lines."""

    templates: int
    triggers: int
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]  # of the files that could be read, by name


def lint(found_files: Sequence[Document | Flaw], veto: Wording, *, unread: Sequence[str] = ()) -> Linted:
    """Check templates and triggers of all files together; a file that is none is one finding, one not read a note."""
    documents = [each for each in found_files if isinstance(each, Document)]
    findings = [found(FILE, each.spot, each.problem) for each in found_files if isinstance(each, Flaw)]
    entries = [draft for each in documents for draft in drafts(each)]
    findings += [found(NOT_READ, Spot(name, 1), "only `*.yaml` files of a folder are read") for name in unread]
    findings += [finding for each in documents for finding in _not_a_list(each)]
    templates, faults = _parsed(entries)
    checked = check_triggers(documents, templates)
    sent_on = _sent_on(documents)
    lost = [f"`{draft.said('id')}` is no template" for draft in entries if draft.said("id") not in templates]
    findings += faults
    findings += [
        found(TRIGGER, flaw.spot, flaw.problem)
        for flaw in checked.flaws
        if not any(each in flaw.problem for each in lost)
    ]
    findings += [found(TRIGGER_NAME, note.spot, note.problem) for note in checked.notes]
    for draft in entries:
        findings += _of_template(draft, veto, sent_on.get(draft.said("id")))
    findings += [*_same_texts(entries), *_without_trigger(entries, sent_on)]
    triggers = sum(len(each.entries("triggers")) for each in documents)
    texts = {each.place: each.text for each in documents}
    return Linted(len(entries), triggers, tuple(sorted(findings, key=order)), texts)


def _not_a_list(document: Document) -> Iterator[Finding]:
    section = document.content.get("templates")
    if section is not None and not isinstance(section, list):
        spot = spot_of(document.place, members(document.root)["templates"][0])
        yield found(TEMPLATE, spot, "`templates` is not a list; start each template with `- id:`")


def _parsed(entries: Sequence[Draft]) -> tuple[Mapping[str, Template], list[Finding]]:
    """Return the templates that can be read by their ids, and what the reader says of the others."""
    by_id: dict[str, Template] = {}
    places: dict[str, Draft] = {}
    faults: list[Finding] = []
    for draft in entries:
        name = draft.said("id")
        before = places.setdefault(name, draft).at() if name else draft.at()
        if before != draft.at():
            message = f"the same `id` stands at {before.file}:{before.line}"
            faults.append(found(ID_TWICE, draft.at(), message, said=name))
        try:
            by_id.setdefault(name, parse(draft.content, ""))
        except InvalidInput as error:
            faults += _refused(draft, str(error).removeprefix(": "))
            if (meant := _meant(draft)) is not None:
                by_id.setdefault(name, meant)
    return by_id, faults


def _meant(draft: Draft) -> Template | None:
    """Return what a template that the reader refuses would be to its triggers: they are checked all the same."""
    name, purpose, text = (draft.said(each) for each in ("id", "purpose", "text"))
    if not (NAME.fullmatch(name) and purpose in SERVICES and text):
        return None
    facts = {fact: str(kind) if kind in FACT_TYPES else FACT_TYPES[0] for fact, kind in draft.facts.items()}
    return Template(id=name, purpose=purpose, text=text, facts=facts)


def _refused(draft: Draft, problem: str) -> Iterator[Finding]:
    """Say what the reader says, at the value that it names; not where a rule says the same of a smaller place."""
    if draft.said("text") and any(each in problem for each in BETTER_SAID):
        return
    named = [
        key
        for key in sorted(KEYS)
        if f"`{key}` is" in problem or f"`{key}` has" in problem or f"`{key}` does" in problem
    ]
    yield found(TEMPLATE, draft.at(*named[:1]), problem)


def _of_template(draft: Draft, veto: Wording, channels: frozenset[str] | None) -> Iterator[Finding]:
    if not draft.whole.strip():
        return
    yield from wording(draft, veto)
    yield from next_step(draft)
    yield from facts(draft)
    yield from mostly_places(draft)
    yield from length(draft, channels)
    yield from _left_over(draft)


def _left_over(draft: Draft) -> Iterator[Finding]:
    for name, value in draft.own:
        written = draft.said(name)
        for rule, look in LEFT_OVER:
            for start, end, message in look(value):
                said = written[start:end]
                yield found(
                    rule,
                    draft.within(name, start, end),
                    message.format(said=" ".join(said.split())),
                    said=said,
                    span=(start, end),
                )
        for sign in hidden(written):
            span = (sign.place, sign.place + 1)
            yield found(HIDDEN, draft.within(name, *span), sign.words, said=written[slice(*span)], span=span)
    for _, _, message in shouting(" ".join(value for _, value in draft.own)):
        yield found(SHOUTING, draft.at("text"), message)


def _sent_on(documents: Sequence[Document]) -> Mapping[str, frozenset[str]]:
    """Return the channels on which triggers send a template, by its id; also those of triggers that have a fault."""
    sections = [section for each in documents if isinstance(section := each.content.get("triggers"), list)]
    sent = [entry for section in sections for entry in section if isinstance(entry, Mapping)]
    named = {str(entry.get("template")) for entry in sent}
    return {
        name: frozenset(str(entry.get("channel")) for entry in sent if str(entry.get("template")) == name)
        for name in named
    }


def _same_texts(entries: Sequence[Draft]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Draft] = {}
    for draft in entries:
        said = draft.said("purpose"), " ".join(draft.whole.casefold().split())
        if said[1] and first.setdefault(said, draft) is not draft:
            spot = first[said].at()
            message = f"`{first[said].said('id')}` at {spot.file}:{spot.line} says the same"
            yield found(SAME_TEXT, draft.at("text"), message)


def _without_trigger(entries: Sequence[Draft], sent_on: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Yield a note for each template that no trigger names; one for all of them where there is no trigger at all."""
    if entries and not sent_on:
        message = "there is no trigger in these files: no event sends any of the templates"
        yield found(NO_TRIGGER, entries[0].at(), message)
        return
    for draft in entries:
        if draft.said("id") and draft.said("id") not in sent_on:
            yield found(NO_TRIGGER, draft.at(), f"no trigger names `{draft.said('id')}`: no event sends it")

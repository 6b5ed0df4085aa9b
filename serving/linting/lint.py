"""Everything that is wrong with the files of a policy, each at its own place; nothing stops at the first fault."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.errors import InvalidInput
from serving.linting.draft import Draft, drafts
from serving.linting.filling import facts, length, mostly_places
from serving.linting.finding import Finding, LintRule, Severity, found, order
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
    STEP_MISSING,
    TEMPLATE,
    TRIGGER,
    TRIGGER_NAME,
    UNDECLARED,
    UNFILLED,
    UNUSED,
    URGENCY,
)
from serving.linting.signs import hidden
from serving.linting.wording import next_step, wording
from serving.policy.purposes import SERVICES
from serving.policy.templates import (
    FACT_TYPES,
    KEYS,
    LONGEST_TEXT,
    NAME,
    NO_PLACE,
    NO_STEP,
    SIGNS,
    UNPAIRED,
    Template,
    parse,
)
from serving.policy.wording import Wording
from serving.policy_files.places import Flaw, Spot, spot_of
from serving.policy_files.strict_yaml import Document, members
from serving.policy_files.triggers import check_triggers

BETTER_SAID: Mapping[str, frozenset[str]] = {  # how the reader's refusal ends: the rules that name a smaller place
    NO_PLACE: frozenset({UNFILLED.id}),
    UNPAIRED: frozenset({UNDECLARED.id, UNUSED.id}),
    NO_STEP: frozenset({STEP_MISSING.id}),
}
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
    templates, refusals = _parsed(entries)
    sent_on = _sent_on(documents)
    findings += _of_triggers(documents, templates, {draft.said("id") for draft in entries} - {*templates})
    for draft, refusal in zip(entries, refusals, strict=True):
        findings += _of_template(draft, veto, sent_on.get(draft.said("id")), refusal)
    findings += [*_same_ids(entries), *_same_texts(entries), *_without_trigger(entries, sent_on)]
    triggers = sum(len(each.entries("triggers")) for each in documents)
    texts = {each.place: each.text for each in documents}
    return Linted(len(entries), triggers, tuple(sorted(findings, key=order)), texts)


def _not_a_list(document: Document) -> Iterator[Finding]:
    section = document.content.get("templates")
    if section is not None and not isinstance(section, list):
        spot = spot_of(document.place, members(document.root)["templates"][0])
        yield found(TEMPLATE, spot, "`templates` is not a list; start each template with `- id:`")


def _of_triggers(documents: Sequence[Document], templates: Mapping[str, Template], lost: set[str]) -> Iterator[Finding]:
    """Yield what is wrong with triggers; not that a template is none where it is `lost`: its own fault is said."""
    checked = check_triggers(documents, templates)
    named = [(each.place, members(node).get("template")) for each in documents for node in each.entries("triggers")]
    spots = {spot_of(place, name[1]) for place, name in named if name is not None and str(name[1].value) in lost}
    yield from (found(TRIGGER, flaw.spot, flaw.problem) for flaw in checked.flaws if flaw.spot not in spots)
    yield from (found(TRIGGER_NAME, note.spot, note.problem) for note in checked.notes)


def _parsed(entries: Sequence[Draft]) -> tuple[Mapping[str, Template], list[str | None]]:
    """Return the templates by their ids, and what the reader refuses of each entry; None where it takes it."""
    by_id: dict[str, Template] = {}
    refusals: list[str | None] = []
    for draft in entries:
        refusal, meant = None, None
        try:
            meant = parse(draft.content, "")
        except InvalidInput as error:
            refusal, meant = str(error).removeprefix(": "), _meant(draft)
        if meant is not None:
            by_id.setdefault(meant.id, meant)
        refusals.append(refusal)
    return by_id, refusals


def _same_ids(entries: Sequence[Draft]) -> Iterator[Finding]:
    first: dict[str, Draft] = {}
    for draft in entries:
        name = draft.said("id")
        if name and (before := first.setdefault(name, draft)) is not draft:
            spot = before.at()
            yield found(ID_TWICE, draft.at(), f"the same `id` stands at {spot.file}:{spot.line}", said=name)


def _meant(draft: Draft) -> Template | None:
    """Return what a template that the reader refuses would be to its triggers: they are checked all the same."""
    name, purpose, text = (draft.said(each) for each in ("id", "purpose", "text"))
    if not (NAME.fullmatch(name) and purpose in SERVICES and text):
        return None
    facts = {fact: str(kind) if kind in FACT_TYPES else FACT_TYPES[0] for fact, kind in draft.facts.items()}
    return Template(id=name, purpose=purpose, text=text, facts=facts)


def _refused(draft: Draft, problem: str) -> Finding:
    """Say what the reader says, at the value that it names."""
    named = [
        key
        for key in sorted({*KEYS, *(map(str, draft.content) if isinstance(draft.content, Mapping) else ())})
        if f"`{key}` is" in problem or f"`{key}` has" in problem or f"`{key}` does" in problem
    ]
    return found(TEMPLATE, draft.at(*named[:1]), problem)


def _says(findings: Sequence[Finding], problem: str) -> bool:
    """Whether one of these errors says what the reader says."""
    said = {
        each.rule
        for each in findings
        if each.severity is Severity.ERROR and (each.rule != UNFILLED.id or re.search(SIGNS, each.said))
    }
    return any(problem.endswith(words) and said & rules for words, rules in BETTER_SAID.items())


def _of_template(
    draft: Draft, veto: Wording, channels: frozenset[str] | None, refusal: str | None
) -> Iterator[Finding]:
    """Yield what rules find in a template, and what the reader refuses where no rule says it of a smaller place."""
    said = list(_by_rules(draft, veto, channels))
    yield from said
    if refusal is not None and not _says(said, refusal):
        yield _refused(draft, refusal)


def _by_rules(draft: Draft, veto: Wording, channels: frozenset[str] | None) -> Iterator[Finding]:
    if (
        not draft.whole.strip() or len(draft.said("text")) > LONGEST_TEXT
    ):  # what is too long nobody sends: no more to say
        return
    if len(draft.said("next_step")) > LONGEST_TEXT:
        yield found(TEMPLATE, draft.at("next_step"), f"`next_step` is longer than {LONGEST_TEXT} characters")
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

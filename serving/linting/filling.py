"""The places of a template: what fills them, how much is left to whoever does, and how long it gets."""

import re
from collections.abc import Iterator

from model.contracts import Channel
from serving.linting.draft import Draft
from serving.linting.finding import Finding, found
from serving.linting.rules import MAYBE_TOO_LONG, MOSTLY_PLACES, NO_FACTS, TOO_LONG, UNDECLARED, UNUSED
from serving.policy.templates import LONGEST_TEXT, PLACE

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
LEAST_WORDS, LEAST_BEFORE_STEP = 3, 1.5  # words of its own for each place: in all, and without the next step;
LEAST_SILENT = 2  # where there is no next step
LONGEST_SMS = 320  # characters
LENGTH = 20  # characters that a fact is taken to have


def facts(draft: Draft) -> Iterator[Finding]:
    """Yield places without a fact, facts without a place, and a text that says nothing of what happened."""
    text, declared = draft.said("text"), draft.facts
    if len(declared) > LONGEST_TEXT:  # more than a text can have places: the reader refuses them in one line
        return
    places = {match[1]: match.span() for match in reversed(list(PLACE.finditer(text)))}
    for name, (start, end) in places.items():
        if name not in declared:
            spot = draft.within("text", start, end)
            yield found(
                UNDECLARED, spot, f"`{name}` is a place, and not in `facts`", said=text[start:end], span=(start, end)
            )
    for name in declared:
        if name not in places:
            yield found(
                UNUSED, draft.key("facts", name), f"`{name}` is in `facts`, and no place of the text", said=name
            )
    service = draft.service
    if text.strip() and not places and service is not None and not service.on_page:
        message = "it says no fact of its evidence: outside the customer's own session it is always refused"
        yield found(NO_FACTS, draft.at("text"), message)


def mostly_places(draft: Draft) -> Iterator[Finding]:
    """Yield a template of which too little is said by itself."""
    text, step = draft.said("text"), draft.said("next_step").strip()
    places = len(PLACE.findall(text))
    words, before = (len(WORD.findall(PLACE.sub(" ", each))) for each in (draft.whole, text.replace(step, " ")))
    least, least_before = (LEAST_WORDS, LEAST_BEFORE_STEP) if step else (LEAST_SILENT, LEAST_SILENT)
    if words < least * places or before < least_before * places:
        own = f"{before} word{'s' * (before != 1)} of its own before the next step"
        message = f"{places} place{'s' * (places > 1)}, and {own}: whoever fills it decides what it says"
        yield found(MOSTLY_PLACES, draft.at("text"), message)


def length(draft: Draft, channels: frozenset[str] | None) -> Iterator[Finding]:
    """Yield a text that is too long for a short message; `channels` are those of its triggers, None: it has none."""
    service = draft.service
    on = channels if channels is not None else frozenset() if service is None else service.channels
    long = len(" ".join(PLACE.sub("x" * LENGTH, draft.whole).split()))
    if Channel.SMS in on and long > LONGEST_SMS:
        message = f"about {long} characters, more than the {LONGEST_SMS} of two short messages"
        yield found(MAYBE_TOO_LONG if channels is None else TOO_LONG, draft.at("text"), message)

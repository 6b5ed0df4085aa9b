"""Templates: parse, validate, digest and render (CONTRACT section 7). Files are read by `serving.policy_files`.

A template is text with `{fact}` places and nothing else: no expressions, no formats, no attributes.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from model.contracts import JSON, Candidate, RenderedMessage
from model.errors import InvalidInput
from serving.policy.facts import canonical, shown
from serving.policy.purposes import SERVICES

FACT_TYPES = ("string", "number", "integer")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")
WORD = re.compile(r"[^\W\d_]{2,}")
SIGNS = r"[{}]|<%|%>|%\(|\[\[|\]\]"  # of places, here and in other languages of templates
ODD = r"\x00\ud800-\udfff"
UNFILLED = (
    re.compile(  # what no finished message contains: one of these, or SIGNS; by its first sign it is found faster
        rf"[{ODD}{{}}<%\[\]](?:(?<=[{ODD}{{}}])|(?<=<)%|(?<=%)[>(]|(?<=\[)\[|(?<=\])\])"
    )
)
NOTHING_SAID = frozenset({"null", "none", "nan", "undefined", "n/a", "unknown", "tbd"})
REQUIRED = ("id", "purpose", "text")
KEYS = (*REQUIRED, "facts", "next_step")
CLOSE = 0.6  # of a word that may have been meant
LONGEST_TEXT = 1000  # characters
NO_PLACE = "is no `{fact}`; write plain names, such as `{parcel}`"
UNPAIRED = "is not both a place in `text` and a name in `facts`; add or remove it"
NO_STEP = "`next_step` is missing; say what the customer can do (only `progress_update` expects no reply)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text for one purpose; `facts` maps each place to `string`, `number` or `integer`."""

    id: str
    purpose: str
    text: str
    facts: Mapping[str, str]
    next_step: str | None = None


def parse(entry: JSON, place: str) -> Template:
    """Make a template of one entry of a file; `place` (file and number) goes into the error.

    Raises:
        InvalidInput: an unknown key, an unknown purpose, a place without a fact, a missing next step …
    """
    if not isinstance(entry, Mapping):
        wanted = ", ".join(f"`{name}:`" for name in REQUIRED)
        raise InvalidInput(f"{place}: a template is not a list or a text; write {wanted}")
    _check_keys(entry, place)
    template_id, purpose, text = entry["id"], entry["purpose"], entry["text"]
    if not isinstance(template_id, str) or not NAME.fullmatch(template_id):
        raise InvalidInput(f"{place}: `id` is not a name of lower-case letters, digits and `_`; rename it")
    if not isinstance(purpose, str) or purpose not in SERVICES:
        raise InvalidInput(f"{place}: template `{template_id}`: `purpose` is none of {', '.join(SERVICES)}")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise InvalidInput(
            f"{place}: template `{template_id}`: `text` is not 1 to {LONGEST_TEXT} characters; write so much"
        )
    next_step = _next_step(entry.get("next_step"), silent=SERVICES[purpose].silent, place=f"{place}: `{template_id}`")
    facts = _facts(entry.get("facts") or {}, text, place=f"{place}: template `{template_id}`")
    if own_words(text, next_step) < len(PLACE.findall(text)):
        raise InvalidInput(
            f"{place}: template `{template_id}`: `text` has fewer words of its own than places; say what happened in it"
        )
    return Template(id=template_id, purpose=purpose, text=text.strip(), facts=facts, next_step=next_step)


def meant(word: str, known: Iterable[str]) -> str:
    """Return how an error about an unknown word ends: with the one that is nearly it, else with all that are known.

    Example:
        >>> meant("nextstep", KEYS), meant("urgent", ("id", "text"))
        ('; did you mean `next_step`?', '; write one of id, text')
    """
    words = list(known)
    close = get_close_matches(word, words, n=1, cutoff=CLOSE)
    return f"; did you mean `{close[0]}`?" if close else f"; write one of {', '.join(words)}"


def _check_keys(entry: Mapping[str, JSON], place: str) -> None:
    for key in map(str, entry):
        if key not in KEYS:
            named = key if key.isprintable() else "(not shown)"
            raise InvalidInput(f"{place}: `{named}` is no key of a template{meant(key, KEYS)}")
    missing = [f"`{name}`" for name in REQUIRED if name not in entry]
    if missing:
        raise InvalidInput(f"{place}: {', '.join(missing)} missing; add it")


def _next_step(value: JSON, *, silent: bool, place: str) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.strip() or UNFILLED.search(value)):
        raise InvalidInput(f"{place}: `next_step` is not a plain sentence; write what the customer can do")
    if value is None and not silent:
        raise InvalidInput(f"{place}: {NO_STEP}")
    return None if value is None else value.strip()


def _facts(value: JSON, text: str, *, place: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and kind in FACT_TYPES for name, kind in value.items()
    ):
        raise InvalidInput(
            f"{place}: `facts` does not map names to {', '.join(FACT_TYPES)}; write such as `parcel: string`"
        )
    named = set(PLACE.findall(text))
    if (sign := UNFILLED.search(PLACE.sub("", text))) is not None:
        odd = sign[0] if sign[0].isprintable() else f"U+{ord(sign[0]):04X}"
        raise InvalidInput(f"{place}: `text` has `{odd}`, which {NO_PLACE}")
    if named != set(value):
        odd = ", ".join(f"`{name}`" for name in sorted(named ^ set(value)))
        raise InvalidInput(f"{place}: {odd} {UNPAIRED}")
    return MappingProxyType(dict(value))


def own_words(text: str, next_step: str | None) -> int:
    """Return how many words a text says by itself: without its places, and without its next step.

    Example:
        >>> own_words("{first} {second} {third}. Reply to change it.", "Reply to change it.")
        0
    """
    return len(WORD.findall(PLACE.sub(" ", text.replace(next_step or "\0", " "))))


def digest(template: Template) -> str:
    """Return what an approval is given to: the SHA-256 of everything the template says."""
    words = [template.id, template.purpose, template.text, template.facts, template.next_step]
    return f"sha256:{hashlib.sha256(canonical(words)).hexdigest()}"


def text_digest(text: str, next_step: str | None = None) -> str:
    """Return the digest that the approval of a free text is given to."""
    return f"sha256:{hashlib.sha256(canonical(['text', text, next_step])).hexdigest()}"


def render(candidate: Candidate, template: Template | None) -> RenderedMessage | None:
    """Return the text as the customer would read it, or None where it cannot be made complete.

    A next step that the text does not say already is said at its end. None: neither or both of template and text, a
    missing or ill-typed fact, a place left unfilled.
    """
    message = candidate.message
    if (message.template is None) == (message.text is None) or (message.template is None) != (template is None):
        return None
    filled = message.text if template is None else _filled(template, message.facts)
    next_step = message.next_step if template is None else template.next_step
    if not filled or not filled.strip():
        return None
    text = whole(filled, next_step)
    if UNFILLED.search(text):
        return None
    service = SERVICES.get(candidate.purpose)
    return RenderedMessage(
        text=text, expects_reply=bool(next_step and next_step.strip()) and not (service and service.silent)
    )


def whole(text: str, next_step: str | None) -> str:
    """Return words as they are sent: a next step that the text does not say already stands at its end.

    Example:
        >>> whole("It is late.", "Reply."), whole("It is late. Reply.", "Reply.")
        ('It is late. Reply.', 'It is late. Reply.')
    """
    step = (next_step or "").strip()
    return text if step in text else f"{text} {step}"


def unfilled(template: Template, facts: Mapping[str, JSON]) -> tuple[list[str], list[str]]:
    """Return the facts that the template needs and the message lacks, and those that it has but nobody could read."""
    lacking = [name for name in template.facts if facts.get(name) is None]
    unfit = [name for name in template.facts if name not in lacking and said(template, name, facts) is None]
    return lacking, unfit


def _filled(template: Template, facts: Mapping[str, JSON]) -> str | None:
    values: dict[str, str] = {}
    for name in template.facts:
        text = said(template, name, facts)
        if text is None:
            return None
        values[name] = text
    return template.text.format_map(values)  # `parse` let only plain names through


def said(template: Template, name: str, facts: Mapping[str, JSON]) -> str | None:
    """Return a fact as the text says it; None where it is missing, of the wrong type, or says nothing."""
    value, kind = facts.get(name), template.facts[name]
    text = shown(value) if isinstance(value, str) == (kind == "string") else None
    if (
        text is None
        or text.casefold() in NOTHING_SAID
        or text == name  # the name of its own place, or one that no customer would read as a word (`new_eta`)
        or ("_" in text and text in template.facts)
        or (kind == "integer" and not text.lstrip("-").isdigit())
    ):
        return None
    return text

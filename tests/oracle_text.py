"""What the oracle reads in a message: facts as they are written, the finished text, what needs no evidence."""

import re
from collections.abc import Mapping
from datetime import datetime

from model.contracts import Candidate, Context

Templates = Mapping[str, Mapping[str, object]]  # id: purpose, text, facts (name: kind), next_step
NO_WORDS = {"null", "none", "nan", "undefined", "n/a", "unknown", "tbd"}
UNFILLED = ("{", "}", "<%", "%>", "%(", "[[", "]]")
_OFFERS = """
€ $ £ % eur euro dollar percent prozent @ :// www.
"""
OFFERS = _OFFERS.split()


def number(value: object) -> bool:
    """Whether it is a JSON number: finite, and neither true nor false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value - value == 0


def written(value: object) -> str | None:
    """Write a fact as the customer would read it; None where it is no fact."""
    if isinstance(value, str):
        value = value.strip()
        return value if 0 < len(value) <= 160 and value.isprintable() else None
    if not number(value):
        return None
    return str(int(value)) if value == int(value) else repr(value)


def of_kind(value: object, kind: object) -> str | None:
    """Write a template's fact; None where it is of another kind, or says that nobody knows it."""
    text = written(value)
    if text is None or text.lower() in NO_WORDS:
        return None
    if kind == "string":
        return text if isinstance(value, str) else None
    return text if number(value) and (kind == "number" or value == int(value)) else None


def the_text(candidate: Candidate, templates: Templates) -> str | None:
    """Return the finished text, or None where it cannot be finished."""
    message = candidate.message
    if message.template is not None and message.text is not None:
        return None
    text, next_step = message.text, message.next_step
    if message.template is not None:
        template = templates.get(message.template)
        if template is None:
            return None
        text, next_step = template["text"], template["next_step"]
        for name, kind in template["facts"].items():
            value = of_kind(message.facts.get(name), kind)
            if value is None:
                return None
            text = text.replace("{" + name + "}", value)
    if text is None or not text.strip():
        return None
    if next_step and next_step.strip() not in text:
        text = text + " " + next_step.strip()
    return None if any(sign in text for sign in UNFILLED) else text


def facts_differ(candidate: Candidate, context: Context) -> bool:
    """Whether the message says another value than the evidence for the same name."""
    data = context.evidence.data
    return any(name in data and not one_fact(value, data[name]) for name, value in candidate.message.facts.items())


def one_fact(stated: object, recorded: object) -> bool:
    """Whether two values are one: equal as JSON, where true is not 1, or written the same."""
    if isinstance(stated, bool) == isinstance(recorded, bool) and stated == recorded:
        return True
    return written(stated) is not None and written(stated) == written(recorded)


def nobody_vouches(candidate: Candidate, context: Context) -> bool:
    """Whether the message states a fact unknown to its evidence that is more than a plain word or number."""
    return any(
        name not in context.evidence.data and not is_plain(value) for name, value in candidate.message.facts.items()
    )


def is_plain(value: object) -> bool:
    """A number, or at most 24 characters and three words without link, percentage or money."""
    text = written(value)
    if text is None or not isinstance(value, str):
        return text is not None
    words = text.lower().split()
    if len(text) > 24 or len(words) > 3 or any(is_price(word) for word in words):
        return False
    linked = any(letter == "." and text[place + 1 : place + 3].isalpha() for place, letter in enumerate(text))
    return not linked and not any(sign in text.lower() for sign in OFFERS)


def is_price(word: str) -> bool:
    """Whether a word is an amount to the cent, such as 912.50; a time such as 9.30 or a date such as 30.11 is none."""
    before, _, after = word.replace(",", ".").partition(".")
    if not (before.isdigit() and after.isdigit() and len(after) == 2):
        return False
    is_time = int(before) < 24 and int(after) < 60
    is_date = int(before) <= 31 and 1 <= int(after) <= 12
    return "," in word or not (is_time or is_date)


def says_a_fact(text: str, context: Context) -> bool:
    """Whether one of the evidence's facts stands in the text as a word of its own; of a page, its name."""
    data = context.evidence.data
    if context.evidence.type.startswith(("page.", "exit.")):
        data = {name: value for name, value in data.items() if name == "page"}
    facts = (written(value) for value in leaves(data))
    return any(stands_in(text, fact) for fact in facts if fact is not None and (len(fact) > 1 or fact.isdigit()))


def leaves(data: Mapping[str, object]) -> list[object]:
    """Return the values, those inside of values too; who is affected and which session are no facts."""
    values: list[object] = []
    for name, value in data.items():
        if name not in {"affected", "session"}:
            values += leaves(value) if isinstance(value, Mapping) else [value]
    return values


def stands_in(text: str, fact: str) -> bool:
    """Whether no letter or digit touches the fact where the text says it."""
    alone = rf"(?<![^\W_]){re.escape(fact.casefold())}(?![^\W_])"
    return re.search(alone, text.casefold()) is not None


def is_json(value: object) -> bool:
    """Whether a value can be written as JSON: no number in it is infinite or none at all."""
    if isinstance(value, Mapping):
        return all(is_json(each) for each in value.values())
    if isinstance(value, list):
        return all(is_json(each) for each in value)
    return not isinstance(value, float) or value - value == 0


def when(value: object) -> datetime | None:
    """Read a date of an event's data; without offset it is none, nor is one at either end of the calendar."""
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo and 2 <= parsed.year < 9999 else None

"""The texts that a proposal changes: their old and new words, and how many messages would go out with them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from model.contracts import JSON
from model.in_words.numbers import counted
from serving.policy.policy import Policy
from serving.policy.templates import Template
from serving.replay.proposed import CHANGED, templates_that_differ

FEW_TEXTS: Final = 3  # that are named one by one
Words = tuple[str | None, str | None]


def words_that_differ(at_hand: Policy, then: Policy) -> dict[str, Words]:
    """Return the old and the new words of each template that is not as it was; None where there is none."""
    names = templates_that_differ(at_hand, then)
    return {name: (_words(at_hand.templates.get(name)), _words(then.templates.get(name))) for name in names}


def _words(one: Template | None) -> str | None:
    """Return the words of a template; its next step stands behind them where they do not hold it."""
    if one is None:
        return None
    if one.next_step is None or one.next_step in one.text:
        return one.text
    return f"{one.text} ({one.next_step})"


def sent_in_other_words(report: Mapping[str, JSON]) -> int:
    """Return how many messages a report has that would go out with a text that is changed."""
    return sum(each["sent"] for each in report["compared"]["texts"] if each["how"] == CHANGED)


def in_short(templates: Mapping[str, str], form: str) -> list[str]:
    """Say which texts differ and how, a few in the `form` given, more by their number, the most first.

    Example:
        >>> in_short({"a": "changed"}, "text {name}: {how}")
        ['text a: changed']
        >>> in_short(dict.fromkeys("abcd", "removed") | {"e": "changed"}, "text {name}: {how}")
        ['4 texts removed, 1 changed']
    """
    if len(templates) <= FEW_TEXTS:
        return [form.format(name=name, how=how) for name, how in templates.items()]
    return [_counted(Counter(templates.values()).most_common())]


def _counted(many: Iterable[tuple[str, int]]) -> str:
    (first, how), *rest = ((count, how) for how, count in many)
    return ", ".join([f"{counted(first, 'text')} {how}", *(f"{count:,} {said}" for count, said in rest)])

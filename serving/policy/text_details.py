"""Why here, about the message: what its text lacks or says too much of, and what is wrong with its template."""

from collections.abc import Callable

from serving.policy.columns import YES
from serving.policy.plain import unproved
from serving.policy.quoting import said_to_anybody, sold
from serving.policy.reading import recorded
from serving.policy.saying import MOST_NAMES, Case, names, short
from serving.policy.selling_facts import SAYS, sold_by
from serving.policy.templates import render, unfilled
from serving.policy.values import own_words_read
from serving.policy.wording import LEARNED, VETO


def template_lacks(case: Case) -> str:
    """Say what is wrong with the template: it does not exist, it is another purpose's, or nobody approved it."""
    template, named = case.template, f"template {short(case.candidate.message.template)}"
    if template is None:
        return f"{named} does not exist"
    return f"{named} is not approved" if case.says("same_purpose", YES) else f"{named} is for `{template.purpose}`"


def text_lacks(case: Case) -> str:
    """Say why there is no complete text, or what of its facts is in the way; names of facts, never values."""
    if case.no_such_template:
        return template_lacks(case)
    parts = [f"{names([name])} is not a name in its evidence and no plain value" for name in odd_facts(case)]
    if case.says("complete", YES):
        return "; ".join(parts) or "the text says none of the facts of its evidence"
    return "; ".join([*_incomplete(case), *parts])


def odd_facts(case: Case) -> list[str]:
    """Return the names of the facts that the evidence does not name and that are not plain."""
    event = case.context.evidence
    known = event is not None and case.says("found", YES)
    return list(unproved(case.candidate.message.facts, event.data)) if event is not None and known else []


def gaps(case: Case) -> tuple[list[str], list[str]]:
    """Return the facts that the template needs: those that are not given, and those that nobody could read."""
    return ([], []) if case.template is None else unfilled(case.template, case.candidate.message.facts)


def _incomplete(case: Case) -> list[str]:
    message = case.candidate.message
    if (message.template is None) == (message.text is None):
        neither = "the message has neither a template nor a text"
        return [neither if message.text is None else "the message has both a template and a text"]
    lacking, unfit = gaps(case)
    parts = [f"the template needs {_named(lacking)}, which `message.facts` lacks"] if lacking else []
    if unfit:
        parts.append(f"{_named(unfit)} is of another type than the template needs, too long, or says nothing")
    return parts or ["the text is empty, or something in it is still to be filled in"]


def _named(facts: list[str]) -> str:
    """Name a template's own facts: they come from the policy folder, not from a request."""
    return ", ".join(f"`{name}`" for name in facts)


def step_lacks(case: Case) -> str:
    """Say why there is no next step."""
    if case.no_such_template:
        return template_lacks(case)
    return "the purpose expects a reply and the message names no next step"


def quoted(said: str, quotes: Callable[[str], str]) -> Callable[[Case], str]:
    """Say it with the words that were found, where they stand in the text as they are."""

    def detail(case: Case) -> str:
        message = render(case.candidate, case.template)
        found = "" if message is None else quotes(message.text)
        return f"{said}: {found}" if found else said

    return detail


def _sells(case: Case) -> str:
    """Say which facts sell and how, never their values; then what the text says."""
    facts = facts_that_sell(case)
    parts = [f"{short(name)} {SAYS[rule]}" for name, rule in list(facts.items())[:MOST_NAMES]]
    message = render(case.candidate, case.template)
    verdict = None if message is None else case.policy.wording.judge(message.text, english=_english(case))
    if verdict is not None and {each.rule for each in verdict.findings} == {LEARNED.id}:
        parts.append(f"the text reads like marketing: {verdict.score:.2f}, and {VETO} is too much")
    elif not parts or (verdict is not None and "promotional_wording" in verdict.codes):
        parts.append(_SOLD(case))
    return "; ".join(parts)


def facts_that_sell(case: Case) -> dict[str, str]:
    """Return the facts that sell, by name, with the rule; read as the flags of `serving.policy.values` are."""
    event = recorded(case.candidate, case.context)
    return sold_by(case.candidate.message.facts, event, english=case.template is not None and _english(case))


def _english(case: Case) -> bool:
    return own_words_read(case.candidate, case.template)


_SOLD = quoted("the text says what only marketing says", sold)
PROMOTIONAL = _sells
GENERIC = quoted("the text could be said to anybody", said_to_anybody)

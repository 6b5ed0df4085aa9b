"""What a template says, judged as a decision judges it; and how it begins, what it asks, what it leaves to do."""

from collections.abc import Iterator

from serving.linting.asking import asks, asks_for_reply, sentences
from serving.linting.draft import Draft
from serving.linting.finding import Finding, found
from serving.linting.rules import NOT_JUDGED, PROMOTION_FIRST, SILENT_ASKS, STEP_MISSING, STEP_UNCLEAR
from serving.people.wording_found import why
from serving.policy.language import judgeable
from serving.policy.phrasing import PROMOTIONAL
from serving.policy.wording import RULES, Wording


def wording(draft: Draft, veto: Wording) -> Iterator[Finding]:
    """Yield what the veto finds in the text with its next step, and a text that begins with what sells."""
    whole = draft.whole
    verdict = veto.judge(whole)
    for each in verdict.findings:
        rule = RULES[each.rule]
        part, start, end = draft.split(each.start, each.end)
        said = draft.said(part)[start:end]
        yield Finding(
            spot=draft.within(part, start, end),
            rule=rule.id,
            code=each.code,
            message=why(rule.id, each.code, " ".join(said.split())),
            source=rule.source,
            suggestion=rule.suggestion,
            said=said,
            span=(start, end),
        )
    if PROMOTIONAL in verdict.codes:
        yield from _promotion_first(draft, veto)
    if not verdict.codes and not judgeable(whole):
        yield found(NOT_JUDGED, draft.at("text"), "it is not in English as far as can be told, and could not be judged")


def _promotion_first(draft: Draft, veto: Wording) -> Iterator[Finding]:
    whole = draft.whole
    spans = list(sentences(whole))
    sells = [PROMOTIONAL in veto.judge(whole[start:end]).codes for start, end in spans]
    if sells[:1] == [True] and not all(sells):
        part, start, end = draft.split(*spans[0])
        said = draft.said(part)[start:end]
        message = "the first sentence sells, and what happened comes after it"
        yield found(PROMOTION_FIRST, draft.within(part, start, end), message, said=said, span=(start, end))


def next_step(draft: Draft) -> Iterator[Finding]:
    """Yield a next step that is missing, or that a customer cannot take; of a silent purpose, what asks for a reply."""
    service, step = draft.service, draft.said("next_step")
    if service is None:
        return
    if service.silent:
        yield from _asking(draft)
    elif draft.content.get("next_step") is None:
        yield found(STEP_MISSING, draft.at(), "nothing says what the customer can do next (`next_step`)")
    elif step.strip() and not asks(step) and judgeable(step):
        said = " ".join(step.split())
        message = f"“{said}” neither asks something nor says what to do"
        yield found(STEP_UNCLEAR, draft.within("next_step", 0, len(step)), message, said=step, span=(0, len(step)))


def _asking(draft: Draft) -> Iterator[Finding]:
    step = draft.said("next_step")
    if step.strip():
        message = f"`{draft.said('purpose')}` expects no reply, and has a next step"
        yield found(SILENT_ASKS, draft.within("next_step", 0, len(step)), message, said=step, span=(0, len(step)))
    text, own = draft.said("text"), dict(draft.own)["text"]
    for start, end in sentences(text):
        said = text[start:end]
        if asks_for_reply(own[start:end]) and said.strip() != step.strip():
            message = f"“{' '.join(said.split())}” asks for a reply, and `{draft.said('purpose')}` expects none"
            yield found(SILENT_ASKS, draft.within("text", start, end), message, said=said, span=(start, end))

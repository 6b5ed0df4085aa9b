"""The smallest single change that turns a send into a no, the nearest first; each is proved by deciding again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from model.contracts import Decision, Shares
from serving.arms import by_certificate
from serving.explaining.case import Case, clocks
from serving.explaining.figures import by_more_than, hundredth, second
from serving.explaining.flipping import TIME, Change, Flip, NoFlip
from serving.policy.details import short
from serving.policy.values import COUNTS
from serving.ports import Decided
from serving.thanks import Thanks, settle

DENY = "deny"
BELOW = "below_cutoff"
Turn = tuple[Change, str]  # what would have changed, and the action that it leads to


def turns(case: Case, decided: Decided) -> Flip | NoFlip:
    """Return the nearest change that would have turned this send into a no, with the others that do."""
    found = list(_turns(case, decided))
    if not found:
        return NoFlip("no single change of these inputs would have stopped it")
    (first, action), *others = found
    until = decided.decision.expires_at if first.input == TIME else None
    return Flip(leads_to=action, changes=(first,), until=until, others=tuple(change for change, _ in others))


def _turns(case: Case, decided: Decided) -> Iterator[Turn]:
    """Try in order of nearness: time, one more contact, the score, an opt-out, a newer event."""
    expires = decided.decision.expires_at
    if expires is not None:
        yield from _again(case.later(expires), TIME, lambda again: _ended(case, expires, again))
    yield from _again(_one_more(case), "contacts", lambda again: f"one more message before it: {again}")
    yield from _scored(decided)
    left = replace(case, context=replace(case.context, opted_out=True))
    yield from _again(left, "opt_out", lambda _: f"the customer opting out of {short(case.candidate.channel)}")
    newer = replace(case, context=replace(case.context, superseded=True))
    yield from _again(newer, "evidence", lambda _: "a newer event about the same thing")


def _again(case: Case, name: str, said: Callable[[str], str]) -> Iterator[Turn]:
    """Decide the changed occasion again; nothing comes of it where every filter still passes."""
    again = case.decision()
    if not again.agent_would_send.answer:
        yield Change(input=name, codes=again.agent_would_send.reasons, change=said(_why(again))), str(again.action)


def _why(again: Decision) -> str:
    return "; ".join(reason.detail for reason in again.reasons)


def _ended(case: Case, at: datetime, why: str) -> str:
    local = clocks(at, case.columns().zones[0])
    return f"waiting until {second(at)}{local and f' ({local})'}: {why}"


def _one_more(case: Case) -> Case:
    """Return the occasion with one more message sent at the same instant: to the customer, or in the session."""
    known, session = case.context, case.context.session
    if case.candidate.channel == "widget" and session is not None:
        shown = replace(session, widget_messages=session.widget_messages + 1)
        return replace(case, context=replace(known, session=shown))
    counts = {name: getattr(known, name) + 1 for name in COUNTS}
    return replace(case, context=replace(known, contacts=(case.at, *known.contacts), **counts))


def _scored(decided: Decided) -> Iterator[Turn]:
    """Let the net benefit fall below the cut-off, and settle it again with the same draw."""
    thank, drawn = decided.decision.customer_would_thank, decided.assignment
    if not thank.answer or thank.net_benefit is None or thank.cutoff is None:
        return
    below = Thanks({}, (0.0, 0.0, 0.0, thank.net_benefit), thank.cutoff, above=False)
    again = None if drawn is None else by_certificate(drawn.arm, False, drawn.watch, shares=Shares())
    if BELOW in settle(below, again):
        net, cutoff = thank.net_benefit, thank.cutoff
        held = f"{hundredth(net)} against a cut-off of {hundredth(cutoff)}"
        said = f"a net benefit {by_more_than(net, cutoff)} per 100 contacts: {held}"
        yield Change(input="net_benefit", codes=(BELOW,), change=said), DENY

"""The columnar policy against its scalar restatement; `benchmarks/policy_oracle.py` does the same a million times."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from model.contracts import Candidate, Context, Message
from serving.policy.limits import Limits
from serving.policy.reasons import CATALOGUE
from serving.policy.waivers import WAIVED_FROM
from tests.judging import Group, as_the_oracle_reads, group, said
from tests.occasions import NOW, RARE, about, candidate, context, event, mostly, on_page, session
from tests.oracle import refusals
from tests.oracle_facts import World
from tests.oracle_time import Expected, expected
from tests.spoiling import FAR_FUTURE, UNKNOWABLE

PARTS, GROUPS, OF_EACH = 5, 30, 80  # 12,000 cases
WORLD = World(NOW, Limits(), as_the_oracle_reads(), lambda _: set(), lambda _: False, net_benefit=0.02, cutoff=0.004)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_columns_say_what_the_oracle_says(part: int) -> None:
    """12,000 random occasions get the oracle's action, codes, instants, text, answer and arm, every one of them."""
    seen: Counter[str] = Counter()
    for seed in range(part, PARTS * GROUPS, PARTS):
        each = group(seed, size=OF_EACH)
        for (one, known), decided, wanted in zip(each.pairs, each.decided(), each.expected(), strict=True):
            assert said(decided) == wanted, (seed, one, known, each.world.now)
            seen.update([str(decided.decision.action), *(reason.code for reason in decided.decision.reasons)])
            seen.update(f"{code} waived" for code, verdict in decided.verdicts.items() if verdict == "waived")
    rare = {"outranked", "purpose_switched_off"}  # decided elsewhere; under few configurations
    common = {entry.code for entry in CATALOGUE} - rare | {"send", "hold", "deny"}
    assert common | {f"{code} waived" for code in WAIVED_FROM} <= set(seen), json.dumps(seen)


def alone(one: Candidate, known: Context, world: World = WORLD) -> Group:
    """Return a group of one occasion."""
    scored = replace(one, attributes={"u": world.net_benefit})
    quiet = replace(group(0), pairs=[(scored, known)], world=world)
    assert quiet.scorer is not None or world.cutoff is None
    return quiet


def test_the_oracle_lets_the_good_occasion_through() -> None:
    """And says the whole of it: text, expiry, answer and arm."""
    until = NOW.replace(hour=20)
    text = "Your parcel A-7 now arrives on Friday. Reply to change the address."
    want = Expected("send", (), None, until, text, expects_reply=True, asked=True, answer=True, arm="model")
    assert expected(candidate(), context(), WORLD) == want


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_the_oracle_reads_unknown_as_no(name: str) -> None:
    """For every field there is an occasion that it stops, in the oracle as in the contract."""
    reminder = event("reminder.requested", data={"remind_at": "2026-11-20T10:00:00Z", "due_at": "2026-12-01T00:00:00Z"})
    item = event("item.available", data={"item": "blue lamp"})
    asked, ordered = about(reminder, purpose="requested_reminder"), about(item, purpose="progress_update")
    occasions = [
        (candidate(), context()),
        on_page(),
        (replace(on_page()[0], purpose="onboarding"), on_page()[1]),
        (asked[0], replace(asked[1], requested_channels=frozenset({"chat"}))),
        (ordered[0], replace(ordered[1], earlier_request=True)),
    ]
    gained = [
        refusals(one, replace(known, unknown=frozenset({name})), WORLD) - refusals(one, known, WORLD)
        for one, known in occasions
    ]
    assert any(gained), name


def test_what_nobody_can_read_is_said_alone() -> None:
    """A time without offset, or evidence that is no JSON: `filter_failed` and nothing else, for oracle and columns."""
    naive = NOW.replace(tzinfo=None)
    no_json = event("account.payment_failed", data={"amount": float("nan")})
    unreadable = [
        (candidate(expires_at=naive), context()),
        (candidate(), context(last_complaint_at=naive, opted_out=True)),
        (candidate(), context(contacts=(naive,))),
        about(event(time=naive)),
        about(no_json, purpose="account_event", message=Message(template="payment_failed")),
    ]
    want = [Expected("deny", ("filter_failed",))] * len(unreadable)
    assert [expected(one, known, WORLD) for one, known in unreadable] == want
    assert [said(alone(one, known).decided()[0]) for one, known in unreadable] == want


def test_a_count_that_is_none_is_unknown_whatever_is_listed() -> None:
    """Minus one contact is no contact count; what is listed does not repair it."""
    known = context(contacts=(NOW.replace(hour=1),), contacts_60m=0, contacts_24h=-1, contacts_7d=1)
    assert said(alone(candidate(), known).decided()[0]).codes == ("filter_failed",)


def test_an_end_is_known_only_where_every_counted_contact_is_listed() -> None:
    """Two listed of three that were counted today: the third could leave the window later than any of them."""
    listed = (NOW.replace(hour=9), NOW.replace(hour=8), NOW.replace(day=18))
    known = context(contacts=listed, contacts_60m=0, contacts_24h=3, contacts_7d=3)
    unknown_end, known_end = (
        said(alone(candidate(), each).decided()[0]) for each in (known, replace(known, contacts_24h=2))
    )
    assert (unknown_end.codes, unknown_end.not_before) == (("frequency_cap",), None)
    assert known_end.codes == ("expired", "frequency_cap") or known_end.not_before is not None


def test_an_event_without_data_does_not_shorten_the_wait_on_a_page() -> None:
    """Ten seconds on the page are ten seconds, whatever the event says of the page."""
    one, known = on_page(evidence=event("exit.intended", time=NOW, data={}), session=session(page_since=NOW))
    assert known.evidence is not None
    asked = replace(one, evidence=replace(one.evidence, type="exit.intended"))  # type: ignore[type-var]  # it is not None
    assert "too_soon" in refusals(asked, known, WORLD)
    assert "too_soon" in said(alone(asked, known).decided()[0]).codes


def test_the_judges_own_draws_leave_chance_no_choice() -> None:
    """An arm that is named is drawn; the far future is still inside the calendar."""
    assert mostly("holdout").holdout == 1 - 2 * RARE
    assert FAR_FUTURE.year < 9999

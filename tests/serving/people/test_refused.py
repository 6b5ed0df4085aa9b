"""Refused marketing, grouped by what would have been said."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.people.refused import MARKETING, Audit, Group, Refused, Said, audit, refused_of
from serving.policy.reasons import REASONS
from tests.contracts.ledgers import NOW

BY_WORD, BY_WORDING = (code for code in MARKETING)


def said(**given: Any) -> Said:
    """Describe a win-back by email, or something that differs from it."""
    return Said(
        purpose=given.get("purpose", "win_back"),
        channel=given.get("channel", "email"),
        template=given.get("template"),
        text=given.get("text", "Come back"),
        next_step=given.get("next_step"),
        reasons=given.get("reasons", (BY_WORD,)),
    )


def one(identity: str, *, at: datetime = NOW, user: str = "u", **given: Any) -> Refused:
    """Describe one refused message."""
    return Refused(decision_id=identity, at=at, user_id=user, said=said(**given), facts=given.get("facts", {}))


def test_these_are_the_reasons_that_mean_marketing() -> None:
    """A word for it, or a text that sells: codes of the catalogue, both deny."""
    actual = [(code, str(REASONS[code].outcome)) for code in MARKETING]
    assert actual == [("purpose_is_marketing", "deny"), ("promotional_wording", "deny")]


def test_nothing_refused_is_nothing() -> None:
    """No groups and two zeros."""
    assert audit([]) == Audit(groups=(), messages=0, customers=0)


def test_the_same_message_is_one_group() -> None:
    """How often, to how many different customers, first and last, and the latest decision."""
    hours = [timedelta(hours=hour) for hour in (3, 1, 2)]
    rows = [one(f"d-{n}", at=NOW + span, user=user) for n, (span, user) in enumerate(zip(hours, "uvu", strict=True))]
    actual = audit(rows)
    assert actual == Audit(
        groups=(
            Group(
                said=said(),
                times=3,
                customers=2,
                first=NOW + hours[1],
                last=NOW + hours[0],
                last_id="d-0",
                last_facts={},
            ),
        ),
        messages=3,
        customers=2,
    )


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "upsell"},
        {"channel": "sms"},
        {"text": "Come back!"},
        {"next_step": "Reply."},
        {"template": "we_miss_you", "text": None},
        {"reasons": (BY_WORDING,)},
        {"reasons": (BY_WORD, BY_WORDING)},
    ],
    ids=str,
)
def test_whatever_is_different_is_another_group(other: dict[str, Any]) -> None:
    """Purpose word, channel, words, and why it is marketing."""
    found = audit([one("d-1"), one("d-2", **other)])
    actual = (len(found.groups), found.messages, found.customers)
    assert actual == (2, 2, 1)


def test_the_most_frequent_comes_first() -> None:
    """Then the latest; then the words decide, so that the same ledger gives the same list."""
    rows = [one(f"b-{n}", text="often") for n in range(3)]
    rows += [one("c", text="late", at=NOW + timedelta(hours=1)), one("d", text="zebra"), one("e", text="apple")]
    actual = [group.said.text for group in audit(rows).groups]
    assert actual == ["often", "late", "apple", "zebra"]
    assert audit(reversed(rows)).groups[3].said.text == "zebra"


def test_a_customer_counts_once_in_all() -> None:
    """Two messages for one customer are two messages for one customer."""
    found = audit([one("d-1"), one("d-2", text="other"), one("d-3", user="v")])
    actual = ([group.customers for group in found.groups], found.messages, found.customers)
    assert actual == ([2, 1], 3, 2)


def test_of_one_instant_the_later_record_is_the_last() -> None:
    """A batch decides many at one time."""
    actual = audit([one("d-1"), one("d-2"), one("d-3")]).groups[0].last_id
    assert actual == "d-3"


def test_the_facts_of_the_last_one_are_an_example() -> None:
    """A template says what its facts say; those of the latest decision stand for the group."""
    rows = [
        one(name, template="parcel_failed", text=None, at=NOW + timedelta(hours=hours), facts={"reason": name})
        for hours, name in enumerate(["save 20 %", "a new tariff", "two for one"])
    ]
    actual = [(group.times, group.last_id, group.last_facts) for group in audit(reversed(rows)).groups]
    assert actual == [(3, "two for one", {"reason": "two for one"})]


ROWS = st.lists(
    st.builds(
        lambda number, minutes, user, text: one(
            f"d-{number}", at=NOW + timedelta(minutes=minutes), user=user, text=text
        ),
        st.integers(0, 99),
        st.integers(-99, 99),
        st.sampled_from("uvw"),
        st.sampled_from("abc"),
    ),
    max_size=20,
)


@given(ROWS)
def test_nothing_is_lost_and_nothing_counts_twice(rows: list[Refused]) -> None:
    """The counts of the groups are those of the messages, each group's times are its own."""
    found = audit(rows)
    assert sum(group.times for group in found.groups) == found.messages == len(rows)
    assert found.customers == len({row.user_id for row in rows})
    for group in found.groups:
        own = [row for row in rows if row.said == group.said]
        expected = (len(own), len({row.user_id for row in own}), min(r.at for r in own), max(r.at for r in own))
        assert (group.times, group.customers, group.first, group.last) == expected


def record(**given: Any) -> dict[str, Any]:
    """Return what matters of a decision's record."""
    codes = given.get("codes", ["purpose_is_marketing", "consent_missing", "promotional_wording"])
    return {
        "decision_id": "d-1",
        "candidate": {
            "user_id": "u",
            "purpose": "win_back",
            "channel": "email",
            "message": {"template": None, "facts": {}, "text": "Come back", "next_step": "Reply."},
        },
        "context": {},
        "decided": {
            "decision": {"decided_at": "2026-11-20T12:00:00Z", "reasons": [{"code": code} for code in codes]},
        },
        "outcomes": [],
    }


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["purpose_is_marketing", "consent_missing", "promotional_wording"], MARKETING),
        (["promotional_wording", "frequency_cap"], (BY_WORDING,)),
        (["purpose_is_marketing"], (BY_WORD,)),
        (["generic_wording", "quiet_hours"], ()),
        ([], ()),
    ],
)
def test_a_record_is_read(codes: list[str], expected: tuple[str, ...]) -> None:
    """Whom, when, by what, what would have been said, and of the reasons those that mean marketing."""
    actual = refused_of(record(codes=codes))
    assert actual == one("d-1", next_step="Reply.", reasons=expected)


def confirmed(at: str, *codes: str) -> dict[str, Any]:
    """Return what a record shows of a confirmation with these reasons."""
    return {"confirmed_at": at, "action": "cancel", "reasons": [{"code": code} for code in codes]}


@pytest.mark.parametrize(
    ("codes", "later", "expected", "hours"),
    [
        (["quiet_hours"], [(1, "promotional_wording")], (BY_WORDING,), 1),
        (
            ["quiet_hours"],
            [(1, "quiet_hours"), (2, "promotional_wording"), (3, "promotional_wording")],
            (BY_WORDING,),
            2,
        ),
        (["promotional_wording"], [(1, "promotional_wording")], (BY_WORDING,), 0),
        (["promotional_wording"], [(1, "purpose_is_marketing")], MARKETING, 0),
        (["quiet_hours"], [(1, "quiet_hours")], (), 0),
    ],
)
def test_what_a_confirmation_refused_counts_from_then(
    codes: list[str], later: list[tuple[int, str]], expected: tuple[str, ...], hours: int
) -> None:
    """The reasons of both; the time is that of the first that says marketing."""
    told = record(codes=codes) | {
        "confirmations": [confirmed(f"2026-11-20T{12 + h}:00:00Z", code) for h, code in later]
    }
    actual = refused_of(told)
    assert (actual.said.reasons, actual.at) == (expected, NOW + timedelta(hours=hours))

"""What people did, in one list: each act once, with who did it and why."""

from datetime import timedelta
from typing import Any

import pytest

from serving.people.acts import (
    KINDS,
    Act,
    SignIn,
    in_order,
    of_experiments,
    of_keys,
    of_limits,
    of_stops,
    of_wordings,
)
from serving.policy.tightening import Tightening
from serving.ports import Approval, KeyRecord
from serving.reviewing import Review
from serving.standing import Breaker, Experiment, Trip
from tests.contracts.ledgers import NOW, ago

BY = "shop (k-1)"
TEMPLATE = "template:parcel_delayed"


def review(*, send: bool = True, thank: bool = True, **more: Any) -> Review:
    """Describe a review by Ann."""
    told: dict[str, Any] = {"digest": "sha256:1", "what": TEMPLATE, "reviewer": "Ann", "by": BY, "at": NOW} | more
    return Review(agent_would_send=send, customer_would_thank=thank, **told)


def approval(**more: Any) -> Approval:
    """Describe an approval."""
    return Approval(**({"digest": "sha256:1", "what": TEMPLATE, "by": BY, "at": NOW} | more))


KEY = KeyRecord(id="k-1", name="shop", sha256="x", scopes=("read",), created_at=NOW)


def test_an_approval_that_a_review_gave_is_that_review() -> None:
    """One act, not two; an approval without one stands for itself."""
    later = approval(at=NOW + timedelta(hours=1))
    actual = [(each.kind, each.at) for each in of_wordings([approval(), later], [review()])]
    assert actual == [("approved", later.at), ("reviewed_yes", NOW)]


@pytest.mark.parametrize(
    ("given", "kind", "why"),
    [
        (review(), "reviewed_yes", None),
        (review(comment="Clear."), "reviewed_yes", "Clear."),
        (review(send=False), "reviewed_no", "an agent would not send it"),
        (review(thank=False, comment="Too long."), "reviewed_no", "the customer would not thank us; Too long."),
    ],
    ids=["yes", "yes, with words", "no agent", "no thanks, with words"],
)
def test_a_review_says_what_was_answered(given: Review, kind: str, why: str | None) -> None:
    """A no says which, and the reviewer's words stand behind."""
    (act,) = of_wordings([], [given])
    assert (act.kind, act.why) == (kind, why)


@pytest.mark.parametrize(
    ("by", "shown"), [(BY, "Ann, recorded by shop (k-1)"), ("Ann (k-2)", "Ann (k-2)")], ids=["another", "herself"]
)
def test_a_review_names_reviewer_and_recorder(by: str, shown: str) -> None:
    """Once where they are the same."""
    (act,) = of_wordings([], [review(by=by)])
    assert act.by == shown


def test_words_without_a_name_are_named_by_their_digest() -> None:
    """A free text has no other name."""
    (act,) = of_wordings([approval(what="text")], [])
    assert act.about == "text:sha256:1"


def test_what_was_released_is_an_act_and_what_is_open_none() -> None:
    """Breakers and the kill switch."""
    done: dict[str, Any] = {"released_at": NOW, "released_by": BY, "why": "found it"}
    breakers = [Breaker(key="late", at=ago(days=1), volume=9, median=1.0, **more) for more in (done, {})]
    trips = [Trip(watch="w", harm="complaint", detail="d", at=ago(days=1), **more) for more in (done, {})]
    actual = list(of_stops(breakers, trips))
    assert actual == [
        Act(at=NOW, kind="breaker_released", about="late", by=BY, why="found it"),
        Act(at=NOW, kind="switch_released", about="complaint of w", by=BY, why="found it"),
    ]


def test_an_experiment_begins_and_ends() -> None:
    """With its bounds, and whoever ended it."""
    one = Experiment(
        id="x", share=0.5, max_contacts=1000, until=NOW, by="Ann", started_at=ago(days=2), stopped_at=NOW,
        stopped_by="outreach", why="its end has come",
    )  # fmt: skip
    actual = [(each.kind, each.by, each.why) for each in of_experiments([one])]
    assert actual == [
        ("experiment_started", "Ann", "at most 1,000 contacts, with a share of 0.5"),
        ("experiment_stopped", "outreach", "its end has come"),
    ]


def test_limits_are_tightened_and_taken_back() -> None:
    """No limits at all are the configuration's."""
    rows = [Tightening(at=NOW, by=BY, why="w", limits=limits) for limits in ('{"per_day":1}', "{}")]
    actual = [(each.kind, each.about) for each in of_limits(rows)]
    assert actual == [("limits_tightened", '{"per_day":1}'), ("limits_reset", "{}")]


def test_who_signs_in_is_a_key() -> None:
    """By the name that it has, or its id alone where it is not known any more."""
    sign_ins = [SignIn(key_id="k-1", at=NOW, ended_at=NOW), SignIn(key_id="k-9", at=NOW)]
    actual = [(each.kind, each.by) for each in of_keys([KEY], sign_ins)]
    assert actual == [("key_made", None), ("signed_in", BY), ("signed_out", BY), ("signed_in", "k-9")]


def test_a_period_has_its_beginning_and_not_its_end() -> None:
    """The newest first."""
    found = [Act(at=ago(days=n), kind="approved", about=str(n), by=BY) for n in (3, 0, 2, 1)]
    actual = [each.about for each in in_order(found, since=ago(days=2), until=NOW)]
    assert actual == ["1", "2"]


def test_every_kind_has_words() -> None:
    """Those that are made here are those that have words."""
    done: dict[str, Any] = {"released_at": NOW, "released_by": BY, "why": "w"}
    one = Experiment(id="x", share=0.5, max_contacts=1, until=NOW, by="A", started_at=NOW, stopped_at=NOW)
    breaker, trip = (
        Breaker(key="k", at=NOW, volume=1, median=1, **done),
        Trip(watch="w", harm="h", detail="d", at=NOW, **done),
    )
    revoked = KeyRecord(id="k-2", name="n", sha256="y", scopes=("read",), created_at=NOW, revoked_at=NOW)
    found = [
        *of_wordings([approval(digest="sha256:2")], [review(), review(send=False)]),
        *of_stops([breaker], [trip]),
        *of_experiments([one]),
        *of_limits(Tightening(at=NOW, by=BY, why="w", limits=limits) for limits in ('{"a":1}', "{}")),
        *of_keys([revoked], [SignIn(key_id="k-2", at=NOW, ended_at=NOW)]),
    ]
    actual = {each.kind for each in found}
    assert actual == set(KINDS)

"""Reviews: two yeses approve, any no withdraws, and all of it stays on record."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from model.contracts import Action, Context, Message
from serving.confirming import Confirmed
from serving.ports import Approval, Decided, Ledger, Transaction
from serving.reviewing import Review, review_template
from tests.contracts.confirmed import confirmation
from tests.contracts.ledgers import NOW, SHIPPED, ago, candidate, context, ruling
from tests.contracts.test_ledger_due import due, hold

NEW, TEMPLATE = "sha256:new", "template:parcel_delayed"
NOES = [(True, False), (False, True), (False, False)]
TEXT = candidate(message=Message(text="It is late.", next_step="Reply."))


def review(*, send: bool = True, thank: bool = True, **more: Any) -> Review:
    """Describe a review of the new words by Ann."""
    given: dict[str, Any] = {"digest": NEW, "what": TEMPLATE, "reviewer": "Ann", "by": "shop (k-1)", "at": NOW}
    return Review(agent_would_send=send, customer_would_thank=thank, **(given | more))


def approval(**more: Any) -> Approval:
    """Describe an approval of the new words without a review."""
    return Approval(**({"digest": NEW, "what": TEMPLATE, "by": "bob", "at": NOW} | more))


def state(tx: Transaction, digest: str = NEW) -> str:
    """What a decision about the template with these words would find."""
    return context(tx, candidate(), digest=digest).approval


def ruled(*, at: datetime, action: Action, verdict: str) -> Decided:
    """Describe what was decided about the text, with this verdict on its approval."""
    return replace(ruling("d-1", at=at, action=action), verdicts={"awaiting_approval": verdict})


def hold_text(tx: Transaction, *, at: datetime, verdict: str) -> None:
    """Record that a decision about the text was held."""
    tx.add_decision(TEXT, Context(), ruled(at=at, action=Action.HOLD, verdict=verdict))


def confirm_text(tx: Transaction, *, at: datetime, action: Action, verdict: str) -> None:
    """Record that it was decided again."""
    told = confirmation("d-1", Confirmed.of(action), at=at)
    tx.add_confirmation(told, (TEXT, Context(), ruled(at=at, action=action, verdict=verdict)))


def test_two_yeses_approve(tx: Transaction) -> None:
    """The words are approved by whoever recorded the review, and both are on record."""
    given = review(comment="Says what happened.")
    actual = (tx.review(given), state(tx), tx.approval(NEW), tx.reviews(limit=9), tx.review_of(NEW))
    assert actual == (True, "approved", approval(by="shop (k-1)"), [given], given)


@pytest.mark.parametrize(("send", "thank"), NOES)
def test_any_no_approves_nothing(tx: Transaction, *, send: bool, thank: bool) -> None:
    """What was never approved stays so; that somebody said no is on record."""
    given = review(send=send, thank=thank, digest="sha256:other", what="template:never_approved")
    actual = (tx.review(given), state(tx, "sha256:other"), tx.approval("sha256:other"), tx.review_of("sha256:other"))
    assert actual == (False, "changed", None, given)


@pytest.mark.parametrize(("send", "thank"), NOES)
@pytest.mark.parametrize("first", ["approved", "reviewed", "shipped"])
def test_any_no_withdraws_the_approval(tx: Transaction, first: str, *, send: bool, thank: bool) -> None:
    """However it was given: from then on it is as if nobody had approved, and who approved and withdrew can be read."""
    digest = "sha256:shipped" if first == "shipped" else NEW
    if first == "approved":
        tx.approve(approval())
    if first == "reviewed":
        tx.review(review())
    before, given = tx.approval(digest), review(send=send, thank=thank, digest=digest, reviewer="Eve")
    told = tx.review(given)
    assert before is not None
    expected = Approval(digest=digest, what=before.what, by=before.by, at=before.at, withdrawn=given)
    assert (told, state(tx, digest), tx.approval(digest)) == (False, "none", expected)


def test_a_withdrawn_text_has_no_approval(tx: Transaction) -> None:
    """A free text waits for a person again."""
    tx.approve(approval(what="text"))
    before = context(tx, TEXT, digest=NEW).approval
    tx.review(review(thank=False, what="text"))
    assert (before, context(tx, TEXT, digest=NEW).approval) == ("approved", "none")


def test_the_other_words_of_a_template_keep_their_approval(tx: Transaction) -> None:
    """A review is of a digest, not of a name."""
    tx.review(review())
    tx.review(review(send=False))
    assert (state(tx), state(tx, "sha256:shipped"), state(tx, "sha256:third")) == ("none", "approved", "changed")


def test_a_no_to_a_template_withdraws_all_its_words(tx: Transaction) -> None:
    """Whichever of them a running server still has loaded: none is sent; other templates and texts are."""
    others = {"sha256:text": "text", "sha256:gone": "template:gone"}
    for digest, what in others.items():
        tx.approve(approval(digest=digest, what=what))
    tx.review(review())
    given = review(thank=False, digest="sha256:third", reviewer="Eve")
    before, told = tx.approved_as(TEMPLATE), review_template(tx, given)
    digests = (NEW, "sha256:shipped", "sha256:third")
    assert (before, told) == (["sha256:shipped", NEW], False)
    assert ([state(tx, digest) for digest in digests], tx.approved_as(TEMPLATE)) == (["none"] * 3, [])
    assert [tx.approved_as(what) for what in others.values()] == [[digest] for digest in others]
    assert (tx.reviews(limit=1), [tx.review_of(digest) for digest in digests]) == (
        [given],
        [replace(given, digest=digest) for digest in digests],
    )


def test_a_no_to_a_template_withdraws_each_of_its_words_once(tx: Transaction) -> None:
    """What was withdrawn before has its own review; the words in question have one review, approved or not."""
    tx.review(review(reviewer="Bob"))
    for name in ("Ann", "Eve"):
        review_template(tx, review(send=False, reviewer=name))
    assert [one.reviewer for one in tx.reviews(limit=9)] == ["Eve", "Ann", "Ann", "Bob"]


def test_a_yes_to_a_template_is_to_the_words_that_were_read(tx: Transaction) -> None:
    """Neither are others approved for it nor withdrawn."""
    told = review_template(tx, review())
    assert (told, tx.approved_as(TEMPLATE), len(tx.reviews(limit=9))) == (True, ["sha256:shipped", NEW], 1)


def test_words_after_withdrawn_ones_are_not_approved(tx: Transaction) -> None:
    """Nothing that stands is left to have changed: nobody approved this template."""
    tx.review(review(send=False, digest="sha256:shipped"))
    assert (state(tx, "sha256:shipped"), state(tx)) == ("none", "none")


@pytest.mark.parametrize("how", ["approved", "reviewed"])
def test_it_can_be_approved_anew(tx: Transaction, how: str) -> None:
    """By a yes to both questions or without any; then withdrawn again, and approved again: every step is on record."""
    for _ in range(2):
        tx.review(review(thank=False))
        if how == "approved":
            tx.approve(approval(by="shop (k-1)"))
        else:
            tx.review(review())
    approvals = [one.withdrawn for one in tx.approvals(limit=2)]
    assert (state(tx), approvals) == ("approved", [None, review(thank=False)])


def test_a_clock_that_was_set_back_changes_no_order(tx: Transaction) -> None:
    """What was recorded last counts, whatever time it says."""
    tx.approve(approval())
    tx.review(review(send=False, at=ago(days=3)))
    withdrawn = state(tx)
    tx.approve(approval(at=ago(days=9)))
    assert (withdrawn, state(tx), [one.at for one in tx.approvals(limit=2)]) == ("none", "approved", [ago(days=9), NOW])


def test_what_is_approved_keeps_its_approval(tx: Transaction) -> None:
    """A second yes is a review more, and no second approval."""
    tx.approve(approval())
    tx.approve(approval(by="eve", at=ago(hours=1)))
    tx.review(review())
    actual = ([one.by for one in tx.approvals(limit=9)], len(tx.reviews(limit=9)))
    assert actual == (["bob", "shipped"], 1)


def test_a_no_withdraws_once(tx: Transaction) -> None:
    """The first one did it; the second finds nothing to withdraw."""
    tx.approve(approval())
    tx.review(review(send=False, reviewer="Ann"))
    tx.review(review(send=False, reviewer="Eve"))
    found = tx.approval(NEW)
    assert found is not None
    assert found.withdrawn == review(send=False, reviewer="Ann")


def test_each_approval_knows_who_withdrew_it(tx: Transaction) -> None:
    """Of two that were taken back each has its own review."""
    for name in ("Ann", "Eve"):
        tx.approve(approval())
        tx.review(review(send=False, reviewer=name))
    actual = [one.withdrawn and one.withdrawn.reviewer for one in tx.approvals(limit=2)]
    assert actual == ["Eve", "Ann"]


def test_reviews_are_listed_newest_first(tx: Transaction) -> None:
    """At most as many as asked for; the newest of these words is one of these words."""
    made = [review(reviewer=name, digest=f"sha256:{name}", comment=name or None) for name in ("ann", "bob", "eve")]
    for one in made:
        tx.review(one)
    actual = (tx.reviews(limit=2), tx.reviews(limit=9), tx.reviews(limit=-1), tx.review_of("sha256:ann"))
    assert actual == (made[:0:-1], made[::-1], [], made[0])


def test_nothing_is_known_of_words_that_nobody_read(tx: Transaction) -> None:
    """Neither approval nor review; the shipped ones are approved without a review."""
    actual = [(tx.approval(digest) is None, tx.review_of(digest) is None) for digest in (NEW, *SHIPPED)]
    assert actual == [(True, True), (False, True)]


def test_a_review_that_approves_wakes_what_waited(tx: Transaction) -> None:
    """A no wakes nothing: nothing has ended."""
    hold(tx, "d-1", codes=["awaiting_approval"])
    tx.review(review(send=False))
    before = due(tx, NOW)
    tx.review(review())
    assert (before, due(tx, NOW)) == ([], ["d-1"])


@pytest.mark.parametrize(
    ("action", "verdict", "seen"),
    [
        (Action.HOLD, "refuse", [TEXT.message]),
        (Action.HOLD, "pass", []),
        (Action.DENY, "refuse", []),
        (Action.SEND, "pass", []),
    ],
)
def test_a_text_that_waits_since_a_later_look_is_seen(
    tx: Transaction, action: Action, verdict: str, seen: list[Message]
) -> None:
    """Whoever confirms, or time itself, may find that a person must approve it first; nothing else shows it."""
    hold_text(tx, at=ago(days=9), verdict="pass")
    before = tx.held_texts(since=ago(days=10))
    confirm_text(tx, at=NOW, action=action, verdict=verdict)
    assert (before, tx.held_texts(since=NOW)) == ([], seen)


def test_a_text_that_still_waits_is_seen(tx: Transaction) -> None:
    """Once, and for as long as looking finds that it waits; a clock that was set back hides nothing."""
    hold_text(tx, at=ago(days=9), verdict="refuse")
    confirm_text(tx, at=NOW, action=Action.HOLD, verdict="refuse")
    confirm_text(tx, at=ago(days=8), action=Action.HOLD, verdict="refuse")
    assert (tx.held_texts(since=NOW), tx.held_texts(since=ago(days=10))) == ([TEXT.message], [TEXT.message])


def test_a_review_is_undone_with_its_transaction(ledger: Ledger) -> None:
    """Neither it nor what follows from it stays."""
    with ledger.transaction() as tx, tx.savepoint(keep=False):
        tx.review(review())
    with ledger.transaction() as tx:
        actual = (state(tx), tx.reviews(limit=9))
    assert actual == ("changed", [])

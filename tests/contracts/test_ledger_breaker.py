"""The breaker: exact in what it lets go, durable once open, closed by a named person alone."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from model.contracts import Action, Candidate, Context, Message, OutcomeKind
from model.errors import InvalidInput
from serving.ports import Approval, Ledger, Transaction
from serving.standing import Breaker
from tests.contracts.ledgers import NOW, ago, context, report, ruling, sqlite_file
from tests.contracts.volumes import MOST, TEMPLATE, TEXT, TIMES, about, is_open, let_go, opened, room, room_for, sent

HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)

TOLD = (
    "the breaker of `parcel_delayed` opened: 200 went out within an hour, the median of its hours is 0; only what is "
    'critical still goes out; find the cause, then release it: POST /v1/approvals {"breaker": "parcel_delayed", "why": '
    '"…"}'
)


def usual(tx: Transaction, per_hour: int, *, hours: int = 3, days: int = 1) -> None:
    """Send so many in each of some hours, some days ago."""
    for number in range(hours):
        sent(tx, per_hour, at=ago(days=days, hours=number))


def opening(tx: Transaction, *, message: Message | str = TEMPLATE) -> None:
    """Send as many as may go, and ask for one more."""
    sent(tx, let_go(tx, MOST, message=message), message=message, name=f"{len(tx.breakers(released=99))}-")
    let_go(tx, message=message)


def test_exactly_the_allowed_number_goes(tx: Transaction) -> None:
    """Two hundred within an hour of a template that was never used, however many ask at once."""
    actual = (let_go(tx, 1000), is_open(tx))
    assert actual == (200, True)


def test_one_by_one_the_same_number_goes(tx: Transaction) -> None:
    """What was recorded counts as what is asked for does."""
    gone = 0
    while let_go(tx):
        sent(tx, 1, name=f"{gone}-")
        gone += 1
    actual = (gone, is_open(tx))
    assert actual == (200, True)


def test_as_many_as_are_allowed_open_nothing(tx: Transaction) -> None:
    """It opens where one more would be too many, not where none is left."""
    sent(tx, let_go(tx, 200))
    actual = (is_open(tx), opened(tx))
    assert actual == (False, [])


@pytest.mark.parametrize(("per_hour", "allowed"), [(1, 200), (20, 200), (21, 210), (25, 250)])
def test_a_template_may_go_ten_times_its_usual_hour(tx: Transaction, per_hour: int, allowed: int) -> None:
    """More than 200 is no alarm where ten times the median is more."""
    usual(tx, per_hour)
    actual = let_go(tx, 1000)
    assert actual == allowed


def test_the_median_is_of_hours_in_which_it_was_used(tx: Transaction) -> None:
    """Three hours with 1, 30 and 40 sends: idle hours do not count, and one odd hour moves little."""
    for hours, count in ((3, 1), (30, 30), (300, 40)):
        sent(tx, count, at=ago(hours=hours))
    let_go(tx, 1000)
    actual = (opened(tx)[0].volume, opened(tx)[0].median)
    assert actual == (300, 30.0)


def test_an_even_number_of_hours_has_the_mean_of_the_middle_two(tx: Transaction) -> None:
    """25 and 30: ten times 27.5."""
    sent(tx, 25, at=ago(hours=5))
    sent(tx, 30, at=ago(hours=6))
    actual = let_go(tx, 1000)
    assert actual == 275


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (ago(hours=3), 300),
        (ago(hours=2), 300),  # 10:00: its hour ended at 11:00, where the rolling hour begins
        (ago(hours=2) - INSTANT, 300),
        (ago(hours=1) - INSTANT, 300),
        (ago(hours=1), 200),  # 11:00, in the clock hour that the rolling hour touches; an hour old, no volume
        (ago(hours=1) + INSTANT, 200 - 30),
        (ago(days=28), 300),
        (ago(days=28) - INSTANT, 200),
    ],
    ids=["3 h", "2 h", "above 2 h", "above 1 h", "1 h", "below 1 h", "28 days", "above 28 days"],
)
def test_a_send_is_volume_or_usual_or_neither(tx: Transaction, at: datetime, allowed: int) -> None:
    """At 12:00: volume for less than an hour; usual from whole hours before that, as far back as 28 days."""
    sent(tx, 30, at=at)
    actual = let_go(tx, 1000)
    assert actual == allowed


def test_what_is_usual_stands_for_a_clock_hour(tx: Transaction) -> None:
    """Until 13:00 the oldest hour is the one from 12:00, four weeks ago, whenever anybody asks."""
    sent(tx, 30, at=ago(days=28) + HOUR / 4)
    actual = [room_for(tx, 1000, now=NOW + after) for after in (HOUR / 2, HOUR - INSTANT, HOUR)]
    assert actual == [300, 300, 200]


def test_the_usual_hour_is_looked_at_again_each_hour(tx: Transaction) -> None:
    """What is usual at two is not what it was at noon."""
    let_go(tx)
    sent(tx, 30)
    actual = [room_for(tx, 1000, now=NOW + after) for after in (2 * HOUR - INSTANT, 2 * HOUR)]
    assert actual == [200, 300]


def test_within_an_hour_is_rolling(tx: Transaction) -> None:
    """The turn of the hour resets nothing; each send makes room an hour after it."""
    sent(tx, 150, at=NOW)
    sent(tx, 50, at=NOW + timedelta(minutes=30))
    half = HOUR / 2
    actual = [room(tx, now=NOW + after) for after in (HOUR - INSTANT, HOUR, HOUR + half - INSTANT, HOUR + half)]
    assert actual == [0, 150, 150, 200]


def test_once_open_it_stays_open(tx: Transaction) -> None:
    """No time closes it, forward or back."""
    opening(tx)
    actual = [is_open(tx, now=NOW + by) for by in (-DAY, HOUR, DAY, 4000 * DAY)]
    assert actual == [True] * 4


def test_each_template_and_each_text_has_its_own(tx: Transaction) -> None:
    """Nobody pays for another one's volume; a text is known with its next step."""
    opening(tx, message=TEXT)
    others = (TEMPLATE, Message(text=TEXT.text), Message(text="Another text.", next_step=TEXT.next_step))
    actual = (is_open(tx, TEXT), [is_open(tx, other) for other in others], let_go(tx, 300))
    assert actual == (True, [False] * 3, 200)


def test_several_keys_in_one_question_are_counted_apart(tx: Transaction) -> None:
    """Two take turns: the first that would be one too many stops there, and only its breaker opens."""
    sent(tx, 150, message="parcel_failed")
    asked = [about("parcel_failed" if number % 2 else TEMPLATE) for number in range(300)]
    actual = (tx.passing(asked, now=NOW, most=MOST, times=TIMES), [one.key for one in opened(tx)])
    assert actual == (101, ["parcel_failed"])


def test_what_goes_while_it_is_open_is_not_stopped_by_it(tx: Transaction) -> None:
    """Only what waives the breaker is still a send then: it is counted, and opens nothing again."""
    opening(tx)
    actual = (let_go(tx, 500), len(opened(tx)))
    assert actual == (500, 1)


def test_a_message_without_words_opens_nothing(tx: Transaction) -> None:
    """There is nothing to count."""
    asked = Candidate(user_id="u", purpose="delivery_update", channel="chat", message=Message())
    actual = (tx.passing([asked] * 300, now=NOW, most=MOST, times=TIMES), context(tx, asked).breaker_open)
    assert actual == (300, False)


@pytest.mark.parametrize("action", [Action.HOLD, Action.DENY])
def test_only_sends_are_volume(tx: Transaction, action: Action) -> None:
    """What nobody receives opens nothing."""
    for number in range(300):
        tx.add_decision(about(), Context(), ruling(f"d-{number}", action=action))
    actual = let_go(tx, 1000)
    assert actual == 200


def test_a_send_that_did_not_arrive_stays_counted(tx: Transaction) -> None:
    """It was decided: retries of what bounces are volume, too."""
    sent(tx, 100)
    for number in range(100):
        report(tx, OutcomeKind.NOT_DELIVERED, decision_id=f"{TEMPLATE}-{NOW.isoformat()}-{number}")
    actual = let_go(tx, 1000)
    assert actual == 100


def test_what_was_dated_ahead_counts_at_once(tx: Transaction) -> None:
    """A fast clock makes no room: its sends count until an hour after their time."""
    sent(tx, 120, at=NOW + DAY)
    rooms = [let_go(tx, 80, now=NOW + by) for by in (-DAY, timedelta(0), DAY, DAY + HOUR - INSTANT)]
    actual = (rooms, let_go(tx, 200, now=NOW + DAY + HOUR), opened(tx))
    assert actual == ([80] * 4, 200, [])


@pytest.mark.parametrize("seed", range(4))
def test_however_the_clock_jumps_the_volume_is_that_of_the_definition(tx: Transaction, seed: int) -> None:
    """Sends at random times, asked about at random times: never one more or less than a plain count says."""
    rng = np.random.default_rng(seed)
    times: list[timedelta] = []
    counted, expected = [], []
    for turn in range(60):
        by, asked = (timedelta(minutes=15.0 * int(rng.integers(-6, 7))) for _ in range(2))
        sent(tx, 3, at=NOW + by, name=f"{turn}-")
        times += [by] * 3
        if turn % 3 == 0:
            let_go(tx, now=NOW + asked)  # its window stays
        counted.append(400 - room(tx, now=NOW + asked, most=400))
        expected.append(sum(asked - at < HOUR for at in times))
    actual = (counted, opened(tx))
    assert actual == (expected, [])


def test_it_says_what_it_saw(tx: Transaction) -> None:
    """Which, when, how many had gone out, and what was usual."""
    usual(tx, 7)
    sent(tx, 40)
    let_go(tx, 300)
    actual = opened(tx)
    assert actual == [Breaker(key=TEMPLATE, at=NOW, volume=200, median=7.0)]


def test_a_person_releases_it_and_the_volume_counts_from_there(tx: Transaction) -> None:
    """Another two hundred, whatever went out before within the hour."""
    opening(tx)
    released = tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="a strike")
    actual = (released, is_open(tx), let_go(tx, 300), is_open(tx))
    assert actual == (True, False, 200, True)


def test_a_release_forgets_what_a_fast_clock_sent(tx: Transaction) -> None:
    """It counts by what came after it, not by stated times."""
    sent(tx, 200, at=NOW + DAY)
    let_go(tx)
    tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="the clock was wrong")
    sent(tx, 30, at=NOW - HOUR / 2)
    actual = let_go(tx, 300)
    assert actual == 170


def test_after_a_release_the_window_moves_over_what_came_after_it(tx: Transaction) -> None:
    """What went before neither leaves nor enters it again, whichever way the clock turns."""
    sent(tx, 200)
    let_go(tx)
    tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="a strike")
    rooms = []
    for after in (HOUR, 2 * HOUR, timedelta(0)):
        let_go(tx, now=NOW + after)
        rooms.append(room(tx, now=NOW + after))
    assert rooms == [200, 200, 200]


def test_a_release_leaves_the_usual_hour(tx: Transaction) -> None:
    """The median is about all that went out, before a release too."""
    usual(tx, 30)
    sent(tx, 300)
    let_go(tx)
    tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="looked into it")
    actual = let_go(tx, 1000)
    assert actual == 300


def test_a_release_is_on_record(tx: Transaction) -> None:
    """Who, when and why, the newest first, as many as asked for."""
    for number in range(3):
        opening(tx)
        tx.release_breaker(TEMPLATE, at=NOW + number * HOUR, by=" ann ", why=f" reason {number} ")
    listed = tx.breakers(released=2)
    actual = [(one.key, one.released_at, one.released_by, one.why) for one in listed]
    assert actual == [(TEMPLATE, NOW + number * HOUR, "ann", f"reason {number}") for number in (2, 1)]


def test_open_ones_come_first_and_always(tx: Transaction) -> None:
    """However few releases are asked for; the longest open first."""
    for message in ("a", "b", "c"):
        opening(tx, message=message)
    tx.release_breaker("b", at=NOW, by="ann", why="fine")
    actual = [[one.key for one in tx.breakers(released=count)] for count in (0, 1)]
    assert actual == [["a", "c"], ["a", "c", "b"]]


def test_what_is_not_open_cannot_be_released(tx: Transaction) -> None:
    """Not before, not twice, not another one."""
    before = tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="fine")
    opening(tx)
    other = tx.release_breaker("parcel_failed", at=NOW, by="ann", why="fine")
    once, twice = (tx.release_breaker(TEMPLATE, at=NOW, by="ann", why="fine") for _ in range(2))
    actual = (before, other, once, twice)
    assert actual == (False, False, True, False)


@pytest.mark.parametrize(("by", "why"), [("", "fine"), ("ann", " "), (" \n", ""), ("ann", "\u200b"), ("–", "fine")])
def test_nobody_and_no_reason_release_nothing(tx: Transaction, by: str, why: str) -> None:
    """A release has a name and a reason."""
    opening(tx)
    with pytest.raises(InvalidInput, match="name who releases it, and what was found"):
        tx.release_breaker(TEMPLATE, at=NOW, by=by, why=why)
    actual = is_open(tx)
    assert actual is True


def test_people_are_told_once_and_of_no_customer(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """After the commit: which, how many, what is usual, and how to release it."""
    with caplog.at_level(logging.ERROR), ledger.transaction() as tx:
        opening(tx)
        let_go(tx, 500)
        before = len(caplog.records)
    with caplog.at_level(logging.ERROR), ledger.transaction() as tx:
        let_go(tx, 500)
    actual = (before, [record.getMessage() for record in caplog.records])
    assert actual == (0, [TOLD])


def test_what_is_undone_opens_nothing(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """A dry run, or a transaction that fails, leaves it as it was, and tells nobody."""
    with ledger.transaction() as tx:
        with tx.savepoint(keep=False):
            opening(tx)
        after = (is_open(tx), let_go(tx, 200), opened(tx))
    actual = (after, caplog.records)
    assert actual == ((False, 200, []), [])


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """Open one file twice, as two processes do."""
    pair = sqlite_file(tmp_path), sqlite_file(tmp_path)
    yield pair
    for ledger in pair:
        ledger.close()


def test_two_ledgers_on_one_file_share_the_allowance(twins: tuple[Ledger, Ledger]) -> None:
    """They take turns, forty at a time: two hundred in all, and both see it open."""
    gone = []
    for turn in range(8):
        with twins[turn % 2].transaction() as tx:
            gone.append(0 if is_open(tx) else let_go(tx, 45))
            sent(tx, gone[-1], name=f"{turn}-")
    seen = []
    for ledger in twins:
        with ledger.transaction() as tx:
            seen.append(is_open(tx))
    actual = (sum(gone), gone[-1], seen)
    assert actual == (200, 0, [True, True])


def test_it_is_open_after_a_restart(tmp_path: Path) -> None:
    """The file knows it."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        opening(tx)
    ledger.close()
    again = sqlite_file(tmp_path)
    with again.transaction() as tx:
        actual = (is_open(tx), [one.volume for one in opened(tx)])
    again.close()
    assert actual == (True, [200])


def test_approvals_are_listed_newest_first(tx: Transaction) -> None:
    """Who approved what, and when; at most as many as asked for, the shipped ones last."""
    made = [Approval(digest=f"sha256:{name}", what="text", by=name, at=NOW) for name in ("ann", "bob", "eve")]
    for approval in made:
        tx.approve(approval)
    shipped = Approval(digest="sha256:shipped", what=f"template:{TEMPLATE}", by="shipped", at=NOW)
    actual = (tx.approvals(limit=2), tx.approvals(limit=99))
    assert actual == ([made[2], made[1]], [made[2], made[1], made[0], shipped])

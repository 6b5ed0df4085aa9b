"""What is due is done once, at its time; nothing that fails stops the rest."""

import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Candidate, Decision, Message, Outcome, OutcomeKind
from serving.policy.templates import text_digest
from serving.ports import Approval, Transaction
from serving.schemas.answers import offered_bytes
from tests.serving.timekeeping import (
    Company,
    company,
    happens,
    late,
    moved,
    of_appointment,
    of_parcel,
    of_reminder,
    reminder,
)

EVENING = datetime(2026, 11, 20, 22, tzinfo=UTC)  # 23:00 in Paris
MORNING = datetime(2026, 11, 21, 7, tzinfo=UTC)  # 08:00 there
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
PARIS = "Europe/Paris"


def overnight(it: Company, *users: str) -> list[str]:
    """Have a message held over night for each customer; return the ids of its decisions."""
    names = []
    for user in users:
        moves = moved(user, at=it.clock.at, user=user)
        it.told(moves)
        answer = it.asked(of_appointment(moves, timezone=PARIS))
        assert answer["action"] == "hold", answer
        names.append(str(answer["decision_id"]))
    return names


def in_conversation(it: Company, user: str = "u") -> str:
    """Have a message held while a customer talks to somebody; return the id of its decision."""
    it.prefers(user, PARIS, chat=True)
    parcel = late(user, at=it.clock.at, user=user)
    it.told(happens("conversation.opened", at=it.clock.at, user=user, conversation="C-1"), parcel)
    answer = it.asked(of_parcel(parcel))
    assert [reason["code"] for reason in answer["reasons"]] == ["conversation_open"], answer
    return str(answer["decision_id"])


def test_a_hold_is_offered_when_it_ends(tmp_path: Path) -> None:
    """At that very instant, not one earlier; once."""
    with company(tmp_path, EVENING) as it:
        [name] = overnight(it, "u")
        done = [it.ticks()]
        for at in (MORNING - INSTANT, MORNING, MORNING, MORNING + timedelta(days=1)):
            it.clock.at = at
            done.append(it.ticks())
        actual = (done, it.offered(), it.confirmations(name))
    assert actual == ([0, 0, 1, 0, 0], [(name, MORNING)], ["send"])


def test_an_offer_says_what_its_confirmation_says(tmp_path: Path) -> None:
    """The very answer, and whom it concerns; until the answer's own end."""
    with company(tmp_path, EVENING) as it:
        [name] = overnight(it, "u")
        it.clock.at = MORNING
        it.ticks()
        [offer] = it.offers()
        record = it.does(lambda tx: tx.decision(name))
    assert record is not None
    told = json.loads(offer.body)["data"]
    [answer] = [{key: part for key, part in one.items() if key != "confirmed_at"} for one in record["confirmations"]]
    actual = ({key: told[key] for key in answer}, told["user"], offer.expires_at)
    assert actual == (answer, {"id": "u"}, datetime(2026, 11, 21, 20, tzinfo=UTC))


def test_a_hold_that_ends_in_a_cancel_is_not_offered(tmp_path: Path) -> None:
    """What it was about has changed over night."""
    with company(tmp_path, EVENING) as it:
        [name] = overnight(it, "u")
        it.told(happens("appointment.cancelled", at=EVENING + MINUTE, appointment="P-u"))
        it.clock.at = MORNING
        actual = (it.ticks(), it.offered(), it.confirmations(name), it.next_due())
    assert actual == (1, [], ["cancel"], None)


def test_a_hold_that_nothing_ends_is_cancelled_when_it_expires(tmp_path: Path) -> None:
    """Looked at ever less often, a last time at its very end; then nothing is due any more."""
    looks = []
    with company(tmp_path, NOON) as it:
        name = in_conversation(it)
        while (then := it.next_due()) is not None:
            it.clock.at = then
            assert it.ticks() == 1
            looks.append((then - NOON) / MINUTE)
        actual = (looks, it.confirmations(name), it.offered())
    assert actual == ([5, 15, 35, 75, 155, 315, 635, 995, 1355, 1440], ["hold"] * 9 + ["cancel"], [])


def test_a_conversation_that_closes_lets_its_messages_go(tmp_path: Path) -> None:
    """With the next tick, not at the next look."""
    with company(tmp_path, NOON) as it:
        name, other = in_conversation(it), in_conversation(it, "v")
        closed = NOON + 20 * MINUTE
        it.clock.at = closed
        it.ticks()
        it.clock.at = closed + MINUTE
        it.told(happens("conversation.closed", at=it.clock.at, conversation="C-1"))
        actual = (it.ticks(), it.offered(), it.confirmations(name), it.confirmations(other))
    assert actual == (1, [(name, closed + MINUTE)], ["hold", "send"], ["hold"])


def test_a_fresh_look_is_fresh_at_the_instant_of_the_last(tmp_path: Path) -> None:
    """A clock that stands: what was just held is decided again where something ended since."""
    with company(tmp_path, NOON) as it:
        name = in_conversation(it)
        it.clock.at = NOON + 5 * MINUTE
        it.ticks()
        it.told(happens("conversation.closed", at=it.clock.at, conversation="C-1"))
        actual = (it.ticks(), it.confirmations(name), it.ticks())
    assert actual == (1, ["hold", "send"], 0)


def test_a_complaint_that_is_closed_lets_messages_go(tmp_path: Path) -> None:
    """Where nothing else holds them: the cooling-off stays, and its end is known then."""
    with company(tmp_path, NOON) as it:
        parcel = late("a", at=NOON)
        complained = Outcome(kind=OutcomeKind.COMPLAINED, user_id="u", time=NOON - timedelta(days=14))
        it.prefers("u", PARIS, chat=True)
        it.told(parcel)
        it.does(lambda tx: tx.add_outcome(complained, recorded_at=NOON - timedelta(days=14)))
        name = it.asked(of_parcel(parcel))["decision_id"]
        it.clock.turn(minutes=1)
        closed = Outcome(kind=OutcomeKind.COMPLAINT_CLOSED, user_id="u", time=it.clock.at)
        before = it.ticks()
        it.does(lambda tx: tx.add_outcome(closed, recorded_at=it.clock.at))
        actual = (before, it.ticks(), it.offered())
    assert actual == (0, 1, [(name, NOON + MINUTE)])


def test_an_approval_lets_messages_go(tmp_path: Path) -> None:
    """The wording that a person has read, and no other."""
    with company(tmp_path, NOON) as it:
        texts = {"a": "Your parcel A-a now comes on Friday.", "b": "Your parcel A-b is now due on Friday."}
        names = [_asked_in_words(it, name, text) for name, text in texts.items()]
        [digest, _] = it.does(digests)
        it.does(lambda tx: tx.approve(Approval(digest=digest, what="text", by="ann", at=NOON)))
        actual = (it.ticks(), it.offered(), [it.confirmations(name) for name in names])
    assert actual == (2, [(names[0], NOON)], [["send"], ["hold"]])


def test_a_breaker_that_is_released_lets_messages_go(tmp_path: Path) -> None:
    """With the next tick."""
    with company(tmp_path, NOON) as it:
        it.does(lambda tx: tx.passing([of_parcel(late("x", at=NOON))], now=NOON, most=0, times=0))
        it.prefers("u", PARIS, chat=True)
        parcel = late("a", at=NOON)
        it.told(parcel)
        answer = it.asked(of_parcel(parcel))
        before = it.ticks()
        it.does(lambda tx: tx.release_breaker("parcel_delayed", at=NOON, by="ann", why="a real strike"))
        codes = [reason["code"] for reason in answer["reasons"]]
        actual = (codes, before, it.ticks(), it.offered())
    assert actual == (["breaker_open"], 0, 1, [(answer["decision_id"], NOON)])


def test_what_somebody_confirmed_is_not_done_again(tmp_path: Path) -> None:
    """Nor what has reached the customer on another way."""
    with company(tmp_path, EVENING) as it:
        asked, told, _ = overnight(it, "u", "v", "w")
        it.clock.at = MORNING
        it.runs(it.loop.submit(lambda ledger, tx: it.confirmer.confirm(ledger, tx, asked, asked=MORNING)))
        reached = Outcome(kind=OutcomeKind.DELIVERED, decision_id=told, time=MORNING)
        it.does(lambda tx: tx.add_outcome(reached, recorded_at=MORNING))
        done = it.ticks()
        actual = (done, it.confirmations(asked), it.confirmations(told), len(it.offered()))
    assert actual == (1, ["send"], [], 1)


def test_one_that_cannot_be_offered_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is undone as a whole, said once a try, put off, and done when it can be; no input is in the log."""
    failing = {"u-3"}

    def offering(candidate: Candidate, decision: Decision) -> bytes:
        if candidate.user_id in failing:
            raise RuntimeError(f"the secret of {candidate.user_id}")
        return offered_bytes(candidate, decision)

    with company(tmp_path, EVENING, offering=offering) as it:
        names = overnight(it, *(f"u-{number}" for number in range(20)))
        it.clock.at = MORNING
        with caplog.at_level(logging.ERROR, logger="serving.loop.timekeeper"):
            done = it.ticks()
        offered = [name for name, _ in it.offered()]
        undone = (it.confirmations(names[3]), it.next_due())
        it.clock.turn(minutes=5)
        failing.clear()
        actual = (done, offered, undone, it.ticks(), it.offered()[-1], it.confirmations(names[3]))
    said = [record.getMessage() for record in caplog.records]
    assert actual == (
        20,
        [name for name in names if name != names[3]],
        ([], MORNING + 5 * MINUTE),
        1,
        (names[3], MORNING + 5 * MINUTE),
        ["send"],
    )
    assert said == [f"held decision `{names[3]}` cannot be decided again: RuntimeError; it is tried again later"]


def test_a_record_of_another_version_is_tried_until_it_expires(tmp_path: Path) -> None:
    """Ever less often; then it is due no more. The others go at their time."""
    with company(tmp_path, EVENING) as it:
        bad, good = overnight(it, "u", "v")
        spoil(it.path, bad)
        it.clock.at = MORNING
        looks = [it.ticks()]
        offered = [name for name, _ in it.offered()]
        while (then := it.next_due()) is not None:
            it.clock.at = then
            looks.append(it.ticks())
        actual = (offered, looks[0], it.clock.at - EVENING, len(it.offered()), it.ticks())
    assert actual == ([good], 2, timedelta(hours=72), 1, 0)


def spoil(path: Path, name: str) -> None:
    """Make a record unreadable, as no version of ours would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for trigger in ("decisions_stay", "decisions_are_unread"):
            file.execute(f"DROP TRIGGER {trigger}")
        file.execute("UPDATE decisions SET record = '{}' WHERE decision_id = ?", (name,))


def test_a_process_of_an_older_version_may_have_answered(tmp_path: Path) -> None:
    """It knows nothing of what is due: what it confirmed is not decided again, and is due no more."""
    with company(tmp_path, EVENING) as it:
        [name] = overnight(it, "u")
        due = "SELECT decision, user_id, at, known, tries, expires_at FROM due"
        with closing(sqlite3.connect(it.path, isolation_level=None)) as file:
            [row] = file.execute(due)
            it.clock.at = MORNING
            it.ticks()
            columns = "decision, user_id, at, known, tries, expires_at"
            file.execute(f"INSERT INTO due ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)
        actual = (it.ticks(), it.next_due(), it.confirmations(name), len(it.offers()))
    assert actual == (1, None, ["send"], 1)


def test_nothing_is_written_where_nothing_is_due(tmp_path: Path) -> None:
    """A thousand quiet seconds leave the files as they are, to the byte and the time."""
    with company(tmp_path, EVENING) as it:
        overnight(it, "u")
        before = files(tmp_path)
        done = [it.ticks() for _ in range(1000)]
        actual = (set(done), files(tmp_path) == before, len(before) > 1)
    assert actual == ({0}, True, True)


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of the files of the ledger; SQLite's shared memory is no file of ours."""
    found = {path.name: path.stat() for path in folder.iterdir() if not path.name.endswith("-shm")}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}


def test_a_reminder_fires_at_its_time(tmp_path: Path) -> None:
    """Held `too_soon` until then, offered then."""
    remind_at = NOON + timedelta(days=30)
    with company(tmp_path, NOON) as it:
        asks = reminder("a", at=NOON, remind_at=remind_at, due_at=remind_at + timedelta(days=2))
        it.told(asks)
        answer = it.asked(of_reminder(asks, timezone=PARIS))
        it.clock.at = remind_at
        codes = [reason["code"] for reason in answer["reasons"]]
        actual = (codes, it.ticks(), it.offered())
    assert actual == (["too_soon"], 1, [(answer["decision_id"], remind_at)])


def digests(tx: Transaction) -> list[str]:
    """Return the digests of the texts that are held."""
    return [text_digest(message.text or "", message.next_step) for message in tx.held_texts(since=NOON)]


def _asked_in_words(it: Company, name: str, text: str) -> str:
    """Have a free text held for a person; return the id of its decision."""
    it.prefers(name, PARIS, chat=True)
    parcel = late(name, at=NOON, user=name)
    it.told(parcel)
    words = Message(text=text, next_step="Reply to change the address.")
    answer = it.asked(replace(of_parcel(parcel), message=words))
    assert [reason["code"] for reason in answer["reasons"]] == ["awaiting_approval"], answer
    return str(answer["decision_id"])

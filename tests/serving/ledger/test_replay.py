"""HOUSE promise 8: any past decision replays to the same bytes, from its record alone."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

from model.canonical import canonical
from model.contracts import Arm, Candidate, Event, EvidenceRef, Message, OutcomeKind
from serving.arms import Exploration
from serving.decide import decide, digest_of
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.keeping import keep
from serving.policy.templates import text_digest
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Approval, Preferences, Transaction
from serving.record.record import read_record, record_of
from serving.standing import Experiment, Standing
from tests.contracts.ledgers import NOW, ago, report

POLICY = load_policy()
SCORER = FakeScorer(feature="tenure_days", cutoff=0.01)
EXPLORATION = Exploration(salt=b"a salt that tests know")
SUMMER = timezone(timedelta(hours=2))
KINDS = ("shipment.delayed", "shipment.failed", "page.dwelled", "incident.resolved")
CHANNELS = ("chat", "sms", "widget")
ZONES = ("Europe/Paris", "Asia/Tokyo", "Nowhere/Land", None)
NEXT_STEP = "Reply to change the address."
FREE = "Your parcel A-7 now arrives on Friday, we are sorry. Reply to change the address."


def evidence(user: str, kind: str) -> Event:
    """Describe what happened to a customer half an hour ago."""
    data = {
        "z": [1.5, None, {"ü": True}],
        "parcel": "A-7",
        "new_eta": "Friday",
        "reason": "nobody home",
        "page": "pricing",
    }
    data |= {"session": f"s-{user}", "seconds": 60, "incident": "i-1", "affected": [user, "somebody else"]}
    return Event(source="shop", id=f"{kind}/{user}", type=kind, time=ago(minutes=4), subject=user, data=data)


def candidates() -> Iterator[tuple[Candidate, Event | None]]:
    """Describe many messages: kinds of evidence, channels, zones, wordings and scores of every sort."""
    for number, (kind, channel, zone) in enumerate(product((*KINDS, None), CHANNELS, ZONES)):
        user = f"u-{number}"
        shown = None if kind is None else evidence(user, kind)
        by_template = Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Friday"})
        yield (
            Candidate(
                user_id=user,
                purpose={"page.dwelled": "in_session_help", "incident.resolved": "remediation"}.get(
                    str(kind), "delivery_update"
                ),
                channel=channel,
                message=by_template if number % 5 < 3 else Message(text=FREE[number % 2 :], next_step=NEXT_STEP),
                evidence=None if shown is None else EvidenceRef(type=shown.type, id=shown.id),
                timezone=zone,
                attributes={"z": 1, "tenure_days": (0.5, 0.0, None, "many")[number % 4], "a": {"b": [1e300, -0.0]}},
                expires_at=(NOW + timedelta(hours=3)).astimezone(SUMMER) if number % 2 else None,
                session_id=f"s-{user}" if channel != "sms" else None,
            ),
            shown,
        )


def live(tx: Transaction, candidate: Candidate, shown: Event | None, *, now: datetime) -> None:
    """Decide one candidate as the API does: in one transaction, and recorded."""
    if shown is not None:
        tx.add_event(shown, recorded_at=now)
    known = tx.contexts([candidate], now=now, digests=[digest_of(candidate, POLICY)])
    identity = f"{candidate.user_id}/{now.isoformat()}"
    asked = {"ids": [identity], "now": now, "policy": POLICY, "scorer": SCORER, "exploration": EXPLORATION}
    decided = decide([candidate], known, **asked)[0]  # type: ignore[arg-type]
    if SCORER.watch is not None:
        tx.watch(SCORER.watch)
    tx.add_decision(candidate, known[0], decided)


def fill(tx: Transaction) -> None:
    """Record a day's decisions, some customers twice, with preferences and complaints between them."""
    tx.approve(Approval(digest=text_digest(FREE, NEXT_STEP), what="text", by="ann", at=NOW))
    for number, (candidate, shown) in enumerate(candidates()):
        if number % 3:
            told = Preferences(timezone="Europe/Rome", consent={"sms": True, "chat": number % 2 == 0})
            tx.set_preferences(candidate.user_id, told, at=NOW)
        live(tx, candidate, shown, now=NOW)
        if number % 7 == 6:
            report(tx, OutcomeKind.COMPLAINED, user_id=candidate.user_id)
            live(tx, candidate, None, now=NOW + timedelta(minutes=2))


SHADOW = FakeScorer(version="8", feature="tenure_days", cutoff=0.4)
TRIAL = Experiment(
    id="x-1", share=0.5, max_contacts=6, until=NOW + timedelta(days=9), by="ann", started_at=NOW - timedelta(hours=1)
)


def plain() -> Iterator[tuple[Candidate, Event | None]]:
    """Describe twenty customers whose parcel is late, and nothing else."""
    for number in range(20):
        user = f"p-{number}"
        shown = evidence(user, "shipment.delayed")
        yield (
            Candidate(
                user_id=user,
                purpose="delivery_update",
                channel="sms",
                message=Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Friday"}),
                evidence=EvidenceRef(type=shown.type, id=shown.id),
                attributes={"tenure_days": (0.5, None)[number % 2]},
            ),
            shown,
        )


def try_out(url: str) -> list[tuple[Standing, dict[str, Any]]]:
    """Record a day's decisions in an experiment, one transaction each, with the standing that each of them saw."""
    ledger = open_ledger(url, now=NOW, salt=EXPLORATION.salt, shipped=shipped_digests())
    seen: list[tuple[Standing, dict[str, Any]]] = []
    with ledger.transaction() as tx:
        tx.start_experiment(TRIAL)
        tx.approve(Approval(digest=text_digest(FREE, NEXT_STEP), what="text", by="ann", at=NOW))
    for candidate, shown in chain(candidates(), plain()):
        with ledger.transaction() as tx:
            told = Preferences(timezone="Europe/Rome", consent={"sms": True, "chat": True})
            tx.set_preferences(candidate.user_id, told, at=NOW)
            under = replace(EXPLORATION, standing=tx.standing(NOW))
            if shown is not None:
                tx.add_event(shown, recorded_at=NOW)
            known = tx.contexts([candidate], now=NOW, digests=[digest_of(candidate, POLICY)])
            asked = {"ids": [candidate.user_id], "now": NOW, "policy": POLICY, "scorer": None, "shadow": SHADOW}
            decided = decide([candidate], known, exploration=under, **asked)  # type: ignore[arg-type]
            keep(tx, [(candidate, known[0], decided[0])], scorer=None, exploration=under, limits=POLICY.limits)
            seen.append((under.standing, tx.decision(candidate.user_id) or {}))
    ledger.close()
    return seen


def test_what_an_experiment_drew_replays_to_the_same_bytes(tmp_path: Path) -> None:
    """From its record and the same standing: contacted, held out, over; the shadow's opinion, too."""
    seen = try_out(f"sqlite:///{tmp_path}/l.db")
    arms: Counter[tuple[Arm | None, bool, bool]] = Counter()
    for stands, record in seen:
        read = read_record(json.loads(json.dumps(record)))
        was = read.decided.decision
        again = decide(
            [read.candidate],
            [read.context],
            ids=[was.decision_id],
            now=was.decided_at,
            policy=POLICY,
            scorer=None,
            exploration=replace(EXPLORATION, standing=stands),
            shadow=SHADOW,
        )[0]
        parts = {name: part for name, part in record.items() if name not in {"confirmations", "outcomes"}}
        assert canonical(record_of(read.candidate, read.context, again)) == canonical(parts)
        arms[was.arm, was.trigger, read.decided.shadow is None] += 1
    sent = arms[Arm.EXPERIMENT, True, False]
    held_out = arms[Arm.EXPERIMENT, False, False]
    over = arms[None, False, False]  # passed the policy, and no place was left
    actual = (sent, held_out > 0, over > 0)
    assert actual == (TRIAL.max_contacts, True, True)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Decide, close the ledger, open it again and read every record."""
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('replay'))}/l.db"
    for write in (True, False):
        ledger = open_ledger(url, now=NOW, salt=EXPLORATION.salt, shipped=shipped_digests())
        with ledger.transaction() as tx:
            if write:
                fill(tx)
            found = tx.decisions(action=None, user=None, since=None, after=None, limit=1000)
        ledger.close()
    return found


def test_every_decision_replays_to_the_same_bytes(records: list[dict[str, Any]]) -> None:
    """Candidate and context from the record, the same clock, id, policy, model and salt: the same record again."""
    for record in records:
        read = read_record(json.loads(json.dumps(record)))
        was = read.decided.decision
        again = decide(
            [read.candidate],
            [read.context],
            ids=[was.decision_id],
            now=was.decided_at,
            policy=POLICY,
            scorer=SCORER,
            exploration=EXPLORATION,
        )[0]
        parts = {name: part for name, part in record.items() if name not in {"confirmations", "outcomes"}}
        actual = canonical(record_of(read.candidate, read.context, again))
        assert actual == canonical(parts)


def test_the_replayed_day_holds_every_kind_of_answer(records: list[dict[str, Any]]) -> None:
    """Sends, holds and denials, drawn and undrawn: otherwise the test above would say little."""
    decisions = [record["decided"]["decision"] for record in records]
    actions = Counter(one["action"] for one in decisions)
    drawn = {one["arm"] is not None for one in decisions}
    actual = (len(records) >= 60, set(actions), drawn)
    assert actual == (True, {"send", "hold", "deny"}, {True, False})

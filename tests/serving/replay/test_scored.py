"""Another model asked about the past: as `decide` itself would have answered with it, row by row."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.contracts import JSON, Shares
from model.history import nothing_on_record
from serving.arms import Exploration
from serving.decide import decide as decide_again
from serving.fakes import FakeScorer
from serving.ledger.looking import looking
from serving.ledger.past import salt_of
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.ports import Scorer
from serving.record.readings import ACTIONS
from serving.record.record import read_record
from serving.record.text import read_text, records_of
from serving.replay.judging import UNREADABLE, Proposal
from serving.replay.replaying import replayed
from serving.replay.scored import Heard, Scored, known, logged
from serving.standing import Standing, Trip
from serving.verdicts import RANKED_ELSEWHERE
from tests.contracts.ledgers import NOW
from tests.occasions import candidate, context, decided, event
from tests.serving.ledger.test_replay import POLICY, fill, try_out
from tests.serving.replay.test_exact import LAST, SHARES, decide, opened

Found = dict[int, tuple[str, float | None]]  # by number: what it would be, and the chance of a contact


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ledgers: of a day of every kind, of an experiment, and of three days by arm with silence at their end."""
    urls = {name: f"sqlite:///{Path(tmp_path_factory.mktemp(name))}/l.db" for name in ("day", "trial", "arms")}
    ledger = opened(urls["day"])
    with ledger.transaction() as tx:
        fill(tx)
    ledger.close()
    try_out(urls["trial"])
    for day in (0, 1, 16):
        decide(urls["arms"], day=day)
    return urls


def tried(url: str, scorer: Scorer) -> tuple[Found, Heard]:
    """Replay a ledger with another model."""
    with looking(url) as store:
        ledger = SqliteTransaction(store)
        second = Scored(scorer=scorer, shares=SHARES, salt=salt_of(store), records=ledger.records_of)
        proposal = Proposal(policy=POLICY, limits=POLICY.limits, second=second)
        found = replayed(ledger, 1, LAST, proposal, shares=SHARES).answers()
    chance = [None if np.isnan(each) else float(each) for each in found.contact.tolist()]
    rows = zip(found.number.tolist(), [str(ACTIONS[each]) for each in found.after.tolist()], chance, strict=True)
    return {number: (after, contact) for number, after, contact in rows}, second.heard


def decided_by(url: str, scorer: Scorer) -> Found:
    """Decide each record again with another model; what was stopped stays so, experiments are over."""
    found: Found = {}
    with looking(url) as store:
        salt = salt_of(store)
        for number, text in store.rows("SELECT seq, record FROM decisions ORDER BY seq"):
            read = read_record(json.loads(text))
            was = read.decided
            tripped = Trip(watch="w", harm="opt_out", detail="", at=NOW) if was.stopped else None
            (again,) = decide_again(
                [read.candidate],
                [read.context],
                ids=["d"],
                now=was.decision.decided_at,
                policy=POLICY,
                scorer=scorer,
                exploration=Exploration(shares=SHARES, salt=salt, standing=Standing(trip=tripped)),
                outranked=[was.verdicts.get(RANKED_ELSEWHERE) == "refuse"],
            )
            drawn = again.assignment
            withheld = 0.0 if was.assignment is not None else None
            chance = withheld if drawn is None else drawn.contact_probability
            found[number] = str(again.decision.action), chance
    return found


MODELS = {
    "another cut-off": FakeScorer(version="8", feature="tenure_days", cutoff=0.6),
    "everybody": FakeScorer(version="8", cutoff=0.0),
    "nobody": FakeScorer(version="8", cutoff=0.9),
    "no certificate": FakeScorer(version="8", feature="tenure_days", cutoff=None),
    "another scope": FakeScorer(version="8", cutoff=0.0, scope=frozenset({("delivery_update", "chat")})),
    "expired on the way": FakeScorer(version="8", cutoff=0.0, expires=NOW + timedelta(days=1)),
    "other shares": FakeScorer(version="8", cutoff=0.0, shares=Shares(model=0.5, policy_only=0.25, holdout=0.25)),
    "another feature": FakeScorer(version="8", feature="contacts_7d", cutoff=0.5),
}


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("which", ["day", "arms"])
def test_it_answers_as_decide_would(which: str, name: str, past: dict[str, str]) -> None:
    """Action and chance of a contact, of every decision: scope, expiry, cut-off, arm, and what cannot be scored."""
    actual, heard = tried(past[which], MODELS[name])
    assert actual == decided_by(past[which], MODELS[name])
    assert heard.asked > 0


def test_what_an_experiment_drew_is_drawn_by_arm_where_the_model_is_certified(past: dict[str, str]) -> None:
    """And whoever it did not reach as well: those no chance ever drew, which is counted."""
    actual, heard = tried(past["trial"], MODELS["everybody"])
    assert actual == decided_by(past["trial"], MODELS["everybody"])
    assert heard.undrawn > 0


def test_what_an_experiment_drew_stays_where_nothing_is_certified(past: dict[str, str]) -> None:
    """With its own chance."""
    actual, heard = tried(past["trial"], MODELS["no certificate"])
    sent = [chance for after, chance in actual.values() if after == "send" and chance is not None]
    assert (set(sent), len(sent), heard.undrawn) == ({0.5}, 6, 0)


def test_it_reads_the_records_that_it_is_given(past: dict[str, str]) -> None:
    """Those of confirmations in place of the decisions': the features of then, and not of before."""
    with looking(past["arms"]) as store:
        ledger = SqliteTransaction(store)
        scorer = FakeScorer(feature="tenure_days", cutoff=0.0)
        second = Scored(scorer=scorer, shares=SHARES, salt=salt_of(store), records=ledger.records_of)
        texts = dict(ledger.records_of(range(1, LAST)))
        richer = {number: text.replace('"tenure_days":null', '"tenure_days":0.5') for number, text in texts.items()}
        proposal = Proposal(policy=POLICY, limits=POLICY.limits, second=second.of(richer))
        replayed(ledger, 1, LAST, proposal, shares=SHARES)
    before, _ = tried(past["arms"], scorer)
    actual = (second.heard.unscored, len(before))
    assert actual == (0, 60)


def test_a_decision_without_its_record_is_left_out_as_unreadable(past: dict[str, str]) -> None:
    """That its reading alone is there is no reason to say that nobody asked."""
    with looking(past["arms"]) as store:
        ledger = SqliteTransaction(store)
        second = Scored(scorer=FakeScorer(cutoff=0.0), shares=SHARES, salt=salt_of(store), records=lambda _: [])
        proposal = Proposal(policy=POLICY, limits=POLICY.limits, second=second)
        found = replayed(ledger, 1, LAST, proposal, shares=SHARES)
    actual = dict(found.left_out)
    assert actual == {UNREADABLE: second.heard.asked}


NAMES = ("features", "verdicts", "fact_key", "candidate", "context", "evidence", "history", "a", "é", "\\", "\ud800")
names = st.sampled_from([*NAMES, '"features":{', ',"verdicts":{', '"history":{'])
free: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | names,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)  # the first example waits for what is read once
@given(*[st.dictionaries(names, free, max_size=3)] * 3)
def test_what_the_second_question_needs_is_found_whatever_stands_in_a_record(
    attributes: dict[str, JSON], data: dict[str, JSON], features: dict[str, JSON]
) -> None:
    """Names of customers, events, texts and features may be those of the record itself."""
    one = replace(candidate(), attributes=attributes)
    there = context(evidence=event(data=data), history=nothing_on_record(7.0) | {"contacts_7d": 2.0})
    was = replace(decided(one), features=features, shadow={"version": ',"verdicts":{', "problem": '"features":{'})
    [text] = records_of([(one, there, was)])
    whole = read_text(text)
    expected = (whole["candidate"], whole["context"]["history"]), (whole["decided"]["features"], was.fact_key)
    actual = known(text), logged(text)
    assert json.dumps(actual) == json.dumps(expected)

"""Exact replay: what was decided is decided again, from its record alone, and compared byte by byte."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.ledger.experiments import experiments
from serving.ledger.instants import micros
from serving.ledger.looking import looking
from serving.ledger.past import every_watch, made_between, salt_of
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ledger.tightenings import tightenings
from serving.ledger.trips import trips
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider, Question
from serving.models.in_use import InUse
from serving.policy.policy import Policy
from serving.policy.tightening import ALL, tightening
from serving.policy_files.templates import shipped_digests
from serving.ports import Preferences, Scorer
from serving.replay.comparing import Exact, differences
from serving.replay.exact import AtHand, again
from serving.replay.then import Then, policies_of
from serving.schemas.answers import confirmation_bytes, decision_bytes
from tests.contracts.ledgers import NOW
from tests.occasions import candidate, context, decided
from tests.serving.ledger.test_replay import EXPLORATION, POLICY, SCORER, TRIAL, fill, plain, try_out
from tests.serving.replay.tampering import DENIED, EMPTIED, tampered

LAST = 10_000
SHARES = Shares()


def at_hand(url: str, *, policy: Policy = POLICY, scorer: Scorer | None = SCORER) -> AtHand:
    """Return what there is to decide by, as the ledger has it."""
    with looking(url) as store:
        then = Then(shares=SHARES, trips=trips(store), experiments=experiments(store), watches=every_watch(store))
        policies = policies_of(policy, tightenings(store, limit=ALL))
        return AtHand(policies=policies, scorer=scorer, salt=salt_of(store), then=then)


def replayed(url: str, hand: AtHand | None = None) -> Exact:
    """Decide a whole ledger again."""
    hand, found = hand or at_hand(url), Exact()
    with looking(url) as store:
        for page in made_between(store, 1, LAST):
            found.add(again(page, hand))
    return found


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a ledger that is not there yet."""
    return f"sqlite:///{tmp_path}/l.db"


def opened(url: str) -> SqliteLedger:
    """Open or make the ledger."""
    return open_ledger(url, now=NOW, salt=EXPLORATION.salt, shipped=shipped_digests())


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ledger of a day's decisions of every kind."""
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('exact'))}/l.db"
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        fill(tx)
    return url


@pytest.mark.parametrize("scorer", [SCORER, None], ids=["the model is at hand", "as recorded"])
def test_every_decision_gives_the_same_bytes(day: str, scorer: Scorer | None) -> None:
    """Asked again, or with the figures on record; and it is said which."""
    found = replayed(day, at_hand(day, scorer=scorer))
    asked = (found.asked > 0, found.stood_in["fake"] > 0)
    actual = (found.decisions >= 60, found.different, found.differ, found.drawn > 0, asked)
    assert actual == (True, 0, [], True, (scorer is SCORER, scorer is None))


def test_what_an_experiment_drew_gives_the_same_bytes(url: str) -> None:
    """Contacted, held out, and nobody once its contacts were all made, with a challenger's opinion beside."""
    try_out(url)
    found = replayed(url)
    actual = (found.decisions > 60, found.different, found.drawn > TRIAL.max_contacts)
    assert actual == (True, 0, True)


def test_another_salt_draws_otherwise_and_every_part_that_differs_is_named(url: str) -> None:
    """Chance is checked as well: who tampers with the secret, or with what was drawn, shows."""
    try_out(url)
    found = replayed(url, replace(at_hand(url), salt=b"another"))
    named = {part for one in found.differ for part, *_ in one.parts}
    part = "decided.assignment.contacted"
    actual = (0 < found.different == len(found.differ), found.parts[part] == found.different, part in named)
    assert actual == (True, True, True)


def test_what_was_decided_under_another_policy_is_counted_by_version(day: str) -> None:
    """It is not decided again: nobody knows that policy here."""
    other = replace(POLICY, version="sha256:other")
    found = replayed(day, at_hand(day, policy=other))
    actual = (found.decisions, found.different, list(found.versions), found.versions.total() >= 60)
    assert actual == (0, 0, [POLICY.version], True)


def test_a_record_that_was_changed_is_named_with_what_it_says(day: str, tmp_path: Path) -> None:
    """One byte of one record: that decision alone differs, in that part alone."""
    copy = tmp_path / "copy.db"
    shutil.copy(day.removeprefix("sqlite:///"), copy)
    tampered(copy, DENIED, EMPTIED)
    found = replayed(f"sqlite:///{copy}")
    actual = ([one.parts for one in found.differ], found.different, found.unreadable)
    assert actual == ([(("decided.decision.action", "send", "deny"),)], 1, 1)


def decide(url: str, *, day: int = 0, scorer: Scorer | None = SCORER, users: range = range(20)) -> None:
    """Decide about these customers in one group, as the API does."""
    now = NOW + timedelta(days=day)
    asked = [Question(candidate=one, inline=shown) for one, shown in plain()][users.start : users.stop]
    asked = [
        replace(one, inline=None if one.inline is None else replace(one.inline, id=f"{one.inline.id}/{day}", time=now))
        for one in asked
    ]
    asked = [
        replace(one, candidate=replace(one.candidate, evidence=replace(one.candidate.evidence, id=one.inline.id)))
        for one in asked
        if one.inline is not None and one.candidate.evidence is not None
    ]
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        for one in asked:
            tx.set_preferences(
                one.candidate.user_id, Preferences(timezone="Europe/Rome", consent={"sms": True}), at=NOW
            )
        names = iter(range(1000))
        Decider(
            policy=POLICY,
            models=InUse(scorer=scorer),
            shares=SHARES,
            clock=lambda: now,
            new_id=lambda at: f"{at.isoformat()}/{next(names)}",
            encode=decision_bytes,
        ).answer(ledger, tx, asked)


def test_what_the_kill_switch_kept_back_gives_the_same_bytes(url: str) -> None:
    """Before it fell, while it had fallen, and after somebody released it."""
    decide(url)
    fell, released = NOW + timedelta(days=1), NOW + timedelta(days=3)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as store:
        store.execute("INSERT INTO trips (watch, harm, detail, at) VALUES ('w', 'opt_out', 'd', ?)", [micros(fell)])
        store.commit()
    decide(url, day=2)
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        tx.release(at=released, by="ann", why="it was a test")
    decide(url, day=4)
    found = replayed(url)
    without = replayed(url, replace(at_hand(url), then=replace(at_hand(url).then, trips=())))
    actual = (found.decisions, found.different, without.parts["decided.stopped"] > 0)
    assert actual == (60, 0, True)


def test_what_silence_kept_back_gives_the_same_bytes(url: str) -> None:
    """Since when nobody reported anything is on no record but the decision's own."""
    for day in (0, 1, 16):
        decide(url, day=day)
    found = replayed(url)
    with looking(url) as store:
        kept_back = sum('"stopped":"silent"' in made.record for page in made_between(store, 1, LAST) for made in page)
    actual = (found.decisions, kept_back > 0, found.different)
    assert actual == (60, True, 0)


def test_what_limits_that_somebody_tightened_decided_gives_the_same_bytes(url: str) -> None:
    """Every policy that the configuration has been is at hand, from what is on record."""
    decide(url)
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        tx.add_tightening(tightening(POLICY, {"contacts_7d": 1}, by="ann", why="fewer", at=NOW + timedelta(hours=1)))
    decide(url, day=1)
    found = replayed(url)
    actual = (found.decisions, found.different, dict(found.versions), len(at_hand(url).policies))
    assert actual == (40, 0, {}, 2)


def test_other_shares_are_those_of_the_certificate(url: str) -> None:
    """Whatever is configured now: the draws are made with the shares that they were made with."""
    decide(url)
    hand = at_hand(url)
    then = replace(hand.then, shares=Shares(model=0.4, policy_only=0.3, holdout=0.3))
    found = replayed(url, replace(hand, then=then, scorer=None))
    actual = (found.drawn > 0, {part for one in found.differ for part, *_ in one.parts})
    assert actual == (True, set())


OTHERS = Shares(model=0.4, policy_only=0.3, holdout=0.3)


@pytest.mark.parametrize(
    "was", [FakeScorer(feature="tenure_days", cutoff=0.01, shares=OTHERS), replace(SCORER, feature="not_there")]
)
def test_shares_that_changed_and_were_put_back_are_believed(url: str, was: FakeScorer) -> None:
    """Whether a certificate held for a message that nobody drew is on no other record, before as after the change."""
    decide(url, scorer=was)
    hand = at_hand(url, scorer=replace(was, shares=OTHERS if was.shares == SHARES else SHARES))
    found = replayed(url, hand)
    actual = (found.different, found.asked, found.stood_in["fake"] > 0)
    assert actual == (0, 0, True)


def test_what_a_certificate_permitted_is_asked_again_where_chance_drew(url: str) -> None:
    """A cut-off that was taken out of one record shows: its draw says otherwise."""
    decide(url)
    gone = """UPDATE decisions SET record = replace(record, '"cutoff":0.01', '"cutoff":null') WHERE seq = 1"""
    tampered(Path(url.removeprefix("sqlite:///")), gone)
    found = replayed(url)
    actual = (found.different, set(found.parts))
    assert actual == (1, {"decided.decision.customer_would_thank.cutoff"})


def confirm(url: str, *, hours: float) -> None:
    """Confirm every decision that was not denied."""
    now = NOW + timedelta(hours=hours)
    confirmer = Confirmer(
        policy=POLICY, models=InUse(scorer=SCORER), shares=SHARES, clock=lambda: now, encode=confirmation_bytes
    )
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        for record in tx.decisions(action=None, user=None, since=None, after=None, limit=1000):
            confirmer.confirm(ledger, tx, record["decision_id"], asked=now)


@pytest.mark.parametrize("make", [try_out, decide], ids=["drawn by an experiment", "drawn by arm"])
def test_confirmations_give_the_same_bytes(url: str, make: Callable[[str], Any]) -> None:
    """With the draw that the decision had, of an experiment that ran or was over."""
    make(url)
    for hours in (0.5, 5, 30):
        confirm(url, hours=hours)
    found = replayed(url)
    actual = (found.confirmations > 10, found.different, found.differ)
    assert actual == (True, 0, [])


@pytest.mark.parametrize("value", [2**70, [-(2**64)], "\ud800"], ids=["large", "small", "half of a pair"])
def test_numbers_and_signs_that_few_programs_read_give_the_same_bytes(value: Any, url: str) -> None:
    """Whole numbers beyond 64 bits, and half of a pair of surrogates: as the standard library wrote them."""
    odd = replace(candidate(), attributes={"odd": value})
    with closing(opened(url)) as ledger, ledger.transaction() as tx:
        ruled = decided(odd, scorer=None)
        tx.add_decision(odd, context(), ruled)
    found = replayed(url)
    actual = (found.decisions, found.different, found.unreadable)
    assert actual == (1, 0, 0)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1}}, {"a": {}}, [("a.b", 1, None)]),
        ({"a": [1]}, {"a": [1, 2]}, [("a", [1], [1, 2])]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"a": "x" * 300}, {"a": None}, [("a", '"' + "x" * 199 + "…", None)]),
    ],
    ids=["nothing", "a name", "a longer list", "a number's kind", "a truth", "a long text"],
)
def test_the_parts_that_differ_are_found(was: Any, now: Any, expected: Sequence[Any]) -> None:
    """Each with its place and both values, which are of one kind or differ."""
    actual = list(differences(was, now))
    assert actual == expected

"""Confirming what the score and chance have a say in: one draw per decision, whenever it is reached."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from model.contracts import Shares
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger_table.columns import table_of
from serving.ports import Ledger, Preferences
from serving.settings import Settings
from serving.standing import Experiment
from tests.occasions import mostly
from tests.serving.routes.confirming import confirm, decided, report, said
from tests.serving.served import NOON, Counting, Served, Watch, candidate, memory_ledger

EVENING = NOON + timedelta(hours=9)
MORNING = NOON + timedelta(hours=19)
TRIAL = Experiment(
    id="x-1",
    share=0.5,
    max_contacts=1000,
    until=NOON + timedelta(days=30),
    by="ann",
    started_at=NOON - timedelta(hours=1),
)
GOOD = FakeScorer(cutoff=0.004, feature="tenure_days")
MANY = 40


class Kept(Counting):
    """A ledger that outlives the servers on it."""

    def close(self) -> None:
        """Stay open: the test looks at it, or serves it again."""


def prepared(*, users: int = MANY, experiment: Experiment | None = None) -> Ledger:
    """Put customers' consent to chat on record, and start the experiment, if any."""
    ledger = Kept(memory_ledger())
    with ledger.transaction() as tx:
        for number in range(users):
            tx.set_preferences(f"u-{number}", Preferences(consent={"chat": True}), at=NOON - timedelta(hours=2))
        if experiment is not None:
            tx.start_experiment(experiment)
    return ledger


def served(ledger: Ledger, clock: Watch, scorer: FakeScorer | None = GOOD, shares: Shares | None = None) -> Served:
    """Serve a ledger; the scorer's certificate is for the shares."""
    settings = Settings() if shares is None else Settings(shares=shares)
    certified = scorer and replace(scorer, shares=settings.shares)
    return Served(create_app(settings, ledger=ledger, clock=clock, scorer=certified))


def asked(api: Served, number: int, **more: Any) -> dict[str, Any]:
    """Ask about a customer's own parcel."""
    return decided(api, number, user=f"u-{number}", **more)


def held(api: Served, clock: Watch, count: int) -> list[str]:
    """Return decisions about so many customers that were held in the evening; then it is morning."""
    clock.at = EVENING
    answers = [asked(api, number) for number in range(count)]
    assert {said(one) for one in answers} == {("hold", "quiet_hours")}
    clock.at = MORNING
    return [str(one["decision_id"]) for one in answers]


def counted(ledger: Ledger) -> Counter[tuple[float, bool]]:
    """Count the occasions that the monitor sees, by P(contacted) and whether chance contacted."""
    found: Counter[tuple[float, bool]] = Counter()
    with ledger.transaction() as tx:
        for _, cells in tx.watched():
            for cell, n in cells.items():
                found[cell.e, cell.contacted] += n
    return found


@pytest.mark.parametrize(
    ("arm", "action"), [("model", ("send",)), ("policy_only", ("send",)), ("holdout", ("cancel", "held_out"))]
)
def test_a_hold_reaches_the_draw_when_it_is_confirmed(clock: Watch, arm: str, action: tuple[str, ...]) -> None:
    """Contacted or held out; in the record, and counted for the monitor: once, however often it is confirmed."""
    ledger = prepared()
    with served(ledger, clock, shares=mostly(arm)) as api:
        (identity,) = held(api, clock, 1)
        before = counted(ledger)
        answer = confirm(api, identity)
        clock.at = MORNING + timedelta(minutes=5)
        confirm(api, identity)
        clock.at = EVENING + timedelta(days=1, hours=-1.5)
        confirm(api, identity)
    sent = action == ("send",)
    e = mostly(arm).above
    actual = (sum(before.values()), said(answer), answer["arm"], answer["logging_propensity"], counted(ledger))
    assert actual == (0, action, arm, e if sent else round(1 - e, 12), Counter({(e, sent): 1}))


def test_a_hold_has_the_draw_that_it_would_have_had_at_once(clock: Watch) -> None:
    """A function of salt, customer and fact alone: when somebody asks does not matter."""
    shares = Shares(model=0.4, policy_only=0.2, holdout=0.4)
    arms = []
    for early in (True, False):
        with served(prepared(), clock, shares=shares) as api:
            if early:
                clock.at = NOON + timedelta(hours=7)
                arms.append([asked(api, number)["arm"] for number in range(MANY)])
            else:
                arms.append([confirm(api, identity)["arm"] for identity in held(api, clock, MANY)])
        clock.at = NOON
    actual = (arms[0] == arms[1], set(arms[0]))
    assert actual == (True, {"model", "policy_only", "holdout"})


def test_training_finds_what_was_drawn_at_a_confirmation(clock: Watch) -> None:
    """As of the draw: that time, those features, that record; the held decision itself is no row."""
    shares = Shares(model=0.5, policy_only=0.1, holdout=0.4)
    ledger = prepared()
    with served(ledger, clock, shares=shares) as api:
        names = held(api, clock, 12)
        for number in range(0, 12, 3):
            told = {"user_id": f"u-{number}", "kind": "engaged", "time": (MORNING - timedelta(hours=1)).isoformat()}
            api.post("/v1/outcomes", told)
        answers = [confirm(api, name) for name in names]
        clock.turn(minutes=5)
        for name in names:
            confirm(api, name)
        report(api, "opted_out", clock.at, decision_id=next(one["decision_id"] for one in answers if one["trigger"]))
    with ledger.transaction() as tx:
        page, _ = tx.occasions(after=0, limit=99)
        watches = {watch.key: watch for watch, _ in tx.watched()}
    table = table_of(page, as_of=MORNING + timedelta(days=29), watches=watches)
    columns = table.columns
    rows = dict(zip(columns["occasion_id"], zip(columns["contacted"], columns["propensity"], strict=True), strict=True))
    expected = {one["decision_id"]: (one["trigger"], shares.above) for one in answers}
    actual = (rows, set(columns["decided_at"]), columns["engagements_7d"][:6], sum(columns["opted_out"]))
    assert actual == (expected, {MORNING}, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 1)


@pytest.mark.parametrize("confirmed_first", [True, False])
def test_a_fact_is_one_occasion_whichever_decision_reaches_the_draw_first(
    clock: Watch, *, confirmed_first: bool
) -> None:
    """A hold and a later decision about the same fact: the first that was drawn is the row, the other a repeat."""
    ledger = prepared()
    with served(ledger, clock, shares=mostly("holdout")) as api:
        (identity,) = held(api, clock, 1)

        def ask() -> str:
            return str(api.post("/v1/decisions", candidate(0, user="u-0")).json()["decision_id"])

        if confirmed_first:
            confirm(api, identity)
            ask()
            row = identity
        else:
            row = ask()
            confirm(api, identity)
    with ledger.transaction() as tx:
        page, _ = tx.occasions(after=0, limit=99)
        actual = ([one.record["decision_id"] for one in page], tx.repeats(), sum(counted_in(tx).values()))
    assert actual == ([row], 1, 1)


def counted_in(tx: Any) -> Counter[bool]:
    """Count the occasions of every watch within a transaction."""
    return Counter({cell.contacted: n for _, cells in tx.watched() for cell, n in cells.items()})


def test_the_score_is_asked_again_and_the_draw_is_not(clock: Watch) -> None:
    """Another model says less: arm `model` is cancelled, `policy_only` goes; nobody is counted twice."""
    shares = Shares(model=0.5, policy_only=0.45, holdout=0.05)
    ledger = prepared()
    with served(ledger, clock, shares=shares) as api:
        answers = [asked(api, number) for number in range(12)]
        before = counted(ledger)
    clock.turn(minutes=10)
    with served(ledger, clock, replace(GOOD, cutoff=1000.0), shares=shares) as api:
        again = [confirm(api, one["decision_id"]) for one in answers]
    pairs = {
        (one["arm"], said(two), one["logging_propensity"] == two["logging_propensity"])
        for one, two in zip(answers, again, strict=True)
        if one["trigger"]
    }
    actual = (pairs, counted(ledger) == before)
    assert actual == ({("model", ("cancel", "below_cutoff"), True), ("policy_only", ("send",), True)}, True)


@pytest.mark.parametrize("scorer", [FakeScorer(cutoff=0.004, expires=NOON + timedelta(minutes=5)), None])
def test_without_a_certificate_nothing_discretionary_goes(clock: Watch, scorer: FakeScorer | None) -> None:
    """Expired since, or no model at all: cancel, and what was reserved is free."""
    ledger = prepared()
    with served(ledger, clock, scorer or GOOD, shares=mostly("model")) as api:
        first = asked(api, 1)
        clock.turn(minutes=10)
        codes = said(confirm(api, first["decision_id"])) if scorer else None
    if codes is None:
        with served(ledger, clock, None, shares=mostly("model")) as api:
            codes = said(confirm(api, first["decision_id"]))
    with ledger.transaction() as tx:
        reserved = tx.recent("u-1", now=clock.at).message_at
    assert (first["action"], codes[0], codes[-1], reserved) == ("send", "cancel", "no_certificate", None)


def trip(api: Served, clock: Watch, start: int) -> None:
    """Contact customers who opt out of it, until everything discretionary stops."""
    for number in range(start, start + 30):
        answer = asked(api, number)
        if "no_certificate" in said(answer):
            return
        if answer["trigger"]:
            report(api, "opted_out", clock.at, decision_id=answer["decision_id"])
    raise AssertionError("it never tripped")


@pytest.mark.parametrize("experiment", [True, False])
def test_a_trip_cancels_what_was_not_sent_yet(clock: Watch, *, experiment: bool) -> None:
    """The contact of a model and that of an experiment alike; essential service goes on (see `decide`)."""
    trial = replace(TRIAL, share=0.9) if experiment else None
    ledger = prepared(users=2 * MANY, experiment=trial)
    with served(ledger, clock, None if experiment else GOOD, shares=mostly("model")) as api:
        waiting = next(one for one in (asked(api, number) for number in range(9)) if one["trigger"])
        trip(api, clock, 10)
        answer = confirm(api, waiting["decision_id"])
    actual = (said(answer)[0], said(answer)[-1], answer["arm"])
    assert actual == ("cancel", "no_certificate", None)


UNTIL = NOON + timedelta(hours=3)


@pytest.mark.parametrize(("most", "hours"), [(3, 1), (1000, 1), (3, 2.99)], ids=["full", "running", "full, late"])
def test_an_experiment_makes_the_contacts_that_it_counted(clock: Watch, most: int, hours: float) -> None:
    """Its own contact goes, and is not counted again; whoever was held out stays so."""
    ledger = prepared(experiment=replace(TRIAL, max_contacts=most, until=UNTIL))
    with served(ledger, clock, None) as api:
        answers = [asked(api, number) for number in range(12)]
        contacts = sum(one["trigger"] for one in answers)
        clock.turn(hours=hours)
        again = [confirm(api, one["decision_id"]) for one in answers]
    with ledger.transaction() as tx:
        (trial,) = tx.experiments()
    first = [one["action"].replace("deny", "cancel") for one in answers]
    actual = ([one["action"] for one in again], trial.contacts, {one["arm"] for one in again if one["trigger"]})
    assert actual == (first, contacts, {"experiment"})


@pytest.mark.parametrize("scorer", [None, GOOD], ids=["no model", "a model since"])
@pytest.mark.parametrize("over", ["stopped", "end", "full, end", "stopped, another runs"])
def test_nothing_goes_for_an_experiment_that_is_over(clock: Watch, over: str, scorer: FakeScorer | None) -> None:
    """Stopped by a person, or past its end: no certificate, not even one of another experiment, or of a model since."""
    ledger = prepared(experiment=replace(TRIAL, max_contacts=3 if "full" in over else 1000, until=UNTIL))
    with served(ledger, clock, None) as api:
        waiting = [one["decision_id"] for one in (asked(api, number) for number in range(12)) if one["trigger"]]
    clock.turn(hours=3 if "end" in over else 1)
    with ledger.transaction() as tx:
        if "stopped" in over:
            tx.stop_experiment("x-1", at=clock.at, by="ann", why="enough")
        if "another" in over:
            tx.start_experiment(replace(TRIAL, id="x-2", share=0.999, started_at=clock.at))
    with served(ledger, clock, scorer, shares=mostly("model")) as api:
        again = [confirm(api, identity) for identity in waiting]
    told = {(one["action"], one["reasons"][-1]["code"], one["arm"]) for one in again}
    assert (told, len(again) > 2) == ({("cancel", "no_certificate", None)}, True)


def test_a_stop_does_not_take_back_what_was_confirmed(clock: Watch) -> None:
    """The same answer until it expires: it may be on its way."""
    ledger = prepared(experiment=TRIAL)
    with served(ledger, clock, None) as api:
        waiting = next(one for one in (asked(api, number) for number in range(12)) if one["trigger"])
        first = confirm(api, waiting["decision_id"])
        with ledger.transaction() as tx:
            tx.stop_experiment("x-1", at=clock.at, by="ann", why="enough")
        clock.turn(minutes=5)
        repeated = confirm(api, waiting["decision_id"])
        report(api, "not_delivered", clock.at, decision_id=waiting["decision_id"])
        after = confirm(api, waiting["decision_id"])
    actual = (repeated == first, said(first), said(after)[0], said(after)[-1])
    assert actual == (True, ("send",), "cancel", "no_certificate")


def test_a_hold_that_an_experiment_takes_uses_up_a_place(clock: Watch) -> None:
    """Drawn at its confirmation: the last contact ends it, and the rest find no certificate."""
    ledger = prepared(experiment=replace(TRIAL, max_contacts=4))
    with served(ledger, clock, None) as api:
        names = held(api, clock, 20)
        answers = [
            one.json() for one in api.together([("POST", f"/v1/decisions/{name}/confirm", {}) for name in names])
        ]
    with ledger.transaction() as tx:
        (trial,) = tx.experiments()
    seen = Counter((one["action"], one["arm"]) for one in answers)
    actual = (seen["send", "experiment"], trial.contacts, trial.stopped_by, seen["cancel", None] > 0)
    assert actual == (4, 4, "outreach", True)


def test_a_message_that_goes_at_its_confirmation_can_be_silent_too(clock: Watch) -> None:
    """Reports of before say nothing about it: two weeks without any are silence."""
    ledger = prepared()
    with served(ledger, clock, shares=mostly("model")) as api:
        first = asked(api, 1)
        report(api, "engaged", clock.at, user_id="u-1")
        clock.turn(minutes=10)
        confirm(api, first["decision_id"])
    seen = []
    for days in (0, 14):
        with ledger.transaction() as tx:
            seen.append(tx.standing(clock.at + timedelta(days=days)).stopped)
    assert seen == [None, "silent"]


def test_a_shadow_is_asked_at_a_confirmation_too(clock: Watch) -> None:
    """For the record alone."""
    ledger = prepared()
    app = create_app(
        Settings(shares=mostly("model")),
        ledger=ledger,
        clock=clock,
        scorer=replace(GOOD, shares=mostly("model")),
        shadow=FakeScorer(version="8", cutoff=0.9, shares=mostly("model")),
    )
    with Served(app) as api:
        (identity,) = held(api, clock, 1)
        actual = said(confirm(api, identity))
    with ledger.transaction() as tx:
        page, _ = tx.occasions(after=0, limit=9)
    opinion = page[0].record["decided"]["shadow"]
    assert (actual, opinion["version"], opinion["above"]) == (("send",), "8", False)


def test_a_hold_that_becomes_a_send_is_volume_of_its_template(clock: Watch) -> None:
    """Its breaker opens where one more is too much: held then, exactly; a send that was counted needs no room."""
    ledger = prepared()
    shares = mostly("model")
    settings = Settings(shares=shares, limits={"breaker_volume": 5})
    with Served(create_app(settings, ledger=ledger, clock=clock, scorer=replace(GOOD, shares=shares))) as api:
        names = held(api, clock, 9)
        first = asked(api, 9)
        answers = [said(confirm(api, first["decision_id"]))]
        calls = [("POST", f"/v1/decisions/{name}/confirm", {}) for name in names]
        answers += [said(answer.json()) for answer in api.together(calls)]
        with ledger.transaction() as tx:
            (opened,) = tx.breakers(released=0)
            tx.release_breaker(opened.key, at=clock.at, by="ann", why="a storm")
        clock.turn(minutes=1)
        after = [said(confirm(api, name)) for name in names]
    actual = (Counter(answers), opened.volume, Counter(after))
    held_back = ("hold", "breaker_open")
    assert actual == (Counter({("send",): 5, held_back: 5}), 5, Counter({("send",): 9}))


def test_a_send_that_was_counted_needs_no_room(clock: Watch) -> None:
    """Its template has gone out as often as it may: it is one of those, and opens nothing."""
    ledger, shares = prepared(), mostly("model")
    settings = Settings(shares=shares, limits={"breaker_volume": 1})
    with Served(create_app(settings, ledger=ledger, clock=clock, scorer=replace(GOOD, shares=shares))) as api:
        first = asked(api, 1)
        clock.turn(minutes=1)
        answer = said(confirm(api, first["decision_id"]))
        other = said(asked(api, 2))
    actual = (said(first), answer, other)
    assert actual == (("send",), ("send",), ("hold", "breaker_open"))

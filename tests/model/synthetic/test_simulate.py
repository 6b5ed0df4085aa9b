import dataclasses

import numpy as np
import pytest

from model.history import DAY, FEATURES
from model.synthetic.chance import Draws, Script
from model.synthetic.customers import Customers, new_customers
from model.synthetic.effects import rates
from model.synthetic.occasions import START, Schedule
from model.synthetic.purposes import KINDS
from model.synthetic.simulate import Run, simulate
from model.synthetic.world import World

DELAYED = next(i for i, kind in enumerate(KINDS) if kind.event == "shipment.delayed")
FAILED = next(i for i, kind in enumerate(KINDS) if kind.event == "shipment.failed")
FRAUD = next(i for i, kind in enumerate(KINDS) if kind.event == "account.fraud_suspected")
HOUR = 3_600
NEVER, ALWAYS = 2.0, -1.0  # uniforms that no probability, or every one, exceeds


def play(
    *,
    days: tuple[float, ...],
    kinds: tuple[int, ...],
    contacted: float = ALWAYS,
    complain: tuple[float, ...] = (),
    opt_out: tuple[float, ...] = (),
    channels: tuple[str, ...] = (),
    left_on_day: float | None = None,
) -> Run:
    """Play one customer's occasions on these days; outcomes come a day after. `left_on_day`: an opt-out from all."""
    n = len(days)
    people: Customers = new_customers(1, np.random.default_rng(0))
    begin = int(START.timestamp())
    time = np.array([begin + int(d * DAY) for d in days])
    kind, channel = np.array(kinds), np.array(channels or ("chat",) * n)
    plan = Schedule(np.zeros(n, dtype=np.int64), time, kind, channel, time - 60)
    day = np.full(n, int(DAY))
    chance = Draws(
        contact=np.full(n, contacted),
        engage=np.full(n, NEVER),
        complain=np.array(complain or (NEVER,) * n),
        opt_out=np.array(opt_out or (NEVER,) * n),
        engaged_after=day,
        complained_after=day,
        opted_out_after=day,
        engagements={},
        complaints={},
        opt_outs={} if left_on_day is None else {0: [begin + int(left_on_day * DAY)]},
    )
    return simulate(Script(people, plan, rates(people, plan.customer, kind), chance, 0.5))


def test_a_complaint_silences_for_fourteen_days() -> None:
    """Complained on day 1: day 14 is too soon, day 15 is allowed again."""
    actual = play(days=(0, 14.9, 15.0), kinds=(DELAYED,) * 3, complain=(ALWAYS, NEVER, NEVER))

    assert actual.kept.tolist() == [True, False, True]


def test_essential_service_does_not_wait_for_the_cooling_off() -> None:
    """A failed delivery is told in spite of yesterday's complaint."""
    actual = play(days=(0, 2), kinds=(DELAYED, FAILED), complain=(ALWAYS, NEVER))

    assert actual.kept.tolist() == [True, True]


def test_an_opt_out_stops_its_own_channel() -> None:
    """Having left e-mail, chat still works."""
    actual = play(
        days=(0, 5, 10),
        kinds=(DELAYED,) * 3,
        opt_out=(ALWAYS, NEVER, NEVER),
        channels=("email", "email", "chat"),
    )

    assert actual.kept.tolist() == [True, False, True]


def test_leaving_everything_stops_all_but_the_critical() -> None:
    """A suspected fraud is told even then; a failed delivery is not."""
    actual = play(days=(0, 5, 6, 7), kinds=(DELAYED, DELAYED, FAILED, FRAUD), left_on_day=1)

    assert actual.kept.tolist() == [True, False, False, True]


@pytest.mark.parametrize(("hours", "kept"), [((0, 0.9), [True, False]), ((0, 1.0), [True, True])])
def test_one_contact_an_hour(hours: tuple[float, ...], kept: list[bool]) -> None:
    """The cap counts contacts with `now − t < 60 minutes`."""
    actual = play(days=tuple(h / 24 for h in hours), kinds=(DELAYED,) * 2)

    assert actual.kept.tolist() == kept


def test_two_contacts_a_day_and_five_a_week() -> None:
    """The third of a day and the sixth of a week are left out; holding out uses nothing up."""
    three = play(days=(0, 0.2, 0.4), kinds=(DELAYED,) * 3)
    six = play(days=(0, 1.1, 2.2, 3.3, 4.4, 5.5), kinds=(DELAYED,) * 6)
    held_out = play(days=(0, 0.2, 0.4), kinds=(DELAYED,) * 3, contacted=NEVER)

    assert three.kept.tolist() == [True, True, False]
    assert six.kept.tolist() == [True] * 5 + [False]
    assert held_out.kept.all()


def test_history_counts_contacts_and_not_held_out_occasions() -> None:
    """The second decision sees the first contact; where that was held out, it sees nothing."""
    index = FEATURES.index("contacts_7d")
    seen = [play(days=(0, 3), kinds=(DELAYED,) * 2, contacted=c).history[1, index] for c in (ALWAYS, NEVER)]

    assert seen == [1.0, 0.0]


def test_essential_occasions_have_no_propensity_and_no_own_outcomes() -> None:
    """They are contacted without a draw, and what follows is not part of the question."""
    actual = play(days=(0, 1), kinds=(FAILED, FRAUD), complain=(ALWAYS, ALWAYS), opt_out=(ALWAYS, ALWAYS))

    assert actual.contacted.all()
    assert np.isnan(actual.propensity).all()
    assert (actual.complaints, actual.opt_outs) == ([], [])


def test_forcing_one_assignment_leaves_everybody_else_alone(small: World) -> None:
    """A forced contact can only change its own customer's later days."""
    plan = small.script.plan
    turned = int(small.rows[0])
    run = simulate(small.script, forced={turned: not small.run.contacted[turned]})
    others = plan.customer != plan.customer[turned]

    assert run.contacted[turned] != small.run.contacted[turned]
    np.testing.assert_array_equal(run.history[others], small.run.history[others])
    np.testing.assert_array_equal(run.contacted[others], small.run.contacted[others])


def test_playing_again_gives_the_same_run(small: World) -> None:
    """The script holds every chance: a second play is the first."""
    again = dataclasses.replace(small, run=simulate(small.script))

    assert again.table().equals(small.table())

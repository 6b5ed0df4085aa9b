"""A clock that was set is not believed at once: neither forwards nor back, and what is brief leaves no trace."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from serving.clock.steady import CALM, LEAST, MOST, SLEW, TOLERANCE, ClockSet, SteadyClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JUMPS = (5.1, 60.0, 3600.0, 86_400.0, 31 * 86_400.0, 10 * 365 * 86_400.0)


class Machine:
    """A wall clock that can be set, and the time that passes."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.set_by = 0.0
        self.clock = SteadyClock(self.wall, lambda: self.passed)

    def wall(self) -> datetime:
        """Read the wall clock."""
        return NOON + timedelta(seconds=self.passed - 1000.0 + self.set_by)

    def believed(self, *, after: float = 0.0) -> bool:
        """Let so many seconds pass, a reading each second at most; return whether the last reading is believed."""
        steps = max(1, min(int(after), 100))
        for _ in range(steps):
            self.passed += after / steps
            try:
                read = self.clock()
            except ClockSet:
                continue
            if _ == steps - 1:
                return read == self.wall()
        return False


@pytest.fixture
def machine() -> Machine:
    """A machine at noon."""
    return Machine()


@pytest.mark.parametrize("jump", [0.0, TOLERANCE, -TOLERANCE, 1.0])
def test_a_clock_that_goes_as_time_does_is_believed(machine: Machine, jump: float) -> None:
    """Also after hours in which nobody read it, and where it was set by a little: a leap second, for example."""
    machine.set_by = jump
    assert [machine.believed(after=seconds) for seconds in (0, 1, 86_400, 0.001)] == [True] * 4


@pytest.mark.parametrize("jump", [sign * jump for jump in JUMPS for sign in (1, -1)])
def test_a_clock_that_was_set_is_not_believed_and_is_again_when_it_is_back(machine: Machine, jump: float) -> None:
    """Seconds, an hour of a change of zones, days and years, both ways."""
    machine.set_by = jump
    during = [machine.believed(after=seconds) for seconds in (0, 1, 20)]
    machine.set_by = 0.0
    assert (during, machine.believed(), machine.clock.calm()) == ([False] * 3, True, True)


@pytest.mark.parametrize("jump", [sign * jump for jump in JUMPS for sign in (1, -1)])
def test_one_that_stays_is_believed_after_a_while(machine: Machine, jump: float) -> None:
    """Ten times the jump, at least a minute, at most an hour; then nothing is forgotten for a day."""
    patience = min(max(10 * abs(jump), LEAST), MOST)
    machine.set_by = jump
    said = [machine.believed(), machine.believed(after=patience - 1), machine.believed(after=2)]
    calm = [machine.clock.calm()]
    machine.passed += CALM
    assert (said, [*calm, machine.clock.calm()]) == ([False, False, True], [False, True])


def test_between_sends_on_both_sides_of_a_long_jump_an_hour_has_passed(machine: Machine) -> None:
    """So that the smallest cap is never looser than it says, by the time that passes."""
    before = machine.passed
    machine.set_by = 3600.0
    while not machine.believed(after=1):
        pass
    assert machine.passed - before >= 3600


def test_one_that_is_set_again_begins_anew(machine: Machine) -> None:
    """A clock that goes astray is not believed because it has done so for long."""
    said = []
    for hours in range(1, 5):
        machine.set_by = 3600.0 * hours
        said.append(machine.believed(after=3000))
    assert said == [False] * 4


def test_small_steps_do_not_add_up_to_a_jump(machine: Machine) -> None:
    """Four seconds and four seconds, with nothing between, are eight."""
    machine.set_by = 4.0
    first = machine.believed(after=1)
    machine.set_by = 8.0
    assert (first, machine.believed(after=1)) == (True, False)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_is_slewed_is_believed(machine: Machine, sign: int) -> None:
    """NTP changes a clock by half a second in a thousand at most, for hours; read every second."""
    said = []
    for _ in range(20_000):
        machine.set_by += sign * SLEW / 2
        said.append(machine.believed(after=1))
    assert all(said)


def test_the_error_says_what_happened_and_what_to_do(machine: Machine) -> None:
    """How far, since when nothing is sent, for how long, and the way to end it."""
    machine.set_by = -86_400.0
    with pytest.raises(ClockSet, match=r"set by -86400 seconds .* stayed for 3600 seconds more: stop the API and"):
        machine.clock()


def test_the_log_says_each_turn_once(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """Each as loud as it is bad: when it was set, is back, was set again and is believed: four lines."""
    caplog.set_level(logging.INFO, logger="serving")
    for jump, seconds in ((3600.0, 100), (0.0, 100), (7200.0, 3599), (7200.0, 100)):
        machine.set_by = jump
        machine.believed(after=seconds)
    said = [record.message.partition(";")[0] for record in caplog.records]
    assert said == [
        "the clock was set by +3600 seconds",
        "the clock is back where it was",
        "the clock was set by +7200 seconds",
        "the clock has stayed where it was set, and is believed",
    ]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"] * 2


def test_readings_never_go_back_by_more_than_the_tolerance(machine: Machine) -> None:
    """Whatever happens within minutes: what is believed stays near the time that passes."""
    read = []
    for jump in (0.0, 4.0, -4.0, 100.0, 3.0, -500.0, 0.0):
        machine.set_by = jump
        machine.passed += 1
        try:
            read.append(machine.clock())
        except ClockSet:
            continue
    assert min((later - earlier).total_seconds() for earlier, later in pairwise(read)) >= -2 * TOLERANCE

"""What a detector says in words: the limit beside what was seen, evidence in percent, the delay and its conditions."""

import math
from dataclasses import replace

import pytest

from model.monitor.detector import COMPLAINT, OPT_OUT, Cell, Signal, Watch, signals
from model.monitor.words import delay_said, matured_until, progress, said

SIGNAL = Signal(
    harm=OPT_OUT, log_evidence=4.0, log_threshold=8.0, occasions=900, estimate=0.0061, at_most=0.005, delay=4816.6
)


@pytest.mark.parametrize(
    ("log_evidence", "expected"), [(-math.inf, 0.0), (-3.0, 0.0), (2.0, 0.25), (8.0, 1.0), (20.0, 1.0)], ids=str
)
def test_evidence_is_a_share_of_what_trips(log_evidence: float, expected: float) -> None:
    """It is ln M over ln of the threshold, never below 0 nor above 1."""
    actual = progress(replace(SIGNAL, log_evidence=log_evidence))
    assert actual == expected


def test_what_was_seen_stands_beside_its_limit() -> None:
    """Rates with two decimals, evidence in whole percent."""
    actual = said(SIGNAL)
    assert actual == (
        "opt-outs and complaints about the message: 0.61 % per contact so far (limit 0.50 %), "
        "evidence 50 % of what trips"
    )


def test_just_below_is_not_all_of_it() -> None:
    """99.9 % of what trips is shown as 99: only a trip is a trip."""
    actual = said(replace(SIGNAL, log_evidence=7.999))
    assert actual.endswith("evidence 99 % of what trips")


def test_a_trip_is_said() -> None:
    """No percentage then, but the days on which it grew and their rate: the average of all may be below the limit."""
    actual = said(replace(SIGNAL, log_evidence=8.0, estimate=0.001, since=20_000, until=20_001, rate=0.03))
    assert actual == (
        "opt-outs and complaints about the message: 3.00 % per contact for decisions of 2024-10-04 to 2024-10-05 "
        "(limit 0.50 %), more than chance explains: it trips"
    )


def test_a_negative_effect_is_said_as_it_is() -> None:
    """Good outreach pre-empts complaints."""
    actual = said(replace(SIGNAL, harm=COMPLAINT, estimate=-0.002, log_evidence=-1.0))
    assert actual.startswith("complaints that contact causes: -0.20 % per contact so far")


def test_nothing_counted_is_said() -> None:
    """An estimate of nothing is none."""
    watch = Watch(key="w", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
    counts = {Cell(day=9, e=0.95, contacted=True, complained=False, harmed=False): 3}
    actual = [said(signal) for signal in signals(counts, watch, today=9)]
    assert ["no contact counts yet" in line for line in actual] == [True, False]


@pytest.mark.parametrize(
    ("signal", "below", "expected"),
    [
        (SIGNAL, 0.02, "about 4,800 occasions above the cut-off; an opt-out counts once it is reported"),
        (
            replace(SIGNAL, harm=COMPLAINT, delay=137_849.6),
            0.02,
            "about 140,000 occasions above the cut-off; whole days count, 15 days after the decision",
        ),
        (SIGNAL, 0.95, "about 4,800 occasions; an opt-out counts once it is reported"),
        (replace(SIGNAL, delay=math.inf), 0.02, "cannot trip: no rate is above this limit"),
    ],
    ids=["opt_out", "complaint", "experiment", "never"],
)
def test_the_delay_is_stated_with_what_it_counts(signal: Signal, below: float, expected: str) -> None:
    """Two significant digits, which occasions, and when one begins to count; an experiment has no cut-off."""
    watch = Watch(key="w", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006, contact_below=below)
    actual = delay_said(signal, watch)
    assert actual.endswith(expected)


def test_matured_days_have_a_date() -> None:
    """Fifteen days before today."""
    actual = matured_until(20_000)
    assert actual == "2024-09-19"

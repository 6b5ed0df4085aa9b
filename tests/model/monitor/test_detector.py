"""The live monitor as a sum: known values, any order, any parts, late labels, closed windows, jumped clocks."""

import doctest
import json
import math
from dataclasses import replace
from itertools import product
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON
from model.errors import InvalidInput
from model.monitor import bets as monitor_bets
from model.monitor import detector as monitor
from model.monitor import words as monitor_words
from model.monitor.detector import (
    Cell,
    Counts,
    Watch,
    bets,
    described,
    from_json,
    matured,
    merge,
    path,
    signals,
    to_json,
)

WATCH = Watch(
    key="w", complaint_at_most=0.01, opt_out_at_most=0.01, control_rate=0.02, contact_above=0.5, contact_below=0.5
)
SIDES = Watch(key="s", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)


def cell(day: int = 1, e: float = 0.5, *, contacted: bool = True, **known: bool) -> Cell:
    """One kind of occasion: `complained`, `harmed` and `again` are False unless given."""
    return Cell(day=day, e=e, contacted=contacted, **({"complained": False, "harmed": False} | known))


CELLS = st.builds(
    Cell,
    day=st.integers(1, 40),
    e=st.just(0.5),
    contacted=st.booleans(),
    complained=st.booleans(),
    harmed=st.booleans(),
    again=st.booleans(),
)
COUNTS = st.dictionaries(CELLS, st.integers(0, 10_000), max_size=12)


def evidence(counts: Counts, watch: Watch = WATCH, *, today: int = 100) -> list[float]:
    """The largest ln M of complaints and of opt-outs."""
    return [signal.log_evidence for signal in signals(counts, watch, today=today)]


@pytest.mark.parametrize("module", [monitor, monitor_bets, monitor_words], ids=lambda module: module.__name__)
def test_the_examples_run(module: object) -> None:
    """Each module shows how it is used."""
    actual = doctest.testmod(module).failed  # type: ignore[arg-type]  # doctest takes any module
    assert actual == 0


def test_one_occasion_by_hand() -> None:
    """The first day is one restart: M = 1 + λ·L, with L of METHOD section 7."""
    complaint, opt_out = bets(WATCH)
    held = cell(contacted=False, complained=True)
    actual = [evidence({cell(complained=True, harmed=True): 1}), evidence({held: 1})]
    expected = [
        [math.log1p(complaint.stake * (0.98 - 0.005)), math.log1p(opt_out.stake * 0.99)],
        [math.log1p(complaint.stake * (-0.98 - 0.005)), 0.0],
    ]
    assert actual == [pytest.approx(row, abs=1e-12) for row in expected]


def test_two_days_by_hand() -> None:
    """M_2 = (M_1 + 1)·(1 + λ·L)."""
    stake = bets(WATCH)[1].stake
    counts = {cell(1): 3, cell(2, harmed=True): 2}
    quiet = (1 - stake * 0.01) ** 3
    actual = list(path(bets(WATCH)[1], WATCH, counts))
    expected = [(1, math.log(quiet)), (2, math.log((quiet + 1) * (1 + stake * 0.99) ** 2))]
    assert [day for day, _ in actual] == [1, 2]
    assert [m for _, m in actual] == pytest.approx([m for _, m in expected])


def test_the_largest_evidence_is_kept() -> None:
    """Good days after a bad one do not take back what was seen."""
    bad = {cell(1, harmed=True): 5}
    actual = evidence(bad | {cell(day): 500 for day in range(2, 9)})[1]
    assert actual == evidence(bad)[1]


def test_nothing_known_says_nothing() -> None:
    """No occasion: no evidence, no estimate, no trip."""
    actual = [described(signal) for signal in signals({}, WATCH, today=5)]
    assert [(row["log_evidence"], row["estimate"], row["occasions"], row["tripped"]) for row in actual] == [
        (None, None, 0, False)
    ] * 2
    assert json.loads(json.dumps(actual, allow_nan=False)) == actual


def test_the_estimates_are_harms_per_contact() -> None:
    """Complaints: Σ s·Γ/Σ s against the held out; opt-outs: harms per contact."""
    counts = {cell(complained=True, harmed=True): 3, cell(): 97, cell(contacted=False): 99} | {
        cell(contacted=False, complained=True): 1
    }
    actual = [signal.estimate for signal in signals(counts, WATCH, today=100)]
    assert actual == pytest.approx([0.03 - 0.01, 0.03])


def test_a_signal_says_since_when_its_evidence_grew() -> None:
    """One bad week after good years: the rate of those days, which is above the limit whatever the average says."""
    good = {cell(day): 1_000 for day in range(1, 300)} | {cell(day): 1_000 for day in range(310, 330)}
    bad = {cell(day, harmed=True): 30 for day in (300, 301)} | {cell(day): 970 for day in (300, 301)}
    signal = signals(good | bad, WATCH, today=400)[1]
    actual = (signal.tripped, signal.since, signal.until, signal.rate, signal.estimate)
    assert actual == (True, 300, 301, pytest.approx(0.03), pytest.approx(60 / 321_000))


@given(COUNTS)
def test_what_trips_was_above_its_limit_where_it_grew(counts: Counts) -> None:
    """The words never contradict the switch, for either harm."""
    heard = [signal for signal in signals(counts, WATCH, today=100) if signal.tripped]
    actual = [signal.rate is not None and signal.rate > signal.at_most for signal in heard]
    assert actual == [True] * len(heard)


def test_without_evidence_there_is_no_since() -> None:
    """Nothing counted, no days to name."""
    actual = [(signal.since, signal.until, signal.rate) for signal in signals({}, WATCH, today=5)]
    assert actual == [(None, None, None)] * 2


@given(st.permutations(list(product((1, 2, 9), (True, False), (True, False)))), st.integers(1, 500))
def test_the_order_of_reports_changes_nothing(order: list[tuple[int, bool, bool]], count: int) -> None:
    """The same cells in any order are the same evidence, to the bit."""
    counts = {cell(day, contacted=t, complained=y): count + day for day, t, y in order}
    sorted_counts = dict(sorted(counts.items()))
    actual = evidence(counts)
    assert actual == evidence(sorted_counts)


@given(COUNTS, COUNTS, COUNTS)
def test_parts_merge_in_any_order(first: Counts, second: Counts, third: Counts) -> None:
    """Merging is commutative and associative, and nothing is the neutral part."""
    actual = merge([merge([third, first]), {}, second])
    assert actual == merge([first, merge([second, third])])
    assert evidence(actual) == evidence(merge([first, second, third]))


@given(COUNTS)
def test_an_interrupted_monitor_resumes(counts: Counts) -> None:
    """Through JSON text and back: the same counts, and one order of bytes."""
    text = json.dumps(to_json(counts))
    actual = from_json(json.loads(text))
    assert actual == counts
    assert json.dumps(to_json(dict(reversed(counts.items())))) == text


@given(COUNTS, st.integers(1, 40))
def test_an_empty_cell_is_no_cell(counts: Counts, day: int) -> None:
    """A cell that a correction emptied leaves no restart behind."""
    before = {kept: count for kept, count in counts.items() if count}
    actual = evidence(merge([before, {cell(day): 0}]))
    assert actual == evidence(before)


def test_a_late_label_moves_one_count() -> None:
    """A correction takes the occasion away where it was and adds it where it belongs."""
    before = {cell(3): 400, cell(4): 300}
    late = {cell(3): -1, cell(3, complained=True, harmed=True): 1}
    actual = evidence(merge([before, late]))
    assert actual == evidence({cell(3): 399, cell(3, complained=True, harmed=True): 1, cell(4): 300})


@given(COUNTS, st.data())
def test_knowing_less_never_trips(counts: Counts, data: st.DataObject) -> None:
    """Opt-outs that have not been reported yet count as zero, and only lower the evidence."""
    unknown = {
        known: data.draw(st.integers(0, count)) for known, count in counts.items() if known.harmed and known.contacted
    }
    moved = [{known: -count, replace(known, harmed=False): count} for known, count in unknown.items() if count]
    actual = evidence(merge([counts, *moved]))[1]
    assert actual <= evidence(counts)[1] + 1e-9


@given(COUNTS, st.integers(1, 40), st.integers(1, 10_000))
def test_a_contact_without_harm_never_adds_evidence_to_its_day(counts: Counts, day: int, more: int) -> None:
    """A send is written before its outcome can be known: until then it speaks for the message."""
    known = merge([counts, {cell(day): 1}])
    actual = evidence(merge([known, {cell(day): more}]))[1]
    assert actual <= evidence(known)[1] + 1e-9


def test_the_held_out_never_opt_out() -> None:
    """They got no message: they move neither the evidence nor the estimate of attributable harm."""
    counts = {cell(1, harmed=True): 2, cell(1): 50}
    held = {cell(1, contacted=False, complained=True): 700}
    actual = signals(counts | held, WATCH, today=1)[1]
    assert (actual.log_evidence, actual.estimate) == (
        signals(counts, WATCH, today=1)[1].log_evidence,
        pytest.approx(2 / 52),
    )


def test_a_further_contact_about_a_fact_counts_for_its_own_harm_alone() -> None:
    """Its occasion is compared with the held out already: a day of further contacts is no day for the complaints."""
    counts = {cell(1): 500, cell(1, contacted=False, complained=True): 3}
    further = {cell(1, again=True): 40, cell(2, again=True): 50, cell(3, again=True, harmed=True): 9}
    before, after = signals(counts, WATCH, today=100), signals(merge([counts, further]), WATCH, today=100)
    plain = merge([counts, {cell(1): 40}, {cell(2): 50}, {cell(3, harmed=True): 9}])
    actual = (after[0], after[1])
    assert actual == (before[0], signals(plain, WATCH, today=100)[1])


def test_what_was_written_before_further_contacts_were_counted_is_still_read() -> None:
    """A row of six elements is one of first contacts; seven say which."""
    rows: list[JSON] = [[1, 0.5, True, False, True, 7], [1, 0.5, True, False, True, True, 2]]
    actual = from_json(rows)
    assert actual == {cell(harmed=True): 7, cell(harmed=True, again=True): 2}


def test_complaints_count_once_every_window_of_the_day_is_closed() -> None:
    """A row of day d counts on day d + 15: its last occasion's 14 days end during day d + 14."""
    counts = {cell(100, complained=True): 10}
    actual = [signals(counts, WATCH, today=today)[0].occasions for today in (100, 113, 114, 115, 116)]
    assert actual == [0, 0, 0, 10, 10]
    assert matured(115) == 100


def test_opt_outs_count_at_once() -> None:
    """What is reported today about a message of today counts today."""
    actual = signals({cell(100, harmed=True): 10}, WATCH, today=100)[1].occasions
    assert actual == 10


def test_a_report_is_a_report() -> None:
    """A clock that jumped ahead wrote occasions of tomorrow: their opt-outs count, their complaints wait."""
    counts = {cell(101, harmed=True, complained=True): 100}
    actual = [[signal.tripped for signal in signals(counts, WATCH, today=today)] for today in (0, 100, 116)]
    assert actual == [[False, True], [False, True], [True, True]]


def test_a_clock_that_jumped_back_changes_nothing_but_the_day() -> None:
    """Occasions written with an earlier day join that day, in any order of arrival."""
    later = {cell(9, harmed=True): 4, cell(9): 100}
    earlier = {cell(2): 1_000}
    actual = evidence(merge([later, earlier]))
    assert actual == evidence(merge([earlier, later]))


@pytest.mark.parametrize("count", [10**7, 10**9], ids=str)
def test_many_occasions_do_not_overflow(count: int) -> None:
    """Log space: ten million harms in a day, and ten million quiet contacts, are finite numbers."""
    loud = evidence({cell(1, complained=True, harmed=True): count})
    quiet = list(path(bets(WATCH)[1], WATCH, {cell(1): count, cell(2): 1}))
    actual = [math.isfinite(value) for value in [*loud, *(m for _, m in quiet)]]
    assert actual == [True] * 4


def test_a_long_quiet_time_never_delays_a_trip() -> None:
    """Every day restarts: a thousand good days make no credit that a bad one could spend."""
    bad = {cell(2_000, harmed=True): 30, cell(2_000): 600}
    actual = evidence({cell(day): 1_000 for day in range(1, 1_000)} | bad, today=2_000)[1]
    assert actual >= evidence(bad, today=2_000)[1]


@pytest.mark.parametrize("e", [0.02, 0.95, math.nan, 0.5000001], ids=str)
def test_occasions_of_another_watch_are_refused(e: float) -> None:
    """Their propensity is not this watch's: the bets would not be fair."""
    with pytest.raises(InvalidInput, match=r"watch `w`: occasions with another P\(contacted\)"):
        signals({cell(e=e): 1}, WATCH, today=9)


def test_both_sides_of_the_cut_off_belong_to_a_certificate() -> None:
    """.95 and .02 are one watch's."""
    counts = {cell(1, e, contacted=t): 5 for e in (0.95, 0.02) for t in (True, False)}
    actual = [signal.occasions for signal in signals(counts, SIDES, today=100)]
    assert actual == [20, 20]


@pytest.mark.parametrize("count", [-1, math.nan], ids=str)
def test_counts_below_zero_are_refused(count: float) -> None:
    """A correction without what it corrects."""
    with pytest.raises(InvalidInput, match="a count below 0"):
        signals({cell(): cast("int", count)}, WATCH, today=9)


@pytest.mark.parametrize(
    "row",
    [
        [1, 0.5, True, False, False],
        [1, 0.5, True, False, False, -1],
        [1, 0.5, True, False, False, 2.0],
        [1, 0.5, True, False, False, True],
        [True, 0.5, True, False, False, 1],
        [1, math.nan, True, False, False, 1],
        [1, 0.0, True, False, False, 1],
        [1, 1.0, True, False, False, 1],
        [1, 0.5, 1, False, False, 1],
        [1, 0.5, True, False, False, 1, 1],
        [1, 0.5, True, False, False, True, -1],
        [1, 0.5, True, False, False, True, True],
        ["1", 0.5, True, False, False, 1],
        {"day": 1},
        None,
        7,
    ],
    ids=repr,
)
def test_a_broken_state_is_refused(row: JSON) -> None:
    """One line that says what a row looks like."""
    with pytest.raises(InvalidInput, match=r"monitor state: a row is not `\[day, e, contacted"):
        from_json([row])


@pytest.mark.parametrize("rows", [None, 7, "rows", {"rows": []}], ids=repr)
def test_a_state_that_is_no_list_is_refused(rows: object) -> None:
    """Neither half a state nor another file."""
    with pytest.raises(InvalidInput, match="monitor state: it is no list"):
        from_json(cast("list[JSON]", rows))

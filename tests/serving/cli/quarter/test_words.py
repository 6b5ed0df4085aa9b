"""What the simulated quarter says: each round, both tables, and a verdict that hides nothing."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from model.synthetic.accounts import Account
from serving.cli.demo import WIDTH
from serving.cli.quarter.figures import figures_of
from serving.cli.quarter.words import NAMES, beginning, number, of_periods, of_ways, said, upwards, verdict
from serving.standing import Trip
from tests.serving.cli.loop_examples import OURS, QUARTER, learned, ways

ROUNDS = [learned(1, 7), learned(2, 14, promoted=False)]


def found(**changes: Any) -> dict[str, Any]:
    """The figures of a quarter."""
    return figures_of(QUARTER, ways(**changes), ROUNDS)


def shown(*what: str | Table) -> str:
    """What a wide terminal shows, without colours."""
    out = StringIO()
    console = Console(file=out, width=220, highlight=False)
    for each in what:
        console.print(each)
    return out.getvalue()


def test_the_beginning_says_what_is_fixed() -> None:
    """Size, seed, the experiment, when we learn, and what will be certified."""
    text = shown(*beginning(QUARTER))
    assert [
        words
        for words in ("100 customers, 21 days, seed 0", "50 %", "weeks 1, 2", "15 complaints")
        if words not in text
    ] == []


@pytest.mark.parametrize(
    ("which", "words"),
    [
        (ROUNDS[0], ("after week 1", "1,000 occasions", "promoted: version 1 is the champion")),
        (ROUNDS[1], ("after week 2", "not promoted: the gate refused version 2 (harm)")),
    ],
    ids=["promoted", "refused"],
)
def test_a_round_says_what_came_of_it(which: dict[str, Any], words: tuple[str, ...]) -> None:
    """Rows, the certificate's sentence, and whether it is in charge, or which check refused it."""
    text = shown(*said(which))
    assert [each for each in (*words, which["sentence"]) if each not in text] == []


def test_periods_show_the_truth_beside_what_was_certified() -> None:
    """One line each; an experiment has nothing certified."""
    lines = [
        line.split() for line in shown(of_periods(found())).splitlines() if "experiment" in line or "version" in line
    ]
    assert lines == [
        ["1-1", "the", "experiment", "10", "5", "2.00", "–", "40.0", "–", "20.0", "–"],
        ["2-2", "version", "1", "10", "8", "10.32", "11.00", "−5.0", "10", "1.0", "5"],
        ["3-3", "version", "1", "10", "8", "10.76", "11.00", "1.0", "10", "2.0", "5"],
    ]


def test_ways_stand_side_by_side() -> None:
    """Four lines: what each brought over the quarter and in its last period, and what it caused."""
    text = shown(of_ways(found()))
    alone = next(line.split() for line in text.splitlines() if "alone" in line)
    assert alone == ["essential", "service", "alone", "0", "0.00", "0.00", "–", "–"]
    assert "2.31" in text


def test_the_verdict_says_what_rose_and_what_held() -> None:
    """From 2 to 10.76 per 100 occasions, both harms under, a quiet monitor."""
    text = shown(*verdict(found()))
    assert ("rose from 2.00 to 10.76" in text, text.count("stayed under"), "no cause to stop" in text) == (
        True,
        2,
        True,
    )


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (Account(occasions=10, contacts=8, benefit=0.1), "did not rise: from 2.00 to 1.00"),
        (Account(occasions=10, contacts=8, benefit=0.9), "it fell by 1.32 at most"),
        (Account(occasions=10, contacts=8, benefit=1.4, complaint=0.081), "complaints caused per contact broke"),
        (Account(occasions=10, contacts=8, benefit=1.4, opt_out=0.041), "opt-outs caused per contact broke"),
    ],
    ids=["did not rise", "fell in between", "complaints", "opt-outs"],
)
def test_what_went_wrong_is_said_plainly(last: Account, words: str) -> None:
    """A promise that the truth broke is printed as broken."""
    assert words in shown(*verdict(found(ours=(*OURS[:2], last))))


def test_a_trip_is_said() -> None:
    """What the monitor stopped, with its figures."""
    trip = Trip(watch="1", harm="opt_out", detail="60 of 900 contacts", at=datetime(2026, 9, 1, tzinfo=UTC))
    assert "stopped everything discretionary: opt_out: 60 of 900" in shown(*verdict(found(trips=(trip,))))


def test_without_a_certificate_the_verdict_is_that() -> None:
    """Nothing is claimed to have risen."""
    none = figures_of(QUARTER, ways(), [learned(1, 7, promoted=False, certified=False)])
    assert shown(*verdict(none)).startswith("no certificate was issued")


def test_figures_have_a_true_minus_and_a_dash_for_none() -> None:
    """As the report writes them."""
    assert [number(-1.25), number(None), number(0.5, 2)] == ["−1.2", "–", "0.50"]


def test_limits_are_rounded_up() -> None:
    """To two digits, as the sentence of a certificate: a bound of 11.07 is said to be at most 12."""
    assert [upwards(11.07), upwards(10.0), upwards(3.3000000000000003), upwards(None)] == ["12", "10", "3.3", "–"]


def test_tables_are_whole_without_a_terminal() -> None:
    """In the width that the demo takes then, no heading and no name is cut."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, highlight=False)
    console.print(of_periods(found()))
    console.print(of_ways(found()))
    text = out.getvalue()
    assert ("…" in text, [name for name in NAMES.values() if name not in text]) == (False, [])

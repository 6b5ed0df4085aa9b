"""All checks together: the installed policy keeps its promises, a broken one is found, nothing is left out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from serving.policy.limits import TIGHTER
from serving.policy.rules import FILTERS
from serving.verify import demands, promises, run
from serving.verify.classes import FLAGS, Uncovered
from serving.verify.report import PROMISES, Failure, Part, described, merged, shown
from serving.verify.run import Verified, checks, combinations, verify
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, named

SMALLEST = replace(TINY, rows=800, thin=401)  # that sees anything


def test_the_installed_policy_keeps_its_promises() -> None:
    """Every check once, each promise by one at least."""
    told: list[tuple[str, float]] = []
    outcome = verify(
        Subject(), replace(TINY, rows=800, thin=401), report=lambda name, share: told.append((name, share))
    )
    assert outcome.failures == []
    assert {promise for part in outcome.parts for promise in part.promises} == set(PROMISES)
    assert outcome.cases == sum(part.cases for part in outcome.parts)
    assert [round(share, 9) for _, share in told] == [
        round((place + 1) / len(checks(Subject())), 9) for place in range(len(told))
    ]


def test_several_processes_share_the_checks() -> None:
    """Each makes its own of the installed policy; whoever is done first comes first."""
    shared = [*run._in_processes(3, SMALLEST, 2)]
    alone = [each(Subject(), SMALLEST) for each in checks(Subject())[:3]]
    assert sorted((part.name, part.cases) for part in shared) == sorted((part.name, part.cases) for part in alone)


def test_failures_stand_in_the_order_of_the_promises() -> None:
    """Evidence first."""
    several = [Failure(promise=each, check="", about="", says="") for each in (6, 2, 4)]
    outcome = Verified([Part(name="a", promises=(), cases=0, failures=several)], 0, 1, TINY)
    assert [failure.promise for failure in outcome.failures] == [2, 4, 6]


def test_nothing_is_verified_while_something_is_uncovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is missing, and runs no check."""
    monkeypatch.setattr(demands, "ANSWERED", {})
    with pytest.raises(Uncovered, match="nobody demands to know the column `channel`"):
        verify(Subject(), TINY)


def test_every_filter_has_its_check() -> None:
    """One for each code, the longest first."""
    codes: Sequence[str] = [
        each.keywords["code"] for each in checks(Subject()) if getattr(each, "func", None) is run._of_filter
    ]
    assert sorted(codes) == sorted(each.code for each in FILTERS)
    assert codes[0] == "frequency_cap" or codes[1] == "frequency_cap"


def test_what_the_cases_stand_for() -> None:
    """The product over all columns and limits: far more than anybody could walk through."""
    flags = 1
    for values in FLAGS.values():
        flags *= len(values)
    assert combinations() % flags == 0
    assert combinations() > 10**50
    assert len(TIGHTER) == 18


def test_parts_of_one_check_are_one() -> None:
    """Cases add up, failures and notes are kept."""
    failure = Failure(promise=1, check="a", about="b", says="c")
    parts = [
        Part(name="x", promises=(2,), cases=3, notes={"a": 1}),
        Part(name="x", promises=(1, 2), cases=4, failures=[failure], notes={"b": 2}),
    ]
    expected = Part(name="x", promises=(1, 2), cases=7, failures=(failure,), notes={"a": 1, "b": 2})
    assert merged("x", parts) == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("opted_out", -1, "unknown"),
        ("opted_out", 1, "yes"),
        ("purpose", -2, "a marketing word"),
        ("purpose", 0, "delivery_update"),
        ("channel", 3, "sms"),
        ("mark", 2, "critical"),
        ("approval", 2, "changed since"),
        ("contacts_24h", 2.0, "2"),
        ("minute", 479.0, "479"),
        ("last_complaint", float("nan"), "unknown"),
        ("last_complaint", float("-inf"), "never (−inf)"),
        ("expires_at", float("inf"), "no end (+inf)"),
        ("expires_at", 1000.0, "now"),
        ("expires_at", 1060.0, "now + 60.000000 s"),
        ("evidence_time", 999.5, "now − 0.500000 s"),
    ],
)
def test_a_counterexample_is_in_words(name: str, value: float, words: str) -> None:
    """As a person would say it."""
    assert shown(name, value, 1000.0) == words


def test_a_failure_reads_as_a_paragraph() -> None:
    """Promise, code, what is wrong, who saw it, and the inputs."""
    example = described({"opted_out": -1.0, "mark": 0.0}, 0.0)
    failure = Failure(promise=2, check="the grid", about="opted_out", says="passes", example=example)
    assert failure.text() == (
        "promise 2 (unknown means no) does not hold: `opted_out`: passes\n"
        "    found by: the grid\n"
        "    for example\n"
        "        opted_out = unknown\n"
        "        mark = ordinary"
    )


def test_the_grid_s_instant_is_a_whole_second() -> None:
    """So that a limit before it is exact."""
    assert (promises.NOW % 1, named("opted_out").code) == (0.0, "opted_out")

from typing import Any

import numpy as np
import pytest

from model.contracts import Certificate, Check, Interval
from model.gate import (
    LEAST_ROWS,
    Against,
    calibration_check,
    doubts,
    gate,
    harm_check,
    schema_check,
    segments_check,
    value_check,
)
from model.segments import segment_effects


def certificate(*, issued: bool) -> Certificate:
    """A certificate with nothing but its verdict."""
    return Certificate(
        issued=issued,
        reason="because",
        cutoff=0.0 if issued else None,
        share_contacted=None,
        bounds=(),
        alpha={},
        delta=0.05,
        n=10,
        scope=(),
        expires=None,
        method="betting",
        assumptions=(),
        scorer_sha256=None,
    )


def around(low: float, high: float) -> Interval:
    """An interval by its ends."""
    return Interval(estimate=(low + high) / 2, low=low, high=high, se=(high - low) / 4)


@pytest.mark.parametrize(("low", "passed"), [(0.001, True), (0.0, False), (-0.01, False), (float("nan"), False)])
def test_value_needs_a_positive_lower_bound(low: float, passed: bool) -> None:  # noqa: FBT001  (a case, not a switch)
    """Worth more than contacting nobody, for certain enough; unknown is no."""
    assert value_check(around(low, 0.1)).passed is passed


def against(low: float | None, *, note: str = "") -> Against:
    """A champion that the new rule beats by at least `low`; None where they cannot be compared."""
    return Against(
        version="7",
        manifest_sha256="cd" * 32,
        contacted=None if low is None else 0.25,
        value=None if low is None else around(0.01, 0.03),
        difference=None if low is None else around(low, low + 0.002),
        note=note,
    )


@pytest.mark.parametrize(("low", "passed"), [(1e-9, True), (0.0, False), (-0.001, False), (float("nan"), False)])
def test_value_is_what_the_champion_is_beaten_by(low: float, passed: bool) -> None:  # noqa: FBT001  (a case)
    """However much the new rule is worth over nobody, it must be worth more than the one in use."""
    assert value_check(around(0.1, 0.2), against=against(low)).passed is passed


def test_the_detail_names_the_champion_the_difference_and_both_values() -> None:
    """Whoever promotes reads what was compared with what."""
    assert value_check(around(0.02, 0.04), against=against(0.001)).detail == (
        "0.002 per occasion over the champion, version 7, 95 % interval 0.001 to 0.003, paired; the new rule 0.03 per "
        "occasion over contacting nobody, 95 % interval 0.02 to 0.04; the champion, which contacts 25.0%, 0.02, 95 % "
        "interval 0.01 to 0.03"
    )


def test_a_champion_that_is_idle_is_said_to_be() -> None:
    """Expired, it contacts nobody, and that is easier to beat."""
    found = value_check(around(0.02, 0.04), against=against(0.001, note="its certificate expired on 2026-02-18"))
    assert "the champion, which contacts 25.0% (its certificate expired on 2026-02-18), 0.02" in found.detail


def test_what_must_be_known_about_the_comparison_follows_it() -> None:
    """Remarks stand behind the figures and change no verdict."""
    found = value_check(around(0.02, 0.04), against=against(0.001), remarks=["the weights differ"])
    assert (found.passed, found.detail.endswith("interval 0.01 to 0.03; the weights differ")) == (True, True)


def test_a_champion_that_cannot_be_compared_with_fails_the_check() -> None:
    """Unknown is no: the detail says what is missing."""
    found = value_check(around(0.1, 0.2), against=against(None, note="it reads `zip`, which the table does not have"))
    start = "cannot be compared with the champion, version 7: it reads `zip`, which the table does not have; alone 0.15"
    assert (found.passed, found.detail.startswith(start)) == (False, True)


def test_a_doubted_difference_fails() -> None:
    """What makes a value doubtful makes a difference of values doubtful."""
    assert not value_check(around(0.1, 0.2), doubts=["too few"], against=against(0.1)).passed


def test_without_a_champion_that_is_said() -> None:
    """Nobody is the comparison then."""
    assert value_check(around(0.01, 0.03)).detail.endswith("; compared with no other champion")


@pytest.mark.parametrize(
    ("issued", "labels", "passed"), [(True, ["complaint"], True), (False, ["complaint"], False), (False, [], True)]
)
def test_harm_needs_a_certificate_where_harm_has_labels(issued: bool, labels: list[str], passed: bool) -> None:  # noqa: FBT001  (a case, not a switch)
    """Without labels the check does not apply, and without a certificate nothing is sent anyway."""
    assert harm_check(certificate(issued=issued), labels=labels).passed is passed


@pytest.mark.parametrize(
    ("low", "high", "passed"),
    [(0.4, 1.2, True), (0.1, 0.5, True), (1.5, 3.0, True), (-0.1, 1.0, False), (0.1, 0.4, False), (1.6, 3.0, False)],
)
def test_calibration_meets_the_band(low: float, high: float, passed: bool) -> None:  # noqa: FBT001  (a case, not a switch)
    """Lower bound above 0 and an interval that meets [.5, 1.5]."""
    assert calibration_check(around(low, high)).passed is passed


def test_a_doubted_value_fails_however_high_it_is() -> None:
    """A propensity that the rows contradict makes every effect wrong; so does a half that is one cluster."""
    failed = {"estimated": False, "passed": False, "detail": "0.5 contacted, 0.9 expected"}
    found = value_check(around(0.1, 0.2), doubts=doubts(failed, clusters=1.4, events=19))

    assert not found.passed
    assert "0.5 contacted, 0.9 expected" in found.detail
    assert "worth 1.4 clusters" in found.detail
    assert not doubts(failed | {"passed": True}, clusters=5.0, events=20)
    assert "has 19 benefits, and an interval needs 20" in found.detail


@pytest.mark.parametrize(("estimated", "passed"), [(True, False), (False, True)])
def test_an_estimated_propensity_raises_no_doubt_of_the_value(estimated: bool, passed: bool) -> None:  # noqa: FBT001  (cases)
    """METHOD section 4 closes the certificate for it, section 6 does not close the value check."""
    assert doubts({"estimated": estimated, "passed": passed, "detail": ""}, clusters=5.0, events=20) == []


def test_an_estimate_that_is_certain_of_many_rows_raises_doubt() -> None:
    """Where the features decide contact nobody of the other arm is alike, and clipped weights hide it."""
    check = {"estimated": True, "passed": False, "detail": ""}
    found = [doubts(check, clusters=5.0, events=20, clipped=share) for share in (0.1, 0.11)]

    assert [bool(each) for each in found] == [False, True]
    assert "for 11% of the rows" in found[1][0]


def test_a_constant_scorer_has_no_calibration_to_fail() -> None:
    """Not applicable, and said so."""
    found = calibration_check(None)
    assert (found.passed, "not applicable" in found.detail) == (True, True)


def test_every_check_must_pass() -> None:
    """One no is a no; no checks at all are a no as well."""
    good, bad = (Check(name="value", passed=passed, detail="") for passed in (True, False))
    assert [gate(checks).promoted for checks in ([good], [good, bad], [])] == [True, False, False]


def test_checks_keep_their_order_and_figures() -> None:
    """The reader sees what was compared."""
    found = gate([value_check(around(0.01, 0.03)), calibration_check(around(0.8, 1.2))])
    assert [check.name for check in found.checks] == ["value", "calibration"]
    assert "0.02 per occasion over contacting nobody, 95 % interval 0.01 to 0.03" in found.checks[0].detail


def test_schema_problems_are_stated() -> None:
    """What is wrong, or that nothing is."""
    assert [schema_check(p).passed for p in ([], ["a score is not finite"])] == [True, False]
    assert schema_check(["a score is not finite"]).detail == "a score is not finite"


def segmented(effect: float, *, rows: int = 3000, seed: int = 0) -> list[dict[str, Any]]:
    """Two regions, contact worth 1 in the north and `effect` in the south."""
    rng = np.random.default_rng(seed)
    south = np.arange(rows) % 2 == 0
    gamma = np.where(south, effect, 1.0) + rng.normal(size=rows)
    region = np.where(south, "south", "north").astype(object)
    return segment_effects({"region": region}, np.ones(rows), gamma, np.arange(rows))


def test_a_segment_that_loses_is_found() -> None:
    """Good on average, bad in the south."""
    rows = segmented(-0.3)
    assert {row["value"]: row["passed"] for row in rows} == {"north": True, "south": False}
    found = segments_check(rows)
    assert (found.passed, "losing: region = south" in found.detail) == (False, True)


def test_segments_that_gain_pass() -> None:
    """Shown with how small a loss would have been found."""
    found = segments_check(segmented(0.2))
    assert (found.passed, "would be found in each" in found.detail) == (True, True)


def test_one_segment_in_twenty_does_not_lose_by_chance() -> None:
    """Holm over the segments: worth exactly nothing, in twenty groups, at most one time in ten here."""
    failed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        group = np.array([f"g{i % 20}" for i in range(6000)], dtype=object)
        rows = segment_effects({"group": group}, np.ones(6000), rng.normal(size=6000), np.arange(6000))
        failed += not all(row["passed"] for row in rows)
    assert failed <= 4


def test_a_small_segment_is_shown_and_not_judged() -> None:
    """Fewer rows than 200 say too little."""
    rows = segmented(-0.3, rows=2 * LEAST_ROWS - 2)
    assert [row["judged"] for row in rows] == [False, False]
    assert segments_check(rows).passed


def test_a_segment_that_is_never_contacted_cannot_lose() -> None:
    """No spread, nothing to test."""
    region = np.array(["north"] * 500, dtype=object)
    (row,) = segment_effects({"region": region}, np.zeros(500), np.ones(500), np.arange(500))
    assert (row["judged"], row["passed"], row["estimate"]) == (False, True, 0.0)


def test_missing_segments_belong_to_nobody() -> None:
    """A row without a value is in no group."""
    region = np.array(["north", None, "south", None] * 100, dtype=object)
    rows = segment_effects({"region": region}, np.ones(400), np.ones(400), np.arange(400))
    assert [(row["value"], row["rows"]) for row in rows] == [("north", 100), ("south", 100)]


def test_no_segments_declared() -> None:
    """Nothing to compare."""
    assert (segment_effects({}, np.ones(3), np.ones(3), np.arange(3)), segments_check([]).detail) == (
        [],
        "none declared",
    )


def halves(rows: int = 3000) -> tuple[dict[str, Any], np.ndarray]:
    """Two regions where contact is worth 1, with noise; the south's rows."""
    south = np.arange(rows) % 2 == 0
    gamma = 1.0 + np.random.default_rng(6).normal(size=rows)
    return {"region": np.where(south, "south", "north").astype(object), "gamma": gamma}, south


def test_a_segment_loses_what_the_champion_gained_there() -> None:
    """Good over nobody everywhere, but the south is no longer contacted."""
    given, south = halves()
    rows = segment_effects(
        {"region": given["region"]},
        (~south).astype(float),
        given["gamma"],
        np.arange(len(south)),
        champion=south.astype(float),
    )
    assert {row["value"]: (row["passed"], row["estimate"] > 0) for row in rows} == {
        "north": (True, True),
        "south": (False, False),
    }
    assert "against the champion, version 7" in segments_check(rows, against=against(0.1)).detail


def test_a_segment_where_both_rules_act_alike_loses_nothing() -> None:
    """The paired change is exactly 0, without spread: not judged, not failed."""
    given, south = halves()
    everyone = np.ones(len(south))
    rows = segment_effects(
        {"region": given["region"]}, everyone, given["gamma"], np.arange(len(south)), champion=everyone
    )
    assert [(row["estimate"], row["judged"], row["passed"]) for row in rows] == [(0.0, False, True)] * 2


def test_segments_change_no_more_by_chance_with_a_champion() -> None:
    """Two rules of the same worth, picked at random: Holm over twenty groups errs at most one time in ten here."""
    failed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        group = np.array([f"g{i % 20}" for i in range(6000)], dtype=object)
        new, old = (rng.integers(0, 2, 6000).astype(float) for _ in range(2))
        rows = segment_effects({"group": group}, new, rng.normal(0.5, 1.0, size=6000), np.arange(6000), champion=old)
        failed += not all(row["passed"] for row in rows)
    assert failed <= 4

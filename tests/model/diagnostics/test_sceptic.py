import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.diagnostics import BEFORE
from model.diagnostics.sceptic import checks
from model.split import unit_hash
from model.train import finite
from tests.model.diagnostics.worlds import Break, evidence, named

Frame = pd.DataFrame
Rng = np.random.Generator

NAMES = [
    "sample ratio",
    "features do not predict the draw",
    "no feature knows the draw",
    "placebo among the held out",
    BEFORE,
    "features were known at the decision",
    "no feature foretells a label",
    "effect by window",
    "outcomes missing alike in both arms",
    "valued benefit",
    "drift of the features",
    "drift of the score",
    "share above the cut-off",
    "overlap",
]


def test_an_honest_history_passes_every_check() -> None:
    """All are there, in order, available, none failed; and they are JSON."""
    found = checks(evidence())

    assert [check["name"] for check in found] == NAMES
    assert [check["name"] for check in found if not check["available"] or check["passed"] is False] == []
    assert json.loads(json.dumps(finite(found))) == finite(found)


def test_each_check_says_one_sentence() -> None:
    """Every entry has the same keys and a detail."""
    found = checks(evidence())

    assert {tuple(sorted(check)) for check in found} == {("available", "detail", "figures", "name", "passed")}
    assert all(check["detail"] and "\n" not in check["detail"] for check in found)


def release_that_sends_more(data: Frame, rng: Rng) -> Frame:
    """One version logged .5 and sent .6, the other less: together it is even."""
    second = data["release"] == "r2"
    return data.assign(sent=(rng.random(len(data)) < np.where(second, 0.62, 0.44)).astype(int))


def far_ages_first(data: Frame, rng: Rng) -> Frame:
    """Who was contacted follows |age − 50|."""
    far = np.abs(data["age"] - 50) > 10
    return data.assign(sent=(rng.random(len(data)) < np.where(far, 0.6, 0.4)).astype(int))


def counted_after(data: Frame, rng: Rng) -> Frame:
    """Calls include those that the message led to."""
    return data.assign(calls=data["calls"] + data["sent"] * rng.poisson(0.4, len(data)))


def just_engaged(data: Frame, rng: Rng) -> Frame:
    """The contacted had visited more often before."""
    return data.assign(visit_before=(rng.random(len(data)) < 0.2 + 0.08 * data["sent"]).astype(int))


def lost_among_the_held_out(data: Frame, rng: Rng) -> Frame:
    """Nobody asked the held out again: their late outcomes are missing more often."""
    lost = (data["sent"] == 0) & (rng.random(len(data)) < 0.1)
    return data.assign(visit_28=data["visit_28"].mask(lost))


def another_clientele(data: Frame, _rng: Rng) -> Frame:
    """From the 3,000th row on everybody is twenty years older and on a new plan."""
    later = np.arange(len(data)) >= 3000
    return data.assign(age=data["age"] + 20 * later, plan=data["plan"].mask(later, "max"))


def known_among_the_contacted(data: Frame, rng: Rng) -> Frame:
    """Only where contacted the age says who visits: not refused, because the age does not know the draw."""
    sure = np.where(data["sent"] == 1, data["age"] > 60, rng.random(len(data)) < 0.2)
    return data.assign(visit=sure.astype(int), visit_28=np.nan)


@pytest.mark.parametrize(
    ("broken", "name", "words"),
    [
        (release_that_sends_more, "sample ratio", "the worst is version r2"),
        (far_ages_first, "features do not predict the draw", "boosted trees p "),
        (counted_after, "no feature knows the draw", "`calls` know who was contacted beyond the logged propensity"),
        (just_engaged, BEFORE, "the benefit before differs between the arms"),
        (known_among_the_contacted, "no feature foretells a label", "`age` foretells `visit` almost perfectly among"),
        (lost_among_the_held_out, "outcomes missing alike in both arms", "benefit after 28 days is empty in "),
        (another_clientele, "drift of the features", "2 above 0.25: "),
        (another_clientele, "drift of the score", ": flagged"),
    ],
)
def test_a_check_fails_for_its_reason(broken: Break, name: str, words: str) -> None:
    """A table built to break it; the detail says what is wrong."""
    actual = named(evidence(broken))[name]

    assert (actual["available"], actual["passed"], words in actual["detail"]) == (True, False, True), actual["detail"]


def test_a_placebo_that_works_fails() -> None:
    """Held-out rows that benefit by the coin that nobody acted on."""
    seen = evidence()
    coin = np.array([unit_hash("outreach placebo 1", seen.names[c]) < 0.5 for c in seen.second.cluster])
    actual = named(replace(seen, second=replace(seen.second, benefit=coin.astype(float))))[NAMES[3]]

    assert actual["passed"] is False


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"propensity": None}, "sample ratio", "the propensity is estimated"),
        ({"propensity": None}, "features do not predict the draw", "the propensity is estimated"),
        ({"propensity": None}, "no feature knows the draw", "the propensity is estimated"),
        ({"before": None}, BEFORE, "`[before]`"),
        ({"features_time": None}, "features were known at the decision", '`features_time = "…"`'),
        ({"windows": None}, "effect by window", "`[windows.benefit]`"),
        ({"windows": None}, "outcomes missing alike in both arms", "a label must be known in every row"),
    ],
)
def test_what_the_table_lacks_is_said_with_what_to_add(changes: dict[str, Any], name: str, words: str) -> None:
    """Not available is neither passed nor failed."""
    actual = named(evidence(**changes))[name]

    assert (actual["available"], actual["passed"], words in actual["detail"]) == (False, None, True)


def test_without_a_version_the_sample_ratio_says_how_to_name_one() -> None:
    """The other parts are tested."""
    actual = named(evidence(version=None))["sample ratio"]

    assert (
        actual["passed"],
        'name the column of the model or policy version with `version = "…"`' in actual["detail"],
    ) == (
        True,
        True,
    )


def test_a_valued_benefit_is_labelled() -> None:
    """Its intervals are asymptotic only, and how concentrated it is."""
    actual = named(evidence(lambda data, rng: data.assign(visit=data["visit"] * np.exp(rng.normal(size=len(data))))))

    assert "asymptotic only" in actual["valued benefit"]["detail"]
    assert actual["valued benefit"]["passed"] is None


def test_the_effect_of_each_window_is_stated() -> None:
    """Over the rows that have closed: four fifths after 28 days."""
    rows = named(evidence())["effect by window"]["figures"]["rows"]

    assert [(row["outcome"], row["days"]) for row in rows] == [("benefit", 7), ("benefit", 28)]
    assert rows[1]["rows"] < rows[0]["rows"]
    assert all(row["low"] < row["estimate"] < row["high"] for row in rows)


def test_the_shares_above_the_cut_off_are_stated() -> None:
    """Ages above 40, on both halves."""
    figures = named(evidence())["share above the cut-off"]["figures"]

    assert 0.7 < figures["above_d1"] < 0.8
    assert 0.7 < figures["above_d2"] < 0.8
    assert 0.47 < figures["contacted_d2"] < 0.53


def test_a_constant_score_has_not_drifted() -> None:
    """The average effect for everybody."""
    actual = named(evidence(scores=lambda table: np.zeros(table.rows)))["drift of the score"]

    assert (actual["passed"], actual["figures"]["psi"]) == (True, 0.0)


@pytest.mark.parametrize(("share", "passed"), [(0.1, True), (0.11, False)])
def test_an_estimate_that_is_certain_of_many_rows_fails_the_overlap(share: float, passed: bool) -> None:  # noqa: FBT001  (a case)
    """Clipped weights look even: their number is what says that nobody of the other arm is alike."""
    seen = evidence()
    rows = len(seen.rows)
    found = named(replace(seen, estimated=True, clipped=int(share * rows)))

    assert found["overlap"]["passed"] is passed

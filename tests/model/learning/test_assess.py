from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Interval
from model.curves import curves
from model.golden import schema_problems
from model.learning.assess import _retreat, assess, average_effects
from model.learning.portfolio import arms, learn
from model.learning.prepare import prepare
from model.table import Table
from tests.model.occasions import frame, table

LINEAR = ("average", "response", "t_logit")
WEIGHTS = {"benefit": 1.0, "complaint": 1.0, "opt_out": 1.0, "contact": 0.0}


def everything(data: Table, *, binary: bool = True) -> dict[str, Any]:
    """Prepare, learn and assess."""
    prepared = prepare(data, seed=0)
    learned = learn(prepared.first, weights=WEIGHTS, folds=prepared.folds, binary=binary, scorers=LINEAR)
    found = assess(prepared, learned, table=data)
    return {"table": data, "prepared": prepared, "learned": learned, "assessed": found}


USUAL = everything(table(frame(4000)))


def test_the_encoding_is_learned_on_d1_alone() -> None:
    """Levels, means and spreads of D2 are not known while learning."""
    prepared = USUAL["prepared"]
    assert prepared.first.rows.design[:, 0].mean() == pytest.approx(0.0, abs=1e-12)
    assert abs(prepared.second.rows.design[:, 0].mean()) > 1e-6


def test_outcomes_of_d2_teach_nothing() -> None:
    """Turning every benefit of D2 over changes no scorer."""
    data = frame(1500)
    later = prepare(table(data), seed=0).split.second
    turned = data.copy()
    turned.loc[later, "engaged"] = 1 - turned.loc[later, "engaged"]
    one, two = (everything(table(each))["assessed"].scorers_by_name["response"].sha256() for each in (data, turned))
    assert one == two


def test_opt_outs_without_contact_are_not_attributable() -> None:
    """The half holds only what followed a contact; the table keeps what it was given."""
    data = frame(800)
    data.loc[data["sent"] == 0, "left"] = 1
    prepared = prepare(table(data), seed=0)
    assert prepared.first.opt_out is not None
    assert prepared.first.opt_out[~prepared.first.contacted].max() == 0.0


def test_an_estimated_propensity_is_marked() -> None:
    """And kept inside [.01, .99]."""
    prepared = prepare(table(frame(800), propensity=None), seed=0)
    assert prepared.estimated
    assert 0.01 <= prepared.second.propensity.min() <= prepared.second.propensity.max() <= 0.99


def test_a_value_is_learned_by_least_squares() -> None:
    """The link follows the label."""
    data = frame(800)
    data["engaged"] = data["engaged"] * 12.5
    found = everything(table(data), binary=False)
    links = {each.name: each.link for each in found["learned"].outcomes}
    assert links == {"benefit": "identity", "complaint": "logistic", "opt_out": "logistic"}
    assert found["assessed"].qini_sklift is None


def test_average_effects_where_the_propensity_is_constant() -> None:
    """Difference in means over every row of the table, with both means."""
    data = USUAL["table"]
    found = average_effects(**{key: USUAL[key] for key in ("table", "prepared", "assessed")})
    means = found["benefit"]["means"]
    assert found["benefit"]["method"] == "difference in means"
    assert found["benefit"]["estimate"] == pytest.approx(means["contacted"] - means["held_out"])
    assert means["contacted"] == data.benefit[data.contacted].mean()


@pytest.mark.parametrize("logged", [None, "p"], ids=["constant", "by column"])
def test_opt_outs_without_contact_are_no_effect_of_contact(logged: str | None) -> None:
    """Harm attributable to a message: a tenth of the held out leave by themselves, and that is the control count."""
    data = frame(6000)
    held = data.index[data["sent"] == 0]
    data.loc[held[::10], "left"] = 1
    data["p"] = np.where(np.arange(6000) % 2 == 0, 0.5, 0.5 + 1e-9)
    found = everything(table(data, propensity=logged) if logged else table(data))
    stated = average_effects(**{key: found[key] for key in ("table", "prepared", "assessed")})["opt_out"]
    contacted = data.loc[data["sent"] == 1, "left"].mean()
    assert stated["method"] == ("doubly robust" if logged else "difference in means")
    assert (stated["estimate"], stated["low"] >= -1e-3) == (pytest.approx(contacted, abs=2e-4), True)
    assert stated["means"] == {"contacted": contacted, "held_out": pytest.approx(0.1, abs=0.001)}


def test_average_effects_elsewhere_are_doubly_robust() -> None:
    """Contact that was likelier for those in need: the difference in means is biased, Γ is not."""
    data = frame(12_000, seed=3, effect=0.0)
    rng = np.random.default_rng(77)
    p = np.where(data["need"] > 0.5, 0.8, 0.2)
    sent = rng.random(12_000) < p
    engaged = rng.random(12_000) < 0.1 + 0.3 * (data["need"] > 0.5) + 0.1 * sent
    given = data.assign(
        p=p, sent=sent.astype(int), engaged=engaged.astype(int), left=(sent & (data["left"] == 1)).astype(int)
    )
    found = everything(table(given, propensity="p"))
    stated = average_effects(**{key: found[key] for key in ("table", "prepared", "assessed")})["benefit"]
    assert stated["method"] == "doubly robust"
    assert stated["low"] < 0.1 < stated["high"] < stated["means"]["contacted"] - stated["means"]["held_out"]


def test_an_outcome_without_a_label_has_no_effect_to_state() -> None:
    """Null, not zero."""
    found = everything(table(frame(800), complaint=None))
    stated = average_effects(**{key: found[key] for key in ("table", "prepared", "assessed")})
    assert (stated["complaint"], stated["opt_out"] is None) == (None, False)


@pytest.mark.parametrize(("low", "high", "words"), [(-0.1, 0.1, "includes 0"), (-0.2, -0.1, "lies below 0")])
def test_the_retreat_is_said_on_both_scorers(low: float, high: float, words: str) -> None:
    """Who was chosen on D1, and why D2 did not confirm it."""
    rows = [{"name": "average", "chosen": False}, {"name": "t_logit", "chosen": True}]
    found = _retreat(rows, 1, Interval(estimate=0.0, low=low, high=high, se=0.1))
    assert [row["chosen"] for row in found] == [True, False]
    assert all(words in row["reason"] and "no evidence that customers differ" in row["reason"] for row in found)
    assert rows[1]["chosen"] is True


def test_thresholds_of_the_shares_come_from_d1() -> None:
    """The realised share on D2 is near the nominal one, and not forced to it."""
    rows = USUAL["assessed"].policy_value["at_shares"][:-1]
    off = [abs(row["model"]["contacted"] - row["share"]) for row in rows]
    assert (max(off) < 0.1, max(off) > 0.0) == (True, True)


def test_curves_have_their_shapes() -> None:
    """What the report draws: finite arrays of equal length where they belong together."""
    drawn = curves(USUAL["prepared"].second, USUAL["assessed"])
    together = [
        ("share", "gain", "gain_random", "toc"),
        ("qini_rows", "qini_gain"),
        ("value_share", "value", "value_low", "value_high"),
    ]
    assert all(len({len(drawn[name]) for name in names}) == 1 for names in together)
    assert all(np.isfinite(values).all() for values in drawn.values())


def test_the_gain_of_everyone_is_the_mean_effect() -> None:
    """Both curves end in one point, and begin in 0."""
    drawn = curves(USUAL["prepared"].second, USUAL["assessed"])
    assert drawn["gain"][[0, -1]].tolist() == pytest.approx(drawn["gain_random"][[0, -1]].tolist())


def test_the_deployed_scorers_are_all_or_none_the_response_and_the_chosen() -> None:
    """Only they are fitted on all of D1; the others were compared out of fold."""
    found = USUAL["assessed"]
    chosen = found.fitted[found.chosen].name
    assert list(found.scorers_by_name) == list(dict.fromkeys(["average", "response", chosen]))
    assert found.scorer is found.scorers_by_name[found.fitted[found.deployed].name]


def test_the_score_of_d2_is_that_of_the_deployed_scorer() -> None:
    """What is judged is what is deployed, to the bit."""
    found, later = USUAL["assessed"], USUAL["prepared"].second.rows
    assert np.array_equal(found.score, found.scorer.predict(later.codes).net_benefit)


def test_effects_of_d2_use_means_of_all_of_d1() -> None:
    """Γ of D2 without a look at its outcomes: the same rows with other outcomes have the same means."""
    learned, later = USUAL["learned"], USUAL["prepared"].second
    one, zero = arms(learned)["complaint"]
    actual = USUAL["assessed"].complaint_arms[1]
    assert np.array_equal(np.r_[actual], np.r_[one.mean(later.rows), zero.mean(later.rows)])


def test_a_sound_schema_has_no_problems() -> None:
    """Rows score alike alone and together."""
    prepared = USUAL["prepared"]
    assert schema_problems(USUAL["assessed"].scorer, USUAL["table"], prepared.split.second) == []


def test_a_score_that_is_not_finite_is_a_problem() -> None:
    """The check can fail."""
    scorer = USUAL["assessed"].scorer
    broken = replace(scorer, offset=np.full(3, np.nan))
    found = schema_problems(broken, USUAL["table"], USUAL["prepared"].split.second)
    assert "a score is not finite" in found

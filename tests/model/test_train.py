import json
import math
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.artefact import load, write
from model.contracts import JSON
from model.errors import InvalidTable
from model.features import encode
from model.learning.prepare import prepare
from model.learning.regularisation import GROWTHS
from model.reading.roles import Roles
from model.scorer import SCORERS
from model.split import PUBLIC, hash_order, split, unit_hash
from model.table import Table
from model.train import Trained, finite, train
from tests.model.examples import ISSUED_AT
from tests.model.occasions import frame, roles, table
from tests.needs import shared

KEYS = {
    "rows", "contacted_rate", "average_effect", "propensity_check", "overlap", "scorers", "qini", "qini_sklift", "rate",
    "calibration", "policy_value", "certificate", "gate", "segments", "negative_controls", "data_sha256", "seed",
    "versions", "notes", "groups", "profile", "learning", "checks", "champion", "reference",
}  # fmt: skip
CERTIFICATE = {
    "issued", "reason", "cutoff", "share_contacted", "bounds", "alpha", "delta", "n", "scope", "expires", "method",
    "assumptions", "scorer_sha256", "contact_above", "contact_below", "sentence",
}  # fmt: skip
TARGETS = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}
LINEAR = ("average", "response", "t_logit")
quick = partial(train, scorers=LINEAR)  # where the portfolio is not the point


@cache
def usual() -> Trained:
    """What most tests look at: 6,000 occasions where contact helps those in need and harms nobody."""
    return quick(table(frame(6000), certificate=TARGETS))


def canonical(trained: Trained) -> str:
    """Everything that ends in an artefact, as text."""
    return json.dumps([trained.report, trained.scorer.sha256(), trained.golden.tolist()], sort_keys=True)


def test_the_report_has_exactly_the_keys_of_the_contract() -> None:
    """Nothing less, nothing more at the top."""
    report = usual().report
    assert (set(report), set(report["certificate"])) == (KEYS, CERTIFICATE)
    assert (set(report["rate"]) >= {"estimate", "low", "high"}, set(report["calibration"])) == (
        True,
        {"slope", "low", "high"},
    )
    assert {"model", "everyone", "nobody", "random", "response"} < set(report["policy_value"])


def test_the_report_is_json_without_nan() -> None:
    """What is not known is null."""
    text = json.dumps(usual().report, allow_nan=False)
    assert json.loads(text) == usual().report


def test_what_was_left_out_of_the_table_is_told() -> None:
    """A constant column, and a split that few large clusters made lopsided."""
    data = frame(2000).assign(country="FR")
    names = [f"h-{number}" for number in range(400)]
    low = [name for name in names if unit_hash(PUBLIC, name) < 0.6][:41]
    high = [name for name in names if unit_hash(PUBLIC, name) >= 0.6][:41]
    data["customer"] = [(low if row % 4 == 0 else high)[row % 41] for row in range(2000)]
    found = quick(table(data, cluster="customer", features=["need", "plan", "member", "country"])).report
    assert found["notes"] == [
        "feature `country` dropped: every value is `FR`",
        "the learning half has 25% of the rows, not about 60%: few large clusters, which stay whole",
    ]
    assert usual().report["notes"] == []


def test_a_table_with_both_harms_and_a_logged_propensity_is_certified() -> None:
    """The whole way: chosen, confirmed on D2, certified, promoted."""
    report = usual().report
    assert report["certificate"]["issued"] is True, report["certificate"]["reason"]
    assert report["gate"]["promoted"] is True, report["gate"]["checks"]
    assert report["certificate"]["scope"] == [["delivery_update", "chat"]]


def test_the_deployed_scorer_is_the_certified_one() -> None:
    """By hash."""
    assert usual().report["certificate"]["scorer_sha256"] == usual().scorer.sha256()


def test_the_deployed_scorer_is_the_evaluated_one() -> None:
    """The share above the cut-off on D2 is that of `Scorer.predict`, not of anything fitted again."""
    data = table(frame(6000), certificate=TARGETS)
    later = split(data).second
    columns = {name: data.features[name].to_numpy()[later] for name in data.features}
    score = usual().scorer.predict(encode(usual().scorer.features, columns, len(later))).net_benefit
    certificate = usual().report["certificate"]
    assert (score >= certificate["cutoff"]).mean() == certificate["share_contacted"]


def test_same_table_and_seed_give_the_same_bytes() -> None:
    """Also with two jobs."""
    again = quick(table(frame(6000), certificate=TARGETS), jobs=2)
    assert canonical(again) == canonical(usual())


def test_the_seed_moves_neither_split_nor_order_nor_scope() -> None:
    """It deals the folds, nothing else: nobody can draw seeds until a certificate comes."""
    data = table(frame(6000), certificate=TARGETS)
    one, two = (prepare(data, seed=seed) for seed in (0, 1))
    assert np.array_equal(one.split.first, two.split.first)
    assert one.names == two.names
    assert hash_order(one.names, data.data_sha256).tolist() == hash_order(two.names, data.data_sha256).tolist()
    assert not np.array_equal(one.folds, two.folds)


def test_the_row_order_of_the_file_moves_no_customer() -> None:
    """Clusters are split by name."""
    data = frame(1000, customers=400)
    halves = []
    for shuffled in (data, data.sample(frac=1.0, random_state=3)):
        checked = table(shuffled, cluster="customer")
        halves.append({checked.cluster_names[code] for code in checked.cluster[split(checked).first]})
    assert halves[0] == halves[1]


def test_permuted_treatment_fails_the_value_check() -> None:
    """Contact that changed nothing is not promoted, in at least 7 of 8 shuffles (the certificate may issue)."""
    failed = 0
    for seed in range(8):
        data = frame(1500, seed=seed, effect=0.0)
        rng = np.random.default_rng(100 + seed)
        data[["sent", "left"]] = data[["sent", "left"]].to_numpy()[rng.permutation(len(data))]
        checks = quick(table(data, certificate=TARGETS)).report["gate"]["checks"]
        failed += not next(check["passed"] for check in checks if check["name"] == "value")
    assert failed >= 7


def test_no_evidence_that_customers_differ_leaves_all_or_none() -> None:
    """The same effect for everyone: the deployed scorer is constant and its cut-off 0."""
    data = frame(5000, effect=0.0, seed=4)
    data["engaged"] = (np.random.default_rng(40).random(5000) < 0.1 + 0.15 * data["sent"]).astype(int)
    found = quick(table(data, certificate=TARGETS))
    assert found.scorer.name == "average"
    assert (found.report["certificate"]["cutoff"], found.report["certificate"]["share_contacted"]) == (0.0, 1.0)
    assert found.report["calibration"] == {"slope": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"complaint": None}, "`complaint` has no label"),
        ({"opt_out": None}, "`opt_out` has no label"),
        ({"propensity": None}, "the propensity is estimated"),
        ({"propensity": 0.6}, "the propensity check failed"),
    ],
)
def test_what_closes_the_certificate(changes: dict[str, Any], reason: str) -> None:
    """No label, no logged propensity, or one that does not fit the contacts: not issued, and why."""
    certificate = quick(table(frame(2000), certificate=TARGETS, **changes)).report["certificate"]
    assert (certificate["issued"], certificate["cutoff"], certificate["bounds"]) == (False, None, [])
    assert reason in certificate["reason"]


def test_every_reason_is_listed() -> None:
    """Nobody mends one thing to learn of the next."""
    reason = quick(table(frame(2000), complaint=None, opt_out=None, propensity=None)).report["certificate"]["reason"]
    assert all(part in reason for part in ("`complaint` has", "`opt_out` has", "is estimated"))


def test_a_wrong_propensity_of_one_arm_closes_the_certificate() -> None:
    """Logged per row, right for one level and wrong for the other."""
    data = frame(4000)
    rng = np.random.default_rng(99)
    data["p"] = np.where(data["need"] > 0.5, 0.9, 0.3)
    data["sent"] = (rng.random(4000) < data["p"]).astype(int)
    data.loc[data["sent"] == 0, "left"] = 0
    data.loc[data.index[data["sent"] == 1][0], "left"] = 1
    honest = quick(table(data, propensity="p")).report["propensity_check"]
    wrong = quick(table(data.assign(p=data["p"].replace(0.3, 0.4)), propensity="p")).report
    assert (honest["passed"], wrong["propensity_check"]["passed"]) == (True, False)
    assert "the propensity check failed" in wrong["certificate"]["reason"]


def logged(data: pd.DataFrame) -> np.ndarray:
    """The column as a ledger has it: the probability of what was done."""
    return np.where(data["sent"] == 1, data["p"], 1.0 - data["p"])


@pytest.mark.parametrize(
    ("column", "cause"),
    [
        (logged, "it looks like the probability of the logged action; for held-out rows use 1 − p"),
        (lambda data: 1.0 - data["p"], "it looks like the probability of being held out; use 1 − p in every row"),
        (lambda data: np.where(data["sent"] == 1, data["p"], 0.4), "were held out, so the column depends on the arm"),
    ],
    ids=["of the action", "of the other arm", "one arm's changed"],
)
def test_propensities_that_contradict_the_arms_close_the_certificate_and_name_the_mistake(
    column: Callable[[pd.DataFrame], Any], cause: str
) -> None:
    """The usual mistakes in exporting a log, each with what to write instead."""
    data = frame(2000, e=0.8)
    reason = quick(table(data.assign(p=column(data)), propensity="p", certificate=TARGETS)).report["certificate"]
    assert (reason["issued"], cause in reason["reason"]) == (False, True)
    assert "the propensity check failed (column `p`)" in reason["reason"]
    assert reason["sentence"].startswith("No certificate: contact was not drawn with the chances that were logged, so")


def test_too_few_rows_come_with_the_planners_figure() -> None:
    """The reason says about how many rows would do."""
    reason = quick(table(frame(1500))).report["certificate"]["reason"]
    assert "rows would show it where D2 has" in reason or "which more rows would not mend" in reason


def test_without_purpose_and_channel_the_certificate_permits_no_send() -> None:
    """It may issue, with an empty scope and the sentence that says so."""
    certificate = quick(table(frame(6000), certificate=TARGETS, purpose=None, channel=None)).report["certificate"]
    assert (certificate["issued"], certificate["scope"]) == (True, [])
    assert "the table names no purpose and channel: the certificate permits no send" in certificate["assumptions"]


def test_a_later_attempt_has_a_smaller_level() -> None:
    """6δ/(π²k²)."""
    data = table(frame(2000), certificate=TARGETS)
    first, third = (quick(data, attempt=k).report["certificate"]["delta"] for k in (1, 3))
    assert third == pytest.approx(first / 9)


def test_value_weighted_benefits_are_labelled() -> None:
    """A number ≥ 0 as benefit: least squares, no sklift Qini, asymptotic intervals, said so."""
    data = frame(3000)
    data["engaged"] = data["engaged"] * np.random.default_rng(0).gamma(2.0, 10.0, 3000)
    found = quick(table(data, certificate=TARGETS))
    assert (found.report["qini_sklift"], found.scorer.links[0]) == (None, "identity")
    assert any("asymptotic only" in line for line in found.report["certificate"]["assumptions"])


def test_segments_declared_beforehand_are_judged() -> None:
    """Each value of the column with its figures, and a check in the gate."""
    found = quick(table(frame(3000), certificate=TARGETS, segments=["plan"])).report
    assert [row["value"] for row in found["segments"]] == ["basic", "plus", "pro"]
    assert any(check["name"] == "segments" for check in found["gate"]["checks"])


def test_time_and_clusters_are_used() -> None:
    """The later period certifies, by customer; M and what lies beyond it are stated."""
    data = frame(6000, customers=3000)
    found = quick(table(data, certificate=TARGETS, time="at", cluster="customer")).report["certificate"]
    text = " ".join(found["assumptions"])
    assert "D2 is the period from" in text
    assert "first rows of a cluster count" in text


def test_progress_is_told_in_order() -> None:
    """A bar moves forward and arrives."""
    told: list[tuple[str, float]] = []
    quick(table(frame(1500)), progress=lambda what, share: told.append((what, share)))
    assert told == sorted(told, key=lambda each: each[1])
    assert (told[0][1], told[-1]) == (0.0, ("done", 1.0))


def test_curves_belong_to_the_same_figures() -> None:
    """What is drawn is what is reported."""
    report = usual().report
    curves = report.drawn_from("qini")
    assert curves["gain"][-1] == pytest.approx(report["policy_value"]["everyone"]["estimate"])
    assert curves["value"].tolist() == [row["model"]["estimate"] for row in report["policy_value"]["at_shares"]]
    predicted = [group["predicted"] for group in report["groups"]]
    assert (len(predicted), predicted) == (10, sorted(predicted, reverse=True))


def hostile() -> dict[str, pd.Series]:
    """Feature columns that break careless code."""
    rng = np.random.default_rng(0)
    few = np.where(rng.random(1500) < 0.002, "rare", "common").astype(object)
    return {
        "constant in a half": pd.Series(np.r_[1.0, np.zeros(1499)]),
        "nearly all missing": pd.Series(np.r_[np.full(1498, np.nan), 1.0, 2.0]),
        "ten thousand levels": pd.Series([f"c{i}" for i in rng.integers(0, 10_000, 1500)], dtype=object),
        "a level that D1 may not see": pd.Series(few),
        "huge": pd.Series(rng.normal(size=1500) * 1e200),
        "tiny": pd.Series(rng.normal(size=1500) * 1e-300),
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_features_do_not_crash(name: str) -> None:
    """Whatever a real table holds, training ends with finite scores."""
    data = frame(1500).assign(odd=hostile()[name].to_numpy())
    found = quick(table(data, features=["need", "odd"]))
    assert np.isfinite(found.scorer.predict(found.golden).stacked()).all()


def test_features_that_nearly_tell_the_benefit_do_not_crash() -> None:
    """As close to perfect separation as the table's own check for leaks lets through."""
    data = frame(1500)
    rng = np.random.default_rng(0)
    data["odd"] = np.where(rng.random(1500) < 0.03, 1 - data["engaged"], data["engaged"]) + 0.01 * rng.random(1500)
    found = quick(table(data, features=["need", "odd"]))
    assert np.isfinite(found.scorer.predict(found.golden).stacked()).all()


def test_too_few_held_out_to_learn_from_are_refused() -> None:
    """99.9 %: nine held-out rows cannot tell benefit from chance."""
    data = frame(6000, e=0.9985, seed=2)
    data.loc[data.index[data["sent"] == 0], "engaged"] = [1, 0] * 2 + [1] * (int((data["sent"] == 0).sum()) - 4)
    with pytest.raises(InvalidTable, match="hold out a larger share, or collect more rows"):
        quick(table(data, propensity=0.9985))


def crooked(rows: int = 4000) -> pd.DataFrame:
    """Contact helps members in need and those who are neither, and bothers the others; few of either complain.

    With contact all are as likely to engage: whoever ranks by response ranks nobody.
    """
    rng = np.random.default_rng(50)
    data = frame(rows, complaint=0.005)
    helped = (data["need"] > 0.5) == data["member"]
    alone = np.where(helped, 0.15, 0.8)
    data["engaged"] = (rng.random(rows) < np.where(data["sent"] == 1, 0.5, alone)).astype(int)
    return data


@cache
def whole(jobs: int = 1) -> Trained:
    """The whole portfolio on effects that no line can follow, with one way to grow and forty rounds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("model.learning.choices.GROWTHS", GROWTHS[:1])
        patched.setattr("model.learning.tuning.MOST_ROUNDS", 40)
        return train(table(crooked(), certificate=TARGETS), jobs=jobs)


def test_a_boosted_scorer_is_chosen_certified_and_deployed() -> None:
    """Where only trees can see who benefits: confirmed on D2, and certified for those above the cut-off."""
    report = whole().report
    assert whole().scorer.forest is not None
    assert [row["name"] for row in report["scorers"]] == list(SCORERS)
    assert report["certificate"]["issued"] is True, report["certificate"]["reason"]
    assert report["certificate"]["scorer_sha256"] == whole().scorer.sha256()


def test_a_boosted_scorer_is_written_and_read_to_the_bit(tmp_path: Path) -> None:
    """The artefact is the scorer: same hash, same scores of rows that nobody has seen."""
    done = whole()
    write(tmp_path / "a", done.scorer, extra=done.report, golden=done.golden, issued_at=ISSUED_AT)
    loaded = load(tmp_path / "a").scorer
    assert loaded.sha256() == done.scorer.sha256()
    assert np.array_equal(loaded.predict(done.golden).stacked(), done.scorer.predict(done.golden).stacked())


def test_the_whole_portfolio_gives_the_same_bytes_with_two_jobs() -> None:
    """Threads change no bit of what ends in an artefact."""
    assert canonical(whole(2)) == canonical(whole())


def test_how_it_was_learned_is_reported() -> None:
    """Rows, folds, and the better base of every outcome's arms."""
    learned = whole().report["learning"]
    assert (learned["d1_rows"] + learned["d2_rows"], learned["selection_rows"]) == (4000, learned["d1_rows"])
    assert (learned["folds"], set(learned["nuisances"])) == (5, {"benefit", "complaint", "opt_out"})
    assert learned["nuisances"]["benefit"]["held_out"].startswith("boosting")
    assert learned["note"] == "every scorer was tuned, taught out of fold and selected on all of D1"


def test_a_subsample_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows selected, and what all of D1 was used for."""
    monkeypatch.setattr("model.learning.portfolio.SELECTION_ROWS", 500)
    found = quick(table(frame(2000))).report["learning"]
    assert found["selection_rows"] == 500
    assert found["note"].startswith("500 of 1,")
    assert "are fitted on all of D1" in found["note"]


def test_an_estimated_propensity_is_told() -> None:
    """How it was estimated, how many rows were clipped, and no certificate."""
    report = quick(table(frame(1500), propensity=None)).report
    assert report["learning"]["propensity"].startswith(("logistic", "boosting", "constant"))
    assert (report["overlap"]["estimated"], report["overlap"]["clipped"]) == (True, 0)
    assert report["certificate"]["issued"] is False


def test_hillstrom_as_published() -> None:
    """64,000 customers: the average effect, a hidden order confirmed on D2, and no certificate without harm labels."""
    contacted = {"column": "segment", "yes": ["Mens E-Mail", "Womens E-Mail"], "no": ["No E-Mail"]}
    given = {"contacted": contacted, "benefit": "visit", "propensity": 2 / 3, "exclude": ["spend", "conversion"]}
    report = quick(Table.read(shared("data/hillstrom.csv.gz"), Roles.from_mapping(given))).report
    benefit = report["average_effect"]["benefit"]
    assert (round(benefit["estimate"], 6), round(benefit["se"], 6)) == (0.060882, 0.002777)
    assert "`complaint` has no label" in report["certificate"]["reason"]
    assert report["certificate"]["issued"] is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        ({"a": [math.inf, 1.0]}, {"a": [None, 1.0]}),
        ((1, 2), [1, 2]),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ("x", "x"),
        (None, None),
    ],
)
def test_finite_makes_json(value: JSON, expected: JSON) -> None:
    """NaN and infinity are null; numpy's numbers are Python's."""
    actual = finite(value)
    assert (actual, type(actual)) == (expected, type(expected))


def test_roles_of_the_test_table_are_valid() -> None:
    """The example is what users would write."""
    assert roles().complaint == "complained"


def deciding(share: float, rows: int = 2000) -> pd.DataFrame:
    """A mailing to whoever has need > 0, but for a share of coins; benefit follows need and no effect is there."""
    rng = np.random.default_rng(3)
    need = rng.normal(size=rows)
    sent = np.where(rng.random(rows) < share, rng.random(rows) < 0.5, need > 0)
    engaged = rng.random(rows) < np.where(need > 0, 0.7, 0.3)
    return pd.DataFrame({"sent": sent.astype(int), "engaged": engaged.astype(int), "need": need})


BARE = Roles.from_mapping({"contacted": "sent", "benefit": "engaged"})


def test_features_that_decide_contact_are_refused_by_name() -> None:
    """Without a propensity nothing else would notice: every weight is near 1."""
    with pytest.raises(InvalidTable, match=r"column `sent`: the features tell who was contacted"):
        quick(Table.from_frame(deciding(0.0), BARE))


def test_customers_who_are_never_contacted_leave_the_value_in_doubt() -> None:
    """Half of them have no like in the other arm; the rest are drawn by a coin, so that there is something to learn."""
    rng = np.random.default_rng(6)
    need = rng.normal(size=4000)
    sent = (need > 0) & (rng.random(4000) < 0.5)
    engaged = rng.random(4000) < 0.2 + 0.2 * (need > 0) + 0.3 * sent
    data = pd.DataFrame({"sent": sent.astype(int), "engaged": engaged.astype(int), "need": need})
    scorers = ("average", "response", "t_logit", "t_boosting")
    checks = train(Table.from_frame(data, BARE), scorers=scorers).report["gate"]["checks"]
    value = next(check for check in checks if check["name"] == "value")
    assert (value["passed"], "the features all but decide who is contacted" in value["detail"]) == (False, True)


def test_few_benefits_in_the_smaller_arm_leave_the_value_in_doubt() -> None:
    """Held out: one in twenty, with some ten benefits in D2."""
    rng = np.random.default_rng(5)
    sent = rng.random(3000) < 0.95
    engaged = rng.random(3000) < np.where(sent, 0.6, 0.1)
    data = pd.DataFrame({"sent": sent.astype(int), "engaged": engaged.astype(int), "need": rng.normal(size=3000)})
    roles = Roles.from_mapping({"contacted": "sent", "benefit": "engaged", "propensity": 0.95})
    checks = quick(Table.from_frame(data, roles)).report["gate"]["checks"]
    value = next(check for check in checks if check["name"] == "value")
    assert (value["passed"], "benefits, and an interval needs 20" in value["detail"]) == (False, True)

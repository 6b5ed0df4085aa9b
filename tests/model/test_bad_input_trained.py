"""Tables that look strange and are none the worse: training ends with a sane report, without a warning."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.contracts import JSON
from model.feature_rows import encode_rows
from model.features import encode
from model.reading.roles import Roles
from model.table import Table
from model.train import Trained, train
from tests.model.bad_input import csv, good, parquet

QUICK = ("average", "response", "t_logit")
GIVEN: dict[str, Any] = {"contacted": "sent", "benefit": "visit", "propensity": 0.5}
UNKNOWN = {  # what may be null: there is no label, no certificate, a constant scorer, a check that only informs
    "average_effect": {"complaint", "opt_out"},
    "calibration": {"slope", "low", "high"},
    "certificate": {"cutoff", "share_contacted", "expires"},
    "policy_value": {"certified"},
}
PROMISED = ("average_effect", "overlap", "scorers", "qini", "rate", "policy_value", "calibration", "certificate")


def roles(**changes: Any) -> Roles:
    """Return the roles of the good table; a change to None takes a role out."""
    return Roles.from_mapping({key: value for key, value in (GIVEN | changes).items() if value is not None})


def trained(frame: pd.DataFrame, *, scorers: tuple[str, ...] = QUICK, **changes: Any) -> Trained:
    """Train on a frame under the roles of the good table."""
    return train(Table.from_frame(frame, roles(**changes)), scorers=scorers)


def unknown(report: dict[str, JSON]) -> set[str]:
    """Return where a promised figure is null and nothing excuses it."""
    found = {key: set(_nulls(report[key])) - UNKNOWN.get(key, set()) for key in PROMISED}
    return {f"{key}.{name}" for key, names in found.items() for name in names}


def _nulls(value: JSON, name: str = "") -> list[str]:
    """Return the keys under which a null stands."""
    if isinstance(value, dict):
        return [each for key, part in value.items() for each in _nulls(part, key)]
    if isinstance(value, list):
        return [each for part in value for each in _nulls(part, name)]
    return [name] if value is None else []


def sane(found: Trained) -> bool:
    """Whether the report is JSON without a gap, every score is finite, and no certificate stands without its labels."""
    json.dumps(found.report, allow_nan=False)
    finite = np.isfinite(found.scorer.predict(found.golden).stacked()).all()
    return not unknown(found.report) and bool(finite) and found.report["certificate"]["issued"] is False


def spoilt() -> pd.DataFrame:
    """Return the good table with a column for everything that breaks careless code."""
    frame, rng, row = good(), np.random.default_rng(5), np.arange(600)
    return frame.assign(
        constant=3,
        missing=np.nan,
        nearly=np.where(row < 598, np.nan, row),
        first_only=(row == 0) * 1.0,
        copy_of_x=frame["x"],
        line=3.0 - 2.0 * frame["x"],
        plan_again=frame["plan"],
        unique=[f"u{number}" for number in row],
        words=np.resize(["", "NA", "null", "a", "a\nb", 'c"d', "e,f", "😀", "e\u0301", "é"], 600),
        mixed=[f"{number}" if number % 2 else f"w{number % 5}" for number in row],
        long=[("y" * 5000) + str(number % 3) for number in row],
        account=2**60 + row,
        huge=rng.normal(size=600) * 1e307,
        tiny=rng.normal(size=600) * 1e-310,
        flag=pd.array(np.where(row % 7 == 0, None, row % 2 == 0), dtype="boolean"),
        tilde=np.where(row % 3 == 0, 1e12, -1e12),
    )


@cache
def learned() -> Trained:
    """Train every scorer on everything at once."""
    return train(Table.from_frame(spoilt(), roles()))


def test_every_scorer_survives_every_column() -> None:
    """Constant, missing, collinear, unique, huge, tiny, of two kinds, with gaps: all eight learners, no warning."""
    found = learned()

    assert (sane(found), len(found.report["scorers"])) == (True, 8)


def test_what_was_dropped_or_looks_odd_is_said() -> None:
    """The user learns it from the report, not from a model that is worse than hoped."""
    notes = " | ".join(learned().report["notes"])

    for words in (
        "feature `account` holds whole numbers beyond 2^53",
        "feature `constant` dropped: every value is `3.0`",
        "feature `missing` dropped: every value is missing",
        "feature `unique` differs in every row",
    ):
        assert words in notes


def test_strange_columns_score_online_as_in_training() -> None:
    """A row as JSON carries it has the codes that it had in the table, and so the same score to the last bit."""
    found, frame = learned(), Table.from_frame(spoilt(), roles()).features
    columns = {name: frame[name].to_numpy() for name in frame}
    whole = encode(found.scorer.features, columns, len(frame))
    rows = [{name: _plain(values[i]) for name, values in columns.items()} for i in range(0, 600, 30)]
    alone, wrong = encode_rows(found.scorer.features, rows)

    scores = [found.scorer.predict(codes).stacked() for codes in (whole[::30], alone)]
    assert (wrong.any(), np.array_equal(*scores)) == (False, True)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and np.isnan(value) else value


def test_categories_never_seen_before_score_and_are_no_error() -> None:
    """At scoring: a new plan, a gap, a word where none was, all at once."""
    found = learned()
    codes, wrong = encode_rows(
        found.scorer.features, [{"plan": "brand new", "x": 0.1}, {}, {"words": "w", "unique": "n"}]
    )

    assert (wrong.any(), np.isfinite(found.scorer.predict(codes).stacked()).all()) == (False, True)


def test_categories_that_only_d2_holds_are_no_error() -> None:
    """Ten thousand cities, most of them on one half only."""
    frame = good(6000).assign(city=[f"c{number}" for number in np.random.default_rng(1).integers(0, 10_000, 6000)])

    assert sane(trained(frame, scorers=("average", "response", "t_logit", "s_boosting")))


ROWS: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "a feature that foretells all but one in twenty-five": (
        good().assign(side=lambda f: np.where(np.arange(600) % 25 == 0, 1 - f["visit"], f["visit"])),
        {},
    ),
    "single-row clusters": (good().assign(home=[f"h{number}" for number in range(600)]), {"cluster": "home"}),
    "a giant cluster": (good().assign(home=["h"] * 400 + [f"s{n}" for n in range(200)]), {"cluster": "home"}),
    "one cluster and ten others": (good().assign(home=["h"] * 590 + [f"s{n}" for n in range(10)]), {"cluster": "home"}),
    "whole clusters contacted": (
        good().assign(sent=np.random.default_rng(3).integers(0, 2, 100)[np.arange(600) // 6], home=np.arange(600) // 6),
        {"cluster": "home"},
    ),
    "whole clusters contacted, e unknown": (
        good().assign(sent=np.random.default_rng(3).integers(0, 2, 100)[np.arange(600) // 6], home=np.arange(600) // 6),
        {"cluster": "home", "propensity": None},
    ),
    "contact always helps": (good().assign(visit=lambda f: np.where(f["sent"] == 1, 1, f["visit"])), {}),
    "one outlier": (good().assign(visit=lambda f: np.where(f.index == 3, 1e9, f["visit"])), {}),
    "one instant": (good().assign(at="2026-01-01T00:00:00Z"), {"time": "at"}),
    "no weight": (good(), {"weights": {"benefit": 0.0, "complaint": 0.0}}),
    "a cost beyond every benefit": (good(), {"weights": {"contact": 10.0}}),
    "more features than rows": (
        pd.concat([good(300), pd.DataFrame(np.random.default_rng(2).normal(size=(300, 500))).add_prefix("f")], axis=1),
        {},
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_strange_rows_end_in_a_sane_report(case: str) -> None:
    """Figures where figures are promised, and no certificate."""
    frame, changes = ROWS[case]

    assert sane(trained(frame, **changes))


def rare() -> pd.DataFrame:
    """Return 50,000 occasions with 20 benefits, 20 complaints, and 22 opt-outs after contact, all by chance."""
    rng, rows = np.random.default_rng(6), 50_000
    visit = np.zeros(rows, dtype=int)
    visit[rng.choice(rows, 20, replace=False)] = 1
    sent = rng.integers(0, 2, rows)
    left = sent * np.roll(visit, 2)
    left[np.flatnonzero(sent)[:10]] = 1
    return pd.DataFrame(
        {"sent": sent, "visit": visit, "complained": np.roll(visit, 1), "left": left, "x": rng.normal(size=rows)}
    )


def test_rare_outcomes_end_in_a_sane_report() -> None:
    """Twenty events tell nobody apart: the same effect for everyone, or none, and the gate fails on value."""
    found = trained(rare(), complaint="complained", opt_out="left", scorers=("average", "response", "t_logit", "dr"))
    failed = {check["name"] for check in found.report["gate"]["checks"] if not check["passed"]}

    assert (unknown(found.report), found.scorer.name, "value" in failed) == (set(), "average", True)


@pytest.mark.parametrize("weights", [{}, {"contact": 0.01}])
def test_a_harmful_mailing_contacts_nobody(weights: dict[str, float]) -> None:
    """Contact lowers the benefit, for some more than for others: the rule contacts nobody and the gate fails."""
    rng, rows = np.random.default_rng(7), 6000
    sent, x = rng.integers(0, 2, rows), rng.normal(size=rows)
    visit = rng.random(rows) < 0.4 - 0.1 * sent - 0.05 * sent * (x > 0)
    report = trained(pd.DataFrame({"sent": sent, "visit": visit * 1, "x": x}), weights=weights).report
    failed = [check["name"] for check in report["gate"]["checks"] if not check["passed"]]

    assert (report["policy_value"]["model"]["contacted"], failed, report["gate"]["promoted"]) == (0.0, ["value"], False)


@pytest.mark.parametrize("propensity", [0.995, None])
def test_nearly_everybody_contacted_is_sane(propensity: float | None) -> None:
    """A hundred held-out rows among 20,000: what they allow is little, and none of it is a certificate."""
    found = trained(good(20_000, e=0.995), propensity=propensity)

    assert sane(found)


BYTES = {
    "a byte order mark": b"\xef\xbb\xbf" + csv(),
    "two marks": b"\xef\xbb\xbf" * 2 + csv(),
    "windows ends": csv().replace(b"\n", b"\r\n"),
    "old mac ends": csv().replace(b"\n", b"\r"),
    "all three": b"".join(line + end for line, end in zip(csv().split(), [b"\r\n", b"\n", b"\r"] * 201, strict=False)),
    "semicolons": csv().replace(b",", b";"),
    "a comma too many in every row": csv().replace(b"\n", b",\n"),
    "parquet": parquet(good()),
    "parquet with words for labels": parquet(good().astype({"visit": str, "sent": "category"})),
    "true and false": csv(good().assign(visit=good()["visit"] == 1, sent=good()["sent"] == 1)),
}


@pytest.mark.parametrize("case", BYTES)
def test_the_dress_of_a_file_changes_no_row(case: str, tmp_path: Path) -> None:
    """Marks, line ends, delimiters, formats: the same table, and so the same scorer."""
    (tmp_path / "table").write_bytes(BYTES[case])
    actual = Table.read(tmp_path / "table", roles())

    assert contents(actual) == contents(Table.from_frame(good(), roles()))


def contents(table: Table) -> list[Any]:
    """Return what a learner reads of a table."""
    return [table.features.to_dict("list"), table.benefit.tolist(), table.contacted.tolist(), table.cluster_names]

"""`docs/observability.md` says what there is: each metric once, in order, with its kind, labels and words."""

import re
from pathlib import Path

import pytest

from model.history import FEATURES, HOUR, LONGEST_DAYS
from serving.metrics.catalogue import BY_NAME, METRICS
from tests.serving.metrics.reading import samples
from tests.serving.served import Served, app_of

PAGE = (Path(__file__).parents[3] / "docs" / "observability.md").read_text(encoding="utf-8")


def test_every_metric_stands_in_the_table_and_no_other() -> None:
    """Both ways: what is told is explained, and what is explained is told."""
    rows = re.findall(r"^\| `((?:outreach|process)_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", PAGE, flags=re.MULTILINE)
    listed = [(name, kind, tuple(re.findall(r"`(\w+)`", labels)), says) for name, kind, labels, says in rows]
    assert listed == [(one.name, one.kind, one.labels, one.says) for one in METRICS]


def test_the_conditions_name_metrics_that_there_are() -> None:
    """An alert on a name that nobody writes is silent for ever; so is one on a label's value with a typo."""
    text = PAGE[PAGE.index("## When to act") : PAGE.index("## The log")]
    named = {re.sub(r"_(bucket|count|sum)$", "", one) for one in re.findall(r"\b(?:outreach|process)_\w+", text)}
    chosen = re.findall(r"(outreach_\w+)\{(\w+)=\"\w+\"", text)
    assert named <= set(BY_NAME)
    assert all(label in BY_NAME[name].labels for name, label in chosen)


def test_the_alert_of_a_new_ledger_leaves_out_just_what_needs_history() -> None:
    """Every feature of the history, but for the hour of the day; nothing else that is read."""
    (pattern,) = re.findall(r'outreach_feature_psi\{feature!~"(.+)"\}', PAGE)
    left_out = {name for name in (*FEATURES, "tenure_days", "purpose", "channel") if re.fullmatch(pattern, name)}
    assert left_out == {*FEATURES} - {HOUR}
    assert f"the widest window, {LONGEST_DAYS:.0f}," in PAGE


@pytest.mark.parametrize("asked", ["GET /v1/approvals", "GET /v1/triggers", "GET /v1/offers"])
def test_the_advice_names_paths_that_there_are(asked: str) -> None:
    """What an alert sends somebody to answers."""
    method, path = asked.split()
    with Served(app_of()) as api:
        assert (asked in PAGE, api.call(method, path).status_code) == (True, 200)


def test_what_is_told_is_in_the_catalogue() -> None:
    """Nothing is written that has no row."""
    with Served(app_of()) as api:
        told = {name for name, _ in samples(api.get("/metrics").text)}
    plain = {re.sub(r"_(bucket|count|sum)$", "", name) if name not in BY_NAME else name for name in told}
    assert plain <= set(BY_NAME)

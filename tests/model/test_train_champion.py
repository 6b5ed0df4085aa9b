"""Training against the model in charge: what the gate then compares, and what stays as it is without one."""

from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.artefact import load, write
from model.champion import Champion
from model.features import Feature
from model.train import Trained, train
from tests.model.champions import EXPIRES, needy_champion
from tests.model.examples import ISSUED_AT
from tests.model.occasions import frame, table

TARGETS = {"complaint_at_most": 0.03, "opt_out_at_most": 0.03}
COMPARED = ("gate", "champion", "segments")
RIVAL = needy_champion()
quick = partial(train, scorers=("average", "response", "t_logit"))


@cache
def learned(champion: Champion | None = None) -> Trained:
    """6,000 occasions where contact helps everybody, those in need most, and harms nobody."""
    return quick(table(frame(6000), certificate=TARGETS, segments=["plan"]), champion=champion)


def value(done: Trained) -> dict[str, Any]:
    """Return the gate's value check."""
    found: dict[str, Any] = next(check for check in done.report["gate"]["checks"] if check["name"] == "value")
    return found


def kept(folder: Path, done: Trained, *, version: str = "1", before: Champion | None = None) -> Champion:
    """Write a training as an artefact and return it as the model in charge."""
    write(folder, done.scorer, extra=done.report, golden=done.golden, issued_at=ISSUED_AT)
    return Champion(artefact=load(folder), version=version, at=ISSUED_AT, before=before)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_without_a_champion_the_report_says_nobody() -> None:
    """`champion` is null, and the value is over contacting nobody."""
    actual = (learned().report["champion"], value(learned())["detail"].endswith("; compared with no other champion"))
    assert actual == (None, True)


def test_a_champion_that_contacts_too_few_is_beaten() -> None:
    """Whom it contacts, what that is worth, and the paired difference stand in the report and in the check."""
    done = learned(RIVAL)
    found, alone = done.report["champion"], learned().report["policy_value"]["certified"]
    assert (found["version"], found["manifest_sha256"], found["note"]) == ("2", "cd" * 32, "")
    assert 0.45 < found["contacted"] < 0.55
    assert found["difference"]["estimate"] == pytest.approx(alone["estimate"] - found["value"]["estimate"])
    assert found["difference"]["se"] < alone["se"]  # paired: both contact those in need
    assert (value(done)["passed"], done.report["gate"]["promoted"]) == (True, True)
    assert "over the champion, version 2" in value(done)["detail"]


def test_only_the_comparison_knows_the_champion() -> None:
    """Scorer, certificate and every other part of the report are the same bytes: no second look at the data."""
    plain, against = learned(), learned(RIVAL)
    rest = [{key: part for key, part in done.report.items() if key not in COMPARED} for done in (plain, against)]
    assert (rest[0], plain.scorer.sha256()) == (rest[1], against.scorer.sha256())


def test_segments_are_compared_with_the_champion_too() -> None:
    """What each group gains over the rule in use is less than what it gains over nobody."""
    over_nobody, over_champion = learned().report["segments"], learned(RIVAL).report["segments"]
    gained = [more["estimate"] > less["estimate"] for more, less in zip(over_nobody, over_champion, strict=True)]
    assert (gained, [row["value"] for row in over_champion]) == ([True] * 3, ["basic", "plus", "pro"])


def test_an_expired_champion_is_nobody_by_name() -> None:
    """The difference is the whole value, and the check says that the certificate expired."""
    done = learned(needy_champion(at=EXPIRES + timedelta(days=1)))
    found, alone = done.report["champion"], learned().report["policy_value"]["certified"]
    assert (found["contacted"], found["value"]["estimate"], found["difference"]["low"]) == (0.0, 0.0, alone["low"])
    assert "(its certificate expired on 2027-02-18)" in value(done)["detail"]


LABELS = {"complaint": None, "opt_out": None}


def test_a_rule_that_the_api_would_not_follow_beats_nobody_in_charge() -> None:
    """Without harm labels no certificate, so it contacts nobody: it may be first, it cannot replace one that acts."""
    data = table(frame(6000), segments=["plan"], **LABELS)
    alone, done = quick(data), quick(data, champion=RIVAL)
    assert alone.report["gate"]["promoted"] is True  # METHOD section 6 by its letter
    assert (done.report["gate"]["promoted"], done.report["champion"]["difference"]["estimate"]) == (
        False,
        -done.report["champion"]["value"]["estimate"],
    )
    assert "the new rule contacts nobody, as it would be served: it has no certificate" in value(done)["detail"]
    assert [row["contacted"] for row in done.report["segments"]] == [0.0] * 3


@cache
def lossy() -> pd.DataFrame:
    """6,000 occasions where contact helps those with need above .4, and costs below."""
    data, rng = frame(6000, seed=1), np.random.default_rng(3)
    chance = 0.4 + 0.8 * (data["need"] - 0.4) * data["sent"]
    return data.assign(engaged=(rng.random(6000) < chance).astype(int))


def test_no_model_is_laundered_through_one_that_contacts_nobody(tmp_path: Path) -> None:
    """A acts; C, worse, is refused against it; B would be better, but is never served, so it opens no way for C."""
    first = needy_champion(cutoff=-0.4)
    idle = quick(table(lossy(), **LABELS), champion=first)
    worse = partial(quick, table(lossy(), certificate=TARGETS, features=["plan"]))
    over_idle = worse(champion=kept(tmp_path / "b", idle, version="3"))
    promoted = [done.report["gate"]["promoted"] for done in (idle, worse(champion=first), over_idle)]
    assert promoted == [False, False, True]  # the third is the way that the first closes
    assert "(it has no certificate)" in value(over_idle)["detail"]


def test_a_new_rule_without_scope_contacts_nobody_either() -> None:
    """A certificate without purpose and channel permits nothing in the API, so it beats no champion."""
    data = table(frame(6000), certificate=TARGETS, purpose=None, channel=None)
    done = quick(data, champion=RIVAL)
    assert (done.report["certificate"]["issued"], value(done)["passed"]) == (True, False)
    assert "contacts nobody, as it would be served: its certificate covers no purpose" in value(done)["detail"]


def test_two_that_contact_nobody_are_alike() -> None:
    """Neither the champion whose certificate expired nor the new rule without one sends: no gain, no promotion."""
    done = quick(table(frame(6000), **LABELS), champion=needy_champion(at=EXPIRES))
    assert (done.report["champion"]["difference"]["estimate"], value(done)["passed"]) == (0.0, False)


def test_other_weights_of_the_champion_are_said() -> None:
    """Both rules are judged by the weights of the new table; a champion made for others is at a disadvantage."""
    weights = {"benefit": 1.0, "complaint": 5.0, "opt_out": 5.0, "contact": 0.0}
    done = quick(table(frame(6000), certificate=TARGETS, weights=weights), champion=RIVAL)
    said = (
        "judged by the weights of the new table: the champion was made for complaint 1 (now 5), opt_out 1 (now 5); "
        "its rule may be better by its own"
    )
    assert said in value(done)["detail"]


def test_a_champion_that_reads_other_columns_fails_the_check() -> None:
    """No exception; the gate says which column is missing, and nobody is promoted on a guess."""
    done = learned(needy_champion(Feature(name="zip", kind="number")))
    found = done.report["champion"]
    assert [found[key] for key in ("contacted", "value", "difference")] == [None] * 3
    assert (value(done)["passed"], done.report["gate"]["promoted"]) == (False, False)
    assert "it reads `zip`, which the table does not have" in value(done)["detail"]


def test_a_rule_that_acts_as_the_champion_does_is_no_better(tmp_path: Path) -> None:
    """Another certificate of the same scorer contacts the same customers: the difference is exactly 0."""
    own = kept(tmp_path / "1", learned())
    other = replace(own.artefact, certificate=replace(own.artefact.certificate, n=1))
    done = learned(replace(own, artefact=other))
    assert (done.report["champion"]["difference"]["estimate"], value(done)["passed"]) == (0.0, False)


def test_learning_from_the_champions_own_data_gives_its_own_bytes(tmp_path: Path) -> None:
    """The first champion beat nobody, the second beat version 2: each, learned again, is the same artefact."""
    first, second = kept(tmp_path / "1", learned()), kept(tmp_path / "3", learned(RIVAL), version="3", before=RIVAL)
    for name, champion, folder in (("again", first, "1"), ("and again", second, "3")):
        kept(tmp_path / name, learned(champion))
        assert contents(tmp_path / name) == contents(tmp_path / folder)

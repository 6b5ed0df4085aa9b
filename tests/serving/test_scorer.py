import dataclasses
import json
import math
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artefact import write
from model.contracts import Shares
from model.errors import InvalidArtefact
from model.feature_rows import encode_rows
from model.monitor.detector import Watch
from model.trees.kernel import Kernel, NoKernelError
from serving.arms import Exploration
from serving.fakes import FakeScorer
from serving.ports import Scorer
from serving.scorer import ArtefactScorer, load_scorer
from serving.standing import Standing
from tests.model.artefacts import written
from tests.model.examples import ISSUED_AT, extra, rows, scorer
from tests.occasions import candidate, codes, context, decided, event, trial

PAYS = {"age": 41.0, "member": True, "plan": "plus"}
LATER = ISSUED_AT + timedelta(days=1)
ROWS: list[dict[str, Any]] = [{"age": 41.0, "member": True, "plan": "plus"}, {"age": None, "member": False}, {}]


def artefact(folder: Path, *, issued: bool = True, issued_at: datetime | None = ISSUED_AT, **changes: Any) -> Path:
    """Write the example artefact; `changes` go into its certificate."""
    learned = scorer()
    report = extra(learned, issued=issued)
    report["certificate"] |= changes
    write(folder, learned, extra=report, golden=rows(learned)[:8], issued_at=issued_at)
    return folder


@pytest.fixture
def loaded(tmp_path: Path) -> ArtefactScorer:
    """The example artefact, issued for the delivery updates in chat."""
    return load_scorer(artefact(tmp_path / "model"))


def test_it_speaks_the_port(loaded: ArtefactScorer) -> None:
    """What decides can take the artefact or the fake for a `Scorer` alike."""
    scorers: list[Scorer] = [loaded, FakeScorer()]

    actual = [one.score([{}]).net_benefit.shape for one in scorers]

    assert actual == [(1,), (1,)]


def test_scores_are_those_of_the_certified_scorer(loaded: ArtefactScorer) -> None:
    """The same rows get, to the last bit, what the certified scorer predicts, and the parts add up."""
    X, _ = encode_rows(loaded.artefact.scorer.features, ROWS)
    expected = loaded.artefact.scorer.predict(X)

    actual = loaded.score(ROWS)

    assert [getattr(actual, name).tolist() for name in ("benefit", "complaint_effect", "opt_out", "net_benefit")] == [
        getattr(expected, name).tolist() for name in ("benefit", "complaint_effect", "opt_out", "net_benefit")
    ]


@pytest.mark.parametrize("value", [True, "41", [41], {"a": 1}])
def test_a_wrong_type_is_no_score(loaded: ArtefactScorer, value: Any) -> None:
    """A number that is a text, a list or a truth makes its row NaN, and no other row."""
    scores = loaded.score([{"age": value}, {"age": 41}])

    actual = [math.isnan(figure) for figure in (*scores.net_benefit.tolist(), *scores.benefit.tolist())]

    assert actual == [True, False, True, False]


def test_an_overflow_is_no_score(loaded: ArtefactScorer) -> None:
    """A figure beyond a double is NaN, silently: the policy refuses it, no warning stops the run."""
    learned = loaded.artefact.scorer
    huge = dataclasses.replace(learned, links=("identity",) * 3, coef1=learned.coef1 * 1e308)
    overflowing = dataclasses.replace(loaded, artefact=dataclasses.replace(loaded.artefact, scorer=huge))

    actual = overflowing.score([{"age": 1e9, "plan": "plus"}])

    assert (
        np.isnan([actual.net_benefit, actual.benefit, actual.complaint_effect, actual.opt_out]).tolist() == [[True]] * 4
    )


def test_no_rows_are_no_scores(loaded: ArtefactScorer) -> None:
    """Nothing to score is not an error."""
    actual = loaded.score([]).net_benefit.tolist()

    assert actual == []


def test_features_are_named_in_order(loaded: ArtefactScorer) -> None:
    """Whoever gathers the features knows which."""
    actual = loaded.feature_names

    assert actual == ("age", "member", "plan")


def test_the_version_is_the_registrys_or_the_bytes(tmp_path: Path) -> None:
    """A registered model shows its version; a folder shows the start of its manifest's hash."""
    folder = artefact(tmp_path / "model")
    plain, registered = load_scorer(folder), load_scorer(folder, version="7")

    actual = (registered.version, plain.version, registered.sha256)

    assert actual == ("7", plain.sha256[:12], plain.sha256)


@pytest.mark.parametrize(
    ("purpose", "channel", "now", "expected"),
    [
        ("delivery_update", "chat", LATER, True),
        ("delivery_update", "email", LATER, False),
        ("onboarding", "chat", LATER, False),
        ("chat", "delivery_update", LATER, False),
        ("delivery_update", "chat", ISSUED_AT + timedelta(days=90) - timedelta(microseconds=1), True),
        ("delivery_update", "chat", ISSUED_AT + timedelta(days=90), False),
    ],
)
def test_a_certificate_holds_in_its_scope_until_it_expires(
    loaded: ArtefactScorer, purpose: str, channel: str, now: datetime, *, expected: bool
) -> None:
    """Outside the pairs that were seen, and from day 90 on, nothing is permitted."""
    actual = loaded.permits(purpose, channel, now)

    assert actual == expected


def test_without_a_certificate_nothing_is_permitted(tmp_path: Path) -> None:
    """An artefact that was not certified scores, but has no cut-off and permits nothing."""
    uncertified = load_scorer(artefact(tmp_path / "model", issued=False))

    actual = (uncertified.cutoff, uncertified.permits("delivery_update", "chat", LATER), uncertified.expires_at)

    assert actual == (None, False, None)


def test_without_a_date_nothing_is_permitted(tmp_path: Path) -> None:
    """An artefact that was never issued cannot say when it expires."""
    undated = load_scorer(artefact(tmp_path / "model", issued_at=None))

    actual = undated.permits("delivery_update", "chat", LATER)

    assert actual is False


def test_a_certificate_of_another_scorer_permits_nothing(loaded: ArtefactScorer) -> None:
    """The certified scorer is the deployed one, by hash; the artefact refuses a folder that says otherwise already."""
    other = dataclasses.replace(loaded, bound=False)

    actual = other.permits("delivery_update", "chat", LATER)

    assert actual is False


def test_a_foreign_certificate_is_refused_on_loading(tmp_path: Path) -> None:
    """A folder whose certificate names another scorer never becomes a scorer."""
    with pytest.raises(InvalidArtefact):
        load_scorer(artefact(tmp_path / "model", scorer_sha256="0" * 64))


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    """A folder that was edited is not used."""
    folder = artefact(tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["report"]["certificate"]["cutoff"] = 0.0
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")))

    with pytest.raises(InvalidArtefact):
        load_scorer(folder)


@pytest.mark.parametrize(
    ("stated", "shares", "expected"),
    [
        ({}, Shares(), True),
        ({}, Shares(model=0.01, policy_only=0.94, holdout=0.05), False),
        ({}, Shares(model=0.9, policy_only=0.02, holdout=0.08), False),
        ({"contact_above": 0.92, "contact_below": 0.02}, Shares(model=0.9, policy_only=0.02, holdout=0.08), True),
        ({"contact_above": 0.92, "contact_below": 0.02}, Shares(), False),
        ({"contact_above": 0.95, "contact_below": 0.02}, Shares(), True),
    ],
)
def test_a_certificate_holds_for_its_own_shares(
    tmp_path: Path, stated: dict[str, float], shares: Shares, *, expected: bool
) -> None:
    """What the arms contact with is part of what was certified; an older artefact means the usual shares."""
    actual = load_scorer(artefact(tmp_path / "model", **stated)).holds_for(shares)

    assert actual == expected


OTHER_SHARES = Shares(model=0.01, policy_only=0.94, holdout=0.05)


@pytest.mark.parametrize(
    ("changes", "now", "bound", "shares", "expected"),
    [
        ({}, LATER, True, Shares(), ()),
        ({}, LATER, True, OTHER_SHARES, ("no_certificate",)),
        ({}, ISSUED_AT + timedelta(days=90), True, Shares(), ("no_certificate",)),
        ({"scope": [["delivery_update", "sms"]]}, LATER, True, Shares(), ("no_certificate",)),
        ({}, LATER, False, Shares(), ("no_certificate",)),
        ({"issued": False, "cutoff": None}, LATER, True, Shares(), ("no_certificate",)),
    ],
    ids=["in force", "other shares", "day 90", "another scope", "another scorer", "not issued"],
)
def test_promise_11_what_a_real_artefact_permits_is_what_is_decided(  # noqa: PLR0917  (a table of cases)
    tmp_path: Path,
    changes: dict[str, Any],
    now: datetime,
    bound: bool,  # noqa: FBT001  (as above)
    shares: Shares,
    expected: tuple[str, ...],
) -> None:
    """Through decide(), with the artefact as it lies on the disk: expiry, scope, scorer and shares each close it."""
    loaded = dataclasses.replace(load_scorer(artefact(tmp_path / "model", **({"cutoff": 0.0} | changes))), bound=bound)
    known = context(evidence=event(time=now - timedelta(hours=1)))
    answer = decided(
        candidate(attributes=PAYS), known, now=now, scorer=loaded, exploration=Exploration(shares=shares, salt=b"a")
    )

    actual = (codes(answer), answer.decision.trigger, answer.decision.arm is not None)

    assert actual == (expected, not expected, not expected)


@pytest.mark.parametrize(
    ("changes", "bound", "expected"),
    [
        ({}, True, True),
        ({"issued": False, "cutoff": None}, True, False),
        ({}, False, False),
        ({"alpha": {"opt_out": 0.005}}, True, False),
        ({"alpha": {"complaint": 0.005}}, True, False),
        ({"bounds": []}, True, False),
        ({"contact_above": 1.0}, True, False),
        ({"contact_below": 0.0}, True, False),
        ({"contact_above": 0.02, "contact_below": 0.95}, True, False),
    ],
    ids=[
        "in force",
        "not issued",
        "another scorer",
        "no limit of complaints",
        "no limit of opt-outs",
        "no control rate",
        "always contacts",
        "never contacts",
        "the wrong way round",
    ],
)
def test_only_a_certificate_that_can_be_watched_has_a_watch(
    loaded: ArtefactScorer,
    changes: dict[str, Any],
    bound: bool,  # noqa: FBT001  (a table of cases)
    expected: bool,  # noqa: FBT001  (as above)
) -> None:
    """And without one nothing is sent: what nobody watches is not permitted."""
    certificate = dataclasses.replace(loaded.artefact.certificate, **changes)
    one = dataclasses.replace(
        loaded, artefact=dataclasses.replace(loaded.artefact, certificate=certificate), bound=bound
    )
    known = context(evidence=event(time=LATER - timedelta(hours=1)))
    exploration = Exploration(shares=Shares(), salt=b"a")
    answer = decided(candidate(attributes=PAYS), known, now=LATER, scorer=one, exploration=exploration)

    actual = (one.watch is not None, answer.assignment is not None)

    assert actual == (expected, expected)


def test_a_watch_states_the_certificate_s_own_figures(loaded: ArtefactScorer) -> None:
    """The artefact's hash, both limits, complaints without contact, and both probabilities of contact."""
    certificate = loaded.artefact.certificate
    (complaint,) = [bound for bound in certificate.bounds if bound.harm == "complaint"]

    actual = loaded.watch

    assert actual == Watch(
        key=loaded.sha256,
        complaint_at_most=certificate.alpha["complaint"],
        opt_out_at_most=certificate.alpha["opt_out"],
        control_rate=complaint.control_rate,
        contact_above=0.95,
        contact_below=0.02,
    )


@pytest.mark.parametrize(
    ("changes", "now", "bound", "shares"),
    [
        ({}, LATER, True, OTHER_SHARES),
        ({}, ISSUED_AT + timedelta(days=90), True, Shares()),
        ({"scope": [["delivery_update", "sms"]]}, LATER, True, Shares()),
        ({}, LATER, False, Shares()),
        ({"issued": False, "cutoff": None}, LATER, True, Shares()),
    ],
    ids=["other shares", "day 90", "another scope", "another scorer", "not issued"],
)
def test_what_a_real_artefact_does_not_permit_is_the_experiment_s(
    tmp_path: Path,
    changes: dict[str, Any],
    now: datetime,
    bound: bool,  # noqa: FBT001  (as above)
    shares: Shares,
) -> None:
    """The same rows that are `no_certificate` without one."""
    loaded = dataclasses.replace(load_scorer(artefact(tmp_path / "model", **({"cutoff": 0.0} | changes))), bound=bound)
    known = context(evidence=event(time=now - timedelta(hours=1)))
    under = Exploration(shares=shares, salt=b"a", standing=Standing(experiment=trial(now=now, share=0.999999)))
    answer = decided(candidate(attributes=PAYS), known, now=now, scorer=loaded, exploration=under)

    actual = (answer.decision.arm, answer.decision.trigger, answer.decision.customer_would_thank.asked)

    assert actual == ("experiment", True, False)


def test_the_request_path_stays_light() -> None:
    """Importing the scorer brings neither mlflow nor scikit-learn, scipy or pandas along."""
    code = "import sys, serving.scorer; print(sorted({'mlflow','sklearn','scipy','pandas'} & set(sys.modules)))"

    actual = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert actual == "[]\n"


def test_the_fake_says_the_same_of_everybody() -> None:
    """Its parts add up to its net benefit."""
    scores = FakeScorer(benefit=0.05, complaint_effect=0.01, opt_out=0.02).score([{}, {"age": 3}])

    actual = [round(figure, 12) for figure in scores.net_benefit.tolist()]

    assert actual == [0.02, 0.02]


@pytest.mark.parametrize(("value", "missing"), [(0.5, False), (2, False), (None, True), ("0.5", True), (True, True)])
def test_the_fake_reads_one_feature(value: Any, *, missing: bool) -> None:
    """A number is the net benefit; nothing, a text or a truth is no score."""
    scores = FakeScorer(feature="gain").score([{"gain": value}])

    actual = (math.isnan(scores.net_benefit[0]), math.isnan(scores.opt_out[0]))

    assert actual == (missing, missing)


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        (FakeScorer(), (0.95, 0.02)),
        (FakeScorer(shares=OTHER_SHARES), (OTHER_SHARES.above, OTHER_SHARES.below)),
        (FakeScorer(watched=False), None),
        (FakeScorer(cutoff=None), None),
        (FakeScorer(shares=Shares(model=1.0, policy_only=0.0, holdout=0.0)), None),
    ],
    ids=["usual", "other shares", "unwatched", "not issued", "no holdout"],
)
def test_the_fake_is_watched_as_a_real_one(fake: FakeScorer, expected: tuple[float, float] | None) -> None:
    """For its own shares, where each arm has one; two fakes that differ in what is watched have two keys."""
    watch = fake.watch

    actual = None if watch is None else (watch.contact_above, watch.contact_below)

    assert (actual, watch is None or watch.key != dataclasses.replace(fake, at_most=0.01).watch.key) == (expected, True)


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        (FakeScorer(), True),
        (FakeScorer(cutoff=None), False),
        (FakeScorer(scope=frozenset({("delivery_update", "chat")})), True),
        (FakeScorer(scope=frozenset()), False),
        (FakeScorer(expires=LATER), False),
        (FakeScorer(expires=LATER + timedelta(seconds=1)), True),
    ],
)
def test_the_fake_permits_as_a_real_one(fake: FakeScorer, *, expected: bool) -> None:
    """No cut-off, another scope or a passed date permits nothing."""
    actual = fake.permits("delivery_update", "chat", LATER)

    assert actual == expected


def with_trees(folder: Path) -> ArtefactScorer:
    """Return a loaded artefact with trees."""
    return load_scorer(written(folder))


def test_what_walks_the_trees_is_hastened_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API begins at its start and gives way to requests; a diagnosis waits; both ask once."""
    asked: list[bool] = []
    monkeypatch.setattr(Kernel, "of", lambda _walk, *, yielding: asked.append(yielding) or refused())
    hastened, waited = with_trees(tmp_path / "one"), with_trees(tmp_path / "two")
    hastened.hasten()
    told = [each.walked(60.0) for each in (hastened, waited)]
    assert (asked, told) == ([True, False], ["numpy", "numpy"])


def refused() -> Kernel:
    """Raise what stands for a machine without a compiler."""
    raise NoKernelError("no compiler here")


def test_a_model_without_trees_compiles_nothing(loaded: ArtefactScorer) -> None:
    """There is nothing to walk."""
    loaded.hasten()
    assert loaded.walked(0.0) is None

"""From a trained scorer to its certificate: what closes it beforehand, which rules compete, what it states."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.certificate import Terms, certify, refused
from model.certifying.assumptions import assumptions
from model.certifying.harm import HARMS, Design, Evidence
from model.certifying.planner import GRID
from model.certifying.trials import Ground, Question, Rule, Tried, cutoffs, try_rules
from model.contracts import JSON, Certificate, Shares
from model.learning.assess import Assessed
from model.learning.prepare import Prepared
from model.split import Half, hash_order, rank_in_cluster, rows_per_cluster
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Issued(NamedTuple):
    """A certificate, and every rule that was put to the test for it."""

    certificate: Certificate
    tested: tuple[Tried, ...]


def issue(  # noqa: PLR0913  (what was learned, what was asked, and under which shares)
    table: Table,
    prepared: Prepared,
    assessed: Assessed,
    *,
    propensity: Mapping[str, JSON],
    attempt: int,
    shares: Shares,
) -> Issued:
    """Return the certificate of the deployed scorer under these shares of the arms, issued or with why not.

    What rules it out beforehand leaves nothing tried.
    """
    targets = table.roles.certificate
    question = Question(
        alpha={"complaint": targets.complaint_at_most, "opt_out": targets.opt_out_at_most},
        delta=1.0 - targets.confidence,
        attempt=attempt,
        shares=shares,
    )
    reasons = closed(table, propensity)
    evidence = _evidence(table, prepared, assessed, shares)
    first, second, design = evidence
    pairs = scope(table, prepared.split.second)
    terms = Terms(
        scope=pairs,
        control_rate={harm: control_rate(table, harm, prepared) for harm in HARMS},
        assumptions=assumptions(table, prepared, question, second=second, design=design, scope=pairs),
        scorer_sha256=assessed.scorer.sha256(),
    )
    if reasons:
        return Issued(refused(reasons, question, terms, n=int(second.kept.sum())), ())
    ground = Ground(first=first, second=second, design=design, gamma=assessed.gamma)
    tested = try_rules(rules(assessed), ground, question)
    return Issued(certify(tested, ground, question, terms), tuple(tested))


def closed(table: Table, propensity: Mapping[str, JSON]) -> list[str]:
    """Return what rules a certificate out whatever the figures are."""
    reasons = [
        f"`{harm}` has no label, so that harm cannot be certified: name its column in the roles"
        for harm in HARMS
        if getattr(table, harm) is None
    ]
    if table.propensity is None:
        reasons.append("the propensity is estimated, not logged: log P(contacted) and name it as `propensity`")
    elif not propensity["passed"]:
        named = f" (column `{table.roles.propensity}`)" if isinstance(table.roles.propensity, str) else ""
        reasons.append(f"the propensity check failed{named}: {propensity['detail']}")
    return reasons


def rules(assessed: Assessed) -> list[Rule]:
    """Return every rule that D2 could have left to deploy: the chosen scorer's grid, and contacting all or none."""
    average = assessed.fitted[0]
    constant = float(average.out_of_fold[0])
    n1, n2 = len(average.out_of_fold), len(assessed.score)
    everyone = [
        Rule(cutoff=q, deployed=assessed.deployed == 0, first=np.full(n1, constant), second=np.full(n2, constant))
        for q in cutoffs(np.array([constant]))
    ]
    if assessed.chosen == 0:
        return everyone
    chosen = assessed.fitted[assessed.chosen].out_of_fold
    deployed = assessed.deployed == assessed.chosen
    grid = [
        Rule(cutoff=q, deployed=deployed, first=chosen, second=assessed.chosen_score)
        for q in cutoffs(chosen, most=GRID - 1)
    ]
    return everyone + grid


def _evidence(
    table: Table, prepared: Prepared, assessed: Assessed, shares: Shares
) -> tuple[Evidence, Evidence, Design]:
    """Return the evidence of both halves and the design that D1 fixes."""
    parts = prepared.split
    ranks = [
        rank_in_cluster(half.cluster, None if table.time is None else table.time[rows])
        for half, rows in ((prepared.first, parts.first), (prepared.second, parts.second))
    ]
    most = rows_per_cluster(ranks[0])
    design = Design(rows_per_cluster=most, highest=float(prepared.first.propensity.max()), shares=shares)
    arms = assessed.complaint_arms or (_nothing(prepared.first), _nothing(prepared.second))
    orders = (
        np.arange(int(prepared.first.cluster.max()) + 1),
        hash_order(prepared.names, table.data_sha256),
    )
    first, second = (
        Evidence(half=half, arms=each, kept=rank < most, order=order)
        for half, each, rank, order in zip((prepared.first, prepared.second), arms, ranks, orders, strict=True)
    )
    return first, second, design


def _nothing(half: Half) -> tuple[Floats, Floats]:
    """Return arms of an outcome without a label."""
    return np.zeros(len(half.contacted)), np.zeros(len(half.contacted))


def scope(table: Table, rows: Ints) -> tuple[tuple[str, str], ...]:
    """Return the (purpose, channel) pairs seen on D2, sorted; none without both roles: then no send is permitted."""
    if table.purpose is None or table.channel is None:
        return ()
    pairs = zip(table.purpose[rows], table.channel[rows], strict=True)
    return tuple(sorted({(str(p), str(c)) for p, c in pairs if p is not None and c is not None}))


def control_rate(table: Table, harm: str, prepared: Prepared) -> float:
    """Return the harm's rate without contact on D2, weighted back to all rows (Hájek); NaN if nobody was held out."""
    values = getattr(table, harm)
    if values is None:
        return float("nan")
    half = prepared.second
    weight = ~half.contacted / (1.0 - half.propensity)
    total = float(weight.sum())
    return float(weight @ values[prepared.split.second]) / total if total > 0 else float("nan")

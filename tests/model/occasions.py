"""Simulated occasions with a known truth, small enough for tests: the effect, the harm and the arms are arguments."""

from typing import Any

import numpy as np
import pandas as pd

from model.certifying.harm import HARMS, Design, Evidence, Losses, Risk, arranged, at_stake, losses, steepest
from model.certifying.trials import Ground, Rule, Trial, trials
from model.learning.coded import as_coded
from model.reading.roles import Roles
from model.split import Half, rank_in_cluster
from model.table import Table

GIVEN: dict[str, Any] = {
    "contacted": "sent",
    "benefit": "engaged",
    "complaint": "complained",
    "opt_out": "left",
    "propensity": 0.5,
    "purpose": "delivery_update",
    "channel": "chat",
    "features": ["need", "plan", "member"],
}


def frame(
    rows: int = 4000,
    *,
    seed: int = 0,
    e: float = 0.5,
    effect: float = 0.5,
    complaint: float = 0.02,
    opt_out: float = 0.002,
    customers: int | None = None,
) -> pd.DataFrame:
    """Return occasions where contact helps those in need (`effect`·need more benefit) and complaints do not change.

    `complaint` is the rate without contact, `opt_out` the attributable rate per contact, `customers` how many share
    the rows (a row each without it).
    """
    rng = np.random.default_rng(seed)
    need = rng.random(rows)
    sent = rng.random(rows) < e
    plan = rng.choice(np.array(["basic", "plus", "pro"], dtype=object), rows)
    engaged = rng.random(rows) < 0.1 + 0.1 * (plan == "pro") + sent * effect * need
    left = sent & (rng.random(rows) < opt_out)
    left[np.flatnonzero(sent)[0]] = True  # a label that never varies is refused by the table
    return pd.DataFrame(
        {
            "sent": sent.astype(int),
            "engaged": engaged.astype(int),
            "complained": (rng.random(rows) < complaint).astype(int),
            "left": left.astype(int),
            "need": need,
            "plan": plan,
            "member": rng.random(rows) < 0.3,
            "customer": rng.integers(0, customers or rows, rows).astype(str)
            if customers
            else np.arange(rows).astype(str),
            "at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.random(rows)) * 180, unit="D"),
            "p": np.full(rows, e),
        }
    )


def roles(**changes: Any) -> Roles:
    """Return the roles of `frame`; a change to None takes a role out."""
    return Roles.from_mapping({key: value for key, value in (GIVEN | changes).items() if value is not None})


def table(data: pd.DataFrame | None = None, **changes: Any) -> Table:
    """Return a checked table of the frame (a default one without it)."""
    return Table.from_frame(frame() if data is None else data, roles(**changes))


def rows_of(
    X: Any,
    contacted: np.ndarray,
    benefit: np.ndarray,
    *,
    e: Any = 0.5,
    cluster: np.ndarray | None = None,
    complaint: np.ndarray | None = None,
    opt_out: np.ndarray | None = None,
) -> Half:
    """Return rows with these features (an array, a frame or coded), each its own cluster unless told otherwise."""
    return Half(
        rows=as_coded(X),
        contacted=contacted,
        propensity=np.broadcast_to(np.asarray(e, dtype=float), len(contacted)).copy(),
        cluster=np.arange(len(contacted)) if cluster is None else cluster,
        benefit=benefit.astype(float),
        complaint=None if complaint is None else complaint.astype(float),
        opt_out=None if opt_out is None else opt_out.astype(float),
    )


def half(
    rng: np.random.Generator,
    rows: int,
    *,
    e: float | tuple[float, float] = 0.5,
    base: float = 0.03,
    caused: Any = 0.0,
    left: Any = 0.0,
    size: int | tuple[int, int] = 1,
) -> tuple[Half, np.ndarray]:
    """Return rows with scores uniform on (−½, ½) in clusters of `size`; a pair e is (at or above 0, below).

    A pair of sizes is (scores below 0, at or above).

    `caused` and `left` are the caused complaints and opt-outs: numbers, or functions of the score.
    """
    mean_size = size if isinstance(size, int) else sum(size) / 2
    drawn = rng.random(int(rows / mean_size)) - 0.5
    sizes = np.full(len(drawn), size) if isinstance(size, int) else np.where(drawn < 0.0, *size)
    score = np.repeat(drawn, sizes)
    propensity = np.full(len(score), e) if isinstance(e, float) else np.where(score >= 0.0, *e)
    contacted = rng.random(len(score)) < propensity
    tau, gone = ((f(score) if callable(f) else np.full(len(score), f)) for f in (caused, left))
    complaint = rng.random(len(score)) < base + contacted * tau
    opt_out = contacted & (rng.random(len(score)) < gone)
    built = Half(
        rows=as_coded(np.zeros((len(score), 1))),
        contacted=contacted,
        propensity=propensity,
        cluster=np.repeat(np.arange(len(drawn)), sizes),
        benefit=np.zeros(len(score)),
        complaint=complaint.astype(float),
        opt_out=opt_out.astype(float),
    )
    return built, score


def evidence(built: Half, *, mean: float = 0.03, most: int | None = None) -> Evidence:
    """Return the evidence of a half with constant arms, clusters in their own order."""
    rank = rank_in_cluster(built.cluster, None)
    size = int(rank.max()) + 1
    arms = (np.full(len(rank), mean), np.full(len(rank), mean))
    order = np.arange(int(built.cluster.max()) + 1)
    return Evidence(half=built, arms=arms, kept=rank < (most or size), order=order)


def ground(seed: int, *, rows: int = 4000, mean: float = 0.03, **world: Any) -> tuple[Ground, np.ndarray, np.ndarray]:
    """Return what rules are tested on, from a world of `half`, with both halves' scores."""
    rng = np.random.default_rng(seed)
    (one, score1), (two, score2) = (half(rng, n, **world) for n in (rows * 3 // 2, rows))
    size = int(np.max(world.get("size", 1)))
    design = Design(rows_per_cluster=size, highest=float(one.propensity.max()))
    built = Ground(
        first=evidence(one, mean=mean), second=evidence(two, mean=mean), design=design, gamma=np.ones(len(score2))
    )
    return built, score1, score2


def rules(score1: np.ndarray, score2: np.ndarray, cutoffs: Any) -> list[Rule]:
    """Return deployed rules at some cut-offs."""
    return [Rule(cutoff=float(q), deployed=True, first=score1, second=score2) for q in cutoffs]


def risk_of(harm: str, first: Evidence, s: np.ndarray, *, alpha: float, design: Design) -> Risk:
    """Return what is at stake on D1 for one harm; s of all its rows."""
    e = first.half.propensity
    return at_stake(harm, e, s, most=steepest(e, design.clip), alpha=alpha, design=design)


def losses_of(risk: Risk, built: Evidence, s: np.ndarray, *, design: Design) -> Losses:
    """Return what a rule costs per cluster; s of all rows of the half."""
    rows = arranged(built, design)
    return losses(risk, rows, rows.of(s))


def trial(harm: str, rule: Rule, built: Ground, *, alpha: float, log_level: float) -> Trial:
    """Test one rule against one of the harms."""
    found = trials(rule, built, alpha=dict.fromkeys(HARMS, alpha), log_level=log_level)
    return found[HARMS.index(harm)]

"""The data sets: real ones from beside the repository, synthetic ones with their truth, and any table with roles.

Every case is a frame with roles, as a user would give them. The peers learn y, the net benefit that was seen on a row:
the benefit itself, or where harms are labelled benefit − complaint − opt-out after contact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.exchange import Floats, Ints
from model.reading.roles import Roles
from model.synthetic.world import World
from model.table import Table

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SAMPLE_ROLES = Path(__file__).resolve().parent.parent / "data" / "sample" / "roles.toml"
LEVELS = 30  # of one category, for the peers; the others share one column
QUICK_ROWS = 6000
DRAWS = 10


class Absent(Exception):  # noqa: N818  (it is no error: the others run)
    """The data are not beside this repository."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One data set; `truth` is the true net benefit per row where it is known, `draw` which draw a row belongs to."""

    name: str
    frame: pd.DataFrame
    roles: Roles
    table: Table
    truth: Floats | None = None
    draw: Ints | None = None

    @property
    def y(self) -> Floats:
        """The net benefit seen on each row."""
        weights = self.roles.weights
        y = weights.benefit * self.table.benefit
        if self.table.complaint is not None:
            y = y - weights.complaint * self.table.complaint
        if self.table.opt_out is not None:
            y = y - weights.opt_out * self.table.opt_out * self.table.contacted
        return np.asarray(y)

    @property
    def binary(self) -> bool:
        """Whether y is 0/1."""
        return bool(np.isin(self.y, (0.0, 1.0)).all())

    @property
    def contacted(self) -> NDArray[np.bool_]:
        """Who was contacted."""
        return self.table.contacted

    @property
    def propensity(self) -> Floats | None:
        """The logged propensity."""
        return self.table.propensity

    @property
    def cluster(self) -> Ints:
        """Which cluster each row belongs to."""
        return self.table.cluster.astype(np.intp)


def case(
    name: str, frame: pd.DataFrame, roles: dict[str, Any], *, truth: Floats | None = None, draw: Ints | None = None
) -> Case:
    """Check a frame under its roles."""
    meaning = Roles.from_mapping(roles)
    return Case(name=name, frame=frame, roles=meaning, table=Table.from_frame(frame, meaning), truth=truth, draw=draw)


def taken(whole: Case, rows: Ints) -> Case:
    """Return some rows of a case as a case."""
    frame = whole.frame.iloc[rows].reset_index(drop=True)
    parts = {name: None if (each := getattr(whole, name)) is None else each[rows] for name in ("truth", "draw")}
    return Case(name=whole.name, frame=frame, roles=whole.roles, table=Table.from_frame(frame, whole.roles), **parts)


def load(name: str, *, quick: bool = False) -> Case:
    """Return a case by its name, or by `FILE|ROLES`; raises `Absent` where its data are not there."""
    found = _table(*name.split("|")) if "|" in name else CASES[name]()
    if not quick or found.draw is not None or len(found.y) <= QUICK_ROWS:
        return found
    clusters = np.random.default_rng(0).permutation(int(found.cluster.max()) + 1)
    keep = clusters[found.cluster] < len(clusters) * QUICK_ROWS / len(found.y)
    return taken(found, np.flatnonzero(keep))


def matrix(frame: pd.DataFrame) -> Floats:
    """Prepare features for the peers, float64[n, p]: median for missing numbers, one-hot categories, standardised."""
    blocks = []
    for name in frame:
        values = frame[name]
        if values.dtype.kind in "biuf":
            numbers = values.astype(np.float64)
            blocks.append(numbers.fillna(numbers.median()).fillna(0.0).to_numpy()[:, None])
        else:
            words = values.astype("string").fillna("missing")
            levels = words.value_counts().index[:LEVELS]
            kept = words.where(words.isin(levels), "other")
            blocks.append(pd.get_dummies(kept, dtype=np.float64).to_numpy())
    X = np.hstack(blocks)
    spread = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _read(name: str) -> pd.DataFrame:
    path = DATA / name
    if not path.exists():
        raise Absent(f"`{name}` is not beside this repository")
    return pd.read_csv(path) if path.suffix == ".gz" else pd.read_parquet(path)


def _table(table: str, roles: str) -> Case:
    """Return a user's own table: its time only orders, every repeat splits by cluster."""
    meaning = Roles.read(Path(roles))
    frame = pd.read_parquet(table) if Path(table).suffix == ".parquet" else pd.read_csv(table)
    return Case(name=Path(table).name, frame=frame, roles=meaning, table=Table.from_frame(frame, meaning))


def _hillstrom(name: str, groups: list[str], benefit: str) -> Case:
    frame = _read("hillstrom.csv.gz")
    frame = frame[frame["segment"].isin([*groups, "No E-Mail"])].reset_index(drop=True)
    roles = {
        "contacted": {"column": "segment", "yes": groups, "no": ["No E-Mail"]},
        "benefit": benefit,
        "propensity": len(groups) / (len(groups) + 1),
        "exclude": [other for other in ("visit", "conversion", "spend") if other != benefit],
    }
    return case(name, frame, roles)


def _ihdp() -> Case:
    """Ten draws; a benefit is at least 0, so y is shifted by its minimum, which moves no effect."""
    frame = _read("ihdp_10.parquet")
    frame["y"] = frame["y_factual"] - frame["y_factual"].min()
    draw = pd.factorize(frame["replication"], sort=True)[0].astype(np.intp)
    truth = (frame["mu1"] - frame["mu0"]).to_numpy()
    kept = frame[["treatment", "y", *[f"x{k}" for k in range(1, 26)]]]
    return case("ihdp", kept, {"contacted": "treatment", "benefit": "y"}, truth=truth, draw=draw)


def _open_bandit(campaign: str) -> Case:
    """Items with even ids against those with odd ids under the uniform policy (single pairs have three clicks)."""
    frame = _read("open_bandit_small.parquet")
    frame = frame[(frame["behaviour_policy"] == "random") & (frame["campaign"] == campaign)].reset_index(drop=True)
    items = frame["item_id"].nunique()
    frame["even"] = (frame["item_id"] % 2 == 0).astype(int)
    features = ["position", *[f"user_feature_{k}" for k in range(4)]]
    even = frame.loc[frame["even"] == 1, "item_id"].nunique() / items
    roles = {"contacted": "even", "benefit": "click", "propensity": even, "features": features}
    return case(f"open_bandit_{campaign}", frame, roles)


def _invest(name: str, propensity: float | None) -> Case:
    roles = {"contacted": "em1", "benefit": "converted", "exclude": ["em2", "em3"]}
    return case(name, _read(f"{name}.parquet"), roles | ({} if propensity is None else {"propensity": propensity}))


def _ballot() -> Case:
    roles = {"contacted": "treat", "benefit": "vg_12_update", "propensity": 0.5, "exclude": ["vs_12_update"]}
    return case("wi_ballot", _read("wi_ballot_secrecy_mail.parquet"), roles)


def _synthetic(name: str, *, assignment: str, harms: bool, customers: int = 9000) -> Case:
    """A world with its truth; with `harms` the net benefit of three outcomes, else the benefit alone."""
    world = World.generate(customers=customers, seed=1, assignment=assignment)  # type: ignore[arg-type]  # one of two words
    truth = world.truth.net_benefit() if harms else world.truth.tau_benefit
    labels = {"complaint": "complained", "opt_out": "opted_out"}
    roles = {
        "contacted": "contacted",
        "benefit": "engaged",
        "cluster": "customer",
        "propensity": 0.5 if assignment == "randomised" else "propensity",
        "features": list(Roles.read(SAMPLE_ROLES).features or ()),
    }
    return case(name, world.table(), roles | (labels if harms else {}), truth=truth)


CASES: dict[str, Callable[[], Case]] = {
    "hillstrom_womens": partial(_hillstrom, "hillstrom_womens", ["Womens E-Mail"], "visit"),
    "hillstrom_mens": partial(_hillstrom, "hillstrom_mens", ["Mens E-Mail"], "visit"),
    "hillstrom_both": partial(_hillstrom, "hillstrom_both", ["Mens E-Mail", "Womens E-Mail"], "visit"),
    "hillstrom_womens_conversion": partial(_hillstrom, "hillstrom_womens_conversion", ["Womens E-Mail"], "conversion"),
    "ihdp": _ihdp,
    "open_bandit_men": partial(_open_bandit, "men"),
    "open_bandit_women": partial(_open_bandit, "women"),
    "invest_email_rnd": partial(_invest, "invest_email_rnd", 0.5),
    "invest_email_biased": partial(_invest, "invest_email_biased", None),
    "wi_ballot": _ballot,
    "synthetic_randomised": partial(_synthetic, "synthetic_randomised", assignment="randomised", harms=True),
    "synthetic_confounded": partial(_synthetic, "synthetic_confounded", assignment="confounded", harms=True),
    "synthetic_benefit": partial(_synthetic, "synthetic_benefit", assignment="randomised", harms=False),
}

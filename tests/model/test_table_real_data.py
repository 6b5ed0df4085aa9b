from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidTable
from model.reading.roles import Roles
from model.table import Table

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
HILLSTROM = {
    "contacted": {"column": "segment", "yes": ["Mens E-Mail", "Womens E-Mail"], "no": ["No E-Mail"]},
    "benefit": "visit",
    "exclude": ["conversion", "spend"],
    "propensity": 0.6666666666666666,
}
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside this repository")


def read(name: str, asked: dict[str, Any]) -> Table:
    """Read one of the real files under the given roles."""
    return Table.read(DATA / name, Roles.from_mapping(asked))


def refused(name: str, asked: dict[str, Any]) -> str:
    """Return how one of the real files is refused."""
    with pytest.raises(InvalidTable) as error:
        read(name, asked)
    return str(error.value)


@real
def test_hillstrom_is_read_as_published() -> None:
    """64,000 customers, two e-mails against none; the visit rates are those of the manifest."""
    table = read("hillstrom.csv.gz", HILLSTROM)

    actual = (
        table.rows,
        int(table.contacted.sum()),
        round(float(table.benefit[table.contacted].mean()), 6),
        round(float(table.benefit[~table.contacted].mean()), 6),
        table.propensity_constant,
        list(table.features),
    )

    assert actual == (
        64_000,
        42_694,
        0.167049,
        0.106167,
        True,
        ["recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel"],
    )


@real
def test_hillstrom_s_spend_is_a_valued_benefit() -> None:
    """The mean among the contacted is that of the manifest."""
    table = read("hillstrom.csv.gz", HILLSTROM | {"benefit": "spend", "exclude": ["conversion", "visit"]})

    actual = (table.benefit_binary, round(float(table.benefit[table.contacted].mean()), 6))

    assert actual == (False, 1.249585)


@real
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"benefit": "conversion", "exclude": ["visit"]}, "column `spend`: its zeros give away `benefit`"),
        ({"benefit": "vist"}, "`benefit` asks for `vist` (closest: `visit`)"),
        ({"contacted": "segment"}, "column `segment`, row 1: `Womens E-Mail` is not 0 or 1 (and 63999 more rows)"),
        (
            {"contacted": {"column": "segment", "yes": ["Mens E-Mail"], "no": ["No E-Mail"]}},
            "column `segment`, row 1: `Womens E-Mail` is neither in `contacted.yes` nor in `contacted.no`",
        ),
        ({"channel": "channel"}, "column `channel`, row 1: `Phone` is not one of the channels"),
    ],
)
def test_slips_with_hillstrom_are_refused(changes: dict[str, Any], expected: str) -> None:
    """Spend that gives conversion away, a misspelt label, an arm that was not mapped, another sense of channel."""
    actual = refused("hillstrom.csv.gz", HILLSTROM | changes)

    assert expected in actual


@real
@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        (
            "wi_ballot_secrecy_mail.parquet",
            {"contacted": "treat", "benefit": "vg_12_update", "cluster": "township_id", "exclude": ["vs_12_update"]},
            (17_360, 896, 14),
        ),
        (
            "invest_email_rnd.parquet",
            {"contacted": "em1", "benefit": "converted", "propensity": 0.5},
            (15_000, 15_000, 6),
        ),
        ("invest_email_biased.parquet", {"contacted": "em1", "benefit": "converted"}, (15_000, 15_000, 6)),
        (
            "open_bandit_small.parquet",
            {
                "contacted": {"column": "behaviour_policy", "yes": ["bts"], "no": ["random"]},
                "benefit": "click",
                "time": "timestamp",
                "exclude": ["propensity_score"],
            },
            (40_000, 40_000, 7),
        ),
    ],
)
def test_other_trials_are_read(name: str, asked: dict[str, Any], expected: tuple[int, int, int]) -> None:
    """Rows, clusters and features of each file under plausible roles."""
    table = read(name, asked)

    actual = (table.rows, len(table.cluster_names), table.features.shape[1])

    assert actual == expected


@real
@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        (
            "ihdp_10.parquet",
            {"contacted": "treatment", "benefit": "y_factual"},
            "column `y_factual`, row 33: `-0.0296183954386162` is not 0/1 or a finite number ≥ 0 (and 106 more rows)",
        ),
        (
            "olist_orders_reviews_8k.parquet",
            {"contacted": "complaint_proxy", "benefit": "review_score", "time": "order_purchase_timestamp"},
            "column `order_purchase_timestamp`, row 1: `2017-07-09 21:57:05` has no offset",
        ),
        (
            "olist_orders_reviews_8k.parquet",
            {"contacted": "complaint_proxy", "benefit": "price"},
            "column `price`, row 19: a missing value is not 0/1 or a finite number ≥ 0 (and 774 more rows)",
        ),
        (
            "olist_orders_reviews_8k.parquet",
            {"contacted": "complaint_proxy", "benefit": "review_score"},
            "column `order_purchase_timestamp`: a feature cannot be of type timestamp[us]",
        ),
        ("manifest.json", {"contacted": "a", "benefit": "b"}, "`"),
        ("README.md", {"contacted": "a", "benefit": "b"}, "`"),
    ],
)
def test_what_is_no_training_table_is_refused(name: str, asked: dict[str, Any], expected: str) -> None:
    """Negative outcomes, naive times, gaps in a label, dates as features, and files that are no tables."""
    actual = refused(name, asked)

    assert actual.startswith(expected)


def test_the_shipped_sample_keeps_every_rule() -> None:
    """The demo's own history is read by its own roles, and nothing is left out."""
    folder = ROOT / "data" / "sample"

    actual = Table.read(folder / "table.parquet", Roles.read(folder / "roles.toml"))

    assert (actual.rows > 40_000, actual.propensity_constant, actual.notes) == (True, True, ())

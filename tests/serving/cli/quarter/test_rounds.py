"""What a round of learning changes in the copy of `roles.toml`, and what it says of a report."""

import tomllib

import pytest

from model.reading.roles import Roles
from serving.cli.quarter.rounds import meant, stated
from serving.ledger_table.columns import LedgerTable
from serving.ledger_table.files import roles
from tests.serving.cli.loop_examples import PLAN

REPORT = {
    "scorers": [{"name": "average", "chosen": False}, {"name": "response", "chosen": True}],
    "policy_value": {"certified": {"estimate": 0.05, "low": 0.03, "high": 0.08, "contacted": 0.7}},
    "certificate": {
        "issued": True,
        "reason": "both harms are certified",
        "sentence": "With 95 % confidence …",
        "cutoff": 0.001,
        "share_contacted": 0.7,
        "alpha": {"complaint": 0.01, "opt_out": 0.02},
        "bounds": [{"harm": "complaint", "bound": 0.004}, {"harm": "opt_out", "bound": 0.009}],
    },
    "gate": {"promoted": True, "checks": []},
}


@pytest.fixture
def written() -> str:
    """The `roles.toml` that a ledger's table brings."""
    empty = LedgerTable(columns={}, kinds={}, features=("plan",), counts=None, notes=())  # type: ignore[arg-type]  # the text needs the features alone
    return roles(empty)


def test_the_copy_has_our_limits_and_halves_by_customer(written: str) -> None:
    """Both limits are changed, both times are gone; everything else is as it was written."""
    before, after = tomllib.loads(written), tomllib.loads(meant(written, PLAN.harm_at_most))
    assert (before.pop("time"), before.pop("features_time")) == ("decided_at", "decided_at")
    before["certificate"] |= dict.fromkeys(("complaint_at_most", "opt_out_at_most"), PLAN.harm_at_most)
    assert after == before


def test_the_copy_is_read_as_roles(written: str) -> None:
    """Training takes it as it stands: a cluster, no time, the limits."""
    read = Roles.from_mapping(tomllib.loads(meant(written, 0.02)))
    assert (read.cluster, read.time, read.certificate.opt_out_at_most) == ("customer", None, 0.02)


def test_a_report_is_stated_in_what_a_reader_wants() -> None:
    """The chosen scorer, the certificate with its bounds by harm, the value with its interval."""
    found = stated(REPORT)
    assert (found["scorer"], found["certified"], found["gate"]) == ("response", True, True)
    assert found["bounds"] == {"complaint": 0.004, "opt_out": 0.009}
    assert found["value"] == {"estimate": 0.05, "low": 0.03, "high": 0.08}


def test_without_a_certificate_there_is_no_value_and_no_bound() -> None:
    """Not nought: nothing."""
    none = REPORT | {"policy_value": {"certified": None}, "certificate": REPORT["certificate"] | {"bounds": []}}
    found = stated(none)
    assert (found["value"], found["bounds"]) == (None, {})

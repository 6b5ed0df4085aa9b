"""Which lines are rows, what is told of the others, and what a label sees."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.model.history_table.logs import act, after, built, contact, in_one, logs

CONTROL = contact("o9", "ben", contacted=False)
Lines = list[dict[str, Any]]


def ids(folder: Path, contacts: Lines, **more: Any) -> list[str]:
    """The occasions that are rows."""
    return built(logs(folder, contacts, **more), folder)[0]["occasion_id"].to_pylist()


def test_of_a_fact_only_the_first_that_was_drawn_is_a_row(tmp_path: Path) -> None:
    """By time, then id; another customer's fact of the same name is another, and without a fact each line is one."""
    lines = [
        contact("o3", at=after(days=1), fact="parcel", p=0.5),
        contact("o2", at=after(days=1), fact="parcel", p=0.5),
        contact("o1", at=after(days=0), fact="parcel", p=1.0),
        contact("o4", "ben", at=after(days=3), fact="parcel", p=0.5, contacted=False),
        contact("o5", at=after(days=4), p=0.5),
        contact("o6", at=after(days=5), p=0.5),
    ]
    assert ids(tmp_path, lines, contacts__fact="fact", contacts__propensity="p") == ["o2", "o4", "o5", "o6"]


def test_a_first_decision_that_is_not_mature_gives_no_row_to_a_later_one(tmp_path: Path) -> None:
    """The window of 14 days has to have closed; exactly closed is closed."""
    lines = [contact("o1", at=after(days=46)), contact("o2", at=after(days=46, microseconds=1)), CONTROL]
    table, told = built(logs(tmp_path, lines), tmp_path)
    assert (table["occasion_id"].to_pylist(), told[1]) == (
        ["o9", "o1"],
        "1 occasions not yet mature, 0 repeats of a fact left out",
    )


def test_what_was_never_drawn_is_no_row_but_was_a_contact(tmp_path: Path) -> None:
    """Propensity 1 or none where contacted, a column that says so, and the purposes that are always essential."""
    lines = [
        contact("o1", at=after(days=1), p=1.0),
        contact("o2", at=after(days=2), p=None),
        contact("o3", at=after(days=3), p=0.5, essential=1),
        contact("o4", at=after(days=4), p=0.5, purpose="remediation"),
        contact("o5", at=after(days=5), p=0.0, contacted=False),
        contact("o6", at=after(days=6), p=0.5),
    ]
    for line in lines:
        line.setdefault("purpose", "onboarding")
        line.setdefault("essential", 0)
    described = {"contacts__propensity": "p", "contacts__essential": "essential", "contacts__purpose": "purpose"}
    table, told = built(logs(tmp_path, lines, **described), tmp_path)
    assert (table["occasion_id"].to_pylist(), table["contacts_7d"].to_pylist(), told[2]) == (
        ["o6"],
        [4],
        "0 marketing contacts dropped; 5 essential or never drawn are no rows",
    )


def test_marketing_is_dropped_and_counted_and_no_contact_of_ours(tmp_path: Path) -> None:
    """Its words may be mapped; it is in no row and in no feature."""
    lines = [
        contact("o1", at=after(days=1), what="spring sale"),
        contact("o2", at=after(days=2), what="upsell"),
        contact("o3", at=after(days=3), what="hello"),
        contact("o4", "ben", at=after(days=3), what="hello", contacted=False),
    ]
    purpose = {"column": "what", "promotion": ["spring sale"], "onboarding": ["hello"]}
    table, told = built(logs(tmp_path, lines, contacts__purpose=purpose), tmp_path)
    actual = (table["occasion_id"].to_pylist(), table["contacts_7d"].to_pylist(), set(table["purpose"].to_pylist()))
    assert actual == (["o3", "o4"], [0, 0], {"onboarding"})
    assert told[2].startswith("2 marketing contacts dropped")


def test_engagement_reported_by_contact_is_no_benefit(tmp_path: Path) -> None:
    """Only what the customer did, whoever reported it, also without a contact."""
    engagements = [
        act(None, at=after(hours=1), about="o1"),
        act("ben", at=after(hours=1)),
    ]
    described = logs(tmp_path, [contact("o1"), CONTROL], engagements, engagements__contact="about")
    table, told = built(described, tmp_path)
    noted = [line for line in told if "analytics" in line]
    assert (table["engaged"].to_pylist(), len(noted)) == ([False, True], 1)


def test_harm_that_names_a_contact_is_its_own_also_after_a_repeat(tmp_path: Path) -> None:
    """A complaint by contact is attributable too; whose it is follows from the contact; a held-out row has none."""
    lines = [
        contact("o1", at=after(days=1), fact="f"),
        contact("o2", at=after(days=2), fact="f"),
        contact("o3", "ben", at=after(days=1)),
        contact("o4", "carl", at=after(days=1), contacted=False),
        contact("o5", "dora", at=after(days=1)),
        contact("o6", "emil", at=after(days=1)),
    ]
    complaints = [
        act(None, at=after(days=3), kind="complaint", about="o2"),
        act(None, at=after(days=3), kind="opt_out", about="o4"),
        act("dora", at=after(days=15), kind="opt_out", about="o5"),
        act("emil", at=after(days=2), kind="opt_out", about="unknown"),
    ]
    table, told = built(logs(tmp_path, lines, complaints=complaints, contacts__fact="fact"), tmp_path)
    rows = {row["occasion_id"]: (row["opted_out"], row["complained"]) for row in table.to_pylist()}
    assert rows == {
        "o1": (True, True),
        "o3": (False, False),
        "o4": (False, False),
        "o5": (False, False),
        "o6": (False, False),
    }
    assert [line.split(" ")[1] for line in told if "not in the log" in line] == ["1"]


def test_attributes_are_those_of_then(tmp_path: Path) -> None:
    """The latest record from before the occasion; one from that instant or later is never used; its lack is counted."""
    customers = [
        {"id": "anna", "since": after(days=0), "plan": "basic", "age": 30},
        {"id": "anna", "since": after(days=2), "plan": "plus", "age": 31},
        {"id": "ben", "since": after(days=9), "plan": "pro", "age": 50},
    ]
    lines = [contact("o1", at=after(days=1)), contact("o2", at=after(days=2)), contact("o3", at=after(days=3)), CONTROL]
    described = logs(tmp_path, lines, customers=customers, customers__valid_from="since")
    table, told = built(described, tmp_path)
    rows = {row["occasion_id"]: (row["plan"], row["age"]) for row in table.to_pylist()}
    assert rows == {"o9": (None, None), "o1": ("basic", 30.0), "o2": ("basic", 30.0), "o3": ("plus", 31.0)}
    assert next(line for line in told if "without a record" in line).startswith("note: 1 rows")


def test_without_valid_from_leakage_cannot_be_checked_and_that_is_said(tmp_path: Path) -> None:
    """The attributes are as exported; dates and names of the table's own are left out, with a note."""
    customers = [{"id": "anna", "vip": True, "born": "1990-01-02", "engaged": 1, "tags": ["a"]}]
    table, told = built(logs(tmp_path, [contact("o1"), CONTROL], customers=customers), tmp_path)
    noted = [word for word in ("cannot be checked", "`born`", "`engaged`", "`tags`") if word in "\n".join(told)]
    assert (table["vip"].to_pylist(), len(noted), "born" in table.column_names) == ([True, None], 4, False)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "folder"])
def test_the_same_lines_in_another_file_give_the_same_rows(ending: str, tmp_path: Path) -> None:
    """CSV is text until it is read; a folder of Parquet is one log."""
    import pandas as pd  # noqa: PLC0415  (only here)

    lines = [contact("007", at=after(days=1)), contact("8", "ben", at=after(days=1, seconds=1), contacted=False)]
    customers = [{"id": "anna", "age": 30.5, "vip": True}, {"id": "ben", "age": None, "vip": False}]
    expected, _ = built(logs(tmp_path, lines, [act(at=after(days=2))], customers=customers), tmp_path)
    for name in ("contacts", "customers"):
        path = tmp_path / f"{name}.parquet"
        if ending == "folder":
            (tmp_path / name).mkdir()
            path.rename(tmp_path / name / "part-0.parquet")
        else:
            pd.read_parquet(path).to_csv(tmp_path / f"{name}.{ending}", index=False)
    place = "{}" if ending == "folder" else f"{{}}.{ending}"
    described = logs(
        tmp_path,
        lines,
        [act(at=after(days=2))],
        customers=customers,
        contacts__file=place.format("contacts"),
        customers__file=place.format("customers"),
    )
    actual, _ = built(described, tmp_path)
    assert actual.equals(expected)


def test_the_table_is_the_same_with_little_memory(tmp_path: Path) -> None:
    """What does not fit goes to disk."""
    lines = [contact(f"o{n}", f"c{n % 97}", at=after(minutes=n % 5_000), contacted=n % 2 == 0) for n in range(20_000)]
    engagements = [act(f"c{n % 89}", at=after(minutes=n)) for n in range(20_000)]
    described = logs(tmp_path, lines, engagements)
    roomy, tight = (in_one(described, tmp_path, memory=size, threads=2)[0] for size in ("250MB", "40MB"))
    assert (tight.equals(roomy), tight.num_rows) == (True, 20_000)


def test_windows_are_as_described(tmp_path: Path) -> None:
    """Seven days of benefit see what three do not."""
    acts = [act(at=after(days=4)), act("ben", at=after(days=4))]
    seen = []
    for days in (3, 7):
        described = logs(tmp_path, [contact("o1"), CONTROL], acts, windows={"benefit": days, "complaint": 5})
        table, _ = built(described, tmp_path)
        seen.append((table["engaged"].to_pylist()[0], "engaged_7d" in table.column_names, timedelta(days=days).days))
    assert seen == [(False, True, 3), (True, False, 7)]

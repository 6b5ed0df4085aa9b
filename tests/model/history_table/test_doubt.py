"""What a line may mean in more than one way: refused, or left out and counted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import InvalidInput
from model.history_table.viewing import ESSENTIAL
from serving.policy.purposes import ESSENTIAL as IS_ESSENTIAL
from serving.policy.purposes import SERVICES
from tests.model.history_table.logs import START, act, after, built, contact, logs

CONTROL = contact("o9", "ben", contacted=False)
PAIR = [contact("o1"), CONTROL]


def refusal(folder: Path, *given: Any, **more: Any) -> str:
    """The one line of a refusal."""
    with pytest.raises(InvalidInput) as refused:
        built(logs(folder, *given, **more), folder)
    said = str(refused.value)
    assert "\n" not in said, said
    return said


def noted(told: list[str], words: str) -> list[str]:
    """The notes that have these words: their first figure."""
    return [line.removeprefix("note: ").split(" ")[0] for line in told if words in line]


def test_the_purposes_that_are_always_essential_are_those_of_serving() -> None:
    """Each of which no evidence is ordinary."""
    derived = {purpose for purpose, each in SERVICES.items() if min(each.evidence.values()) >= IS_ESSENTIAL}
    assert derived == set(ESSENTIAL)


def test_harm_is_of_this_message_or_of_a_later_one_about_its_fact(tmp_path: Path) -> None:
    """One that names an earlier message, essential and about the same fact, is not the row's."""
    lines = [
        contact("e1", at=after(days=1), fact="f", essential=1),
        contact("o1", at=after(days=2), fact="f", essential=0),
        contact("e2", "ben", at=after(days=3), fact="f", essential=1),
        contact("o2", "ben", at=after(days=2), fact="f", essential=0),
    ]
    complaints = [
        act("anna", at=after(days=4), kind="opt_out", about="e1"),
        act("ben", at=after(days=4), kind="opt_out", about="e2"),
    ]
    described = logs(tmp_path, lines, complaints=complaints, contacts__fact="fact", contacts__essential="essential")
    table, _ = built(described, tmp_path)
    rows = dict(zip(table["occasion_id"].to_pylist(), table["opted_out"].to_pylist(), strict=True))
    assert rows == {"o1": False, "o2": True}


def test_harm_before_the_contact_that_it_names_refuses_the_table(tmp_path: Path) -> None:
    """One of the clocks is wrong: as a label it would be told before its message, as a feature it would foretell it."""
    complaints = [act("anna", at=after(days=1), kind="opt_out", about="o1")]
    described = logs(tmp_path, [contact("o1", at=after(days=2)), CONTROL], complaints=complaints)
    with pytest.raises(InvalidInput, match="1 lines are earlier than the contact they name, `o1` for one"):
        built(described, tmp_path)


@pytest.mark.parametrize(
    ("lines", "more", "says"),
    [
        ([{**contact("o1"), "e": "ja"}, {**CONTROL, "e": "no"}], {"contacts__essential": "e"}, "`ja` is not known"),
        ([{**contact("o1"), "e": None}, {**CONTROL, "e": "no"}], {"contacts__essential": "e"}, "is empty on 1 lines"),
        (
            [{**contact("o1"), "e": "Y"}, {**CONTROL, "e": "n"}],
            {"contacts__essential": {"column": "e", "yes": ["y"], "no": ["n"]}},
            "`Y` is not known",
        ),
        ([contact("o1", p="0.5"), contact("o2", p="50%")], {"contacts__propensity": "p"}, "`50%` is no number"),
        ([contact("o1", p="0,5"), contact("o2", p="")], {"contacts__propensity": "p"}, "`0,5` is no number"),
        ([contact("o1", p=float("nan")), contact("o2", p=0.5)], {"contacts__propensity": "p"}, "on 1 lines in all"),
        ([contact("o1", p=" 0\n5")], {"contacts__propensity": "p"}, r"` 0\n5` is no number"),
        ([contact("o1", p=True)], {"contacts__propensity": "p"}, "is boolean, not a number"),
        ([contact("o1", p=float("inf"))], {"contacts__propensity": "p"}, "with propensity `inf`"),
        ([contact("o1", 7.0)], {}, "`contacts.customer` (`who` of `contacts.parquet`) is double"),
        (PAIR, {"benefit": "no_contact"}, "no line of `[engagements]` says `contacted_us`"),
        ([{**contact("o1"), "*": "x"}, CONTROL], {"contacts__id": "*"}, "a column named `*`"),
        (PAIR, {"engagements": [act(at=START.replace(year=1))], "engagements__time": "*"}, "a column named `*`"),
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_refused(
    lines: list[dict[str, Any]], more: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """The column, the value and what to do, in one line."""
    said = refusal(tmp_path, lines, **more)
    assert says in said, said


@pytest.mark.parametrize(
    "time",
    [
        "2026-06-01T24:00:00Z",
        "2026-06-01T10:60:00Z",
        "2026-06-01T10:00:60Z",
        "2026-06-01T10:00:00+18:01",
        "2026-06-01T10:00:00+99:99",
        "0000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-06-01T10:00:00",
        "infinity",
    ],
)
def test_a_time_that_is_none_is_refused(time: str, tmp_path: Path) -> None:
    """Never the next day, never another zone."""
    assert f"`{time}` is not known, on 1 lines" in refusal(tmp_path, [{**contact("o1"), "at": time}])


@pytest.mark.parametrize("micros", [-(2**63), -(2**63) + 1, 2**63 - 1, 9 * 10**18, -62_135_596_800_000_001])
def test_an_instant_outside_of_the_years_is_refused(micros: int, tmp_path: Path) -> None:
    """The ends of the whole numbers, infinity, and the year before the first."""
    described = logs(tmp_path, PAIR, engagements__file="e.parquet")
    lines = {"who": ["anna"], "at": pa.array([micros], pa.timestamp("us", tz="UTC")), "kind": ["engaged"]}
    pq.write_table(pa.table(lines), tmp_path / "e.parquet")
    with pytest.raises(InvalidInput, match=r"`engagements.time` \(`at` of `e.parquet`\)"):
        built(described, tmp_path)


def test_nan_is_found_where_the_statistics_of_the_file_hide_it(tmp_path: Path) -> None:
    """They know no NaN, so that a comparison may be answered from them alone."""
    lines = [contact(f"o{n}", at=after(hours=n), p=0.5) for n in range(9)]
    described = logs(tmp_path, [*lines, contact("o9", p=float("nan"))], contacts__propensity="p")
    with pytest.raises(InvalidInput, match=r"`contacts.propensity` \(`p` of `contacts.parquet`\)"):
        built(described, tmp_path)


def test_an_engagement_that_names_a_contact_is_a_response_also_of_a_named_customer(tmp_path: Path) -> None:
    """Neither benefit nor history; that they wrote to us counts whatever it names."""
    acts = [
        act("anna", at=after(days=1, hours=1), about="o1"),
        act("anna", at=after(hours=1), about="o1"),
        act("ben", at=after(days=1, hours=1)),
        act("ben", at=after(days=1, hours=1), kind="contacted_us", about="o1"),
    ]
    lines = [contact("o1", at=after(days=1)), contact("o9", "ben", at=after(days=1), contacted=False)]
    table, told = built(logs(tmp_path, lines, acts, engagements__contact="about"), tmp_path)
    other, _ = built(logs(tmp_path, lines, acts, engagements__contact="about", benefit="no_contact"), tmp_path)
    assert (
        table["engaged"].to_pylist(),
        table["engagements_7d"].to_pylist(),
        noted(told, "analytics"),
        other["no_contact"].to_pylist(),
    ) == ([False, True], [0, 0], ["2"], [True, False])


def test_lines_of_customers_whom_no_contact_names_are_counted(tmp_path: Path) -> None:
    """`7` is not `007`: every log says how many lines it has of customers who are nowhere else."""
    lines = [contact("o1", "007"), CONTROL]
    complaints = [act("7", at=START, kind="opt_out"), act("ben", at=START, kind="complaint")]
    customers = [{"id": "7", "plan": "a"}, {"id": "ben", "plan": "b"}, {"id": "8", "plan": "b"}]
    acts = [act("7", at=START), act("7", at=START), act("ben", at=START)]
    _, told = built(logs(tmp_path, lines, acts, complaints, customers=customers), tmp_path)
    found = [line.split(": ", 2)[1:] for line in told if "whom no contact of ours names" in line]
    assert [(name, said.split(" ")[0]) for name, said in found] == [
        ("`engagements.parquet`", "2"),
        ("`[complaints]`", "1"),
        ("`customers.parquet`", "2"),
    ]


def test_whoever_has_no_household_is_their_own(tmp_path: Path) -> None:
    """A cluster that is missing would put all of them together, or be refused later."""
    lines = [contact("o1", home="h1"), contact("o9", "ben", home=None, contacted=False)]
    table, _ = built(logs(tmp_path, lines, contacts__cluster="home"), tmp_path)
    assert table["cluster"].to_pylist() == ["h1", "ben"]


def test_an_opt_out_that_names_a_message_is_none_by_themselves(tmp_path: Path) -> None:
    """The count of those held out who left all the same."""
    lines = [contact("o1", "ben", at=after(hours=1)), CONTROL, contact("o8", "carl", contacted=False)]
    complaints = [
        act("ben", at=after(days=1), kind="opt_out", about="o1"),
        act("carl", at=after(days=1), kind="opt_out"),
    ]
    _, told = built(logs(tmp_path, lines, complaints=complaints), tmp_path)
    assert told[3].startswith("1 of the held out opted out")


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_attribute_that_is_not_finite_is_left_out(ending: str, tmp_path: Path) -> None:
    """In CSV as in Parquet, with a note."""
    customers = [{"id": "anna", "x": float("inf"), "*": 1.0}, {"id": "ben", "x": 2.0, "*": 1.0}]
    (tmp_path / "u.csv").write_text("id,x\nanna,1e999\nben,2\n")
    file = "customers.parquet" if ending == "parquet" else "u.csv"
    table, told = built(logs(tmp_path, PAIR, customers=customers, customers__file=file), tmp_path)
    assert ("x" in table.column_names, len([line for line in told if "not finite" in line])) == (False, 1)


def test_a_record_from_the_instant_of_the_occasion_was_not_known_then(tmp_path: Path) -> None:
    """As everything else that is read of the past: strictly before."""
    customers = [{"id": "anna", "since": START, "plan": "late"}, {"id": "ben", "since": START, "plan": "late"}]
    lines = [contact("o1"), contact("o9", "ben", at=START + timedelta(microseconds=1), contacted=False)]
    table, _ = built(logs(tmp_path, lines, customers=customers, customers__valid_from="since"), tmp_path)
    assert table["plan"].to_pylist() == [None, "late"]

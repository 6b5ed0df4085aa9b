"""The page of the audit, and the files that it gives: whole, in order, and nothing that a spreadsheet works out."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from serving.console.audit import PAGE
from serving.policy.tightening import Tightening
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import EVERYTHING, NOON, Served, Watch, app_of, candidate, memory_ledger

PATH = "/console/audit"


@pytest.fixture
def clock() -> Watch:
    """A clock that is turned."""
    return Watch()


@pytest.fixture
def admin(clock: Watch) -> Iterator[Person]:
    """Somebody who may act."""
    with Served(app_of(clock=clock)) as api:
        yield signed_in(api, "admin", key=EVERYTHING)


def rows(person: Person, query: str = "") -> list[dict[str, str]]:
    """Return the acts that the table has, but for those of keys and of the shipped templates."""
    text = person.get(f"{PATH}/acts.csv{query}").text
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [row for row in found if row["by"] != "shipped" and row["kind"] != "key_made"]


def test_what_people_did_is_listed_with_who_and_why(admin: Person) -> None:
    """Signing in, and approving what begins like a formula."""
    admin.api.post("/v1/approvals", {"text": "=1+1"})
    actual = [(row["kind"], row["by"], row["at"]) for row in rows(admin)]
    assert actual == [
        ("signed_in", "all (key-all)", "2026-11-20T12:00:00Z"),
        ("approved", "all (key-all)", "2026-11-20T12:00:00Z"),
    ]


def test_the_page_leaves_out_what_came_with_the_ledger(admin: Person) -> None:
    """It is nobody's act; the files have it."""
    shown = admin.get(PATH).text
    everything = admin.get(f"{PATH}/acts.csv").text
    assert ("signed in to the console" in shown, "parcel_delayed" in shown, "parcel_delayed" in everything) == (
        True,
        False,
        True,
    )


def test_a_kind_is_listed_alone(admin: Person) -> None:
    """One that is none is everything."""
    table = [admin.get(f"{PATH}?kind={kind}").text.split("<tbody>")[-1] for kind in ("signed_in", "key_made", "<b>")]
    actual = ["signed in to the console" in each for each in table]
    assert actual == [True, False, True]


def test_the_lines_say_the_same_as_the_table(admin: Person) -> None:
    """One act a line."""
    lines = [json.loads(line) for line in admin.get(f"{PATH}/acts.jsonl").text.splitlines()]
    table = list(csv.DictReader(io.StringIO(admin.get(f"{PATH}/acts.csv").text, newline="")))
    assert [{**row, "by": row["by"] or ""} for row in table] == [
        {name: "" if value is None else value for name, value in line.items()} for line in lines
    ]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (
            '{"contacts_7d": 3, "quiet_end": "09:00"}',
            "Messages to one customer within 7 days, at most 3; Nothing goes out in the morning until 09:00 their time",
        ),
        ("damaged", "damaged"),
    ],
    ids=["limits", "what cannot be read"],
)
def test_limits_are_in_words_on_pages_and_in_files(clock: Watch, limits: str, expected: str) -> None:
    """Whoever reads the table knows what was tightened, and by whom; the id of their key stands in files alone."""
    ledger, who = memory_ledger(), "demo (01M81HWV9R8Q4Z7E2B5N6K3T1A)"
    with ledger.transaction() as transaction:
        transaction.add_tightening(Tightening(at=NOON, by=who, why="calm", limits=limits))
    with Served(app_of(ledger, clock=clock)) as api:
        admin = signed_in(api, "admin", key=EVERYTHING)
        [row] = [row for row in rows(admin) if row["kind"] == "limits_tightened"]
        pages = [admin.get(path).text for path in (PATH, "/console/approvals", "/console/what-if")]
    actual = (row["about"], row["by"], ["demo" in page and who not in page for page in pages])
    assert actual == (expected, who, [True, True, True])
    assert [expected in page for page in pages[:2]] == [True, True]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", "2026-10-22_to_2026-11-20"),
        ("?from=2026-11-01&to=2026-11-02", "2026-11-01_to_2026-11-02"),
        ("?to=2026-11-30", "2026-11-01_to_2026-11-30"),
        ("?from=&to=", "2026-10-22_to_2026-11-20"),
    ],
    ids=["thirty days", "both days", "an end", "empty"],
)
def test_a_period_is_whole_days(admin: Person, query: str, days: str) -> None:
    """Both of them in it; the file is named after them."""
    actual = admin.get(f"{PATH}/acts.csv{query}").headers["content-disposition"]
    assert actual == f'attachment; filename="acts_{days}.csv"'


@pytest.mark.parametrize(
    "query",
    ["from=yesterday", "to=2026-13-01", "from=2026-11-02&to=2026-11-01", "to=9999-12-31", "to=0001-01-01"],
    ids=["a word", "no month", "backwards", "the last day there is", "the first"],
)
@pytest.mark.parametrize("path", ["", "/acts.csv", "/acts.jsonl", "/decisions.jsonl"], ids=str)
def test_what_is_no_period_is_refused(admin: Person, path: str, query: str) -> None:
    """As a page that says what to do."""
    answer = admin.get(f"{PATH}{path}?{query}")
    assert (answer.status_code, "<h1>" in answer.text) == (422, True)


def decide(admin: Person, number: int) -> str:
    """Ask for a decision; return its id."""
    told: str = admin.api.post("/v1/decisions", candidate(number, user=f"u-{number}")).json()["decision_id"]
    return told


def test_decisions_of_a_period_come_whole_and_in_order(admin: Person, clock: Watch) -> None:
    """More than one page of them, each as `GET /v1/decisions/{id}` has it; what was decided after it is not there."""
    made = [decide(admin, number) for number in range(PAGE + 3)]
    clock.turn(days=1)
    decide(admin, PAGE + 3)
    admin = signed_in(admin.api, "admin", key=EVERYTHING)
    answer = admin.get(f"{PATH}/decisions.jsonl?from=2026-11-20&to=2026-11-20")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["decision_id"] for line in lines] == made
    assert {"candidate", "context", "decided", "confirmations", "outcomes"} <= set(lines[0])


def test_an_empty_period_is_an_empty_file(admin: Person) -> None:
    """No line, and no error."""
    answer = admin.get(f"{PATH}/decisions.jsonl?from=2020-01-01&to=2020-01-02")
    assert (answer.status_code, answer.text) == (200, "")


def test_nobody_gets_a_file_without_signing_in(admin: Person) -> None:
    """They are sent to sign in."""
    stranger = admin.with_cookie(None)
    actual = [stranger.get(f"{PATH}/{name}").status_code for name in ("acts.csv", "acts.jsonl", "decisions.jsonl")]
    assert actual == [303, 303, 303]

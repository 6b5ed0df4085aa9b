"""`outreach policy refused`, as the people who own marketing read it: what was refused, how often, for how many."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.cli import refused as command
from serving.cli import run
from serving.cli.refused_figures import beginning
from serving.ledger import open_ledger
from serving.policy_files import shipped_digests
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, with_keys

Printed = pytest.CaptureFixture[str]
WIN_BACK = {"text": "We miss you! Come back and save 20 % on your next order.", "next_step": "Reply to order."}
DISGUISED = {"text": "Your parcel A-1 arrives on Friday. Add a second one and save 20 %.", "next_step": "Reply."}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a ledger that is not there yet; no settings but the defaults."""
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path}/l.db"


@pytest.fixture
def clock() -> Watch:
    """Noon on a Friday, until it is turned."""
    return Watch()


@pytest.fixture
def api(url: str, clock: Watch) -> Iterator[Served]:
    """Serve an API with that ledger; customer `u-17` waits for a parcel and likes to hear of it."""
    ledger = open_ledger(url, now=NOON, salt=b"a fixed salt for tests", shipped=shipped_digests())
    with Served(app_of(with_keys(ledger, NOON), clock=clock)) as served:
        served.post("/v1/events", event())
        consent(served, "u-17")
        yield served
    ledger.close()


def ask(api: Served, **more: Any) -> Any:
    """Ask for a decision; return the answer."""
    answer = api.post("/v1/decisions", candidate(**more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def fill(api: Served, clock: Watch) -> list[str]:
    """Refuse three win-backs of two customers, a disguised sale and a survey; send one service message."""
    made = []
    for user in ("u-17", "u-18", "u-17"):
        made.append(ask(api, user=user, purpose="win_back", channel="email", message=WIN_BACK)["decision_id"])
        clock.turn(minutes=30)
    made += [
        ask(api, message=DISGUISED)["decision_id"],
        ask(api, purpose="survey")["decision_id"],
        ask(api)["decision_id"],
    ]
    return made


def printed(capsys: Printed, *arguments: str) -> str:
    """Run the command and return what it prints; it must succeed."""
    capsys.readouterr()
    assert run(["policy", "refused", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table_says_what_would_have_been_said(api: Served, clock: Watch, url: str, capsys: Printed) -> None:
    """One line per message, the most frequent first; then how many there are in all, and that none was sent."""
    fill(api, clock)
    heading, *lines = [" ".join(line.split()) for line in printed(capsys, "--ledger", url).splitlines()]
    often, disguised = (" ".join(message.values()) for message in (WIN_BACK, DISGUISED))
    both = "purpose_is_marketing promotional_wording"
    assert heading == "TIMES CUSTOMERS FIRST (UTC) LAST (UTC) PURPOSE CHANNEL REFUSED BECAUSE WOULD HAVE SAID"
    assert lines == [
        f'3 2 2026-11-20 12:00 2026-11-20 13:00 win_back email {both} "{beginning(often, 72)}"',
        f'1 1 2026-11-20 13:30 2026-11-20 13:30 delivery_update chat promotional_wording "{beginning(disguised, 72)}"',
        "1 1 2026-11-20 13:30 2026-11-20 13:30 survey chat purpose_is_marketing template parcel_delayed",
        "in all 5 messages for 2 customers; none was sent",
    ]


def test_none_of_it_was_sent(api: Served, clock: Watch, url: str, capsys: Printed) -> None:
    """Every decision behind the list is a denial without a message, and the one that was sent is not in it."""
    *refused, sent = fill(api, clock)
    records = [api.get(f"/v1/decisions/{identity}").json() for identity in refused]
    shown = json.loads(printed(capsys, "--json", "--ledger", url))
    assert {(record["action"], record["message"]) for record in records} == {("deny", None)}
    assert api.get(f"/v1/decisions/{sent}").json()["action"] == "send"
    assert shown["messages"] == len(refused)


def test_the_json_holds_the_whole_text(api: Served, clock: Watch, url: str, capsys: Printed) -> None:
    """With the times to the second and the latest decision, whose record has the facts."""
    made = fill(api, clock)
    shown = json.loads(printed(capsys, "--json", "--ledger", url))
    assert (shown["messages"], shown["customers"], len(shown["refused"])) == (5, 2, 3)
    assert shown["refused"][0] == {
        "times": 3,
        "customers": 2,
        "first": "2026-11-20T12:00:00Z",
        "last": "2026-11-20T13:00:00Z",
        "purpose": "win_back",
        "channel": "email",
        "template": None,
        "text": WIN_BACK["text"],
        "next_step": WIN_BACK["next_step"],
        "reasons": ["purpose_is_marketing", "promotional_wording"],
        "last_decision_id": made[2],
    }


def test_the_csv_opens_in_a_spreadsheet(api: Served, clock: Watch, url: str, capsys: Printed) -> None:
    """The same figures, one line per message under headings."""
    made = fill(api, clock)
    first, *others = csv.DictReader(io.StringIO(printed(capsys, "--csv", "--ledger", url)))
    assert (first["times"], first["customers"], first["last"]) == ("3", "2", "2026-11-20T13:00:00Z")
    assert (first["text"], first["template"]) == (WIN_BACK["text"], "")
    assert (first["reasons"], first["last_decision_id"]) == ("purpose_is_marketing promotional_wording", made[2])
    assert [row["template"] for row in others] == ["", "parcel_delayed"]


@pytest.mark.parametrize(("minutes", "expected"), [(0, 5), (1, 4), (61, 2), (91, 0)])
def test_since_leaves_out_what_was_before(  # noqa: PLR0917  (what pytest passes)
    api: Served, clock: Watch, url: str, capsys: Printed, minutes: int, expected: int
) -> None:
    """From that instant on, whatever its offset."""
    fill(api, clock)
    since = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    shown = json.loads(printed(capsys, "--json", "--since", since, "--ledger", url))
    assert shown["messages"] == expected


def test_many_are_read_page_by_page(
    api: Served, clock: Watch, url: str, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small a page is: each message once, though two reasons find it."""
    fill(api, clock)
    found = []
    for page in (1, 2, 3, 500):
        monkeypatch.setattr(command, "PAGE", page)
        found.append(printed(capsys, "--json", "--ledger", url))
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ([], "no marketing was refused\n"),
        (["--json"], '{\n  "messages": 0,\n  "customers": 0,\n  "refused": []\n}\n'),
        (["--csv"], "times,customers,first,last,purpose,channel,template,text,next_step,reasons,last_decision_id\n"),
    ],
)
def test_nothing_refused_is_said(api: Served, url: str, capsys: Printed, form: list[str], expected: str) -> None:
    """A service message alone is nothing to report."""
    ask(api)
    assert printed(capsys, *form, "--ledger", url) == expected


def test_a_promotion_in_the_facts_is_found(api: Served, url: str, capsys: Printed) -> None:
    """The template is named; the latest decision leads to the facts that were put into it."""
    facts = {"parcel": "A-1", "new_eta": "Friday, save 20 % now"}
    answer = ask(api, message={"template": "parcel_delayed", "facts": facts})
    (row,) = json.loads(printed(capsys, "--json", "--ledger", url))["refused"]
    record = api.get(f"/v1/decisions/{row['last_decision_id']}").json()
    actual = (answer["action"], row["template"], row["text"], record["candidate"]["message"]["facts"])
    assert actual == ("deny", "parcel_delayed", None, facts)


def test_it_only_reads(api: Served, clock: Watch, url: str, capsys: Printed, tmp_path: Path) -> None:
    """The ledger has the same decisions afterwards, and its file the same content."""
    fill(api, clock)
    printed(capsys, "--ledger", url)
    before = hashlib.sha256((tmp_path / "l.db").read_bytes()).hexdigest()
    printed(capsys, "--ledger", url)
    after = hashlib.sha256((tmp_path / "l.db").read_bytes()).hexdigest()
    assert (before == after, len(api.get("/v1/decisions").json()["decisions"])) == (True, 6)


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_a_ledger_that_is_not_there_is_no_good_news(url: str, tmp_path: Path, capsys: Printed, form: list[str]) -> None:
    """A typing error in the address must not read as "nothing was refused", nor leave an empty ledger behind."""
    code = run(["policy", "refused", *form, "--ledger", url])
    shown = capsys.readouterr()
    actual = (code, shown.out, "is not there" in shown.err, len(shown.err.splitlines()), list(tmp_path.iterdir()))
    assert actual == (1, "", True, 1, [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--json", "--csv"], "keep one"),
        (["--since", "yesterday"], "is not a time"),
        (["--since", "2026-11-20T12:00:00"], "has no offset"),
        (["--ledger", "mysql://u:hunter2@h/db"], "is not a known kind of address"),
        (["--ledger", "sqlite:////nowhere/at/all/l.db"], "does not exist"),
        (["--until", "2026-11-20T12:00:00Z"], "No such option"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(url: str, capsys: Printed, arguments: list[str], says: str) -> None:
    """Exit 2, nothing on the output, no password repeated."""
    code = run(["policy", "refused", *arguments])
    shown = capsys.readouterr()
    actual = (code, shown.out, len(shown.err.splitlines()), says in shown.err, "hunter2" in shown.err)
    assert url
    assert actual == (2, "", 1, True, False)


def test_a_file_that_is_no_ledger_is_left_alone(url: str, tmp_path: Path, capsys: Printed) -> None:
    """One line, and not a byte changed."""
    (tmp_path / "l.db").write_text("these are somebody's notes\n" * 99)
    code = run(["policy", "refused", "--ledger", url])
    shown = capsys.readouterr()
    actual = (code, shown.out, len(shown.err.splitlines()), (tmp_path / "l.db").read_text()[:5])
    assert actual == (2, "", 1, "these")


def test_the_help_has_an_example(capsys: Printed) -> None:
    """As every command's."""
    assert "Example: outreach policy refused" in " ".join(printed(capsys, "--help").split())

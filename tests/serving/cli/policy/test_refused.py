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

from model.contracts import Context
from serving.cli import run
from serving.cli.policy import refused as command
from serving.cli.policy.refused_figures import beginning
from serving.confirming import Confirmation, Confirmed
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Transaction
from tests.contracts.confirmed import hold
from tests.contracts.ledgers import candidate as asked
from tests.contracts.test_ledger_refusals import refused
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


def confirm_refused(tx: Transaction, identity: str, *codes: str, hours: int = 0) -> None:
    """Refuse at its confirmation, so many hours later, what was held before."""
    at = NOON + timedelta(hours=hours)
    again = refused(identity, codes, at=at)
    told = Confirmation(
        decision_id=identity,
        action=Confirmed.of(again.decision.action),
        at=at,
        expires_at=None,
        answer=json.dumps({"reasons": [{"code": code} for code in codes]}).encode(),
    )
    tx.add_confirmation(told, (asked(), Context(), again))


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
    filled = "template parcel_delayed (parcel: A-1, new_eta: Friday)"
    both = "purpose_is_marketing promotional_wording"
    assert heading == "TIMES CUSTOMERS FIRST (UTC) LAST (UTC) PURPOSE CHANNEL REFUSED BECAUSE WOULD HAVE SAID"
    assert lines == [
        f'3 2 2026-11-20 12:00 2026-11-20 13:00 win_back email {both} "{beginning(often, 72)}"',
        f'1 1 2026-11-20 13:30 2026-11-20 13:30 delivery_update chat promotional_wording "{beginning(disguised, 72)}"',
        f"1 1 2026-11-20 13:30 2026-11-20 13:30 survey chat purpose_is_marketing {filled}",
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
        "last_facts": {},
        "last_decision_id": made[2],
    }
    assert shown["refused"][2]["last_facts"] == {"parcel": "A-1", "new_eta": "Friday"}


def test_the_csv_opens_in_a_spreadsheet(api: Served, clock: Watch, url: str, capsys: Printed) -> None:
    """The same figures, one line per message under headings."""
    made = fill(api, clock)
    first, *others = csv.DictReader(io.StringIO(printed(capsys, "--csv", "--ledger", url)))
    assert (first["times"], first["customers"], first["last"]) == ("3", "2", "2026-11-20T13:00:00Z")
    assert (first["text"], first["template"]) == (WIN_BACK["text"], "")
    assert (first["reasons"], first["last_decision_id"]) == ("purpose_is_marketing promotional_wording", made[2])
    assert [(row["template"], row["last_facts"]) for row in others] == [
        ("", ""),
        ("parcel_delayed", "parcel: A-1, new_eta: Friday"),
    ]


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
        (
            ["--csv"],
            "times,customers,first,last,purpose,channel,template,text,next_step,reasons,last_facts,last_decision_id\n",
        ),
    ],
)
def test_nothing_refused_is_said(api: Served, url: str, capsys: Printed, form: list[str], expected: str) -> None:
    """A service message alone is nothing to report."""
    ask(api)
    assert printed(capsys, *form, "--ledger", url) == expected


def test_a_promotion_in_the_facts_is_found(api: Served, url: str, capsys: Printed) -> None:
    """The template is named, and what was put into it, as its record has it."""
    facts = {"parcel": "A-1", "new_eta": "Friday, save 20 % now"}
    answer = ask(api, message={"template": "parcel_delayed", "facts": facts})
    (row,) = json.loads(printed(capsys, "--json", "--ledger", url))["refused"]
    record = api.get(f"/v1/decisions/{row['last_decision_id']}").json()
    actual = (
        answer["action"],
        row["template"],
        row["text"],
        record["candidate"]["message"]["facts"],
        row["last_facts"],
    )
    assert actual == ("deny", "parcel_delayed", None, facts, facts)


def test_what_was_refused_when_it_was_to_be_sent_is_listed(url: str, capsys: Printed) -> None:
    """Held at night by one version, and refused in the morning by the next, which knows more phrases: once."""
    ledger = open_ledger(url, now=NOON, salt=b"a fixed salt for tests")
    with ledger.transaction() as tx:
        for name in ("d-1", "d-2"):
            hold(tx, name, at=NOON)
            confirm_refused(tx, name, "quiet_hours")
        confirm_refused(tx, "d-2", "promotional_wording", "quiet_hours", hours=7)
    ledger.close()
    (row,) = json.loads(printed(capsys, "--json", "--ledger", url))["refused"]
    actual = (row["times"], row["first"], row["reasons"], row["last_decision_id"])
    assert actual == (1, "2026-11-20T19:00:00Z", ["promotional_wording"], "d-2")


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
    assert actual == (2, "", True, 1, [])


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

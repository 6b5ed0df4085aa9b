"""docs/relay.md: its code runs, and its tables are those of the code."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.offers.offering import DELAYS
from serving.relay import application, relay
from serving.relay.book import KEPT
from serving.relay.messenger import NOT_SENT, Verdict, judged
from serving.relay.relay import FRESH, LONGEST, SETTLED
from serving.relay.states import NEXT
from tests.docs.pages import blocks
from tests.examples.board import Board
from tests.examples.frame import CASES, PATIENCE, SECRET, Asked, Case, Reply, Stage, played
from tests.serving.served import EVERYTHING

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "relay.md").read_text(encoding="utf-8")
WORDS = re.sub(r"\s+", " ", PAGE)
BLOCKS = blocks("docs/relay.md", "python")


def rows(head: str) -> list[list[str]]:
    """Return the rows of the table whose first head is this."""
    table = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def defined() -> dict[str, Any]:
    """Run the page's code; return what it defines."""
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, names)  # noqa: S102  (the page's own code: that it runs is what is tested)
    return names


class Searched(Board):
    """A board that can be asked for one mark."""

    def answer(self, asked: Asked) -> Reply:
        """List those with the mark."""
        reply = super().answer(asked)
        marked = [each for each in self.messages if each["mark"] == asked.query.get("mark")]
        return reply if self.posts(asked) else Reply(200, marked)


def test_the_table_of_states_is_the_codes() -> None:
    """Every row, in order."""
    assert rows("it stands") == [[*map(str, came), str(becomes)] for came, becomes in NEXT.items()]


def test_the_table_of_verdicts_is_the_codes() -> None:
    """Every status that it names, and what came instead of one."""
    said = [verdict.strip("`") for _, verdict, _ in rows("the platform")]
    statuses = [[200, 204], [425, 429], [401, 403, 404, 407], [], [400, 410, 422], [302, 408, 409, 499, 500, 503]]
    meant = [{judged(httpx.Response(status)).verdict for status in each} for each in statuses]
    meant[3] = {judged(error("x")).verdict for error in NOT_SENT}
    meant[5] |= {judged(error).verdict for error in (httpx.ReadTimeout("x"), httpx.ReadError("x"))}
    assert meant == [{Verdict(word)} for word in said]


def test_the_table_of_answers_is_the_codes() -> None:
    """Each status is one that is given."""
    own = {relay.TAKEN, relay.BAD, relay.NOT_OURS, relay.LATER}
    assert {int(status) for status, _ in rows("it answers")} == own | {405, 413}


@pytest.mark.parametrize(
    "words",
    [
        f"looked for after {SETTLED.seconds} seconds",
        f"within {LONGEST.seconds} seconds (`longest`)",
        f"acted on within {FRESH.seconds} seconds",
        f"until {KEPT.days} days after",
        "5 seconds, 30 seconds, 2, 10 and 30 minutes, an hour, then every two hours",
        f"more than {application.LARGEST >> 20} MiB",
        "`http://127.0.0.1:8090`",
    ],
)
def test_the_numbers_of_the_page_are_the_codes(words: str) -> None:
    """As the page says them."""
    assert words in WORDS
    assert [delay.total_seconds() for delay in DELAYS] == [5, 30, 120, 600, 1800, 3600, 7200]
    assert application.run.__defaults__ == ("127.0.0.1", 8090)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_messenger_of_the_page_sends_one_message(case: Case, tmp_path: Path) -> None:
    """Whatever the platform does."""
    with ExitStack() as stack:
        board = stack.enter_context(Searched())
        http = stack.enter_context(httpx.Client(base_url=board.url, timeout=PATIENCE, trust_env=False))
        stage = stack.enter_context(Stage(defined()["Board"](http), tmp_path))
        actual = played(stage, board, case)
    assert actual == case.expected


def test_the_program_of_the_page_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its environment to a relay that is served."""
    names = defined()
    served: list[Any] = []
    environment = {"OUTREACH_URL": "http://127.0.0.1:1", "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": SECRET}
    for name, value in (environment | {"BOARD_URL": "http://127.0.0.1:2"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(made: relay.Relay, host: str, port: int) -> None:
        served.append((made.book.counts(), host, port))
        made.close()

    monkeypatch.setattr(application, "run", run)
    names["main"]()
    assert (served, (tmp_path / "relay.db").exists()) == ([({}, "127.0.0.1", 8090)], True)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OUTREACH_KEY", "", "`OUTREACH_KEY` is not in the environment; docs/relay.md says what a relay needs"),
        ("OUTREACH_URL", "outreach.example", "the relay does not run: this is no address of an API; give"),
        ("WEBHOOK_SECRET", "abc", "the relay does not run: secret 1 must be `whsec_`"),
        ("BOOK", "no/such/folder", "the relay does not run: book `no/such/folder`"),
        ("PORT", "eight", "`PORT` is `eight`; give a number up to 65535"),
        ("PORT", "65536", "`PORT` is `65536`; give a number up to 65535"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    """In one line, and the program ends."""
    given = {"OUTREACH_URL": "http://127.0.0.1:1", "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": SECRET}
    for each, text in (given | {"BOARD_URL": "http://127.0.0.1:2", name: value}).items():
        monkeypatch.setenv(each, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        defined()["main"]()
    assert str(ended.value).startswith(expected)

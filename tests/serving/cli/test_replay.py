"""`outreach replay`: pages, JSON, exit codes, and errors of one line."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from serving.cli import run
from serving.policy.tightening import tightening
from tests.contracts.ledgers import NOW
from tests.serving.ledger.test_replay import POLICY, fill
from tests.serving.replay.tampering import DENIED, tampered
from tests.serving.replay.test_exact import opened
from tests.serving.test_scorer import artefact

Printed = pytest.CaptureFixture[str]
LONG = "x" * 245  # with `.html` a name that there can be, but not what is made beside it
TEMPLATE = """templates:
  - id: parcel_delayed
    purpose: delivery_update
    text: "{text}"
    facts: {{ parcel: string, new_eta: string }}
    next_step: "Reply to change the address."
"""


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a ledger with a day's decisions."""
    monkeypatch.chdir(tmp_path)
    with closing(opened("sqlite:///l.db")) as books, books.transaction() as tx:
        fill(tx)
    return "sqlite:///l.db"


def replayed(ledger: str, *more: str, capsys: Printed, out: str = "r.html") -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit code and what it printed as JSON."""
    capsys.readouterr()
    code = run(["replay", "--ledger", ledger, "--out", out, "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def test_the_past_replays_to_the_same_bytes(ledger: str, capsys: Printed) -> None:
    """Exit 0, and the page says it in its first sentence."""
    code, said = replayed(ledger, capsys=capsys)
    again = said["decisions"]["again"]
    sentence = f"All {again:,} decisions that could be decided again give the same bytes as on record."
    page = Path("r.html").read_text(encoding="utf-8")
    actual = (code, said["verdict"]["sentence"], sentence in page, said["policy_version"], said["differ"])
    assert actual == (0, sentence, True, POLICY.version, [])


def test_one_that_differs_is_named_with_exit_1(ledger: str, capsys: Printed) -> None:
    """Which decision, and what: a scheduler hears it."""
    tampered(Path("l.db"), DENIED)
    code, said = replayed(ledger, capsys=capsys)
    [one] = said["differ"]
    page = Path("r.html").read_text(encoding="utf-8")
    actual = (code, said["different"], one["decision_id"] in page, [each["part"] for each in one["parts"]])
    assert actual == (1, 1, True, ["decided.decision.action"])


def test_the_same_ledger_gives_the_same_page(ledger: str, capsys: Printed) -> None:
    """Byte for byte, in one process or in two."""
    found = [replayed(ledger, "--jobs", jobs, capsys=capsys, out=f"{jobs}.html") for jobs in ("1", "2")]
    actual = (found[0] == found[1], Path("1.html").read_bytes() == Path("2.html").read_bytes())
    assert actual == (True, True)


def test_from_a_time_on(ledger: str, capsys: Printed) -> None:
    """Earlier ones are not decided again; a time that is still to come leaves nothing."""
    _, later = replayed(ledger, "--since", "2026-11-20T12:01:00+00:00", capsys=capsys)
    code, none = replayed(ledger, "--since", "2030-01-01T00:00:00+00:00", capsys=capsys)
    actual = (0 < later["decisions"]["again"] < 60, code, none["decisions"]["again"], none["oldest"])
    assert actual == (True, 0, 0, None)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--out", "r.pdf"], "outreach: `--out r.pdf` is not a page; name a file that ends with `.html`"),
        (
            ["--out", "x/r.html"],
            "outreach: `--out x/r.html`: the folder `x` does not exist; create it, or name another",
        ),
        (
            ["--out", f"{LONG}.html", "--ledger", "sqlite:///no.db"],
            f"outreach: `--out {LONG}.html` cannot be written: File name too long; name another place",
        ),
        (["--out", "r.html", "--ledger", "sqlite:///no.db"], "outreach: ledger `sqlite:///no.db` is not there; name"),
        (
            ["--out", "r.html", "--since", "yesterday"],
            "outreach: Invalid value for '--since': `yesterday` is not a time",
        ),
    ],
    ids=["no page", "no folder", "nothing can be written", "no ledger", "no time"],
)
def test_bad_input_is_one_line_and_exit_2(more: list[str], expected: str, ledger: str, capsys: Printed) -> None:
    """And nothing is written."""
    code = run(["replay", "--ledger", ledger, *more])
    shown = capsys.readouterr()
    actual = (code, shown.out, len(shown.err.splitlines()), shown.err.startswith(expected), Path("r.html").exists())
    assert actual == (2, "", 1, True, False)


def test_where_nothing_could_be_compared_that_is_said(
    ledger: str, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another policy nothing differs, and nothing is proven: beside the JSON, for whoever reads the exit code."""
    monkeypatch.setenv("OUTREACH_LIMITS", '{"contacts_7d": 0}')
    code = run(["replay", "--ledger", ledger, "--out", "r.html", "--json"])
    shown = capsys.readouterr()
    actual = (code, json.loads(shown.out)["decisions"]["again"], "nothing was compared" in shown.err)
    assert actual == (0, 0, True)


@pytest.fixture
def strict(ledger: str) -> str:
    """The name of a file that allows no contact at all within a week."""
    assert ledger
    Path("strict.toml").write_text("[limits]\ncontacts_7d = 0\n", encoding="utf-8")
    return "strict.toml"


def test_other_limits_are_tried_on_the_past(ledger: str, strict: str, capsys: Printed) -> None:
    """Who would have been told otherwise, and why; exit 0, whatever comes of it."""
    code, said = replayed(ledger, "--policy", strict, capsys=capsys)
    changed = said["compared"]["limits"]
    codes = {each["code"] for each in said["reasons"]}
    page = Path("r.html").read_text(encoding="utf-8")
    actual = (code, list(changed), codes, said["funnel"]["after"]["send"] < said["funnel"]["before"]["send"])
    assert actual == (0, ["contacts_7d"], {"frequency_cap"}, True)
    assert said["verdict"]["title"] in page


def test_another_text_is_read_from_the_records(ledger: str, capsys: Printed) -> None:
    """What its words are refused for shows: of those decisions that used it."""
    offer = "Your parcel {parcel} now arrives on {new_eta}. Save 20 % on your next order today!"
    Path("other.yaml").write_text(TEMPLATE.format(text=offer), encoding="utf-8")
    code, said = replayed(ledger, "--policy", "other.yaml", capsys=capsys)
    codes = {each["code"] for each in said["reasons"]}
    actual = (code, said["compared"]["templates"], "promotional_wording" in codes)
    assert actual == (0, {"parcel_delayed": "changed"}, True)


def test_limits_that_are_stricter_on_record_overrule_what_is_proposed(ledger: str, capsys: Printed) -> None:
    """Which, what is in force, since when and by whom."""
    row = tightening(POLICY, {"contacts_7d": 1}, by="Bob", why="calm", at=NOW)
    with closing(opened(ledger)) as books, books.transaction() as tx:
        tx.add_tightening(row)
    Path("p.toml").write_text("[limits]\ncontacts_7d = 2\n", encoding="utf-8")
    _, said = replayed(ledger, "--policy", "p.toml", capsys=capsys)
    actual = (said["compared"]["overruled"], said["compared"]["tightened"], said["verdict"]["title"])
    overruled = {"contacts_7d": {"proposed": "2", "in_force": "1"}}
    expected = (overruled, {"at": "2026-11-20T12:00:00Z", "by": "Bob"}, "What is in force is stricter")
    assert actual == expected


def test_other_words_that_are_sent_are_shown_beside_the_old_ones(ledger: str, capsys: Printed) -> None:
    """With how many messages would have gone out with them."""
    words = "Your parcel {parcel} now arrives on {new_eta}, we are sorry. Reply to change the address."
    Path("other.yaml").write_text(TEMPLATE.format(text=words), encoding="utf-8")
    _, said = replayed(ledger, "--policy", "other.yaml", capsys=capsys)
    [text] = said["compared"]["texts"]
    actual = (said["verdict"]["title"], text["after"], text["before"] != words, text["sent"] > 0)
    assert actual == ("The same answers, in other words", words, True, True)


def test_nothing_is_changed_by_the_policy_at_hand(ledger: str, capsys: Printed) -> None:
    """An empty configuration is the one at hand."""
    Path("same.toml").write_text("", encoding="utf-8")
    code, said = replayed(ledger, "--policy", "same.toml", capsys=capsys)
    actual = (code, said["decisions"]["flipped"], said["decisions"]["replayed"] > 60)
    assert actual == (0, 0, True)


def test_another_model_is_asked_about_the_past(ledger: str, capsys: Printed, tmp_path: Path) -> None:
    """How often, and how it fared; without a certificate for it nobody discretionary is told anything."""
    folder = artefact(tmp_path / "another")
    code, said = replayed(ledger, "--model", str(folder), capsys=capsys)
    actual = (
        code,
        said["asked"]["asked"] > 0,
        said["compared"]["model"]["after"] != said["compared"]["model"]["before"],
    )
    assert actual == (0, True, True)


def test_what_was_tried_is_the_same_each_time(
    ledger: str, strict: str, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the same instant: the same bytes."""
    monkeypatch.setattr("serving.cli.replay.now", lambda: NOW)
    found = [replayed(ledger, "--policy", strict, capsys=capsys, out=f"{name}.html") for name in ("a", "b")]
    actual = (found[0] == found[1], Path("a.html").read_bytes() == Path("b.html").read_bytes())
    assert actual == (True, True)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--policy", "no.yaml"], "outreach: `--policy no.yaml` does not exist; check the spelling"),
        (["--policy", "a.txt"], "outreach: `--policy a.txt`: name a folder of templates, a `.yaml` file, or an"),
        (["--model", "nowhere"], "outreach: "),
        (
            ["--policy", "a.toml", "--policy", "b.yaml"],
            "outreach: Invalid value for '--policy': given 2 times; try one at a time; limits and texts together go",
        ),
        (["--model", "a", "--model", "b"], "outreach: Invalid value for '--model': given 2 times; try one at a time"),
    ],
    ids=["not there", "no policy", "no model", "two policies", "two models"],
)
def test_what_cannot_be_tried_is_one_line(more: list[str], expected: str, ledger: str, capsys: Printed) -> None:
    """And nothing is written."""
    Path("a.txt").write_text("x", encoding="utf-8")
    code = run(["replay", "--ledger", ledger, "--out", "r.html", *more])
    shown = capsys.readouterr()
    actual = (code in {1, 2}, shown.out, len(shown.err.splitlines()), Path("r.html").exists())
    assert actual == (True, "", 1, False)
    assert shown.err.startswith(expected)

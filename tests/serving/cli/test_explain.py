"""`outreach explain`: a page that a customer-care lead can read, the endpoint's JSON, and errors of one line."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Candidate, Context, Message, Outcome, OutcomeKind
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.cli import run
from serving.cli.explain_page import HEIGHT, WIDTH, page
from serving.explaining.explanation import explained
from serving.ledger import open_ledger
from serving.policy.reasons import REASONS
from serving.policy.tightening import Tightening
from serving.policy_files.templates import load_policy
from tests.occasions import (
    NOW,
    FixedScorer,
    about,
    candidate,
    context,
    decided,
    event,
    mostly,
    on_page,
    policy,
    sent_at,
    watch,
)
from tests.serving.explaining.recorded import record

Printed = pytest.CaptureFixture[str]
QUESTIONS = ["1. Would a competent agent send this, today, unprompted?", "2. Would the customer thank us?"]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The option that names a ledger of one decision, `d-1`: a delayed parcel, told at noon."""
    monkeypatch.chdir(tmp_path)
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"s")
    with opened.transaction() as tx:
        ruling = decided()
        assert ruling.assignment is not None
        tx.watch(watched(ruling.assignment.contact_probability))
        tx.add_decision(candidate(), context(), ruling)
        engaged = Outcome(kind=OutcomeKind.ENGAGED, time=NOW + timedelta(minutes=5), decision_id="d-1")
        tx.add_outcome(engaged, recorded_at=NOW + timedelta(minutes=6))
    opened.close()
    return ["--ledger", f"sqlite:///{tmp_path}/l.db"]


def watched(above: float) -> Watch:
    """Return the watch of the fixed scorer under shares that send nearly always."""
    return watch("certificate", above=above, below=1e-9)


def lines(one: Candidate | None = None, known: Context | None = None, *, whole: bool = False, **more: Any) -> list[str]:
    """Return the page about an occasion."""
    return page(explained(record(one, known, **more), policy()), whole=whole)


def told(found: list[str], after: str) -> str:
    """Return the lines that stand indented under a heading, as one."""
    start = found.index(after) + 1
    end = next((place for place in range(start, len(found)) if not found[place].startswith("   ")), len(found))
    return " ".join(line.strip() for line in found[start:end])


def test_the_page_of_a_send(ledger: list[str], capsys: Printed) -> None:
    """Who, what, why, both questions, what would change it, what followed, and how to see more."""
    assert run(["explain", "d-1", *ledger]) == 0
    found = capsys.readouterr().out.splitlines()
    assert found[:8] == [
        "decision d-1: SEND at 2026-11-20T11:00:00Z",
        "  for      customer u-17: delivery_update by chat",
        "  because  shipment.delayed `ev-1` of 2026-11-20T10:00:00Z",
        "  to say   Your parcel A-7 now arrives on Friday. Reply to change the address.",
        f"  under    policy {policy().version[:19]}, model 7",
        "  chance   let it be sent: 100 of 100 such occasions are (arm `model`)",
        "  then     engaged at 2026-11-20T11:05:00Z",
        "",
    ]
    assert [line for line in found if line[:2] in {"1.", "2."}] == QUESTIONS
    assert told(found, QUESTIONS[1]).startswith("Yes: of 100 customers like this one, 2 more would benefit, ")
    assert told(found, "What would change it?").startswith("For it to be held instead: waiting until")
    assert (found[-1], "quiet_hours" in " ".join(found)) == ("`--all` shows every verdict", False)


def test_the_page_names_the_trigger_that_asked() -> None:
    """After the event that it matched; nothing where a request asked, or an older record does not say."""
    born = record(candidate(matched="parcel_late"))
    older = record()
    del older["candidate"]["matched"]
    found = [
        [line for line in page(explained(one, policy()))[:5] if "trigger" in line] for one in (born, record(), older)
    ]
    after = page(explained(born, policy()))[2:4]
    expected = "  asked    by trigger `parcel_late`"
    assert (found, after[1], "because" in after[0]) == ([[expected], [], []], expected, True)


def test_the_json_names_the_trigger_that_asked() -> None:
    """It is part of what was asked."""
    assert explained(record(candidate(matched="parcel_late")), policy())["candidate"]["matched"] == "parcel_late"


def test_all_shows_every_verdict(ledger: list[str], capsys: Printed) -> None:
    """The same page, then the table."""
    assert run(["explain", "d-1", *ledger]) == 0
    short = capsys.readouterr().out.splitlines()
    assert run(["explain", "d-1", "--all", *ledger]) == 0
    found = capsys.readouterr().out.splitlines()
    table = " ".join(found[len(short) :])
    assert (found[: len(short) - 1], [code for code in REASONS if code not in table]) == (short[:-1], [])


def test_the_json_is_that_of_the_endpoint(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """The same whole record with the same explanation."""
    assert run(["explain", "d-1", "--json", *ledger]) == 0
    found = json.loads(capsys.readouterr().out)
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"s")
    with opened.transaction() as tx:
        kept = tx.decision("d-1")
    opened.close()
    assert kept is not None
    assert found == explained(kept, load_policy())


def test_the_settings_name_the_ledger(ledger: list[str], capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the option is not given."""
    monkeypatch.setenv("OUTREACH_LEDGER", ledger[1])
    code = run(["explain", "d-1"])
    assert (code, capsys.readouterr().out[:17]) == (0, "decision d-1: SEN")


def test_the_policy_is_that_of_the_settings(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Tightened since: the record's words stay, and the page says so."""
    (tmp_path / "outreach.toml").write_text("limits = { contacts_60m = 0 }\n")
    assert run(["explain", "d-1", *ledger]) == 0
    found = capsys.readouterr().out.splitlines()
    assert told(found, QUESTIONS[0]).startswith("Yes: 30 filters pass")
    assert "the first question would be answered: no, frequency_cap" in told(found, "What would change it?")
    assert f"decided under policy {policy().version}; what would change it" in " ".join(" ".join(found).split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["d-2"], 2, "there is no decision `d-2` in this ledger; take the id from an answer, or name another ledger"),
        ([], 2, "DECISION_ID"),
        (["d\x1b[2J"], 2, "there is no decision `d?[2J`"),
    ],
    ids=["unknown", "none", "steering"],
)
def test_what_is_not_there_is_one_line(
    ledger: list[str], capsys: Printed, arguments: list[str], code: int, said: str
) -> None:
    """Exit 2, nothing on standard output, what to do next."""
    actual = run(["explain", *arguments, *ledger])
    printed = capsys.readouterr()
    assert (actual, printed.out, len(printed.err.splitlines()), said in printed.err) == (code, "", 1, True)


def test_no_ledger_is_made(tmp_path: Path, capsys: Printed) -> None:
    """A typing error in the address leaves nothing behind."""
    code = run(["explain", "d-1", "--ledger", f"sqlite:///{tmp_path}/typo.db"])
    said = capsys.readouterr().err
    assert (code, "is not there" in said, len(said.splitlines()), list(tmp_path.iterdir())) == (2, True, 1, [])


def test_it_says_which_ledger_it_read(ledger: list[str], capsys: Printed) -> None:
    """On standard error, and not beside JSON."""
    said = []
    for form in ([], ["--all"], ["--json"]):
        assert run(["explain", "d-1", *form, *ledger]) == 0
        said.append(capsys.readouterr().err)
    assert said == [f"ledger: {ledger[1]}\n"] * 2 + [""]


def test_it_has_help_with_an_example(capsys: Printed) -> None:
    """As every command."""
    assert run(["explain", "--help"]) == 0
    assert "Example: outreach explain" in capsys.readouterr().out


def test_a_page_fits_on_a_screen() -> None:
    """Whatever there is to say, no line wider than the terminal; whole, it is some forty lines."""
    many = [{"kind": "engaged", "time": "2026-11-20T11:05:00Z"}] * 40
    worst = Message(text="Our newest sale: " + "save on parcel A-7 and on all others " * 20)
    everything = context(unknown=frozenset({"consent", "contacts"}), opted_out=True, complaint_open=True)
    pages = [
        lines(),
        lines(*on_page()),
        lines(scorer=None),
        lines(known=context(opted_out=True, complaint_open=True, **sent_at(timedelta(minutes=10)))),
        lines(candidate(message=worst, purpose="win_back", evidence=None), replace(everything, evidence=None)),
        page(explained({**record(), "outcomes": many}, policy({"contacts_60m": 0}))),
    ]
    assert (max(map(len, pages)), {each[-1] for each in pages}) == (HEIGHT, {"`--all` shows every verdict"})
    assert max(len(line) for each in pages for line in each) <= WIDTH


def test_what_was_cut_says_so_and_is_there_on_request() -> None:
    """Never a sentence that ends early without a word."""
    kept = explained({**record(), "outcomes": [{"kind": "engaged", "time": "2026-11-20T11:05:00Z"}] * 40}, policy())
    short, whole = page(kept), page(kept, whole=True)
    count = [sum("engaged" in line for line in each) for each in (short, whole)]
    assert ("  … (`--all` shows the rest)" in short, count[0] < 40, count[1]) == (True, True, 40)


def test_times_are_shown_to_the_second() -> None:
    """The record has the microseconds."""
    kept = {**record(now=NOW + timedelta(microseconds=123_456)), "outcomes": []}
    found = page(explained(kept, policy()), whole=True)
    assert (found[0], [line for line in found if ".123456" in line]) == (
        "decision d-1: SEND at 2026-11-20T11:00:00Z",
        [],
    )


def test_what_chance_did_is_said_in_plain_words() -> None:
    """Sent, withheld, and never where nothing was drawn."""
    held = Exploration(shares=mostly("holdout"), salt=b"salt")
    actual = [
        [line for line in lines(**given) if "chance" in line[:10]]
        for given in ({"exploration": held}, {"exploration": None})
    ]
    assert actual == [["  chance   left it unsent: 100 of 100 such occasions are (arm `holdout`)"], []]


def test_the_table_holds_every_verdict_with_its_sign() -> None:
    """Passed, refused, waived, and not asked."""
    message = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "nobody was there"})
    one, known = about(event("shipment.failed", data=dict(message.facts)), message=message)
    found = lines(one, replace(known, consent=False, opted_out=True), whole=True)
    table = "\n".join(found[found.index(next(line for line in found if line.startswith("every verdict"))) :])
    actual = [sign in table for sign in (" + complaint_open", "~ consent_missing", "NO opted_out", ". session_missing")]
    assert actual == [True] * 4
    assert " ~ consent_missing: Did the customer consent to this channel? No, but that is waived:" in table


def test_what_was_to_be_said_is_shown_also_where_nothing_was_sent() -> None:
    """A free text as it was asked about, a template with its facts."""
    free = candidate(message=Message(text="Parcel A-7 comes on Friday.", next_step="Reply."))
    held = context(opted_out=True)
    actual = [next(line for line in lines(one, held) if "to say" in line) for one in (free, candidate())]
    assert actual == [
        "  to say   Parcel A-7 comes on Friday.",
        "  to say   template parcel_delayed with parcel A-7, new_eta Friday",
    ]


def test_a_message_without_anything_to_say_is_still_explained() -> None:
    """Neither template nor text."""
    found = lines(candidate(message=Message()))
    assert "  to say   template None" in found


def test_a_long_or_steering_text_stays_a_text() -> None:
    """Cut, and what would steer the terminal is shown as `?`."""
    text = "Parcel A-7 \x1b[2J\x07 " + "comes on Friday and " * 40
    found = "\n".join(lines(candidate(message=Message(text=text, next_step="Reply."))))
    assert ("\x1b" in found, "\x07" in found, "Parcel A-7 ?[2J?" in found, " …" in found) == (False, False, True, True)
    assert len(found) < 5000


def test_no_evidence_is_no_line() -> None:
    """Nothing is invented."""
    found = lines(candidate(evidence=None), context(evidence=None))
    assert [line for line in found if line.startswith("  because")] == []


def test_confirmations_are_shown() -> None:
    """What was said when it was about to be acted on."""
    told_then = {"confirmed_at": "2026-11-20T11:30:00Z", "action": "cancel", "reasons": [{"code": "already_told"}]}
    found = page(explained({**record(), "confirmations": [told_then]}, policy()))
    assert "  then     CANCEL when confirmed at 2026-11-20T11:30:00Z: already_told" in found


def test_a_record_that_cannot_be_read_back_has_a_page_too() -> None:
    """It says so."""
    kept = record()
    kept["decided"]["assignment"] = 7
    found = page(explained(kept, policy()))
    assert told(found, QUESTIONS[0]) == "This record cannot be read back."
    assert told(found, "What would change it?").startswith("another version of this program wrote the record")


def test_a_refusal_by_the_score_names_the_gap() -> None:
    """The net benefit it has, the cut-off, and the difference."""
    found = lines(scorer=FixedScorer(net_benefit=0.001))
    assert told(found, "What would change it?") == (
        "For it to be sent: a net benefit higher by 0.3 per 100 contacts: it is 0.1, and the cut-off is 0.4"
    )


def test_limits_that_were_tightened_are_those_at_hand(
    tmp_path: Path, ledger: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What would change it is worked out under the limits in force, as the API does."""
    opened = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"s")
    with opened.transaction() as tx:
        tx.add_tightening(Tightening(at=NOW, by="Ann (key-1)", why="calm", limits='{"contacts_7d": 3}'))
    opened.close()
    assert run(["explain", "d-1", "--json", *ledger]) == 0
    actual = json.loads(capsys.readouterr().out)["explanation"]["policy_version"]
    assert actual == load_policy(None, {"contacts_7d": 3}).version

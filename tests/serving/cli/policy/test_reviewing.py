"""`outreach policy review` and `approvals`: answers on record, what they approve, and what is not sent any more."""

import json
from pathlib import Path

import pytest

from serving.cli import run
from serving.ledger import open_ledger
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Approval
from serving.reviewing import Review
from tests.contracts.ledgers import NOW, candidate, context
from tests.serving.cli.policy.test_unapproved import APPROVE

Printed = pytest.CaptureFixture[str]
YES, NO = ("--agent-would-send", "--customer-would-thank"), ("--agent-would-send", "--customer-would-not-thank")
WORDS = "purpose: delivery_update, facts: { parcel: string }, next_step: Reply., text:"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger with the shipped approvals, named by the settings, and a policy folder of two templates."""
    url = f"sqlite:///{tmp_path}/l.db"
    open_ledger(url, now=NOW, salt=b"s", shipped=shipped_digests()).close()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy").mkdir()
    write()
    (tmp_path / "outreach.toml").write_text(f'ledger = "{url}"\npolicy = "policy"\n')
    return url


def write(text: str = "{parcel} is late.") -> None:
    """Write the policy, one of its texts as given."""
    Path("policy/p.yaml").write_text(
        f'templates:\n  - {{ id: late, {WORDS} "{text}" }}\n  - {{ id: gone, {WORDS} "{{parcel}} is gone." }}\n'
    )


def review(*more: str, template: str = "late", reviewer: str = "Ann Lee") -> int:
    """Run `policy review`; return its exit code."""
    return run(["policy", "review", template, "--reviewer", reviewer, *more])


def states(capsys: Printed, *more: str) -> dict[str, tuple[str, str | None]]:
    """Return each template's state, and who reviewed it last."""
    capsys.readouterr()
    assert run(["policy", "approvals", "--json", *more]) == 0
    found = json.loads(capsys.readouterr().out)["templates"]
    return {one["template"]: (one["state"], one["review"] and one["review"]["reviewer"]) for one in found}


def on_record(url: str) -> tuple[list[Review], list[Approval]]:
    """Return the reviews, and the approvals besides the shipped."""
    opened = open_ledger(url, now=NOW, salt=b"s")
    with opened.transaction() as tx:
        found = tx.reviews(limit=9), [one for one in tx.approvals(limit=99) if one.by != "shipped"]
    opened.close()
    return found


def test_two_yeses_approve(url: str, capsys: Printed) -> None:
    """The reviewer answers for it; the words that were read are shown, and on record is their digest."""
    code = review(*YES, "--comment", "Says what happened.")
    told = capsys.readouterr()
    (given,), (approved,) = on_record(url)
    assert (code, told.out, told.err) == (
        0,
        "it reads: {parcel} is late. Reply.\n`late` is approved as it reads now\n",
        f"ledger: {url}\n",
    )
    expected = (load_policy(Path("policy")).digests["late"], "template:late", "Ann Lee", "Says what happened.")
    assert (given.digest, given.what, given.by, given.comment) == expected
    assert (approved.digest, approved.by, approved.at) == (given.digest, "Ann Lee", given.at)
    assert states(capsys) == {"late": ("approved", "Ann Lee"), "gone": ("none", None)}


@pytest.mark.parametrize(
    "no", [NO, ("--agent-would-not-send", "--customer-would-thank"), ("--agent-would-not-send", NO[1])]
)
def test_any_no_withdraws(url: str, capsys: Printed, no: tuple[str, str]) -> None:
    """What was approved is found withdrawn by the next decision, until it is approved anew."""
    review(*YES)
    capsys.readouterr()
    code = review(*no, reviewer="Eve")
    told = capsys.readouterr().out.splitlines()[1]
    withdrawn = states(capsys)["late"]
    digest = load_policy(Path("policy")).digests["late"]
    opened = open_ledger(url, now=NOW, salt=b"s")
    with opened.transaction() as tx:
        known = context(tx, candidate(), digest=digest).approval
    opened.close()
    review(*YES)
    assert (code, told) == (0, "`late` is withdrawn, and not sent until somebody approves it as it reads then")
    assert (withdrawn, known, states(capsys)["late"]) == (("withdrawn", "Eve"), "none", ("approved", "Ann Lee"))


def test_a_no_to_what_was_never_approved(url: str, capsys: Printed) -> None:
    """Is on record, and there was nothing to withdraw."""
    code = review(*NO)
    told = capsys.readouterr().out.splitlines()[1]
    assert (code, told.split(",")[0], states(capsys)["late"], on_record(url)[1]) == (
        0,
        "`late` was never approved",
        ("none", "Ann Lee"),
        [],
    )


def test_a_changed_template_has_to_be_read_again(url: str, capsys: Printed) -> None:
    """A review is of the words as they read then."""
    review(*YES)
    write("{parcel} is very late.")
    changed = states(capsys)["late"]
    review(*YES, reviewer="Bob")
    assert (url != "", changed, states(capsys)["late"]) == (True, ("changed", None), ("approved", "Bob"))


def test_a_no_withdraws_all_words_of_the_template(url: str, capsys: Printed) -> None:
    """Those that a running server may still have loaded; the other template keeps its approval."""
    review(*YES)
    review(*YES, template="gone")
    write("{parcel} is very late.")
    capsys.readouterr()
    review(*NO, reviewer="Eve")
    told = capsys.readouterr().out.splitlines()[1]
    write()
    assert (told.split(",")[0], states(capsys)) == (
        "`late` is withdrawn",
        {"late": ("withdrawn", "Eve"), "gone": ("approved", "Ann Lee")},
    ), url


def test_flags_win_over_the_settings(url: str, capsys: Printed, tmp_path: Path) -> None:
    """Another ledger, another folder."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "p.yaml").write_text(f'templates:\n  - {{ id: found, {WORDS} "{{parcel}} is found." }}\n')
    other = f"sqlite:///{tmp_path}/other.db"
    open_ledger(other, now=NOW, salt=b"s").close()
    flags = ("--policy", "other", "--ledger", other)
    review(*YES, *flags, template="found")
    assert (states(capsys, *flags), on_record(url)) == ({"found": ("approved", "Ann Lee")}, ([], []))


def test_the_list_for_people(url: str, capsys: Printed) -> None:
    """A line for each template, who said what of it, and the next step for those that are not approved."""
    review(*YES)
    review("--agent-would-not-send", "--customer-would-not-thank", "--comment", "Gone where?", template="gone")
    (given, _), _ = on_record(url)
    capsys.readouterr()
    assert run(["policy", "approvals"]) == 0
    day = f"{given.at:%Y-%m-%d}"
    assert capsys.readouterr().out.splitlines() == [
        f"approved   late  Ann Lee on {day}: agent yes, customer yes",
        "           it reads: {parcel} is late. Reply.",
        "           next step: Reply.",
        f"none       gone  Ann Lee on {day}: agent no, customer no: Gone where?",
        "           it reads: {parcel} is gone. Reply.",
        "           next step: Reply.",
        f"1 of the 2 templates of the policy is not approved in this ledger, and not sent: `gone`; {APPROVE}",
    ]


def test_what_is_never_sent_is_said_whoever_approves_it(url: str, capsys: Printed) -> None:
    """After the yes that is recorded all the same, in both lists, and before one answers; not after a no."""
    write("{parcel} is late, 20% off.")
    never = "never sent: “% off” is what only marketing says [price_cut]"
    outs = []
    for answers in (YES, NO, YES):
        assert review(*answers) == 0
        outs.append(capsys.readouterr().out.splitlines()[1:])
    assert run(["policy", "approvals"]) == run(["policy", "review", "late"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert run(["policy", "approvals", "--json"]) == 0
    first, other = json.loads(capsys.readouterr().out)["templates"]
    approved = ["`late` is approved as it reads now", f"approved, but {never}"]
    assert (outs[0], len(outs[1]), outs[2], url != "") == (approved, 1, approved, True)
    assert [line.strip() for line in shown].count(never) == 2
    found = [{"rule": "price_cut", "code": "promotional_wording", "said": "% off"}]
    assert ([first["wording"], other["wording"]], first["text"]) == ([found, []], "{parcel} is late, 20% off.")


def test_without_answers_the_questions_are_shown(url: str, capsys: Printed) -> None:
    """The text, the next step, what is asked; nothing is recorded, and no ledger is needed."""
    codes = [
        run(["policy", "review", "late"]),
        review(),
        run(["policy", "review", "late", "--ledger", "sqlite:///no.db"]),
    ]
    told = capsys.readouterr()
    assert (codes, told.err, on_record(url), Path("no.db").exists()) == ([0, 0, 0], "", ([], []), False)
    assert told.out.splitlines()[:5] == [
        "it reads: {parcel} is late. Reply.",
        "next step: Reply.",
        "would a competent agent send it, unprompted, today? `--agent-would-send` or `--agent-would-not-send`",
        "would the customer thank us for it? `--customer-would-thank` or `--customer-would-not-thank`",
        "nothing is recorded yet: answer both, with `--reviewer NAME`",
    ]


def test_answers_need_somebody_who_gave_them(url: str, capsys: Printed) -> None:
    """Exit code 2, and nothing on record."""
    code = run(["policy", "review", "late", *YES])
    told = capsys.readouterr().err
    assert (code, "Missing option '--reviewer'" in told, on_record(url)) == (2, True, ([], [])), told


def test_a_template_without_a_next_step_says_so(url: str, capsys: Printed) -> None:
    """It expects no reply."""
    Path("policy/p.yaml").write_text(
        'templates: [{ id: done, purpose: progress_update, text: "Your request is done." }]'
    )
    assert run(["policy", "review", "done"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "next step: none, no reply is expected", url


def test_the_shipped_templates_are_listed_without_a_policy(url: str, capsys: Printed) -> None:
    """All of them approved, none reviewed."""
    Path("outreach.toml").write_text(f'ledger = "{url}"\n')
    found = states(capsys)
    assert (set(found.values()), set(found)) == ({("approved", None)}, set(load_policy().digests))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (YES[:1], "Missing option '--customer-would-thank"),
        (YES[1:], "Missing option '--agent-would-send"),
        ((*YES, "--comment", " "), "it is blank"),
        ((*YES, "--comment", "x" * 1001), "it has 1,001 characters; 1,000 are kept"),
        ((*YES, "--reviewer", "x" * 101), "it has 101 characters; 100 are kept"),
        ((*YES, "--reviewer", "\u202eeve"), "cannot be shown"),
        ((*YES, "--reviewer", ""), "it is blank"),
        ((*YES, "--policy", "nowhere"), "nowhere"),
        (
            (*YES, "--ledger", "sqlite:///typo.db"),
            "with `--ledger URL` or OUTREACH_LEDGER, or make it: `outreach keys create --scope admin`",
        ),
    ],
)
def test_bad_input_is_one_line(url: str, capsys: Printed, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, nothing on record, and no ledger is made."""
    code = review(*arguments)
    told = capsys.readouterr()
    actual = (code, told.out, told.err.count("\n"), words in told.err, on_record(url), Path("typo.db").exists())
    assert actual == (2, "", 1, True, ([], []), False), told.err


@pytest.mark.parametrize(
    ("template", "hint"), [("lat", "did you mean `late`?"), ("xyz", "`outreach policy approvals` lists them")]
)
def test_a_template_that_is_not_there(url: str, capsys: Printed, template: str, hint: str) -> None:
    """Is named, with what may have been meant."""
    code = review(*YES, template=template)
    told = capsys.readouterr().err
    assert (code, told) == (2, f"outreach: there is no template `{template}` in the policy; {hint}\n"), url


def test_a_list_of_a_ledger_that_is_not_there(url: str, capsys: Printed) -> None:
    """A typing error does not look like templates that nobody approved."""
    code = run(["policy", "approvals", "--ledger", "sqlite:///typo.db"])
    assert (
        code,
        "or make it: `outreach keys create --scope admin`" in capsys.readouterr().err,
        Path("typo.db").exists(),
        url != "",
    ) == (
        2,
        True,
        False,
        True,
    )


def test_the_help_shows_how(capsys: Printed) -> None:
    """An example of each, with the answers spelled out."""
    run(["policy", "review", "--help"])
    run(["policy", "approvals", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ["Example: outreach policy review parcel_delayed" in shown, "--agent-would-not-send" in shown] == [True] * 2
    assert "Example: outreach policy approvals --json" in shown

"""`outreach policy lint`: for people, as JSON, as annotations of a pull request; exit 1 on findings."""

import json
import re
from pathlib import Path

import pytest

from serving.cli import run
from serving.cli.policy.lint_figures import as_github, as_text
from serving.linting.finding import Finding, Severity
from serving.linting.lint import Linted
from serving.policy.linear import SILENT
from serving.policy.wording import Wording
from serving.policy_files.places import Spot
from tests.serving.linting.linted import TEMPLATE, TRIGGER

SELLS = TEMPLATE.replace("Reply to change the address.", "Shop now!", 1)
KEYS = [
    *("file", "line", "column", "end_line", "end_column", "severity", "rule", "code", "message", "said", "span"),
    *("source", "suggestion"),
]


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model adds to the rules is tested with the model."""
    monkeypatch.setattr("serving.cli.policy.lint.shipped_wording", lambda: Wording(SILENT))


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a policy that is right."""
    monkeypatch.chdir(tmp_path)
    folder = Path("policy")
    folder.mkdir()
    (folder / "a.yaml").write_text(TEMPLATE + TRIGGER, "utf-8")
    return folder


def test_a_policy_without_findings_passes(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what was looked at."""
    assert (run(["policy", "lint", str(policy)]), capsys.readouterr().out) == (
        0,
        "1 template, 1 trigger, no findings\n",
    )


def test_notes_do_not_fail(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are shown and counted."""
    (policy / "b.yml").write_text(TEMPLATE, "utf-8")
    code = run(["policy", "lint", str(policy)])
    said = capsys.readouterr().out.splitlines()
    assert (code, said[0], said[1]) == (
        0,
        "policy/b.yml",
        "  policy/b.yml:1: note: only `*.yaml` files of a folder are read [not_read]",
    )
    assert said[-1] == "1 template, 1 trigger, no findings, 1 note"


def test_a_person_reads_the_line_with_the_words_marked(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By file: place, what is wrong, the rule; the line; what is found in it; who says so; what to write."""
    (policy / "a.yaml").write_text(SELLS + TRIGGER, "utf-8")
    code = run(["policy", "lint", str(policy)])
    said = capsys.readouterr().out.splitlines()
    column = SELLS.split("\n")[3].index("Shop now") + 1
    assert (code, said[0], said[-1]) == (1, "policy/a.yaml", "1 template, 1 trigger, 1 finding in 1 file")
    assert said[1:4] == [
        f"  policy/a.yaml:4:{column}: error: “Shop now” is what only marketing says [purchase, promotional_wording]",
        "      " + SELLS.split("\n")[3],
        "      " + " " * (column - 1) + "^^^^^^^^",
    ]
    assert [line.split(":")[0].strip() for line in said[4:6]] == ["source", "instead"]


def test_as_json_it_is_one_array(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Empty where there is nothing; each finding with the same keys."""
    empty = run(["policy", "lint", str(policy), "--json"]), capsys.readouterr().out
    (policy / "a.yaml").write_text(SELLS, "utf-8")
    code = run(["policy", "lint", str(policy), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (empty, code, [list(each) for each in found]) == ((0, "[]\n"), 1, [KEYS, KEYS])
    assert [(each["rule"], each["severity"], each["file"], each["line"]) for each in found] == [
        ("no_trigger", "note", "policy/a.yaml", 2),
        ("purchase", "error", "policy/a.yaml", 4),
    ]
    text = json.loads("{" + SELLS.split("\n")[3].strip().replace("text", '"text"', 1) + "}")["text"]
    start, end = found[1]["span"]
    assert (text[start:end], found[1]["said"]) == ("Shop now", "Shop now")


def test_a_pull_request_gets_annotations(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At the file, lines and columns; a note is a notice."""
    (policy / "a.yaml").write_text(SELLS, "utf-8")
    code = run(["policy", "lint", str(policy), "--github"])
    notice, error, last = capsys.readouterr().out.splitlines()
    assert (
        code,
        notice.startswith("::notice file=policy/a.yaml,line=2,endLine=2,col=9,endColumn=13,title=no_trigger::"),
    ) == (
        1,
        True,
    )
    assert re.match(
        r"::error file=policy/a\.yaml,line=4,endLine=4,col=\d+,endColumn=\d+,title=purchase \(promotional_wording\)::",
        error,
    )
    assert ("%0ASource: " in error, "%0AInstead: " in error, last) == (
        True,
        True,
        "1 template, 0 triggers, 1 finding in 1 file, 1 note",
    )


def odd(spot: Spot) -> Linted:
    """A finding with signs that an annotation could not hold as they are."""
    finding = Finding(
        spot=spot, rule="r", message="50% off:\r\nnow, now", source="s", suggestion="x", severity=Severity.ERROR
    )
    return Linted(1, 0, (finding,), {spot.file: "a\nb"})


def test_an_annotation_is_escaped() -> None:
    """`%` and line ends everywhere, `:` and `,` in properties; no columns where it spans lines."""
    first, _ = as_github(odd(Spot("a,b:c%.yaml", 1, 2, 3, 4)))
    second, _ = as_github(odd(Spot("a.yaml", 2)))
    third, _ = as_github(odd(Spot("a.yaml", 2, 7)))
    assert first == (
        "::error file=a%2Cb%3Ac%25.yaml,line=1,endLine=3,title=r::50%25 off:%0D%0Anow, now%0ASource: s%0AInstead: x"
    )
    assert (second.split("::")[1], third.split("::")[1]) == (
        "error file=a.yaml,line=2,title=r",
        "error file=a.yaml,line=2,col=7,endColumn=8,title=r",
    )


@pytest.mark.parametrize(
    ("spot", "expected"),
    [
        (Spot("a.yaml", 2), ["      b"]),
        (Spot("a.yaml", 2, 1), ["      b", "      ^"]),
        (Spot("a.yaml", 1, 1, 2, 2), ["      a", "      ^"]),
        (Spot("a.yaml", 9, 1), []),
    ],
    ids=range(4),
)
def test_a_line_is_quoted_as_far_as_it_is_known(spot: Spot, expected: list[str]) -> None:
    """One sign where no end is known, none where no column is."""
    lines = list(as_text(odd(spot)))[2:]
    assert lines[: len(lines) - 4] == expected


def test_a_long_line_is_cut_around_what_was_found() -> None:
    """The marks stay below the words, and signs that steer a terminal are `?`."""
    line = "x" * 500 + "\x1bSALE" + "y" * 500
    found = Finding(spot=Spot("a.yaml", 1, 502, 1, 506), rule="r", message="m", source="s", suggestion="x")
    shown, marks = list(as_text(Linted(1, 0, (found,), {"a.yaml": line})))[2:4]
    assert (shown[marks.index("^") : marks.rindex("^") + 1], "?SALE" in shown, len(shown) < 200) == ("SALE", True, True)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.yaml"], "`missing.yaml` does not exist; name a policy file, or a folder of them"),
        (["."], "`.` is a folder without `*.yaml` files"),
        (["policy", "--json", "--github"], "two forms of the same list; keep one"),
        ([], "Missing argument 'PATH...'; see `outreach policy lint --help`"),
    ],
    ids=range(4),
)
@pytest.mark.usefixtures("policy")
def test_bad_input_is_one_line(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with a next step, and nothing is printed as if it had been looked at."""
    code = run(["policy", "lint", *arguments])
    shown = capsys.readouterr()
    assert (code, shown.out, problem in shown.err, len(shown.err.splitlines())) == (2, "", True, 1), shown.err


def test_the_schema_for_editors_is_the_exported_one(capsys: pytest.CaptureFixture[str]) -> None:
    """`outreach policy schema` prints the file of `data/schema`."""
    code = run(["policy", "schema"])
    exported = Path(__file__).parents[4] / "data" / "schema" / "policy_file.json"
    assert (code, capsys.readouterr().out) == (0, exported.read_text("utf-8"))

"""docs/policy_files.md: its policy is a policy, its commands run as written, its snippets are what they say."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from serving.cli import run
from serving.linting.rules import RULES
from tests.docs.pages import block, blocks

PAGE = (Path(__file__).parents[3] / "docs" / "policy_files.md").read_text("utf-8")
README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the page's policy and its texts."""
    monkeypatch.chdir(tmp_path)
    Path("policy").mkdir()
    Path("policy/parcels.yaml").write_text(block("docs/policy_files.md", "yaml"), "utf-8")
    Path("texts.jsonl").write_text(block("docs/policy_files.md", "json", 1), "utf-8")
    return tmp_path


def ran(command: str) -> int:
    """Run a command of the page as a shell would; where its output goes is nobody's business here."""
    words = shlex.split(command.partition(" > ")[0])
    assert words[0] == "outreach"
    return run(words[1:])


@pytest.mark.parametrize("place", range(len(blocks("docs/policy_files.md", "sh"))))
def test_the_commands_of_the_page_run(place: int) -> None:
    """All of them succeed on the page's own policy and texts."""
    commands = blocks("docs/policy_files.md", "sh")[place].splitlines()
    assert [ran(command) for command in commands] == [0] * len(commands)


def test_the_policy_of_the_page_has_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even notes."""
    run(["policy", "lint", "policy"])
    assert capsys.readouterr().out == "1 template, 1 trigger, no findings\n"


def test_the_finding_of_the_page_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands there, for the text that it shows."""
    step = "Reply if that is too late for you."
    sold = block("docs/policy_files.md", "yaml").replace(step, f"Get 20% off! {step}", 1)
    Path("policy/parcels.yaml").write_text(sold, "utf-8")
    code = run(["policy", "lint", "policy"])
    file, finding = block("docs/policy_files.md", "text").split("\n", 1)
    said = capsys.readouterr().out
    assert (code, said.splitlines()[0], finding in said) == (1, file, True), said


def test_the_texts_of_the_page_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """The keys that it names, and one of each verdict at least."""
    run(["policy", "judge", "texts.jsonl", "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["verdict"], row["codes"]) for row in rows] == [
        ("pass", []),
        ("veto", ["promotional_wording"]),
        ("veto", ["generic_wording"]),
    ]
    named = [*rows[0], *rows[1]["findings"][0]]
    assert [name for name in named if f"`{name}`" not in PAGE] == []


def test_every_rule_of_lint_is_on_the_page() -> None:
    """By its name, in the table."""
    assert [name for name in RULES if f"`{name}`" not in PAGE] == []


def test_the_snippets_call_lint_as_it_is() -> None:
    """A workflow that annotates, and a hook that looks at all files together."""
    workflow, hook = (
        yaml.safe_load(block("docs/policy_files.md", "yaml", 1)),
        yaml.safe_load(block("docs/policy_files.md", "yaml", 2)),
    )
    last = workflow["jobs"]["lint"]["steps"][-1]["run"]
    [local] = hook["repos"]
    [entry] = local["hooks"]
    assert (ran(last), ran(entry["entry"]), entry["pass_filenames"]) == (0, 0, False)
    assert re.match(entry["files"], "policy/parcels.yaml")


def test_the_schema_is_named_as_an_editor_wants_it(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line of the page's policy names the file that the page's command writes, from where the policy is."""
    [command] = block("docs/policy_files.md", "sh", 1).splitlines()
    ran(command)
    written = company / command.partition(" > ")[2]
    written.write_text(capsys.readouterr().out, "utf-8")
    named = block("docs/policy_files.md", "yaml").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (company / "policy" / named).resolve() == written.resolve()
    assert json.loads(block("docs/policy_files.md", "json"))["yaml.schemas"] == {written.name: "policy/*.yaml"}
    assert "properties" in json.loads(written.read_text("utf-8"))


def test_the_readme_names_the_page() -> None:
    """Whoever looks for it finds it."""
    assert "docs/policy_files.md" in README

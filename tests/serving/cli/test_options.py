"""Which ledger a command reads: one that is there, and it says which; advice that can be followed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from serving.cli import run
from serving.ledger import open_ledger
from tests.occasions import NOW

Printed = pytest.CaptureFixture[str]
READING: Sequence[tuple[str, ...]] = (
    ("policy", "refused"),
    ("experiment", "status"),
    ("monitor", "status"),
)
ENDING: Sequence[tuple[str, ...]] = (
    *READING,
    ("explain", "d-1"),
    ("table", "--out", "t.parquet"),
    ("monitor", "release", "--by=a", "--why=b"),
    ("experiment", "stop", "--by=a", "--why=b"),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ledger(url: str) -> str:
    """Make a ledger there."""
    open_ledger(url, now=NOW, salt=b"s").close()
    return url


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_says_which_ledger(
    command: tuple[str, ...], capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error: the option's, the environment's, the default; never beside JSON."""
    said = []
    for given in (["--ledger", ledger("sqlite:///a.db")], [], ["--json", "--ledger", "sqlite:///a.db"]):
        monkeypatch.setenv("OUTREACH_LEDGER", ledger("sqlite:///b.db"))
        assert run([*command, *given]) == 0
        said.append(capsys.readouterr().err)
    monkeypatch.delenv("OUTREACH_LEDGER")
    ledger("sqlite:///outreach.db")
    assert run([*command]) == 0
    said.append(capsys.readouterr().err)
    assert said == [
        "ledger: sqlite:///a.db\n",
        "ledger: sqlite:///b.db\n",
        "",
        "ledger: sqlite:///outreach.db\n",
    ]


def test_a_spreadsheet_gets_no_line_more(capsys: Printed) -> None:
    """Nor does its standard error."""
    assert run(["policy", "refused", "--csv", "--ledger", ledger("sqlite:///a.db")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ENDING, ids=" ".join)
@pytest.mark.parametrize(("content", "lack"), [(None, "is not there"), (b"", "is an empty file")])
def test_a_ledger_that_is_not_there_is_bad_input(
    command: tuple[str, ...], content: bytes | None, lack: str, capsys: Printed, folder: Path
) -> None:
    """Exit 2, the address that was given, what to do; nothing is made, and no file is to be put back."""
    if content is not None:
        (folder / "typo.db").write_bytes(content)
    code = run([*command, "--ledger", "sqlite:///typo.db"])
    shown = capsys.readouterr()
    advice = "name that of your deployment with `--ledger URL` or OUTREACH_LEDGER"
    assert (code, shown.out, shown.err) == (2, "", f"outreach: ledger `sqlite:///typo.db` {lack}; {advice}\n")
    made = [(path.name, path.stat().st_size) for path in folder.iterdir()]
    assert made == ([] if content is None else [("typo.db", 0)])


def test_advice_names_what_can_be_opened(capsys: Printed) -> None:
    """Both kinds of address."""
    code = run(["monitor", "status", "--ledger", "foo"])
    assert (code, capsys.readouterr().err) == (
        2,
        "outreach: flag `--ledger`: ledger `foo` is not a known kind of address; use `sqlite:///FILE` or `postgresql://…`\n",
    )

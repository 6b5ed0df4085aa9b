"""`outreach keys`: printed once, stored as a hash, rotated in one transaction, revoked for good."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.cli import run
from serving.ledger import open_ledger
from serving.system import new_id, now

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The option that names a fresh ledger."""
    monkeypatch.chdir(tmp_path)
    return ["--ledger", f"sqlite:///{tmp_path}/keys.db"]


def create(ledger: list[str], printed: Printed, *scopes: str) -> tuple[str, str]:
    """Create a key; returns the token and its id."""
    assert run(["keys", "create", "--name", "shop", *(f"--scope={scope}" for scope in scopes), *ledger]) == 0
    shown = printed.readouterr()
    return shown.out.strip(), shown.err.split()[1]


def listed(ledger: list[str], printed: Printed) -> list[str]:
    """The lines of `keys list`."""
    assert run(["keys", "list", *ledger]) == 0
    return printed.readouterr().out.splitlines()


def test_a_key_is_printed_once_and_never_stored(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """The token is nowhere in the ledger's files, nor in the list."""
    token, key_id = create(ledger, capsys, "decide,events")
    lines = listed(ledger, capsys)
    assert [key_id in line and "decide,events" in line and "active" in line for line in lines] == [True]
    assert token not in "".join(lines)
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.glob("keys.db*"))


def test_scopes_may_be_given_together_or_apart(ledger: list[str], capsys: Printed) -> None:
    """`--scope a,b` and `--scope a --scope b` mean the same."""
    create(ledger, capsys, "decide,read")
    create(ledger, capsys, "decide", "read")
    actual = [line.split()[2] for line in listed(ledger, capsys)]
    assert actual == ["decide,read", "decide,read"]


def test_a_revoked_key_stays_revoked(ledger: list[str], capsys: Printed) -> None:
    """A second revocation is told that there is no active key of that id."""
    _, key_id = create(ledger, capsys, "decide")
    assert run(["keys", "revoke", key_id, *ledger]) == 0
    capsys.readouterr()
    assert "revoked" in listed(ledger, capsys)[0]
    actual = run(["keys", "revoke", key_id, *ledger])
    assert actual == 2


def test_rotation_replaces_the_key(ledger: list[str], capsys: Printed) -> None:
    """The new key has the old one's name and scopes, the old one is revoked, the tokens differ."""
    token, key_id = create(ledger, capsys, "outcomes")
    assert run(["keys", "rotate", key_id, *ledger]) == 0
    fresh = capsys.readouterr().out.strip()
    lines = listed(ledger, capsys)
    assert fresh != token
    assert [("revoked" in line, "shop" in line, "outcomes" in line) for line in lines] == [
        (True, True, True),
        (False, True, True),
    ]


def test_a_key_says_what_it_is_bound_to(ledger: list[str], capsys: Printed) -> None:
    """Its page, its rate and its end stand in the list."""
    bounds = ["--origin", "https://shop.example", "--per-second", "7", "--expires", "2999-01-01T00:00:00+00:00"]
    assert run(["keys", "create", "--scope", "widget", *bounds, *ledger]) == 0
    capsys.readouterr()
    said = "active  expires 2999-01-01T00:00:00+00:00  origin https://shop.example  7 a second"
    assert listed(ledger, capsys)[0].endswith(said)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--scope", "widget"], "needs the address of its page"),
        (["--scope", "widget", "--origin", "*"], "must be scheme, host and port"),
        (["--scope", "decide", "--origin", "https://shop.example"], "only a key of scope `widget`"),
        (["--scope", "decide", "--expires", "2001-01-01T00:00:00+00:00"], "is over"),
        (["--scope", "decide", "--expires", "tomorrow"], "is not a time"),
        (["--scope", "decide", "--per-second", "0"], "0 is not in the range"),
    ],
)
def test_bounds_that_make_no_sense_make_no_key(
    ledger: list[str], capsys: Printed, given: list[str], words: str
) -> None:
    """One line, exit 2, and nothing on record."""
    told = run(["keys", "create", *given, *ledger])
    shown = capsys.readouterr()
    create(ledger, capsys, "read")
    assert (told, words in shown.err, shown.out, len(listed(ledger, capsys))) == (2, True, "", 1)


def test_rotation_with_grace_leaves_both_for_a_while(ledger: list[str], capsys: Printed) -> None:
    """The old one ends by itself; so nobody is refused while its users change over."""
    _, key_id = create(ledger, capsys, "outcomes")
    assert run(["keys", "rotate", key_id, "--grace", "60", *ledger]) == 0
    capsys.readouterr()
    old, new = listed(ledger, capsys)
    assert ("active  expires" in old, key_id in old, new.endswith("active")) == (True, True, True)


def test_of_many_that_rotate_at_once_one_does(ledger: list[str], capsys: Printed) -> None:
    """The others are told that the key is gone: there is never a second successor."""
    _, key_id = create(ledger, capsys, "outcomes")
    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(run, [["keys", "rotate", key_id, *ledger]] * 4))
    capsys.readouterr()
    states = ["revoked" in line for line in listed(ledger, capsys)]
    assert (told, states) == ([0, 2, 2, 2], [True, False])


@pytest.mark.parametrize("command", [["list"], ["revoke", "k"], ["rotate", "k"]])
def test_what_makes_no_key_makes_no_ledger(
    ledger: list[str], capsys: Printed, tmp_path: Path, command: list[str]
) -> None:
    """A mistyped address is said to be one, and nothing lies there afterwards."""
    told = run(["keys", *command, *ledger])
    assert (told, "is not there; name that of your deployment" in capsys.readouterr().err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_without_keys_says_so(ledger: list[str], capsys: Printed) -> None:
    """An empty list is no answer; the next step is."""
    open_ledger(ledger[1], now=now(), salt=b"s").close()
    assert listed(ledger, capsys) == ["no keys; make one with `outreach keys create --scope …`"]


@pytest.mark.parametrize("again", [[], ["--grace", "60"]])
def test_a_key_is_followed_once(ledger: list[str], capsys: Printed, again: list[str]) -> None:
    """Within the grace another successor would end when the old key does; the one that there is can be rotated."""
    _, key_id = create(ledger, capsys, "outcomes")
    assert run(["keys", "rotate", key_id, "--grace", "1", *ledger]) == 0
    next_id = listed(ledger, capsys)[-1].split()[0]
    told = run(["keys", "rotate", key_id, *again, *ledger])
    shown = capsys.readouterr()
    assert (told, f"has a successor, `{next_id}`" in shown.err, shown.out) == (2, True, "")
    assert run(["keys", "rotate", next_id, *again, *ledger]) == 0
    capsys.readouterr()
    assert ["expires" in line for line in listed(ledger, capsys)] == [True, bool(again), False]


def test_a_key_that_ends_by_itself_can_be_rotated(ledger: list[str], capsys: Printed) -> None:
    """Its own end is no grace, whatever other keys are called."""
    end = ["--expires", "2999-01-01T00:00:00+00:00"]
    assert run(["keys", "create", "--scope", "read", "--name", "shop", *end, *ledger]) == 0
    key_id = capsys.readouterr().err.split()[1]
    create(ledger, capsys, "read")
    assert run(["keys", "rotate", key_id, *ledger]) == 0


def test_the_ids_of_examples_are_whole() -> None:
    """What stands in the docs and the help can be typed as it stands: no id is shortened."""
    pages = [*Path("docs").glob("*.md"), *Path("serving/cli").glob("*.py"), Path("README.md")]
    ids = [found for page in pages for found in re.findall(r"\b01JD3\w*…?", page.read_text(encoding="utf-8"))]
    assert ids
    assert [one for one in ids if len(one) != len(new_id(now()))] == []

"""Templates that nobody approved: found in the ledger as they read now, and said in one line."""

from pathlib import Path

import pytest

from serving.cli.diagnosis import findings
from serving.cli.policy.unapproved import not_approved, unapproved
from serving.ledger import open_ledger
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Approval
from serving.settings import Settings
from tests.contracts.ledgers import NOW

APPROVE = "approve each as it reads now: `outreach policy review TEMPLATE`, or POST /v1/approvals with `template`"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A ledger with the shipped approvals, and a policy of two templates."""
    open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"s", shipped=shipped_digests()).close()
    write(tmp_path)
    return Settings(ledger=f"sqlite:///{tmp_path}/l.db", policy=tmp_path)


def write(folder: Path, *, text: str = "{parcel} is late. Reply.") -> None:
    """Write the policy, one of its texts as given."""
    words = "purpose: delivery_update, facts: { parcel: string }, next_step: Reply., text:"
    (folder / "policy.yaml").write_text(
        f'templates:\n  - {{ id: late, {words} "{text}" }}\n  - {{ id: gone, {words} "{{parcel}} is gone. Reply." }}\n'
    )


def approve(settings: Settings, template: str) -> None:
    """Approve a template as it reads now."""
    opened = open_ledger(settings.ledger, now=NOW, salt=b"s", shipped={})
    digest = load_policy(settings.policy).digests[template]
    with opened.transaction() as tx:
        tx.approve(Approval(digest=digest, what=f"template:{template}", by="ann", at=NOW))
    opened.close()


def policy_line(settings: Settings) -> tuple[bool, str]:
    """What doctor says of the policy, after its version."""
    found = next(one for one in findings(settings, NOW) if one.part == "policy")
    version, _, rest = found.seen.partition("; ")
    assert version == load_policy(settings.policy).version
    return found.good, rest


def test_doctor_names_what_is_not_approved_until_it_is(settings: Settings, tmp_path: Path) -> None:
    """How many, which, and how; a text that changed since is not approved any more."""
    none = policy_line(settings)
    approve(settings, "late")
    one = policy_line(settings)
    approve(settings, "gone")
    done = policy_line(settings)
    write(tmp_path, text="{parcel} is very late. Reply.")

    words = "not approved in this ledger, and not sent"
    assert [none, one, done, policy_line(settings)] == [
        (True, f"2 of the 2 templates of the policy are {words}: `late`, `gone`; {APPROVE}"),
        (True, f"1 of the 2 templates of the policy is {words}: `gone`; {APPROVE}"),
        (True, ""),
        (True, f"1 of the 2 templates of the policy is {words}: `late`; {APPROVE}"),
    ]


def test_doctor_makes_no_ledger_to_look(tmp_path: Path) -> None:
    """Where none is, nothing is said of approvals, and none is there afterwards."""
    write(tmp_path)
    quiet = Settings(ledger=f"sqlite:///{tmp_path}/none.db", policy=tmp_path)
    assert (policy_line(quiet), (tmp_path / "none.db").exists()) == ((True, ""), False)


def test_a_ledger_that_cannot_be_read_is_the_ledgers_fault(settings: Settings, tmp_path: Path) -> None:
    """The policy is said to be good all the same."""
    (tmp_path / "l.db").write_bytes(b"no database at all, " * 100)
    parts = {one.part: one.good for one in findings(settings, NOW)}
    assert (policy_line(settings), parts["ledger"]) == ((True, ""), False)


def test_the_shipped_templates_are_approved_where_a_ledger_is_made(settings: Settings) -> None:
    """As soon as there is a ledger."""
    opened = open_ledger(settings.ledger, now=NOW, salt=b"s", shipped={})
    actual = unapproved(opened, load_policy(), NOW)
    opened.close()
    assert actual == []


@pytest.mark.parametrize(
    ("names", "ending"),
    [("abcde", "`a`, `b`, `c`, `d`, `e`"), ("abcdef", "`a`, `b`, `c`, `d`, `e` …"), ("a", "not sent: `a`")],
)
def test_at_most_five_are_named(names: str, ending: str) -> None:
    """The number says how many there are."""
    [line] = not_approved(list(names), 9)
    assert (line.endswith(ending), line.split(" of ")[0]) == (True, str(len(names)))


def test_nothing_is_said_where_all_are_approved() -> None:
    """No line at all."""
    assert not_approved([], 9) == []

"""What the page says of approvals and reviews is what they do."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest

from serving.cli import run
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.reviewing import LONGEST_COMMENT, LONGEST_NAME
from serving.schemas.approvals import TemplateAnswer
from serving.schemas.reviews import ReviewBody
from tests.contracts.ledgers import NOW
from tests.docs.pages import block
from tests.serving.policy.test_documented import PAGE, rows
from tests.serving.served import Served, app_of

TITLE = "Approving and reviewing a template"
SECTION = PAGE.split(f"\n## {TITLE}")[1]


def test_the_two_questions_are_documented() -> None:
    """Each with the member and the options that answer it."""
    tables = [row for row in rows(TITLE) if row[0].startswith("would ")]
    assert [row[1].strip("`") for row in tables] == ["agent_would_send", "customer_would_thank"]
    assert {row[1].strip("`") for row in tables} < set(ReviewBody.model_fields)


def test_every_state_is_documented() -> None:
    """In the order of the schema."""
    states = [row[0].strip("`") for row in rows(TITLE)[-4:]]
    assert sorted(states) == sorted(get_args(TemplateAnswer.model_fields["state"].annotation))


def test_the_limits_are_those_of_the_code() -> None:
    """A name, a comment."""
    words = re.sub(r"\s+", " ", SECTION)
    assert f"1 to {LONGEST_NAME} characters in one line, a comment at most {LONGEST_COMMENT:,}." in words


def test_the_commands_run_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list, a look, an approval, a withdrawal."""
    monkeypatch.chdir(tmp_path)
    open_ledger("sqlite:///outreach.db", now=NOW, salt=b"s", shipped=shipped_digests()).close()
    lines = block("docs/policy.md", "sh").splitlines()
    codes = [run(shlex.split(line, comments=True)[1:]) for line in lines]
    shown = capsys.readouterr().out
    assert (codes, "is approved as it reads now" in shown, "is withdrawn" in shown) == ([0, 0, 0, 0], True, True)


def test_the_request_of_the_page_is_taken() -> None:
    """And approves."""
    path, _, body = block("docs/policy.md", "http").removeprefix("POST ").partition("\n")
    with Served(app_of()) as api:
        answer: dict[str, Any] = api.post(path, json.loads(body)).json()
    assert (answer["approved"], answer["review"]["reviewer"]) == (True, "Ann Lee")

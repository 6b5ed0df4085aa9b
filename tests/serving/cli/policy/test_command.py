"""`outreach policy reasons`: the catalogue, for people and for programs."""

import json

import pytest

from serving.cli import run
from serving.policy.reasons import REASONS


def test_every_reason_is_printed_with_who_must_act(capsys: pytest.CaptureFixture[str]) -> None:
    """Four lines each."""
    code = run(["policy", "reasons"])
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("opted_out  (deny)")
    assert (code, len(lines), lines[place + 3]) == (0, 4 * len(REASONS), "    who must act: nobody")


def test_the_catalogue_as_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Every field, in the catalogue's order."""
    run(["policy", "reasons", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [(row["code"], row["who"]) for row in rows] == [(entry.code, entry.who) for entry in REASONS.values()]
    assert {tuple(row) for row in rows} == {("code", "outcome", "clause", "source", "would_change", "who")}

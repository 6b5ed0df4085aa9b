"""Every command that a replay prints runs as it is printed, once its names in capitals are replaced."""

import html
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click
import pytest

from serving.cli import COMMANDS
from serving.replay.comparing import Differing, Exact
from serving.replay.exact_report import described, render
from serving.replay.html import render as page_of
from serving.replay.unanswered import ASKED
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.reports import HALF, LIMITS, NOW, report, weighed

GIVEN = {"N": "500", "TIME": "2099-01-01T00:00:00Z"}


def pages() -> Iterator[str]:
    """Yield pages that print commands between them: exact, never tried, texts, a cut-off, a model, each as text."""
    odd = Exact(decisions=1)
    odd.differ.append(differing())
    yield render(described(odd, ledger="l", policy_version="p", model_version=None))
    never = weighed(occasions([True] * 900, chance=1.0), HALF)
    more: list[dict[str, Any]] = [
        {"said": never},
        {"limits": (LIMITS, LIMITS), "templates": {"a": "added"}, "cutoff": (0.01, 0.02)},
        {"model": ("v1", "v2"), "asked": dict.fromkeys(("asked", *ASKED), 2)},
    ]
    for each in more:
        yield page_of(report(**each))


def differing() -> Differing:
    """Return a decision that differs."""
    return Differing(decision_id="d-1", at=NOW, confirmed=False, parts=(("decided", 1, 2),))


def printed() -> set[str]:
    """Return every command that is printed as code."""
    return {html.unescape(each) for page in pages() for each in re.findall(r"<code>(outreach .*?)</code>", page)}


def test_commands_are_printed() -> None:
    """What is tried below is there."""
    actual = {each.split()[1] for each in printed()}
    assert actual == {"experiment", "explain", "policy", "promote", "rollback", "train"}


@pytest.mark.parametrize("line", sorted(printed()))
def test_what_is_printed_is_a_command(line: str) -> None:
    """With every option that it takes, and none that it does not."""
    words = [GIVEN.get(word, word) for word in shlex.split(line)[1:]]
    module, _, name = COMMANDS[words[0]].partition(":")
    command, rest = getattr(import_module(module), name), words[1:]
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            _, command, rest = command.resolve_command(context, rest)
    actual = command.make_context(line, rest)
    assert actual.params

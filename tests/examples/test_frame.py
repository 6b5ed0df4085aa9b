"""The stage itself, with the plainest platform there can be."""

from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.examples.board import Board, Pinned
from tests.examples.frame import BLIND, CASES, PATIENCE, Case, Stage, played


@pytest.mark.parametrize("case", [*CASES, *BLIND], ids=str)
def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path) -> None:
    """One message at most, and what is on record is what happened to it."""
    with ExitStack() as stack:
        board = stack.enter_context(Board())
        http = stack.enter_context(httpx.Client(base_url=board.url, timeout=PATIENCE, trust_env=False))
        stage = stack.enter_context(Stage(Pinned(http, blind=case.blind), tmp_path))
        actual = played(stage, board, case)
    assert actual == case.expected

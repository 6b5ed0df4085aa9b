"""docs/api.md: its three programs run and print what stands behind its arrows, and every problem has its next step."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.contracts import BY_DECISION, BY_USER
from serving.cli.scenes import zone_where
from serving.errors import Problem
from serving.routes.documented import IDEMPOTENCY_KEY
from serving.routes.edge import BODY_LIMIT
from serving.schemas.several import MANY
from serving.settings import Settings
from serving.system import now
from tests.docs.pages import blocks, page
from tests.docs.stage import NODE, Stage
from tests.end_to_end.server import KEY, Server, with_key

PROGRAMS = {
    "sh": (["bash", "-u"], ".sh", blocks("docs/api.md", "sh")),
    "python": ([sys.executable], ".py", blocks("docs/api.md", "python")),
    "javascript": ([NODE], ".mjs", blocks("docs/api.md", "javascript")),
}
PATIENT = {"curl -sS -m 2 ": "curl -sS -m 60 ", "timeout=2)": "timeout=60)", "timeout(2000)": "timeout(60000)"}
PAGE = page("docs/api.md")
ARROW = re.compile(r"(?:#|//) → (.+)$", re.MULTILINE)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Return an empty folder beside an API that nobody asked yet."""
    with_key(tmp_path / "outreach.db")
    (tmp_path / "reader").mkdir()
    with Server(tmp_path / "outreach.db", more={"SHIPPED_TRIGGERS": "true"}) as server:
        yield Stage(tmp_path / "reader", server.url, KEY, monkeypatch)


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_blocks_of_a_language_are_one_program(language: str, alone: Stage) -> None:
    """It prints what the page says, where it is afternoon for the customer."""
    starting, suffix, parts = PROGRAMS[language]
    there = "\n".join(parts).replace("Europe/Paris", zone_where(14, now()))
    for brief, patient in PATIENT.items():  # another test may need the machine
        there = there.replace(brief, patient)
    assert alone.program(starting, suffix, there).splitlines() == ARROW.findall(there)


def test_the_three_programs_come_to_the_same() -> None:
    """Step by step: what one language prints, the others print."""
    shown = [[ARROW.findall(part) for part in parts] for _, _, parts in PROGRAMS.values()]
    assert (shown[1:], sum(map(len, shown[0])) > 10) == ([shown[0]] * 2, True)


def kinds(base: type[Problem] = Problem) -> set[tuple[int, str]]:
    """Return status and slug of every problem there is."""
    return {(base.status, base.slug)}.union(*(kinds(each) for each in base.__subclasses__()))


def test_each_language_waits_two_seconds() -> None:
    """As `docs/clients.md` says; the test above waits longer, and would not see it."""
    assert [PAGE.count(brief) for brief in PATIENT] == [1, 1, 1]


def test_every_problem_stands_there_with_its_next_step() -> None:
    """None is left out, none is invented, and none is without advice."""
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    actual = {(int(status), slug) for status, slug, advice in rows if advice}
    assert actual == kinds()


def test_every_outcome_stands_there() -> None:
    """By the id that it comes with."""
    said = [each.split(". ")[0] for each in re.split(r"By `(?:decision|user)_id`: ", PAGE.replace("\n", " "))[1:]]
    assert [set(re.findall(r"`(\w+)`", each)) for each in said] == [set(BY_DECISION), set(BY_USER)]


def test_its_limits_are_those_of_the_code() -> None:
    """Of a key's rate, a body, an array and an `Idempotency-Key`."""
    said = PAGE.split("## Rates and limits")[1]
    figures = re.findall(r"\((\d+) unless|(\d+) MiB|([\d,]+) elements|(\d+) signs", said)
    actual = [int("".join(each).replace(",", "")) for each in figures]
    longest = IDEMPOTENCY_KEY["schema"]["maxLength"]  # type: ignore[index,call-overload]
    assert actual == [Settings().requests_per_second, BODY_LIMIT // 2**20, MANY, longest]

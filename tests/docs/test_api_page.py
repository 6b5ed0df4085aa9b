"""docs/api.md: every kind of problem stands in its table, with what to do."""

import re

from serving.errors import Problem
from tests.docs.pages import page


def kinds(base: type[Problem] = Problem) -> set[tuple[int, str]]:
    """Return status and slug of every problem there is."""
    return {(base.status, base.slug)}.union(*(kinds(each) for each in base.__subclasses__()))


def test_every_problem_stands_there_with_its_next_step() -> None:
    """None is left out, none is invented, and none is without advice."""
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \| (.+) \|$", page("docs/api.md"), re.MULTILINE)
    actual = {(int(status), slug) for status, slug, advice in rows if advice}
    assert actual == kinds()

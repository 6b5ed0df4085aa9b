from collections.abc import Callable
from typing import Any

import pytest

from model.report.limits import limits
from tests.model.champions import beaten
from tests.model.reports import interval, report


def sound() -> dict[str, Any]:
    """A report about which little more than the method itself has to be said."""
    given = report()
    given["average_effect"]["opt_out"] = given["average_effect"]["complaint"]
    given["checks"] = [check for check in given["checks"] if check["available"]]
    given["learning"]["selection_rows"] = given["learning"]["d1_rows"]
    return given


def changed(*path: str, to: Any) -> dict[str, Any]:
    """Return a sound report in which one value differs."""
    given = sound()
    place = given
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return given


def unjudged() -> dict[str, Any]:
    """A report with a group that is too small."""
    given = sound()
    given["segments"][0] |= {"judged": False, "rows": 150}
    return given


def alike() -> dict[str, Any]:
    """A report with a group in which nothing changes."""
    given = sound()
    given["segments"][0] |= {"judged": False}
    return given


FACTS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "estimated propensity": (
        lambda: changed("propensity_check", "estimated", to=True),
        "value that the gate judged rests on that",
    ),
    "failed assignment": (lambda: changed("propensity_check", "passed", to=False), "does not look as it was logged"),
    "rare contact": (lambda: changed("overlap", "lowest", to=0.004), "as low as 0.004"),
    "uneven weights": (lambda: changed("overlap", "effective_sample_size", to=900.0), "Weights are uneven"),
    "clipped": (lambda: changed("overlap", "clipped", to=31), "of 31 rows was clipped"),
    "unrecorded harm": (lambda: changed("average_effect", "opt_out", to=None), "Opt-outs were not recorded"),
    "amounts": (lambda: changed("qini_sklift", to=None), "The benefit is an amount"),
    "no order": (lambda: changed("rate", to=interval(0.0)), "no evidence that customers differ"),
    "subsample": (lambda: changed("learning", "selection_rows", to=6_000), "on 6,000 of the 7,345 rows"),
    "no scope": (lambda: changed("certificate", "scope", to=[]), "names no purpose and channel"),
    "small segment": (unjudged, "Too few rows to judge these groups by themselves: region = north"),
    "a champion": (lambda: changed("champion", to=beaten()), "with the model in charge, version 2. Where"),
    "a champion that is idle": (
        lambda: changed("champion", to=beaten(note="it has no certificate")),
        "contacts nobody now: it has no certificate.",
    ),
    "a champion that reads other columns": (
        lambda: changed("champion", to=beaten(note="it reads `zip`") | {"value": None}),
        "nobody knows which is better: it reads `zip`.",
    ),
    "check not made": (report, "Not checked: windows. The table has one window."),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_limit_stands_where_the_facts_call_for_it(name: str) -> None:
    """And nowhere else: a sound report does not carry it."""
    make, words = FACTS[name]
    actual = [any(words in limit for limit in limits(given)) for given in (make(), sound())]
    assert actual == [True, False]


def test_without_a_certificate_nothing_is_said_about_its_scope() -> None:
    """No boilerplate about what is not there."""
    given = report(issued=False)
    assert [limit for limit in limits(given) if "certificate covers" in limit or "What is certified" in limit] == []


def test_every_limit_is_a_sentence() -> None:
    """A capital, a full stop, no exclamation mark."""
    shapes = {(limit[0].isupper(), limit[-1], "!" in limit) for make, _ in FACTS.values() for limit in limits(make())}
    assert shapes == {(True, ".", False)}


def test_a_large_group_in_which_nothing_changes_is_not_called_small() -> None:
    """The new rule and the one before act alike there: no loss is possible, none was missed."""
    assert [limit for limit in limits(alike()) if "Too few rows" in limit] == []

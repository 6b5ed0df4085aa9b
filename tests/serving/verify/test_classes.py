"""Every input has classes, and a class is what it says."""

from dataclasses import fields, make_dataclass

import numpy as np
import pytest

from serving.policy.columns import Columns, Flags, Numbers
from serving.policy.limits import TIGHTER, Limits
from serving.policy.purposes import CHANNELS, SERVICES
from serving.verify import classes, demands
from serving.verify.classes import COUNTS, FLAGS, NUMBERED, TIMES, Uncovered, axis, covered, cuts, tightenings
from serving.verify.demands import demanded
from serving.verify.promises import NOW

ALL = (*Flags._fields, *Numbers._fields)


def test_every_input_has_classes_and_demands() -> None:
    """The installed policy is covered, column by column and limit by limit."""
    covered()
    demanded()


class More:
    """Flags with one that nobody has thought of."""

    _fields = (*Flags._fields, "newly_added")


def test_a_new_column_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who adds a column says what its values are before anything is verified again."""
    monkeypatch.setattr(classes, "Flags", More)
    with pytest.raises(Uncovered, match="the column `newly_added` has no classes"):
        covered()


def test_a_new_limit_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does who adds a limit."""
    more = make_dataclass("More", [*(field.name for field in fields(Limits)), "patience"])
    monkeypatch.setattr(classes, "Limits", more)
    with pytest.raises(Uncovered, match="the limit `patience` has no classes"):
        covered()


def test_a_new_field_of_columns_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is neither flag nor number."""
    more = make_dataclass("More", [*(field.name for field in fields(Columns)), "weather"])
    monkeypatch.setattr(classes, "Columns", more)
    with pytest.raises(Uncovered, match="the column `weather` has no classes"):
        covered()


def test_a_new_code_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason without demands could pass whatever it does not know."""
    monkeypatch.setattr(demands, "POLICY_CODES", (*demands.POLICY_CODES, "too_loud"))
    with pytest.raises(Uncovered, match="the code `too_loud` has no demands"):
        demanded()


@pytest.mark.parametrize("name", ["consent", "last_complaint"])
def test_a_column_that_nobody_demands_is_refused_loudly(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An unknown value must be somebody's to refuse."""
    fewer = {code: tuple(each for each in asked if each.needs != name) for code, asked in demands.DEMANDS.items()}
    monkeypatch.setattr(demands, "DEMANDS", fewer)
    with pytest.raises(Uncovered, match=f"nobody demands to know the column `{name}`"):
        demanded()


def test_a_column_without_a_harm_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worse must be said of each."""
    monkeypatch.setattr(demands, "WORSE", {name: step for name, step in demands.WORSE.items() if name != "due_at"})
    with pytest.raises(Uncovered, match="the column `due_at` has no harm"):
        demanded()


def test_a_column_of_no_kind_has_no_axis() -> None:
    """A filter that reads the list of contacts cannot be tabulated."""
    with pytest.raises(Uncovered, match="`contacts` has no classes"):
        axis("contacts", NOW)


@pytest.mark.parametrize("name", ALL)
def test_an_axis_ascends_and_represents_itself(name: str) -> None:
    """In order, each once, the representative inside its interval, the intervals apart, unknown last."""
    each = axis(name, NOW)
    known = each.values[~np.isnan(each.values)]
    assert np.all(known[1:] > known[:-1])
    assert np.all((each.low <= each.values) & (each.values <= each.high) | np.isnan(each.values))
    assert np.all(each.high[: len(known) - 1] < each.low[1 : len(known)])
    assert np.isnan(each.values[-1]) == (name in Numbers._fields)


@pytest.mark.parametrize("name", TIMES)
def test_an_instant_is_cut_at_every_limit(name: str) -> None:
    """Just before, at and just after each instant at which a filter may change its mind."""
    values = set(axis(name, NOW).values.tolist())
    missing = [cut for cut in cuts() for step in (-1e-6, 0.0, 1e-6) if NOW - cut + step not in values]
    assert missing == []
    assert {float("inf"), float("-inf")} <= values


def test_the_limits_of_time_are_the_contract_s() -> None:
    """Age 24 h, 72 h and 5 min, cooling-off 14 days, dismissals 30 days, 30 s on the page: all of them cuts."""
    assert {86_400.0, 259_200.0, 300.0, 14 * 86_400.0, 30 * 86_400.0, 30.0, 0.0} <= cuts()


@pytest.mark.parametrize("name", list(COUNTS))
def test_a_count_is_cut_at_every_cap(name: str) -> None:
    """At each value that the cap may have, and between."""
    values = axis(name, NOW).values
    for limit in COUNTS[name]:
        for cap in NUMBERED[limit]:
            place = int(np.flatnonzero(values == cap)[0])
            assert values[place - 1] < cap < values[place + 1]


def test_every_minute_of_the_day_is_a_class() -> None:
    """1,440 of them, both sides of the day, both infinities and no clock."""
    actual = axis("minute", NOW).values.tolist()
    assert actual[:-1] == [float("-inf"), -1.0, *map(float, range(1440)), 1440.0, float("inf")]


def test_the_flags_that_count_places_have_them_all() -> None:
    """Nine purposes and two kinds of other words; six channels and none."""
    assert FLAGS["purpose"] == (-2, -1, *range(len(SERVICES)))
    assert FLAGS["channel"] == (-1, *range(len(CHANNELS)))


@pytest.mark.parametrize("name", list(TIGHTER))
def test_each_limit_starts_at_its_default_and_only_tightens(name: str) -> None:
    """One step and far, in the direction that the policy allows."""
    values, steps = tightenings(name)
    assert values[0] == getattr(Limits(), name)
    assert steps
    for looser, tighter in steps:
        before, after = values[looser], values[tighter]
        if isinstance(before, frozenset) and isinstance(after, frozenset):
            assert len(after - before) == 1
            assert before < after
        else:
            assert (after < before) == (TIGHTER[name] == "at most")


def test_every_set_of_words_is_a_class() -> None:
    """2⁹ sets of purposes, 2⁶ of channels; a step for each word that is not in yet."""
    assert [len(tightenings(name)[0]) for name in ("switched_off", "channels_off")] == [512, 64]
    assert [len(tightenings(name)[1]) for name in ("switched_off", "channels_off")] == [9 * 256, 6 * 32]

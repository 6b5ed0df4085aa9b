from collections.abc import Sequence

import numpy as np
import pytest

from serving.analytics.segments import LEAST_CONTACTED, LEAST_HELD_OUT, Compared, Group, Rows, compared

HARM, QUIET = 0.06, 0.004


def rows(
    chance: np.random.Generator, *, customers: int = 2_000, each: int = 2, rates: Sequence[float] = (QUIET,)
) -> tuple[Rows, list[Group]]:
    """Draw occasions of customers in as many groups as there are rates of harm; complaints without contact are 1 %.

    It is the same customers who are harmed: at four in five of their contacts.
    """
    customer = np.repeat(np.arange(customers), each)
    kind = customer % len(rates)
    contacted = chance.random(len(customer)) < 0.9
    annoyed = chance.random(customers) < np.asarray(rates)[np.arange(customers) % len(rates)] / 0.8
    harmed = (contacted & annoyed[customer] & (chance.random(len(customer)) < 0.8)) * 1.0
    complained = np.maximum(harmed, chance.random(len(customer)) < 0.01)
    whole = Rows(
        customer=customer,
        contacted=contacted,
        chance=np.full(len(customer), 0.9),
        complained=complained,
        harmed=harmed,
    )
    return whole, [Group("kind", str(number), kind == number) for number in range(len(rates))]


def plain(*, contacted: int, held_out: int, harmed: int = 0) -> tuple[Rows, Group]:
    """Return one group of single customers, the first of whom were harmed, beside a thousand others who were not."""
    n = contacted + held_out + 1_000
    number = np.arange(n)
    whole = Rows(
        customer=number,
        contacted=(number < contacted) | (number >= contacted + held_out),
        chance=np.full(n, 0.5),
        complained=(number < harmed) * 1.0,
        harmed=(number < harmed) * 1.0,
    )
    return whole, Group("plan", "basic", number < contacted + held_out)


def test_who_is_annoyed_comes_first_and_is_sure() -> None:
    """One group in eight with fifteen times the harm of the others is found, and no other is."""
    whole, groups = rows(np.random.default_rng(1), rates=(QUIET,) * 7 + (HARM,))
    found = compared(whole, groups)
    actual = (found[0].name, [each.name for each in found if each.sure])
    assert actual == ("7", ["7"])


def test_intervals_hold_together() -> None:
    """In at most 5 % of 200 repeats does any of 16 intervals miss the truth, though customers come again and again."""
    chance, missed = np.random.default_rng(2), 0
    rates = (0.01, 0.02, 0.002, 0.03, 0.01, 0.05, 0.0, 0.01)
    for _ in range(200):
        whole, groups = rows(chance, customers=1_600, each=3, rates=rates)
        missed += not all(_holds(each, rates) for each in compared(whole, groups))
    assert missed / 200 <= 0.05


def _holds(found: Compared, rates: Sequence[float]) -> bool:
    """Whether both intervals of a group hold the truth."""
    own = rates[int(found.name)]
    others = (sum(rates) - own) / (len(rates) - 1)
    assert found.about is not None
    assert found.caused is not None
    return found.about.low <= own - others <= found.about.high and found.caused.low <= own * 0.99 <= found.caused.high


def test_one_interval_alone_would_not_do() -> None:
    """With the quantile of a single comparison some of 16 intervals misses too often: the test above can fail."""
    chance, missed = np.random.default_rng(2), 0
    rates = (0.01, 0.02, 0.002, 0.03, 0.01, 0.05, 0.0, 0.01)
    for _ in range(100):
        whole, groups = rows(chance, customers=1_600, each=3, rates=rates)
        alone = [one for group in groups for one in compared(whole, [group])]
        missed += not all(_holds(each, rates) for each in alone)
    assert missed / 100 > 0.05


@pytest.mark.parametrize(("harm", "e"), [(0.005, 0.95), (0.01, 0.5)])
def test_many_small_groups_hold_together_too(harm: float, e: float) -> None:
    """One to three of some fifty customers complain here and there: all groups are alike, and none is named."""
    chance, missed, named, repeats = np.random.default_rng(5), 0, 0, 40
    for _ in range(repeats):
        whole, groups = small(chance, harm=harm, e=e)
        found = compared(whole, groups)
        named += any(each.about is not None and each.about.low > 0.0 for each in found)
        missed += not all(_alike(each, 0.99 * 0.5 * harm) for each in found)
    assert (missed / repeats <= 0.05, named / repeats <= 0.05) == (True, True), (missed, named)


def small(chance: np.random.Generator, *, harm: float, e: float) -> tuple[Rows, list[Group]]:
    """Draw 3,000 single customers, of whom six attributes make sixty groups that mean nothing; 1 % complain anyway."""
    n = 3_000
    contacted = chance.random(n) < e
    harmed = (contacted & (chance.random(n) < harm)) * 1.0
    whole = Rows(
        customer=np.arange(n),
        contacted=contacted,
        chance=np.full(n, e),
        complained=np.maximum(chance.random(n) < 0.01, harmed * (chance.random(n) < 0.5)),
        harmed=harmed,
    )
    values = [chance.choice(10, size=n, p=[0.03] * 9 + [0.73]) for _ in range(6)]
    return whole, [Group(f"a{place}", str(v), value == v) for place, value in enumerate(values) for v in range(10)]


def _alike(found: Compared, caused: float) -> bool:
    """Whether both intervals of a group that is like all others hold the truth."""
    held = found.about is None or found.about.low <= 0.0 <= found.about.high
    return held and (found.caused is None or found.caused.low <= caused <= found.caused.high)


def test_nothing_happened_is_not_certainly_nothing() -> None:
    """Without any harm both intervals lie around 0 and have a width."""
    whole, group = plain(contacted=100, held_out=40)
    [found] = compared(whole, [group])
    actual = [each is not None and each.low < 0.0 < each.high for each in (found.about, found.caused)]
    assert (actual, found.sure) == ([True, True], False)


@pytest.mark.parametrize("contacted", [LEAST_CONTACTED - 1, LEAST_CONTACTED])
def test_few_contacts_are_not_compared(contacted: int) -> None:
    """From 50 on a group is shown at all."""
    whole, group = plain(contacted=contacted, held_out=40)
    assert len(compared(whole, [group])) == (contacted >= LEAST_CONTACTED)


@pytest.mark.parametrize("held_out", [LEAST_HELD_OUT - 1, LEAST_HELD_OUT])
def test_few_held_out_say_nothing_of_what_contact_caused(held_out: int) -> None:
    """Below 20 the comparison with them is None, the one with other customers stays."""
    whole, group = plain(contacted=100, held_out=held_out, harmed=30)
    [found] = compared(whole, [group])
    actual = (found.about is not None, found.caused is not None, found.sure)
    assert actual == (True, held_out >= LEAST_HELD_OUT, True)


@pytest.mark.parametrize("sure", [0.0, 1.0], ids=["never contacted", "always contacted"])
def test_what_was_not_left_to_chance_is_not_compared_with_those_held_out(sure: float) -> None:
    """Nobody stands beside those whom a share of 0 held out leaves: they complain here, and contact caused nothing."""
    n = 4_000
    drawn = np.arange(n) < 1_000
    chance = np.where(drawn, 0.5, sure)
    contacted = np.where(drawn, np.arange(n) % 2 == 0, sure == 1.0)
    whole = Rows(
        customer=np.arange(n),
        contacted=contacted,
        chance=chance,
        complained=np.where(drawn, np.arange(n) % 100 < 2, np.arange(n) % 100 < 6) * 1.0,
        harmed=np.zeros(n),
    )
    [found] = compared(whole, [Group("plan", "all", np.ones(n, dtype=np.bool_))])
    caused = found.caused
    assert (found.contacted, caused is not None and caused.estimate) == (int(np.sum(contacted)), 0.0)


def test_without_others_only_chance_compares() -> None:
    """A group of everybody has nobody beside it."""
    whole, _ = plain(contacted=100, held_out=40, harmed=30)
    [found] = compared(whole, [Group("plan", "all", np.ones(len(whole.contacted), dtype=np.bool_))])
    assert (found.about, found.others, found.caused is not None) == (None, None, True)


@pytest.mark.parametrize("contacted", [True, False], ids=["contacted", "held out"])
def test_uneven_chances_are_weighed(*, contacted: bool) -> None:
    """A third of an arm was seldom in it, and stands for as many as the others: those complain here."""
    n = 400
    number = np.arange(n)
    first = number < n // 2
    arm = np.where(first, number % 10 > 0, number % 2 > 0)
    rare = first & ~arm
    chance = np.where(first, 0.9, 0.5)
    whole = Rows(
        customer=number,
        contacted=~arm if contacted else arm,
        chance=1.0 - chance if contacted else chance,
        complained=rare * 1.0,
        harmed=np.zeros(n),
    )
    [found] = compared(whole, [Group("plan", "all", np.ones(n, dtype=np.bool_))])
    actual = found.complained if contacted else found.complained_held_out
    assert actual == pytest.approx(0.5)

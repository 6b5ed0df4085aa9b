"""What a log may say, how a decision's propensity is read, and how a bad log is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Arm, Shares
from model.errors import InvalidInput
from model.off_policy.evaluate import Log, contact_propensity
from serving.arms import arm, logging_propensity
from tests.model.decision_logs import tiny

SHIPPED = Shares()


def refused(**changes: Any) -> str:
    """Return the words with which a log is refused; they stand on one line."""
    with pytest.raises(InvalidInput) as error:
        Log(**tiny(**changes))
    words = str(error.value)
    assert "\n" not in words
    return words


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("drawn", [Arm.MODEL, Arm.POLICY_ONLY, Arm.HOLDOUT])
def test_the_logged_propensity_goes_back_to_the_one_of_contact(drawn: Arm, above: bool) -> None:  # noqa: FBT001  (a case)
    """Whatever the arm, on either side of the cut-off, sent or withheld: .95 above, .02 below, to the last bit."""
    sent = drawn is Arm.POLICY_ONLY or (drawn is Arm.MODEL and above)
    logged = logging_propensity(sent=sent, above=above, shares=SHIPPED)
    actual = contact_propensity(np.array([sent]), np.array([logged])).tolist()
    assert actual == [SHIPPED.above if above else SHIPPED.below]


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("shares", [(0.9, 0.05, 0.05), (0.5, 0.3, 0.2), (0.333, 0.1, 0.567)])
def test_other_shares_go_back_too(shares: tuple[float, float, float], above: bool, sent: bool) -> None:  # noqa: FBT001
    """Decimal shares survive 1 − (1 − p)."""
    each = Shares(model=shares[0], policy_only=shares[1], holdout=shares[2])
    logged = logging_propensity(sent=sent, above=above, shares=each)
    actual = contact_propensity(np.array([sent]), np.array([logged])).tolist()
    assert actual == [each.above if above else each.below]


def test_drawn_arms_contact_as_often_as_the_log_then_says() -> None:
    """Twenty thousand draws on both sides of the cut-off: the share contacted is the propensity read from the log."""
    rng = np.random.default_rng(0)
    above = rng.random(20_000) < 0.5
    arms = [arm(u, SHIPPED) for u in rng.random(20_000)]
    sent = np.array([a is Arm.POLICY_ONLY or (a is Arm.MODEL and up) for a, up in zip(arms, above, strict=True)])
    logged = [logging_propensity(sent=s, above=up, shares=SHIPPED) for s, up in zip(sent, above, strict=True)]
    log = Log.from_decisions(sent=sent, logging_propensity=logged, outcome=sent * 1.0, cluster=np.arange(20_000))
    assert sorted(set(log.propensity.tolist())) == [0.02, 0.95]
    assert log.contacted[above].mean() == pytest.approx(0.95, abs=0.01)
    assert log.contacted[~above].mean() == pytest.approx(0.02, abs=0.005)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 1000)), min_size=1, max_size=20))
def test_withholding_is_the_other_side_of_sending(rows: list[tuple[bool, int]]) -> None:
    """P(contacted) of a withheld row and of the same row sent with the complement are one number."""
    sent, thousandths = (np.array(column) for column in zip(*rows, strict=True))
    e = thousandths / 1000.0
    logged = np.where(sent, e, np.round(1.0 - e, 12))
    possible = logged > 0.0
    actual = contact_propensity(sent[possible], logged[possible]) if possible.any() else e[possible]
    assert actual.tolist() == e[possible].tolist()


def test_a_log_of_decisions_is_the_log_of_its_contacts() -> None:
    """`from_decisions` differs in how the propensity is said, in nothing else."""
    part = np.array(["chat", "chat", "sms", "sms"])
    found = Log.from_decisions(
        sent=[1, 0, 1, 0],
        logging_propensity=[0.5, 0.75, 1.0, 1.0],
        outcome=[1.0, 0.0, 1.0, 1.0],
        cluster=["anna", "bob", "anna", "carl"],
        part=part,
    )
    plain = Log(**tiny(part=part))
    assert found.propensity.tolist() == plain.propensity.tolist() == [0.5, 0.25, 1.0, 0.0]
    assert (found.cluster.tolist(), found.contacted.tolist()) == (plain.cluster.tolist(), plain.contacted.tolist())
    assert (found.parts()[0], found.bounds) == (["chat", "sms"], (0.0, 1.0))


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ([0.5, 0.0], "`logging_propensity`, row 2: `0.0` is that of an action which was taken"),
        ([0.5, None], "`logging_propensity`, row 2: `nan` is not a finite number; leave out rows that reached no draw"),
        ([1.5, 0.5], "`logging_propensity`, row 1: `1.5` is not in [0, 1]"),
        ([0.5], "`logging_propensity` has the wrong length: 1 for 2 rows"),
    ],
)
def test_a_decision_without_a_possible_propensity_is_refused(logged: list[Any], words: str) -> None:
    """An essential message has none; an action of probability 0 cannot have been taken."""
    with pytest.raises(InvalidInput) as error:
        Log.from_decisions(sent=[True, False], logging_propensity=logged, outcome=[0.0, 1.0], cluster=[1, 2])
    assert str(error.value).startswith(words)


NAN = float("nan")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contacted": []}, "the log has no rows"),
        ({"contacted": [1, 0, 2, 0]}, "`contacted`, row 3: `2.0` is not 0 or 1"),
        ({"contacted": [1, 0, None, 0]}, "`contacted`, row 3: `nan` is not a finite number"),
        ({"contacted": [[1, 0], [1, 0]]}, "`contacted` has the wrong length: 2 × 2 for 4 rows"),
        ({"contacted": ["yes", "no", "yes", "no"]}, "`contacted` holds something that is not a number"),
        ({"propensity": [0.5, 0.25, 1.0]}, "`propensity` has the wrong length: 3 for 4 rows"),
        ({"propensity": 0.5}, "`propensity` has the wrong length: one value, not a column for 4 rows"),
        ({"propensity": [0.5, NAN, 1.0, 0.0]}, "`propensity`, row 2: `nan` is not a finite number"),
        ({"propensity": [0.5, -0.1, 1.0, 0.0]}, "`propensity`, row 2: `-0.1` is not in [0, 1]"),
        ({"propensity": [0.5, 1.1, 1.0, 0.0]}, "`propensity`, row 2: `1.1` is not in [0, 1]"),
        ({"propensity": [0.0, 0.25, 1.0, 0.0]}, "`propensity`, row 1: `0.0` but the row was contacted: the log contra"),
        ({"propensity": [0.5, 1.0, 1.0, 0.0]}, "`propensity`, row 2: `1.0` but the row was held out: the log contra"),
        ({"outcome": [1.0, NAN, 0.0, 0.0]}, "`outcome`, row 2: `nan` is not a finite number; leave out rows whose"),
        ({"outcome": [1.0, 0.0, np.inf, 0.0]}, "`outcome`, row 3: `inf` is not a finite number"),
        ({"outcome": [1.0]}, "`outcome` has the wrong length: 1 for 4 rows"),
        ({"cluster": ["a", "b"]}, "`cluster` has the wrong length: 2 for 4 rows"),
        ({"cluster": ["a", None, "b", "c"]}, "`cluster`, row 2: `None` is no name"),
        ({"cluster": ["a", "b", "", "c"]}, "`cluster`, row 3: `` is empty"),
        ({"cluster": [1.0, 2.0, 3.0, 4.0]}, "`cluster` is of type float64; give every row a name or a whole number"),
        ({"part": ["chat"]}, "`part` has the wrong length: 1 for 4 rows"),
        ({"part": ["chat", NAN, "chat", "sms"]}, "`part`, row 2: `nan`"),
        ({"means": ([0.5] * 4, [0.5] * 3)}, "`means[1]` has the wrong length: 3 for 4 rows"),
        ({"means": ([0.5, 0.5, NAN, 0.5], [0.5] * 4)}, "`means[0]`, row 3: `nan` is not a finite number"),
        ({"bounds": (1.0, 0.0)}, "`bounds` are `1` and `0`; give the least and the greatest possible outcome"),
        ({"bounds": (0.0, NAN)}, "`bounds` are `0` and `nan`"),
        ({"bounds": (0.0, 0.5)}, "`outcome`, row 1: `1.0` is outside its `bounds`, 0 to 0.5"),
    ],
)
def test_a_bad_column_is_refused_with_its_row(changes: dict[str, Any], words: str) -> None:
    """Problem, value, place and next step."""
    if "part" in changes and len(changes["part"]) == 4:
        changes = {"part": np.array(changes["part"], dtype=object)}
    actual = refused(**changes)
    assert actual.startswith(words)


def test_whole_numbers_and_names_make_the_same_clusters() -> None:
    """Codes from 0, in the order of the names."""
    named = Log(**tiny(cluster=np.array(["10", "30", "10", "20"], dtype=object)))
    counted = Log(**tiny(cluster=np.array([10, 30, 10, 20])))
    assert named.cluster.tolist() == counted.cluster.tolist() == [0, 2, 0, 1]


@pytest.mark.parametrize(
    ("outcome", "given", "bounds"),
    [
        ([1.0, 0.0, 1.0, 1.0], None, (0.0, 1.0)),
        ([1.0, 0.0, 2.0, 1.0], None, None),
        ([1.0, 0.0, 2.0, 1.0], (-1, 3), (-1.0, 3.0)),
        ([1.0, 0.0, 1.0, 1.0], (-2.0, 2.0), (-2.0, 2.0)),
    ],
)
def test_only_zero_and_one_need_no_bounds(outcome: list[float], given: Any, bounds: Any) -> None:
    """What is said counts; else a benefit seen or not lies between 0 and 1, and of other numbers nothing is known."""
    actual = Log(**tiny(outcome=outcome, bounds=given)).bounds
    assert actual == bounds


def test_some_rows_are_a_log_again() -> None:
    """Every column is cut alike, clusters are counted anew, what is known of the outcome stays."""
    log = Log(**tiny(part=["a", "b", "a", "b"], means=(np.arange(4.0), np.arange(4.0)), bounds=(0.0, 9.0)))
    kept = log.take(np.array([False, True, False, True]))
    assert (kept.rows, kept.cluster.tolist(), kept.parts()[0], kept.bounds) == (2, [0, 1], ["b"], (0.0, 9.0))
    assert kept.means is not None
    assert kept.means[0].tolist() == [1.0, 3.0]


def test_no_rows_of_a_log_are_none() -> None:
    """Nothing left is refused, not averaged."""
    with pytest.raises(InvalidInput, match="the log has no rows"):
        Log(**tiny()).take(np.zeros(4, dtype=bool))


def test_parts_as_numbers_are_parts_by_name() -> None:
    """Numbers of names are what the names would be, in the order of the names, also of a part of the log."""
    said = ("sms", "chat", "push", "chat")
    number, kept = np.array([3, 0, 1, 0]), np.array([True, False, True, True])
    both = [{"part": number, "part_names": said}, {"part": np.array(said)[number]}]
    logs = [Log(**tiny(**each)) for each in both]
    actual, expected = (
        [(names, code.tolist()) for names, code in (log.parts(), log.take(kept).parts())] for log in logs
    )
    assert actual == expected


@pytest.mark.parametrize(
    ("part", "wrong"),
    [([0, 1, 2, 0], "row 3: `2`"), ([-1, 0, 0, 0], "row 1: `-1`"), (["a", "b", "b", "a"], "row 1: `a`")],
    ids=["too large", "negative", "a name"],
)
def test_a_part_without_a_name_is_refused(part: list[Any], wrong: str) -> None:
    """A number that is none of the names' is named with its row."""
    actual = refused(part=np.array(part), part_names=("chat", "sms"))
    assert actual == f"`part`, {wrong} is no number from 0 to 1, of one of `part_names`; correct either"

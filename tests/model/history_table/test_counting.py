"""What is counted beside an occasion equals the definitions, one customer and one instant at a time."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from model.contracts import Outcome, OutcomeKind
from model.history import FEATURES, LOGS, history_features
from model.history_table.counting import Asked, Piece, counted
from model.history_table.description import Windows
from serving.ledger_table.labels import BOOLEANS, labels

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = 1_780_000_000_000_000
AS_OF = START + 60 * DAY
ASKED = Asked(windows=Windows(), benefit="engaged", as_of=AS_OF)
EDGES = [0, 1, 3, 7, 14, 28, 30, 90]  # days, where windows open and close


def piece(seed: int, *, occasions: int = 150, acts: int = 500, customers: int = 7, far: int = 0) -> Piece:
    """Random occasions and acts, many of them at the same instant, at an edge, or a microsecond beside one."""
    rng = np.random.default_rng(seed)
    moments = START + rng.integers(0, 60, 12) * DAY + rng.integers(0, DAY, 12)

    def some(count: int) -> np.ndarray:
        edges = rng.choice(EDGES, count) * rng.choice([-1, 1], count) * DAY
        return rng.choice(moments, count) + edges + rng.integers(-1, 2, count)

    code, act_code = rng.integers(0, customers, occasions), rng.integers(0, customers + 3, acts)
    t, act_t = rng.choice(moments, occasions), some(acts) - far * (rng.random(acts) < 0.1)
    mine, theirs = np.lexsort((t, code)), np.lexsort((act_t, act_code))
    return Piece(
        code=code[mine],
        t=t[mine],
        contacted=rng.random(occasions) < 0.5,
        harmed=np.where(rng.random(occasions) < 0.3, t[mine] + rng.integers(-2, 16, occasions) * DAY, 0),
        act_code=act_code[theirs],
        act_t=act_t[theirs],
        act_kind=rng.integers(0, 5, acts),
    )


def times(made: Piece, row: int, kind: int) -> list[int]:
    """What the customer of a row did of this kind, ever."""
    mine = (made.act_code == made.code[row]) & (made.act_kind == kind)
    return made.act_t[mine].tolist()


def same(left: dict[str, float], right: dict[str, float]) -> bool:
    """Equal, and missing where missing."""
    return all(left[name] == right[name] or (math.isnan(left[name]) and math.isnan(right[name])) for name in right)


@pytest.mark.parametrize("seed", range(4))
def test_the_features_are_those_of_the_one_definition(seed: int) -> None:
    """With ties, the same instant, edges, microseconds and customers without history: exactly equal."""
    made = piece(seed)
    columns = counted(made, ASKED)
    different = []
    for row, t in enumerate(made.t.tolist()):
        logs = {log: times(made, row, kind) for kind, log in enumerate(LOGS)}
        expected = history_features(t, **logs, unit=1_000_000)
        if not same({name: float(columns[name][row]) for name in FEATURES}, expected):
            different.append(row)
    assert different == []


@pytest.mark.parametrize("seed", range(3))
def test_the_labels_are_those_of_a_ledger(seed: int) -> None:
    """The same windows and edges as `serving.ledger_table.labels`, for every column that it has."""
    made = piece(seed)
    columns = counted(made, ASKED)
    kinds = {1: OutcomeKind.ENGAGED, 2: OutcomeKind.COMPLAINED, 3: OutcomeKind.OPTED_OUT}
    different = []
    for row, t in enumerate(made.t.tolist()):
        outcomes = [
            Outcome(kind=kind, time=EPOCH + timedelta(microseconds=at), user_id="u")
            for number, kind in kinds.items()
            for at in times(made, row, number)
        ]
        if harmed := int(made.harmed[row]):
            about = EPOCH + timedelta(microseconds=harmed)
            # another kind than the two above, so that nothing else sees it
            outcomes.append(Outcome(kind=OutcomeKind.OPTED_OUT, time=about, decision_id="d"))
        expected = labels(
            outcomes,
            contacts=("d",),
            decided_at=EPOCH + timedelta(microseconds=t),
            contacted=bool(made.contacted[row]),
            as_of=EPOCH + timedelta(microseconds=AS_OF),
        )
        actual = {name: None if np.isnan(columns[name][row]) else bool(columns[name][row]) for name in BOOLEANS}
        if harmed:  # its customer's opt-outs before are not told here
            actual.pop("opted_out_before")
            expected.pop("opted_out_before")
        if actual != expected:
            different.append(row)
    assert different == []


def test_times_far_apart_are_counted_in_halves() -> None:
    """Where customers and instants do not fit into one whole number together, fewer are counted at once."""
    near, far = piece(5, customers=40), piece(5, customers=40, far=2**58)
    columns = counted(far, ASKED)
    edge = far.t[:, None] - 7 * DAY
    mine = (far.act_code[None, :] == far.code[:, None]) & (far.act_kind == 1)
    expected = (mine & (far.act_t > edge) & (far.act_t < far.t[:, None])).sum(axis=1)
    assert (columns["engagements_7d"].tolist(), len(counted(near, ASKED))) == (expected.tolist(), len(columns))


def test_not_having_to_write_to_us_is_a_benefit_too() -> None:
    """`no_contact` is true where no word to us came in the window, and has its own windows."""
    made = piece(1)
    columns = counted(made, Asked(windows=Windows(benefit=7), benefit="no_contact", as_of=AS_OF))
    expected = [not any(t <= at < t + 7 * DAY for at in times(made, row, 4)) for row, t in enumerate(made.t.tolist())]
    assert (columns["no_contact"].tolist(), "no_contact_7d" in columns) == (expected, False)


def test_nothing_before_an_occasion_reads_what_is_after() -> None:
    """Taking away every act at or after the first occasion of all leaves its features as they are."""
    made = piece(2)
    first = int(np.argmin(made.t))
    early = made.act_t < made.t[first]
    cut = Piece(
        code=made.code,
        t=made.t,
        contacted=made.contacted,
        harmed=made.harmed,
        act_code=made.act_code[early],
        act_t=made.act_t[early],
        act_kind=made.act_kind[early],
    )
    whole, past = counted(made, ASKED), counted(cut, ASKED)
    assert same(*({name: float(each[name][first]) for name in FEATURES} for each in (whole, past)))

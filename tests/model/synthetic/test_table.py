import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.history import DAY, FEATURES, history_features
from model.synthetic.logs import Logs
from model.synthetic.purposes import KINDS
from model.synthetic.table import LONGEST_DAYS, mature, training_table
from model.synthetic.world import World

ESSENTIAL_ONLY = {"account_event", "remediation", "requested_reminder"}
START = pd.Timestamp("2026-06-01T12:00:00Z")


def by_customer(log: pd.DataFrame) -> Mapping[str, list[float]]:
    """Return the epoch seconds of a log's lines by customer."""
    times: dict[str, list[float]] = defaultdict(list)
    for customer, time in zip(log["customer"], log["time"], strict=True):
        times[customer].append(time.timestamp())
    return times


def rebuilt(world: World, sample: pd.DataFrame) -> tuple[list[list[bool]], list[list[float]]]:
    """Rebuild labels and features of some rows from the raw logs alone, one row after the other, by plain loops."""
    harms = world.complaints()
    contacts, engaged = world.contacts(), by_customer(world.engagements())
    told, complained = by_customer(contacts[contacts["contacted"]]), by_customer(harms[harms["kind"] == "complaint"])
    opt_outs = harms[harms["kind"] == "opt_out"]
    left = by_customer(opt_outs)
    attributed = {c: t.timestamp() for c, t in zip(opt_outs["contact"], opt_outs["time"], strict=True) if pd.notna(c)}
    labels, features = [], []
    for row in sample.itertuples():
        now, who = row.decided_at.timestamp(), row.customer
        out = attributed.get(row.occasion_id, math.inf)
        labels.append(
            [
                any(0 < t - now <= 3 * DAY for t in engaged.get(who, ())),
                any(0 < t - now <= 14 * DAY for t in complained.get(who, ())),
                0 < out - now <= 14 * DAY,
            ]
        )
        seen = history_features(
            now,
            contacts=[t for t in told.get(who, ()) if t < now],
            engagements=[t for t in engaged.get(who, ()) if t < now],
            complaints=[t for t in complained.get(who, ()) if t < now],
            opt_outs=[t for t in left.get(who, ()) if t < now],
        )
        features.append([seen[name] for name in FEATURES])
    return labels, features


def assert_rebuilt(world: World, sample: pd.DataFrame) -> None:
    """Compare a table's rows with what the raw logs give, exactly."""
    labels, features = rebuilt(world, sample)

    assert sample[["engaged", "complained", "opted_out"]].to_numpy().tolist() == labels
    np.testing.assert_array_equal(sample[list(FEATURES)].to_numpy(dtype=float), np.array(features))


def test_the_raw_logs_give_the_table_back(shipped: World) -> None:
    """1,000 rows drawn at random, and every row with a complaint or an opt-out, are rebuilt by brute force."""
    table = shipped.table()
    drawn = table.sample(1_000, random_state=0)
    rare = table[table["complained"] | table["opted_out"]]

    assert len(rare) > 500
    assert_rebuilt(shipped, pd.concat([drawn, rare]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), confounded=st.booleans())
def test_features_read_only_what_lies_strictly_before_the_decision(seed: int, confounded: bool) -> None:  # noqa: FBT001  (hypothesis passes by name)
    """In any world every row equals what its raw logs say, the logs cut off at the moment of its decision."""
    world = World.generate(customers=40, seed=seed, assignment="confounded" if confounded else "randomised")
    table = world.table()
    if len(table):
        assert_rebuilt(world, table)


def test_no_essential_occasion_is_a_row(shipped: World) -> None:
    """Neither the three essential purposes nor a starred event of another purpose reaches the table."""
    table = shipped.table().merge(shipped.contacts()[["id", "evidence"]], left_on="occasion_id", right_on="id")
    types = table.merge(shipped.events()[["id", "type"]], left_on="evidence", right_on="id")["type"]
    essential = {kind.event for kind in KINDS if kind.essential}

    assert set(table["purpose"]) & ESSENTIAL_ONLY == set()
    assert set(types) & essential == set()
    assert len(types) == len(shipped.table())


def test_every_mature_scored_contact_is_a_row_and_no_other(shipped: World) -> None:
    """The table holds exactly the contacts with a propensity, 14 days before the export or earlier, in log order."""
    contacts = shipped.contacts()
    closed = contacts["time"] + pd.Timedelta(days=14) <= pd.Timestamp(shipped.as_of, unit="s", tz="UTC")
    expected = contacts.loc[contacts["propensity"].notna() & closed, "id"]

    assert shipped.table()["occasion_id"].tolist() == expected.tolist()


def test_the_last_days_are_in_the_logs_only(shipped: World) -> None:
    """More than a thousand scored contacts are too young for the table, yet stand in the log."""
    contacts = shipped.contacts()
    scored = int(contacts["propensity"].notna().sum())

    assert scored - len(shipped.table()) > 1_000


@pytest.mark.parametrize(("age", "expected"), [(13.999, False), (14.0, True), (15.0, True)])
def test_a_row_waits_for_its_longest_window(age: float, expected: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """14 days must have passed, to the second."""
    actual = mature(np.array([0]), np.array([False]), as_of=int(age * DAY))

    assert LONGEST_DAYS == 14.0
    assert actual.tolist() == [expected]


def test_an_essential_occasion_never_matures_into_a_row() -> None:
    """However old, it is no training row."""
    assert not mature(np.array([0]), np.array([True]), as_of=10**9).any()


def logs(
    *,
    engaged: Sequence[float] = (),
    complained: Sequence[float] = (),
    opted_out: Mapping[float, str | None] | None = None,
) -> Logs:
    """One contact `o1` of customer `c1`, and acts so many seconds after it (opt-outs: which contact they name)."""
    out = dict(opted_out or {})
    after = [*complained, *out]

    def acts(seconds: Sequence[float]) -> dict[str, object]:
        times = pd.Series([START + pd.Timedelta(seconds=s) for s in seconds], dtype="datetime64[ms, UTC]")
        return {"customer": pd.Series(["c1"] * len(seconds), dtype="str"), "time": times}

    named = pd.Series([*[None] * len(complained), *out.values()], dtype="str")
    kinds = pd.Series(["complaint"] * len(complained) + ["opt_out"] * len(out), dtype="str")
    contact = {"id": "o1", "customer": "c1", "purpose": "delivery_update", "channel": "chat", "contacted": True}
    record = {"id": "c1", "tenure_days": 3.0, "plan": "plus", "region": "france", "age_group": "65+"}
    record |= {"app_user": True, "notifications_muted": False, "chats_per_month": 1.0}
    return Logs(
        contacts=pd.DataFrame([contact]).assign(time=acts([0])["time"]),
        engagements=pd.DataFrame(acts(engaged)),
        complaints=pd.DataFrame(acts(after) | {"contact": named, "kind": kinds}),
        customers=pd.DataFrame([record]),
        events=pd.DataFrame(),
    )


def label(name: str, made: Logs) -> bool:
    """Return one label of the one row that the logs give."""
    table = training_table(made, np.array([True]), history=np.zeros((1, len(FEATURES))), propensity=False)
    return bool(table.loc[0, name])


@pytest.mark.parametrize(
    ("second", "expected"), [(-1, False), (0, False), (1, True), (3 * DAY, True), (3 * DAY + 1, False)]
)
def test_the_benefit_window_is_three_days_after_the_decision(second: float, expected: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Engagement counts from the first second after the decision to the end of the third day."""
    assert label("engaged", logs(engaged=[second])) is expected


@pytest.mark.parametrize(("second", "expected"), [(0, False), (1, True), (14 * DAY, True), (14 * DAY + 1, False)])
def test_the_complaint_window_is_fourteen_days(second: float, expected: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Any complaint of the customer counts, within fourteen days."""
    assert label("complained", logs(complained=[second])) is expected


@pytest.mark.parametrize(
    ("second", "contact", "expected"),
    [(DAY, "o1", True), (DAY, "o2", False), (DAY, None, False), (14 * DAY, "o1", True), (15 * DAY, "o1", False)],
)
def test_an_opt_out_counts_only_where_it_names_the_contact(
    second: float,
    contact: str | None,
    expected: bool,  # noqa: FBT001  (parametrised by name)
) -> None:
    """Leaving because of another message, or of everything, is no harm attributable to this one."""
    assert label("opted_out", logs(opted_out={second: contact})) is expected


@pytest.mark.parametrize(
    ("second", "expected"), [(-14 * DAY - 1, False), (-14 * DAY, True), (-1, True), (0, False), (1, False)]
)
def test_what_was_before_ends_with_the_decision(second: float, expected: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """The 14 days before, the instant of the decision not among them."""
    assert label("engaged_before", logs(engaged=[second])) is expected
    assert label("opted_out_before", logs(opted_out={second: None})) is expected


@pytest.mark.parametrize(("days", "expected"), [(1, (True, True)), (8, (False, True)), (29, (False, False))])
def test_other_windows_look_further(days: float, expected: tuple[bool, bool]) -> None:
    """Seven and twenty-eight days after the decision."""
    made = logs(engaged=[days * DAY], complained=[days * DAY])

    assert tuple(label(f"engaged_{window}d", made) for window in (7, 28)) == expected
    assert tuple(label(f"complained_{window}d", made) for window in (7, 28)) == expected


def test_a_window_that_had_not_closed_is_empty(shipped: World) -> None:
    """Even where something had happened by then: a seen outcome alone would favour the quick."""
    table = shipped.table()
    age = pd.Timestamp(shipped.as_of, unit="s", tz="UTC") - table["decided_at"]

    for days in (7, 28):
        assert (table[f"engaged_{days}d"].isna() == (age < pd.Timedelta(days=days))).all()
    assert 0.1 < table["complained_28d"].isna().mean() < 0.2


def test_the_windows_contain_the_labels(shipped: World) -> None:
    """Who engaged within three days engaged within seven, and within twenty-eight."""
    table = shipped.table()
    closed = table["engaged_28d"].notna()

    assert table.loc[table["engaged"], "engaged_7d"].all()
    assert table.loc[closed & (table["engaged_7d"] == True), "engaged_28d"].all()  # noqa: E712  (holds None too)


def test_contact_changed_nothing_before(shipped: World) -> None:
    """The coin knows nothing of the past: both arms engaged alike in the 14 days before."""
    table = shipped.table()
    means = table.groupby("contacted")["engaged_before"].mean()

    assert abs(means[True] - means[False]) < 0.01


def test_an_opt_out_is_no_complaint() -> None:
    """The two harms are separate labels."""
    assert label("complained", logs(opted_out={DAY: "o1"})) is False


def test_nobody_held_out_opts_out_because_of_a_message(shipped: World) -> None:
    """An attributable opt-out needs a message."""
    table = shipped.table()

    assert not table.loc[~table["contacted"], "opted_out"].any()


def test_engagement_and_complaints_happen_without_contact(shipped: World) -> None:
    """The benefit is observable among the held out, so it is no mere response; so are complaints."""
    held_out = shipped.table().loc[lambda t: ~t["contacted"]]

    assert 0.1 < held_out["engaged"].mean() < 0.3
    assert 0.005 < held_out["complained"].mean() < 0.02

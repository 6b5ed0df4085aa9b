"""Rows of many instants judged at once: each is told what it would be told alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Context
from serving.judging import Judged, judge
from serving.policy import engine
from serving.policy.columns import ARRAYS, Columns
from serving.policy.rows import columns_of
from serving.policy.zone_names import Zones
from tests.occasions import policy
from tests.scenarios import INSTANTS, Draw, occasion
from tests.serving.policy.test_not_before import drawn

Row = tuple[Candidate, Context, datetime]
ROWS = 200


def rows(seed: int, count: int) -> list[Row]:
    """Return occasions of all kinds, each at an instant of its own, many of them around changes of clocks."""
    draw, made = Draw(seed), []
    for number in range(count):
        if number % 2:
            case = drawn(seed * count + number)
            made.append((case.one, case.known, case.now))
        else:
            now = draw.pick(list(INSTANTS)) + timedelta(seconds=draw.value() * 86_400 * 9)
            made.append((*occasion(draw, now, trouble=0.05), now))
    return made


def together(some: list[Row]) -> Columns:
    """Return the columns of rows as one, each with its own instant."""
    alone = [columns_of([one], [known], now=now, policy=policy()).columns for one, known, now in some]
    arrays: Mapping[str, Any] = {name: np.concatenate([getattr(c, name) for c in alone]) for name in ARRAYS}
    return Columns(
        **arrays,
        zones=Zones.of(c.zones[0] for c in alone),
        now=np.array([c.instant for c in alone]),
        doubtful=frozenset().union(*[c.doubtful for c in alone]),
    )


def said(found: Judged, rows: int) -> list[Any]:
    """Return all that was said of rows."""
    asked = np.isin(np.arange(rows), found.asked)
    ruling = found.ruling
    return [ruling.verdicts, ruling.failed, ruling.denied, ruling.held, found.waits, found.ends, found.until, asked]


@pytest.mark.parametrize(("block", "few"), [(64, 512), (16_384, 0)], ids=["in blocks", "all at once"])
@pytest.mark.parametrize("tighter", [{}, {"quiet_start": "19:15", "quiet_end": "09:45", "contacts_24h": 1}])
def test_rows_of_many_instants_are_judged_as_each_alone(
    tighter: dict[str, Any], block: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts, ends of holds, expiry, and how long a send may be acted on."""
    monkeypatch.setattr(engine, "BLOCK", block)
    monkeypatch.setattr(engine, "FEW", few)
    some, limits = rows(3, ROWS), policy(tighter).limits
    actual = said(judge(together(some), limits), len(some))
    for row, (one, known, now) in enumerate(some):
        alone = said(judge(columns_of([one], [known], now=now, policy=policy()).columns, limits), 1)
        for here, there in zip(alone, actual, strict=True):
            np.testing.assert_array_equal(there[..., row], here[..., 0])


def test_the_rows_wait_for_many_different_things() -> None:
    """Some are held until an instant that is known, some may be acted on until the night, some are denied."""
    found = judge(together(rows(3, ROWS)), policy().limits)
    kinds = np.isfinite(found.waits).sum(), np.isfinite(found.until).sum(), found.ruling.denied.sum(), len(found.asked)
    assert min(kinds) > 10


def test_some_rows_keep_their_own_instants() -> None:
    """By slice, by place, and the only one as a number; all of them have no one instant."""
    whole = together(rows(5, 9))
    instants = [float(each) for each in np.atleast_1d(whole.now)]
    part, picked = whole.take(slice(2, 4)), whole.take(np.array([7, 0]))
    alone = whole.take(slice(4, 5)).single().now
    actual = np.atleast_1d(part.now).tolist(), np.atleast_1d(picked.now).tolist(), alone
    assert actual == (instants[2:4], [instants[7], instants[0]], instants[4])
    with pytest.raises(TypeError, match="their own"):
        _ = whole.instant

"""Every pattern in every template where figures could matter: many rows of one form, and each has its own answer."""

import numpy as np
import pyarrow as pa
import pytest

from serving.policy.purposes import SERVICES
from tests.serving.candidate_examples import EARLIER, NOW
from tests.serving.columnar.nasty_rows import PATTERNS, POLICY, filled
from tests.serving.columnar.reference import differences

TEMPLATES = (
    "glued",
    "touching",
    "figured",
    "stepped",
    "same_step",
    "before",
    "many",
    "parcel_delayed_why",
    "card_blocked",
)
EACH = 6  # rows of one pattern


def batch_of(template: str, *, seed: int, equal: bool) -> pa.RecordBatch:
    """Return rows about one template, each pattern filled in for all of its facts; the evidence may say another one."""
    chance = np.random.default_rng(seed)
    own = POLICY.templates[template]
    rows = len(PATTERNS) * EACH
    kind = next(iter(SERVICES[own.purpose].evidence))
    cells: dict[str, list[object]] = {
        "candidate_id": [f"c-{row}" for row in range(rows)],
        "user.id": ["u-1"] * rows,
        "purpose": [own.purpose] * rows,
        "channel": ["push"] * rows,
        "evidence.type": [kind] * rows,
        "evidence.id": [f"ev-{row}" for row in range(rows)],
        "evidence.subject": ["u-1"] * rows,
        "evidence.time": [EARLIER] * rows,
        "message.template": [template] * rows,
    }
    for name in own.facts:
        texts = [filled(pattern, chance) for pattern in PATTERNS for _ in range(EACH)]
        cells[f"message.facts.{name}"] = [*texts]
        others = [filled(pattern, chance) for pattern in PATTERNS for _ in range(EACH)]
        cells[f"evidence.data.{name if equal else f'other_{name}'}"] = [*(texts if equal else others)]
    return pa.RecordBatch.from_pydict(cells)


@pytest.mark.parametrize("equal", [True, False], ids=["as recorded", "not recorded"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_each_row_of_a_pattern_has_its_own_answer(template: str, *, equal: bool) -> None:
    """What figures decide is found out row by row, whatever the representative says."""
    found, actual = differences(batch_of(template, seed=3, equal=equal), POLICY, NOW)
    assert actual == []
    assert len(found.plain) > 0

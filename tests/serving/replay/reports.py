"""A replay and what was weighed of it, made by hand, and the report of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from model.contracts import JSON, Action
from serving.analytics.occasions import Occasions
from serving.policy.limits import Limits, tighten
from serving.replay.report import Compared, described
from serving.replay.segments import Segment, Segments
from serving.replay.tallying import Example, Flips, Funnel, Replay
from serving.replay.weighing import Weighed, both
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.occasions import chances

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIMITS = Limits()


def compared(**more: Any) -> Compared:
    """Compare the shipped limits with a tighter cap."""
    tighter = tighten(LIMITS, {"contacts_24h": 1, "channels_off": ["sms", "push"]})
    given: dict[str, Any] = {"ledger": "sqlite:///outreach.db", "made_at": NOW, "policy": ("sha256:a", "sha256:b")}
    return Compared(**({**given, "limits": (LIMITS, tighter), "model": ("v1", "v1")} | more))


def example(number: int, **more: Any) -> Example:
    """Return a customer who would be held."""
    given: dict[str, Any] = {"number": number, "decision_id": f"d-{number}", "user_id": f"u-{number}"}
    given |= {"purpose": "delivery_update", "at": NOW - timedelta(days=20), "before": Action.SEND, "after": Action.HOLD}
    given["reasons"] = ("frequency_cap",)
    return Example(**(given | more))


def replay(**more: Any) -> Replay:
    """Return a thousand decisions of which forty are held that went out."""
    funnel = Funnel()
    funnel.count([560, 40, 0, 0, 100, 0, 0, 0, 300])
    found = Replay(whole=funnel, newest=NOW - timedelta(days=1), oldest=NOW - timedelta(days=30))
    found.purposes["delivery_update"] = funnel
    found.reasons["frequency_cap", Action.HOLD] = Flips(40, [example(number) for number in range(5)])
    found.left_out["otherwise"] = 3
    for name, value in more.items():
        setattr(found, name, value)
    return found


def followed(lift: float, harm: float, seed: int = 0) -> Occasions:
    """Draw four thousand occasions that contact helps and harms so often; one in ten is held out."""
    rng = np.random.default_rng(seed)
    contacted, luck = rng.random(4000) < 0.9, rng.random((3, 4000))
    return occasions(
        contacted,
        chance=0.9,
        benefit=luck[0] < 0.3 + lift * contacted,
        complaint=luck[1] < 0.1 + harm * contacted,
        opt_out=(luck[2] < 0.01 + max(harm, 0.0)) & contacted,
    )


def weighed(seen: Occasions, contact: dict[int, float], delayed: int = 0) -> Weighed:
    """Weigh a proposal that contacts some with another probability, and the last few later."""
    asked = chances(seen, contact, range(len(seen) - delayed, len(seen)))
    return both(seen, asked)


HALF = dict.fromkeys(range(2000), 0.0)
NOTHING = weighed(occasions([]), {})
GROUP = Segment(
    of="customer",
    kind="tenure_days",
    name="below 100",
    decisions=200.0,
    flipped=30.0,
    per_1000=150.0,
    low=140.0,
    high=160.0,
    before={"send": 120.0, "hold": 20.0, "deny": 60.0},
    after={"send": 90.0, "hold": 50.0, "deny": 60.0},
    looked_at=100,
)
GROUPS = Segments(decisions=1000, looked_at=500, groups=(GROUP,))


def report(found: Replay | None = None, said: Weighed | None = None, **more: Any) -> dict[str, JSON]:
    """Describe a replay; by default of a proposal whose figures are all known."""
    asked = more.pop("asked", None)
    whole = said or weighed(followed(0.1, 0.02), HALF, delayed=7)
    return described(compared(**more), found or replay(), weighed=whole, segments=GROUPS, asked=asked)

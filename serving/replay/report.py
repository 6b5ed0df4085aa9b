"""What a replay under another policy or model found, as JSON; its keys are in `docs/replay_report.md`.

The same ledger, proposal and clock give the same bytes. Counts are of decisions, `effects` of occasions: those that
reached the draw and whose windows are over. Estimates carry their 95 % interval; null stands for what the log cannot
answer, and `not_answered` says why, part by part.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from model.contracts import JSON, Action, Interval
from model.off_policy.evaluate import OffPolicy
from serving.policy.limits import Limits, written
from serving.policy.reasons import REASONS
from serving.policy.tightening import Tightening, limits_that_differ
from serving.record.record import stated_time, timestamp
from serving.replay.effects import WEIGHTS, Effects
from serving.replay.proposed import REMOVED
from serving.replay.putting_in_force import steps
from serving.replay.segments import Segment, Segments
from serving.replay.tallying import Example, Flips, Funnel, Replay
from serving.replay.texts import Words
from serving.replay.unanswered import unanswered
from serving.replay.verdict import verdict
from serving.replay.weighing import Weighed

FORMAT: Final = 1
ESTIMATORS: Final = ("doubly_robust", "ips", "self_normalised", "clipped_doubly_robust", "clipped_ips")
BEFORE, AFTER = "before", "after"
OVERRULED: Final = ("proposed", "in_force")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared, over which past: each pair is (at hand, proposed).

    `ledger` is its address without passwords, `made_at` the clock's word. `templates` says of each id whether it is
    `changed`, `added` or `removed`, `texts` its old and new words. `overruled` are limits as they are proposed and as
    they stay in force, `tightened` what people tightened on record last; `looser` says whether any limit
    refuses less than it does.
    """

    ledger: str
    made_at: datetime
    limits: tuple[Limits, Limits]
    policy: tuple[str, str]
    model: tuple[str | None, str | None] = (None, None)
    cutoff: tuple[float | None, float | None] = (None, None)
    templates: Mapping[str, str] | None = None
    texts: Mapping[str, Words] | None = None
    overruled: Mapping[str, tuple[str, str]] | None = None
    tightened: Tightening | None = None
    since: datetime | None = None
    looser: bool = False


def described(
    compared: Compared,
    replay: Replay,
    *,
    weighed: Weighed,
    segments: Segments,
    asked: Mapping[str, int] | None = None,
) -> dict[str, JSON]:
    """Return the whole report as JSON; `asked` is how often another model was, and how it fared."""
    all_of_them = sum(replay.whole.before.values())
    all_known = not ((asked or {}).get("undrawn") or replay.left_out["never_asked"])
    said: dict[str, JSON] = {
        "format": FORMAT,
        "mode": "proposal",
        "compared": _compared(compared, replay),
        "decisions": {
            "replayed": all_of_them,
            "flipped": replay.whole.flipped,
            "left_out": dict(sorted(replay.left_out.items())),
        },
        "funnel": _funnel(replay.whole),
        "reasons": [_flips(code, action, each) for (code, action), each in _most_first(replay)],
        "purposes": [{"purpose": purpose, **_funnel(each)} for purpose, each in _by_flips(replay.purposes)],
        "segments": {
            "decisions": segments.decisions,
            "looked_at": segments.looked_at,
            "groups": [_segment(each) for each in segments.groups],
        },
        "effects": {
            **_effects(weighed.whole, replay.whole, all_known=all_known),
            "purposes": [
                {"purpose": purpose, **_effects(each, replay.purposes.get(purpose, Funnel()), all_known=all_known)}
                for purpose, each in weighed.purposes.items()
            ],
        },
        "asked": dict(asked or {}),
    }
    said["not_answered"] = unanswered(said)
    return {**said, "verdict": asdict(verdict(said)), "in_force": steps(said)}


def _compared(compared: Compared, replay: Replay) -> dict[str, JSON]:
    """Lay out what was compared."""
    before, after = compared.limits
    differ, last = limits_that_differ(before, after), compared.tightened
    return {
        "ledger": compared.ledger,
        "made_at": timestamp(compared.made_at),
        "since": stated_time(compared.since),
        "oldest": stated_time(replay.oldest),
        "newest": stated_time(replay.newest),
        "policy": _pair(compared.policy),
        "model": _pair(compared.model),
        "cutoff": _pair(compared.cutoff),
        "limits": {name: _pair((written(name, getattr(before, name)), to)) for name, to in differ.items()},
        "looser": compared.looser,
        "overruled": {
            name: dict(zip(OVERRULED, pair, strict=True)) for name, pair in (compared.overruled or {}).items()
        },
        "tightened": None if last is None else {"at": timestamp(last.at), "by": last.by},
        "templates": dict(sorted((compared.templates or {}).items())),
        "texts": _texts(compared, replay),
    }


def _texts(compared: Compared, replay: Replay) -> list[dict[str, JSON]]:
    """Lay out the texts that differ, those that go last: their words, and how many messages would be sent with them."""
    hows = compared.templates or {}
    return [
        {"template": name, "how": hows[name], "sent": replay.sent[name], **_pair(words)}
        for name, words in sorted((compared.texts or {}).items(), key=lambda one: (hows[one[0]] == REMOVED, one[0]))
    ]


def _pair(pair: tuple[JSON, JSON]) -> dict[str, JSON]:
    return dict(zip((BEFORE, AFTER), pair, strict=True))


def _funnel(one: Funnel) -> dict[str, JSON]:
    counts = ({str(action): each[action] for action in Action} for each in (one.before, one.after))
    return {**dict(zip((BEFORE, AFTER), counts, strict=True)), "flipped": one.flipped}


def _most_first(replay: Replay) -> list[tuple[tuple[str, Action], Flips]]:
    return sorted(replay.reasons.items(), key=lambda each: (-each[1].count, each[0]))


def _by_flips(purposes: Mapping[str, Funnel]) -> list[tuple[str, Funnel]]:
    return sorted(purposes.items(), key=lambda each: (-each[1].flipped, each[0]))


def _flips(code: str, action: Action, flips: Flips) -> dict[str, JSON]:
    """Lay out the decisions that one reason answers otherwise; one that is sent has nothing that would change it."""
    change = None if action is Action.SEND else REASONS[code].in_general
    examples = [_example(each) for each in flips.examples]
    return {"code": code, AFTER: str(action), "count": flips.count, "would_change": change, "examples": examples}


def _example(one: Example) -> dict[str, JSON]:
    return {
        "decision_id": one.decision_id,
        "user_id": one.user_id,
        "purpose": one.purpose,
        "at": timestamp(one.at),
        BEFORE: str(one.before),
        AFTER: str(one.after),
        "reasons": list(one.reasons),
    }


def _segment(one: Segment) -> dict[str, JSON]:
    said = asdict(one)
    said["flipped_per_1000"] = {"estimate": said.pop("per_1000"), "low": said.pop("low"), "high": said.pop("high")}
    return said


def _effects(found: Effects, funnel: Funnel, *, all_known: bool) -> dict[str, JSON]:
    """Lay out what was weighed; `outcomes` is empty where nothing could be."""
    one_way = _one_way(found, funnel) if all_known else 0.0
    return {
        "occasions": found.rows,
        "open": found.open,
        "open_changed": found.open_changed,
        "open_delayed": found.open_delayed,
        "over_at": stated_time(found.over_at),
        "customers": found.customers,
        "changed": found.changed,
        "changed_size": found.size,
        "drawn_otherwise": found.drawn_otherwise,
        "delayed": found.delayed,
        "confirmed": found.confirmed,
        "contacts": {"more": found.more, "less": found.less},
        "missing": found.missing,
        "said": found.said,
        "outside": [asdict(part) for part in found.outside],
        "outcomes": {
            name: _outcome(difference, found.by_outcome.get(name), found, name, one_way)
            for name, difference in found.differences.items()
        },
        "net_benefit": None if found.net is None else _net(found.net, found, one_way),
    }


def _one_way(found: Effects, funnel: Funnel) -> float:
    """Return by how many contacts figures are; 0 where some come and others go, as drawn or as first answered."""
    net = found.more - found.less
    messages = funnel.after[Action.SEND] - funnel.before[Action.SEND]
    return 0.0 if min(found.more, found.less) > 0.0 or net * messages < 0.0 else net


def _outcome(
    difference: Interval | None, judged: OffPolicy | None, found: Effects, name: str, one_way: float
) -> dict[str, JSON]:
    """Lay out one outcome: per occasion, over all of them, and for each contact that is made or not made."""
    tally = found.tallies[name]
    events = dict(zip(("contacted", "held_out"), tally.events, strict=True))
    if difference is None or judged is None:
        return {"difference": None, "total": None, "per_contact": None, "events": events, "estimators": {}, "notes": []}
    return _figures(difference, judged, found, one_way) | {"events": events}


def _net(judged: OffPolicy, found: Effects, one_way: float) -> dict[str, JSON] | None:
    """Lay out the net benefit, and the weights that make it."""
    difference = judged.against_logging.doubly_robust
    return None if difference is None else _figures(difference, judged, found, one_way) | {"weights": dict(WEIGHTS)}


def _figures(difference: Interval, judged: OffPolicy, found: Effects, one_way: float) -> dict[str, JSON]:
    """Lay out a difference per occasion, over all of them, and for each contact that is made or not made."""
    return {
        "difference": _interval(difference),
        "total": _times(difference, found.rows),
        "per_contact": _times(difference, found.rows / abs(one_way)) if one_way else None,
        "logged": _interval(judged.logged),
        "mean_weight": _interval(judged.mean_weight),
        "estimators": {name: _estimator(judged, name) for name in ESTIMATORS},
        "notes": list(judged.notes),
    }


def _times(one: Interval, factor: float) -> dict[str, JSON]:
    return {name: value * factor for name, value in _interval(one).items()}


def _estimator(judged: OffPolicy, name: str) -> dict[str, JSON]:
    return {
        "proposed": _interval(getattr(judged, name)),
        "difference": _interval(getattr(judged.against_logging, name)),
    }


def _interval(one: Any) -> dict[str, JSON]:
    """Lay out figures; no nought has a minus."""
    return {name: value + 0.0 if isinstance(value, float) else value for name, value in asdict(one).items()}

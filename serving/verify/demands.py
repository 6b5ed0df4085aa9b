"""What the contract asks of every filter, once more and as data: not taken from the filters that are checked.

`DEMANDS`: the inputs without which a code's question must be answered with no, and on which rows. `WAIVED`: the marks
of CONTRACT section 5. `STEPS` and `WORSE`: which change of a column is for the worse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from serving.policy.columns import NO, UNKNOWN, YES, Columns, Flags, Mask, Numbers
from serving.policy.reasons import POLICY_CODES
from serving.verify.classes import COUNTS, FLAGS, MINUTES, TIMES, Uncovered

Where = Mapping[str, tuple[int, ...]]  # all of these columns have one of these values
ALWAYS: tuple[Where, ...] = ({},)
FOUND: tuple[Where, ...] = ({"found": (YES,)},)
OUTBOUND: tuple[Where, ...] = ({"outbound": (YES,)},)
WORDED: tuple[Where, ...] = ({"complete": (YES,)},)
CHAT_PLACE, WIDGET_PLACE, ONBOARDING = 0, 1, 8


@dataclass(frozen=True, slots=True)
class Demand:
    """Where `needs` is unknown, and one of `where` stands, the filter must not let the row pass."""

    needs: str
    where: tuple[Where, ...] = ALWAYS


DEMANDS: Mapping[str, tuple[Demand, ...]] = MappingProxyType(
    {
        "purpose_is_marketing": (),
        "purpose_unknown": (),
        "purpose_switched_off": (),
        "evidence_missing": (Demand("found"),),
        "evidence_wrong_type": (Demand("fits", ({"found": (YES,), "purpose": tuple(range(9))},)),),
        "evidence_of_another_customer": (Demand("theirs", FOUND),),
        "evidence_stale": (Demand("evidence_time", FOUND),),
        "expired": (Demand("expires_at"),),
        "fact_superseded": (Demand("superseded", FOUND), Demand("outdated", FOUND)),
        "already_told": (Demand("already_told", FOUND),),
        "customer_already_knows": (Demand("last_inbound", FOUND),),
        "promotional_wording": (Demand("promotional", WORDED),),
        "generic_wording": (Demand("generic", WORDED),),
        "facts_missing": (),
        "next_step_missing": (),
        "template_not_approved": (Demand("approval", ({"templated": (YES,)},)),),
        "channel_not_allowed": (Demand("allowed"),),
        "consent_missing": (Demand("consent", OUTBOUND),),
        "opted_out": (Demand("opted_out"),),
        "timezone_unknown": (Demand("zoned", OUTBOUND),),
        "session_missing": (),
        "not_their_session": (Demand("live", ({"channel": (CHAT_PLACE,)},)),),
        "contradicts_history": (Demand("returning", ({"purpose": (ONBOARDING,)}, {"newcomer": (YES, UNKNOWN)})),),
        "dismissed": (Demand("dismissed_at"),),
        "quiet_hours": (),
        "frequency_cap": (
            Demand("contacts_60m", OUTBOUND),
            Demand("contacts_24h", OUTBOUND),
            Demand("contacts_7d", OUTBOUND),
            Demand("widget_messages", ({"channel": (WIDGET_PLACE,)},)),
        ),
        "cooling_off": (Demand("last_complaint"),),
        "complaint_open": (Demand("complaint_open"),),
        "conversation_open": (Demand("conversation_open"),),
        "too_soon": (Demand("remind_at"), Demand("settled_since")),
        "awaiting_approval": (Demand("approval", ({"templated": (NO,), "outbound": (YES,)}, {"judged": (NO,)})),),
        "breaker_open": (Demand("breaker_open"),),
    }
)
# Columns whose unknown value is an answer of its own, or is refused by another column that goes with it
# (`serving.verify.fields` checks that the reader keeps them together).
ANSWERED: Mapping[str, str] = MappingProxyType(
    {
        "purpose": "no purpose that exists is refused by name",
        "channel": "none of the channels goes with `allowed` not being yes",
        "due_at": "no reminder",
        "minute": "no clock goes with `zoned` not being yes",
        "minute_too": "no second clock",
        "own": "no session, which goes with `live` being no",
        "newcomer": "counts as yes",
    }
)
ESSENTIAL, CRITICAL = 1, 2
WAIVED: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("consent_missing", "cooling_off", "complaint_open", "conversation_open", "dismissed"), ESSENTIAL)
    | dict.fromkeys(("quiet_hours", "timezone_unknown", "breaker_open", "opted_out"), CRITICAL)
)
BINDING = "opted_out"  # critical, too, on the channels of `opt_out_binds`

BAD, GOOD = ((NO, YES),), ((YES, NO),)
STEPS: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(  # flags: (before, after the harm)
    {
        **dict.fromkeys(("superseded", "outdated", "already_told", "promotional", "generic", "newcomer"), BAD),
        **dict.fromkeys(("opted_out", "returning", "complaint_open", "conversation_open", "breaker_open"), BAD),
        **dict.fromkeys(("found", "fits", "theirs", "complete", "grounded", "next_step", "same_purpose"), GOOD),
        **dict.fromkeys(("judged", "allowed", "consent", "zoned", "live", "own"), GOOD),
        "approval": ((1, 2), (1, 0)),
    }
)
WORSE: Mapping[str, int] = MappingProxyType(  # numbers: +1 where more is worse, −1 where less is
    {
        **dict.fromkeys(("evidence_time", "due_at", "expires_at"), -1),
        **dict.fromkeys(("remind_at", "last_inbound", "last_complaint", "dismissed_at", "settled_since"), +1),
        **dict.fromkeys(COUNTS, +1),
    }
)
NEITHER = frozenset({"readable", "purpose", "channel", "mark", "ages_as", "templated", "outbound", "minute"})
SECOND_CLOCK = "minute_too"  # any is worse than none


def stands(c: Columns, where: tuple[Where, ...]) -> Mask:
    """Return the rows on which one of these conditions stands."""
    masks = [
        np.logical_and.reduce([np.isin(getattr(c, name), values) for name, values in each.items()])
        if each
        else np.ones(c.rows, dtype=np.bool_)
        for each in where
    ]
    return np.asarray(np.logical_or.reduce(masks))


def demanded() -> None:
    """Raise `Uncovered` for a code without demands, or a column without a word on its unknown value or its harm."""
    for code in sorted({*POLICY_CODES} - {"filter_failed"} ^ {*DEMANDS}):
        raise Uncovered(f"the code `{code}` has no demands; say in `serving.verify.demands` what it must know")
    spoken = {each.needs for demands in DEMANDS.values() for each in demands} | {*ANSWERED}
    unknowable = {name for name, values in FLAGS.items() if UNKNOWN in values} | {*TIMES, *COUNTS, *MINUTES}
    for name in sorted(unknowable - spoken):
        raise Uncovered(f"nobody demands to know the column `{name}`; say in `serving.verify.demands` who does")
    for name in sorted({*Flags._fields, *Numbers._fields} ^ {*STEPS, *WORSE, *NEITHER, SECOND_CLOCK}):
        raise Uncovered(f"the column `{name}` has no harm; say in `serving.verify.demands` what is worse")

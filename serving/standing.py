"""What chance did with an occasion, and whether anything discretionary may go out at all (METHOD sections 2 and 7).

An assignment is made by `serving.decide` and kept by the ledger; experiments and the monitor's trips live in the
ledger, and a `Standing` is what one transaction sees of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from model.contracts import JSON, Arm, Outcome
from model.monitor.detector import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What chance did with an occasion that reached the draw: a row of the training table to be (METHOD section 1).

    `contact_probability` is e = P(contacted | history); `above` the score's side of the cut-off, None in an experiment;
    `watch` the key of what was in force: the certificate's artefact, or the experiment.
    """

    arm: Arm
    contacted: bool
    contact_probability: float
    above: bool | None
    watch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Contact without a certificate, as a named person started it; share, size and end are fixed beforehand.

    `contacts` counts its sends so far. It is over once `stopped_at` is set, by a person or by itself (`stopped_by`
    `outreach`, `why` says which bound was reached).
    """

    id: str
    share: float
    max_contacts: int
    until: datetime
    by: str
    started_at: datetime
    complaint_at_most: float = 0.005
    opt_out_at_most: float = 0.005
    contacts: int = 0
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    why: str | None = None

    @property
    def remaining(self) -> int:
        """How many more contacts it may make; 0 once it is over."""
        return 0 if self.stopped_at is not None else max(self.max_contacts - self.contacts, 0)

    @property
    def watch(self) -> Watch:
        """What the monitor watches while it runs; nothing is known of the control rate but that it may be the limit."""
        return Watch(
            key=self.id,
            complaint_at_most=self.complaint_at_most,
            opt_out_at_most=self.opt_out_at_most,
            control_rate=self.complaint_at_most,
            contact_above=self.share,
            contact_below=self.share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """The kill switch fell: what was watched, which harm, on what evidence; and who released it, when and why."""

    watch: str
    harm: str
    detail: str
    at: datetime
    released_at: datetime | None = None
    released_by: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker of a template, or of a text's digest, opened at `at`; and who released it, when and why.

    `volume` is how many went out in the hour before, `median` that of the hours of use of the 28 days before.
    """

    key: str
    at: datetime
    volume: int
    median: float
    released_at: datetime | None = None
    released_by: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether anything discretionary may go out now, whatever the score says.

    `experiment` is the one that runs now (for what was drawn before: the one that drew it), `trip` the open one,
    `silent_since` the first look after a send from which on no outcome was reported for at least 14 days (METHOD
    section 4: void).
    """

    experiment: Experiment | None = None
    trip: Trip | None = None
    silent_since: datetime | None = None

    @property
    def stopped(self) -> str | None:
        """What keeps everything discretionary back: `tripped`, `silent` or None."""
        return "tripped" if self.trip is not None else "silent" if self.silent_since is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A row of the training table to be: the first decision about a fact that reached the draw, with what followed.

    `record` is the decision's own record, as logged then. `outcomes` are the customer's, of any kind, by decision (any
    of theirs) or by customer as reported, within 28 days before and after; their `time` is that from which they count:
    that of recording where the sender's clock was fast. What names this decision has no earliest time, nor what names
    one of `again`: the ids of later decisions about the fact that contacted once more.
    """

    record: Mapping[str, JSON]
    assignment: Assignment
    outcomes: tuple[Outcome, ...]
    again: tuple[str, ...] = ()

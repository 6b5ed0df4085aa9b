"""What people of the company do in the month: an experiment, reviews of wordings, a breaker released, a key taken back.

Each act is named, dated and has its reason, as the commands and the API demand of real people.
"""

from datetime import timedelta
from functools import partial
from typing import NamedTuple

from serving.access.keys import key_record
from serving.cli.month.calendar import Calendar
from serving.cli.month.office import Act, Office
from serving.reviewing import Review, review_template
from serving.standing import Experiment
from serving.system import id_of, new_token

LEAD, CHAT, CONTENT = "Priya Shah", "Jonas Weber", "Lena Hofmann"
EXPERIMENT = "first-look"
WITHDRAWN = "appointment_bring"


class Said(NamedTuple):
    """A review: when, of which template, by whom, the two answers, and why."""

    days: int
    clock: str
    template: str
    who: str
    agent: bool
    customer: bool
    comment: str | None


REVIEWS = (
    Said(28, "09:40", "parcel_delayed", LEAD, True, True, "Says what happened and what they can do."),
    Said(28, "09:52", "appointment_changed_why", LEAD, True, True, "The reason is what people ask for first."),
    Said(24, "15:05", "unresolved_followup", CHAT, True, True, None),
    Said(9, "10:30", WITHDRAWN, CHAT, True, False, "People ask why we cannot look this up ourselves."),
    Said(6, "11:15", "incident_resolved", CONTENT, True, True, "Plain, and says what was wrong."),
)


def acts(calendar: Calendar) -> list[Act]:
    """Return what people do, each at its time."""
    reviews: list[Act] = [(calendar.ago(one.days, one.clock), partial(_review, one)) for one in REVIEWS]
    return [
        (calendar.begin + timedelta(hours=7), _start),
        (calendar.learned, _stop),
        (calendar.ago(17, "16:20"), _old_key),
        *reviews,
    ]


def _start(office: Office) -> None:
    """Start the experiment: there is no certificate yet, and without either nothing discretionary goes out."""
    now = office.clock()
    begun = Experiment(
        id=EXPERIMENT,
        share=0.5,
        max_contacts=5_000,
        until=now + timedelta(days=14),
        by=LEAD,
        started_at=now,
        complaint_at_most=0.05,
        opt_out_at_most=0.05,
    )
    office.tx.start_experiment(begun)


def _stop(office: Office) -> None:
    """End it: the model has a certificate now."""
    why = "the first model is certified; it decides from here on"
    office.tx.stop_experiment(EXPERIMENT, at=office.clock(), by=LEAD, why=why)


def _review(said: Said, office: Office) -> None:
    """Record what somebody answered about a template as it reads now."""
    asked = Review(
        digest=office.policy.digests[said.template],
        what=f"template:{said.template}",
        reviewer=said.who,
        agent_would_send=said.agent,
        customer_would_thank=said.customer,
        comment=said.comment,
        by=f"{said.who} (console)",
        at=office.clock(),
    )
    review_template(office.tx, asked)


def _old_key(office: Office) -> None:
    """Make a key for a dashboard and take it back an hour later; nobody ever had it."""
    at = office.clock()
    made = key_record(new_token(), key_id=id_of(at, 1), name="old dashboard", scopes=["read"], at=at)
    office.tx.add_key(made)
    office.tx.revoke_key(made.id, at=at + timedelta(hours=1))

"""An incident of the month: more news of it within an hour than ever go out, so the breaker waits for a person."""

from datetime import timedelta
from functools import partial

from serving.cli.month.calendar import Calendar
from serving.cli.month.office import Act, Office
from serving.cli.month.questions import about
from serving.cli.month.staff import LEAD

DAYS_AGO, AT, RELEASED = 14, "17:10", "17:58"
AFFECTED, TOGETHER = 264, 24
TEMPLATE = "incident_resolved"
DATA = {"incident": "I-7", "service": "The pick-up code in the app", "cause": "codes of Friday were sent twice"}
WHY = "one incident, 264 customers, each told once; I read the text and the list"


def acts(calendar: Calendar) -> list[Act]:
    """Return the news of the incident, a few minutes apart, and the release of what it set off."""
    begins = calendar.ago(DAYS_AGO, AT)
    told = [
        (begins + timedelta(minutes=2 * number), partial(_told, first))
        for number, first in enumerate(range(0, AFFECTED, TOGETHER))
    ]
    return [*told, (calendar.ago(DAYS_AGO, RELEASED), _released)]


def _told(first: int, office: Office) -> None:
    """Tell some of those affected that it works again."""
    last = min(first + TOGETHER, AFFECTED)
    users = [f"c{11 * number + 2}" for number in range(first, last)]
    now = office.clock()
    office.ask(
        [
            about(
                user,
                "incident.resolved",
                f"i-7-{user}",
                DATA,
                at=now,
                purpose="remediation",
                channel="push",
                template=TEMPLATE,
            )
            for user in users
        ]
    )


def _released(office: Office) -> None:
    """Release the breaker, as somebody with an admin key does."""
    for one in office.tx.breakers(released=0):
        office.tx.release_breaker(one.key, at=office.clock(), by=f"{LEAD} (console)", why=WHY)

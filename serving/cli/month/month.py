"""Living through the month, day by day: what is due, what is asked, what is reported, each at its own time."""

import logging
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from operator import itemgetter

from serving.cli.month import campaign, incident, staff, stories
from serving.cli.month.calendar import DAYS, Calendar
from serving.cli.month.office import Act, Office
from serving.cli.month.town import Group, Town
from serving.policy_files.templates import load_policy
from serving.ports import Ledger, Scorer

QUIET_END = timedelta(minutes=5)  # before now, nothing is begun any more


def lived(ledger: Ledger, scorer: Scorer, now: datetime) -> Office:
    """Fill a new ledger with the thirty days before `now`; return the office in which they were lived."""
    calendar = Calendar(now)
    logging.getLogger("serving.ledger.breaker").addHandler(logging.NullHandler())  # what it says is no news of today
    office, town = Office.opened(ledger, load_policy()), Town.founded(calendar.begin)
    with ledger.transaction() as tx:
        town.introduce(tx)
    begun: list[Act] = [(calendar.learned, lambda made: made.put_in_charge(scorer))]
    planned = [
        *begun,
        *staff.acts(calendar),
        *campaign.acts(calendar),
        *incident.acts(calendar),
        *stories.acts(calendar),
    ]
    for day in range(DAYS + 1):
        begins = calendar.begin + timedelta(days=day)
        ends = max(begins, min(begins + timedelta(days=1), now - QUIET_END))
        own: list[Act] = [(at, partial(_asked, town, some)) for at, some in town.questions(day)]
        todays = [act for act in planned if begins <= act[0] < begins + timedelta(days=1)]
        with office.shift():
            for at, act in sorted(chain(own, todays), key=itemgetter(0)):
                if at < ends:
                    office.go_on(at, town.outcomes(at, office))
                    act(office)
            office.go_on(ends, town.outcomes(ends, office))
            town.end(day, office)
    return office


def _asked(town: Town, some: Group, office: Office) -> None:
    town.ask(office, some)

"""What marketing tries in the month: a win-back campaign as files, and a discount that hides inside a parcel update.

All of it is refused, and recorded for the people who own marketing. Files are decided as `outreach batch` does.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from model.contracts import Shares
from model.synthetic.messages import Row
from serving.arms import Exploration
from serving.batch.run import run_batch
from serving.cli.month.calendar import Calendar
from serving.cli.month.office import Act, Office
from serving.cli.month.questions import FRESH, SHOP
from serving.cli.quarter.company import write

WAVES = (  # days ago, at, to how many, text
    (13, "09:05", 260, "We miss you! Come back for 20 % off your next order."),
    (11, "09:02", 190, "Still thinking of us? Your 20 % discount ends on Sunday."),
    (8, "16:47", 120, "Last chance: 25 % off everything, only today, only for you."),
)
HIDDEN = (7, "10:18", 24, "Your parcel now arrives on Friday. Take 15 % off your next order!")
EVERY, FIRST = 7, 3  # of the customers: a list of addresses


def acts(calendar: Calendar) -> list[Act]:
    """Return the waves of the campaign, and what came when the campaign had been refused."""
    waves: list[Act] = [
        (calendar.ago(days, clock), partial(_decided, [_win_back(number, who, text) for who in range(count)]))
        for number, (days, clock, count, text) in enumerate(WAVES, 1)
    ]
    days, clock, count, text = HIDDEN
    at = calendar.ago(days, clock)
    return [*waves, (at, partial(_decided, [_hidden(who, text, at) for who in range(count)]))]


def _win_back(wave: int, who: int, text: str) -> Row:
    return {
        "candidate_id": f"win-back-{wave}-{who}",
        "user.id": _user(who),
        "purpose": "win_back",
        "channel": "email",
        "message.text": text,
        "message.next_step": None,
    }


def _hidden(who: int, text: str, at: datetime) -> Row:
    data = {"parcel": f"Q-{who}", "new_eta": "Friday"}
    return {
        "candidate_id": f"update-{who}",
        "user.id": _user(who),
        "purpose": "delivery_update",
        "channel": "email",
        "evidence.type": "shipment.delayed",
        "evidence.id": f"late-{who}",
        "evidence.source": SHOP,
        "evidence.subject": _user(who),
        "evidence.time": at - FRESH,
        **{f"evidence.data.{name}": value for name, value in data.items()},
        "message.text": text,
        "message.next_step": "Reply to change the day.",
    }


def _user(who: int) -> str:
    return f"c{EVERY * who + FIRST}"


def _decided(rows: Sequence[Row], office: Office) -> None:
    """Decide a file of candidates in the ledger."""
    with office.apart(), TemporaryDirectory() as place:
        file = Path(place) / "candidates.parquet"
        write(file, rows)
        run_batch(
            file,
            Path(place) / "decisions",
            now=office.clock() + timedelta(seconds=1),
            policy=office.policy,
            scorer=office.models.scorer,
            ledger=office.ledger,
            exploration=Exploration(shares=Shares(), salt=office.ledger.salt),
        )

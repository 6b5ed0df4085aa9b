"""The ledger as `outreach doctor` looks at it: whether it can be written, what is stopped, who may ask."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from serving.access.keys import is_active
from serving.cli.faults import FAULTS, Finding, Worry
from serving.cli.options import open_settings_ledger, refuse_left
from serving.cli.surroundings import clock, disk, keys
from serving.ledger.experiments import ITSELF
from serving.ledger.looking import age, is_there
from serving.ledger.postgres.opening import is_postgres
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.loop.heartbeat import stands_in
from serving.ports import KeyRecord
from serving.record.record import timestamp
from serving.score_reasons import HARMS
from serving.settings import Settings
from serving.standing import Breaker, Experiment, Standing
from serving.timetable import OfferState

NEWS = timedelta(days=14)  # so long is the end of an experiment told
IN_MEMORY = ("sqlite://:memory:", "sqlite:///:memory:")
UNTAKEN = "; set `webhook_url`, or ask more often, and report `not_delivered` of what was not sent"


class _Looked(Exception):  # noqa: N818  (no error: what was looked at is left as it was)
    """Ends a transaction that was opened to look: nothing of it is kept."""


def missing(settings: Settings) -> str | None:
    """Return the path of the ledger's file, or the address of its server, where it is not there yet."""
    if is_postgres(settings.ledger):
        return None if is_there(settings.ledger) else str(settings.masked()["ledger"])
    scheme, _, path = settings.ledger.partition(":///")
    return path if scheme == "sqlite" and path and not Path(path).exists() else None


class Books:
    """The ledger of some settings, looked at once; a diagnosis upgrades and changes nothing."""

    def __init__(self, settings: Settings, at: datetime) -> None:
        self._settings = settings
        self._at = at
        self._keys: list[KeyRecord] | None = None
        self._newest: datetime | None = None
        self._experiment: Experiment | None = None
        self.opened: SqliteLedger | None = None

    def close(self) -> None:
        """Close the ledger, where it was opened."""
        if self.opened is not None:
            self.opened.close()

    def look(self) -> str | Worry:
        """Open the ledger, if it is there, and a write transaction.

        Says what is stopped and which experiment runs, as the next decision would find it.
        """
        absent = missing(self._settings)
        if absent is not None:
            refuse_left(self._settings)
            return Worry(f"`{absent}` is not there yet; `outreach serve` and `outreach keys create` make it")
        if self._settings.ledger.startswith(IN_MEMORY):
            return Worry("it is in memory, and ends with its process; name a file: `sqlite:///outreach.db`")
        version, self._newest = age(self._settings.ledger)
        if version < len(MIGRATIONS):
            fault = FAULTS["old_schema"]
            return Worry(fault.found(version=version, newest=len(MIGRATIONS)).seen)
        self.opened = open_settings_ledger(self._settings, create=False)
        said: list[str] = []
        with suppress(_Looked), self.opened.transaction() as tx:
            self._keys = tx.keys()
            stands = stands_in(tx, self._at)
            self._experiment = next(iter(tx.experiments()), None)
            said = [*discretion(stands.standing), *map(broken, stands.breakers), *waiting(stands.offers)]
            raise _Looked
        many = sum(is_active(key, self._at) for key in self._keys or ())
        seen = "; ".join([told_keys(many), *said])
        usual = [text for text in said if text.startswith("experiment ") or " offers wait: " in text]
        return seen if len(usual) == len(said) else Worry(seen)

    def around(self) -> list[Finding]:
        """Say what there is of the ledger's disk, its keys, its experiment, and the clock that it was written by."""
        here = [] if is_postgres(self._settings.ledger) else [path_in(self._settings.ledger)]
        found = [one for path in here if path is not None for one in disk(path)]
        if self._keys is not None:
            found += keys(self._keys, self._settings, self._at)
        if self._experiment is not None:
            found += ended(self._experiment, self._at)
        return [*found, clock(self._newest, self._at)]


def told_keys(many: int) -> str:
    """Say that the ledger can be written, and how many keys may ask."""
    return f"writable, {many} active keys" + ("" if many else "; make one with `outreach keys create --scope …`")


def ended(newest: Experiment, at: datetime) -> list[Finding]:
    """Say that the newest experiment ended by itself, for a while after it did."""
    over = newest.stopped_at
    if over is None or newest.stopped_by != ITSELF or at - over >= NEWS:
        return []
    return [FAULTS["experiment_over"].found(id=newest.id, by=newest.by, at=timestamp(over), why=newest.why)]


def path_in(url: str) -> Path | None:
    """Return the file that an address of SQLite names; None where it names none."""
    _, _, path = url.partition(":///")
    return Path(path) if path and not url.startswith(IN_MEMORY) else None


def waiting(offers: Mapping[OfferState, int]) -> list[str]:
    """Say how many offers wait to be delivered, or asked for, were given up, or expired, and what to do of these."""
    said = {
        OfferState.WAITING: ("wait", ""),
        OfferState.DEAD: ("could not be delivered", ""),
        OfferState.EXPIRED: ("expired before anybody took them, and count as contacts", UNTAKEN),
    }
    return [
        f"{offers[state]} offers {words}: GET /v1/offers?state={state}{then}"
        for state, (words, then) in said.items()
        if offers[state]
    ]


def broken(breaker: Breaker) -> str:
    """Say which template is held back, since when and why, with the next step."""
    return (
        f"the breaker of {breaker.key} is open since {timestamp(breaker.at)}, {breaker.volume} went out within an hour "
        f"where {breaker.median:g} are usual; find the cause, then release it: POST /v1/approvals with `breaker`, `why`"
    )


def discretion(standing: Standing) -> list[str]:
    """Say what stands in the way of everything discretionary, with the next step, and which experiment runs."""
    said: list[str] = []
    if standing.trip is not None:
        trip = standing.trip
        harm = HARMS.get(trip.harm, trip.harm)
        said.append(
            f"only essential service goes out: the monitor tripped on {harm} of watch {trip.watch} at "
            f"{timestamp(trip.at)}; find the cause, then `outreach monitor release --by NAME --why TEXT`"
        )
    if standing.silent_since is not None:
        said.append(
            "only essential service goes out: no outcome was reported of the sends since "
            f"{timestamp(standing.silent_since)}; report outcomes to `/v1/outcomes`"
        )
    if standing.experiment is not None:
        one = standing.experiment
        said.append(
            f"experiment {one.id} of {one.by} runs until {timestamp(one.until)}, {one.remaining} contacts are left"
        )
    return said

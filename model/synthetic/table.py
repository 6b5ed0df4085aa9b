"""From raw logs to the training table: labels by window, only rows whose longest window has closed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.history import DAY, FEATURES, NEVER
from model.synthetic.customers import ATTRIBUTES, Bools, Floats, Ints
from model.synthetic.effects import BENEFIT_DAYS, COMPLAINT_DAYS, OPT_OUT_DAYS
from model.synthetic.logs import Logs

LONGEST_DAYS = max(BENEFIT_DAYS, COMPLAINT_DAYS, OPT_OUT_DAYS)
BEFORE_DAYS = 14
WINDOW_DAYS = (7, 28)  # beside the labels' own
_SPAN = np.int64(10**11)  # more than any epoch second: customer · _SPAN + time sorts by customer, then time


def mature(time: Ints, essential: Bools, *, as_of: int) -> Bools:
    """Mark the scored occasions whose longest outcome window had closed at `as_of` (epoch seconds)."""
    return ~essential & (time + int(LONGEST_DAYS * DAY) <= as_of)


def training_table(
    logs: Logs, chosen: Bools, *, history: Floats, propensity: bool, as_of: int | None = None
) -> pd.DataFrame:
    """Build the table of CONTRACT section 3 from the `chosen` contacts; `history` holds their features as logged.

    Labels look at (t, t + window]: any engagement, any complaint, an opt-out that names this contact; `propensity`
    adds the logged column. The last columns are for the checks alone; windows that had not closed at `as_of` (epoch
    seconds) are empty there.
    """
    contacts, complaints = logs.contacts[chosen].reset_index(drop=True), logs.complaints
    complained = complaints[complaints["kind"] == "complaint"]
    table = contacts[["id", "customer", "time", "purpose", "channel", "contacted"]].rename(
        columns={"id": "occasion_id", "time": "decided_at"}
    )
    table["engaged"] = _any_within(contacts, logs.engagements, BENEFIT_DAYS)
    table["complained"] = _any_within(contacts, complained, COMPLAINT_DAYS)
    table["opted_out"] = _attributed(contacts, complaints, OPT_OUT_DAYS)
    if propensity:
        table["propensity"] = contacts["propensity"]
    records = logs.customers.set_index("id").loc[table["customer"], list(ATTRIBUTES)].reset_index(drop=True)
    past = pd.DataFrame(history, columns=list(FEATURES))
    whole = {name: "int16" for name in FEATURES if name not in NEVER}
    return pd.concat([table, records, past.astype(whole), _for_checks(contacts, logs, as_of=as_of)], axis=1)


def _for_checks(contacts: pd.DataFrame, logs: Logs, *, as_of: int | None) -> pd.DataFrame:
    """Return what only a sceptic reads: outcomes of the 14 days before, other windows, the policy's version."""
    harms = logs.complaints
    complaints, opt_outs = (harms[harms["kind"] == kind] for kind in ("complaint", "opt_out"))
    columns: dict[str, pd.Series] = {
        "engaged_before": pd.Series(_any_before(contacts, logs.engagements, BEFORE_DAYS)),
        "opted_out_before": pd.Series(_any_before(contacts, opt_outs, BEFORE_DAYS)),
    }
    for name, acts in (("engaged", logs.engagements), ("complained", complaints)):
        for days in WINDOW_DAYS:
            columns[f"{name}_{days}d"] = _closed(_any_within(contacts, acts, days), contacts["time"], days, as_of)
    columns["policy_version"] = contacts["time"].dt.strftime("%Y.%m").astype("str")
    return pd.DataFrame(columns)


def _closed(happened: Bools, time: pd.Series, days: int, as_of: int | None) -> pd.Series:
    """Return a window's outcome, None where it had not closed: there even a seen outcome would favour the lively."""
    closed = np.ones(len(time), dtype=bool) if as_of is None else _seconds(time) + int(days * DAY) <= as_of
    if closed.all():
        return pd.Series(happened)
    cells = happened.astype(object)
    cells[~closed] = None
    return pd.Series(cells)


def _any_before(contacts: pd.DataFrame, acts: pd.DataFrame, days: float) -> Bools:
    """Whether the customer of each contact did any of `acts` in [t − days, t)."""
    done = np.sort(_keys(acts))
    end = _keys(contacts)
    return np.searchsorted(done, end, side="left") > np.searchsorted(done, end - int(days * DAY), side="left")


def _any_within(contacts: pd.DataFrame, acts: pd.DataFrame, days: float) -> Bools:
    """Whether the customer of each contact did any of `acts` in (t, t + days]."""
    done = np.sort(_keys(acts))
    begin = _keys(contacts)
    before = np.searchsorted(done, begin, side="right")
    return np.searchsorted(done, begin + int(days * DAY), side="right") > before


def _attributed(contacts: pd.DataFrame, complaints: pd.DataFrame, days: float) -> Bools:
    """Whether an opt-out that names the contact came in (t, t + days]."""
    named = complaints[(complaints["kind"] == "opt_out") & complaints["contact"].notna()]
    first = named.groupby("contact")["time"].min().reindex(contacts["id"]).set_axis(contacts.index)
    late = first - contacts["time"]
    return ((late > pd.Timedelta(0)) & (late <= pd.Timedelta(days=days))).to_numpy(dtype=bool)


def _keys(log: pd.DataFrame) -> NDArray[np.int64]:
    """Return one sortable number per line of a log: customer first, then epoch second."""
    customer = log["customer"].str.slice(1).astype("int64").to_numpy()
    return np.asarray(customer * _SPAN + _seconds(log["time"]), dtype=np.int64)


def _seconds(time: pd.Series) -> NDArray[np.int64]:
    """Return instants as epoch seconds."""
    return np.asarray(time.dt.as_unit("s").astype("int64").to_numpy(), dtype=np.int64)

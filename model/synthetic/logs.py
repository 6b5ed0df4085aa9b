"""The raw logs of CONTRACT section 10 as data frames: what a company would export."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.synthetic.chance import Script
from model.synthetic.customers import ATTRIBUTES, ZONES, Customers, Ints
from model.synthetic.occasions import Schedule
from model.synthetic.purposes import KINDS
from model.synthetic.simulate import Run

_WEEKDAY = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Logs:
    """The five raw logs; `customers` and `engagements` … are joined by the customer's id."""

    contacts: pd.DataFrame
    engagements: pd.DataFrame
    complaints: pd.DataFrame
    customers: pd.DataFrame
    events: pd.DataFrame


def raw_logs(script: Script, run: Run, *, until: int, propensity: bool) -> Logs:
    """Export everything that had happened before `until` (epoch seconds), with or without the logged propensity."""
    contacts = _contacts(script.plan, run)
    return Logs(
        contacts=contacts if propensity else contacts.drop(columns="propensity"),
        engagements=_engagements(run, until=until),
        complaints=_complaints(script.plan, run, until=until),
        customers=_customers(script.people, script.plan),
        events=_events(script.plan),
    )


def _names(prefix: str, index: Ints) -> pd.Series:
    """Short ids: the prefix and the number."""
    return pd.Series([f"{prefix}{i}" for i in index.tolist()], dtype="str")


def _instants(seconds: Ints) -> pd.Series:
    """Epoch seconds as UTC timestamps, in the resolution that Parquet keeps."""
    return pd.Series(pd.to_datetime(seconds, unit="s", utc=True)).astype("datetime64[ms, UTC]")


def contact_order(plan: Schedule, run: Run) -> Ints:
    """Return the indices of the kept occasions in the order of the contact log (time, then customer)."""
    kept = np.flatnonzero(run.kept)
    return kept[np.lexsort((plan.customer[kept], plan.time[kept]))]


def _evidence_numbers(plan: Schedule) -> Ints:
    """Return the number of each occasion's evidence: events are numbered by time."""
    number = np.empty(len(plan.time), dtype=np.int64)
    number[np.lexsort((plan.customer, plan.evidence_time))] = np.arange(len(plan.time))
    return number


def _contacts(plan: Schedule, run: Run) -> pd.DataFrame:
    """One row per occasion that passed the filters, contacted or held out; `propensity` is null where essential."""
    rows = contact_order(plan, run)
    return pd.DataFrame(
        {
            "id": _names("o", np.arange(len(rows))),
            "customer": _names("c", plan.customer[rows]),
            "time": _instants(plan.time[rows]),
            "contacted": run.contacted[rows],
            "propensity": run.propensity[rows],
            "purpose": pd.Series([KINDS[k].purpose for k in plan.kind[rows]], dtype="str"),
            "channel": pd.Series(plan.channel[rows], dtype="str"),
            "evidence": _names("e", _evidence_numbers(plan)[rows]),
        }
    )


def _engagements(run: Run, *, until: int) -> pd.DataFrame:
    """What customers did on their own side, contacted or not, before `until` (epoch seconds)."""
    acts = np.array(sorted((t, c) for c, t in run.engagements if t < until), dtype=np.int64).reshape(-1, 2)
    kind = pd.Series(["engaged"] * len(acts), dtype="str")
    return pd.DataFrame({"customer": _names("c", acts[:, 1]), "time": _instants(acts[:, 0]), "kind": kind})


def _complaints(plan: Schedule, run: Run, *, until: int) -> pd.DataFrame:
    """Complaints (customer level) and opt-outs; `contact` names the message that an opt-out is about, else null."""
    number = np.full(len(plan.time), -1, dtype=np.int64)
    rows = contact_order(plan, run)
    number[rows] = np.arange(len(rows))
    acts: list[tuple[int, int, str, str | None]] = [(t, c, "complaint", None) for c, t in run.complaints if t < until]
    acts += [(t, c, "opt_out", None if i < 0 else f"o{number[i]}") for c, t, i, _ in run.opt_outs if t < until]
    acts.sort(key=lambda act: act[:3])
    return pd.DataFrame(
        {
            "customer": _names("c", np.array([c for _, c, _, _ in acts], dtype=np.int64)),
            "contact": pd.Series([contact for *_, contact in acts], dtype="str"),
            "time": _instants(np.array([t for t, *_ in acts], dtype=np.int64)),
            "kind": pd.Series([kind for _, _, kind, _ in acts], dtype="str"),
        }
    )


def _customers(customers: Customers, plan: Schedule) -> pd.DataFrame:
    """One record per customer with an occasion: attributes as they stood on the midnight before their first one."""
    who, first = np.unique(plan.customer, return_index=True)
    midnight = plan.evidence_time[first] // 86_400 * 86_400
    frame = pd.DataFrame({"id": _names("c", who), "valid_from": _instants(midnight)})
    for name in ATTRIBUTES:
        values = getattr(customers, name)[who]
        frame[name] = pd.Series(values, dtype="str" if values.dtype.kind == "U" else values.dtype)
    frame["timezone"] = frame["region"].map(ZONES).astype("str")
    return frame


def _events(plan: Schedule) -> pd.DataFrame:
    """The evidence as CloudEvents: one per occasion, also where an opt-out or a complaint then kept us silent."""
    order = np.argsort(_evidence_numbers(plan))
    kinds = [KINDS[k] for k in plan.kind[order]]
    return pd.DataFrame(
        {
            "source": pd.Series([_source(kind.event) for kind in kinds], dtype="str"),
            "id": _names("e", np.arange(len(order))),
            "type": pd.Series([kind.event for kind in kinds], dtype="str"),
            "time": _instants(plan.evidence_time[order]),
            "subject": _names("c", plan.customer[order]),
            "data": pd.Series([_data(plan, int(i), n) for n, i in enumerate(order)], dtype="str"),
        }
    )


def _source(event: str) -> str:
    """Return the company's system that reports an event."""
    family = event.split(".", maxsplit=1)[0]
    return {"page": "web", "exit": "web", "session": "web", "conversation": "chat", "account": "account"}.get(
        family, "shop"
    )


def _data(plan: Schedule, i: int, number: int) -> str:
    """Return an event's facts as JSON: the entity it is about and what a message would say."""
    kind = KINDS[plan.kind[i]]
    facts: dict[str, str | int] = {kind.entity: f"{kind.entity[0].upper()}-{number}"}
    if kind.entity == "incident":
        facts = {"incident": f"I-{int(plan.evidence_time[i]) // 604_800}"}
    if kind.event in {"shipment.delayed", "shipment.rescheduled", "shipment.failed"}:
        facts["new_eta"] = _WEEKDAY[number % 7]
    if kind.event == "shipment.delayed":
        facts["delay_hours"] = 12 + number % 60
    if kind.event == "page.dwelled":
        facts |= {"page": "pricing", "seconds": 31 + number % 120}
    if kind.event == "reminder.requested":
        due = int(plan.time[i]) + 86_400
        facts |= {
            "remind_at": _rfc3339(int(plan.time[i]) - 60),
            "due_at": _rfc3339(due),
            "channel": str(plan.channel[i]),
        }
    return json.dumps(facts, separators=(",", ":"))


def _rfc3339(second: int) -> str:
    """Epoch seconds as RFC 3339 in UTC."""
    return f"{np.datetime64(second, 's')}Z"

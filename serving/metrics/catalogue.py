"""Every metric: its name, kind, labels, what it says, and, of a distribution, where its buckets end.

No label ever holds what a sender chose: a word outside a closed set is `unknown`, a path outside the API is `other`.
Triggers, features and models are named by those who run the API. `docs/observability.md` lists the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `name` is as it is written, `outreach_` and a counter's `_total` included."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=f"outreach_{name}_total", kind="counter", says=says, labels=labels)


def _gauge(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=f"outreach_{name}", kind="gauge", says=says, labels=labels)


def _histogram(name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name=f"outreach_{name}", kind="histogram", says=says, labels=labels, buckets=buckets)


DECISIONS = _counter("decisions", "Decisions on record, by what was decided.", "action", "purpose", "channel")
CONFIRMATIONS = _counter(
    "confirmations", "Decisions made once more, asked or when due.", "action", "purpose", "channel"
)
REASONS = _counter("reasons", "Reasons given by decisions and confirmations on record; one may give several.", "code")
UNKNOWN_ATTRIBUTES = _counter(
    "unknown_attributes", "Attributes of scored candidates that the model does not read, and so were ignored."
)
EVENTS = _counter("events", "Events that came in: accepted, duplicate or rejected.", "result")
OUTCOMES = _counter("outcomes", "Outcomes on record, by kind.", "kind", "result")
REQUESTS = _counter(
    "requests", "Requests answered, by route and status; other: no route, or no request.", "method", "path", "status"
)
LEDGER_FAILURES = _counter(
    "ledger_failures", "Groups that the ledger did not record; who asked for them was answered 503."
)
RATE_REFUSALS = _counter("rate_refusals", "Requests answered 429: their key asked more than it may.")
SWAPS = _counter(
    "swaps", "Other models that were found: put in, or refused; each process counts its own.", "role", "outcome"
)
TRIGGER_MATCHES = _counter("trigger_matches", "How often a trigger matched.", "trigger")
TRIGGER_FAILURES = _counter("trigger_failures", "How often a trigger could not be said to match or not.", "trigger")

REQUEST_SECONDS = _histogram(
    "request_seconds", "From a request's last byte of head to its whole answer.", SECONDS, "path"
)
STAGE_SECONDS = _histogram(
    "stage_seconds",
    "Where the time of a group that somebody waited for goes: queue (each piece), the other stages (each group).",
    SECONDS,
    "stage",
)
GROUP_SIZE = _histogram(
    "group_size", "How many pieces that somebody asked for shared a transaction and its fsync.", SIZES
)

INFO = _gauge("info", "1, with the versions of the code and of the policy.", "version", "policy_version")
QUEUE = _gauge("queue_length", "Pieces of work that wait for a transaction now, in all processes.")
PROCESSES = _gauge("processes", "Processes that answer.")
MODELS = _gauge("model_in_use", "How many processes answer with this model.", "version")
DEGRADED = _gauge("degraded", "How many processes have no verified model: only essential service goes out.")
ISSUED = _gauge("certificate_issued", "1 where the model in use has an issued certificate, else 0.")
PERMITS = _gauge(
    "certificate_permits", "1 where that certificate permits anything now, under the shares in force, else 0."
)
REMAINING = _gauge("certificate_remaining_seconds", "Seconds until the certificate expires; below 0 it has.")
CUTOFF = _gauge("certificate_cutoff", "The certified cut-off in net-benefit units.")
FEATURE_PSI = _gauge(
    "feature_psi", "How far a feature has drifted from training (PSI); once 500 rows were scored.", "feature"
)
SCORE_PSI = _gauge("score_psi", "How far the score has drifted from training (PSI); once 500 rows were scored.")
DRIFT_ROWS = _gauge("drift_rows", "Scored decisions that these are read from; older ones fade.")
LEDGER_UP = _gauge("ledger_up", "1 where the ledger can be written now, else 0; then what follows from it is absent.")
TRIPPED = _gauge("monitor_tripped", "1 where the monitor has stopped everything discretionary, else 0.")
SILENT = _gauge("outcomes_silent", "1 where sends have had no outcome reported for 14 days, else 0.")
BREAKERS = _gauge("breakers_open", "Open breakers, of templates and texts.")
EXPERIMENT = _gauge("experiment_running", "1 where an experiment runs, else 0.")
CONTACTS_LEFT = _gauge("experiment_contacts_left", "Contacts that the running experiment may still make.")
OFFERS = _gauge("offers", "Offers that wait, are dead, or expired with nobody taking them.", "state")

PROCESS: Mapping[str, str] = MappingProxyType(
    {
        "process_cpu_seconds_total": "Processor time, user and system.",
        "process_open_fds": "Open files and connections.",
        "process_max_fds": "How many there may be.",
        "process_resident_memory_bytes": "Memory in use.",
        "process_virtual_memory_bytes": "Memory addressed.",
        "process_start_time_seconds": "When it began, in seconds since 1970.",
    }
)
PER_PROCESS = tuple(
    Metric(name=name, kind="counter" if name.endswith("_total") else "gauge", says=says, labels=("process",))
    for name, says in PROCESS.items()
)
METRICS: tuple[Metric, ...] = (
    *(DECISIONS, CONFIRMATIONS, REASONS, UNKNOWN_ATTRIBUTES, EVENTS, OUTCOMES, REQUESTS, LEDGER_FAILURES),
    *(RATE_REFUSALS, SWAPS, TRIGGER_MATCHES, TRIGGER_FAILURES),
    *(REQUEST_SECONDS, STAGE_SECONDS, GROUP_SIZE),
    *(INFO, PROCESSES, QUEUE, MODELS, DEGRADED, ISSUED, PERMITS, REMAINING, CUTOFF),
    *(FEATURE_PSI, SCORE_PSI, DRIFT_ROWS),
    *(LEDGER_UP, TRIPPED, SILENT, BREAKERS, EXPERIMENT, CONTACTS_LEFT, OFFERS),
    *PER_PROCESS,
)
BY_NAME: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in METRICS})

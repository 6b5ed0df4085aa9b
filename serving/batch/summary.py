"""What a run is, which ids follow from it, what it counted, and its decisions as a table."""

import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.canonical import canonical
from model.contracts import JSON, Action
from model.errors import InvalidInput
from serving.batch.contexts import DEFERRED
from serving.batch.files import DECISIONS, REJECTS
from serving.candidates.rows import Reject, Row
from serving.columnar.digests import decision_id
from serving.policy.policy import Policy
from serving.ports import Decided, Scorer
from serving.system import EPOCH

FORMAT = 2
COUNTERS = ("actions", "reasons", "decisive", "arms", "ignored")


@cache
def versions() -> dict[str, JSON]:
    """Return the versions of what decides and writes: other ones may give other bytes."""
    ours = {"numpy": np.__version__, "outreach": version("outreach"), "pyarrow": pa.__version__}
    return {**ours, "python": platform.python_version()}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the decisions of a run follow from: the file, the clock, the model, the policy, and whether it is a plan."""

    mode: str
    input_sha256: str
    now: datetime
    model: Mapping[str, JSON] | None
    policy_version: str

    @classmethod
    def of(cls, sha256: str, *, now: datetime, policy: Policy, scorer: Scorer | None, ledger: bool) -> "Run":
        """Describe a run. Raises `InvalidInput` where the clock is before 1970, or too near to the calendar's end."""
        if now < EPOCH or now.year > 9998:
            said = f"the clock `{now.isoformat()}` is before 1970 or after 9998"
            raise InvalidInput(f"{said}; give the time of the decisions")
        model = None
        if scorer is not None:
            model = {"version": scorer.version, "sha256": getattr(scorer, "sha256", None), "cutoff": scorer.cutoff}
            expires = getattr(
                scorer, "expires_at", None
            )  # of the certificate: it stands apart from the artefact's bytes
            model["expires_at"] = None if expires is None else expires.isoformat()
        mode = "ledger" if ledger else "plan"
        return cls(mode=mode, input_sha256=sha256, now=now, model=model, policy_version=policy.version)

    @property
    def at(self) -> str:
        """The clock as RFC 3339, to the microsecond."""
        return self.now.isoformat().replace("+00:00", "Z")

    @property
    def id(self) -> str:
        """Name the run by everything that it follows from, SHA-256 in hex."""
        parts = [FORMAT, self.mode, self.input_sha256, self.at, self.model, self.policy_version]
        return hashlib.sha256(canonical(parts)).hexdigest()

    @cached_property
    def stem(self) -> bytes:
        """The hash of clock, model and policy, by which the ids of two runs differ."""
        model = None if self.model is None else [self.model["version"], self.model["sha256"]]
        return hashlib.sha256(canonical([self.at, model, self.policy_version])).digest()

    def decision_id(self, row: Row) -> str:
        """Derive an id of the API's form (ULID): the clock's milliseconds, then 80 bits of row, clock, model, policy.

        The same row decided with the same things has the same id, in a plan as with a ledger, by column or by row.
        """
        return decision_id(row.digest, self.stem, self.now)

    def to_json(self) -> dict[str, JSON]:
        """Return what the manifest says of the run itself; a plan names what it left open."""
        return {
            "format": FORMAT,
            "run": self.id,
            "mode": self.mode,
            "at": self.at,
            "input_sha256": self.input_sha256,
            "model": None if self.model is None else dict(self.model),
            "policy_version": self.policy_version,
            "deferred": list(DEFERRED) if self.mode == "plan" else [],
            "versions": versions(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run came to. `reasons` counts every reason of every row, `decisive` only each row's first.

    `resumed`: nobody gave a clock, and an unfinished run's was taken. `finished`: it was all there already.
    """

    rows: int
    decided: int
    rejected: int
    actions: Mapping[str, int]
    reasons: Mapping[str, int]
    decisive: Mapping[str, int]
    manifest: Mapping[str, JSON]
    resumed: bool = False
    finished: bool = False

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Summary":
        """Return what a finished run said of itself. Raises `KeyError` where it does not say something."""
        actions = {str(action): manifest["actions"][action] for action in Action}
        names = ("rows", "decided", "rejected", "reasons", "decisive")
        return cls(**{name: manifest[name] for name in names}, actions=actions, manifest=manifest, finished=True)

    def funnel(self) -> list[tuple[str, int]]:
        """Return what became of the rows, from all of them to those that are sent, in the order of the counts."""
        held_back = sorted(self.decisive.items(), key=lambda item: (-item[1], item[0]))
        return [("rows", self.rows), ("rejected", self.rejected), *held_back, ("send", self.actions[Action.SEND])]


@dataclass(slots=True)
class Counts:
    """The running counts of a run; `features` are the attributes that the model reads."""

    features: frozenset[str]
    decided: int = 0
    rejected: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    decisive: Counter[str] = field(default_factory=Counter)
    arms: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Count rejected rows."""
        self.rejected += len(rejects)

    def add(self, rows: Iterable[Row], decided: Sequence[Decided]) -> None:
        """Count decisions, and the attributes that the model does not know."""
        self.decided += len(decided)
        for row in rows:
            self.ignored.update(name for name in row.candidate.attributes if name not in self.features)
        for decision in (one.decision for one in decided):
            codes = [reason.code for reason in decision.reasons]
            self.actions[decision.action] += 1
            self.reasons.update(codes)
            self.decisive.update(codes[:1] if decision.action is not Action.SEND else ())
            if decision.arm is not None:
                self.arms[decision.arm] += 1

    def add_table(self, decisions: pa.Table, ignored: Mapping[str, int]) -> None:
        """Count decisions that are columns of `DECISIONS`, and what was counted of their attributes."""
        self.decided += decisions.num_rows
        self.ignored.update(ignored)
        self.actions.update(_tally(decisions.column("action")))
        self.arms.update(_tally(decisions.column("arm").drop_null()))
        for part in decisions.select(["action", "reasons"]).to_batches():
            reasons = part.column("reasons")
            codes = reasons.flatten().dictionary_encode()  # few, and counted twice
            lengths = pc.list_value_length(reasons).to_numpy()
            held_back = pc.not_equal(part.column("action"), str(Action.SEND)).to_numpy(zero_copy_only=False)
            first = (np.cumsum(lengths) - lengths)[held_back & (lengths > 0)]
            self.reasons.update(_tally(codes))
            self.decisive.update(_tally(codes.take(pa.array(first))))

    def merge(self, other: "Counts") -> None:
        """Add other counts to these."""
        self.decided += other.decided
        self.rejected += other.rejected
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))

    def to_json(self) -> dict[str, JSON]:
        """Return the counts as JSON, names sorted."""
        counters = {name: _plain(getattr(self, name)) for name in COUNTERS}
        return {"decided": self.decided, "rejected": self.rejected, **counters}

    def with_json(self, said: Mapping[str, Any]) -> "Counts":
        """Return counts of the same features that say this. Raises `KeyError` where a count is not there."""
        counters = {name: Counter(said[name]) for name in COUNTERS}
        return Counts(self.features, decided=said["decided"], rejected=said["rejected"], **counters)

    def summary(self, run: Run, *, rows: int, forgotten: Sequence[str] = ()) -> Summary:
        """Sum up, with the manifest but for its files; what a dry run has `forgotten` is left open too."""
        actions = {str(action): self.actions[action] for action in Action}
        counts = {"rows": rows, "decided": self.decided, "rejected": self.rejected, "actions": actions}
        by = {"reasons": _plain(self.reasons), "decisive": _plain(self.decisive), "arms": _plain(self.arms)}
        ignored = {"ignored_attributes": _plain(self.ignored)}
        told = run.to_json()
        told["deferred"] += forgotten
        return Summary(
            rows=rows,
            decided=self.decided,
            rejected=self.rejected,
            actions=actions,
            reasons=by["reasons"],
            decisive=by["decisive"],
            manifest={**told, **counts, **by, **ignored},
        )


def _tally(column: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(column)
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _plain(counter: Counter[str]) -> dict[str, int]:
    return {str(name): counter[name] for name in sorted(counter)}


def decisions_table(rows: Sequence[Row], decided: Sequence[Decided]) -> pa.Table:
    """Return decisions as the columns of CONTRACT section 9."""
    answers = [one.decision for one in decided]
    asked = [answer.customer_would_thank for answer in answers]
    columns = {
        "candidate_id": [row.candidate_id for row in rows],
        "decision_id": [answer.decision_id for answer in answers],
        "action": [str(answer.action) for answer in answers],
        "reasons": [[reason.code for reason in answer.reasons] for answer in answers],
        "not_before": [answer.not_before for answer in answers],
        "expires_at": [answer.expires_at for answer in answers],
        "text": [None if answer.message is None else answer.message.text for answer in answers],
        "benefit": [figures.benefit for figures in asked],
        "complaint_effect": [figures.complaint_effect for figures in asked],
        "opt_out": [figures.opt_out for figures in asked],
        "net_benefit": [figures.net_benefit for figures in asked],
        "cutoff": [figures.cutoff for figures in asked],
        "arm": [None if answer.arm is None else str(answer.arm) for answer in answers],
        "logging_propensity": [answer.logging_propensity for answer in answers],
        "model_version": [answer.model_version for answer in answers],
        "policy_version": [answer.policy_version for answer in answers],
    }
    return pa.table(columns, schema=DECISIONS)


def rejects_table(rejects: Sequence[Reject]) -> pa.Table:
    """Return rejects as the columns of `rejects.parquet`."""
    names = REJECTS.names
    return pa.table({name: [getattr(reject, name) for reject in rejects] for name in names}, schema=REJECTS)

"""What people did to the models in charge: records that are added and never overwritten, and what may not be done.

    register   a version was learned and became the challenger; `replaced` is the challenger before it
    promote    a version became champion; `replaced` is the champion before it
    rollback   a version became champion again; `replaced` is the champion that had to go

A record is one tag of the registered model: its key says when and which in order, its value is canonical JSON.

Example:
    >>> at = datetime(2026, 11, 20, 18, tzinfo=UTC)
    >>> act = Act(act="promote", version="3", replaced="2", by="anna", why="quarterly", at=at)
    >>> key, value = record(act, 7)
    >>> key.rpartition(".")[0], read({key: value, "owner": "cx"}) == [act]
    ('act.20261120T180000.000000Z.7', True)
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from model.artefact import Artefact
from model.canonical import canonical, sha256
from model.errors import InvalidInput
from model.named import says_something

PREFIX = "act."
LONGEST = 4000  # bytes of a record: databases keep 5,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: `act` is `register`, `promote` or `rollback`, `version` what it put in place, `at` an instant in UTC."""

    act: str
    version: str
    replaced: str | None
    by: str
    why: str
    at: datetime


def refuse_anonymous(by: str, why: str) -> None:
    """Refuse an act that nobody answers for, or for no reason.

    Raises:
        InvalidInput: `by` or `why` is blank; the message names each that is.
    """
    asked = {"`by` is empty; name who decides": by, "`why` is empty; say why": why}
    problems = [problem for problem, given in asked.items() if not says_something(given)]
    if problems:
        raise InvalidInput("; ".join(problems))


def numbered(keys: Collection[str]) -> int:
    """Return the number of the next record, given the keys of all tags."""
    return 1 + max((_number(key) for key in keys if key.startswith(PREFIX)), default=0)


def record(act: Act, number: int) -> tuple[str, str]:
    """Return key and value of the tag that records an act; another act never has the same key.

    Raises:
        InvalidInput: the words are too many for a record.
    """
    value = canonical(asdict(act) | {"at": act.at.astimezone(UTC).isoformat()})
    if len(value) > LONGEST:
        raise InvalidInput(f"`by` and `why` make a record of {len(value):,} bytes; say it in at most {LONGEST:,}")
    time = act.at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"{PREFIX}{time}.{number}.{sha256(value)[:8]}", value.decode()


def read(tags: Mapping[str, str]) -> list[Act]:
    """Return the acts among a model's tags, in the order in which they were recorded.

    Raises:
        InvalidInput: a record was changed by hand.
    """
    keys = sorted((key for key in tags if key.startswith(PREFIX)), key=lambda key: (_number(key), key))
    return [_act(key, tags[key]) for key in keys]


def _act(key: str, value: str) -> Act:
    """Return one act."""
    try:
        stated = json.loads(value)
        act = Act(**{**stated, "at": datetime.fromisoformat(stated["at"])})
        intact = record(act, _number(key)) == (key, value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(f"record `{key}` cannot be read ({error}); restore the registry from its backup") from error
    if not intact:
        raise InvalidInput(f"record `{key}` is not as it was written; restore the registry from its backup")
    return act


def _number(key: str) -> int:
    """Return a record's number; 0 where somebody wrote a key by hand."""
    parts = key.split(".")
    return int(parts[3]) if len(parts) == 5 and parts[3].isdecimal() else 0


def refuse_unfit(artefact: Artefact, version: str, *, champion: tuple[str, str] | None, at: datetime) -> None:
    """Refuse to promote a version that did not pass its gate, has expired, or was compared with another champion.

    `champion` is the present one's version and manifest hash. A version that is champion already has nothing to beat.

    Raises:
        InvalidInput: it may not be promoted, and why.
    """
    try:
        _compare(artefact, version, champion=champion, at=at)
    except (AttributeError, KeyError, TypeError) as odd:  # whoever wrote the artefact wrote its report
        raise InvalidInput(f"the report of version `{version}` says no gate that can be read; train it again") from odd


def _compare(artefact: Artefact, version: str, *, champion: tuple[str, str] | None, at: datetime) -> None:
    """Compare what the gate saw with what is."""
    report = artefact.manifest["report"]
    gate = report.get("gate", {})
    if gate.get("promoted") is not True:
        failed = "; ".join(f"{c['name']}: {c['detail']}" for c in gate.get("checks", []) if not c["passed"])
        raise InvalidInput(f"version `{version}` did not pass the gate ({failed}); promote one that did")
    expires = artefact.certificate.expires
    if expires is not None and at >= expires:
        raise InvalidInput(
            f"the certificate of version `{version}` expired on {expires.date()}; train on newer data and promote that"
        )
    against = report.get("champion")
    now, then = (None if champion is None else champion[1]), (None if against is None else against["manifest_sha256"])
    if now == then or (champion is not None and champion[0] == version):
        return
    beaten = "nobody" if against is None else f"version {against['version']} ({str(then)[:8]}…)"
    present = "there is none" if champion is None else f"the champion is version {champion[0]} ({str(now)[:8]}…)"
    raise InvalidInput(f"the gate compared version `{version}` with {beaten}, but {present}: train it again")

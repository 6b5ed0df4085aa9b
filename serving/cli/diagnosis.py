"""What `outreach doctor` looks at: each part is tried as the API would use it, and named with its next step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from model.errors import OutreachError
from serving.cli.options import open_settings_ledger
from serving.policy_files import load_policy
from serving.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, whether it can be used, and what was seen."""

    part: str
    good: bool
    seen: str

    def line(self) -> str:
        """One line for a terminal."""
        return f"{'ok  ' if self.good else 'FAIL'}  {self.part}: {self.seen}"


def findings(settings: Settings, at: datetime) -> list[Finding]:
    """Try ledger, policy and model; never raises for what it finds."""
    return [
        tried("ledger", lambda: ledger(settings)),
        tried("policy", lambda: load_policy(settings.policy, settings.limits).version),
        tried("model", lambda: model(settings, at)),
    ]


def tried(part: str, look: Callable[[], str]) -> Finding:
    """Turn an error on purpose into a finding."""
    try:
        return Finding(part, good=True, seen=look())
    except (OutreachError, OSError) as error:
        return Finding(part, good=False, seen=str(error))


def ledger(settings: Settings) -> str:
    """Open the ledger, if it is there, and a write transaction; a diagnosis creates nothing."""
    scheme, _, path = settings.ledger.partition(":///")
    if scheme == "sqlite" and path and not Path(path).exists():
        return f"`{path}` is not there yet; `outreach serve` and `outreach keys create` make it"
    opened = open_settings_ledger(settings)
    try:
        with opened.transaction() as tx:
            active = sum(key.revoked_at is None for key in tx.keys())
    finally:
        opened.close()
    return f"writable, {active} active keys" + ("" if active else "; make one with `outreach keys create --scope …`")


def model(settings: Settings, at: datetime) -> str:
    """Verify the artefact and say what it permits."""
    if settings.model is None:
        return "none: only essential service goes out; name a folder with `model = …`"
    if settings.model.startswith("models:/"):
        return f"{settings.model}: fetched and verified when the API starts"
    from serving.scorer import load_scorer

    scorer = load_scorer(Path(settings.model))
    state = "no certificate: only essential service goes out" if scorer.cutoff is None else f"cut-off {scorer.cutoff:g}"
    return f"{scorer.version}, {state} (looked at {at:%Y-%m-%d})"

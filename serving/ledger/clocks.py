"""Which clock was believed, kept with what was recorded by it."""

from serving.clock.believed import Believed
from serving.ledger.store import Store

_KEPT = "SELECT believed, calm_at, settled FROM clocks WHERE boot = :boot"
_KEEP = """INSERT INTO clocks (boot, believed, calm_at, settled) VALUES (:boot, :believed, :calm_at, :settled)
    ON CONFLICT (boot) DO UPDATE SET believed = excluded.believed, calm_at = excluded.calm_at,
        settled = excluded.settled"""


def kept(store: Store, boot: str) -> Believed | None:
    """Return what was believed last since the machine was started under this name, or None."""
    row = store.row(_KEPT, boot=boot)
    return None if row is None else Believed(float(row[0]), float(row[1]), settled=bool(row[2]))


def keep(store: Store, boot: str, believed: Believed) -> None:
    """Keep it in place of what was."""
    store.change(
        _KEEP, boot=boot, believed=believed.offset, calm_at=believed.calm_at, settled=1 if believed.settled else 0
    )

"""`outreach table --history`: from raw logs to a training table, out of core."""

from datetime import datetime
from pathlib import Path

from model.beside import beside
from model.errors import InvalidInput
from serving.cli.options import existing

PROCESSORS = 64  # more threads only share the memory limit


def from_history(history: str, out: str, *, as_of: datetime | None, present: datetime) -> list[str]:
    """Build and write the table; return what is to be said."""
    import os

    from model.history_table.building import building
    from model.history_table.description import History
    from model.history_table.paths import refuse_overwriting
    from model.history_table.publishing import publish_table, refuse_place
    from model.history_table.telling import told
    from model.table_roles import ROLES

    refuse_place(out)
    described = History.read(existing(history))
    refuse_overwriting(out, Path(history), described)
    moment = _moment(described.as_of, as_of, present=present, history=history)
    threads = min(os.cpu_count() or 1, PROCESSORS)
    with (
        beside(Path(out)) as spill,
        building(described, as_of=moment, spill=spill, threads=threads) as built,
    ):
        publish_table(built, out)
        return [*told(built), f"table: {out}, roles: {Path(out).with_name(ROLES)}"]


def _moment(exported: datetime | None, asked: datetime | None, *, present: datetime, history: str) -> datetime:
    """Return until when the logs say what happened: no window is closed that they do not cover."""
    moment = exported if asked is None else asked
    if moment is None:
        raise InvalidInput(
            f"`{history}` does not say when the logs were exported; write `as_of = …` in it, or give `--as-of T`"
        )
    if moment > present:
        raise InvalidInput(f"as of {moment.isoformat()} lies ahead: no window has closed that is still to come")
    if exported is not None and moment > exported:
        raise InvalidInput(
            f"`--as-of {moment.isoformat()}` is later than `as_of` in `{history}` ({exported.isoformat()}), when the "
            "logs were exported: what happened since stands in none of them"
        )
    return moment


def refuse_engine(engine: str) -> None:
    """Refuse what a later version brings."""
    if engine == "spark":
        raise InvalidInput("`--engine spark` is not in this version; the table is built with `--engine local`")

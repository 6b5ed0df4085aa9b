"""`outreach table --history`: from raw logs to a training table, out of core, by this process or by Spark."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from model.beside import beside
from model.errors import InvalidInput
from serving.cli.options import SPARK, existing
from serving.processes import cores

if TYPE_CHECKING:
    from model.history_table.building import Built
    from model.history_table.description import History

PROCESSORS = 64  # more threads only share the memory limit


def from_history(history: str, out: str, *, as_of: datetime | None, present: datetime, engine: str) -> list[str]:
    """Build and write the table; return what is to be said."""
    from model.history_table.description import History
    from model.history_table.paths import refuse_overwriting
    from model.history_table.publishing import publish_table, refuse_place
    from model.history_table.telling import told
    from model.reading.table_roles import ROLES

    refuse_place(out)
    described = History.read(existing(history))
    refuse_overwriting(out, Path(history), described)
    moment = _moment(described.as_of, as_of, present=present, history=history)
    build = _by_spark if engine == SPARK else _here
    with (
        beside(Path(out)) as spill,
        build(described, moment, spill) as built,
    ):
        publish_table(built, out)
        return [*told(built), f"table: {out}, roles: {Path(out).with_name(ROLES)}"]


@contextmanager
def _here(history: "History", as_of: datetime, spill: Path) -> "Iterator[Built]":
    """Build it in this process."""
    from model.history_table.building import building

    threads = min(cores(), PROCESSORS)
    with building(history, as_of=as_of, spill=spill, threads=threads) as built:
        yield built


@contextmanager
def _by_spark(history: "History", as_of: datetime, spill: Path) -> "Iterator[Built]":
    """Build it beside Spark's executors, which get this program with the job."""
    from model.history_table.apart.building import building_apart
    from model.history_table.apart.on_spark import on_spark
    from serving.spark.session import spark_session
    from serving.spark.shipping import ship_program

    with spark_session("outreach table") as session:
        ship_program(session.sparkContext)
        with (
            on_spark(session) as engine,
            building_apart(history, as_of=as_of, spill=spill, engine=engine) as built,
        ):
            yield built


def _moment(exported: datetime | None, asked: datetime | None, *, present: datetime, history: str) -> datetime:
    """Return until when the logs say what happened: no window is closed that they do not cover."""
    moment = exported if asked is None else asked
    if moment is None:
        raise InvalidInput(
            f"`{history}` does not say when the logs were exported; write `as_of = …` in it, or give `--as-of T`"
        )
    if moment > present:
        raise InvalidInput(f"as of {moment.isoformat()} lies ahead: no window has closed there; give an earlier time")
    if exported is not None and moment > exported:
        raise InvalidInput(
            f"`--as-of {moment.isoformat()}` is later than `as_of` in `{history}` ({exported.isoformat()}), when the "
            "logs were exported: what happened since stands in none of them"
        )
    return moment


def refuse_ledger(engine: str) -> None:
    """Refuse a ledger on Spark: its occasions are read in order, page by page."""
    if engine == SPARK:
        raise InvalidInput(
            "`--engine spark` builds raw logs (`--history`); a ledger is read by one process: use `--engine local`"
        )

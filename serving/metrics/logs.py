"""What the log looks like: lines of text, or every line one JSON object (setting `logs`).

Good news of ours are `info`, and shown; an alert on `warning` is silent at a good start. Where several processes
write to one place each line says whose it is.

Our own lines hold what we say: paths of the operator's, ids of decisions, types of errors; never an id of a customer, a
text, an attribute, or anything else that was sent. A traceback is told by its places alone, for its message may show
values. In JSON there is also a line for every decision that is on record; as text there is none, and none is made.
"""

import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from model.contracts import JSON

FIELDS: Final = "outreach_fields"  # what a line of ours has beside its message
OWN: Final = ("time", "level", "logger", "message", "process")
DECISIONS: Final = logging.getLogger("serving.decisions")
OURS: Final = logging.getLogger("serving")
UVICORN: Final = ("uvicorn", "uvicorn.error", "uvicorn.access")


class Lines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        said: dict[str, JSON] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        said |= {name: value for name, value in getattr(record, FIELDS, {}).items() if name not in OWN}
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["at"] = [f"{one.filename}:{one.lineno}" for one in traceback.extract_tb(record.exc_info[2])]
        return orjson.dumps(said, default=repr).decode()


def write_as(form: str, *, worker: bool = False) -> None:
    """Have this process write its log as `text` or `json`, to standard error; a line of text names a worker.

    Text leaves alone whom others set up to handle the log, and Python's warnings.
    """
    OURS.setLevel(logging.INFO)
    if form == "json":
        _write_json()
    else:
        DECISIONS.setLevel(logging.WARNING)
        logging.basicConfig(format="worker %(process)d: %(message)s" if worker else "%(message)s")
    for name in UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.INFO if form == "json" else logging.WARNING)


def _write_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    for before in [*root.handlers]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    DECISIONS.setLevel(logging.INFO)


def tell_decision(fields: Mapping[str, Any]) -> None:
    """Write the line of one decision; who asks `tells_decisions` first makes no fields for nobody."""
    DECISIONS.info("decided", extra={FIELDS: fields})


def tells_decisions() -> bool:
    """Whether anybody reads a line for each decision."""
    return DECISIONS.isEnabledFor(logging.INFO)

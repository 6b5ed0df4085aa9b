"""What an expression may see of one event, its visitor and the time."""

from collections.abc import Mapping
from datetime import datetime

from model.contracts import JSON, Event
from serving.timetable import Visitor
from serving.triggers.names import DATA, Path, Variable, kind_of, spelled
from serving.triggers.values import Unfit, of_kind, plain


class Scene:
    """What an expression may see of one event; every name is looked up once, and only where it is read."""

    def __init__(self, event: Event, visitor: Visitor, now: datetime) -> None:
        self.event, self.visitor, self.now = event, visitor, now
        self.values: dict[str, JSON] = {}
        self.problems: dict[str, str] = {}

    def look(self, wanted: Variable) -> None:
        """Fill one name, or note why it cannot be."""
        if wanted.key in self.values or wanted.key in self.problems:
            return
        try:
            self.values[wanted.key] = self._tested(wanted) if wanted.tested else self._value(wanted)
        except Unfit as unfit:
            self.problems[wanted.key] = str(unfit)

    def _value(self, wanted: Variable) -> JSON:
        found = self._fitted(wanted)
        if found is None:
            raise Unfit(f"`{wanted.shown}` is missing or null")
        if wanted.single and isinstance(found, list | dict):
            raise Unfit(f"`{wanted.shown}` is not a single value, and a loop reads no other")
        return found

    def _tested(self, wanted: Variable) -> bool:
        above = self._found(wanted.path[:-1])
        if not isinstance(above, Mapping) and wanted.path[:-1] != ("event",):
            raise Unfit(f"`{spelled(wanted.path[:-1])}` is missing, or holds no names")
        return self._fitted(wanted) is not None

    def _fitted(self, wanted: Variable) -> JSON:
        """Return the value as the library may see it, None where it is missing. Raises Unfit."""
        found = self._found(wanted.path)
        if found is None:
            return None
        kind = kind_of(wanted.path, self.event.type)
        try:
            return plain(found) if kind is None else of_kind(found, kind, data=wanted.path[:2] == DATA)
        except Unfit as unfit:
            raise Unfit(f"`{wanted.shown}` {unfit}") from None

    def _found(self, path: Path) -> JSON:
        if path[0] == "now":
            return self.now
        value: JSON = self.visitor.session if path[0] == "session" else self.visitor.customer
        rest = path[1:]
        if path[0] == "event":
            value, rest = getattr(self.event, path[1]), path[2:]
        for part in rest:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

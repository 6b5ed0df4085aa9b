"""Checking an expression when it is loaded, against what is known of the event."""

from serving.triggers.expressions import Expression, checked, compiled


def condition(source: str, on: str) -> tuple[Expression, tuple[str, ...]]:
    """Check and compile a `when`; return it and its notes. Raises Fault."""
    return compiled(source, checked(source)), ()


def fact(source: str, on: str, wanted: str) -> tuple[Expression, tuple[str, ...]]:
    """Check and compile a fact for a template that wants `string`, `number` or `integer`. Raises Fault."""
    return compiled(source, checked(source)), ()

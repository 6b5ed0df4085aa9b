"""A customer's id, or a decision's, as a part of a path: any text, percent-encoded."""

from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator
from starlette.convertors import StringConvertor

from serving.errors import NO_DECISION, NotFound


class AnyText(StringConvertor):
    """A part of a path that may hold anything: of `path` a line feed is no part, and at its end stands for nothing.

    `DELETE /v1/users/u-1%0A` would erase `u-1`.
    """

    regex = r"[\s\S]*"


ANY_TEXT: Final = "outreach_any_text"  # its name in Starlette's table, which is one for the whole process
UserId = Annotated[str, Path(min_length=1, max_length=256, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]


def _kept(decision_id: str) -> str:
    """Refuse a decision's id that no ledger can hold: PostgreSQL cannot even look for it."""
    if "\x00" in decision_id:
        raise NotFound(NO_DECISION)
    return decision_id


DecisionId = Annotated[str, Path(max_length=256), AfterValidator(_kept)]

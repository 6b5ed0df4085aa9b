"""A customer's id as a part of a path: any text, percent-encoded."""

from typing import Annotated, Final

from fastapi import Path
from starlette.convertors import StringConvertor


class AnyText(StringConvertor):
    """A part of a path that may hold anything: of `path` a line feed is no part, and at its end stands for nothing.

    `DELETE /v1/users/u-1%0A` would erase `u-1`.
    """

    regex = r"[\s\S]*"


ANY_TEXT: Final = "outreach_any_text"  # its name in Starlette's table, which is one for the whole process
UserId = Annotated[str, Path(min_length=1, max_length=256, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]

"""`GET /widget.js`: the script of a page, for anybody; a page of any origin may load it, and nothing else from here."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from serving.routes.edge import IN_PLACE

FILE: Final = Path(__file__).resolve().parents[1] / "widget.js"
FOR_PAGES: Final = {
    b"cross-origin-resource-policy": b"cross-origin",
    b"cache-control": b"public, max-age=300",
}
router = APIRouter(include_in_schema=False)


@cache
def script() -> tuple[bytes, str]:
    """Return the script and its tag, read once."""
    text = FILE.read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'


@router.get("/widget.js")
async def widget(request: Request) -> Response:
    """Return the script, or say that what the browser has is it."""
    text, tag = script()
    request.scope[IN_PLACE] = FOR_PAGES
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(text, media_type="text/javascript", headers={"ETag": tag})

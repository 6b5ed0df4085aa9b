"""`/console/static/…`: style, script and the vendored chart library; for anybody, as they hold nothing of anybody."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Request, Response

from serving.console.frame import console_router
from serving.errors import NotFound
from serving.routes.edge import IN_PLACE

FOLDER: Final = Path(__file__).with_name("static")
KINDS: Final = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "uPlot.iife.min.js": "text/javascript",
    "uPlot.min.css": "text/css",
    "uPlot.LICENSE.txt": "text/plain",
}
KEPT: Final = {b"cache-control": b"no-cache"}  # it may be kept, and is asked for again each time
router = console_router()


@cache
def kept(name: str) -> tuple[bytes, str]:
    """Return a file and its tag, read once."""
    found = (FOLDER / name).read_bytes()
    return found, f'"{hashlib.sha256(found).hexdigest()[:32]}"'


@router.get("/console/static/{name}")
async def static(request: Request, name: str) -> Response:
    """Return a file, or say that what the browser has is it."""
    if name not in KINDS:
        raise NotFound("there is no such file; go back to the page")
    found, tag = kept(name)
    request.scope[IN_PLACE] = KEPT
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(found, media_type=KINDS[name], headers={"ETag": tag})

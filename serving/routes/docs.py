"""`/docs` without a network: the vendored Swagger UI of `fastapi_offline`, started by a script of our own."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.types import Receive, Scope, Send

from serving.errors import NotFound

FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>Outreach API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon.png">
</head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""
ALONE = (b"range", b"if-range")
router = APIRouter(include_in_schema=False)


class Whole(FileResponse):
    """A file as a whole, whatever part is asked for: a part that is not there would be refused in plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as if no part was asked for (RFC 9110, 14.2)."""
        headers = [pair for pair in scope["headers"] if pair[0] not in ALONE]
        await super().__call__({**scope, "headers": headers}, receive, send)


@router.get("/docs")
async def page() -> Response:
    """Return the page."""
    return HTMLResponse(PAGE)


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the script that starts the page (inline scripts are forbidden by our own policy)."""
    return Response(START, media_type="text/javascript")


@router.get("/docs/{name}")
async def vendored(name: str) -> Response:
    """Return one of the vendored files."""
    spec = find_spec("fastapi_offline")
    if name not in FILES or spec is None or spec.origin is None:
        raise NotFound("there is no such page; go back to `/docs`")
    path = Path(spec.origin).parent / "static" / name
    return Whole(path, media_type=FILES[name], headers={"Accept-Ranges": "none"})

"""Every address of the console, found in its routers: what holds for all pages is tried on all of them."""

import re
from collections.abc import Iterator
from typing import Final

from fastapi.routing import APIRoute

from serving.console.console import routers

OPEN: Final = ("/console/login", "/console/static/{name}")  # for whom has not signed in


def routes() -> Iterator[tuple[str, APIRoute]]:
    """Yield each method with its route."""
    for router in routers():
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from ((method, route) for method in sorted(route.methods))


def filled(path: str, text: str = "nobody") -> str:
    """Put a text in the place of what a path takes."""
    return re.sub(r"\{[^}]*\}", text, path)


PAGES: Final = sorted({route.path for method, route in routes() if method == "GET" and route.path not in OPEN})
FORMS: Final = sorted({route.path for method, route in routes() if method == "POST" and route.path not in OPEN})

"""`/console`: how it goes."""

from fastapi import Request, Response

from serving.console.frame import Views, console_router, page

router = console_router()


@router.get("/console")
async def today(request: Request, viewer: Views) -> Response:
    """Show how it goes."""
    return page(request, viewer, "today.html.j2", title="Today", here="today")

"""What every page of the console has: who is looking, how it is read, how it is shown, and how it says no."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from model.errors import Unavailable
from serving.access.keys import allows
from serving.clock.steady import ClockSet
from serving.console.sessions import COOKIE, form_token, refuse_forged, session_of
from serving.console.templating import NOTICES, environment
from serving.errors import Away, Forbidden, Invalid, Problem, WrongMediaType
from serving.people.looking import Looking
from serving.ports import KeyRecord
from serving.routes.api import api_of
from serving.routes.bodies import media_type
from serving.routes.edge import IN_PLACE, failed
from serving.routes.reading import read_beside

T = TypeVar("T")
FORM: Final = "application/x-www-form-urlencoded"
MOST: Final = 100  # fields of a form
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
OF_PAGES: Final = {
    b"content-security-policy": POLICY.encode(),
    b"referrer-policy": b"same-origin",  # with none at all a browser does not say where a form comes from
}
BROKEN: Final = "this page failed here; see the log of the server, it says where"
NAVIGATION: Final = (
    ("today", "/console", "Today"),
    ("customers", "/console/customers", "Customers"),
    ("decisions", "/console/decisions", "Decisions"),
    ("complaints", "/console/complaints", "Complaints"),
    ("templates", "/console/templates", "Messages"),
    ("refused", "/console/refused", "Refused"),
    ("what-if", "/console/what-if", "What if"),
    ("approvals", "/console/approvals", "Approvals"),
    ("model", "/console/model", "Model"),
    ("audit", "/console/audit", "Audit"),
)


class SignInFirst(Exception):  # noqa: N818  (says what to do)
    """Nobody is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is signed in. `by` is how what they do is recorded; without `may_act` they only read."""

    key: KeyRecord
    form_token: str

    @property
    def may_act(self) -> bool:
        """Whether they may approve, review and release."""
        return allows(self.key, "admin")

    @property
    def by(self) -> str:
        """Their name on record, as `POST /v1/approvals` writes it."""
        return f"{self.key.name} ({self.key.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Somebody who may act, with what they filled in; a field that comes twice counts as the last."""

    viewer: Viewer
    form: Mapping[str, str]


async def viewer(request: Request) -> Viewer:
    """Return who looks.

    Raises:
        SignInFirst: nobody who is signed in, or whose key is over.
        Forbidden: the key does not read.
        TooMany: the key asked too much lately.
    """
    token = request.cookies.get(COOKIE)
    key = None if token is None else await session_of(request, token)
    if token is None or key is None:
        raise SignInFirst
    api_of(request).pace.admit(key)
    if not allows(key, "read"):
        raise Forbidden("the console needs a key with scope `read`; ask who runs Outreach for one")
    who = Viewer(key=key, form_token=form_token(token))
    request.state.viewer = who
    return who


async def acting(request: Request) -> Acting:
    """Return who acts, once it is certain that they meant to.

    Raises:
        Forbidden: another page sent this, or the key is not an administrator's.
        Invalid, WrongMediaType: what came is no form, or nothing that can be kept.
    """
    who = await viewer(request)
    form = await form_of(request)
    refuse_forged(request.headers, form.get("form_token"), who.form_token)
    if not who.may_act:
        raise Forbidden("only a key with scope `admin` may do this; ask who has one, or sign in with it")
    if any("\x00" in value for value in form.values()):
        raise Invalid("a NUL character cannot be kept; go back and remove it")
    return Acting(viewer=who, form=form)


Views = Annotated[Viewer, Depends(viewer)]
Acts = Annotated[Acting, Depends(acting)]


async def form_of(request: Request) -> dict[str, str]:
    """Read the fields of a form; what a browser never sends is refused."""
    if media_type(request.headers) != FORM:
        raise WrongMediaType(f"send `Content-Type: {FORM}`")
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=MOST,
            errors="strict",
        )
    except ValueError:
        raise Invalid("this is no form that can be read; send it from its page") from None
    return dict(pairs)


async def read(request: Request, job: Callable[[Looking], T]) -> T:
    """Return what the job finds in the ledger as it stands: beside the event loop, where few pages are at work at once.

    Raises:
        Unavailable: the ledger cannot be read.
    """
    async with api_of(request).pages:
        return await read_beside(request, job)


async def page(  # noqa: PLR0913  (all but the first three are named)
    request: Request, viewer: Viewer, template: str, *, title: str, here: str, status: int = 200, **values: Any
) -> Response:
    """Render a page for somebody who is signed in, beside the event loop."""
    said = NOTICES.get(request.query_params.get("said", ""))
    return await _beside(request, template, status, viewer=viewer, title=title, here=here, said=said, **values)


async def part(request: Request, viewer: Viewer, template: str, **values: Any) -> Response:
    """Render a part that a page fetches once it is there, likewise; opened by itself it has its title above it."""
    return await _beside(request, template, 200, viewer=viewer, alone=True, **values)


async def _beside(request: Request, template: str, status: int, **values: Any) -> Response:
    async with api_of(request).pages:
        return await run_in_threadpool(rendered, request, template, status, **values)


def rendered(request: Request, template: str, status: int, **values: Any) -> Response:
    """Render a short template as an answer, with the headers of pages."""
    request.scope[IN_PLACE] = OF_PAGES
    now = None
    with suppress(ClockSet):
        now = api_of(request).clock()
    text = environment().get_template(template).render(navigation=NAVIGATION, now=now, **values)
    return HTMLResponse(text, status_code=status)


def back(path: str, said: str, **query: str) -> Response:
    """Return to a page after something was done; `said` names one of `NOTICES`."""
    more = "".join(f"&{name}={quote(value, safe='')}" for name, value in query.items())
    return RedirectResponse(f"{path}?said={quote(said)}{more}", status_code=303)


def console_router() -> APIRouter:
    """Return a router whose errors are pages."""
    return APIRouter(route_class=ConsoleRoute, include_in_schema=False)


class ConsoleRoute(APIRoute):
    """A route that says no with a page that tells what to do, and sends strangers to sign in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInFirst:
                return to_sign_in(request)
            except Problem as problem:
                return refused(request, problem)
            except (Unavailable, ClockSet) as error:
                return refused(request, Away(str(error)))
            except RequestValidationError:
                return refused(request, Invalid("a part of this address cannot be read; go on by the links of a page"))
            except ClientDisconnect:
                raise
            except Exception as error:  # noqa: BLE001  (what nobody foresaw is told as a page, and logged by its type)
                failed(error, request.method, self.path_format)
                return refused(request, Away(BROKEN))

        return answer


def to_sign_in(request: Request) -> Response:
    """Send somebody to sign in, and back afterwards; a form that was sent is not sent again."""
    path = request.scope["raw_path"].decode("latin-1") if request.method in ("GET", "HEAD") else "/console"
    query = request.url.query if request.method in ("GET", "HEAD") else ""
    wanted = quote(f"{path}?{query}" if query else path, safe="/")
    return RedirectResponse(f"/console/login?next={wanted}", status_code=303)


def refused(request: Request, problem: Problem) -> Response:
    """Render a refusal as a page; whoever is signed in finds the way on as on every page."""
    who = getattr(request.state, "viewer", None)
    values = {"viewer": who, "problem": problem, "title": problem.title, "here": ""}
    answer = rendered(request, "refusal.html.j2", problem.status, **values)
    answer.headers.update(problem.headers)
    return answer

"""Every refusal of the application as a problem document, whoever raised it."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from model.errors import Unavailable
from serving.errors import Away, Invalid, MethodNotAllowed, NotFound, Problem
from serving.routes.edge import FAILED, problem_response, refusal, too_large
from serving.schemas.faults import invalid_parameters


def say_problems(app: FastAPI) -> None:
    """Answer every refusal with a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Unavailable, _problem)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)


async def _problem(_: Request, error: Exception) -> Response:
    return refusal(error)


async def _failed(_: Request, __: Exception) -> Response:
    return problem_response(Away(FAILED))


async def _parameters(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    taken = getattr(request.scope.get("route"), "dependant", None)
    known, path = (list(_names(getattr(taken, kind, []))) for kind in ("query_params", "path_params"))
    return problem_response(invalid_parameters(found, known, path))


def _names(taken: Iterable[Any]) -> Iterator[str]:
    """Name the parameters that a path takes, those within a model one by one."""
    for item in taken:
        kind = item.field_info.annotation
        grouped = isinstance(kind, type) and issubclass(kind, BaseModel)
        yield from (part.alias or name for name, part in kind.model_fields.items()) if grouped else (item.alias,)


async def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 0
    headers = getattr(error, "headers", None)
    if status == 413:
        return problem_response(too_large())
    if status == 404:
        return problem_response(NotFound("there is no such path; see `/openapi.json`, which lists them"))
    if status == 405:
        return problem_response(MethodNotAllowed("see `Allow`, or `/openapi.json`", headers=headers))
    return problem_response(Invalid("the request cannot be read; see `/openapi.json` for what is"))

"""A route whose address is a question: its parameters are one model, and are validated once."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_type_hints

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from glane_service.http.parameters import Parameters

# More than work at a time (see :mod:`.admission`): some wait for a change.
_threads = ThreadPoolExecutor(40, thread_name_prefix="glane-question")


class QuestionRoute(APIRoute):
    """A route of a function ``(request, parameters) -> Response``, which works in a thread.

    It is described as any other one. FastAPI would read each parameter by itself and then validate all of
    them together, which takes longer than most of a search.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        endpoint = self.endpoint
        model: type[Parameters] = get_type_hints(endpoint)["parameters"]

        async def handle(request: Request) -> Response:
            parameters = read(model, request.query_params)
            # As `run_in_threadpool` does, without asking which of two event loops this is.
            context = contextvars.copy_context()
            loop = asyncio.get_running_loop()
            response: Response = await loop.run_in_executor(
                _threads, context.run, endpoint, request, parameters
            )
            return response

        return handle


class Straight:
    """ASGI middleware that answers questions itself, and passes on all else.

    Their addresses have no parts to be matched, and to find them among all routes, with all that FastAPI
    lays around a route, takes a tenth of the time of an answer.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[QuestionRoute]) -> None:
        self._app = app
        self._routes = {route.path: (route, route.get_route_handler()) for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        scope["route"], handle = found
        response = await handle(Request(scope, receive))
        await response(scope, receive, send)


def read(model: type[Parameters], given: QueryParams) -> Parameters:
    """The parameters of an address; of one that may be given once, the last counts.

    Raises:
        RequestValidationError: one is not acceptable, or there is none of that name.
    """
    lists = model.lists()
    values = {name: given.getlist(name) if name in lists else given[name] for name in given}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": ("query", *item["loc"])} for item in error.errors()]
        ) from None

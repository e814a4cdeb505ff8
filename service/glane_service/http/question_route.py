"""A route whose address is a question: its parameters are one model, and are validated once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from glane_service.http.parameters import Parameters


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
            response: Response = await run_in_threadpool(endpoint, request, parameters)
            return response

        return handle


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

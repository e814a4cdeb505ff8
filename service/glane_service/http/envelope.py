"""What every answer has around it: a request id, safe headers, a count, and no traceback."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glane_indexer.settings import Settings
from glane_service import logs
from glane_service.http.admission import ClientGoneError
from glane_service.http.metrics import Metrics

logger = logging.getLogger("glane")
# Others are whatever a client makes up, and would each be a series of the metrics.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Envelope:
    """ASGI middleware around the whole application.

    Args:
        app: what it wraps.
        settings: for the origins that may frame the pages.
        metrics: where requests are counted.
        answer_error: makes the answer to an exception that nothing else has handled.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        metrics: Metrics,
        answer_error: Callable[[Request, Exception], Response],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._answer_error = answer_error
        self._paths: dict[Any, str] | None = None
        self._page_headers, self._other_headers = _headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        # HEAD is answered as GET by every route; the server sends no body to who asked with HEAD.
        scope = dict(scope, method="GET" if method == "HEAD" else method)
        request_id = _request_id(scope)
        scope["glane.request_id"] = request_id
        logs.request_id.set(request_id)
        started = time.perf_counter()
        status = 0

        async def enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                for name, value in self._page_headers if is_page else self._other_headers:
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, enveloped)
        except ClientGoneError:
            # Nobody waits for an answer.
            logger.debug("the client has gone away")
        except Exception as error:
            if status:
                logger.exception("an answer broke off")
                raise
            response = self._answer_error(Request(scope), error)
            await response(scope, receive, enveloped)
        finally:
            seconds = time.perf_counter() - started
            counted = method if method in _METHODS else "other"
            self._metrics.answered(counted, self._route(scope), status or 499, seconds)
            # The route alone: what was asked for is its reader's own and is not logged.
            logger.debug("%s %s: %d in %.1f ms", counted, self._route(scope), status or 499, seconds * 1000)

    def _route(self, scope: Scope) -> str:
        """The pattern of the route that answered: FastAPI notes it, plain routes do not."""
        route = scope.get("route")
        if route is not None:
            return str(route.path)
        if self._paths is None:
            routes = scope["app"].routes
            self._paths = {route.endpoint: route.path for route in routes if type(route) is Route}
        return self._paths.get(scope.get("endpoint"), "(none)")


def _request_id(scope: Scope) -> str:
    """The id that a proxy in front has given the request, if it is a sane one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return secrets.token_hex(8)


def _headers(settings: Settings) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    ancestors = " ".join(settings.frame_origins) or "'none'"
    common = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
    ]
    page = [
        *common,
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {ancestors}",
        ),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    if not settings.frame_origins:
        page.append(("X-Frame-Options", "DENY"))
    other = [*common, ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
    return page, other

"""``/mcp``: the Model Context Protocol over streamable HTTP, inside the service."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from glane_indexer.errors import ServiceError
from glane_indexer.settings import Settings
from glane_service.http.backend import Backend
from glane_service.http.routes import engine_of

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp.server.transport_security import TransportSecuritySettings

    from glane_service.mcp.tools import Tools

PATH = "/mcp"
MISSING = "the package `mcp` is not installed"
INSTALL = "Install it with pip install 'glane[mcp]'"
MAX_BODY = 64 * 1024
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


class McpEndpoint:
    """An ASGI application that answers once :meth:`running` has been entered.

    No session is kept, so any worker answers any request. The SDK is imported only then, and a service
    without it says so.
    """

    def __init__(self, settings: Settings, backend: Backend) -> None:
        self._settings = settings
        self._backend = backend
        self._app: ASGIApp | None = None

    def routes(self) -> list[Route]:
        """The route to add to the service. Nothing is ever pushed, so there is no GET."""
        return [Route(PATH, self, methods=["POST"], include_in_schema=False)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the SDK's session manager; a mounted application's own lifespan does not run by itself."""
        if importlib.util.find_spec("mcp") is None:
            yield
            return
        from glane_service.mcp.server import build_server

        server = build_server(self._settings.site_name, self._tools_of)
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_BODY,
            transport_security=_security(self._settings),
        )
        # The SDK's application is the one that its requests name.
        app.state.backend = self._backend
        async with server.session_manager.run():
            self._app = app
            try:
                yield
            finally:
                self._app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ServiceError: the SDK is not installed, or the service is starting or stopping.
        """
        if self._app is None:
            if importlib.util.find_spec("mcp") is None:
                raise ServiceError(MISSING, hint=INSTALL)
            raise ServiceError("the service is starting", hint="Ask again in a moment")
        # A copy: the application writes itself into its scope.
        await self._app(dict(scope), receive, send)

    def _tools_of(self, context: Context[Any, Any]) -> Tools:
        """The tools over what the one who asks may see, as for any other request of the service."""
        from glane_service.mcp.tools import Tools

        request = cast("Request", context.request_context.request)
        return Tools(engine_of(request), self._settings.public_url)


def _security(settings: Settings) -> TransportSecuritySettings:
    """Which names the service may be called by, so that no page can reach it by a name of its own."""
    from mcp.server.transport_security import TransportSecuritySettings

    if "*" in settings.allowed_hosts:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    public = urlsplit(settings.public_url)
    hosts = [*_LOCAL, *settings.allowed_hosts, *([public.netloc] if public.netloc else [])]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    origins += [origin for origin in settings.cors_origins if origin != "*"]
    return TransportSecuritySettings(
        allowed_hosts=[name for host in hosts for name in (host, f"{host}:*")],
        allowed_origins=[name for origin in origins for name in (origin, f"{origin}:*")],
    )

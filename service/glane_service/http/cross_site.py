"""Requests that change something, sent by a page of another site: refused (pure).

A browser adds a reader's cookies and Basic credentials to whatever any page sends here. So a request
that may change something is answered only where the browser says that it comes from a page of this
service (``Sec-Fetch-Site``, or ``Origin`` in older ones), where it comes from no browser at all, or where
it comes from a page of an allowed origin, to the API, without any credential that a browser adds by
itself. The method is that of Go's ``http.CrossOriginProtection`` and of Filippo Valsorda's "Cross-Site
Request Forgery" (2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from glane_indexer.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What programs and pages of allowed origins may send to; everything else is this service's own pages'.
OPEN = ("/api/", "/mcp")


class SameSite:
    """ASGI middleware that refuses what a page of another site sends.

    Raises:
        HTTPException: 403.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._own = urlsplit(settings.public_url).netloc.lower()
        self._allowed = settings.cors_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be answered."""
        if scope["type"] == "http" and scope["method"] not in SAFE:
            headers = Headers(scope=scope)
            if not is_own(headers, self._own) and not self._may(scope["path"], headers):
                raise HTTPException(403, "This may only be sent from a page of this service")
        await self._app(scope, receive, send)

    def _may(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether a page of another origin may send this."""
        allowed = "*" in self._allowed or headers.get("origin", "") in self._allowed
        return allowed and path.startswith(OPEN) and not carries_credentials(headers)


def is_own(headers: Mapping[str, str], own_host: str = "") -> bool:
    """Whether a request comes from a page of this service, or from no page.

    Args:
        headers: of the request, by their names in lower case.
        own_host: the host (and port) that the service is reached by, where its settings name it.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc.lower()
    return bool(host) and host in (headers.get("host", "").lower(), own_host)


def carries_credentials(headers: Mapping[str, str]) -> bool:
    """Whether a request has what a browser adds by itself: a page must ask for ``Bearer`` on purpose."""
    scheme = headers.get("authorization", "").partition(" ")[0].lower()
    return "cookie" in headers or scheme not in ("", "bearer")

"""Who asks: found out once for each request, before any route, and kept within limits."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from glane_indexer.settings import Settings
from glane_service.access import NOBODY, PUBLIC, TooManyError, UnknownViewerError, Viewer
from glane_service.http.sessions import COOKIE, Sessions
from glane_service.keys import KeyRing, is_made
from glane_service.limits import Limiter

# What says nothing of the library, and what a visitor needs to sign in.
_OPEN = ("/healthz", "/readyz", "/static/", "/favicon.ico", "/problems/", "/docs", "/openapi.json")
_SIGN_IN = "/sign-in"
# Probes and files cost next to nothing; who copies asks often, with a key that somebody has made for that.
_UNCOUNTED = ("/healthz", "/readyz", "/static/", "/favicon.ico", "/api/generation")
# Against guessing `GLANE_ADMIN_KEY`, which somebody has thought of.
WRONG_KEYS_A_MINUTE = 20


class Access:
    """Everything that says who asks: the keys, the sessions, and the limits of one application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = KeyRing(settings.library, settings.admin_key)
        self.sessions = Sessions(settings, self.keys)
        self.anybody = NOBODY if settings.access == "key" else PUBLIC
        self._limit = Limiter(settings.rate_limit)
        self._wrong = Limiter(WRONG_KEYS_A_MINUTE)

    def viewer(self, request: Request) -> Viewer:
        """Who asks, by the key that the request carries, or by its session.

        Raises:
            UnknownViewerError: it carries a key that is not valid.
            TooManyError: its address has tried too many that are not.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.by_key(request, text.strip())
        if scheme.lower() == "basic":
            # The judging page's dialog: any name, and a key. It asks again itself where the key is wrong.
            with suppress(UnknownViewerError):
                return self.by_key(request, basic(text)[1])
        key = self.sessions.key(request) if COOKIE in request.cookies else None
        return key.viewer if key else self.anybody

    def by_key(self, request: Request, text: str) -> Viewer:
        """Who has the key with this text.

        Raises:
            UnknownViewerError: it is not valid.
            TooManyError: the address has tried too many that are not.
        """
        where = address(request)
        # A key of `glane key` cannot be guessed, and must work whoever else is behind the same address.
        seconds = 0 if is_made(text) else self._wrong.blocked(where)
        key = None if seconds else self.keys.find(text)
        if key is None:
            if seconds := seconds or self._wrong.take(where):
                raise TooManyError("too many wrong keys came from this address", seconds)
            raise UnknownViewerError(
                "this key is not valid",
                hint="It may have been revoked; `glane key list` shows those that are",
            )
        return key.viewer

    def count(self, request: Request, viewer: Viewer) -> None:
        """Count one request of this viewer.

        Raises:
            TooManyError: there were too many within a minute.
        """
        who = f"key {viewer.key}" if viewer.key else f"address {address(request)}"
        if seconds := self._limit.take(who):
            raise TooManyError("too many requests", seconds)


def viewer_of(request: Request) -> Viewer:
    """Who asks, as :class:`Viewers` has found out.

    Raises:
        UnknownViewerError: the library needs a key, and none was given.
    """
    viewer: Viewer = request.scope.get("glane.viewer", NOBODY)
    viewer.require("search")
    return viewer


def basic(encoded: str) -> tuple[str, str]:
    """The name and the password of a header's `Basic` credentials; empty where they are none."""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def address(request: Request) -> str:
    """The address that a request comes from; one network of a provider counts as one in IPv6."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host


class Viewers:
    """ASGI middleware that lets nobody past who may not even search."""

    def __init__(
        self, app: ASGIApp, access: Access, answer_error: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._access = access
        self._answer_error = answer_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who asks, and pass the request on or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = scope["path"]
        try:
            viewer = self._access.viewer(request)
            scope["glane.viewer"] = viewer
            if not path.startswith(_UNCOUNTED):
                self._access.count(request, viewer)
            if not path.startswith(_OPEN) and not is_sign_in(path):
                viewer.require("search")
        except UnknownViewerError as error:
            response = self._sign_in(request) or self._answer_error(request, error)
        except TooManyError as error:
            response = self._answer_error(request, error)
        else:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)

    def _sign_in(self, request: Request) -> Response | None:
        """To the page where one signs in, for somebody who came with a browser and without a key."""
        asked = "text/html" in request.headers.get("accept", "")
        if not asked or request.method != "GET" or "authorization" in request.headers:
            return None
        if request.url.path.startswith("/api/"):
            return None
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        base = self._access.settings.public_url.rstrip("/")
        return RedirectResponse(f"{base}{_SIGN_IN}?back={quote(here, safe='')}", status_code=303)


def is_sign_in(path: str) -> bool:
    """Whether this is the page where one signs in, in any language."""
    return path == _SIGN_IN or path in ("/fr/sign-in", "/en/sign-in")

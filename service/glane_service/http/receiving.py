"""The bodies of requests: read whole before anything works on them, within a size and a time.

Because a body is read here, once, no endpoint can forget its limit; a client that sends slowly holds
no thread; and what comes after is only that the client goes away, which :func:`gone` waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KB, MB = 1 << 10, 1 << 20
# A form that holds one whole bookmark with its annotations.
LARGEST = 4 * MB
LARGEST_AT: Mapping[str, int] = {
    # Up to 1,000 bookmarks, as `glane export` writes them.
    "/api/bookmarks": 32 * MB,
    # Twenty requests, each with its filters.
    "/api/instantsearch": 256 * KB,
    "/api/feedback": 16 * KB,
    "/feedback": 16 * KB,
    # Two hundred questions.
    "/judge": 256 * KB,
}
# All bodies that are being read or worked on in one process.
LARGEST_TOGETHER = 128 * MB
# A body over its limit is read to its end up to here and thrown away: a client that is still sending would
# find its connection broken before it reads why.
DISCARDED = 8 * MB
SECONDS = 20.0
_RECEIVE = "glane.receive"


class Bodies:
    """ASGI middleware that hands on each request with its whole body, or refuses it.

    Raises:
        HTTPException: 413 where the body is too large, 408 where it does not arrive in time, 503 where
            all bodies together are too large just now.
    """

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST, seconds: float = SECONDS) -> None:
        self._app = app
        self._largest = largest
        self._seconds = seconds
        self._together = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next((size for path, size in LARGEST_AT.items() if _within(scope, path)), self._largest)
        if _announced(scope) > max(limit, DISCARDED):
            raise _too_large(limit, close=True)
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    whole = await self._read(receive, body, limit)
            except TimeoutError:
                raise HTTPException(
                    408, f"The body has not arrived within {self._seconds:g} seconds", _CLOSE
                ) from None
            if whole:
                scope[_RECEIVE] = receive
                await self._app(scope, _replay(bytes(body), receive), send)
        finally:
            self._together -= len(body)

    async def _read(self, receive: Receive, body: bytearray, limit: int) -> bool:
        """Read into ``body``; False where the client went away."""
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > max(limit, DISCARDED):
                raise _too_large(limit, close=True)
            if size <= limit:
                if self._together + len(chunk) > LARGEST_TOGETHER:
                    raise HTTPException(
                        503, "Too much is being sent at once. Send it again in a moment", _CLOSE | _LATER
                    )
                body += chunk
                self._together += len(chunk)
            if not message.get("more_body", False):
                if size > limit:
                    raise _too_large(limit, close=False)
                return True


async def gone(scope: Scope) -> None:
    """Returns when the client has gone away; until then it waits. To be cancelled."""
    receive: Receive = scope[_RECEIVE]
    while (await receive())["type"] != "http.disconnect":
        pass


# Without this the server would read the rest of a body that nobody wants.
_CLOSE = {"Connection": "close"}
_LATER = {"Retry-After": "1"}


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _within(scope: Scope, path: str) -> bool:
    asked: str = scope["path"]
    return asked == path or asked.startswith(f"{path}/")


def _announced(scope: Scope) -> int:
    """The length that the request names, 0 where it names none; the server has checked that it is one."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


def _too_large(limit: int, *, close: bool) -> HTTPException:
    return HTTPException(413, f"The body is over {limit} bytes", _CLOSE if close else None)

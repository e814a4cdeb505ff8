"""How many requests work at a time, how long the others wait, and when they are told to come back.

Requests past what the process can do cost it more than they bring: all are late then, and clients that
have gone away are still worked for. So a few work, the next wait in their order, and one that could not
be answered in time is answered 503 at once, with ``Retry-After``. A waiting client that goes away gives
up its place.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glane_service.http.metrics import Metrics
from glane_service.http.receiving import gone

# A search on an idle machine takes about 10 ms; with this wait before it, it is answered within 500 ms
# on one that works as hard as it can.
LONGEST_WAIT = 0.2
# What is cheap, or says how the service is, is never refused; servers that follow take load off this one.
FREE = (
    *("/healthz", "/readyz", "/metrics", "/static/", "/search-box", "/v1/search-box", "/favicon.ico"),
    "/api/generation",
)
# The weight of the last request in the mean time of one; before the first one, a guess in seconds.
_NEWEST, _FIRST = 0.05, 0.02
_LEAVE, _LOOP = "glane.leave", "glane.loop"

Result = TypeVar("Result")


class ClientGoneError(Exception):
    """The client has gone away before its request was worked on: nobody waits for an answer."""


class Admission:
    """ASGI middleware that lets ``places`` requests work at a time.

    Raises:
        HTTPException: 503 where the wait would be longer than :data:`LONGEST_WAIT` seconds.
    """

    def __init__(
        self, app: ASGIApp, *, places: int, metrics: Metrics, longest_wait: float = LONGEST_WAIT
    ) -> None:
        self._app = app
        self._places = places
        self._metrics = metrics
        self._longest = longest_wait
        self._working = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._mean = _FIRST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request when it is its turn."""
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        asked = loop.time()
        await self._enter(scope)
        started = loop.time()
        self._metrics.waited(started - asked)
        has_left = False

        def leave() -> None:
            nonlocal has_left
            if not has_left:
                has_left = True
                self._mean += _NEWEST * (loop.time() - started - self._mean)
                self._leave()

        async def sending(message: Message) -> None:
            # The work is done when the answer begins; a slow reader holds no place.
            if message["type"] == "http.response.start":
                leave()
            await send(message)

        scope[_LEAVE], scope[_LOOP] = leave, loop
        try:
            await self._app(scope, receive, sending)
        finally:
            leave()

    async def _enter(self, scope: Scope) -> None:
        if self._working < self._places:
            self._working += 1
            return
        if len(self._waiting) * self._mean / self._places > self._longest:
            raise self._refused("queue")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        left = asyncio.ensure_future(gone(scope))
        try:
            await asyncio.wait({turn, left}, timeout=self._longest, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        finally:
            left.cancel()
        if turn.done() and not left.done():
            return
        self._give_up(turn)
        if left.done():
            self._metrics.shed("gone")
            raise ClientGoneError
        raise self._refused("late")

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """Leave the queue; a place that was given meanwhile is the next one's."""
        if turn.done():
            self._leave()
        else:
            turn.cancel()
            self._waiting.remove(turn)

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._working -= 1

    def _refused(self, reason: str) -> HTTPException:
        self._metrics.shed(reason)
        return HTTPException(
            503, "The service has more to do than it can. Ask again in a moment", {"Retry-After": "1"}
        )


def leave_place(request: Request) -> None:
    """Give up the request's place early: for one that from here on only waits and does not work."""
    leave: Callable[[], None] | None = request.scope.get(_LEAVE)
    if leave is not None:
        leave()


def leave_place_from_thread(request: Request) -> None:
    """The same, from the thread in which the request is worked on."""
    leave: Callable[[], None] | None = request.scope.get(_LEAVE)
    if leave is not None:
        request.scope[_LOOP].call_soon_threadsafe(leave)


async def while_connected(request: Request, work: Callable[[Callable[[], bool]], Result]) -> Result:
    """Do long ``work`` in a thread; it is given a function that says whether the client has gone.

    Raises:
        ClientGoneError: the work raised it, having asked.
    """
    has_gone = threading.Event()

    async def watch() -> None:
        await gone(request.scope)
        has_gone.set()

    watching = asyncio.ensure_future(watch())
    try:
        return await run_in_threadpool(work, has_gone.is_set)
    finally:
        watching.cancel()

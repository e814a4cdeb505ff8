"""How many work at a time, who waits, and who is told to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from glane_service.http.admission import Admission, ClientGoneError
from glane_service.http.metrics import Metrics
from tests.support.apart import run_apart


class Work:
    """An application whose requests last until they are let go, one after another."""

    def __init__(self) -> None:
        self.working: list[str] = []
        self.done: list[str] = []
        self.most = 0
        self._ends: dict[str, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"]
        self._ends[name] = asyncio.Event()
        self.working.append(name)
        self.most = max(self.most, len(self.working))
        await self._ends[name].wait()
        self.working.remove(name)
        self.done.append(name)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def let_go(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Client:
    """One request, and whether its client is still there."""

    def __init__(self, app: Admission, path: str) -> None:
        self._gone = asyncio.Event()
        self.sent: list[Message] = []
        scope = {"type": "http", "path": path, "glane.receive": self._receive}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    async def leave(self) -> None:
        self._gone.set()
        await settle()


def drill(
    test: Callable[[Work, Callable[[str], Client], Metrics], Awaitable[None]], **limits: float
) -> None:
    async def run() -> None:
        work, metrics = Work(), Metrics()
        places = int(limits.pop("places", 2))
        app = Admission(work, places=places, metrics=metrics, **{"longest_wait": 60.0, **limits})
        await test(work, lambda path: Client(app, path), metrics)
        # Whatever happened, every place is free again.
        assert (app._working, len(app._waiting)) == (0, 0)

    run_apart(run())


def shed(metrics: Metrics, reason: str) -> float:
    return metrics._shed.labels(reason)._value.get()


def test_so_many_work_and_the_others_wait_in_their_order() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        clients = [ask(f"/{number}") for number in range(5)]
        await settle()
        assert work.working == ["/0", "/1"]
        await work.let_go("/1", "/0", "/2", "/3", "/4")
        assert work.done == ["/1", "/0", "/2", "/3", "/4"]
        assert work.most == 2
        assert all(client.sent[0]["status"] == 200 for client in clients)

    drill(test)


def test_how_the_service_is_can_always_be_asked() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        for path in ("/a", "/b", "/c", "/healthz", "/readyz", "/metrics", "/static/glane.css"):
            ask(path)
        await settle()
        assert work.working == ["/a", "/b", "/healthz", "/readyz", "/metrics", "/static/glane.css"]
        await work.let_go(*work.working, "/c")

    drill(test)


def test_who_could_not_be_answered_in_time_is_told_so_at_once() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        # A request is taken to last 20 ms: the sixth to wait would do so for 5 × 20 ms / 1 place.
        clients = [ask(f"/{number}") for number in range(8)]
        await settle()
        refused = [client.task for client in clients if client.task.done()]
        assert len(refused) == 1
        error = refused[0].exception()
        assert isinstance(error, HTTPException)
        assert (error.status_code, error.headers) == (503, {"Retry-After": "1"})
        assert shed(metrics, "queue") == 1
        await work.let_go(*(f"/{number}" for number in range(7)))
        assert len(work.done) == 7

    drill(test, places=1, longest_wait=0.1)


def test_a_turn_that_does_not_come_is_not_waited_for() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        ask("/long")
        late = ask("/late")
        with pytest.raises(HTTPException, match="503"):
            await late.task
        assert shed(metrics, "late") == 1
        await work.let_go("/long")
        assert work.done == ["/long"]

    drill(test, places=1, longest_wait=0.01)


def test_a_client_that_leaves_the_queue_is_not_worked_for() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        ask("/first")
        leaving, last = ask("/leaving"), ask("/last")
        await settle()
        await leaving.leave()
        assert isinstance(leaving.task.exception(), ClientGoneError)
        await work.let_go("/first", "/last")
        await last.task
        assert work.done == ["/first", "/last"]
        assert shed(metrics, "gone") == 1

    drill(test, places=1)


def test_a_place_given_to_one_that_leaves_is_the_next_ones() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        ask("/first")
        leaving = ask("/leaving")
        ask("/last")
        await settle()
        # Both in one turn of the loop: its place has come, and it is gone.
        work._ends["/first"].set()
        leaving._gone.set()
        await settle()
        await settle()
        assert work.working == ["/last"]
        await work.let_go("/last")

    drill(test, places=1)


def test_a_slow_reader_holds_no_place() -> None:
    async def test(work: Work, ask: Callable[[str], Client], metrics: Metrics) -> None:
        reading = asyncio.Event()
        slow = ask("/slow")
        await settle()

        async def unread(message: Message) -> None:
            await reading.wait()

        slow._send = unread  # type: ignore[method-assign]
        other = ask("/other")
        await settle()
        await work.let_go("/slow")
        assert work.working == ["/other"]
        await work.let_go("/other")
        await other.task
        reading.set()
        await slow.task

    drill(test, places=1)

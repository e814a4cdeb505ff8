"""Bodies: whole, within their limits and in time, whoever reads them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from glane_service.http import receiving
from glane_service.http.receiving import Bodies, gone
from tests.support.apart import run_apart


def scope(path: str = "/api/search", **headers: str) -> Scope:
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "POST", "path": path, "headers": listed}


def sending(*chunks: bytes, then: str = "http.disconnect") -> Receive:
    """A client that sends these chunks, the last one as the last, and then goes away."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": then}

    return receive


async def unsent(message: Message) -> None:
    raise AssertionError(message)


class Kept:
    """An application that keeps what it is given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append(await Request(scope, receive).body())
        await asyncio.wait_for(gone(scope), 1)


def run(app: Bodies, receive: Receive, where: Scope | None = None) -> None:
    run_apart(app(where or scope(), receive, unsent))


def test_a_body_arrives_whole_and_then_the_client_can_be_watched() -> None:
    kept = Kept()
    app = Bodies(kept, largest=6)
    run(app, sending(b"abc", b"", b"def"))
    run(app, sending(b""))
    assert kept.bodies == [b"abcdef", b""]
    assert app._together == 0


@pytest.mark.parametrize(
    ("receive", "where", "closes"),
    [
        # Read to its end, so that its client reads the answer.
        (sending(b"abcd", b"efg"), scope(), False),
        (sending(b"abcdefg"), scope("/api/bookmarks.x", content_length="7"), False),
        # Not read to its end: over what is thrown away, or announced to be.
        (sending(b"abcdefg", b"x" * 20, b"more"), scope(), True),
        (sending(), scope(content_length="21"), True),
        (sending(), scope("/api/bookmarks/b01", content_length=str(33 << 20)), True),
    ],
)
def test_a_body_over_its_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, receive: Receive, where: Scope, closes: bool
) -> None:
    monkeypatch.setattr(receiving, "DISCARDED", 20)
    kept = Kept()
    app = Bodies(kept, largest=6)
    with pytest.raises(HTTPException) as caught:
        run(app, receive, where)
    assert caught.value.status_code == 413
    assert caught.value.headers == ({"Connection": "close"} if closes else None)
    assert (kept.bodies, app._together) == ([], 0)


def test_an_endpoint_can_have_a_limit_of_its_own() -> None:
    kept = Kept()
    run(Bodies(kept, largest=6), sending(b"x" * 1000), scope("/api/bookmarks"))
    assert kept.bodies == [b"x" * 1000]


def test_a_client_that_goes_away_halfway_is_not_worked_for() -> None:
    async def receive() -> Message:
        return messages.pop(0)

    messages: list[Any] = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.disconnect"},
    ]
    kept = Kept()
    run(Bodies(kept), receive)
    assert kept.bodies == []


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    with pytest.raises(HTTPException) as caught:
        run(Bodies(Kept(), seconds=0.01), never)
    assert caught.value.status_code == 408


def test_all_bodies_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "LARGEST_TOGETHER", 10)
    release = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()

    async def two() -> None:
        app = Bodies(slow, largest=8)
        first = asyncio.create_task(app(scope(), sending(b"x" * 8), unsent))
        await asyncio.sleep(0)
        with pytest.raises(HTTPException) as caught:
            await app(scope(), sending(b"x" * 3), unsent)
        assert caught.value.status_code == 503
        release.set()
        await first
        await app(scope(), sending(b"x" * 3), unsent)

    run_apart(two())

"""The client against the whole service, and against one that has troubles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from glane_client import (
    AsyncGlaneClient,
    BadRequestError,
    ForbiddenError,
    GlaneClient,
    GlaneClientError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    client,
)
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from tests.support.apart import run_apart

pytest_plugins = ["tests.support.service"]
QUESTION = "combien gagne un coursier ?"
Respond = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of the test, none of which is waited for."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(client, "sleep", waited.append)
    monkeypatch.setattr(client, "asleep", sleep)
    return waited


def scripted(*responses: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A service that answers so, in order, and what it was asked."""
    asked: list[httpx.Request] = []
    left: Iterator[httpx.Response | Exception] = iter(responses)

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        response = next(left)
        if isinstance(response, Exception):
            raise response
        return response

    return httpx.MockTransport(respond), asked


def test_the_answers_are_values(served: str, sample_live: Any) -> None:
    engine: SearchEngine = sample_live.engine
    with GlaneClient(served) as glane:
        answer = glane.search(QUESTION, per_page=5, tag=["travail"], view="full", suggest=True)
        expected = engine.search(Query("combien gagne un coursier ? tag:travail", per_page=5))
        assert [item.bookmark.id for item in answer.results] == [hit.bookmark.id for hit in expected.hits]
        assert answer.answered and (answer.total, answer.page) == (expected.total, 1)
        assert answer.facets["tags"]["travail"] == expected.total
        first, hit = answer.results[0], expected.hits[0]
        assert first.bookmark.tags == hit.bookmark.tags
        assert [item.text for item in first.bookmark.annotations] == [
            item.text for item in hit.bookmark.annotations
        ]
        assert (first.passage.text, first.passage.start) == (hit.passage.text, hit.passage.start)
        assert first.passage.link.startswith(hit.bookmark.url)
        bookmark = glane.bookmark(first.bookmark.id)
        assert bookmark == first.bookmark
        (near,) = glane.similar(bookmark.id, limit=1)
        assert near.bookmark.id == engine.similar(bookmark.id, 1)[0].bookmark.id
        assert glane.find_quote(bookmark.annotations[0].text)["found"] == "verbatim"
        assert glane.status()["bookmarks"] == 216


def test_both_clients_say_the_same(served: str) -> None:
    async def asked() -> list[Any]:
        async with AsyncGlaneClient(served) as glane:
            answer = await glane.search(QUESTION)
            first = answer.results[0].bookmark.id
            return [
                answer,
                await glane.bookmark(first),
                await glane.similar(first),
                await glane.find_quote(answer.results[0].passage.text),
                await glane.status(),
            ]

    with GlaneClient(served) as glane:
        answer = glane.search(QUESTION)
        first = answer.results[0].bookmark.id
        assert run_apart(asked()) == [
            answer,
            glane.bookmark(first),
            glane.similar(first),
            glane.find_quote(answer.results[0].passage.text),
            glane.status(),
        ]


def test_errors_are_of_the_kind_that_they_are(served: str) -> None:
    with GlaneClient(served) as glane:
        with pytest.raises(BadRequestError, match="the question is empty") as caught:
            glane.search("")
        assert caught.value.status == 400 and caught.value.url.startswith(f"{served}/api/search")
        with pytest.raises(NotFoundError, match="there is no bookmark"):
            glane.bookmark("nope")
        with pytest.raises(BadRequestError, match="there is no such parameter"):
            glane.search("pain", colour="red")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, UnauthorizedError), (403, ForbiddenError), (500, GlaneClientError), (418, GlaneClientError)],
)
def test_a_refusal_is_not_tried_again(
    status: int, kind: type[GlaneClientError], waits: list[float]
) -> None:
    transport, asked = scripted(httpx.Response(status, json={"detail": "no"}))
    with (
        GlaneClient("http://x", key="secret", transport=transport) as glane,
        pytest.raises(kind) as caught,
    ):
        glane.status()
    assert type(caught.value) is kind and caught.value.message == "no"
    assert len(asked) == 1 and not waits
    assert asked[0].headers["Authorization"] == "Bearer secret"
    assert "secret" not in str(caught.value)


def test_a_service_that_is_not_ready_is_asked_again(waits: list[float]) -> None:
    transport, asked = scripted(
        httpx.Response(503, json={"detail": "opening"}, headers={"Retry-After": "2"}),
        httpx.ConnectError("refused"),
        httpx.Response(200, json={"bookmarks": 3}),
    )
    with GlaneClient("http://x/lib/", transport=transport) as glane:
        assert glane.status() == {"bookmarks": 3}
    assert [str(request.url) for request in asked] == ["http://x/lib/api/status"] * 3
    assert waits[0] == 2.0 and 0.2 <= waits[1] <= 0.4


def test_in_the_end_it_is_unavailable(waits: list[float]) -> None:
    transport, asked = scripted(*[httpx.Response(503, json={"detail": "opening"})] * 3)
    with (
        GlaneClient("http://x", retries=2, transport=transport) as glane,
        pytest.raises(UnavailableError, match="opening"),
    ):
        glane.status()
    assert len(asked) == 3 and len(waits) == 2

    async def down() -> None:
        transport, _ = scripted(*[httpx.ConnectError("refused")] * 2)
        async with AsyncGlaneClient("http://x", retries=1, transport=transport) as glane:
            await glane.status()

    with pytest.raises(UnavailableError, match="cannot be reached: refused"):
        run_apart(down())


@pytest.mark.parametrize("body", ["<html>", "[]", '{"results": [{}]}', "null"])
def test_another_service_is_told_apart(body: str) -> None:
    transport, _ = scripted(httpx.Response(200, text=body))
    with (
        GlaneClient("http://x", transport=transport) as glane,
        pytest.raises(GlaneClientError, match="not one of Glane's"),
    ):
        glane.search("pain")

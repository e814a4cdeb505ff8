"""Who waits for a change holds no place: it does not work, and others can be worked on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from glane_indexer.settings import Settings
from glane_service.app import create_app, places
from glane_service.http import backend, routes
from glane_service.http.admission import leave_place_from_thread
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from tests.support.writable import soon

PATHS = ("/api/search?q=travail&min_seq=7", "/api/bookmarks/b01?min_seq=7", "/bookmarks/b01?min_seq=7")


@pytest.fixture
def there() -> threading.Event:
    """Whether the change that is waited for is there."""
    return threading.Event()


@pytest.fixture
def client(
    little_settings: Settings,
    little_live: LiveEngine,
    monkeypatch: pytest.MonkeyPatch,
    there: threading.Event,
) -> TestClient:
    """A client of a service that knows of a change to come, and has two places."""
    monkeypatch.setattr(backend, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr(SearchEngine, "seq", property(lambda engine: 7 if there.is_set() else 0))
    chosen = replace(little_settings, threads=1)
    assert places(chosen) == 2
    app = create_app(chosen, little_live)
    app.state.backend.known_seq = lambda: 7
    # Without its lifespan, which would close the engine that others use.
    return TestClient(app)


@pytest.mark.parametrize("path", PATHS)
def test_it_holds_no_place(
    client: TestClient, there: threading.Event, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    left: list[Request] = []

    def leave(request: Request) -> None:
        leave_place_from_thread(request)
        left.append(request)

    monkeypatch.setattr(routes, "leave_place_from_thread", leave)
    with ThreadPoolExecutor(4) as pool:
        waiting = []
        try:
            for number in range(4):
                waiting.append(pool.submit(client.get, path))
                soon(lambda count=number + 1: len(left) == count)
            for _ in range(3):
                assert client.get("/api/search?q=travail").status_code == 200
            # All were answered while these wait for what has not come.
            assert not any(future.done() for future in waiting)
        finally:
            there.set()
        assert [future.result().status_code for future in waiting] == [200] * 4

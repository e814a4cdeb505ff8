"""Who waits for a change holds no place: it does not work, and others can be worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.app import create_app, places
from glane_service.http import backend
from glane_service.live import LiveEngine

PATHS = ("/api/search?q=travail&min_seq=7", "/api/bookmarks/b01?min_seq=7", "/bookmarks/b01?min_seq=7")


@pytest.fixture
def client(
    little_settings: Settings, little_live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A client of a service that knows of a change to come, and has two places."""
    monkeypatch.setattr(backend, "WAIT_SECONDS", 1.5)
    chosen = replace(little_settings, threads=1)
    assert places(chosen) == 2
    app = create_app(chosen, little_live)
    app.state.backend.known_seq = lambda: 7
    # Without its lifespan, which would close the engine that others use.
    yield TestClient(app)


@pytest.mark.parametrize("path", PATHS)
def test_it_holds_no_place(client: TestClient, path: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(client.get, path) for _ in range(4)]
        for _ in range(3):
            assert client.get("/api/search?q=travail").status_code == 200
        # All were answered while these wait for what does not come.
        assert not any(future.done() for future in waiting)
        # And then they are answered with what there is.
        assert [future.result().status_code for future in waiting] == [200] * 4
